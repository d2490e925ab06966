"""`practice import` and `correct` as a person meets them: the same rows twice, an import cut short, mistakes with their place."""

import errno
import gzip
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from test_practice_command import ENTRY, TODAY, Site, bare, codes, recorded, site

from sheet_kit import FUND, GP_NUMBER, NIR, NIR_KEY, NURSE_NUMBER, draft
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import Act, Settlement, SheetIdentity
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.role.practice import importing

__all__ = ["bare", "site"]

BEFORE, EARLIER = ((TODAY - timedelta(days=days)).isoformat() for days in (1, 2))
COLUMNS = (
    "reference", "insured_nir", "birth_date", "scheme", "fund", "settlement", "mode", "pathway", "attending_doctor",
    "performed_on", "code",
)  # fmt: skip
RIGHT = {
    "reference": "", "insured_nir": f"{NIR}{NIR_KEY}", "birth_date": "1970-03-09", "scheme": "01", "fund": "751",
    "settlement": "tiers_payant", "mode": "degraded", "pathway": "T", "attending_doctor": "oui",
    "performed_on": TODAY.isoformat(), "code": "G",
}  # fmt: skip


def rows(*changes: dict[str, str]) -> list[dict[str, str]]:
    return [{**RIGHT, **change} for change in changes]


def csv_file(site: Site, *changes: dict[str, str], name: str = "day.csv") -> Path:
    lines = [";".join(COLUMNS), *(";".join(row[column] for column in COLUMNS) for row in rows(*changes))]
    path = site.state.parent / name
    path.write_text("\n".join(lines) + "\n")
    return path


def counts(document: Any) -> tuple[int, int, int]:
    return document["recorded"], document["already_recorded"], document["refused"]


def of_code(document: Any, code: str) -> list[Any]:
    return [item for item in document["findings"] if item["code"] == code]


def sheets_in(site: Site) -> list[tuple[str, str]]:
    with sqlite3.connect(site.state / "practice.sqlite") as store:
        return store.execute("SELECT invoice_number, state FROM sheets ORDER BY id").fetchall()


# --- the same sheet twice


def test_the_same_rows_are_recorded_once_and_the_mended_one_with_them(site: Site) -> None:
    path = csv_file(
        site, {"reference": "r1"}, {"reference": "r2", "code": "ZZZZ"}, {"reference": "r3", "performed_on": BEFORE}
    )
    code, first = site.run("import", str(path))
    assert (code, counts(first)) == (1, (2, 0, 1))
    mended = csv_file(
        site,
        {"reference": "r1"},
        {"reference": "r2", "performed_on": EARLIER},
        {"reference": "r3", "performed_on": BEFORE},
    )
    code, again = site.run("import", str(mended))
    assert (code, counts(again)) == (0, (1, 2, 0))
    assert [item["already"] for item in again["sheets"]] == [
        first["sheets"][0]["sheet"],
        None,
        first["sheets"][2]["sheet"],
    ]
    said = of_code(again, "R084")
    assert [(item["level"], item["place"]["line"], item["place"]["sheet"]) for item in said] == [
        ("warning", 2, "r1"),
        ("warning", 4, "r3"),
    ]
    assert first["sheets"][0]["sheet"] in said[0]["message"]
    assert len(sheets_in(site)) == 3
    assert "0 feuille enregistrée, 3 déjà enregistrées, 0 refusée" in site.say("import", str(mended))[1]


def test_the_same_sheet_in_another_form_is_the_same(site: Site) -> None:
    first = site.run("import", str(csv_file(site, {"reference": "r1"})))[1]
    french = {"performed_on": f"{TODAY:%d/%m/%Y}", "birth_date": "09/03/1970", "reference": "r1"}
    assert counts(site.run("import", str(csv_file(site, french)))[1]) == (0, 1, 0)
    path = site.state.parent / "day.json"
    path.write_text(json.dumps(rows({"reference": "r1"})))
    document = site.run("import", str(path))[1]
    assert counts(document) == (0, 1, 0)
    assert document["sheets"][0]["already"] == first["sheets"][0]["sheet"]


def test_a_cancelled_sheet_may_be_recorded_again(site: Site) -> None:
    path = csv_file(site, {"reference": "r1"})
    first = site.run("import", str(path))[1]
    assert site.run("cancel", first["sheets"][0]["sheet"])[0] == 0
    assert counts(site.run("import", str(path))[1]) == (1, 0, 0)
    assert [state for _, state in sheets_in(site)] == ["cancelled", "recorded"]


