"""The library's three doors: what is shown runs; they take any input, tell B2 from NOEMIE, and load nothing early."""

import doctest
import gzip
import io
import subprocess
import sys
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import vaguemestre.toolkit
from noemie_kit import ANSWER, PAID
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.findings import Level
from vaguemestre.core.noemie.shape import PaymentState
from vaguemestre.core.wire.records import UnwritableError
from vaguemestre.toolkit import check, read, write
from vaguemestre.toolkit.inputs import UnreadableError
from vaguemestre.toolkit.reading import B2Reading, NoemieReading
from vaguemestre.toolkit.source import Source
from vaguemestre.toolkit.writing import NewLot, NewRecord, build_invoice

sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

from b2_samples import file_head, lot_head, records

SOUND = b"".join(records()).replace(b"258042712345612", b"258042712345607")  # the key that this NIR has
DAY = date(2022, 4, 27)


def test_the_examples_of_the_documentation_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lot.b2").write_bytes(SOUND)
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(vaguemestre.toolkit)
    assert result.attempted >= 4
    assert result.failed == 0


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = "import sys, vaguemestre.toolkit; print([name for name in ('numpy', 'pyarrow', 'msgspec') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
    assert (Path(vaguemestre.__file__).parent / "py.typed").exists()


def message(data: bytes) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "IR"
    mail.add_attachment(data, maintype="application", subtype="EDI-consent")
    return mail.as_bytes()


@pytest.mark.parametrize("form", ["path", "text", "bytes", "stream", "pipe", "source", "gzip", "mail"])
def test_any_input_is_read_and_checked_alike(tmp_path: Path, form: str) -> None:
    path = tmp_path / "lot.b2"
    data = {"gzip": gzip.compress(SOUND), "mail": message(SOUND)}.get(form, SOUND)
    path.write_bytes(data)
    given: dict[str, Any] = {
        "path": lambda: path,
        "text": lambda: str(path),
        "stream": lambda: io.BytesIO(data),
        "pipe": lambda: path.open("rb", buffering=0),
        "source": lambda: Source.of_bytes(data),
    }
    give = given.get(form, lambda: data)
    reading = read(give())
    assert isinstance(reading, B2Reading)
    assert [invoice.number for invoice in reading.invoices] == ["221170001", "221170002"]
    report = check(give())
    assert (report.recognised, report.invoices, report.records, report.passes()) == (True, 2, 16, True)


