"""The gate itself: which invoices of a run of records are without any finding, as stretches that may be counted and passed by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, Ranks, Tables
from vaguemestre.toolkit.b2.columns.contents import content_keys
from vaguemestre.toolkit.b2.columns.invoices import Invoices
from vaguemestre.toolkit.b2.columns.plan import END, START, TYPES, Flags
from vaguemestre.toolkit.b2.columns.twinned import ORDER, WANTED
from vaguemestre.toolkit.b2.columns.twins.days import care_days
from vaguemestre.toolkit.b2.columns.twins.identity import prove_ranks_stand_in_one_place
from vaguemestre.toolkit.b2.columns.twins.invoice import prove_repeats_adjoin

BATCH_RECORDS: Final = 2048
"""Records judged at once: what lies in the processor's cache is judged twice as fast as what does not."""

_ISSUER: Final = B2[TYPES[START]].by_name["provider_number"].where
_FUND: Final = B2[TYPES[START]].by_name["fund_code"].where
_IS_TYPE3: Final = np.array([name.startswith("3") for name in (*TYPES, "")], np.int64)
_CENTURY: Final = 1_000_000  # days are written AAMMJJ, and counted AAAAMMJJ
_FIRST_CENTURY: Final = 19_700_000


@dataclass(frozen=True, slots=True)
class Invoiced:
    """One place per invoice: its first record in the run (0-based), its key among the file's numbers and that of its content, the
    first and last day of care and the birth (AAAAMMJJ; the birth AAMMJJ), its records of type 3, amounts in cents.
    """

    firsts: Ranks
    numbers: Numbers
    contents: Numbers
    first_days: Numbers
    last_days: Numbers
    births: Numbers
    type3: Numbers
    charged_cents: Numbers
    fund_cents: Numbers

    def part(self, part: slice) -> "Invoiced":
        return Invoiced(*(getattr(self, name)[part] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Invoices in a row that nothing of their own speaks against, of one issuer and one fund.

    `start` and `stop` (exclusive) are records of the run, 0-based. What their surroundings say of them is yet to be asked:
    the days of the file and of the lot, numbers and contents met before.
    """

    start: int
    stop: int
    invoices: Invoiced

    def care_days_fit(self, last_day: date) -> Flags:
        """Which invoices have no care after `last_day`, nor before the birth; as `rules.days`, which may forgive more."""
        limit = last_day.year * 10_000 + last_day.month * 100 + last_day.day
        invoices = self.invoices
        born = last_day.year // 100 * _CENTURY + invoices.births
        born = np.where(born <= limit, born, born - _CENTURY)
        fit: Flags = (invoices.last_days <= limit) & (invoices.first_days >= born)
        return fit


class Gate:
    """Judges runs of records. Made once, used for any number of files: it remembers nothing of them."""

    def __init__(self) -> None:
        prove_repeats_adjoin()
        prove_ranks_stand_in_one_place()
        self._tables = Tables(WANTED)

    def stretches(self, run: bytes) -> Iterator[Stretch]:
        """The stretches of a run (records of 128 bytes, no separator), in its order; what lies between them is for others."""
        at, size = 0, BATCH_RECORDS * RECORD_BYTES
        while at < len(run):
            invoices = self._judged(run[at : at + size])
            step = len(invoices.batch.types)
            if at + size < len(run) and invoices.count and invoices.starts[-1] > 0:
                # the last part may go on behind the batch: the next one begins with it
                step, invoices.bad[-1] = int(invoices.starts[-1]), True
            yield from _stretches(invoices, at // RECORD_BYTES)
            at += step * RECORD_BYTES

    def _judged(self, data: bytes) -> Invoices:
        invoices = Invoices(self._tables, Batch(self._tables, data, RECORD_BYTES))
        if not invoices.bad.all():
            for twin in ORDER:
                twin(invoices)
        return invoices


def _stretches(invoices: Invoices, offset: int) -> Iterator[Stretch]:
    good = np.flatnonzero(~invoices.bad)
    if not len(good):
        return
    rows = invoices.batch.rows.view(np.uint8).reshape(-1, RECORD_BYTES)
    heads = rows[invoices.starts[good]]
    whose = np.concatenate((heads[:, _ISSUER], heads[:, _FUND]), axis=1)
    breaks = (np.diff(good) != 1) | (whose[1:] != whose[:-1]).any(axis=1)
    edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(good)]
    every = _invoiced(invoices, offset)
    for first, last in pairwise(edges):
        parts = slice(int(good[first]), int(good[last - 1]) + 1)
        stop = int(invoices.ends[parts.stop - 1]) + offset
        yield Stretch(int(every.firsts[parts.start]), stop, every.part(parts))


def _invoiced(invoices: Invoices, offset: int) -> Invoiced:
    batch = invoices.batch
    issuer, number = (
        invoices.scattered(START, batch.whole_number(START, name)) for name in ("provider_number", "invoice_number")
    )
    lead = invoices.starts[0]
    first, last = care_days(invoices)
    return Invoiced(
        invoices.starts + offset,
        issuer * 10**9 + number,
        content_keys(batch.rows[lead:], invoices.starts - lead),
        first + _FIRST_CENTURY,
        last + _FIRST_CENTURY,
        invoices.value(START, "birth_date"),
        invoices.counted(_IS_TYPE3),
        invoices.value(END, "total_hospital_charge") + invoices.value(END, "total_fees"),
        invoices.value(END, "total_hospital_fund") + invoices.value(END, "total_fees_fund"),
    )
