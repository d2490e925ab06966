"""Rows of one record type as Arrow columns, generated from the layout table: typed, keyed, exact. vgm:b2-tables.

All rows are read at once, and say what the decoder record by record says: what is no value of its field is a null, and the
decoder's own findings explain it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES, decode_record
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.layouts import Field, Kind
from vaguemestre.toolkit.b2.columns.batch import read_words
from vaguemestre.toolkit.converting.members import is_member
from vaguemestre.toolkit.converting.table_shape import NO_VALUE_CODES, READ_KINDS, Converted, schema_of, type_of

Rows = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

EXPLAINED_MAX: Final = 1000
"""Rows of one batch whose empty cells are explained by findings; the others are counted."""

_WORD, _BLANK, _ZERO = 8, ord(" "), np.uint8(ord("0"))
_ROW_WORDS = RECORD_BYTES // _WORD
_HIGH = np.uint64(0x8080808080808080)
_EPOCH = date(1970, 1, 1).toordinal()


class Keys(NamedTuple):
    """What tells rows apart, one of each per row; 0 where there is none. `numbers` are ranks in the file."""

    numbers: Numbers
    lots: Numbers
    invoices: Numbers
    lines: Numbers


class TableForm:
    """One record type as a table. `schema` names and types its columns."""

    def __init__(self, name: str) -> None:
        fields = B2_RECORDS.plans[name].layout.fields
        self._members = [entry for entry in fields if is_member(entry)]
        self._read = [entry for entry in self._members if entry.kind in READ_KINDS]
        self.schema = schema_of(self._members)
        unsaid, blanks = np.zeros(RECORD_BYTES, np.uint8), np.zeros(RECORD_BYTES, np.uint8)
        for entry in fields:
            unsaid[entry.where] = 0 if is_member(entry) else 0xFF
            blanks[entry.where] = np.frombuffer(entry.blank, np.uint8)
        self._unsaid, self._blanks = unsaid.view(np.uint64), blanks.view(np.uint64)

    def convert(self, rows: Rows, keys: Keys, source: str) -> Converted:
        """Rows of this type (contiguous, one at least) as one batch of `schema`."""
        view = _View(rows)
        raw = self._bytes_unsaid(view)
        doubtful = np.zeros(len(rows), np.bool_)
        numbers = view.numbers(self._read)
        columns: list[pa.Array] = [*_key_columns(keys, source)]
        for entry in self._members:
            if entry.kind not in READ_KINDS:
                columns.append(_text_column(view, entry, raw))
                continue
            values = numbers[entry.name]
            missing = view.correct(entry, values, raw)
            if entry.kind is Kind.DATE:
                missing |= _unreal(values)
                columns.append(
                    pa.array(_DAYS.take(values, mode="clip"), pa.int32(), mask=missing | (values == 0)).cast(
                        pa.date32()
                    )
                )
            else:
                columns.append(_number_column(entry, values, missing))
            doubtful |= missing
        raw |= doubtful
        columns.append(_raw_column(rows, raw))
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        return Converted(batch, int(doubtful.sum()), list(_explained(rows, doubtful, keys, source)))

    def _bytes_unsaid(self, view: "_View") -> Flags:
        """Rows with a filler that is not blank, or a constant that is another."""
        other = (view.words ^ self._blanks) & self._unsaid
        if not np.bitwise_or.reduce(other, axis=0).any():
            return np.zeros(len(other), np.bool_)
        unsaid: Flags = np.bitwise_or.reduce(other, axis=1) != 0
        return unsaid


class _View:
    """Rows, and what all fields ask of them: which bytes are alike in all rows, which are no digits."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.count = rows, len(rows)
        self.words = rows.view(np.uint64)
        self.alike: Flags = np.bitwise_or.reduce(self.words ^ self.words[0], axis=0).view(np.uint8) == 0
        self.high = bool(np.bitwise_or.reduce(self.words & _HIGH, axis=0).any())
        self._digits = (rows - _ZERO) < 10
        self._all_digits: Flags = np.bitwise_and.reduce(self._digits.view(np.uint64), axis=0).view(np.bool_)

    def numbers(self, fields: list[Field]) -> dict[str, Numbers]:
        """The numbers that fields say, for all rows; anything where they are no digits."""
        out: dict[str, Numbers] = {}
        if not fields:
            return out
        padded = b"\0" * _WORD + self.rows.tobytes()
        windows, masks = [], []
        for entry in fields:
            for length, end in _parts(entry):
                windows.append(end)
                masks.append(((1 << 8 * length) - 1) << 8 * (_WORD - length))
        every = np.ndarray((RECORD_BYTES + 1, self.count), np.uint64, padded, 0, (1, RECORD_BYTES))
        words = every[np.array(windows)]
        words &= np.array(masks, np.uint64)[:, None]
        values = read_words(words)
        rank = 0
        for entry in fields:
            out[entry.name] = values[rank]
            rank += 1
            if entry.length > _WORD:
                out[entry.name] = out[entry.name] + values[rank] * 10**_WORD
                rank += 1
        return out

    def correct(self, entry: Field, values: Numbers, raw: Flags) -> Flags:
        """Rows in which the field is no number. Spaces are zero, as the decoder reads them; their bytes are unsaid."""
        if self._all_digits[entry.where].all():
            return np.zeros(self.count, np.bool_)
        wrong: Flags = np.logical_not(np.logical_and.reduce(self._digits[:, entry.where], axis=1))
        raw |= wrong
        values[wrong] = 0
        missing: Flags = wrong & (self.rows[:, entry.where] != _BLANK).any(axis=1)
        if entry.kind is not Kind.DATE:
            for row in np.flatnonzero(missing):
                missing[row] = not self.rows[row, entry.where].tobytes().isspace()
        return missing

    def spaces(self, entry: Field) -> Flags | None:
        """Rows in which a field of digits is all spaces; None when there is none."""
        if self._all_digits[entry.where].all():
            return None
        block = self.rows[:, entry.where]
        return np.fromiter((block[row].tobytes().isspace() for row in range(self.count)), np.bool_, self.count)


