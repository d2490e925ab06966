"""The end of the keeping time: 90 days after sending, an ended sheet leaves its number, dates, amounts and outcome. css:R161-47.

Nothing that is open is touched: a sheet that waits for anything, a claim that is being corrected, a rejected sheet that may still
be corrected (vgm:practice-purge).
"""

from datetime import UTC, date, datetime, time, timedelta

from vaguemestre.core.sheet.deadlines import practice_keeps_until
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.edges import PracticeEdges

_LAPSE_YEARS = 2


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """How many sheets and received messages lost what they told of patients."""

    sheets: int
    messages: int


class _OnlyCountedError(Exception):
    """Leaves the transaction, so that nothing of it stays."""


def purge(edges: PracticeEdges, now: datetime, *, only_count: bool = False) -> PurgeReport:
    """Erase what the keeping time has passed for. `only_count`: say how much that would be, and change nothing."""
    today = edges.today(now)
    sent_before = datetime.combine(first_day_kept(today), time(), UTC)
    report = PurgeReport(0, 0)
    try:
        with edges.store.write() as book:
            report = PurgeReport(*book.purge(sent_before, first_claimable_day(today).isoformat()))
            if only_count:
                raise _OnlyCountedError
            if report.sheets or report.messages:
                book.touch(now)
    except _OnlyCountedError:
        pass
    return report


def first_day_kept(today: date) -> date:
    """The first day of sending whose keeping time has not passed."""
    day = today - timedelta(days=200)
    while practice_keeps_until(day) < today:
        day += timedelta(days=1)
    return day


def first_claimable_day(today: date) -> date:
    """The first day of care that may still be claimed: two years run from the first day of the next quarter. css:L160-11."""
    return date(today.year - _LAPSE_YEARS, 3 * ((today.month - 1) // 3) + 1, 1)
