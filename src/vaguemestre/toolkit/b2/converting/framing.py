"""Records cut out of a B2 file by the thousand: rows of 128 bytes as one array, as long as the file is regular.

What stands here may only take the short way where the reader record by record (`core.b2.reader`) would say the same. At the first
thing that is not plainly right, that reader takes over for the rest of the file.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.reader import RawRecord, read_records
from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding

Rows = NDArray[np.uint8]

_SLOW_ROWS = 4096
_FIRST_BYTES = 4 * (RECORD_BYTES + 2)
_LF, _CR = 10, 13
_PROVIDER = slice(1, 10)
_LEAD_ROWS = 3  # more than the first bytes by which the reader judges a file
_HEADER: Final = re.compile(rb"000[A-Z]{2}[0-9]{14}")
_NEW_PROVIDER: Final = re.compile(rb"1[0-9][0-9AB][0-9]{7} {6}[0-9]{9}|[2-5][0-9][0-9AB][0-9]{7} [0-9A-Z]{13}")
"""A record that may be the first of another provider; narrower than what the reader record by record would take."""


class Frame(NamedTuple):
    """Records that follow each other: the rank of the first (1-based), and their bytes, one row each."""

    first: int
    rows: Rows


def frames(chunks: Chunks, limits: ReadingLimits, source: str = "") -> Iterator[Frame | Finding]:
    """The records and findings of `read_records`, in the same order, many at a time."""
    regular = _Regular(iter(chunks))
    yield from regular.frames()
    lead = regular.lead_in()
    slow = read_records(chain(lead, regular.rest()), limits, source)
    for _ in lead:
        next(slow)
    size = len(lead) * RECORD_BYTES
    yield from _gathered(slow, regular.ranks - len(lead), regular.offset - size)


class _Regular:
    """Takes rows from the front as long as each is followed by another that plainly starts as a record."""

    def __init__(self, chunks: Iterator[bytes | Finding]) -> None:
        self._chunks = chunks
        self._end: list[Finding] = []
        self._buffer = b""  # begins with the record that was taken last, once there is one
        self._taken = 0  # bytes of the buffer that were taken
        self.ranks, self.offset = 0, 0  # records taken; where what was not taken starts in the input

    def frames(self) -> Iterator[Frame]:
        """The regular front of the file."""
        while len(self._buffer) < _FIRST_BYTES and self._more():
            pass
        stride = _stride(self._buffer)
        going = stride > 0
        while going:
            rows, going = self._take(stride)
            if len(rows):
                yield Frame(self.ranks - len(rows) + 1, rows)
            going = going and self._more()

    def lead_in(self) -> tuple[bytes, ...]:
        """Records that tell the other reader where it stands: the start of B2, and whose records follow."""
        provider = self._buffer[_PROVIDER] if self._taken else b""
        return (b"1%b%b%b" % (provider, b" " * 6, b"0" * 9 + b" " * 103),) * _LEAD_ROWS if provider else ()

    def rest(self) -> Iterator[bytes | Finding]:
        """Everything that was not taken."""
        return chain([self._buffer[self._taken :]], self._end, self._chunks)

    def _more(self) -> bool:
        chunk = next(self._chunks, b"")
        if isinstance(chunk, Finding):
            self._end.append(chunk)
            return False
        self._buffer += chunk
        return bool(chunk)

    def _take(self, stride: int) -> tuple[Rows, bool]:
        """The rows that may be taken now, and whether nothing irregular was met."""
        buffer, count = self._buffer, len(self._buffer) // stride
        sound = _sound_rows(buffer, count, stride) if count > 1 else count
        end, start = sound - 1, self._taken // stride  # the last sound one waits: what follows it is not known
        every = np.frombuffer(buffer, np.uint8, count * stride).reshape(count, stride)[:, :RECORD_BYTES]
        if end <= max(start, 1):  # the first alone does not name a provider
            return every[:0], sound == count
        self.ranks += end - start
        self._buffer, self._taken = buffer[(end - 1) * stride :], stride
        self.offset += (end - start) * stride
        return every[start:end], sound == count


def _stride(buffer: bytes) -> int:
    """From one record to the next in a file that starts as it should; 0 when it does not."""
    if not _HEADER.match(buffer):
        return 0
    after = buffer[RECORD_BYTES : RECORD_BYTES + 2]
    return RECORD_BYTES + (2 if after == b"\r\n" else 1 if after[:1] == b"\n" else 0)


def _sound_rows(buffer: bytes, count: int, stride: int) -> int:
    """How many rows from the front are plainly records in step; the first one is known to be."""
    every = np.frombuffer(buffer, np.uint8, count * stride).reshape(count, stride)
    words = np.ndarray((count,), np.uint64, buffer, 1, (stride,))
    sound = np.empty(count, np.bool_)
    sound[0] = True
    sound[1:] = (words[1:] == words[:-1]) & (every[1:, 9] == every[:-1, 9])  # the provider, bytes 2 to 10
    sound[1:] &= (every[1:, 0] - np.uint8(ord("1"))) < 6
    for row in np.flatnonzero(~sound):
        at = int(row) * stride
        if not (_NEW_PROVIDER.match(buffer, at) and _NEW_PROVIDER.match(buffer, at + stride)):
            break
        sound[row] = True
    if stride > RECORD_BYTES:
        sound &= every[:, stride - 1] == _LF
        sound &= (every[:, RECORD_BYTES - 1] != _CR) if stride == RECORD_BYTES + 1 else (every[:, RECORD_BYTES] == _CR)
    if buffer.count(b"\n", 0, count * stride) != (count if stride > RECORD_BYTES else 0):
        sound &= (every[:, :RECORD_BYTES] != _LF).all(axis=1)
    return count if sound.all() else int(np.argmin(sound))


def _gathered(items: Iterator[RawRecord | Finding], ranks: int, offset: int) -> Iterator[Frame | Finding]:
    """Frames from single records; ranks and offsets are shifted by what came before."""
    first, parts = 0, [b""]
    for item in chain(items, (None,)):
        whole = len(parts) > _SLOW_ROWS
        if len(parts) > 1 and (whole or not isinstance(item, tuple) or item[0] != first + len(parts) - 1):
            yield Frame(first + ranks, np.frombuffer(b"".join(parts), np.uint8).reshape(-1, RECORD_BYTES))
            parts = [b""]
        if isinstance(item, Finding):
            yield _shifted(item, ranks, offset)
        elif item is not None:
            first = item[0] if len(parts) == 1 else first
            parts.append(item[1])


def _shifted(item: Finding, ranks: int, offset: int) -> Finding:
    place = item.place if item.place.record is None else replace(item.place, record=item.place.record + ranks)
    values = dict(item.values)
    if "offset" in values:
        values["offset"] = str(int(values["offset"]) + offset)
    return replace(item, place=place, values=values)
