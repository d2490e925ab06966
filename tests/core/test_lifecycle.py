"""The lives: no dead end, no way back from an end, and a payer may say anything in any order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.lifecycle import IllegalTransition, advance, allowed, ended, mermaid, start
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.lifecycles import (
    ENDS,
    PEER_SHEET_EVENTS,
    STARTS,
    TRANSITIONS,
    Life,
    MessageEvent,
    MessageState,
    SheetEvent,
    SheetState,
    WayState,
)

E, S = SheetEvent, SheetState
SHEETS = (Life.SHEET, Life.SHEET_PATIENT_PAID)
SENT = (E.PUT_IN_LOT, E.SEAL, E.HAND_OVER)


def live(life: Life, *events: SheetEvent) -> SheetState:
    state = S.RECORDED
    for event in events:
        state = advance(life, state, event)
    return state


@pytest.mark.parametrize(
    ("events", "tiers_payant", "patient_paid"),
    [
        ((*SENT, E.ACKNOWLEDGE, E.PAY), S.SETTLED, S.ACKNOWLEDGED),
        ((*SENT, E.PAY, E.ACKNOWLEDGE), S.SETTLED, S.ACKNOWLEDGED),
        ((*SENT, E.ACKNOWLEDGE, E.REJECT), S.REJECTED, S.ACKNOWLEDGED),
        ((*SENT, E.REFUSE), S.REJECTED, S.REJECTED),
        ((*SENT, E.REFUSE_LOT), S.RECORDED, S.RECORDED),
        ((*SENT, E.REFUSE_LOT, *SENT, E.ACKNOWLEDGE), S.ACKNOWLEDGED, S.ACKNOWLEDGED),
        ((*SENT, E.ACKNOWLEDGE, E.REFUSE_LOT), S.ACKNOWLEDGED, S.ACKNOWLEDGED),
        ((*SENT, E.REFUSE_LOT, E.ACKNOWLEDGE), S.ACKNOWLEDGED, S.ACKNOWLEDGED),
        ((*SENT, E.HAND_OVER, E.SEAL, E.HAND_OVER), S.HANDED_OVER, S.HANDED_OVER),
        ((E.PUT_IN_LOT, E.SEAL, E.SEAL), S.SEALED, S.SEALED),
        ((E.PUT_IN_LOT, E.SEAL, E.TAKEN_OUT), S.RECORDED, S.RECORDED),
        ((E.CANCEL,), S.CANCELLED, S.CANCELLED),
        ((E.PUT_IN_LOT, E.CANCEL, E.ACKNOWLEDGE), S.CANCELLED, S.CANCELLED),
        ((*SENT, E.PAY, E.HAND_OVER, E.REJECT), S.SETTLED, None),
    ],
)
def test_stories(events: tuple[SheetEvent, ...], tiers_payant: SheetState, patient_paid: SheetState | None) -> None:
    assert live(Life.SHEET, *events) is tiers_payant
    if patient_paid is not None:
        assert live(Life.SHEET_PATIENT_PAID, *events) is patient_paid


@pytest.mark.parametrize("life", SHEETS)
@pytest.mark.parametrize("state", [S.HANDED_OVER, S.ACKNOWLEDGED, S.REJECTED, S.CANCELLED])
def test_nothing_is_cancelled_after_hand_over(life: Life, state: SheetState) -> None:
    with pytest.raises(IllegalTransition, match="cancelled by its author"):
        advance(life, state, E.CANCEL)


def test_a_patient_paid_sheet_is_never_settled() -> None:
    assert S.SETTLED not in TRANSITIONS[Life.SHEET_PATIENT_PAID]
    assert not any(S.SETTLED in row.values() for row in TRANSITIONS[Life.SHEET_PATIENT_PAID].values())


@pytest.mark.parametrize("life", SHEETS)
def test_what_the_payer_says_is_never_our_fault(life: Life) -> None:
    for state, event in itertools.product(TRANSITIONS[life], PEER_SHEET_EVENTS):
        assert allowed(life, state, event), (state, event)


@pytest.mark.parametrize("life", list(Life))
def test_ends_are_ends_and_everything_else_leads_to_one(life: Life) -> None:
    table = TRANSITIONS[life]
    for state in ENDS[life]:
        assert set(table[state].values()) <= {state}
    reached = {STARTS[life]}
    while True:
        more = {after for state in reached for after in table[state].values()} - reached
        if not more:
            break
        reached |= more
    assert reached == set(table), "a state that nothing reaches is a state that nobody needs"
    if ENDS[life]:
        for state in table:
            ahead, seen = {state}, set()
            while ahead - seen:
                seen |= ahead
                ahead = {after for here in ahead for after in table[here].values()}
            assert seen & ENDS[life], f"{state} leads to no end"


@given(st.lists(st.sampled_from([E.ACKNOWLEDGE, E.PAY, E.REFUSE_LOT]), max_size=6), st.randoms())
def test_answers_in_any_order_end_alike(answers: list[SheetEvent], random: object) -> None:
    """Positive answers win over a refused lot, whatever comes first."""
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = [live(Life.SHEET, *SENT, *order) for order in (answers, shuffled)]
    assert ends[0] is ends[1]


@pytest.mark.parametrize("state", list(WayState))
def test_a_way_takes_every_outcome(state: WayState) -> None:
    after = {outcome: advance(Life.WAY, state, outcome) for outcome in DeliveryOutcome}
    assert after[DeliveryOutcome.ACCEPTED] is WayState.OPEN
    assert after[DeliveryOutcome.REFUSED] is WayState.OPEN
    assert after[DeliveryOutcome.SUSPENDED] is WayState.SUSPENDED
    assert after[DeliveryOutcome.REFUSING_CREDENTIALS] is WayState.REFUSING_CREDENTIALS
    assert after[DeliveryOutcome.UNREACHABLE] is after[DeliveryOutcome.UNKNOWN] is WayState.UNREACHABLE
    assert after[DeliveryOutcome.TEMPORARY] is state


def test_a_message_at_the_payer() -> None:
    opened = advance(Life.MESSAGE, MessageState.RECEIVED, MessageEvent.OPEN)
    held = advance(Life.MESSAGE, opened, MessageEvent.HOLD)
    assert advance(Life.MESSAGE, held, MessageEvent.REGISTER) is MessageState.REGISTERED
    assert advance(Life.MESSAGE, opened, MessageEvent.CONTRADICT) is MessageState.CONFLICT
    with pytest.raises(IllegalTransition) as illegal:
        advance(Life.MESSAGE, MessageState.RECEIVED, MessageEvent.REGISTER)
    assert illegal.value.state is MessageState.RECEIVED


def test_starts_and_ends() -> None:
    assert [start(life) for life in Life] == [S.RECORDED, S.RECORDED, WayState.OPEN, MessageState.RECEIVED]
    assert ended(Life.SHEET_PATIENT_PAID, S.ACKNOWLEDGED)
    assert not ended(Life.SHEET, S.ACKNOWLEDGED)


def test_the_drawing_shows_every_step_once() -> None:
    drawn = mermaid(Life.SHEET).splitlines()
    assert drawn[:2] == ["stateDiagram-v2", "    [*] --> recorded"]
    assert "    recorded --> in_lot: put in lot" in drawn
    assert "    handed_over --> acknowledged: acknowledged" in drawn
    assert "    settled --> [*]" in drawn
    assert len(drawn) == len(set(drawn))
    assert "    acknowledged --> acknowledged" not in mermaid(Life.SHEET)
    assert "    acknowledged --> acknowledged" in mermaid(Life.SHEET, loops=True)
