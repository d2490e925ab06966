"""`vaguemestre tariff show`: an act on a date, its doubts, and what a wrong question gets."""

import json

import pytest

from vaguemestre.cli import main
from vaguemestre.tables.tariff.prices import PRICES

pytestmark = pytest.mark.usefixtures("french")


def test_an_act_on_a_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "AMI", "--on", "2022-04-27"]) == 0
    shown = capsys.readouterr()
    assert "3,15\u00a0€" in shown.out
    assert "pris en charge à 60 %" in shown.out
    assert "À vérifier : date de début inconnue" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(("day", "value", "rate"), [("2022-04-27", "25.00", 70), ("2026-01-15", "30.00", 70)])
def test_json_has_the_dated_entry(day: str, value: str, rate: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "g", "--on", day, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (entry,) = document["entries"]
    assert (entry["code"], entry["value"], entry["rate_percent"], entry["unverified"]) == ("G", value, rate, None)


def test_without_a_date_every_period_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "AMK", "--json", "--lang", "en"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [(entry["value"], entry["valid_to"]) for entry in entries] == [("2.15", "2024-02-21"), ("2.21", None)]


def test_a_specialty_narrows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "IFD", "--on", "2026-01-15", "--specialty", "26", "--json"]) == 0
    assert [entry["value"] for entry in json.loads(capsys.readouterr().out)["entries"]] == ["2.50"]


def test_what_is_unverified_is_listed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "--unverified", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    listed = {entry["code"] for entry in entries}
    assert {price.code for price in PRICES if price.valid_from is None} <= listed
    assert {"HBJD001", "AMO", "pathway_cap"} <= listed
    assert "G" not in listed
    assert all(entry["unverified"] for entry in entries)


def test_what_is_unverified_on_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", "--unverified", "--on", "2023-06-01", "--json"]) == 0
    listed = {entry["code"] for entry in json.loads(capsys.readouterr().out)["entries"]}
    assert "pathway_cap" not in listed, "the cap of 2023 is known"
    assert main(["tariff", "show", "--unverified", "--on", "2022-04-27", "--lang", "en"]) == 0
    assert "Cap of the decrease outside the pathway" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ZZZ"], "T004"),
        (["G", "--specialty", "24"], "T002"),
        (["HBMD058", "--on", "2022-04-27"], "T001"),
    ],
)
def test_an_act_without_price_is_a_finding(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", *arguments]) == 1
    assert f"Erreur {code}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "donnez un code d'acte, ou --unverified seul"),
        (["G", "--unverified"], "donnez un code d'acte, ou --unverified seul"),
        (["G", "--on", "27/04/2022"], "une date comme 2022-04-27 est attendue"),
    ],
)
def test_a_wrong_question_is_a_usage_error(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tariff", "show", *arguments]) == 2
    assert said in capsys.readouterr().err
