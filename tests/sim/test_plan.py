"""The plan records exactly what was asked, closes at exactly the sheet that was asked, and time only moves on."""

from datetime import timedelta
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.sim.plan import (
    SHEETS_PER_DAY_MAX,
    SHEETS_PER_ROUND_MAX,
    day_of,
    drain_rounds,
    plan_run,
    plan_sample_day,
)
from vaguemestre.sim.sample_day import sample_people, sample_visits


@given(st.integers(1, 40_000), st.integers(0, 45_000))
def test_every_sheet_is_planned_once_and_the_closing_falls_at_its_sheet(sheets: int, close_after: int) -> None:
    rounds = plan_run(sheets, close_after)
    assert sum(entry.count for entry in rounds) == sheets
    assert max(entry.count for entry in rounds) <= SHEETS_PER_ROUND_MAX
    assert all(before.at < after.at for before, after in pairwise(rounds))
    closings = [rank for rank, entry in enumerate(rounds) if entry.close_pop3]
    assert len(closings) == (1 if 0 < close_after <= sheets else 0)
    for rank in closings:
        assert sum(entry.count for entry in rounds[:rank]) == close_after
    days = {day_of(entry.at) for entry in rounds}
    for day in days:
        assert sum(entry.count for entry in rounds if day_of(entry.at) == day) <= SHEETS_PER_DAY_MAX


@given(st.integers(0, 132))
def test_the_sample_day_is_planned_whole(close_after: int) -> None:
    visits = sample_visits(sample_people())
    planned = plan_sample_day(visits, close_after)
    assert [visit for _, part in planned for visit in part] == visits
    closings = [rank for rank, (entry, _) in enumerate(planned) if entry.close_pop3]
    assert len(closings) == (1 if 0 < close_after < len(visits) else 0)
    for rank in closings:
        assert sum(len(part) for _, part in planned[:rank]) == close_after


def test_draining_goes_on_by_working_days() -> None:
    last = plan_run(10, 0)[-1].at
    rounds = list(islice(drain_rounds(last, lambda: True), 12))
    assert all(before.at < after.at for before, after in pairwise(rounds))
    assert all(day_of(entry.at).weekday() < 5 for entry in rounds)
    assert rounds[-1].at - last > timedelta(days=5)


def test_a_day_has_a_second_round_only_while_answers_wait() -> None:
    waits = iter([True, True, False, True, *[False] * 5])
    rounds = list(islice(drain_rounds(plan_run(10, 0)[-1].at, lambda: next(waits)), 9))
    days = [day_of(entry.at) for entry in rounds[1:]]
    assert [days.count(day) for day in dict.fromkeys(days)] == [2, 2, 1, 2, 1]
