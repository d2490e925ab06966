"""Ways: two healths each, the next way when one fails, and retries that nothing but the insured's right ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.mail.delivery import DeliveryOutcome, Leg
from vaguemestre.core.mail.routing import (
    Way,
    after_attempt,
    after_new_credentials,
    choose_collecting_ways,
    choose_sending_way,
    new_way,
    next_message_try,
    next_opportunity,
    retry_delay,
    way_findings,
    ways_to_probe,
    ways_to_send,
)
from vaguemestre.tables.lifecycles import WayState

NOW = datetime(2022, 4, 27, 8, 0, tzinfo=UTC)
D = DeliveryOutcome
A = new_way("a", "dr@a.example", NOW)
B = new_way("b", "dr@b.example", NOW, rank=1)


def names(ways: tuple[Way, ...]) -> list[str]:
    return [way.name for way in ways]


def state(way: Way, leg: Leg) -> WayState:
    health = way.health(leg)
    assert health is not None
    return health.state


def test_collecting_closed_leaves_sending_open() -> None:
    closed = after_attempt(A, Leg.COLLECTING, D.SUSPENDED, NOW, reply="-ERR [SYS/TEMP] POP access suspended")
    assert (state(closed, Leg.SENDING), state(closed, Leg.COLLECTING)) == (WayState.OPEN, WayState.SUSPENDED)
    assert choose_sending_way([B, closed], NOW) is closed
    assert names(choose_collecting_ways([closed, B], NOW)) == ["b"]
    codes = [item.code.code for item in way_findings([closed, B])]
    assert codes == ["D003"]


def test_the_next_way_is_taken_when_one_fails() -> None:
    assert names(ways_to_send([B, A], NOW)) == ["a", "b"]
    down = after_attempt(A, Leg.SENDING, D.UNREACHABLE, NOW)
    assert choose_sending_way([down, B], NOW) is B
    assert choose_sending_way([down], NOW) is None
    assert next_opportunity([down], Leg.SENDING) == NOW + timedelta(minutes=1)


def test_a_failing_way_is_probed_when_its_time_comes_and_comes_last() -> None:
    down = after_attempt(A, Leg.SENDING, D.SUSPENDED, NOW)
    assert ways_to_probe([down, B], NOW) == ()
    later = NOW + timedelta(minutes=15)
    assert names(ways_to_send([down, B], later)) == ["b", "a"]
    assert names(ways_to_probe([down, B], later)) == ["a"]
    reopened = after_attempt(down, Leg.SENDING, D.ACCEPTED, later)
    assert choose_sending_way([reopened, B], later) is reopened
    assert reopened.sending is not None
    assert (reopened.sending.last_success_at, reopened.sending.failures) == (later, 0)


def test_since_is_when_the_state_began() -> None:
    way = A
    for minutes in (0, 20, 60):
        way = after_attempt(way, Leg.COLLECTING, D.SUSPENDED, NOW + timedelta(minutes=minutes))
    assert way.collecting is not None
    assert (way.collecting.since, way.collecting.failures) == (NOW, 3)
    way = after_attempt(way, Leg.COLLECTING, D.REFUSING_CREDENTIALS, NOW + timedelta(hours=2))
    assert way.collecting is not None
    assert (way.collecting.since, way.collecting.failures) == (NOW + timedelta(hours=2), 1)


def test_a_message_refused_does_not_slow_the_way() -> None:
    for outcome, about in ((D.REFUSED, True), (D.REFUSED, False), (D.TEMPORARY, True)):
        judged = after_attempt(A, Leg.SENDING, outcome, NOW, reply="552 too big", about_message=about)
        assert choose_sending_way([judged, B], NOW) is judged
    slowed = after_attempt(A, Leg.SENDING, D.TEMPORARY, NOW, reply="421 busy")
    assert state(slowed, Leg.SENDING) is WayState.OPEN
    assert choose_sending_way([slowed, B], NOW) is B


def test_a_new_password_is_tried_at_once() -> None:
    way = after_attempt(A, Leg.SENDING, D.REFUSING_CREDENTIALS, NOW)
    way = after_attempt(way, Leg.COLLECTING, D.SUSPENDED, NOW)
    renewed = after_new_credentials(way, NOW)
    assert choose_sending_way([renewed], NOW) is renewed
    assert choose_collecting_ways([renewed], NOW) == (), "a closed service is not opened by a password"


def test_one_operator_is_a_warning_even_with_two_accounts() -> None:
    same = new_way("c", "other@a.example", NOW)
    assert [(item.code.code, item.place.field) for item in way_findings([A, same])] == [
        ("D001", "sending"),
        ("D001", "collecting"),
    ]
    assert way_findings([A, B]) == ()
    assert way_findings([]) == ()
    half = new_way("b", "dr@b.example", NOW, collects=False)
    assert [(item.code.code, item.place.field) for item in way_findings([A, half])] == [("D001", "collecting")]


def test_every_failing_leg_is_told() -> None:
    way = after_attempt(A, Leg.SENDING, D.REFUSING_CREDENTIALS, NOW, reply="535 5.7.8 no")
    way = after_attempt(way, Leg.COLLECTING, D.UNREACHABLE, NOW, reply="timed out")
    told = way_findings([way, B])
    assert [item.code.code for item in told] == ["D004", "D005"]
    assert "535 5.7.8 no" in told[0].message("fr")


def test_a_leg_that_is_not_there_cannot_be_tried() -> None:
    with pytest.raises(ValueError, match="no collecting leg"):
        after_attempt(new_way("d", "x@d.example", NOW, collects=False), Leg.COLLECTING, D.ACCEPTED, NOW)


FAILURES = st.sampled_from([outcome for outcome in D if outcome is not D.ACCEPTED])


@given(FAILURES, st.integers(1, 10_000), st.floats(0, 0.999))
def test_waits_grow_and_stay_bounded(outcome: DeliveryOutcome, failures: int, jitter: float) -> None:
    wait = retry_delay(outcome, failures, jitter)
    assert timedelta(minutes=1) <= wait <= timedelta(hours=36)
    assert wait <= retry_delay(outcome, failures + 1, jitter)
    assert retry_delay(outcome, failures, 0.0) <= wait


def test_jitter_spreads_the_return_of_many() -> None:
    waits = {retry_delay(D.SUSPENDED, 9, number / 1000) for number in range(1000)}
    assert len(waits) > 500
    assert max(waits) - min(waits) >= timedelta(minutes=25)
    with pytest.raises(ValueError, match="jitter"):
        retry_delay(D.SUSPENDED, 1, 1.0)


def test_no_budget_ends_before_the_right_does() -> None:
    """Every wait as long as it can be, two years and a quarter long: the last try falls on the last instant."""
    deadline = datetime(2024, 7, 1, tzinfo=UTC)
    for outcome in D:
        if outcome is D.ACCEPTED:
            continue
        now, tries = NOW, 0
        while (following := next_message_try(outcome, tries + 1, now, deadline, 0.999)) is not None:
            assert following > now
            now, tries = following, tries + 1
        assert now == deadline
        assert tries > 500


@given(st.lists(st.tuples(st.sampled_from(list(Leg)), st.sampled_from(list(D)), st.booleans()), max_size=30))
def test_a_way_always_has_a_next_try(attempts: list[tuple[Leg, DeliveryOutcome, bool]]) -> None:
    way, now = A, NOW
    for leg, outcome, about in attempts:
        way = after_attempt(way, leg, outcome, now, about_message=about)
        health = way.health(leg)
        assert health is not None
        assert health.since <= now <= health.next_try_at
        now = health.next_try_at
        assert way in (*ways_to_send([way], now), *choose_collecting_ways([way], now))
