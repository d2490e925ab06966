"""`noemie check`, `noemie show`, `noemie convert` at the command line: exit codes, outputs, several inputs at once."""

import json
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from vaguemestre.cli import main

SPECIMENS = Path(__file__).parents[2] / "docs" / "specimens"
OFFICE, HOSPITAL = SPECIMENS / "10-return-to-a-practice.noemie", SPECIMENS / "11-return-to-a-hospital.noemie"
LOT = SPECIMENS / "01-general-practitioner-patient-paid.b2"

pytestmark = pytest.mark.usefixtures("french")


def test_check_says_nothing_of_sound_returns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["noemie", "check", str(OFFICE), str(HOSPITAL), "--strict"]) == 0
    out = capsys.readouterr().out
    assert out.count("Rien à signaler.") == 2
    assert "2 fichiers vérifiés, 2 sans erreur." in out


def test_check_of_a_folder_tells_each_input_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = OFFICE.read_bytes()
    (tmp_path / "a.noemie").write_bytes(data)
    (tmp_path / "b.noemie").write_bytes(data)
    (tmp_path / "c.noemie").write_bytes(data[:-128])
    assert main(["noemie", "check", str(tmp_path), "--json", "--lang", "en"]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert [[item["code"] for item in one["findings"]] for one in files] == [[], ["N033"], ["N011", "N033"]]
    assert files[0]["invoices"] == 3
    (tmp_path / "c.noemie").unlink()
    assert main(["noemie", "check", str(tmp_path)]) == 0
    assert main(["noemie", "check", str(tmp_path), "--strict"]) == 1


def test_what_is_no_return_ends_with_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["noemie", "check", str(LOT)]) == 3
    assert "vaguemestre b2" in capsys.readouterr().out
    assert main(["noemie", "show", str(LOT)]) == 3
    assert main(["noemie", "convert", str(LOT), "--to", "json", "-o", str(tmp_path / "x.json")]) == 3
    assert not list(tmp_path.iterdir())
    assert main(["noemie", "check", str(tmp_path / "none")]) == 3
    assert main(["noemie", "check", str(tmp_path)]) == 3
    assert main(["noemie", "check"]) == 2


def test_b2_check_knows_a_return_when_it_sees_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "check", str(OFFICE)]) == 3
    assert "vaguemestre noemie" in capsys.readouterr().out


@pytest.mark.parametrize("item", [OFFICE, HOSPITAL], ids=["office", "hospital"])
def test_show_writes_what_the_page_holds(item: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["noemie", "show", str(item), "--width", "100"]) == 0
    assert capsys.readouterr().out == item.with_suffix(".fr.txt").read_text("utf-8")


def test_show_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["noemie", "show", str(OFFICE), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [record["record"] for record in document["records"]][:3] == ["000", "040", "071"]
    (paid,) = [field for field in document["records"][8]["fields"] if field["field"] == "[198:15]"]
    assert (paid["value"], paid["bytes"], paid["columns"]) == ("17,50\u00a0€", "00001750", [15, 22])
    assert (document["findings"], document["exit_code"]) == ([], 0)
    assert main(["noemie", "show", str(OFFICE), "--json", "--record", "99"]) == 1
    assert json.loads(capsys.readouterr().out) == {"records": [], "findings": [], "not_shown": 0, "exit_code": 1}
    cut = tmp_path / "cut.noemie"
    cut.write_bytes(OFFICE.read_bytes().replace(b"15004AS@", b"15004AS#", 1))
    assert main(["noemie", "show", str(cut), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [item["code"] for item in document["findings"]] == ["B060"]
    assert document["exit_code"] == 1
    assert main(["noemie", "show", str(LOT), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["exit_code"] == 3


def test_show_of_one_record_raw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["noemie", "show", str(OFFICE), "--record", "9", "--raw"]) == 0
    assert "1980400001750P00001750P@" in capsys.readouterr().out


def test_convert_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "r.noemie"
    source.write_bytes(OFFICE.read_bytes())
    assert main(["noemie", "convert", str(source), "--to", "json"]) == 0
    assert main(["noemie", "convert", str(source), "--to", "json"]) == 2  # it is there already
    back = tmp_path / "back.noemie"
    assert (
        main(["noemie", "convert", str(tmp_path / "r.json"), "--to", "noemie", "-o", str(back), "--eol", "crlf"]) == 0
    )
    assert back.read_bytes().replace(b"\r\n", b"") == source.read_bytes()
    assert main(["noemie", "convert", str(source), "--to", "parquet"]) == 0
    assert (tmp_path / "r-parquet" / "294.parquet").exists()
    assert main(["noemie", "convert", str(source), "--to", "csv", "-o", "-"]) == 2
    assert main(["noemie", "convert", str(source), "--to", "json", "--eol", "lf"]) == 2
    assert "3 factures" in capsys.readouterr().out


def test_standard_input_is_an_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(OFFICE.read_bytes())))
    assert main(["noemie", "check", "-"]) == 0
    assert "3 factures" in capsys.readouterr().out
