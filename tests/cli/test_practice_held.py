"""A sheet that the fund holds is shown as held wherever a person looks, with what it means and who acts, until its fate is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from practice_kit import DAY, GP_NUMBER, World, tiers_payant
from sheet_kit import draft
from vaguemestre.cli import main, practice_mail, practice_show
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.findings import finding
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    FirstRegistration,
    sheet_from_finding,
)
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.send import send

OTHER = f"{GP_NUMBER}/2022-04-20/0007"
Say = Callable[..., str]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.publish()
    yield made
    made.store.close()


@pytest.fixture
def say(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run one command of the practice of this world; gives all that it says."""

    @contextmanager
    def opened(_state: Path) -> Iterator[Any]:
        yield SimpleNamespace(edges=world.edges, findings=())

    for module in (practice_show, practice_mail):
        monkeypatch.setattr(module, "practice", opened)
    monkeypatch.setattr(practice_mail, "now", lambda: world.now)

    def said(*arguments: str) -> str:
        assert main(["practice", *arguments]) == 0
        shown = capsys.readouterr()
        return shown.out + shown.err

    return said


def held(sheet: CareSheet) -> AcknowledgedSheet:
    return sheet_from_finding(
        finding("A012", other=OTHER), sheet.identity.invoice_number, DAY.year, AcknowledgedOutcome.HELD
    )


def three_sheets(world: World) -> list[CareSheet]:
    """One held under tiers payant, one held that the patient paid, one plainly registered: sent and acknowledged."""
    sheets = [*world.record(tiers_payant()), *world.record(draft()), *world.record(tiers_payant())]
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot, held(sheets[0]), held(sheets[1]))
    return sheets


def test_collecting_tells_the_double_whole_in_the_users_language_and_never_the_clerks_next_step(
    world: World, say: Say
) -> None:
    three_sheets(world)
    text = say("collect", "--lang", "en")
    assert f"Another sheet ({OTHER}) already bears, for that day, the same act" in text
    assert "rule A012, vgm:claim-key" in text
    assert "Who must act: the insurer" in text
    assert "Compare both sheets" not in text
    assert "DOUBLE PROBABLE" not in text


def test_a_held_sheet_is_shown_as_held_in_both_languages(world: World, say: Say) -> None:
    first, second, third = three_sheets(world)
    say("collect")
    text = say("status", "--lang", "fr")
    assert "1    dont retenue " in text
    assert "Retenues par la caisse : une personne doit y trancher" in text
    assert f"{first.identity}  17,50\u00a0€  depuis le {DAY}" in text
    assert f"Une autre feuille ({OTHER}) porte déjà" in text
    assert "of which held" in say("status", "--lang", "en")
    document = json.loads(say("status", "--json"))
    assert [item["sheet"] for item in document["held"]] == [str(first.identity), str(second.identity)]
    assert {item["settlement"]: item["count"] for item in document["held_counts"]} == {
        "patient_paid": 1,
        "tiers_payant": 1,
    }
    text = say("sheet", str(first.identity), "--lang", "fr")
    assert "accusée, retenue par la caisse" in text
    assert "Ne la renvoyez pas" in text
    assert "au patient, qu'elle rembourse" not in text
    assert "tell its decision to the patient" in say("sheet", str(second.identity), "--lang", "en")
    assert "retenue" not in say("sheet", str(third.identity), "--lang", "fr")
    document = json.loads(say("sheet", str(first.identity), "--json"))
    assert document["held_since"] is not None
    assert [item["rule"] for item in document["findings"]] == ["A012, vgm:claim-key"]
    person = first.beneficiary
    assert person.key == third.beneficiary.key
    birth = f"{person.birth_date.year}-{person.birth_date.month:02d}-{person.birth_date.day:02d}"
    lines = say("find", person.insured_nir, birth, "--rank", str(person.birth_rank), "--lang", "en").splitlines()
    assert ["held by the fund" in line for line in lines] == [True, True, False]


def test_a_hold_lasts_until_another_word_and_being_known_already_is_none(world: World) -> None:
    first, _, _ = three_sheets(world)
    world.collect()
    (lot,) = world.payer.lots()
    world.later(days=1)
    known = FirstRegistration(DAY, 1, world.now - timedelta(days=1), AcknowledgedOutcome.HELD)
    number = first.identity.invoice_number
    world.payer.acknowledge(lot, AcknowledgedSheet(number, DAY.year, AcknowledgedOutcome.DUPLICATE, first=known))
    world.collect()
    with world.store.read() as view:
        rows = {str(row.key): row.id for row, _ in view.held_sheets(10)}
        assert list(rows) == [str(first.identity)]  # the second one was plainly registered this time
        since = view.held_since([rows[str(first.identity)]])
        assert [at.date() for at in since.values()] == [DAY]
    world.payer.pay(lot)
    world.collect()
    with world.store.read() as view:
        assert view.held_sheets(10) == []
        assert view.held_counts() == []