def test_a_file_is_walked_again_and_in_every_way() -> None:
    reading = read(SOUND, "b2")
    for _ in range(2):
        assert [record.name for record in reading.records][:3] == ["000", "1", "2"]
        (lot,) = reading.lots
        assert (lot.number, len(lot.invoices), lot.findings) == ("001", 2, ())
        assert len(list(reading.events)) == 6
        whole, findings = reading.whole()
        assert whole is not None
        assert (whole.invoices, findings) == (tuple(reading.invoices), ())


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.4", b"\x00" * 600, SOUND[1:60], "é".encode("utf-16")])
def test_what_is_neither_is_refused_with_a_finding(data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(data)
    (why,) = caught.value.findings
    report = check(data)
    assert (report.recognised, report.passes(), report.findings) == (False, False, (why,))
    assert report.count(Level.ERROR) == 1


def test_a_missing_file_is_a_finding_too(tmp_path: Path) -> None:
    report = check(tmp_path / "nothing.b2")
    assert [item.code.code for item in report.findings] == ["E004"]
    with pytest.raises(UnreadableError):
        read(tmp_path / "nothing.b2")


# --- writing ---------------------------------------------------------------------------------------------------------


def consultation(number: str, **changes: Any) -> list[NewRecord]:
    """One consultation as values: nothing repeated, nothing that can be computed."""
    first: Invoice = next(iter(read(SOUND, "b2").invoices))
    kept = {"2": {}, "2S": {}, "4": {}, "4S": {}, "4E": {}}
    shared = ("provider_number", "insured_nir", "insured_nir_key", "invoice_number")
    made: list[NewRecord] = []
    for record in first.records:
        if record.name not in kept:
            continue
        values = {
            name: value
            for name, value in record.values.items()
            if value not in ("", 0, None) and name not in (*shared, "sequence_number", "record_type", "record_subtype")
        }
        if record.name == "2":
            values |= {name: record[name] for name in shared} | {"invoice_number": number, "admission_number": number}
        if record.name == "4":
            values |= changes
        made.append((record.name, values))
    return made


def test_values_become_a_file_with_true_counts_and_totals(tmp_path: Path) -> None:
    path = tmp_path / "made.b2"
    lots = [
        NewLot(replace(lot_head(), number=rank), [consultation(f"22117{rank}00{one}") for one in range(1, 4)])
        for rank in (1, 2)
    ]
    report = write(path, file_head(), lots)
    assert (report.passes(), report.lots, report.invoices, report.records) == (True, 2, 6, 42)
    assert [item for item in report.findings if item.level is Level.ERROR] == []
    whole, findings = read(path, "b2").whole()
    assert whole is not None
    assert findings == ()
    assert [lot.tail["total_amount_1"] for lot in whole.lots if lot.tail] == [7500, 7500]
    assert whole.trailer is not None
    assert whole.trailer["record_count"] == 42
    end = whole.invoices[0].records[-1]
    assert (end["total_fees"], end["total_patient_share"], end["line_record_count"]) == (2500, 750, 3)


def test_what_was_read_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "again.b2.gz"
    (lot,) = read(SOUND, "b2").lots
    write(path, file_head(), [NewLot(lot_head(), lot.invoices)], gzip=True, end_of_line=b"\r\n")
    assert gzip.decompress(path.read_bytes()) == b"".join(
        SOUND[at : at + 128] + b"\r\n" for at in range(0, len(SOUND), 128)
    )


def test_what_cannot_be_written_is_refused_with_every_place(tmp_path: Path) -> None:
    path = tmp_path / "made.b2"
    bad = [
        consultation("221170001", act_code="TOOLONG", quantity=-1),
        consultation("221170002", care_date=date(1950, 1, 1)),
    ]
    with pytest.raises(UnwritableError) as caught:
        write(path, file_head(), [NewLot(lot_head(), bad)])
    assert [(item.code.code, item.place.field, item.place.record) for item in caught.value.findings] == [
        ("B010", "[0476]", 5),
        ("B011", "[0481]", 5),
        ("B011", "[0470]", 5),
    ]
    assert list(tmp_path.iterdir()) == []


def test_what_the_checks_refuse_is_not_written(tmp_path: Path) -> None:
    twice = [consultation("221170001"), consultation("221170001")]
    with pytest.raises(UnwritableError) as caught:
        write(tmp_path / "made.b2", file_head(), [NewLot(lot_head(), twice)])
    assert "B027" in {item.code.code for item in caught.value.findings}
    with pytest.raises(UnwritableError) as caught:
        write(tmp_path / "made.b2", file_head(), [])
    assert "B045" in {item.code.code for item in caught.value.findings}
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_name_is_the_caller_s_own_fault(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        build_invoice([("2", {"nothing": 1})])
    with pytest.raises(KeyError):
        build_invoice([("2Z", {})])
    with pytest.raises(ValueError, match="records"):
        build_invoice([])
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError):
        write(tmp_path / "mine", file_head(), [NewLot(lot_head(), [consultation("221170001")])])
    assert (tmp_path / "mine").read_text() == "mine"
    assert write(tmp_path / "mine", file_head(), [NewLot(lot_head(), [consultation("221170001")])], force=True).passes()


# --- returns ---------------------------------------------------------------------------------------------------------


def test_a_return_is_written_read_and_checked(tmp_path: Path) -> None:
    answer = replace(ANSWER, invoices=(PAID, replace(PAID, invoice_number="221170002")))
    path = tmp_path / "return.noemie"
    report = write(path, answer)
    assert report.passes()
    assert report == replace(check(path), source=report.source)
    reading = read(path)
    assert isinstance(reading, NoemieReading)
    assert reading.norm == "noemie"
    assert [entity.name for entity in reading.entities][:5] == ["000", "040", "071", "081", "080"]
    invoices = list(read(path, "noemie").invoices)
    assert [invoice.head.record["invoice_number"] for invoice in invoices] == ["221170001", "221170002"]
    assert [[one.name for one in invoice.entities] for invoice in invoices] == [["102", "103", "150", "198", "210"]] * 2
    assert invoices[0].lot is not None
    assert reading.whole() == (answer, ())


def test_a_return_that_does_not_add_up_is_not_written(tmp_path: Path) -> None:
    wrong = replace(ANSWER, invoices=(PAID, replace(PAID, paid_cents=1700), replace(PAID, state=PaymentState.REJECTED)))
    with pytest.raises(UnwritableError) as caught:
        write(tmp_path / "return.noemie", wrong)
    assert [(item.code.code, item.place.field) for item in caught.value.findings] == [
        ("B064", "invoices[1]"),
        ("B066", "invoices[2]"),
    ]
    assert list(tmp_path.iterdir()) == []
