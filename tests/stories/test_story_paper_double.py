"""The ordinary paper sheet of 2022: the same care typed at the payer and sent electronically is held, and paid at most once."""

from dataclasses import replace
from pathlib import Path

import pytest
from kit import Town, patient

from vaguemestre.core.payer.statement import Stage
from vaguemestre.role.payer.holds import decide_hold, list_holds


@pytest.mark.parametrize("paper_first", [True, False])
def test_the_second_to_come_is_held_and_a_named_person_refuses_it(tmp_path: Path, paper_first: bool) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp, payer = town.gp, town.payer
    sheet = gp.sees(camille, tiers_payant=False)
    paper = gp.draft(camille, tiers_payant=False, card=False)
    if paper_first:
        assert town.clerk_types(camille, paper, 1) == []
    town.round()
    if not paper_first:
        assert town.clerk_types(camille, paper, 1) == ["A012"]
    payer.works()
    assert gp.state_of(sheet) == "acknowledged"
    assert ("R009" in [item.code.code for item in gp.findings]) is paper_first  # the practice is told that it is held

    (hold,) = list_holds(payer.edges)
    (motive,) = hold.motives
    assert motive.code == "A012"
    assert str(sheet.identity) in (hold.name, dict(motive.values)["other"])
    for _ in range(10):  # nobody decides: nothing of it is ever paid by itself
        town.later(days=1)
        payer.works()
    stages = [entry.stage for entry in payer.statement_of(camille).entries]
    assert sorted(stages) == [Stage.HELD, Stage.PAID]

    decided, found = decide_hold(payer.edges, hold.id, False, "Mme Aubry", "même consultation", town.now)
    assert (decided is not None, found) == (True, [])
    town.settles()
    made = payer.statement_of(camille)
    assert sorted(entry.stage for entry in made.entries) == [Stage.PAID, Stage.REFUSED]
    refused = next(entry for entry in made.entries if entry.stage is Stage.REFUSED)
    assert "Mme Aubry" in " ".join(refused.sentences)
    assert made.paid_patient_cents == 1650
    assert gp.state_of(sheet) == "acknowledged"
    town.audited(claimed=3500, rejected=1750, paid_patient=1650, retained=100)


def test_two_real_visits_of_one_day_are_both_paid_once_a_person_said_so(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    morning, evening = gp.sees(camille), gp.sees(camille)
    town.deeds[-1] = replace(town.deeds[-1], care=tuple(f"{care}/soir" for care in town.deeds[-1].care))
    town.round()
    (hold,) = list_holds(town.payer.edges)
    assert hold.name == str(evening.identity)
    decide_hold(town.payer.edges, hold.id, True, "Mme Aubry", "rechute le soir", town.now)
    town.settles()
    assert [(gp.state_of(sheet), gp.paid(sheet)) for sheet in (morning, evening)] == [("settled", 1750)] * 2
    town.audited(claimed=3500, paid_practice=3500)


def test_under_tiers_payant_the_practice_reads_why_a_person_refused_the_double(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    town.clerk_types(camille, gp.draft(camille, tiers_payant=False, card=False), 1)
    sheet = gp.sees(camille)
    town.round()
    (hold,) = list_holds(town.payer.edges)
    decide_hold(town.payer.edges, hold.id, False, "Mme Aubry", "même consultation", town.now)
    town.settles()
    assert gp.state_of(sheet) == "rejected"
    (said,) = [item for item in gp.life(sheet).findings if item.code.code == "R004"]
    assert "A020" in said.message("fr")
    assert "AUBRY" in said.message("fr")
    assert said.next_step("fr")
    town.audited(claimed=3500, rejected=1750, paid_patient=1650, retained=100)
