"""Keeping times: three years after its receipt an ended sheet leaves only hashes and its outcome. mess9821498a:2."""

from datetime import date, datetime

from vaguemestre.core.sheet.deadlines import payer_keeps_until
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import PayerEdges


@dataclass(frozen=True, slots=True)
class KeepingReport:
    """How many sheets and messages were retired."""

    sheets: int
    messages: int


class _OnlyCountedError(Exception):
    """Leaves the transaction, so that nothing of it stays."""


def retire(edges: PayerEdges, now: datetime, *, only_count: bool = False) -> KeepingReport:
    """Retire what was received so long ago that its keeping time has passed. Sheets that are not ended stay.

    `only_count`: say how much it would be, and change nothing.
    """
    today = edges.today(now)
    limit = _first_day_kept(today)
    report = KeepingReport(0, 0)
    try:
        with edges.store.unit() as unit:
            report = KeepingReport(unit.keeping.retire_sheets(limit, today), unit.keeping.retire_messages(limit))
            if only_count:
                raise _OnlyCountedError
    except _OnlyCountedError:
        pass
    return report


def _first_day_kept(today: date) -> date:
    """The first day of receipt whose keeping time has not passed."""
    day = today.replace(year=today.year - 3, day=min(today.day, 28))
    while payer_keeps_until(day) < today:
        day = date.fromordinal(day.toordinal() + 1)
    return day