def test_two_equal_rows_of_one_file_need_to_be_asked_for_and_the_same_command_adds_nothing(site: Site) -> None:
    path = csv_file(site, {}, {})
    code, document = site.run("import", str(path))
    assert (code, counts(document)) == (0, (1, 1, 0))
    assert of_code(document, "R084")[0]["place"]["line"] == 3
    document = site.run("import", str(path), "--again", "3")[1]
    assert counts(document) == (1, 1, 0)
    assert [item["place"]["line"] for item in of_code(document, "R085")] == [3]
    assert counts(site.run("import", str(path), "--again", "3")[1]) == (0, 2, 0)
    assert len(sheets_in(site)) == 2


def test_equal_care_under_two_references_is_recorded_with_a_warning(site: Site) -> None:
    document = site.run("import", str(csv_file(site, {"reference": "m"}, {"reference": "s"})))[1]
    assert counts(document) == (2, 0, 0)
    (said,) = of_code(document, "R085")
    first, second = (item["sheet"] for item in document["sheets"])
    assert (said["level"], said["place"]["sheet"]) == ("warning", "s")
    assert first in said["message"]
    assert f"vaguemestre practice cancel {second}" in said["next_step"]


def test_the_desk_warns_of_the_same_care_and_records_it(site: Site) -> None:
    first = recorded(site)
    code, document = site.run("record", *ENTRY)
    assert (code, codes(document).count("R085")) == (0, 1)
    assert first in of_code(document, "R085")[0]["message"]
    assert site.run("cancel", first)[0] == 0
    assert site.run("cancel", document["sheet"])[0] == 0
    assert "R085" not in codes(site.run("record", *ENTRY)[1]), "a cancelled sheet is no other"
    other = [item if item != "G" else "V" for item in ENTRY]
    assert "R085" not in codes(site.run("record", *other)[1]), "another act is other care"


# --- an import cut short


def stop_after(monkeypatch: pytest.MonkeyPatch, commits: int, error: BaseException) -> None:
    """Two sheets to a commit; the machine refuses the one after so many."""
    record_many, made = importing.record_many, iter(range(100))

    def refusing(*arguments: Any) -> Iterator[Any]:
        if next(made) == commits:
            raise error
        return record_many(*arguments)

    monkeypatch.setattr(importing, "_BATCH", 2)
    monkeypatch.setattr(importing, "record_many", refusing)


@pytest.mark.parametrize(
    ("error", "exit_code", "cause"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "practice.sqlite"), 4, "E001"),
        (RuntimeError("our own fault"), 1, "E006"),
        (KeyboardInterrupt(), 130, None),
    ],
)
def test_what_an_import_left_behind_is_told_exactly_and_the_same_command_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: BaseException, exit_code: int, cause: str | None
) -> None:
    path = csv_file(site, *({"reference": f"r{rank}"} for rank in range(7)))
    with monkeypatch.context() as patch:
        stop_after(patch, 2, error)
        code, document = site.run("import", str(path))
    assert (code, document["interrupted"], counts(document)) == (exit_code, True, (4, 0, 0))
    assert len(sheets_in(site)) == 4
    (said,) = of_code(document, "R086")
    assert (said["place"]["source"], said["place"]["line"], said["place"]["sheet"]) == ("day.csv", 5, "r3")
    assert re.search(r"recorded this time: 4;.* up to line 5 \(sheet r3\)", said["message"])
    assert cause is None or cause in codes(document)
    code, document = site.run("import", str(path))
    assert (code, document["interrupted"], counts(document)) == (0, False, (3, 4, 0))
    assert len(sheets_in(site)) == 7


def test_an_import_that_recorded_nothing_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv_file(site, {})
    stop_after(monkeypatch, 0, OSError(errno.ENOSPC, "No space left on device", "practice.sqlite"))
    code, text = site.say("import", str(path))
    assert code == 4
    assert "0 feuille enregistrée, 0 refusée ; import interrompu" in text
    assert "rien n'est lu" in text


# --- where a mistake stands


def test_every_refused_row_is_told_with_its_file_line_reference_and_act(site: Site) -> None:
    wrong = [{"reference": f"r{rank}", "code": "ZZZZ"} for rank in range(3)]
    head, *lines = csv_file(site, *wrong).read_text().splitlines()
    second_act = ";".join("r2" if name == "reference" else RIGHT[name] for name in COLUMNS).replace(";G", ";YYYY")
    path = site.state.parent / "acts.csv"
    path.write_text("\n".join([head, *lines, second_act]) + "\n")
    document = site.run("import", str(path))[1]
    places = [item["place"] for item in of_code(document, "T004")]
    assert [(place["source"], place["line"], place["sheet"], place["act"]) for place in places] == [
        ("acts.csv", 2, "r0", 1),
        ("acts.csv", 3, "r1", 1),
        ("acts.csv", 4, "r2", 1),
        ("acts.csv", 5, "r2", 2),
    ]
    assert [(row["line"], row["reference"], row["findings"]) for row in document["sheets"]] == [
        (2, "r0", ["T004"]),
        (3, "r1", ["T004"]),
        (4, "r2", ["T004"]),
    ]
    assert "Où : acts.csv, ligne 5, feuille r2, acte 2" in site.say("import", str(path))[1]


