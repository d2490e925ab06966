"""Refused: the reason names rule, field, place and next step; the corrected sheet has a new number and is paid once."""

from dataclasses import replace
from pathlib import Path

from kit import Town, mandate, patient

from vaguemestre.core.caresheet import BirthDate
from vaguemestre.role.payer.register import set_mandates


def test_a_mistyped_birth_date_is_refused_by_the_return_corrected_and_paid_once(tmp_path: Path) -> None:
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    meant = gp.draft(camille, card=False)
    typed = replace(meant, beneficiary=replace(camille.beneficiary, birth_date=BirthDate(1979, 3, 2)))
    wrong, right = gp.types(camille, typed), gp.sees(hugo)
    town.round()
    assert (gp.state_of(wrong), gp.state_of(right)) == ("rejected", "acknowledged")

    (said,) = [item for item in gp.life(wrong).findings if item.code.code == "R004"]
    told = said.message("fr")
    assert "A022" in told  # the rule...
    assert "mess9821497a:item-4" in told  # ...with the text that founds it
    assert str(wrong.identity) in told
    assert said.place.source == str(wrong.identity)
    assert "item:4" in (said.place.field + told).lower()
    assert "rang de naissance sur la carte" in said.next_step("fr")
    assert "refaites une feuille qui nomme celle-ci" in said.next_step("fr")
    assert "birth rank on the card" in said.next_step("en")

    corrected = gp.corrects(wrong, camille, meant)
    assert (corrected.identity.serial, corrected.replaces) == (3, wrong.identity)
    town.settles()
    assert (gp.state_of(wrong), gp.state_of(corrected), gp.state_of(right)) == ("rejected", "settled", "settled")
    assert gp.life(corrected).replaces == gp.row(wrong)
    assert gp.life(wrong).replaced_by == gp.row(corrected)
    stored = town.payer.stored(corrected)
    assert stored is not None
    assert stored.claim == str(wrong.identity)
    account = town.audited(claimed=5250, rejected=1750, paid_practice=3500).account
    assert (account.sheets, account.corrections) == (2, 1)


def test_a_locum_without_mandate_is_refused_by_the_acknowledgement_and_the_others_of_the_lot_are_taken(
    tmp_path: Path,
) -> None:
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo], ["nurse"])
    nurse = town.clinics["nurse"]
    set_mandates(town.payer.edges, [mandate(nurse.practice)], town.now)  # the owner's alone
    town.publish()

    own = nurse.sees(camille, performer=0)
    locum = nurse.sees(hugo, performer=1, tiers_payant=False)
    town.round()
    assert (nurse.state_of(own), nurse.state_of(locum)) == ("acknowledged", "rejected")
    (said,) = [item for item in nurse.life(locum).findings if item.code.code == "R003"]
    assert "M001" in said.message("fr")
    assert said.next_step("fr")
    assert (nurse.row(locum).accepted_cents, nurse.row(locum).rejected_cents) == (0, locum.fund_cents)
    assert town.payer.state_of(locum) == "unknown"  # its number is free, its claim is not forgotten

    set_mandates(town.payer.edges, [mandate(nurse.practice, 0), mandate(nurse.practice, 1, town.now)], town.now)
    town.publish()
    corrected = nurse.corrects(locum, hugo, nurse.draft(hugo, performer=1, tiers_payant=False, card=False))
    town.settles()
    assert nurse.state_of(corrected) == "acknowledged"
    assert town.payer.settled(corrected).paid_cents == corrected.fund_cents - 50  # a nursing act: franchise
    town.audited(rejected=locum.fund_cents, paid_practice=own.fund_cents, retained=50)
