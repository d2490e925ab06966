"""A care sheet as an invoice and back: equal with its signed header, equal in all that B2 carries without it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from b2_samples import file_head, invoice, lot_head
from hypothesis import given, settings
from sheet_values import as_carried, sheets

from sheet_kit import sheet
from vaguemestre.core.b2.assembly import HeaderItem, header_items, sheet_to_invoice
from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.disassembly import carried_identity, invoice_to_sheet
from vaguemestre.core.b2.files import Invoice, parse_file, parse_invoice
from vaguemestre.core.b2.writing import build_file, build_lot
from vaguemestre.core.caresheet import (
    Beneficiary,
    BirthDate,
    CareSheet,
    CcamDetail,
    Cover,
    Exemption,
    InsuranceNature,
    Majoration,
    Settlement,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.parties import Performer, Prescriber
from vaguemestre.core.payer.intake import carried_key, store_key
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.core.seal import sheetsigning
from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.b2_private_practice import COMMON, OPTIONAL, PRIVATE_PRACTICE, constants

D = date(2022, 4, 27)
CONSULTATION = SheetLine(1, D, "G", Majoration.NONE, 1, Decimal(1), 1, 2500, 2500, 70, 1750, 2500, 750)
SCALING = replace(
    CONSULTATION, number=2, code="HBJD001", teeth=("11", "12"), ccam=CcamDetail(modifiers=("N",), association="4")
)
SHEET = sheet(
    identity=SheetIdentity("291991107", D, 1),
    beneficiary=Beneficiary("2580427123456", "12", BirthDate(1958, 4, 27)),
    performer=Performer("10000000017", "291991107", "01"),
    lines=(CONSULTATION,),
    settlement=Settlement.TIERS_PAYANT,
    card_serial="0000000042",
)


def written(sheet: CareSheet) -> bytes:
    data, found = sheet_to_invoice(sheet)
    assert found == ()
    assert data is not None
    return data


def parsed(data: bytes) -> Invoice:
    read, found = parse_invoice(data)
    assert found == ()
    assert read is not None
    return read


@settings(max_examples=60)
@given(sheet=sheets())
def test_with_its_header_a_sheet_comes_back_whole(sheet: CareSheet) -> None:
    items = header_items(sheet)
    sheetsigning.encode_header(sheetsigning.SheetHeader(sheet.identity, items))  # the signed header takes them
    back, found = invoice_to_sheet(parsed(written(sheet)), sheet.identity, items)
    assert found == ()
    assert back == sheet


@settings(max_examples=60)
@given(sheet=sheets())
def test_without_header_all_that_b2_carries_comes_back(sheet: CareSheet) -> None:
    back, found = invoice_to_sheet(parsed(written(sheet)))
    assert found == ()
    assert back == as_carried(sheet)


@settings(max_examples=20)
@given(sheet=sheets())
def test_a_written_sheet_has_no_finding_in_its_lot(sheet: CareSheet) -> None:
    """Every mandatory field is filled, every count and total is true."""
    head = replace(lot_head(), billing_number=sheet.identity.billing_number, destination=sheet.destination)
    whole, found = parse_file(build_file(file_head(), [build_lot(head, [written(sheet)])]))
    assert found == ()
    assert whole is not None


def test_the_records_of_a_consultation() -> None:
    data = written(SHEET)
    assert [record.name for record in parsed(data).records] == ["2", "2S", "4", "4S", "4E", "5"]
    assert data[128 * 2 : 128 * 3].decode() == (
        "4291991107 25804271234561200022117000100000291991107 0002919911070001220427G    0100010001000250000025000700001750"
        "0002500 000750"
    )


def test_a_dental_act_names_its_group_and_its_teeth() -> None:
    records = parsed(written(replace(SHEET, lines=(CONSULTATION, SCALING)))).records
    assert [record.name for record in records] == ["2", "2S", "4", "4S", "4E", "4", "4S", "4E", "4M", "5"]
    assert records[5]["act_code"] == "AXI"
    detail = records[8]
    assert [detail[name] for name in ("ccam_code", "tooth_1", "tooth_2", "modifier_1")] == ["HBJD001", "11", "12", "N"]
    unknown = parsed(written(replace(SHEET, lines=(replace(SCALING, code="ZZZZ999"),)))).records
    assert (unknown[2]["act_code"], unknown[5]["ccam_code"]) == ("CCAM", "ZZZZ999")


def test_only_what_b2_lacks_stands_in_the_header() -> None:
    assert header_items(SHEET) == {
        "birth_date": "1958-04-27",
        "card_serial": "0000000042",
        "completed_on": "2022-04-27",
        "currency": "EUR",
    }


def test_who_prescribes_nothing_prescribes_for_himself() -> None:
    records = parsed(written(SHEET)).records
    assert records[2]["prescriber_number"] == records[2]["performer_number"] == "291991107"
    assert invoice_to_sheet(parsed(written(SHEET)))[0].prescriber is None  # type: ignore[union-attr]
    himself = replace(SHEET, prescriber=Prescriber("", "291991107", "2022-04-20"))
    back, _ = invoice_to_sheet(parsed(written(himself)), himself.identity, header_items(himself))
    assert back == himself


def test_a_carried_invoice_keeps_the_number_that_other_software_gave() -> None:
    data = b"".join(invoice("229999999"))
    back, found = invoice_to_sheet(parsed(data))
    assert found == ()
    assert back is not None
    assert (
        back.identity
        == carried_identity("291991107", "229999999", D)
        == SheetIdentity("291991107", date(2022, 1, 1), 0, "229999999")
    )


def test_an_hundred_years_old_patient_needs_the_header() -> None:
    old = replace(SHEET, beneficiary=replace(SHEET.beneficiary, birth_date=BirthDate(1918, 4, 27)))
    data = parsed(written(old))
    assert invoice_to_sheet(data)[0].beneficiary.birth_date.year == 2018  # type: ignore[union-attr]
    assert invoice_to_sheet(data, old.identity, header_items(old))[0] == old


@pytest.mark.parametrize(
    ("change", "code", "zone"),
    [
        (lambda s: replace(s, lines=()), "B022", "[0539]"),
        (lambda s: replace(s, lines=(replace(CONSULTATION, complementary_cents=1_000_000),)), "B010", "[04123]"),
        (lambda s: replace(s, lines=(replace(CONSULTATION, quantity=100),)), "B010", "[0481]"),
        (lambda s: replace(s, lines=(replace(CONSULTATION, code="FERIE_ORT"),)), "B010", "[0476]"),
        (lambda s: replace(s, lines=(replace(CONSULTATION, fund_cents=-1),)), "B011", "[04108]"),
        (lambda s: replace(s, lines=(replace(CONSULTATION, performed_on=date(1969, 1, 1)),)), "B011", "[0280]"),
        (lambda s: replace(s, lines=(replace(SCALING, ccam=CcamDetail(modifiers=tuple("NFUPX"))),)), "B010", "[4M62]"),
        (lambda s: replace(s, complementary_body="mutuelle"), "B011", "[02119]"),
        (lambda s: replace(s, beneficiary=replace(s.beneficiary, insured_nir="")), "B008", "[0212]"),
    ],
)
def test_what_b2_cannot_hold_is_said(change: Callable[[CareSheet], CareSheet], code: str, zone: str) -> None:
    data, found = sheet_to_invoice(change(SHEET))
    assert data is None
    assert (found[0].code.code, found[0].place.field) == (code, zone)


def spoilt(rank: int, name: str, zone: str, content: str, sheet: CareSheet = SHEET) -> Invoice:
    data = bytearray(written(sheet))
    where = B2[name].by_name[zone].where
    start = (rank - 1) * RECORD_BYTES
    data[start + where.start : start + where.stop] = content.encode("ascii")
    read, _ = parse_invoice(bytes(data))
    assert read is not None
    return read


TWO = replace(SHEET, lines=(CONSULTATION, replace(CONSULTATION, number=2)))


@pytest.mark.parametrize(
    ("given_invoice", "code", "record", "zone"),
    [
        (spoilt(5, "4E", "record_subtype", "H"), "B050", 5, "[4H01]"),
        (spoilt(1, "2", "insurance_nature", "77"), "B051", 1, "[0277]"),
        (spoilt(1, "2", "copay_exemption_code", "Z"), "B051", 1, "[0279]"),
        (spoilt(2, "2S", "payment_recipient", "07"), "B051", 2, "[2S48]"),
        (spoilt(2, "2S", "care_pathway_indicator", "J"), "B051", 2, "[2S121]"),
        (spoilt(3, "4", "act_code", "G   Z"), "B051", 3, "[0476]"),
        (spoilt(3, "4", "charge_qualifier", "B"), "B051", 3, "[04122]"),
        (spoilt(4, "4S", "performer_practice_mode", "X"), "B051", 4, "[4S39]"),
        (spoilt(6, "4", "performer_number", "291991115", TWO), "B052", 6, "[0457]"),
        (spoilt(6, "4", "prescriber_number", "291991115", TWO), "B052", 6, "[0444]"),
        (spoilt(7, "4S", "prior_approval_request_date", "220420", TWO), "B052", 7, "[4S49]"),
        (spoilt(8, "4E", "performer_rpps", "10000000025", TWO), "B052", 8, "[4E64]"),
    ],
)
def test_an_invoice_that_is_no_sheet_is_said(given_invoice: Invoice, code: str, record: int, zone: str) -> None:
    if code == "B050":
        given_invoice = replace(given_invoice, findings=())  # its other faults are told elsewhere
    sheet, found = invoice_to_sheet(given_invoice)
    assert sheet is None
    assert [(item.code.code, item.place.record, item.place.field) for item in found] == [(code, record, zone)]


def test_two_sessions_of_one_act_are_not_read_as_one() -> None:
    data = written(replace(SHEET, lines=(replace(SCALING, number=1),)))
    details = data[5 * 128 : 6 * 128]
    second = details[:36] + b"02" + details[38:]
    whole = data[: 6 * 128] + second + data[6 * 128 :].replace(b"001004", b"001005", 1)
    sheet, found = invoice_to_sheet(parsed(whole))
    assert sheet is None
    assert [item.code.code for item in found] == ["B052"]


@pytest.mark.parametrize(
    ("identity", "items", "code"),
    [
        (replace(SHEET.identity, billing_number="291991115"), {}, "B053"),
        (replace(SHEET.identity, serial=2), {}, "B053"),
        (SHEET.identity, {"birth_date": "1958-04-28"}, "B053"),
        (SHEET.identity, {"birth_date": "yesterday"}, "B054"),
        (SHEET.identity, {"completed_on": "2022-02-30"}, "B054"),
        (SHEET.identity, {"completed_on": 20220427}, "B054"),
        (SHEET.identity, {"replaces": "291991107/2022"}, "B054"),
        (SHEET.identity, {"replaces": "291991107/2022-04-26/x"}, "B054"),
        (SHEET.identity, {"delivery_on": True}, "B054"),
        (SHEET.identity, {"number:1": 0}, "B054"),
        (SHEET.identity, {"number:1": 1000}, "B054"),
        (SHEET.identity, {"number:1": "2"}, "B054"),
    ],
)
def test_a_header_that_contradicts_or_cannot_be_read_is_said(
    identity: SheetIdentity, items: dict[str, HeaderItem], code: str
) -> None:
    sheet, found = invoice_to_sheet(parsed(written(SHEET)), identity, items)
    assert sheet is None
    assert [item.code.code for item in found] == [code]


def test_lines_keep_the_numbers_that_valuation_gave() -> None:
    gaps = replace(SHEET, lines=(replace(CONSULTATION, number=2), replace(CONSULTATION, number=5)))
    items = header_items(gaps)
    assert {name: value for name, value in items.items() if name.startswith("number")} == {"number:1": 2, "number:2": 5}
    assert invoice_to_sheet(parsed(written(gaps)), gaps.identity, items) == (gaps, ())


def test_an_unsound_invoice_gives_its_own_findings_back() -> None:
    bad = spoilt(6, "5", "total_fees", "00009999")
    assert not bad.sound
    sheet, found = invoice_to_sheet(bad)
    assert sheet is None
    assert [item.code.code for item in found] == ["B026"]


@pytest.mark.parametrize(
    ("nature", "changes", "in_field"),
    [
        (InsuranceNature.WORK_ACCIDENT, {"work_accident_number": "210123454", "work_accident_on": D}, "210123454"),
        (InsuranceNature.WORK_ACCIDENT, {"work_accident_on": D}, "000220427"),
        (InsuranceNature.ILLNESS, {"third_party_accident_on": D}, "000220427"),
        (InsuranceNature.ILLNESS, {"exemption": Exemption.LONG_TERM_ILLNESS}, "000000000"),
    ],
)
def test_an_accident_is_a_number_or_a_date(nature: InsuranceNature, changes: dict[str, Any], in_field: str) -> None:
    sheet = replace(SHEET, cover=replace(Cover(nature=nature), **changes))
    data = parsed(written(sheet))
    assert data.records[0]["work_accident_number"] == in_field
    assert invoice_to_sheet(data, sheet.identity, header_items(sheet))[0] == sheet


# --- what a self-employed practice writes ----------------------------------------------------------------------------

OURS = ("000", "1", "2", "2S", "4", "4S", "4E", "4M", "5", "6", "999")


@pytest.mark.parametrize("record", OURS)
def test_the_table_says_what_stands_in_every_mandatory_field(record: str) -> None:
    """Every mandatory field but constants has one entry, and no entry names a field that is not there."""
    said = [entry for entry in PRIVATE_PRACTICE if entry.record == record]
    names = {entry.name for entry in said}
    assert len(names) == len(said)
    common = {entry.name for entry in PRIVATE_PRACTICE if entry.record == COMMON} if record[0] in "245" else set()
    mandatory = {entry.name for entry in B2[record].fields if entry.mandatory and not entry.constant}
    assert names <= mandatory
    assert mandatory <= names | common
    assert all(entry.writes and entry.why for entry in said)
    for entry in (*said, *(entry for entry in OPTIONAL if entry.record == record)):
        assert entry.name in B2[record].by_name
        assert entry.constant is None or len(entry.constant) <= B2[record].by_name[entry.name].length


def test_the_constants_of_the_table_are_what_is_written() -> None:
    sheet = replace(SHEET, lines=(CONSULTATION, SCALING))
    whole, _ = parse_file(build_file(file_head(), [build_lot(lot_head(), [written(sheet)])]))
    assert whole is not None
    assert whole.header is not None
    assert whole.trailer is not None
    assert whole.lots[0].head is not None
    assert whole.lots[0].tail is not None
    records = [whole.header, whole.lots[0].head, *whole.invoices[0].records, whole.lots[0].tail, whole.trailer]
    assert {record.name for record in records} == set(OURS)
    for record in records:
        for name, content in constants(record.name).items():
            assert record.raw(name).decode().strip() == content, (record.name, name)


def test_a_carried_invoice_is_never_one_of_ours_and_names_itself() -> None:
    ours = SheetIdentity("291991107", date(2022, 1, 1), 5)
    carried = carried_identity("291991107", "000000005", date(2022, 4, 27))
    assert carried != ours
    assert (carried.invoice_number, str(carried)) == ("000000005", "291991107/2022/000000005")
    assert store_key(carried) == carried_key("291991107", "000000005", date(2022, 4, 27))
    assert str(store_key(carried)) == str(SheetKey.of(carried)) == str(carried)
    assert {carried, ours} == {ours, carried_identity("291991107", "000000005", date(2022, 12, 31))}
