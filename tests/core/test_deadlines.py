"""The timer sheet, value by value, and the clock of a sheet around the April 2022 outage."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_kit import draft, sheet
from vaguemestre.core.calendar import Territory, is_working_day, working_days_between
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.sheet.deadlines import (
    PaymentKind,
    access_answer_due,
    acknowledgement_alarm,
    card_update_due,
    collection_deadline,
    duplicate_window,
    lapse_date,
    late_penalty_cents,
    paper_deadline,
    payer_keeps_until,
    payment_due,
    practice_keeps_until,
    resend_limit,
    sending_deadline,
    sheet_clock,
    timer,
    urgency,
)
from vaguemestre.tables.deadlines import BY_KEY, TIMERS

PARIS = Territory.METROPOLITAN
DAY = date(2022, 4, 27)
PAID = draft(settlement=Settlement.PATIENT_PAID)
TIERS_PAYANT = sheet(settlement=Settlement.TIERS_PAYANT)


def test_three_working_days_when_the_patient_paid_eight_under_tiers_payant() -> None:
    assert sending_deadline(PAID, PARIS) == date(2022, 5, 2)
    assert sending_deadline(TIERS_PAYANT, PARIS) == date(2022, 5, 9)
    assert sending_deadline(TIERS_PAYANT, Territory.MAYOTTE) == date(2022, 5, 9)
    assert sending_deadline(draft(completed_on=date(2022, 4, 26)), Territory.MAYOTTE) == date(2022, 5, 2)


def test_paper_under_tiers_payant_is_eight_calendar_days_and_the_insured_posts_the_other() -> None:
    assert paper_deadline(TIERS_PAYANT) == date(2022, 5, 5)
    assert paper_deadline(PAID) is None


def test_the_alarm_comes_after_two_working_days_and_resending_lasts_two_more() -> None:
    sent_at = datetime(2022, 4, 28, 9, 30, tzinfo=UTC)
    alarm = acknowledgement_alarm(sent_at, PARIS)
    assert alarm == datetime(2022, 5, 2, 9, 30, tzinfo=UTC)
    assert resend_limit(alarm, PARIS) == datetime(2022, 5, 4, 9, 30, tzinfo=UTC)


def test_the_alarm_counts_the_territory_s_own_day() -> None:
    late_evening = datetime(2022, 4, 28, 21, 0, tzinfo=UTC)  # already Friday in Réunion, still Thursday in Paris
    assert acknowledgement_alarm(late_evening, PARIS) - late_evening == timedelta(days=4)
    assert acknowledgement_alarm(late_evening, Territory.REUNION) - late_evening == timedelta(days=4)
    friday_noon = datetime(2022, 4, 29, 21, 0, tzinfo=UTC)  # Saturday in Réunion
    assert acknowledgement_alarm(friday_noon, PARIS) - friday_noon == timedelta(days=4)
    assert acknowledgement_alarm(friday_noon, Territory.REUNION) - friday_noon == timedelta(days=3)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (PaymentKind.TIERS_PAYANT, date(2022, 5, 6)),
        (PaymentKind.C2S, date(2022, 5, 4)),
        (PaymentKind.PHARMACY, date(2022, 5, 3)),
    ],
)
def test_payment_is_due(kind: PaymentKind, expected: date) -> None:
    assert payment_due(DAY, PARIS, kind) == expected


@pytest.mark.parametrize(
    ("paid_on", "cents"),
    [
        (date(2022, 4, 28), 0),
        (date(2022, 5, 6), 0),  # 7th working day
        (date(2022, 5, 8), 0),  # still the 7th: a Sunday
        (date(2022, 5, 9), 100),  # 8th
        (date(2022, 5, 10), 100),  # 9th
        (date(2022, 5, 11), 176),  # 10th: 10 % of 17.55, half up
        (date(2022, 6, 30), 176),
    ],
)
def test_late_payment_costs_one_euro_then_ten_percent(paid_on: date, cents: int) -> None:
    assert late_penalty_cents(DAY, paid_on, 1755, PARIS) == cents


@pytest.mark.parametrize(
    ("care_on", "lapses_on"),
    [
        (date(2022, 4, 27), date(2024, 7, 1)),
        (date(2022, 6, 30), date(2024, 7, 1)),
        (date(2022, 7, 1), date(2024, 10, 1)),
        (date(2022, 12, 31), date(2025, 1, 1)),
        (date(2022, 1, 1), date(2024, 4, 1)),
    ],
)
def test_the_claim_lapses_two_years_after_the_next_quarter(care_on: date, lapses_on: date) -> None:
    assert lapse_date(care_on) == lapses_on


def test_keeping_times_and_other_timers() -> None:
    assert practice_keeps_until(DAY) == date(2022, 7, 26)
    assert payer_keeps_until(DAY) == date(2025, 4, 27)
    assert payer_keeps_until(date(2024, 2, 29)) == date(2027, 2, 28)
    assert duplicate_window(DAY) == (date(2022, 5, 12), date(2022, 7, 26))
    assert card_update_due(date(2021, 4, 27)) == DAY
    assert card_update_due(date(2020, 2, 29)) == date(2021, 2, 28)
    assert collection_deadline(date(2022, 4, 29), PARIS) == date(2022, 5, 2)
    assert access_answer_due(DAY) == date(2022, 5, 12)


@pytest.mark.parametrize(
    ("now", "left", "late"),
    [
        (datetime(2022, 4, 27, 12, tzinfo=UTC), 3, False),
        (datetime(2022, 4, 30, 12, tzinfo=UTC), 1, False),
        (datetime(2022, 5, 2, 20, tzinfo=UTC), 0, False),
        (datetime(2022, 5, 3, 8, tzinfo=UTC), -1, True),
        (datetime(2022, 5, 7, 8, tzinfo=UTC), -4, True),
    ],
)
def test_the_clock_of_a_sheet(now: datetime, left: int, late: bool) -> None:
    clock = sheet_clock(PAID, PARIS, now)
    assert (clock.working_days_left, clock.late) == (left, late)
    assert clock.deadline == date(2022, 5, 2)
    assert clock.paper_until is None
    assert clock.lapses_on == date(2024, 7, 1)


def test_late_by_a_week_end_is_late() -> None:
    friday = draft(completed_on=date(2022, 4, 26))  # due on Friday 29
    assert sheet_clock(friday, PARIS, datetime(2022, 4, 30, 12, tzinfo=UTC)).late


@given(st.dates(date(2020, 1, 1), date(2035, 6, 30)), st.sampled_from(Settlement), st.sampled_from(Territory))
def test_a_deadline_is_a_working_day_at_the_right_distance(
    completed_on: date, settlement: Settlement, territory: Territory
) -> None:
    deadline = sending_deadline(draft(completed_on=completed_on, settlement=settlement), territory)
    expected = 3 if settlement is Settlement.PATIENT_PAID else 8
    assert is_working_day(deadline, territory)
    assert working_days_between(completed_on, deadline, territory) == expected


def test_the_earliest_deadline_goes_first_then_the_oldest_sheet() -> None:
    waiting = [urgency(date(2022, 5, 9), DAY, 1), urgency(date(2022, 5, 2), DAY, 9), urgency(date(2022, 5, 2), DAY, 2)]
    assert sorted(waiting) == [waiting[2], waiting[1], waiting[0]]


def test_every_timer_has_a_value_a_start_and_is_found_at_any_date() -> None:
    for entry in TIMERS:
        assert entry.value > 0
        assert entry.start_fr
        assert entry.start_en
        assert timer(entry.key, date(1990, 1, 1)) in BY_KEY[entry.key]
        assert timer(entry.key, DAY) in BY_KEY[entry.key]
    with pytest.raises(KeyError):
        timer("no-such-timer", DAY)


def test_periods_of_one_timer_follow_each_other() -> None:
    for entries in BY_KEY.values():
        for before, after in pairwise(entries):
            assert before.valid_to is not None
            assert after.valid_from == before.valid_to + timedelta(days=1)


def test_an_amount_is_no_length_of_time() -> None:
    from vaguemestre.core.sheet import deadlines

    with pytest.raises(ValueError, match="no length of time"):
        deadlines._after("penalty-rate", DAY, PARIS)
