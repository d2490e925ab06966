"""Tables say what the decoder says, row by row: through parquet and polars, through CSV, to the cent; nothing lost in silence."""

import csv
import sys
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invoice_maker import DAY, FUND, PROVIDER, invoice

from vaguemestre.core.b2.codec import decode_record
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.core.wire.records import UnwritableError
from vaguemestre.tables.b2_order import COMPLEMENTS, INVOICE_RECORDS, LINE_RECORDS
from vaguemestre.toolkit.b2.converting import splitting
from vaguemestre.toolkit.b2.converting.convert import Target, convert
from vaguemestre.toolkit.b2.converting.record_json import FORMS
from vaguemestre.toolkit.converting.members import is_member, member_name
from vaguemestre.toolkit.converting.order import Order
from vaguemestre.toolkit.converting.record_form import RAW
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.source import Source

sys.path.append(str(Path(__file__).parent))

from b2_made import files, record, records, spoiled

Row = dict[str, Any]


def hospital_file(lots: int, invoices: int) -> bytes:
    """Made invoices of every record; those whose patient would be owed money are left out."""
    random, made = Random(5), []
    while len(made) < lots * invoices:
        with suppress(UnwritableError):
            made.append(b"".join(invoice(random, f"{len(made) + 1:09d}", random.randint(1, 4))))
    heads = [LotHead(PROVIDER, FUND, number, DAY, "Hôpital d'Élan") for number in range(1, lots + 1)]
    parts = [build_lot(head, made[rank * invoices :][:invoices]) for rank, head in enumerate(heads)]
    return build_file(FileHead(PROVIDER, FUND, "A00001", DAY), parts)


HOSPITAL = hospital_file(lots=3, invoices=12)


def converted(data: bytes, folder: Path, target: Target = Target.PARQUET, **options: Any) -> Tally:
    return convert(Source.of_bytes(data, "f.b2"), Order(target, str(folder), **options))


def expected_tables(data: bytes) -> dict[str, list[Row]]:
    """What the decoder record by record says, keyed as tables are."""
    tables: dict[str, list[Row]] = {}
    lots = invoices = lines = 0
    for item in read_records(data):
        if isinstance(item, Finding):
            continue
        number, raw = item
        one, _ = decode_record(raw, number)
        if one is None:
            continue
        name = one.name
        lots += name == "1"
        if name == "2":
            invoices, lines = invoices + 1, 0
        lines += name in LINE_RECORDS
        row: Row = {
            "file": "f.b2",
            "record_number": number,
            "lot": (lots or None) if name not in ("000", "999") else None,
            "invoice": (invoices or None) if name in INVOICE_RECORDS else None,
            "line": (lines or None) if invoices and name in (*LINE_RECORDS, *COMPLEMENTS) else None,
        }
        values = one.values
        for entry in one.plan.layout.fields:
            if is_member(entry):
                value = values[entry.name]
                row[member_name(entry)] = None if value == "" and entry.kind is Kind.TEXT else value
        row["raw"] = str(raw, "latin-1") if RAW in FORMS[name].members(raw) else None
        tables.setdefault(name, []).append(row)
    return tables


def tables_in(folder: Path) -> dict[str, list[Row]]:
    return {path.stem: pl.read_parquet(path).rows(named=True) for path in folder.glob("*.parquet")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.one_of(files(record(), 25), files(spoiled(), 25)))
def test_parquet_through_polars_says_what_the_decoder_says(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        tally = converted(data, Path(folder) / "t")
        expected = expected_tables(data)
        assert (tables_in(Path(folder) / "t") if expected else {}) == expected
        assert tally.records == sum(len(rows) for rows in expected.values())


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_damaged_file_breaks_no_conversion(data: st.DataObject) -> None:
    damaged = bytearray(HOSPITAL[: 128 * 120])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 300))] = data.draw(st.binary(max_size=200))
    with TemporaryDirectory() as folder:
        tally = converted(bytes(damaged), Path(folder) / "t")
        expected = expected_tables(bytes(damaged))
        assert (tables_in(Path(folder) / "t") if expected else {}) == expected
        assert tally.recognised == bool(expected)
        converted(bytes(damaged), Path(folder) / "c", Target.CSV, excel=True)


@pytest.mark.parametrize("rows_max", [1, 7, 32_768])
def test_every_record_of_hospital_files_becomes_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_max: int
) -> None:
    monkeypatch.setattr(splitting, "ROWS_MAX", rows_max)
    tally = converted(HOSPITAL, tmp_path / "t")
    expected = expected_tables(HOSPITAL)
    assert tables_in(tmp_path / "t") == expected
    assert set(expected) == set(B2)
    assert (tally.lots, tally.invoices, tally.findings) == (3, 36, [])


