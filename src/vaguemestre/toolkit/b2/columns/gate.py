"""The gate itself: which invoices of a run of records are without any finding, as stretches that may be counted and passed by."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, Ranks, Tables
from vaguemestre.toolkit.b2.columns.invoices import Invoices
from vaguemestre.toolkit.b2.columns.plan import END, START, TYPES
from vaguemestre.toolkit.b2.columns.twinned import ORDER, WANTED
from vaguemestre.toolkit.b2.columns.twins.identity import prove_ranks_stand_in_one_place
from vaguemestre.toolkit.b2.columns.twins.invoice import prove_repeats_adjoin

BATCH_RECORDS: Final = 1536
"""Records judged at once: what lies in the processor's cache is judged twice as fast as what does not."""

_ISSUER: Final = B2[TYPES[START]].by_name["provider_number"].where
_FUND: Final = B2[TYPES[START]].by_name["fund_code"].where
_IS_TYPE3: Final = np.array([name.startswith("3") for name in (*TYPES, "")], np.int64)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Invoices in a row that nothing speaks against, of one issuer (9 digits) and one fund (3).

    `start` and `stop` (exclusive) are records of the run, 0-based; the arrays have one place per invoice: `firsts` its first
    record, `numbers` its number, amounts in cents.
    """

    start: int
    stop: int
    issuer: bytes
    fund: bytes
    firsts: Ranks
    numbers: Numbers
    type3: Numbers
    charged_cents: Numbers
    fund_cents: Numbers


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
            yield from self._clean(invoices, at // RECORD_BYTES)
            at += step * RECORD_BYTES

    def _judged(self, data: bytes) -> Invoices:
        invoices = Invoices(self._tables, Batch(self._tables, data, RECORD_BYTES))
        if not invoices.bad.all():
            for twin in ORDER:
                twin(invoices)
        return invoices

    def _clean(self, invoices: Invoices, offset: int) -> Iterator[Stretch]:
        good = np.flatnonzero(~invoices.bad)
        if not len(good):
            return
        rows = invoices.batch.rows.view(np.uint8).reshape(-1, RECORD_BYTES)
        heads = rows[invoices.starts[good]]
        whose = np.concatenate((heads[:, _ISSUER], heads[:, _FUND]), axis=1)
        breaks = (np.diff(good) != 1) | (whose[1:] != whose[:-1]).any(axis=1)
        charged = invoices.value(END, "total_hospital_charge") + invoices.value(END, "total_fees")
        fund = invoices.value(END, "total_hospital_fund") + invoices.value(END, "total_fees_fund")
        number = invoices.scattered(START, invoices.batch.whole_number(START, "invoice_number"))
        type3 = invoices.counted(_IS_TYPE3)
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(good)]
        for first, last in pairwise(edges):
            parts = slice(int(good[first]), int(good[last - 1]) + 1)
            starts = invoices.starts[parts] + offset
            yield Stretch(
                int(starts[0]),
                int(invoices.ends[parts.stop - 1]) + offset,
                heads[first, _ISSUER].tobytes(),
                heads[first, _FUND].tobytes(),
                starts,
                number[parts],
                type3[parts],
                charged[parts],
                fund[parts],
            )
