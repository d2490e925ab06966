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
    HIGH,
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

_CLASS_ROWS: Final = 512  # judged at once: what is made of them stays in the processor's nearest cache
_ROW_WORDS: Final = RECORD_BYTES // WORD
_NONE: Final[Numbers] = np.empty(0, np.int64)
_BLANK: Final = np.uint64(0x2020202020202020)
_DIGIT_BITS: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_STEPS: Final = (
    (np.uint64(8), np.uint64(10), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(16), np.uint64(100), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(32), np.uint64(10_000), np.uint64(0xFFFFFFFF)),
)
"""Bits to the neighbour, what it counts, and what is kept: pairs of digits, then fours, then all eight."""
_CHUNK_WORDS: Final = 4096


def read_words(words: Words) -> Numbers:
    """The numbers that words of eight ASCII digits say, in place; bytes of zero count as zeros before. Little end first.

    `words` lie in one piece. They are read some thousand at a time: what is made of them stays in the processor's nearest cache.
    """
    flat = words.reshape(-1)
    scratch = np.empty(min(len(flat), _CHUNK_WORDS), np.uint64)
    for first in range(0, len(flat), _CHUNK_WORDS):
        part = flat[first : first + _CHUNK_WORDS]
        low = scratch[: len(part)]
        part &= _DIGIT_BITS
        for step, power, kept in _STEPS:
            np.right_shift(part, step, out=low)
            part *= power
            part += low
            part &= kept
    return words.view(np.int64)


class Workspace:
    """Room that is used again from batch to batch: fresh memory costs more than what is done with it. For one thread at a time."""

    __slots__ = ("_room",)

    def __init__(self) -> None:
        self._room: dict[str, Words] = {}

    def words(self, name: str, count: int) -> Words:
        """So many words of any content, valid until this name is asked for again."""
        room = self._room.get(name)
        if room is None or len(room) < count:
            room = self._room[name] = np.empty(count, np.uint64)
        return room[:count]


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

    __slots__ = ("_bounds", "_numbers", "_order", "_padded", "_room", "_tables", "bad", "fails", "rows", "types")

    def __init__(self, tables: Tables, data: bytes, room: Workspace | None = None) -> None:
        """`data` holds whole records, without separator. The batch is valid until its room is used for another one."""
        count = len(data) // RECORD_BYTES
        self._tables, self._room = tables, room or Workspace()
        rows: Bytes = np.frombuffer(data, np.uint8).reshape(count, RECORD_BYTES)
        self.rows = rows.view(np.uint64)
        self.types = self._recognise(rows)
        self.bad: Flags = self.types == UNKNOWN
        for first in range(0, count, _CLASS_ROWS):
            part = slice(first, first + _CLASS_ROWS)
            self.bad[part] |= self._illegal(rows[part], self.types[part])
        if NO_TEXT in data:
            self.bad |= (rows == ord(NO_TEXT)).any(axis=1)
        self._sort()
        self._judge()

    def _illegal(self, rows: Bytes, types: NDArray[np.int8]) -> Flags | bool:
        """Which of some rows have a byte that is not of its column's class; False when none has."""
        above = self._tables.firsts.take(types, axis=0)
        np.subtract(rows, above, out=above)  # what lies below the first legal byte wraps round to far above
        illegal = above > self._tables.spans.take(types, axis=0)
        if not np.count_nonzero(illegal):
            return False
        broken: Flags = np.logical_or.reduce(illegal, axis=1)
        return broken

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
        padded = self._room.words("rows", (len(self.types) + 1) * _ROW_WORDS)
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

    def _every_window(self, kind: int) -> Words:
        """Line `WORD + start` shows the eight bytes from column `start` on (from -8 to 120), one column per row of the type."""
        first, last = self._bounds[kind], self._bounds[kind + 1]
        at = (first + 1) * RECORD_BYTES - WORD
        return np.ndarray((RECORD_BYTES + 1, last - first), np.uint64, self._padded, at, (1, RECORD_BYTES))

    def words(self, kind: int, starts: Ranks, masks: Words) -> Words:
        """One line per window, one column per row of the type: the bytes of each, the others zero."""
        words: Words = self._every_window(kind)[starts + WORD]
        words &= masks
        return words

    def _judge(self) -> None:
        """Numbers of every type; rows whose values are not what the layout asks for are marked."""
        present = [kind for kind in range(UNKNOWN) if self._bounds[kind] < self._bounds[kind + 1]]
        plans = self._tables.plans
        sizes = [len(plans[kind].numbers) * len(self.rows_of(kind)) for kind in present]
        words, at = self._room.words("numbers", sum(sizes)), 0
        parts = []
        for kind, size in zip(present, sizes, strict=True):
            plan = plans[kind]
            part = words[at : at + size].reshape(len(plan.numbers), -1)
            np.bitwise_and(self._every_window(kind)[plan.numbers + WORD], plan.masks, out=part)
            parts.append(part)
            at += size
        read_words(words)
        self._numbers: dict[int, Numbers] = {}
        for kind, part in zip(present, parts, strict=True):
            own = self._numbers[kind] = part.view(np.int64)
            good = self._good(kind, plans[kind], own)
            if np.count_nonzero(good) < len(good):
                self.bad[self.rows_of(kind)[~good]] = True

    def _good(self, kind: int, plan: RecordPlan, numbers: Numbers) -> Flags:
        """Rows of one type that hold what must not be empty, dates that exist, letters and numbers of their lists."""
        good: Flags = np.logical_and.reduce(numbers[: plan.mandatory] != 0, axis=0)
        if plan.dates.stop > plan.dates.start:
            dates = numbers[plan.dates]
            good &= np.logical_and.reduce(self.is_real_date(dates), axis=0)
        for slot, legal in plan.listed:
            good &= legal.take(numbers[slot], mode="clip")
        if len(plan.filled):
            masks = plan.filled_masks
            good &= np.logical_and.reduce(self.words(kind, plan.filled, masks) != (masks & _BLANK), axis=0)
        if len(plan.letters):
            letters = self.records(kind)[:, plan.letters].astype(np.intp)
            letters += plan.letter_steps
            good &= np.logical_and.reduce(plan.letters_legal.take(letters), axis=1)
        return good

    def is_real_date(self, days: Numbers) -> Flags:
        """Whether each is a day AAMMJJ that exists, or zero."""
        real: Flags = self._tables.real_dates.take(days, mode="clip")
        return real

    def number(self, kind: int, name: str) -> Numbers:
        """One field of the rows of a type, in their order: its last eight digits, or, with `HIGH` behind the name, those before."""
        if kind not in self._numbers:
            return _NONE
        values: Numbers = self._numbers[kind][self._tables.plans[kind].slots[name]]
        return values

    def halves(self, kind: int, name: str) -> tuple[Numbers, Numbers]:
        """One field of nine to sixteen digits: the last eight, and those before."""
        return self.number(kind, name), self.number(kind, name + HIGH)

    def whole_number(self, kind: int, name: str) -> Numbers:
        """One field of nine to sixteen digits."""
        return self.number(kind, name + HIGH) * 100_000_000 + self.number(kind, name)
