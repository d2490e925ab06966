"""The invoices of a batch: where each starts and ends, which rows are its own, and sums and values by invoice.

A part is what stands between two starts: an invoice, or what is none. Rows before the first start are in no part.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, Ranks, Tables
from vaguemestre.toolkit.b2.columns.plan import END, START, TYPE_INDEX, UNKNOWN, Flags, Words

_Any = TypeVar("_Any", bound=np.generic)


class Invoices:
    """Parts of a batch. `bad` marks those against which something was said.

    `starts` and `ends` (exclusive) are rows, `inner` marks the rows that stand in a part after its first.
    """

    __slots__ = ("_part_of", "_parts", "bad", "batch", "count", "ends", "inner", "starts", "tables")

    def __init__(self, tables: Tables, batch: Batch) -> None:
        types = batch.types
        edges = (types == START) | (types == UNKNOWN)
        self.tables, self.batch = tables, batch
        self._parts: dict[int, Ranks] = {}
        self.starts: Ranks = np.flatnonzero(edges)
        self.count = len(self.starts)
        self.ends: Ranks = np.concatenate((self.starts[1:], np.array([len(types)])))
        self._part_of: Ranks = np.cumsum(edges) - 1
        self.inner: Flags = ~edges
        if self.count:
            self._part_of[: self.starts[0]] = self.count  # none: a place of its own, which nobody reads
            self.inner[: self.starts[0]] = False
            self.bad: Flags = (types[self.starts] != START) | (types[self.ends - 1] != END)
            self.reject_rows(batch.bad)
        else:
            self.bad = np.empty(0, np.bool_)

    def reject_rows(self, rows: Flags) -> None:
        """Something speaks against the parts of these rows of the batch."""
        if np.count_nonzero(rows):
            self.bad |= np.logical_or.reduceat(rows, self.starts)

    def reject(self, kind: int, rows: Flags) -> None:
        """As `reject_rows`, for flags of the rows of one type, in their order."""
        if np.count_nonzero(rows):
            parts = self.parts_of(kind)[rows]
            self.bad[parts[parts < self.count]] = True

    def first_words(self, words: Words) -> Words:
        """For each row of the batch, the word of the first row of its part; what stands in no part gets any."""
        return words[self.starts][np.minimum(self._part_of, self.count - 1)]

    def of_rows(self, kind: int, values: NDArray[_Any]) -> NDArray[_Any]:
        """For each row of one type, the value of its part; what stands in no part gets any."""
        return values[np.minimum(self.parts_of(kind), self.count - 1)]

    def parts_of(self, kind: int) -> Ranks:
        """The part of each row of one type; `count` for a row that is in none."""
        parts = self._parts.get(kind)
        if parts is None:
            parts = self._parts[kind] = self._part_of[self.batch.rows_of(kind)]
        return parts

    def value(self, kind: int, name: str) -> Numbers:
        """One field of the one row of this type that each part has; 0 where there is none."""
        return self.scattered(kind, self.batch.number(kind, name))

    def scattered(self, kind: int, values: Numbers) -> Numbers:
        """One value of each row of a type, by part; 0 where a part has no such row."""
        places = np.zeros(self.count + 1, np.int64)
        places[self.parts_of(kind)] = values
        return places[: self.count]

    def total(self, kind: int, name: str) -> Numbers:
        """The sum of one field over the rows of a type, by part."""
        if not self.batch.has(kind):
            return np.zeros(self.count, np.int64)
        parts, values = self.parts_of(kind), self.batch.number(kind, name)
        sums = np.bincount(parts, values, self.count + 1)  # in binary fractions, exact up to 2**53
        return sums[: self.count].astype(np.int64)

    def counted(self, kinds: NDArray[np.int64]) -> Numbers:
        """How often rows of the types that `kinds[type]` marks with 1 stand in each part."""
        sums: Numbers = np.add.reduceat(kinds[self.batch.types], self.starts)
        return sums


Twin = Callable[[Invoices], None]
Twins = Mapping[Callable[..., object], Twin]
"""A check of the list -> its twin."""
Wanted = Mapping[str, tuple[str, ...]]
"""Record -> the fields whose numbers a twin asks for."""


def marks(*names: str) -> NDArray[np.int64]:
    """A table by type: 1 for these records."""
    table = np.zeros(UNKNOWN + 1, np.int64)
    table[[TYPE_INDEX[name] for name in names]] = 1
    return table
