"""The B2 commands before what a billing office or an attacker brings: files joined end to end, returns, devices; their words."""

import json
import os
from pathlib import Path

import pytest

from vaguemestre.cli import main

SPECIMENS = Path(__file__).parents[2] / "docs" / "specimens"
SOUND, DAMAGED = SPECIMENS / "01-general-practitioner-patient-paid.b2", SPECIMENS / "09-damaged.b2"
RETURN = SPECIMENS / "10-return-to-a-practice.noemie"

pytestmark = pytest.mark.usefixtures("french")


def _records(path: Path = SOUND) -> list[bytes]:
    data = path.read_bytes().replace(b"\n", b"")
    return [data[at : at + 128] for at in range(0, len(data), 128)]


@pytest.mark.parametrize(
    "command",
    [
        ["show"],
        ["anonymise", "-o"],
        ["convert", "--to", "json", "-o"],
        ["convert", "--to", "csv", "-o"],
        ["diff", str(SOUND)],
    ],
)
def test_a_return_is_no_b2_file_whatever_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    target = [str(tmp_path / "out")] if command[-1] == "-o" else []
    assert main(["b2", *command, *target, str(RETURN), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 3
    assert [item["code"] for item in document["findings"]] == ["F015"]
    assert "NOEMIE" in document["findings"][0]["message"]
    assert os.listdir(tmp_path) == []


def test_a_b2_file_whose_first_lot_is_damaged_is_no_return(tmp_path: Path) -> None:
    """An @ in the record 1 makes the start look like a return; the invoices that follow say what it is."""
    records = _records()
    records[1] = b"100 @" + records[1][5:]
    path = tmp_path / "damaged.b2"
    path.write_bytes(b"".join(records))
    assert main(["b2", "check", str(path)]) == 0  # what a record 1 holds is unverified
    assert main(["b2", "show", str(path)]) == 0
    assert main(["b2", "convert", str(path), "--to", "json", "-o", str(tmp_path / "out.json")]) == 0
    assert main(["b2", "anonymise", str(path), "-o", str(tmp_path / "out.b2")]) == 0
    assert (tmp_path / "out.b2").stat().st_size == path.stat().st_size


@pytest.mark.parametrize("command", [["check"], ["show"], ["convert", "--to", "json", "-o", "{out}"]])
def test_a_second_file_joined_to_the_first_is_never_passed_over(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    path = tmp_path / "joined.b2"
    path.write_bytes(b"".join(_records()) * 2)
    named = [word.format(out=tmp_path / "out.json") for word in command]
    assert main(["b2", *named, str(path)]) == 1
    shown = capsys.readouterr()
    assert "F010" in shown.out + shown.err


def test_names_of_fields_are_in_the_readers_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "check", str(DAMAGED), "--lang", "en"]) == 1
    told = capsys.readouterr().out
    assert "key of the insured person's NIR" in told
    assert "Clé du matricule" not in told
    assert main(["b2", "check", str(DAMAGED), "--lang", "en", "--json"]) == 1
    assert "Clé du matricule" not in capsys.readouterr().out
    assert main(["b2", "check", str(DAMAGED), "--lang", "fr"]) == 1
    assert "Clé du matricule de l'assuré" in capsys.readouterr().out


def test_one_column_and_one_thing_are_told_in_the_singular(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    records = _records()
    records[2] = records[2][:38] + b"2" + records[2][39:]
    path = tmp_path / "one.b2"
    path.write_bytes(b"".join(records[1:]))
    assert main(["b2", "check", str(path)]) == 1
    told = capsys.readouterr().out
    assert "colonne 39)" in told
    assert "39-39" not in told
    assert "juste après : le début du fichier" in told
    assert main(["b2", "check", str(path), "--lang", "en"]) == 1
    assert "just after: start of the file" in capsys.readouterr().out
    assert main(["b2", "convert", str(path), "--to", "json", "-o", str(tmp_path / "one.json"), "--lang", "fr"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'one.json'} : 9 enregistrements, 1 lot, 1 facture\n"


def test_a_full_device_is_the_machines_fault_and_stays_a_device(capsys: pytest.CaptureFixture[str]) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this machine has no /dev/full")
    for command in (["convert", "--to", "json"], ["anonymise"]):
        assert main(["b2", *command, str(SOUND), "-o", str(full), "--force"]) == 4
        assert "/dev/full" in capsys.readouterr().err
        assert full.is_char_device()


def test_a_missing_option_is_told_in_french_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "convert", str(SOUND)]) == 2
    told = capsys.readouterr().err
    assert "il manque l'option '--to', parmi : json, jsonl, csv, parquet, b2" in told
