"""Paid: a sheet under tiers payant comes back to the practice as money, one that the patient paid to the patient."""

from pathlib import Path

from kit import Town, patient

from vaguemestre.audit.facts import Ending
from vaguemestre.core.payer.statement import Stage
from vaguemestre.sim.people import AGRICULTURAL_FUND


def test_tiers_payant_is_paid_to_the_practice_in_full_and_leaves_the_patient_a_dated_debt(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp, payer = town.gp, town.payer

    sheet = gp.sees(camille)
    assert (gp.state_of(sheet), sheet.fund_cents) == ("recorded", 1750)
    gp.works()
    assert (gp.state_of(sheet), payer.state_of(sheet)) == ("handed over", "unknown")
    payer.works()
    assert (gp.state_of(sheet), payer.state_of(sheet)) == ("handed over", "accepted")
    gp.works()
    assert gp.state_of(sheet) == "acknowledged"

    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    assert gp.findings == []
    made = payer.statement_of(camille)
    assert (made.paid_practice_cents, made.paid_patient_cents, made.owed_cents) == (1750, 0, 100)
    account = town.audited(claimed=1750, accepted=1750, paid_practice=1750, paid_patient=0, retained=0).account
    assert account.endings[Ending.SETTLED] == 1


def test_the_patient_who_paid_gets_the_rest_after_participation_and_an_older_debt(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    first = town.gp.sees(camille)
    town.settles()  # tiers payant: one euro of participation is owed
    town.later(days=1)
    second = town.gp.sees(camille, tiers_payant=False)
    town.settles()

    assert (town.gp.state_of(first), town.gp.state_of(second)) == ("settled", "acknowledged")
    assert town.gp.paid(second) == 0
    paid = town.payer.settled(second)
    assert (paid.paid_cents, paid.retained_cents, paid.recovered_cents) == (1550, 100, 100)
    made = town.payer.statement_of(camille)
    assert [entry.stage for entry in made.entries] == [Stage.PAID, Stage.PAID]
    assert (made.paid_practice_cents, made.paid_patient_cents, made.owed_cents) == (1750, 1550, 0)
    account = town.audited(claimed=3500, paid_practice=1750, paid_patient=1550, retained=200).account
    assert (account.endings[Ending.SETTLED], account.endings[Ending.ACKNOWLEDGED_PATIENT_PAID]) == (1, 1)


def test_every_practice_is_paid_by_both_funds_for_what_each_one_does(tmp_path: Path) -> None:
    """A GP, a nurse with her locum and a health centre; two funds; one lot per practice and fund, each signed by its performer."""
    camille, hugo = patient(1), patient(2, destination=AGRICULTURAL_FUND)
    town = Town(tmp_path, [camille, hugo], ["gp", "nurse", "centre"])
    nurse, centre = town.clinics["nurse"], town.clinics["centre"]
    sheets = [
        (town.gp, town.gp.sees(camille)),
        (nurse, nurse.sees(camille, performer=0)),
        (nurse, nurse.sees(hugo, performer=1)),
        (centre, centre.sees(hugo, performer=0)),
        (centre, centre.sees(hugo, performer=2)),
    ]
    town.settles()
    assert len(town.payer.received) == 4  # one sealed lot per billing number and fund
    for clinic, sheet in sheets:
        assert (clinic.state_of(sheet), clinic.paid(sheet)) == ("settled", sheet.fund_cents)
    assert {sheet.performer.rpps for _, sheet in sheets} == {entry.rpps for entry in (
        *town.gp.practice.performers, *nurse.practice.performers, centre.practice.performers[0], centre.practice.performers[2]
    )}  # fmt: skip
    total = sum(sheet.fund_cents for _, sheet in sheets)
    town.audited(claimed=total, paid_practice=total, shown_practice=total, rejected=0)