def _parts(entry: Field) -> Iterator[tuple[int, int]]:
    """The words of a number: how many digits, and where the window begins in rows that eight bytes precede."""
    end = entry.position - 1 + entry.length
    yield min(entry.length, _WORD), end
    if entry.length > _WORD:
        yield entry.length - _WORD, end - _WORD


# --- columns ---------------------------------------------------------------------------------------------------------


def _calendar() -> tuple[NDArray[np.int32], Flags]:
    """By AAMMJJ: days since 1970, and whether that day exists. vgm:two-digit-years."""
    days, real = np.zeros(10**6, np.int32), np.zeros(10**6, np.bool_)
    for ordinal in range(_EPOCH, date(2069, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        where = (day.year % 100) * 10_000 + day.month * 100 + day.day
        days[where], real[where] = ordinal - _EPOCH, True
    real[0] = True  # zeros are no day, and no fault
    return days, real


_DAYS, _REAL = _calendar()


def _unreal(values: Numbers) -> Flags:
    real: Flags = _REAL.take(values, mode="clip")
    return ~real


def _number_column(entry: Field, values: Numbers, missing: Flags) -> pa.Array:
    kind = type_of(entry)
    if entry.kind is not Kind.DECIMAL:
        return pa.array(values, kind, mask=missing)
    wide = np.zeros((len(values), 2), np.int64)
    wide[:, 0] = values
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(wide)])


def _text_column(view: _View, entry: Field, raw: Flags) -> pa.Array:
    """Texts without the spaces that fill them, null when there is none; digits as they stand, spaces as zeros."""
    block = view.rows[:, entry.where]
    trimmed = entry.kind is Kind.TEXT
    spaces = view.spaces(entry) if entry.kind is Kind.DIGITS else None
    if spaces is not None and spaces.any():
        raw |= spaces
        block = np.where(spaces[:, None], _ZERO, block)
    elif view.alike[entry.where].all():
        text = str(block[0].tobytes(), "latin-1")
        text = text.rstrip(" ") if trimmed else text
        return pa.repeat(pa.scalar(text, pa.string()), view.count) if text else pa.nulls(view.count, pa.string())
    if view.high and (block & 0x80).any():
        texts = (str(row.tobytes(), "latin-1") for row in block)
        return pa.array([(text.rstrip(" ") or None) if trimmed else text for text in texts], pa.string())
    return _ascii_column(np.ascontiguousarray(block), trimmed)


def _ascii_column(block: Rows, trimmed: bool) -> pa.Array:
    count, length = block.shape
    lengths = np.full(count, length, np.int32)
    if trimmed:
        lengths[:] = 0
        for column in range(length):
            lengths[block[:, column] != _BLANK] = column + 1
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] != count * length:
        block = block[np.arange(length) < lengths[:, None]]
    valid = None if lengths.all() else pa.py_buffer(np.packbits(lengths != 0, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), count, [valid, pa.py_buffer(offsets), pa.py_buffer(block)])


def _key_columns(keys: Keys, source: str) -> Iterator[pa.Array]:
    yield pa.repeat(pa.scalar(source, pa.string()), len(keys.numbers))
    yield pa.array(keys.numbers, pa.int64())
    for values in (keys.lots, keys.invoices, keys.lines):
        yield pa.array(values, pa.int32(), mask=values == 0)


def _raw_column(rows: Rows, wanted: Flags) -> pa.Array:
    if not wanted.any():
        return pa.nulls(len(rows), pa.string())
    return pa.array(
        [str(row.tobytes(), "latin-1") if want else None for row, want in zip(rows, wanted, strict=True)], pa.string()
    )


def _explained(rows: Rows, doubtful: Flags, keys: Keys, source: str) -> Iterator[Finding]:
    for row in np.flatnonzero(doubtful)[:EXPLAINED_MAX]:
        _, findings = decode_record(rows[row].tobytes(), int(keys.numbers[row]), source)
        yield from (item for item in findings if item.code.code in NO_VALUE_CODES)