def test_a_sheet_of_json_is_named_by_its_rank_since_a_file_may_be_one_line(site: Site) -> None:
    path = site.state.parent / "day.json"
    path.write_text(json.dumps(rows({}, {"insured_nir": f"{NIR}00"}, {"birth_date": "hier"})))
    document = site.run("import", str(path))[1]
    assert counts(document) == (1, 0, 2)
    nir, birth = of_code(document, "I002") or of_code(document, "I001"), of_code(document, "I107")
    assert [(item["place"]["source"], item["place"]["record"]) for item in nir] == [("day.json", 2)]
    assert [(item["place"]["source"], item["place"]["record"]) for item in birth] == [("day.json", 3)]
    assert [row["record"] for row in document["sheets"]] == [1, 2, 3]


def test_many_equal_mistakes_are_bounded_with_an_exact_count(site: Site) -> None:
    path = csv_file(site, *({"reference": f"r{rank}", "code": "ZZZZ"} for rank in range(75)))
    assert len(of_code(site.run("import", str(path))[1], "T004")) == 75
    text = site.say("import", str(path))[1]
    assert (text.count("Erreur T004"), "... et 15 autres" in text) == (60, True)


def test_a_typed_sheet_has_acts_and_no_lines(site: Site) -> None:
    code, document = site.run("record", *ENTRY, "--act", "ZZZZ")
    assert code == 1
    place = of_code(document, "T004")[0]["place"]
    assert (place["source"], place["line"], place["act"]) == (None, None, 2)


def test_a_log_never_shows_the_mark_of_a_sheet() -> None:
    from vaguemestre.core.findings import Place, finding

    item = finding("T004", Place("day.csv", line=2, sheet="MARTIN Rose", act=1), act="ZZZZ")
    assert "MARTIN" in item.place.describe("en")
    assert str(item).endswith("(day.csv, line 2, act 1)")


# --- files that cannot be read


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("wide.csv", "reference;code\n".encode("utf-16"), "I100"),
        ("noise.csv", Random(5).randbytes(4000), "I105"),
        ("cut.json", b'[{"code": "G", "insured', "I102"),
        ("other.gz", gzip.compress(b"not a claim" * 40, mtime=0), "F004"),
        ("wide.b2", ("000CB" + " " * 123).encode("utf-16"), "F015"),
        ("wide.b2", ("000CB" + " " * 123).encode("utf-16-be"), "F015"),
        ("host.b2", ("000CB" + " " * 123).encode("cp500"), "F015"),
    ],
    ids=["utf-16", "noise", "cut", "gzip", "b2-utf-16", "b2-utf-16-be", "b2-ebcdic"],
)
def test_a_file_that_is_not_what_it_should_be_ends_with_3(site: Site, name: str, data: bytes, expected: str) -> None:
    path = site.state.parent / name
    path.write_bytes(data)
    code, document = site.run("import", str(path))
    assert (code, document["recorded"]) == (3, 0)
    assert codes(document)[0] == expected
    if name.endswith(".b2"):
        assert "CSV" not in site.say("import", str(path))[1]


def test_one_sheet_that_could_be_read_makes_it_a_file_with_mistakes(site: Site) -> None:
    path = site.state.parent / "cut.json"
    path.write_text(json.dumps(rows({}, {}))[:-30])
    code, document = site.run("import", str(path))
    assert (code, counts(document), codes(document)[0]) == (1, (1, 0, 1), "I102")


def carried(billing_number: str) -> bytes:
    made = draft(settlement=Settlement.TIERS_PAYANT, completed_on=TODAY, acts=(Act(TODAY, "G"),))
    sheet, _, findings = value_sheet(made, SheetIdentity(GP_NUMBER, TODAY, 9000), standard_book())
    assert sheet is not None, findings
    invoice, _ = sheet_to_invoice(sheet)
    assert invoice is not None
    lot = build_lot(LotHead(GP_NUMBER, FUND, 7, TODAY, "AUTRE LOGICIEL"), [invoice])
    whole = build_file(FileHead(GP_NUMBER, FUND, "ABC123", TODAY), [lot])
    return whole.replace(GP_NUMBER.encode(), billing_number.encode())


def test_a_refused_b2_file_says_that_nothing_of_it_was_taken(site: Site) -> None:
    path = site.state.parent / "cut.b2"
    path.write_bytes(carried(GP_NUMBER)[:-140])
    code, document = site.run("import", str(path))
    assert (code, document["recorded"], document["lots"]) == (1, 0, [])
    (said,) = of_code(document, "R087")
    assert "0 sheets of the 1" in said["message"]
    assert "0 feuille prise en charge" in site.say("import", str(path))[1]
    assert sheets_in(site) == []


