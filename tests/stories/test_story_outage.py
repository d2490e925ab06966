"""Twelve days and more without any mail: nothing gives up, deadlines are shown, paper is printed, and each sheet is paid once."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from kit import Town, patient
from kit_clinic import Clinic

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.practice.corrections import paper_duplicate
from vaguemestre.role.practice.status import status


def shown(town: Town) -> list[tuple[str, str]]:
    """What `practice status` says of late sheets: (sheet, deadline)."""
    told = status(town.gp.edges, town.now).findings
    return sorted((item.values["sheet"], item.values["deadline"]) for item in told if item.code.code == "R025")


def hours_pass(town: Town, days: int, step: int = 6) -> None:
    """The practice's software works on, every six hours."""
    for _ in range(days * 24 // step):
        town.later(hours=step)
        town.gp.works()


def prints(gp: Clinic, sheet: CareSheet, label: str) -> str:
    paper, found = paper_duplicate(
        gp.edges, SheetKey.of(sheet.identity), "messagerie coupée", gp.town.now, patient=label
    )
    assert paper is not None
    assert found == ()
    return paper.text


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path, [patient(1), patient(2)])
    made.cuts_off()
    return made


def test_thirteen_days_later_everything_leaves_by_itself_and_the_paper_copies_change_nothing(town: Town) -> None:
    gp, payer = town.gp, town.payer
    camille, hugo = town.people
    drafts = [gp.draft(camille), gp.draft(hugo, tiers_payant=False)]
    owed, paid = gp.types(camille, drafts[0]), gp.types(hugo, drafts[1])
    gp.works()
    assert gp.row(paid).deadline == date(2022, 5, 2)
    assert gp.row(owed).deadline == date(2022, 5, 9)
    hours_pass(town, 5)
    assert shown(town) == []
    hours_pass(town, 1)
    assert shown(town) == [(str(paid.identity), "2022-05-02")]  # 3 May

    text = prints(gp, paid, hugo.label)
    for expected in ("DUPLICATA", str(paid.identity), "messagerie coupée", hugo.label, "Remis au patient"):
        assert expected in text
    hours_pass(town, 7)
    assert len(shown(town)) == 2  # 10 May
    assert "Envoyé par le professionnel" in prints(gp, owed, camille.label)
    assert gp.row(paid).on_paper_at is not None
    assert gp.states() == ["sealed", "sealed"]  # paper stops no attempt
    attempts = len(gp.life(owed).attempts)
    assert attempts >= 13 * 4 * 2

    town.comes_back()
    hours_pass(town, 1)
    assert gp.states() == ["handed over", "handed over"]
    assert len(gp.life(owed).sealings) == 1  # the same bytes as on the first day
    town.round()
    for serial, (person, draft) in enumerate(zip(town.people, drafts, strict=True), 1):
        town.clerk_types(person, draft, serial)
    for hold in list_holds(payer.edges):
        assert [motive.code for motive in hold.motives] == ["A012"]
        decide_hold(payer.edges, hold.id, False, "Mme Aubry", "duplicata d'une feuille reçue", town.now)
    town.settles()
    assert (gp.state_of(owed), gp.paid(owed)) == ("settled", 1750)
    assert gp.state_of(paid) == "acknowledged"
    assert payer.status().penalties_cents == 0  # the payer's delay runs from the first receipt
    town.audited(claimed=7000, rejected=3500, paid_practice=1750, paid_patient=1650, retained=100)


def test_the_paper_copy_came_first_and_was_paid_the_electronic_sheet_is_not_paid_again(town: Town) -> None:
    gp, payer = town.gp, town.payer
    hugo = town.people[1]
    draft = gp.draft(hugo, tiers_payant=False)
    sheet = gp.types(hugo, draft)
    gp.works()
    hours_pass(town, 8)
    prints(gp, sheet, hugo.label)
    town.clerk_types(hugo, draft, 1)
    for _ in range(9):
        town.later(days=1)
        payer.works()
    assert payer.books().paid_patient == 1650
    town.comes_back()
    town.round()
    assert gp.state_of(sheet) == "acknowledged"
    (hold,) = list_holds(payer.edges)
    assert hold.name == str(sheet.identity)
    decide_hold(payer.edges, hold.id, False, "Mme Aubry", "payée sur duplicata", town.now)
    town.settles()
    made = payer.statement_of(hugo)
    assert (made.paid_patient_cents, len(made.entries)) == (1650, 2)
    town.audited(claimed=3500, rejected=1750, paid_patient=1650, retained=100)


def test_half_a_year_later_it_still_goes_and_is_still_paid(town: Town) -> None:
    gp = town.gp
    sheet = gp.sees(town.people[0])
    gp.works()
    for _ in range(26):
        town.later(weeks=1)
        gp.works()
    row = gp.row(sheet)
    with gp.store.read() as view:
        assert row.lot_id is not None
        lot = view.lot(row.lot_id)
        assert lot is not None
        file = view.file(lot.file_id)
    assert file is not None
    assert file.next_try_at - town.now <= timedelta(hours=1)  # it has never been given up, nor put off for long
    assert file.lapses_on == date(2024, 7, 1)
    town.comes_back()
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)
