"""A professional's card is revoked: between signing and the first receipt a person decides; revoked later, nothing changes."""

from datetime import datetime, timedelta
from pathlib import Path

from kit import Town, patient

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.seal.sealing import Revocation
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.payer.register import revoke


def revoke_card(town: Town, at: datetime) -> None:
    """The GP's card is put on the payer's list as of an instant."""
    (signer,) = town.gp.signers.values()
    read = town.trust().read(signer.certificate_der)
    assert read is not None
    revoke(town.payer.edges, [Revocation(read[0].issuer, read[0].serial, at)], town.now)


def held_sheet(town: Town) -> CareSheet:
    """Signed at nine, revoked at ten, received at eleven: the signing time is the signer's word alone."""
    town.cuts_off()
    sheet = town.gp.sees(town.people[0])
    town.gp.works()
    town.later(hours=1)
    revoke_card(town, town.now)
    town.later(hours=1)
    town.comes_back()
    town.round()
    return sheet


def test_revoked_between_signing_and_the_first_receipt_the_sheet_waits_for_a_person(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    gp = town.gp
    sheet = held_sheet(town)
    assert (gp.state_of(sheet), town.payer.state_of(sheet)) == ("acknowledged", "held")
    assert "R009" in [item.code.code for item in gp.findings]
    (hold,) = list_holds(town.payer.edges)
    assert {motive.code for motive in hold.motives} == {"S018"}
    town.days_pass(10)
    assert town.payer.books().paid_practice == 0  # nothing is paid by itself

    decide_hold(town.payer.edges, hold.id, True, "M. Prévost", "le cabinet confirme", town.now)
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    trace = town.payer.settled(sheet).decision.trace
    assert ("pay.hold_accepted", "M. Prévost") in [(step.rule, step.value) for step in trace]
    town.audited(claimed=1750, paid_practice=1750)


def test_a_stolen_card_is_refused_by_the_person_and_the_practice_reads_why(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    sheet = held_sheet(town)
    (hold,) = list_holds(town.payer.edges)
    decide_hold(town.payer.edges, hold.id, False, "M. Prévost", "carte volée", town.now)
    town.settles()
    assert town.gp.state_of(sheet) == "rejected"
    assert any("PREVOST" in item.message("fr") for item in town.gp.life(sheet).findings)
    town.audited(claimed=1750, rejected=1750, paid_practice=0)


def test_revoked_after_the_first_receipt_nothing_changes(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    gp = town.gp
    sheet = gp.sees(town.people[0])
    gp.works()  # received now...
    town.later(hours=1)
    revoke_card(town, town.now)
    town.later(hours=1)
    town.round()  # ...opened only now
    assert list_holds(town.payer.edges) == []
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)


def test_the_practice_learns_of_it_by_the_bundle_and_signs_nothing_more(tmp_path: Path) -> None:
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    before = gp.sees(camille)
    town.round()
    town.later(hours=1)
    revoke_card(town, town.now - timedelta(minutes=1))
    town.publish()
    waiting = gp.draft(hugo)
    assert "C006" in gp.refused(hugo, waiting)
    town.settles()
    assert (gp.state_of(before), gp.paid(before)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)


def test_two_sheets_of_one_visit_in_a_held_lot_are_each_other_s_doubles(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    town.gp.sees(town.people[0])
    sheet = held_sheet(town)
    first, second = list_holds(town.payer.edges)
    assert {motive.code for motive in first.motives} == {"S018"}
    assert {motive.code for motive in second.motives} == {"S018", "A012"}
    assert second.name == str(sheet.identity)
    decide_hold(town.payer.edges, first.id, True, "M. Prévost", "une visite", town.now)
    decide_hold(town.payer.edges, second.id, False, "M. Prévost", "la même", town.now)
    town.settles()
    assert town.gp.states() == ["settled", "rejected"]
    town.audited(claimed=3500, rejected=1750, paid_practice=1750)


def test_a_second_sheet_that_comes_while_the_first_is_held_is_held_too(tmp_path: Path) -> None:
    """The doctor, with a new card, bills the same visit again while the first sheet waits: a person must know before accepting."""
    town = Town(tmp_path, [patient(1)])
    gp, payer = town.gp, town.payer
    first = held_sheet(town)
    performer = gp.practice.performers[0]
    gp.puts_in_card(performer.rpps, town.issue_card(performer, None))
    again = gp.sees(town.people[0])
    town.round()
    holds = {hold.name: {motive.code for motive in hold.motives} for hold in list_holds(payer.edges)}
    assert holds == {str(first.identity): {"S018"}, str(again.identity): {"A012"}}
    town.days_pass(10)
    assert payer.books().paid_practice == 0
    for hold in list_holds(payer.edges):
        accepted = hold.name == str(again.identity)
        decide_hold(payer.edges, hold.id, accepted, "M. Prévost", "une seule visite", town.now)
    town.settles()
    assert (gp.state_of(first), gp.state_of(again)) == ("rejected", "settled")
    town.audited(claimed=3500, rejected=1750, paid_practice=1750)
