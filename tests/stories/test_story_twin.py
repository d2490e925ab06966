"""A store copied by hand to a second machine: both collect one mailbox, and each says so once it reads the other's answers."""

from datetime import timedelta
from pathlib import Path

from kit import Town, patient


def test_the_answers_of_the_other_machine_are_told_as_such_and_touch_no_lot_of_the_same_number(tmp_path: Path) -> None:
    camille, hugo, jeanne = patient(1), patient(2), patient(3)
    town = Town(tmp_path, [camille, hugo, jeanne])
    gp = town.gp
    gp.sees(camille)
    town.settles()
    laptop = gp.copied("gp-laptop")
    laptop.findings.clear()
    gp.findings.clear()
    town.goes_to(town.today + timedelta(days=7))
    theirs = laptop.sees(hugo)
    laptop.works()
    town.payer.works()
    ours = gp.sees(jeanne)  # the same lot number, the same serial
    assert ours.identity == theirs.identity
    gp.works()  # reads what was meant for the laptop, before its own lot is answered
    assert {item.code.code for item in gp.findings} & {"R060", "R061"} == {"R061"}
    assert "R001" not in {item.code.code for item in gp.findings}
    assert gp.state_of(ours) == "handed over"  # the laptop's acknowledgement is not its own
    town.payer.works()
    gp.works()
    assert gp.state_of(ours) == "rejected"  # a number with two contents: both are kept, the first counts
    assert "R008" in {item.code.code for item in gp.findings}


def test_a_sheet_of_the_other_machine_that_has_no_number_of_ours_is_named(tmp_path: Path) -> None:
    camille, hugo, jeanne = patient(1), patient(2), patient(3)
    town = Town(tmp_path, [camille, hugo, jeanne])
    gp = town.gp
    gp.sees(camille)
    town.settles()
    laptop = gp.copied("gp-laptop")
    gp.findings.clear()
    town.goes_to(town.today + timedelta(days=7))
    laptop.sees(hugo)
    laptop.sees(jeanne)
    laptop.works()
    for _ in range(10):
        town.payer.works()
        town.goes_to(town.today + timedelta(days=1))
    gp.works()
    codes = [item.code.code for item in gp.findings]
    assert "R060" in codes
    assert "R002" not in codes
    assert all(
        item.next_step("fr").startswith("Trouvez l'autre machine") for item in gp.findings if item.code.code == "R060"
    )
