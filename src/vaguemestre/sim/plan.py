"""What will happen in a run, round by round, before anything happens: pure, and the same for one seed.

A round is one stretch of the demo's clock: each practice records its share, sends once and collects once. The operator's closing
falls between two rounds, at exactly the sheet that was asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from vaguemestre.core.calendar import Territory, add_working_days
from vaguemestre.core.values import dataclass
from vaguemestre.sim.practices import PRACTICES
from vaguemestre.sim.sample_day import DAY, PARIS, Visit

_HOURS = (9, 11, 14, 16, 18)
SHEETS_PER_ROUND_MAX = 1667  # three rounds make a full day
SHEETS_PER_DAY_MAX = 5000  # of all practices: each has 9999 numbers a day, and each person comes once a day at most
_EVENING = time(20, 0)
_DRAIN_DAYS_MAX = 30


@dataclass(frozen=True, slots=True)
class Round:
    """`at` the instant; `shares` how many sheets each practice (by key) records; `close_pop3` before it begins."""

    at: datetime
    shares: tuple[tuple[str, int], ...] = ()
    close_pop3: bool = False

    @property
    def count(self) -> int:
        return sum(count for _, count in self.shares)


def plan_run(sheets: int, close_pop_after: int) -> list[Round]:
    """The rounds that record `sheets` sheets, spread over as many days as they need, in the weights of an ordinary town.

    `close_pop_after`: how many sheets are recorded when operator `a` closes POP3; 0 for never.
    """
    rounds: list[Round] = []
    recorded, day, of_day, hour = 0, DAY, 0, 0
    while recorded < sheets:
        if hour == len(_HOURS) or of_day >= SHEETS_PER_DAY_MAX:
            day, of_day, hour = add_working_days(day, 1, Territory.METROPOLITAN), 0, 0
        size = _round_size(sheets)
        if not recorded and sheets > SHEETS_PER_DAY_MAX:
            size //= 2  # the payer, who has nothing to do in the first round, begins sooner
        count = min(sheets - recorded, size, SHEETS_PER_DAY_MAX - of_day)
        at = datetime.combine(day, time(_HOURS[hour]), PARIS)
        closing = recorded < close_pop_after < recorded + count
        for part in (close_pop_after - recorded, recorded + count - close_pop_after) if closing else (count,):
            closed_now = bool(close_pop_after) and recorded == close_pop_after
            rounds.append(Round(at, _shares(part, recorded), closed_now))
            recorded += part
            of_day += part
            at += timedelta(minutes=30)
        hour += 1
    if close_pop_after == recorded:
        rounds.append(Round(at, close_pop3=True))
    return rounds


def plan_sample_day(visits: Sequence[Visit], close_pop_after: int) -> list[tuple[Round, list[Visit]]]:
    """The shipped day, one round every half hour that has visits; the closing falls after its exact sheet."""
    planned: list[tuple[Round, list[Visit]]] = []
    recorded = 0
    for at, group in _half_hours(visits):
        cut = close_pop_after - recorded
        for part in (group[:cut], group[cut:]) if 0 < cut < len(group) else (group,):
            closed_now = bool(close_pop_after) and recorded == close_pop_after
            planned.append((Round(at, _count_visits(part), closed_now), list(part)))
            recorded += len(part)
    return planned


def drain_rounds(after: datetime, answers_wait: Callable[[], bool]) -> Iterator[Round]:
    """The rounds that only send, collect and pay: that evening, then the morning of every working day, and its evening as long as
    `answers_wait`: as long as some lot that was sent has no answer yet.

    Once only money is waited for, practices collect what was paid the day before while the payer pays what is due that day.
    """
    day = after.astimezone(PARIS).date()
    yield Round(max(after + timedelta(minutes=30), datetime.combine(day, _EVENING, PARIS)))
    for rank in range(1, _DRAIN_DAYS_MAX + 1):
        working_day = add_working_days(day, rank, Territory.METROPOLITAN)
        yield Round(datetime.combine(working_day, time(_HOURS[0]), PARIS))
        if answers_wait():
            yield Round(datetime.combine(working_day, _EVENING, PARIS))


def day_of(at: datetime) -> date:
    """The local day of an instant of the world."""
    return at.astimezone(PARIS).date()


def _round_size(sheets: int) -> int:
    """All rounds weigh about the same; small runs still have a day of several, so that closing halfway means something."""
    rounds = max(len(_HOURS), -(-sheets // SHEETS_PER_ROUND_MAX))
    return -(-sheets // rounds)


def _shares(count: int, already: int) -> tuple[tuple[str, int], ...]:
    """Round robin over the practices, going on where the last round stopped."""
    shares = dict.fromkeys((practice.key for practice in PRACTICES), count // len(PRACTICES))
    for rank in range(count % len(PRACTICES)):
        shares[PRACTICES[(already + rank) % len(PRACTICES)].key] += 1
    return tuple((key, share) for key, share in shares.items() if share)


def _count_visits(visits: Sequence[Visit]) -> tuple[tuple[str, int], ...]:
    keys = [practice.key for practice in PRACTICES]
    counts = [(key, sum(visit.practice == key for visit in visits)) for key in keys]
    return tuple((key, count) for key, count in counts if count)


def _half_hours(visits: Sequence[Visit]) -> Iterator[tuple[datetime, list[Visit]]]:
    group: list[Visit] = []
    end: datetime | None = None
    for visit in visits:
        stop = visit.at.replace(minute=30 if visit.at.minute < 30 else 0) + timedelta(
            hours=0 if visit.at.minute < 30 else 1
        )
        if end is not None and stop != end:
            yield end, group
            group = []
        end = stop
        group.append(visit)
    if end is not None:
        yield end, group
