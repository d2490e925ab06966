"""A batch of records as columns: their types, which of them break their own layout, and their numbers. One pass, little memory.

Rows are sorted by type once, so that what is alike lies together; numbers are read eight digits at a time, as one word.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.columns.plan import (
    NO_TEXT,
    TYPES,
    UNKNOWN,
    WORD,
    Bytes,
    Flags,
    Recogniser,
    RecordPlan,
    Words,
    class_tables,
    follows,
    plan_of,
    real_dates,
)

Numbers = NDArray[np.int64]
Ranks = NDArray[np.intp]

_ROW_WORDS: Final = RECORD_BYTES // WORD
_NONE: Final[Numbers] = np.empty(0, np.int64)
_BLANK: Final = np.uint64(0x2020202020202020)
_DIGIT_BITS: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_PAIRS, _FOURS, _EIGHT = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)
_BYTE, _TWO_BYTES, _FOUR_BYTES = np.uint64(8), np.uint64(16), np.uint64(32)
_TEN, _HUNDRED, _TEN_THOUSAND = np.uint64(10), np.uint64(100), np.uint64(10_000)


def read_words(words: Words) -> Numbers:
    """The numbers that words of eight ASCII digits say, in place; bytes of zero count as zeros before. Little end first."""
    words &= _DIGIT_BITS
    for step, power, kept in (
        (_BYTE, _TEN, _PAIRS),
        (_TWO_BYTES, _HUNDRED, _FOURS),
        (_FOUR_BYTES, _TEN_THOUSAND, _EIGHT),
    ):
        low = words >> step
        words *= power
        words += low
        words &= kept
    return words.view(np.int64)


class Tables:
    """Everything generated from the layouts, for the fields whose numbers the checks ask for. Built once."""

    def __init__(self, wanted: Mapping[str, tuple[str, ...]]) -> None:
        self.plans = tuple(plan_of(B2[name], wanted.get(name, ())) for name in TYPES)
        self.recogniser = Recogniser.of(B2_RECORDS.plans)
        self.follows, self.real_dates = follows(), real_dates()
        self.firsts, self.spans = class_tables()


class Batch:
    """Records of 128 bytes at a fixed distance. `bad` marks rows that break their layout; `sorted` finds rows of one type.

    Rows are 0-based; `types[row]` is an index into `plan.TYPES`, or UNKNOWN.
    """

    __slots__ = ("_bounds", "_numbers", "_order", "_padded", "_tables", "bad", "fails", "rows", "types")

    def __init__(self, tables: Tables, data: bytes, stride: int) -> None:
        """`data` holds a whole number of strides: a record and its end of line, of `stride` - 128 bytes (0 to 2)."""
        count = len(data) // stride
        shape, steps = (count, RECORD_BYTES), (stride, 1)
        self._tables = tables
        rows: Bytes = np.ascontiguousarray(np.ndarray(shape, np.uint8, data, 0, steps))
        self.rows = rows.view(np.uint64)
        self.types = self._recognise(rows)
        self.bad: Flags = self.types == UNKNOWN
        above = rows - tables.firsts.take(
            self.types, axis=0
        )  # what lies below the first legal byte wraps round to far above
        illegal = above > tables.spans.take(self.types, axis=0)
        if illegal.any():
            self.bad |= illegal.any(axis=1)
        if NO_TEXT in data:
            self.bad |= (rows == ord(NO_TEXT)).any(axis=1)
        self._sort()
        self._judge()

    def _recognise(self, rows: Bytes) -> NDArray[np.int8]:
        known = self._tables.recogniser
        first, second, third = (
            table.take(rows[:, column]) for column, table in zip(known.columns, known.classes, strict=True)
        )
        return known.types.take(first.astype(np.intp) << 8 | second << 4 | third)

    def _sort(self) -> None:
        """Rows by type, each type's in their order; eight bytes stand before the first, for windows that begin before a record."""
        self._order: Ranks = np.argsort(self.types, kind="stable")
        counts = np.bincount(self.types, minlength=UNKNOWN + 1)
        self._bounds: list[int] = [0, *np.cumsum(counts).tolist()]
        padded = np.empty((len(self.types) + 1) * _ROW_WORDS, np.uint64)
        np.take(self.rows, self._order, axis=0, out=padded[_ROW_WORDS:].reshape(-1, _ROW_WORDS), mode="clip")
        self._padded = padded

    def rows_of(self, kind: int) -> Ranks:
        """The rows of one type, ascending."""
        return self._order[self._bounds[kind] : self._bounds[kind + 1]]

    def has(self, kind: int) -> bool:
        """Whether there is a row of this type."""
        first, last = self._bounds[kind : kind + 2]
        return last > first

    def records(self, kind: int) -> Bytes:
        """The bytes of the rows of one type."""
        first, last = self._bounds[kind] + 1, self._bounds[kind + 1] + 1
        rows: Bytes = self._padded.view(np.uint8).reshape(-1, RECORD_BYTES)[first:last]
        return rows

    def edges_of(self, at: Ranks, length: int) -> tuple[Words, Bytes]:
        """Of a field that stands at `at[type]` (0-based) in each record: its first eight bytes and, of `length` 9, its last one."""
        flat = self.rows.view(np.uint8).reshape(-1)
        places = at[self.types]
        places += np.arange(0, len(flat), RECORD_BYTES)
        words = np.ndarray((len(flat) - WORD + 1,), np.uint64, flat, 0, (1,))
        return words[places], flat.take(places + (length - 1))

    def words(self, kind: int, starts: Ranks, masks: Words) -> Words:
        """One line per window, one column per row of the type: the bytes of each, the others zero."""
        first, last = self._bounds[kind], self._bounds[kind + 1]
        every = np.ndarray(
            (RECORD_BYTES + 1, last - first),
            np.uint64,
            self._padded,
            (first + 1) * RECORD_BYTES - WORD,
            (1, RECORD_BYTES),
        )
        words: Words = every[starts + WORD]
        words &= masks
        return words

    def _judge(self) -> None:
        """Numbers of every type; rows whose values are not what the layout asks for are marked."""
        present = [kind for kind in range(UNKNOWN) if self._bounds[kind] < self._bounds[kind + 1]]
        plans = self._tables.plans
        parts = [self.words(kind, plans[kind].numbers, plans[kind].masks) for kind in present]
        numbers = read_words(np.concatenate([part.ravel() for part in parts])) if parts else np.empty(0, np.int64)
        self._numbers: dict[int, Numbers] = {}
        at = 0
        for kind, part in zip(present, parts, strict=True):
            own = self._numbers[kind] = numbers[at : at + part.size].reshape(part.shape)
            at += part.size
            good = self._good(kind, plans[kind], own)
            self.bad[self.rows_of(kind)] |= ~good

    def _good(self, kind: int, plan: RecordPlan, numbers: Numbers) -> Flags:
        """Rows of one type that hold what must not be empty, dates that exist, letters and numbers of their lists."""
        good: Flags = (numbers[: plan.mandatory] != 0).all(axis=0)
        if plan.dates.stop > plan.dates.start:
            dates = numbers[plan.dates]
            good &= self.is_real_date(dates).all(axis=0)
        for slot, legal in plan.listed:
            good &= legal.take(numbers[slot], mode="clip")
        if len(plan.filled):
            masks = plan.filled_masks
            good &= (self.words(kind, plan.filled, masks) != (masks & _BLANK)).all(axis=0)
        if len(plan.letters):
            letters = self.records(kind)[:, plan.letters].astype(np.intp)
            letters += plan.letter_steps
            good &= plan.letters_legal.take(letters).all(axis=1)
        return good

    def is_real_date(self, days: Numbers) -> Flags:
        """Whether each is a day AAMMJJ that exists, or zero."""
        real: Flags = self._tables.real_dates.take(days, mode="clip")
        return real

    def number(self, kind: int, name: str) -> Numbers:
        """One field of the rows of a type, in their order: its last eight digits, or `name:high` what stands before them."""
        if kind not in self._numbers:
            return _NONE
        values: Numbers = self._numbers[kind][self._tables.plans[kind].slots[name]]
        return values

    def halves(self, kind: int, name: str) -> tuple[Numbers, Numbers]:
        """One field of nine to sixteen digits: the last eight, and those before."""
        return self.number(kind, name), self.number(kind, f"{name}:high")

    def whole_number(self, kind: int, name: str) -> Numbers:
        """One field of nine to sixteen digits."""
        return self.number(kind, f"{name}:high") * 100_000_000 + self.number(kind, name)
