"""Which lots to close now, and a lot's life."""

from datetime import UTC, date, datetime, timedelta

import pytest

from vaguemestre.core.lot import (
    LOT_LIFE,
    ClosingPolicy,
    IllegalLotStepError,
    LotEvent,
    LotIdentity,
    LotState,
    WaitingGroup,
    after,
    lots_to_close,
)
from vaguemestre.core.parties import Destination

NOW = datetime(2022, 4, 27, 12, 0, tzinfo=UTC)
TODAY = date(2022, 4, 27)
PARIS, MSA = Destination("01", "751"), Destination("02", "750")


def group(destination: Destination, count: int, deadline: date, age_minutes: int = 0) -> WaitingGroup:
    return WaitingGroup("751990112", destination, count, deadline, NOW - timedelta(minutes=age_minutes))


def test_everything_that_waits_is_closed_at_once_by_default_most_urgent_first() -> None:
    late, soon = group(PARIS, 3, date(2022, 5, 9)), group(MSA, 120, date(2022, 5, 2))
    assert list(lots_to_close([late, soon], ClosingPolicy(), NOW, TODAY)) == [(soon, 3), (late, 1)]


def test_a_lot_that_is_not_full_may_wait_but_never_into_its_deadline() -> None:
    policy = ClosingPolicy(50, timedelta(hours=1))
    far = date(2022, 5, 9)
    assert list(lots_to_close([group(PARIS, 49, far, 59)], policy, NOW, TODAY)) == []
    assert [count for _, count in lots_to_close([group(PARIS, 49, far, 60)], policy, NOW, TODAY)] == [1]
    assert [count for _, count in lots_to_close([group(PARIS, 51, far)], policy, NOW, TODAY)] == [1]
    assert [count for _, count in lots_to_close([group(PARIS, 1, TODAY + timedelta(days=1))], policy, NOW, TODAY)] == [
        1
    ]


def test_a_lot_lives_by_its_table() -> None:
    assert after(LotState.CLOSED, LotEvent.SEAL) is LotState.SEALED
    assert after(LotState.HANDED_OVER, LotEvent.SEAL) is LotState.HANDED_OVER
    assert after(LotState.ACKNOWLEDGED, LotEvent.REFUSE) is LotState.ACKNOWLEDGED
    with pytest.raises(IllegalLotStepError):
        after(LotState.HANDED_OVER, LotEvent.GIVE_UP)


def test_what_a_payer_says_of_a_lot_is_legal_in_every_state() -> None:
    for state in LotState:
        assert {LotEvent.ACKNOWLEDGE, LotEvent.REFUSE} <= set(LOT_LIFE[state])


def test_a_lot_is_named_for_a_person() -> None:
    assert str(LotIdentity("751990112", PARIS, TODAY, 7)) == "751990112/017510000/2022-04-27/007"
