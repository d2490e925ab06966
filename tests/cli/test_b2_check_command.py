"""`vaguemestre b2 check`: what a person reads, the JSON document, several inputs, and how it ends."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "toolkit"))

from check_samples import DAY, invoice, lot, whole

from vaguemestre.cli import main

pytestmark = pytest.mark.usefixtures("french")
SOUND = whole(lot([invoice()]))
WRONG = whole(lot([invoice(changes={("4", 1): {"amount_payable_by_fund": 1749}, ("2", 1): {"scheme_code": "11"}})]))
DOUBTFUL = whole(lot([invoice(changes={("2", 1): {"scheme_code": "11"}, ("4", 1): {"tariff_zone": "99"}})]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in (("a.b2", SOUND), ("b.b2", WRONG), ("c.b2", DOUBTFUL), ("d.pdf", b"%PDF-1.7\n" * 99)):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_sound_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "check", str(folder / "a.b2")]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{folder / 'a.b2'}  10 enregistrements, 1 lot, 1 facture\n  Rien à signaler.\n"
    assert shown.err == ""


def test_what_a_person_reads_the_worst_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "b2", "check", str(folder / "b.b2")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{folder / 'b.b2'}  10 records, 1 lot, 1 invoice",
        "  ✗ Error B122  fides:05-VF",
        "      The fund's share [04108] is 1749 cents; base 2500 × 70 % give 1750, to the nearest cent. (record 5, columns "
        "108-114)",
        "    → Check base and rate of this line.",
        "  ! Warning B106  fides:07-DICO",
        '      Field [0249] (managing scheme) holds "11", which is not in the list of the norm (01 02 03 04 05 06 07 08 09 '
        "10 12 14 15 16 17 80 90 91 92 93 94 95 96 99). (record 3, columns 49-50)",
        "    → Check this code in the settings of the software.",
        "  1 error, 1 warning.",
    ]


@pytest.mark.parametrize(
    ("names", "options", "code"),
    [
        (["a.b2"], [], 0),
        (["a.b2", "b.b2"], [], 1),
        (["c.b2"], [], 0),
        (["c.b2"], ["--strict"], 1),
        (["a.b2", "d.pdf"], [], 3),
        (["absent.b2"], [], 3),
        (["*.b2"], [], 1),
        (["."], [], 3),
    ],
)
def test_how_it_ends(
    folder: Path, names: list[str], options: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["b2", "check", *(str(folder / name) for name in names), *options, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    assert main(["b2", "check", *(str(folder / name) for name in names), *options]) == code


def test_the_document_says_what_was_read_and_expected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "check", str(folder / "b.b2"), "--json"]) == 1
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["records"], file["lots"], file["invoices"], file["recognised"], file["passes"]) == (
        10,
        1,
        1,
        True,
        False,
    )
    assert file["counts"] == {"error": 1, "warning": 1, "unverified": 0, "note": 0}
    first = file["findings"][0]
    assert (first["code"], first["level"], first["citation"]) == ("B122", "error", "fides:05-VF")
    assert (first["read"], first["expected"], first["place"]["columns"]) == ("1749", "1750", [108, 114])
    assert first["place"]["record"] == 5


def test_few_are_shown_and_the_others_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [
        invoice(
            number=f"{rank:09d}",
            changes={("4", 1): {"tariff_zone": "99"}, ("*", 0): {"insured_nir": f"25804271234{rank:02d}"}},
        )
        for rank in range(1, 16)
    ]
    (tmp_path / "many.b2").write_bytes(whole(lot(many)))
    assert main(["b2", "check", str(tmp_path / "many.b2"), "--shown", "4"]) == 0
    shown = capsys.readouterr().out
    assert "? Non vérifié B107 × 15" in shown
    assert shown.count("absent de la liste publique") == 4
    assert "… et 11 autres" in shown
    assert "15 points non vérifiés." in shown


def test_a_file_of_no_format_is_one_clear_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "check", str(folder / "d.pdf")]) == 3
    shown = capsys.readouterr()
    assert "Ceci n'est pas un fichier B2 : c'est un document PDF." in shown.out + shown.err


def test_the_samples_are_of_one_day() -> None:
    assert DAY.isoformat() == "2022-04-27"
