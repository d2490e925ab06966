"""A B2 file as a readable tree: what is shown, what is left out, at every width, for whatever comes."""

import sys
from pathlib import Path

import pytest
from b2_made import files, spoiled
from hypothesis import given, settings

sys.path.append(str(Path(__file__).parents[2] / "tools"))

from specimens import SPECIMENS as ALL_SPECIMENS
from specimens import Specimen

from vaguemestre.core.findings import Finding
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.b2.showing import show
from vaguemestre.toolkit.b2.walking import walk
from vaguemestre.toolkit.page import STYLES, Line, plain
from vaguemestre.toolkit.rendering import ShowOptions, Tally
from vaguemestre.toolkit.source import Source

SPECIMENS = [item for item in ALL_SPECIMENS if item.name.endswith(".b2")]
BY_NAME = {item.name[:2]: item for item in SPECIMENS}


def lines(data: bytes, options: ShowOptions | None = None) -> list[Line]:
    return list(show(Source.of_bytes(data, "lot.b2"), options or ShowOptions(), Tally()))


def page(data: bytes, options: ShowOptions | None = None) -> str:
    return "\n".join(plain(line) for line in lines(data, options))


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("item", SPECIMENS, ids=lambda item: item.name)
def test_no_line_is_wider_than_the_page(item: Specimen, width: int) -> None:
    for lang in ("fr", "en"):
        for line in lines(item.data, ShowOptions("fr" if lang == "fr" else "en", width)):
            assert len(plain(line)) <= width, plain(line)
            assert {style for _, style in line} <= set(STYLES)


@pytest.mark.parametrize("width", [80, 120, 150])
@pytest.mark.parametrize("item", SPECIMENS, ids=lambda item: item.name)
def test_bytes_fit_the_page_too(item: Specimen, width: int) -> None:
    for line in lines(item.data, ShowOptions("fr", width, raw=True)):
        assert len(plain(line)) <= width, plain(line)


def test_values_are_readable_in_both_languages() -> None:
    data = BY_NAME["04"].data
    french, english = page(data), page(data, ShowOptions("en"))
    for said in (
        "2 58 04 75 990 012",
        "28/04/2022",
        "12,60\u00a0€",
        "4,00",
        "60\u00a0%",
        "Acte médico-infirmier",
        "14/04/58",
    ):
        assert said in french
    for said in ("2022-04-28", "€12.60", "4.00", "Nurse's medical act", "58-04-14", "managing scheme"):
        assert said in english


def test_empty_and_repeated_fields_are_left_out_unless_asked_for() -> None:
    data = BY_NAME["01"].data
    short, full = page(data), page(data, ShowOptions(all_fields=True))
    assert "[0265]" not in short
    assert "[0412]" not in short  # the NIR again
    assert "[0279]" in short  # 0 says something there
    assert "[0265]" in full
    assert "[0412]" in full
    assert "(vide)" in full
    assert full.count("(vide)") > 50


def test_one_record_comes_alone_with_all_its_fields() -> None:
    shown = page(BY_NAME["01"].data, ShowOptions(record=5))
    assert shown.splitlines()[0].split()[:2] == ["5", "4"]
    assert "[04122]" in shown
    assert "[0201]" not in shown


def test_raw_shows_columns_and_bytes() -> None:
    data = BY_NAME["01"].data
    shown = page(data, ShowOptions(raw=True, record=5)).splitlines()
    ruler = next(rank for rank, line in enumerate(shown) if line.strip().startswith("....:"))
    assert shown[ruler + 1][10:138] == str(data.split(b"\n")[4], "ascii")
    assert shown[ruler][10 + 9] == "|"
    assert shown[ruler - 1][10 + 8 : 10 + 10] == "10"
    place = next(line for line in shown if "[0476]" in line)
    assert " 76-80 " in place
    assert "|G    |" in place


def test_findings_stand_at_their_field_and_empty_fields_that_should_not_be_are_shown() -> None:
    shown = page(BY_NAME["09"].data).splitlines()
    at = next(rank for rank, line in enumerate(shown) if "B101" in line)
    assert "[0225]" in shown[at - 1]
    assert shown[-1].endswith("3 factures, 3 lignes\u00a0; 4 erreurs")


@pytest.mark.parametrize("item", SPECIMENS, ids=lambda item: item.name)
def test_every_finding_of_a_check_is_shown(item: Specimen) -> None:
    source = Source.of_bytes(item.data, item.name)
    walked = [found for piece in walk(source) for found in ((piece,) if isinstance(piece, Finding) else piece.findings)]
    checked = check_file(source)
    assert sorted(str(found) for found in walked) == sorted(str(found) for found in checked.findings)


@pytest.mark.parametrize(
    "data", [b"", b"hello\n" * 90, b"%PDF-1.7\n" + b"x" * 999, "2é".encode("utf-16") * 200, b"\0" * 999]
)
def test_what_is_no_b2_gives_one_finding_and_no_line(data: bytes) -> None:
    tally = Tally()
    assert list(show(Source.of_bytes(data, "x"), ShowOptions(), tally)) == []
    assert not tally.recognised
    assert tally.last is not None


@settings(max_examples=40, deadline=None)
@given(files(spoiled()))
def test_anything_is_shown(data: bytes) -> None:
    shown, raw = page(data, ShowOptions(width=80)), page(data, ShowOptions(width=80, raw=True))
    if b"\0" in data[:256]:  # taken for UTF-16
        assert shown == raw == ""
        return
    assert shown.startswith("    1 000 Fichier A00001")
    assert "|000|" in raw


def test_a_lost_record_keeps_its_number_and_shifts_no_finding() -> None:
    """The 4S of the invoice is cut short; the 4E after it, record 7, has a wrong RPPS key."""
    parts = BY_NAME["01"].data.split(b"\n")
    parts[5] = parts[5][:90]
    parts[6] = parts[6].replace(b"10000001015", b"10000001016")
    data = b"\n".join(parts)
    found = {item.code.code: item.place.record for item in check_file(Source.of_bytes(data, "x")).findings}
    assert found["F005"] == 6
    assert found["B104"] == 7
    shown = page(data).splitlines()
    at = next(rank for rank, line in enumerate(shown) if "B104" in line)
    assert shown[at - 1].startswith("   [4E64]")
    assert shown[at - 2].split()[:2] == ["7", "4E"]
