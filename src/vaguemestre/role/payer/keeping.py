"""Keeping times: three years after its receipt an ended sheet leaves only hashes and its outcome. mess9821498a:2."""

from dataclasses import dataclass
from datetime import date, datetime

from vaguemestre.core.sheet.deadlines import payer_keeps_until
from vaguemestre.role.payer.edges import PayerEdges


@dataclass(frozen=True, slots=True)
class KeepingReport:
    """How many sheets and messages were retired."""

    sheets: int
    messages: int


def retire(edges: PayerEdges, now: datetime) -> KeepingReport:
    """Retire what was received so long ago that its keeping time has passed. Sheets that are not ended stay."""
    today = edges.today(now)
    limit = _first_day_kept(today)
    with edges.store.unit() as unit:
        sheets = unit.keeping.retire_sheets(limit, today)
        messages = unit.keeping.retire_messages(limit)
    return KeepingReport(sheets, messages)


def _first_day_kept(today: date) -> date:
    """The first day of receipt whose keeping time has not passed."""
    day = today.replace(year=today.year - 3, day=min(today.day, 28))
    while payer_keeps_until(day) < today:
        day = date.fromordinal(day.toordinal() + 1)
    return day
