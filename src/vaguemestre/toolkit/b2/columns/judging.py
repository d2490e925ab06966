"""Judges a run of records many invoices at a time: what the gate clears is counted and passed by, the rest walks every check.

Stands where `toolkit.b2.checking.judge` stands, and says the same of every input.
"""

from functools import cache
from itertools import pairwise
from typing import Protocol

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.stream import Assembler
from vaguemestre.toolkit.b2.columns.contents import content_key
from vaguemestre.toolkit.b2.columns.gate import BATCH_RECORDS, Gate, Stretch
from vaguemestre.toolkit.b2.columns.plan import Flags
from vaguemestre.toolkit.b2.columns.seen import SeenMany
from vaguemestre.toolkit.b2.rules.parts import Around

__all__ = ["ENOUGH_BYTES", "ColumnJudge", "SeenMany", "content_key", "gate"]

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


@cache
def gate() -> Gate:
    """The one gate of this process: it remembers nothing of any input."""
    return Gate()


class ColumnJudge:
    """Judges the runs of one input. `numbers` and `contents` are what the desk remembers of the invoices of its file."""

    def __init__(self, desk: Desk, numbers: SeenMany, contents: SeenMany) -> None:
        self._desk, self._gate = desk, gate()
        self._numbers, self._contents = numbers, contents

    def judge(self, data: bytes, first_rank: int) -> int:
        """Judge a run; gives how many records were taken: what is left begins with a record 2 whose invoice has no end yet."""
        taken = _taken(data[::RECORD_BYTES])
        at = 0
        for stretch in self._gate.stretches(data[: taken * RECORD_BYTES]):
            self._walk(data, first_rank, at, stretch.start)
            self._pass(data, first_rank, stretch)
            at = stretch.stop
        self._walk(data, first_rank, at, taken)
        return taken

    def _walk(self, data: bytes, first_rank: int, start: int, stop: int) -> None:
        if stop > start:
            self._desk.records(first_rank + start, data[start * RECORD_BYTES : stop * RECORD_BYTES])

    def _pass(self, data: bytes, first_rank: int, stretch: Stretch) -> None:
        """Count a stretch in the open lot; invoices of it that do not fit there walk every check, in their turn."""
        desk, invoices = self._desk, stretch.invoices
        if not desk.assembler.between_invoices or not desk.accepts(data[stretch.start * RECORD_BYTES :][:RECORD_BYTES]):
            self._walk(data, first_rank, stretch.start, stretch.stop)
            return
        fit = self._fitting(stretch, first_rank)
        changes = np.flatnonzero(fit[1:] != fit[:-1]) + 1
        edges = [0, *changes.tolist(), len(fit)]
        firsts = [*invoices.firsts[edges[:-1]].tolist(), stretch.stop]
        for rank, (start, stop) in enumerate(pairwise(edges)):
            if not fit[start]:
                self._walk(data, first_rank, firsts[rank], firsts[rank + 1])
                continue
            part = slice(start, stop)
            charged, fund = int(invoices.charged_cents[part].sum()), int(invoices.fund_cents[part].sum())
            type3 = int(invoices.type3[part].sum())
            desk.assembler.pass_clean(first_rank + firsts[rank + 1] - 1, stop - start, charged, fund, type3)

    def _fitting(self, stretch: Stretch, first_rank: int) -> Flags:
        """Which invoices are within the days of the file and of the lot, with a number and a content that were not met before."""
        ranks = stretch.invoices.firsts + first_rank
        fit = self._numbers.fresh(stretch.invoices.numbers, ranks)
        fit &= self._contents.fresh(stretch.invoices.contents, ranks)
        last_day = self._desk.around.last_day
        if last_day is not None:
            fit &= stretch.care_days_fit(last_day)
        return fit


def _taken(types: bytes) -> int:
    """How many records of a run, given their first bytes, may be judged now: all but an invoice whose end may yet come."""
    start = types.find(_START, types.rfind(_END) + 1)
    return len(types) if start < 0 or len(types) - start >= LONGEST else start