def test_types_are_right_and_totals_join_to_the_cent(tmp_path: Path) -> None:
    converted(HOSPITAL, tmp_path / "t")
    lines, ends = (pl.read_parquet(tmp_path / "t" / f"{name}.parquet") for name in ("4", "5"))
    types = {
        name: lines.schema[name] for name in ("care_date", "coefficient", "fee_total_cents", "quantity", "act_code")
    }
    assert types == {
        "care_date": pl.Date,
        "coefficient": pl.Decimal(6, 2),
        "fee_total_cents": pl.Int64,
        "quantity": pl.Int32,
        "act_code": pl.String,
    }
    sums = lines.group_by("invoice").agg(pl.col("fee_total_cents").sum().alias("found"))
    joined = ends.join(sums, on="invoice", how="left").with_columns(pl.col("found").fill_null(0))
    assert joined.height == 36
    assert joined["found"].to_list() == joined["total_fees_cents"].to_list()
    complements = pl.read_parquet(tmp_path / "t" / "4S.parquet")
    assert lines.join(complements, on=["invoice", "line"]).height == lines.height == complements.height


def test_what_is_no_value_is_null_told_and_kept_raw(tmp_path: Path) -> None:
    parts = records()
    bad = bytearray(parts[4])
    bad[69:75], bad[80:82] = b"229931", b" X"
    data = b"".join([*parts[:4], bytes(bad), *parts[5:]])
    tally = converted(data, tmp_path / "t")
    (first, _) = pl.read_parquet(tmp_path / "t" / "4.parquet").rows(named=True)
    assert (first["care_date"], first["quantity"], first["fee_total_cents"]) == (None, None, 2500)
    assert first["raw"] == str(bad, "latin-1")
    assert {(item.code.code, item.place.record) for item in tally.findings} == {
        ("B005", 5),
        ("B002", 5),
        ("J012", None),
    }
    assert tally.doubtful == 1


def test_what_is_no_record_is_told_and_counted(tmp_path: Path) -> None:
    parts = records()
    strange = bytearray(parts[4])
    strange[35:36], strange[69:75] = b"Z", b"XXXXXX"
    tally = converted(b"".join([*parts[:5], bytes(strange), parts[5][:100], *parts[6:]]), tmp_path / "t")
    codes = [item.code.code for item in tally.findings]
    assert "B001" in codes
    assert codes[-1] == "J011"
    assert tally.unread == 2
    assert tally.records == len(parts) - 1


def test_letters_beyond_ascii_stand_as_they_are(tmp_path: Path) -> None:
    parts = records()
    name = bytearray(parts[1])
    name[29:40] = "CABINET ÉLA".encode("latin-1")
    converted(b"".join([parts[0], bytes(name), *parts[2:]]), tmp_path / "t")
    assert pl.read_parquet(tmp_path / "t" / "1.parquet")["provider_name"].to_list() == ["CABINET ÉLAN"]


def shown(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def test_csv_says_the_same_as_text(tmp_path: Path) -> None:
    converted(HOSPITAL, tmp_path / "t", Target.CSV)
    for name, expected in expected_tables(HOSPITAL).items():
        with (tmp_path / "t" / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            found = list(csv.DictReader(stream))
        assert found == [{key: shown(value) for key, value in row.items()} for row in expected]


def test_excel_gets_euros_french_days_and_no_formula(tmp_path: Path) -> None:
    parts = records()
    hostile = bytearray(parts[1])
    hostile[29:41] = b'=1+1;"CMD"  '
    tally = converted(b"".join([parts[0], bytes(hostile), *parts[2:]]), tmp_path / "t", Target.CSV, excel=True)
    assert tally.findings == []
    text = (tmp_path / "t" / "4.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "t" / "4.csv").open(newline="", encoding="utf-8-sig") as stream:
        (line, _) = list(csv.DictReader(stream, delimiter=";"))
    assert line["fee_total"] == "25,00"
    assert line["care_date"] == "27/04/2022"
    assert line["coefficient"] == "1,00"
    assert line["beneficiary_rank"] == '="000"'
    with (tmp_path / "t" / "1.csv").open(newline="", encoding="utf-8-sig") as stream:
        (head,) = list(csv.DictReader(stream, delimiter=";"))
    assert head["provider_name"] == '="=1+1;""CMD"""'


def test_a_large_amount_stays_exact_in_euros(tmp_path: Path) -> None:
    parts = records()
    end = bytearray(parts[-2])
    end[24:33] = b"999999901"
    converted(b"".join([*parts[:-2], bytes(end), parts[-1]]), tmp_path / "t", Target.CSV, excel=True)
    with (tmp_path / "t" / "6.csv").open(newline="", encoding="utf-8-sig") as stream:
        (tail,) = list(csv.DictReader(stream, delimiter=";"))
    assert Decimal(tail["total_amount_1"].replace(",", ".")) == Decimal("9999999.01")
