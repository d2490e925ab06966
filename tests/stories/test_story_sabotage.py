"""The auditor of these stories is not blind: a hand that does wrong behind every role's back is seen, and the sheet named."""

from pathlib import Path

import pytest
from kit import Town, patient
from kit_clinic import PASSWORD

from vaguemestre.core.mail.envelope import make_envelope
from vaguemestre.sim.sabotage import Sabotage, sabotage


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path, [patient(1)])
    made.gp.sees(made.people[0])
    made.settles()
    made.audited(claimed=1750, paid_practice=1750)
    return made


@pytest.mark.parametrize(
    ("hand", "kind"),
    [(Sabotage.LOSE, "lost"), (Sabotage.PAY_TWICE, "paid_twice"), (Sabotage.WRONG_CENT, "books")],
)
def test_what_is_lost_paid_twice_or_a_cent_off_is_named(town: Town, hand: Sabotage, kind: str) -> None:
    sabotage(hand, town.files, {})
    made = town.inquire()
    assert not made.holds
    assert (kind, town.deeds[0].identity) in [(breach.kind, breach.identity) for breach in made.breaches]


def test_a_patients_identity_mailed_in_clear_is_found_on_the_wire(town: Town) -> None:
    address = town.gp.edges.return_addresses[1]
    text = f"From: <{address}>\r\n\r\n{town.people[0].beneficiary.insured_nir}\r\n".encode()
    town.b.sender(address, PASSWORD).send(make_envelope(address, (address,), text))
    made = town.inquire()
    assert not made.holds
    assert {leak.sheets for leak in made.leaks} == {(town.deeds[0].identity,)}
