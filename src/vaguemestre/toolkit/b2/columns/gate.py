"""The gate itself: which invoices of a run of records are without any finding, as stretches that may be counted and passed by."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Final

import numpy as np

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, Ranks, Tables, Workspace
from vaguemestre.toolkit.b2.columns.contents import content_keys
from vaguemestre.toolkit.b2.columns.invoices import Invoices
from vaguemestre.toolkit.b2.columns.plan import END, START, TYPES, UNKNOWN, Flags
from vaguemestre.toolkit.b2.columns.twinned import ORDER, WANTED
from vaguemestre.toolkit.b2.columns.twins.days import care_days
from vaguemestre.toolkit.b2.columns.twins.identity import prove_ranks_stand_in_one_place
from vaguemestre.toolkit.b2.columns.twins.invoice import prove_repeats_adjoin

BATCH_RECORDS: Final = 8192
"""Records judged at once, or half as many more at the end of a run. Measured: fewer cost more calls than the cache spares, more no
longer fit it."""

_WHOSE: Final = np.r_[B2[TYPES[START]].by_name["provider_number"].where, B2[TYPES[START]].by_name["fund_code"].where]
_IS_TYPE3: Final = np.array([name.startswith("3") for name in (*TYPES, "")], np.int64)
_ZERO: Final = np.zeros(1, np.intp)
_CENTURY: Final = 1_000_000  # days are written AAMMJJ, and counted AAAAMMJJ
_FIRST_CENTURY: Final = 19_700_000


@dataclass(frozen=True, slots=True)
class Cleared:
    """The invoices of one batch that nothing of their own speaks against, as stretches: invoices in a row of one issuer and fund.

    `bounds` are the first record of each stretch and the one after its last, in the run, 0-based. The arrays have one place per
    invoice, those of stretch `s` from `edges[s]` to `edges[s + 1]`: its first record in the run, its key among the file's numbers
    and that of its content, its first and last day of care and the birth (AAAAMMJJ; the birth AAMMJJ), its records of type 3,
    amounts in cents. `undisturbed`: nothing but records of file and lot stands between the stretches.

    What the surroundings say is yet to be asked: the days of the file and of the lot, numbers and contents met before.
    """

    bounds: list[tuple[int, int]]
    edges: Ranks
    undisturbed: bool
    firsts: Ranks
    numbers: Numbers
    contents: Numbers
    first_days: Numbers
    last_days: Numbers
    births: Numbers
    type3: Numbers
    charged_cents: Numbers
    fund_cents: Numbers

    def care_days_fit(self, last_day: date) -> Flags:
        """Which invoices have no care after `last_day`, nor before the birth; as `rules.days`, which may forgive more."""
        limit = last_day.year * 10_000 + last_day.month * 100 + last_day.day
        born = last_day.year // 100 * _CENTURY + self.births
        born = np.where(born <= limit, born, born - _CENTURY)
        fit: Flags = (self.last_days <= limit) & (self.first_days >= born)
        return fit


@cache
def tables() -> Tables:
    """The tables of this process. Raises ValueError when the layouts are not what the twins were written for."""
    prove_repeats_adjoin()
    prove_ranks_stand_in_one_place()
    return Tables(WANTED)


class Gate:
    """Judges runs of records, of one thread at a time: it remembers nothing of them, but uses its room again."""

    def __init__(self) -> None:
        self._tables, self._room = tables(), Workspace()

    def cleared(self, run: bytes) -> Iterator[Cleared]:
        """What may be passed by of a run (records of 128 bytes, no separator), batch by batch; all the rest is for others."""
        at, size = 0, BATCH_RECORDS * RECORD_BYTES
        while at < len(run):
            end = at + size if len(run) - at > size * 3 // 2 else len(run)
            invoices = self._judged(run[at:end])
            step = len(invoices.batch.types)
            if end < len(run) and invoices.count and invoices.starts[-1] > 0:
                # the last part may go on behind the batch: the next one begins with it
                step, invoices.bad[-1] = int(invoices.starts[-1]), True
            good = np.flatnonzero(~invoices.bad)
            if len(good):
                yield _cleared(invoices, good, at // RECORD_BYTES)
            at += step * RECORD_BYTES

    def _judged(self, data: bytes) -> Invoices:
        invoices = Invoices(self._tables, Batch(self._tables, data, self._room))
        if not invoices.bad.all():
            for twin in ORDER:
                twin(invoices)
        return invoices


def _cleared(invoices: Invoices, good: Ranks, offset: int) -> Cleared:
    batch, lead = invoices.batch, invoices.starts[0]
    rows = batch.rows.view(np.uint8).reshape(-1, RECORD_BYTES)
    heads = rows[invoices.starts[good]]
    same = np.logical_and.reduce(heads[1:, _WHOSE] == heads[:-1, _WHOSE], axis=1)
    breaks = np.flatnonzero((good[1:] - good[:-1] != 1) | ~same) + 1
    edges = np.concatenate((_ZERO, breaks))
    lasts = np.concatenate((good[breaks - 1], good[-1:]))
    firsts, stops = invoices.starts[good[edges]] + offset, invoices.ends[lasts] + offset
    between = invoices.bad[good[0] : good[-1]]
    frames = batch.types[invoices.starts[good[0] : good[-1]]] == UNKNOWN
    lone = invoices.ends[good[0] : good[-1]] - invoices.starts[good[0] : good[-1]] == 1
    issuer, number = (
        invoices.scattered(START, batch.whole_number(START, name)) for name in ("provider_number", "invoice_number")
    )
    first, last = care_days(invoices)
    return Cleared(
        list(zip(firsts.tolist(), stops.tolist(), strict=True)),
        np.concatenate((edges, np.array([len(good)]))),
        not (between & ~(frames & lone)).any(),
        invoices.starts[good] + offset,
        (issuer * 10**9 + number)[good],
        content_keys(batch.rows[lead:], invoices.starts - lead)[good],
        first[good] + _FIRST_CENTURY,
        last[good] + _FIRST_CENTURY,
        invoices.value(START, "birth_date")[good],
        invoices.counted(_IS_TYPE3)[good],
        (invoices.value(END, "total_hospital_charge") + invoices.value(END, "total_fees"))[good],
        (invoices.value(END, "total_hospital_fund") + invoices.value(END, "total_fees_fund"))[good],
    )
