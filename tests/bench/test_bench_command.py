"""`vaguemestre bench` as a person or a program calls it."""

import json

import pytest

from vaguemestre.bench.figure import Unit
from vaguemestre.cli import main
from vaguemestre.cli.bench import number, shown


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["bench", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_one_group_as_json_stands_beside_the_machines_rates(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--only", "seal", "--quick", "--json")
    document = json.loads(out)
    assert (code, document["exit_code"]) == (0, 0)
    figures = {figure["name"]: figure for figure in document["figures"]}
    assert {figure["group"] for figure in figures.values()} == {"machine", "seal"}
    assert figures["rsa-sign"]["unit"] == "per second"
    assert figures["rsa-sign"]["reached"] is None
    assert (figures["seal-lot"]["target"], figures["open-sheets"]["target"]) == (0.75, 0.85)
    assert figures["open-sheets"]["reached"] is (figures["open-sheets"]["value"] >= 0.85)


def test_a_page_is_a_table_for_each_group(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--only", "seal", "--quick", "--markdown", "--lang", "en")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("#")] == [
        "## This machine",
        "## Signature and seal, against bare operations",
    ]
    assert "| seal a lot of 16 KB |" in out


def test_a_group_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "--only", "sela")
    assert code == 2
    assert "seal, recording, stages, b2, waiting, run" in err
    assert run(capsys, "sela")[0] == 2


def test_values_are_written_as_each_language_does() -> None:
    assert number(4365.125, 1, "en") == "4,365.1"
    assert number(4365.125, 1, "fr") == "4\u202f365,1"
    assert shown(0.789, Unit.RATIO, "en") == "0.79"
    assert shown(44.0, Unit.MILLISECONDS, "fr") == "44,00 ms"
    assert shown(500.0, Unit.PER_SECOND, "fr") == "500 par seconde"
    assert shown(105.0, Unit.COUNT, "en") == "105"
