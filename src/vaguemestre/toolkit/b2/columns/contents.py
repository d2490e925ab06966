"""Keys of what invoices say but for their number, many at a time: two invoices of one content have one key. vgm:b2-same-content.

They are other keys than those of `toolkit.b2.checking.content_key`, and equal for the same invoices; a check uses the ones or the
others from its start to its end.
"""

from typing import Final

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.columns.batch import Numbers, Ranks
from vaguemestre.toolkit.b2.columns.plan import WORD, Words

_ROW_WORDS: Final = RECORD_BYTES // WORD
_HEAD: Final = B2["2"].by_name
_NUMBER, _STAY = _HEAD["invoice_number"].where, _HEAD["admission_number"].where
_PERSON: Final = slice(_HEAD["insured_nir"].where.start, _NUMBER.start)
_REST: Final = slice(38, RECORD_BYTES)  # behind the number, with rank or without


def _only(*places: slice) -> Words:
    row = np.zeros(RECORD_BYTES, np.uint8)
    for place in places:
        row[place] = 0xFF
    return row.view(np.uint64)


_OF_HEAD: Final = _only(_PERSON, _STAY, slice(_STAY.stop, RECORD_BYTES))
_OF_HEAD_WITHOUT_STAY: Final = _only(_PERSON, slice(_STAY.stop, RECORD_BYTES))
_OF_OTHERS: Final = _only(_REST)
_ODD: Final[Words] = np.random.default_rng(2022).integers(1, 1 << 63, _ROW_WORDS + 3, np.uint64) * 2 + 1
_HALF: Final = np.uint64(32)
_CHUNK_ROWS: Final = 512  # what is made of them stays in the processor's nearest cache
_POSITIVE: Final = np.uint64((1 << 63) - 1)


def content_keys(rows: Words, starts: Ranks) -> Numbers:
    """The key of each invoice, from the words of all rows (16 each); `starts` are the rows at which invoices start, from 0 on."""
    digests: Words = np.empty(len(rows), np.uint64)
    for first in range(0, len(rows), _CHUNK_ROWS):
        part = slice(first, first + _CHUNK_ROWS)
        digests[part] = _digests(rows[part] & _OF_OTHERS)
    heads = rows[starts]
    octets = heads.view(np.uint8)
    same = np.logical_and.reduce(octets[:, _NUMBER] == octets[:, _STAY], axis=1)
    heads &= np.where(same[:, None], _OF_HEAD_WITHOUT_STAY, _OF_HEAD)
    digests[starts] = _digests(heads)
    ranks = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    digests += ranks.astype(np.uint64) * _ODD[-1]
    digests ^= digests >> _HALF
    digests *= _ODD[-2]
    digests ^= digests >> _HALF
    digests *= _ODD[-3]
    sums: Words = np.add.reduceat(digests, starts)
    sums ^= sums >> _HALF
    return (sums & _POSITIVE).astype(np.int64)


def _digests(words: Words) -> Words:
    """One word for each row of words, in which every bit of them counts; the words are used up."""
    words ^= words >> _HALF
    digests: Words = words.dot(_ODD[:_ROW_WORDS])
    return digests


def content_key(data: bytes, number: bytes) -> int:
    """The key of one invoice; `number` is that of its first record."""
    rows = np.frombuffer(data, np.uint64).reshape(-1, _ROW_WORDS)
    return int(content_keys(rows, np.zeros(1, np.intp))[0])
