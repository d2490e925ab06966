"""Judges a run of records many invoices at a time: what the gate clears is counted and passed by, the rest walks every check.

Stands where `toolkit.b2.checking.judge` stands, and says the same of every input.
"""

from datetime import date
from itertools import pairwise
from typing import Protocol

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.stream import Assembler
from vaguemestre.toolkit.b2.columns.contents import content_key
from vaguemestre.toolkit.b2.columns.gate import BATCH_RECORDS, Cleared, Gate
from vaguemestre.toolkit.b2.columns.plan import Flags
from vaguemestre.toolkit.b2.columns.seen import SeenMany
from vaguemestre.toolkit.b2.rules.parts import Around

__all__ = ["ENOUGH_BYTES", "ColumnJudge", "SeenMany", "content_key"]

ENOUGH_BYTES = BATCH_RECORDS * RECORD_BYTES
"""What a run should hold to be worth judging."""
LONGEST = 8192
"""Records kept back at most while the end of an invoice is awaited."""
_START, _END = b"2", b"5"


class Desk(Protocol):
    """What a check knows of its input so far, and where records are walked one by one: `toolkit.b2.checking.Checking`."""

    @property
    def assembler(self) -> Assembler: ...
    @property
    def around(self) -> Around: ...

    def records(self, first_rank: int, data: bytes) -> None:
        """Walk records with every check."""

    def accepts(self, data: bytes) -> bool:
        """Whether an invoice that begins with these bytes is for the open lot's issuer and fund."""


class ColumnJudge:
    """Judges the runs of one input. `numbers` and `contents` are what the desk remembers of the invoices of its file."""

    def __init__(self, desk: Desk, numbers: SeenMany, contents: SeenMany) -> None:
        self._desk, self._gate = desk, Gate()
        self._numbers, self._contents = numbers, contents

    def judge(self, data: bytes, first_rank: int) -> int:
        """Judge a run; gives how many records were taken: what is left begins with a record 2 whose invoice has no end yet."""
        taken = _taken(data[::RECORD_BYTES])
        at = 0
        for cleared in self._gate.cleared(data[: taken * RECORD_BYTES]):
            passage = _Passage(self, cleared, first_rank)
            for number, (start, stop) in enumerate(cleared.bounds):
                self._walk(data, first_rank, at, start)
                self._pass(data, first_rank, passage, number)
                at = stop
        self._walk(data, first_rank, at, taken)
        return taken

    def _walk(self, data: bytes, first_rank: int, start: int, stop: int) -> None:
        if stop > start:
            self._desk.records(first_rank + start, data[start * RECORD_BYTES : stop * RECORD_BYTES])

    def _pass(self, data: bytes, first_rank: int, passage: "_Passage", number: int) -> None:
        """Count a stretch in the open lot; invoices of it that do not fit there walk every check, in their turn."""
        desk = self._desk
        start, stop = passage.cleared.bounds[number]
        head = data[start * RECORD_BYTES : (start + 1) * RECORD_BYTES]
        if not desk.assembler.between_invoices or not desk.accepts(head):
            self._walk(data, first_rank, start, stop)
            return
        last_day = desk.around.last_day
        if passage.fits_whole(number, last_day):
            desk.assembler.pass_clean(first_rank + stop - 1, *passage.sums(number))
            return
        fit = passage.fitting(number, last_day)
        changes = np.flatnonzero(fit[1:] != fit[:-1]) + 1
        edges = [0, *changes.tolist(), len(fit)]
        for first, last in pairwise(edges):
            begin, end = passage.records(number, first), passage.records(number, last)
            if fit[first]:
                desk.assembler.pass_clean(first_rank + end - 1, *passage.sums_of(number, first, last))
            else:
                self._walk(data, first_rank, begin, end)

    def fresh(self, cleared: Cleared, part: slice, first_rank: int) -> Flags:
        """Remember these invoices; which of them have a number and a content that were not met before."""
        ranks = cleared.firsts[part] + first_rank
        fresh = self._numbers.fresh(cleared.numbers[part], ranks)
        fresh &= self._contents.fresh(cleared.contents[part], ranks)
        return fresh


class _Passage:
    """What was asked so far about the stretches of one batch; asked of all at once where their order allows it."""

    __slots__ = (
        "_days",
        "_days_whole",
        "_first_rank",
        "_fresh",
        "_fresh_whole",
        "_judge",
        "_last_day",
        "_sums",
        "cleared",
    )

    def __init__(self, judge: ColumnJudge, cleared: Cleared, first_rank: int) -> None:
        self.cleared, self._judge, self._first_rank = cleared, judge, first_rank
        self._fresh: Flags | None = None
        self._fresh_whole: list[bool] = []
        self._last_day: date | None = None
        self._days = np.ones(len(cleared.firsts), np.bool_)
        self._days_whole = [True] * len(cleared.bounds)
        starts = cleared.edges[:-1]
        counts = (cleared.edges[1:] - starts).tolist()
        sums = [
            np.add.reduceat(amounts, starts).tolist()
            for amounts in (cleared.charged_cents, cleared.fund_cents, cleared.type3)
        ]
        self._sums: list[tuple[int, int, int, int]] = list(zip(counts, *sums, strict=True))

    def fits_whole(self, number: int, last_day: date | None) -> bool:
        """Whether all invoices of a stretch are new, and within the days of the file and of the lot."""
        if self._fresh is None and self.cleared.undisturbed:
            self._fresh = self._judge.fresh(self.cleared, slice(0, len(self.cleared.firsts)), self._first_rank)
            self._fresh_whole = np.logical_and.reduceat(self._fresh, self.cleared.edges[:-1]).tolist()
        if last_day != self._last_day:
            self._last_day = last_day
            self._days = np.ones(len(self.cleared.firsts), np.bool_)
            if last_day is not None:
                self._days = self.cleared.care_days_fit(last_day)
            self._days_whole = np.logical_and.reduceat(self._days, self.cleared.edges[:-1]).tolist()
        return self._fresh is not None and self._fresh_whole[number] and self._days_whole[number]

    def fitting(self, number: int, last_day: date | None) -> Flags:
        """Which invoices of a stretch are; after `fits_whole`."""
        part = self._part(number)
        fresh = self._judge.fresh(self.cleared, part, self._first_rank) if self._fresh is None else self._fresh[part]
        return fresh & self._days[part]

    def sums(self, number: int) -> tuple[int, int, int, int]:
        """Of a stretch: invoices, charge and fund's share in cents, records of type 3."""
        return self._sums[number]

    def sums_of(self, number: int, first: int, last: int) -> tuple[int, int, int, int]:
        """The same of the invoices from `first` to `last` (exclusive) of a stretch."""
        cleared, start = self.cleared, self._part(number).start
        part = slice(start + first, start + last)
        charged, fund = int(cleared.charged_cents[part].sum()), int(cleared.fund_cents[part].sum())
        return last - first, charged, fund, int(cleared.type3[part].sum())

    def records(self, number: int, rank: int) -> int:
        """The record of the run at which an invoice of a stretch begins; after the last one, that after the stretch."""
        part = self._part(number)
        return (
            int(self.cleared.firsts[part.start + rank])
            if part.start + rank < part.stop
            else self.cleared.bounds[number][1]
        )

    def _part(self, number: int) -> slice:
        return slice(int(self.cleared.edges[number]), int(self.cleared.edges[number + 1]))


def _taken(types: bytes) -> int:
    """How many records of a run, given their first bytes, may be judged now: all but an invoice whose end may yet come."""
    start = types.find(_START, types.rfind(_END) + 1)
    return len(types) if start < 0 or len(types) - start >= LONGEST else start