def test_the_b2_file_of_another_practice_is_not_taken_in(site: Site) -> None:
    path = site.state.parent / "other.b2"
    path.write_bytes(carried(NURSE_NUMBER))
    code, document = site.run("import", str(path))
    assert (code, document["recorded"]) == (1, 0)
    assert {"R087", "R088"} <= set(codes(document))
    assert NURSE_NUMBER in of_code(document, "R088")[0]["message"]
    assert sheets_in(site) == []
    path.write_bytes(carried(GP_NUMBER))
    assert site.run("import", str(path))[1]["recorded"] == 1


# --- corrections


@pytest.fixture
def rejected(site: Site) -> str:
    """A sheet that the fund rejected, as the store then has it."""
    name = recorded(site)
    with sqlite3.connect(site.state / "practice.sqlite") as store:
        store.execute(
            "UPDATE sheets SET state = 'rejected', rejected_cents = fund_cents, accepted_cents = 0, ended_at = recorded_at"
        )
    return name


def test_a_correction_is_one_sheet(site: Site, rejected: str) -> None:
    path = csv_file(site, {}, {"reference": "2"}, {"code": "ZZZZ"})
    code, document = site.run("correct", rejected, str(path))
    assert (code, document["sheet"], codes(document)) == (1, None, ["R089"])
    assert "3 sheets" in document["findings"][0]["message"]
    assert len(sheets_in(site)) == 1
    code, document = site.run("correct", rejected, str(csv_file(site, {"settlement": "patient_paid"})))
    assert (code, len(sheets_in(site))) == (0, 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"birth_date": "1970-03-10"}, "birth date (1970-03-09, here 1970-03-10)"),
        ({"performed_on": BEFORE}, "day of the acts ("),
    ],
)
def test_a_correction_of_another_patient_or_day_is_asked_for(
    site: Site, rejected: str, change: dict[str, str], said: str
) -> None:
    path = csv_file(site, change)
    code, document = site.run("correct", rejected, str(path))
    assert (code, document["sheet"], codes(document)) == (1, None, ["R090"])
    assert said in document["findings"][0]["message"]
    assert len(sheets_in(site)) == 1
    code, document = site.run("correct", rejected, str(path), "--yes")
    assert (code, "R090" in codes(document)) == (0, False)
    assert document["sheet"] is not None
    assert codes(site.run("correct", rejected, str(csv_file(site, {})))[1]) == ["R028"]


def test_a_row_that_names_the_sheet_it_corrects_is_told_when_the_care_is_other(site: Site, rejected: str) -> None:
    path = site.state.parent / "day.json"
    path.write_text(json.dumps(rows({"replaces": rejected, "birth_date": "1970-03-10"})))
    code, document = site.run("import", str(path))
    assert (code, counts(document)) == (0, (1, 0, 0))
    assert [item["level"] for item in of_code(document, "R090")] == ["warning"]
    assert counts(site.run("import", str(path))[1]) == (0, 1, 0)


# --- settings


@pytest.mark.parametrize(
    ("first", "last", "key", "expected"),
    [
        (5, 3, "stations.0.last", "44 ... 9999"),
        (1, 2, "stations.0.last", "40 ... 9999"),
        (1, 10, "stations.0.last", "40 ... 9999"),
        (9970, 9999, "stations.0.first", "1 ... 9960"),
        (0, 9999, "stations.0.first", "1 ... 9999"),
    ],
)
def test_a_range_that_cannot_number_is_told_with_its_line(
    site: Site, first: int, last: int, key: str, expected: str
) -> None:
    path = site.state / "practice.toml"
    text = re.sub(r"(?m)^first = \d+$", f"first = {first}", path.read_text())
    path.write_text(re.sub(r"(?m)^last = \d+$", f"last = {last}", text))
    line = path.read_text().splitlines().index(f"{key[11:]} = {first if key.endswith('first') else last}") + 1
    for command in (("record", *ENTRY), ("status",)):
        code, document = site.run(*command)
        assert (code, codes(document)) == (3, ["E013"])
        (said,) = document["findings"]
        assert (said["place"]["source"], said["place"]["line"], said["place"]["field"]) == ("practice.toml", line, key)
        assert expected in said["message"]


def test_a_sheet_taken_back_from_a_kept_store_is_still_known_to_its_file(site: Site) -> None:
    site.run("backup")
    path = csv_file(site, {"reference": "r1"})
    name = site.run("import", str(path))[1]["sheets"][0]["sheet"]
    kept = site.run("restore", "--replace-newer")[1]["kept"]
    assert site.run("recover", kept)[1]["sheets"] == [name]
    document = site.run("import", str(path))[1]
    assert (counts(document), document["sheets"][0]["already"]) == ((0, 1, 0), name)
