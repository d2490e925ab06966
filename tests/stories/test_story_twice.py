"""A sheet twice, and one number with two contents: the first registration counts, both are kept, nothing is paid twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from kit import Town, patient

from vaguemestre.role.payer.holds import decide_hold, list_holds


def test_a_sheet_that_goes_again_in_a_new_lot_is_answered_with_its_first_registration(tmp_path: Path) -> None:
    """The disk dies after the sheet was sent; the restored store believes that it was not."""
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    tiers_payant, patient_paid = gp.sees(camille), gp.sees(hugo, tiers_payant=False)
    generation = gp.backs_up()
    town.round()
    assert gp.state_of(tiers_payant) == "acknowledged"

    town.later(hours=1)
    assert gp.restores(generation) == ["R042"]
    assert gp.states() == ["recorded", "recorded"]
    gp.works()
    report = town.payer.works()
    assert (report.registered, report.duplicates) == (0, 2)
    gp.works()
    (said, _) = [item for item in gp.findings if item.code.code == "R012"]
    assert "2022-04-27, lot 001" in said.message("fr")
    assert [lot.identity.number for lot in gp.life(tiers_payant).lots] == [308]  # past what was lost

    town.settles()
    assert (gp.state_of(tiers_payant), gp.paid(tiers_payant)) == ("settled", 1750)
    assert gp.state_of(patient_paid) == "acknowledged"
    town.audited(claimed=3500, paid_practice=1750, paid_patient=1650, retained=100)


@pytest.mark.parametrize("handed_over", [False, True], ids=["in a new lot", "in the same sealed bytes"])
def test_a_sheet_sent_again_after_its_money_is_told_of_its_money_again(tmp_path: Path, handed_over: bool) -> None:
    """The disk dies after the return was read: nobody but the payer knows any more that the sheet was paid."""
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    if handed_over:
        gp.works()
    generation = gp.backs_up()
    town.settles()
    assert gp.paid(sheet) == 1750

    gp.restores(generation)
    assert gp.state_of(sheet) == ("handed over" if handed_over else "recorded")
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    assert len(town.payer.received) == 2
    town.audited(claimed=1750, paid_practice=1750, shown_practice=1750)


def test_one_number_with_two_contents_is_a_conflict_that_a_named_person_ends(tmp_path: Path) -> None:
    """Somebody copied the store to a laptop by hand: two machines give the same number on the same day."""
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    laptop = gp.copied("gp-laptop")
    first = gp.sees(camille)
    second = laptop.sees(hugo)
    assert second.identity == first.identity
    town.deeds.pop()  # the auditor knows one sheet by one number; the laptop's is followed by its correction below
    gp.works()
    town.payer.works()
    gp.works()
    laptop.works()
    town.payer.works()
    laptop.works()
    assert (gp.state_of(first), laptop.state_of(second)) == ("acknowledged", "rejected")
    (said,) = [item for item in laptop.findings if item.code.code == "R008"]
    assert "A011" in said.message("fr")
    assert town.payer.stored(first) is not None
    with town.payer.store.view() as unit:
        assert unit.sheets.is_disputed(town.payer.stored(first).key)  # type: ignore[union-attr]  # both contents are kept

    corrected = laptop.corrects(second, hugo, laptop.draft(hugo, card=False))
    town.deeds[-1] = replace(town.deeds[-1], claim=str(corrected.identity))
    laptop.works()
    assert town.payer.works().held == 1
    laptop.works()
    assert "R009" in [item.code.code for item in laptop.findings]
    (hold,) = list_holds(town.payer.edges)
    assert [motive.code for motive in hold.motives] == ["A015"]
    decide_hold(town.payer.edges, hold.id, True, "Mme Aubry", "deux patients", town.now)
    for _ in range(9):
        town.later(days=1)
        town.payer.works()
    gp.works()  # one mailbox for two machines: who comes first has the answers of both
    laptop.works()
    assert (gp.state_of(first), laptop.state_of(corrected)) == ("settled", "acknowledged")
    (unknown,) = [item for item in gp.findings if item.code.code == "R002"]
    assert "17.50" in unknown.message("fr").replace(",", ".")
    made = town.inquire([laptop.state / "practice.sqlite", gp.state / "practice.sqlite"])
    assert made.account.count("paid_twice") == made.account.count("lost") == 0
    assert made.account.amounts_cents["paid_practice"] == made.account.amounts_cents["shown_practice"] == 3500
