"""Patients whose card and rights disagree: a change of fund, rights that ended, a card on the opposition list."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from kit import Town, patient

from vaguemestre.core.caresheet import SecurityMode
from vaguemestre.core.payer.statement import Stage
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.role.practice.corrections import paper_duplicate
from vaguemestre.sim.people import AGRICULTURAL_FUND

END_OF_MARCH = date(2022, 3, 31)


def rules(town: Town, sheet: object) -> list[str]:
    return [step.rule for step in town.payer.settled(sheet).decision.trace]  # type: ignore[arg-type]


def test_a_patient_who_changed_fund_is_paid_by_the_new_one_and_told_to_update_the_card(tmp_path: Path) -> None:
    """The card still names the former fund: the sheet goes there, which forwards it. mess9821498a:7."""
    camille = patient(1, moved_to=AGRICULTURAL_FUND, moved_on=date(2022, 4, 1))
    town = Town(tmp_path, [camille])
    gp, payer = town.gp, town.payer
    sheet = gp.sees(camille)
    assert sheet.destination == camille.destination
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    assert payer.settled(sheet).fund == AGRICULTURAL_FUND.code
    assert "pay.forwarded" in rules(town, sheet)
    (said,) = [item for item in gp.findings if item.code.code == "R006"]
    assert "A029" in said.message("fr")
    assert "carte du patient" in said.next_step("fr")
    former, new = payer.status().funds
    assert (former.books.claimed, new.books.paid_practice) == (0, 1750)
    assert all(fund.faults == () for fund in (former, new))
    town.audited(claimed=1750, paid_practice=1750)


def test_rights_that_ended_are_told_at_the_desk_and_refused_with_what_to_do(tmp_path: Path) -> None:
    """The card says so: the sheet goes in degraded mode with its paper, and the register refuses it."""
    camille = patient(1, rights_to=END_OF_MARCH)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    assert "C001" in [item.code.code for item in gp.findings]
    assert sheet.mode is SecurityMode.DEGRADED
    town.settles()
    assert gp.state_of(sheet) == "rejected"
    (said,) = [item for item in gp.life(sheet).findings if item.code.code == "R004"]
    assert "A027" in said.message("fr")
    assert said.place.field == "item:5"
    assert "contacte sa caisse" in said.next_step("fr")
    assert town.payer.statement_of(camille).entries[0].stage is Stage.REFUSED

    town.registers(replace(camille, rights_to=None))  # the patient put things in order, with effect from that day on
    corrected = gp.corrects(sheet, camille, gp.draft(camille, card=False, day=sheet.completed_on))
    town.settles()
    assert (gp.state_of(corrected), gp.paid(corrected)) == ("settled", 1750)
    town.audited(claimed=3500, rejected=1750, paid_practice=1750)


def test_rights_that_ended_unknown_to_the_card_are_guaranteed_by_it(tmp_path: Path) -> None:
    """The card was read, signed, and showed open rights: the fund is bound by what it shows. css:L161-36-3."""
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    for person in town.people:
        town.registers(replace(person, rights_to=END_OF_MARCH))
    with_card, without = gp.sees(camille), gp.sees(hugo, card=False)
    town.settles()
    assert [gp.state_of(sheet) for sheet in (with_card, without)] == ["settled", "rejected"]
    assert "pay.guarantee" in rules(town, with_card)
    town.audited(claimed=3500, rejected=1750, paid_practice=1750)


def test_a_card_known_to_be_opposed_does_not_pass_and_the_patient_is_paid_back_all_the_same(tmp_path: Path) -> None:
    camille = patient(1, opposed=True)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille, tiers_payant=False)
    (said,) = [item for item in gp.findings if item.code.code == "C003"]
    assert "2022-04-20" in said.message("fr")
    assert sheet.mode is SecurityMode.DEGRADED  # with a parallel paper that bears its number
    town.settles()
    assert gp.state_of(sheet) == "acknowledged"
    assert town.payer.settled(sheet).paid_cents == 1650  # by her rights, which are open
    town.audited(claimed=1750, paid_patient=1650, retained=100)  # the statement was read with the new card


def test_a_card_opposed_unknown_to_the_practice_is_refused_by_the_payer_and_paid_on_a_sheet_without_it(
    tmp_path: Path,
) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    town.opposes(camille)  # the practice's bundle is older
    sheet = gp.sees(camille)
    town.settles()
    assert gp.state_of(sheet) == "rejected"
    (said,) = [item for item in gp.life(sheet).findings if item.code.code == "R004"]
    assert "A025" in said.message("fr")
    assert "nouvelle carte" in said.next_step("fr")
    paper, _ = paper_duplicate(gp.edges, SheetKey.of(sheet.identity), "carte en opposition", town.now)
    assert paper is not None
    corrected = gp.corrects(sheet, camille, gp.draft(camille, card=False, day=sheet.completed_on))
    town.settles()
    assert (gp.state_of(corrected), gp.paid(corrected)) == ("settled", 1750)
    town.publish()
    assert "C003" not in [item.code.code for item in gp.findings]
    gp.sees(camille)  # with the old card once more
    assert "C003" in [item.code.code for item in gp.findings]
    town.settles()
    town.audited(claimed=5250, rejected=1750, paid_practice=3500)
