"""Reconciliation: any order and any number of answers end in one state; what contradicts moves nothing."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_kit import codes
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import Finding
from vaguemestre.core.practice.reasons import Reason
from vaguemestre.core.practice.reconciliation import SheetAnswer, SheetFacts, Verdict, reconcile, takes_back
from vaguemestre.tables.lifecycles import SheetState

TP, PAID_BY_PATIENT = Settlement.TIERS_PAYANT, Settlement.PATIENT_PAID
NAME = "751990112/2022-04-27/0012"
WHY = (Reason("T001", "TARIF INCONNU", 2, "[0476]"),)


def sheet(state: SheetState = SheetState.HANDED_OVER, settlement: Settlement = TP, **more: object) -> SheetFacts:
    return SheetFacts(NAME, state, settlement, 1750, **more)  # type: ignore[arg-type]


def run(start: SheetFacts, answers: tuple[SheetAnswer, ...]) -> tuple[SheetFacts, list[Finding]]:
    facts, found = start, []
    for answer in answers:
        if takes_back(facts, answer):
            facts, said = reconcile(facts, answer)
            found += said
    return facts, found


PAYERS_STORIES = {
    "paid": (
        SheetAnswer(Verdict.REGISTERED),
        SheetAnswer(Verdict.DUPLICATE),
        SheetAnswer(Verdict.PAID, 1750, 1750, 1750),
    ),
    "partly paid": (SheetAnswer(Verdict.REGISTERED), SheetAnswer(Verdict.PAID, 1750, 1000, 1000, WHY)),
    "rejected": (SheetAnswer(Verdict.HELD, reasons=WHY), SheetAnswer(Verdict.REJECTED, 1750, 0, 0, WHY)),
    "deferred then paid": (
        SheetAnswer(Verdict.REGISTERED),
        SheetAnswer(Verdict.DEFERRED, 1750),
        SheetAnswer(Verdict.PAID, 1750, 1750, 1750),
    ),
    "refused": (SheetAnswer(Verdict.REFUSED, reasons=WHY),),
}


@pytest.mark.parametrize("story", PAYERS_STORIES)
@pytest.mark.parametrize("start", [SheetState.RECORDED, SheetState.IN_LOT, SheetState.SEALED, SheetState.HANDED_OVER])
def test_any_order_and_any_number_of_answers_end_in_one_state(story: str, start: SheetState) -> None:
    answers = PAYERS_STORIES[story]
    ends = {
        run(sheet(start), order + again)[0] for order in permutations(answers) for again in [(), *permutations(answers)]
    }
    assert len(ends) == 1
    end = ends.pop()
    assert end.is_ended
    assert (end.accepted_cents or 0) + (end.rejected_cents or 0) == 1750


@given(
    st.lists(st.sampled_from([Verdict.REGISTERED, Verdict.DUPLICATE, Verdict.HELD, Verdict.LOT_REFUSED]), max_size=6)
)
def test_a_patients_sheet_ends_acknowledged_once_one_answer_took_it(verdicts: list[Verdict]) -> None:
    end, _ = run(sheet(settlement=PAID_BY_PATIENT), tuple(SheetAnswer(verdict) for verdict in verdicts))
    taken = {Verdict.REGISTERED, Verdict.DUPLICATE, Verdict.HELD} & set(verdicts)
    assert end.state is (
        SheetState.ACKNOWLEDGED if taken else SheetState.RECORDED if verdicts else SheetState.HANDED_OVER
    )


def test_a_refused_lot_sends_its_sheets_back_and_leaves_those_that_moved_on() -> None:
    assert run(sheet(), (SheetAnswer(Verdict.LOT_REFUSED),))[0].state is SheetState.RECORDED
    assert run(sheet(SheetState.IN_LOT), (SheetAnswer(Verdict.LOT_REFUSED),))[0].state is SheetState.RECORDED
    moved = SheetAnswer(Verdict.LOT_REFUSED, about_current_lot=False)
    assert not takes_back(sheet(SheetState.SEALED), moved)


def test_a_carried_sheet_of_a_refused_lot_ends_rejected() -> None:
    end, found = run(sheet(carried=True), (SheetAnswer(Verdict.LOT_REFUSED, reasons=WHY),))
    assert (end.state, end.rejected_cents) == (SheetState.REJECTED, 1750)
    assert codes(found) == ["R007"]


def test_a_rejection_names_rule_field_place_and_next_step() -> None:
    _, found = run(sheet(), (SheetAnswer(Verdict.REJECTED, 1750, 0, 0, WHY),))
    (said,) = found
    assert said.code.code == "R004"
    assert (said.place.source, said.place.line, said.place.field) == (NAME, 2, "[0476]")
    for lang in ("fr", "en"):
        assert "TARIF INCONNU" in said.message(lang)
        assert "T001" in said.message(lang)
        assert "[0476]" in said.message(lang)
        assert len(said.next_step(lang)) > 60


@pytest.mark.parametrize(
    ("state", "answer", "code"),
    [
        (SheetState.HANDED_OVER, SheetAnswer(Verdict.REFUSED, reasons=WHY), "R003"),
        (SheetState.ACKNOWLEDGED, SheetAnswer(Verdict.PAID, 1750, 1000, 1000, WHY), "R005"),
        (SheetState.HANDED_OVER, SheetAnswer(Verdict.REGISTERED, reasons=WHY), "R006"),
        (SheetState.HANDED_OVER, SheetAnswer(Verdict.CONFLICT), "R008"),
        (SheetState.HANDED_OVER, SheetAnswer(Verdict.HELD), "R009"),
        (SheetState.ACKNOWLEDGED, SheetAnswer(Verdict.PAID, 1800, 1750, 1750), "R010"),
        (SheetState.ACKNOWLEDGED, SheetAnswer(Verdict.PAID, 1750, 1750, 1700), "R011"),
        (SheetState.HANDED_OVER, SheetAnswer(Verdict.DUPLICATE, first_registered="lot 004"), "R012"),
        (SheetState.ACKNOWLEDGED, SheetAnswer(Verdict.DEFERRED), "R014"),
        (SheetState.RECORDED, SheetAnswer(Verdict.PAID, 1750, 1750, 1750), "R024"),
    ],
)
def test_each_answer_says_what_a_person_must_know(state: SheetState, answer: SheetAnswer, code: str) -> None:
    assert codes(run(sheet(state), (answer,))[1]) == [code]


def test_a_return_about_a_sheet_that_the_patient_paid_is_said_and_moves_nothing() -> None:
    start = sheet(SheetState.ACKNOWLEDGED, PAID_BY_PATIENT)
    end, found = run(start, (SheetAnswer(Verdict.PAID, 1750, 1750, 1750),))
    assert (end.state, codes(found)) == (SheetState.ACKNOWLEDGED, ["R013"])


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        (
            sheet(SheetState.SETTLED, accepted_cents=1750, rejected_cents=0, paid_cents=1750),
            SheetAnswer(Verdict.REJECTED, 1750, 0, 0),
        ),
        (
            sheet(SheetState.SETTLED, accepted_cents=1750, rejected_cents=0, paid_cents=1750),
            SheetAnswer(Verdict.PAID, 1750, 900, 900),
        ),
        (
            sheet(SheetState.REJECTED, accepted_cents=0, rejected_cents=1750),
            SheetAnswer(Verdict.PAID, 1750, 1750, 1750),
        ),
        (sheet(SheetState.REJECTED, accepted_cents=0, rejected_cents=1750), SheetAnswer(Verdict.REGISTERED)),
        (sheet(SheetState.ACKNOWLEDGED, acknowledged=True), SheetAnswer(Verdict.REFUSED, reasons=WHY)),
        (sheet(SheetState.CANCELLED), SheetAnswer(Verdict.REGISTERED)),
        (sheet(SheetState.CANCELLED), SheetAnswer(Verdict.PAID, 1750, 1750, 1750)),
    ],
)
def test_a_contradiction_moves_nothing_and_is_shown(start: SheetFacts, answer: SheetAnswer) -> None:
    end, found = run(start, (answer,))
    assert (end.state, end.accepted_cents, end.rejected_cents) == (
        start.state,
        start.accepted_cents,
        start.rejected_cents,
    )
    assert "R015" in codes(found)


def test_money_taken_back_is_shown_and_moves_nothing() -> None:
    start = sheet(SheetState.SETTLED, accepted_cents=1750, rejected_cents=0, paid_cents=1750)
    end, found = run(start, (SheetAnswer(Verdict.TAKEN_BACK, 1750, None, -1750, WHY),))
    assert end == start
    assert codes(found) == ["R016"]
    assert "17.50" in found[0].message("en")


def test_a_code_that_only_the_payer_knows_brings_the_payers_next_step() -> None:
    why = (Reason("ZZ99", "MOTIF DE LA CAISSE", next_step="APPELEZ LE SERVICE"),)
    _, found = run(sheet(), (SheetAnswer(Verdict.REJECTED, 1750, 0, 0, why),))
    assert "APPELEZ LE SERVICE" in found[0].next_step("fr")
    assert "APPELEZ LE SERVICE" in found[0].next_step("en")
