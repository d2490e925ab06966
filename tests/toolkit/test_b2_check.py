"""`check`: one specimen for each code of the thorough check, what is unconfirmed never fails a file, doubles, damage, bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from check_samples import (
    DAY,
    FEES,
    HOSPITAL,
    NIR,
    PRACTICE,
    PROVIDER,
    Changes,
    Fields,
    cut,
    invoice,
    lot,
    whole,
    wrong_key,
)

from sheet_kit import codes
from vaguemestre.core.findings import Level
from vaguemestre.core.identifiers import make_number, nir_key
from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.finding_codes.b2_checking import CODES as CHECKING
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.report import SHOWN_MAX, CheckReport
from vaguemestre.toolkit.source import Source

OTHER_DAY = date(2022, 4, 20)
PRESCRIBER = make_number("75199012")
FULL: Fields = {"reimbursement_rate": 100, "amount_payable_by_fund": 2500, "amount_payable_by_complementary": 0}
TWO_LINES = (*PRACTICE[:5], *PRACTICE[2:5], PRACTICE[5])
CCAM = (*PRACTICE[:5], ("4M", {"ccam_code": "HBJD001", "activity_code": "1"}), PRACTICE[5])
Model = Sequence[tuple[str, Fields]]


def checked(data: bytes) -> CheckReport:
    return check_file(Source.of_bytes(data, "lot.b2"))


@dataclass(frozen=True)
class Specimen:
    """A change to one sound invoice (records 3 on of the file), and where the finding must stand."""

    changes: Changes
    record: int
    columns: tuple[int, int] | None
    model: Model = PRACTICE
    values: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


ONE = ("4", 1)
SPECIMENS: dict[str, Specimen] = {
    "B100": Specimen({("*", 0): {"insured_nir": "9580427123456"}}, 3, (12, 24), values={"found": "9580427123456"}),
    "B101": Specimen(
        {("*", 0): {"insured_nir_key": "98"}}, 3, (25, 26), values={"found": "98", "expected": nir_key(NIR)}
    ),
    "B102": Specimen(
        {ONE: {"performer_number": "291991108"}}, 5, (57, 65), values={"found": "291991108", "expected": "7"}
    ),
    "B103": Specimen({("3E", 1): {"prescriber_rpps": "1000000001A"}}, 7, (42, 52), HOSPITAL),
    "B104": Specimen({("4E", 1): {"performer_rpps": "10000000018"}}, 7, (64, 74), values={"expected": "7"}),
    "B105": Specimen({("2", 1): {"work_accident_number": wrong_key("12345678")}}, 3, (86, 94)),
    "B106": Specimen({("2", 1): {"scheme_code": "11"}}, 3, (49, 50), values={"found": "11"}),
    "B107": Specimen({ONE: {"tariff_zone": "99"}}, 5, (66, 67), values={"found": "99"}),
    "B108": Specimen({("4M", 2): {"ccam_code": "HBJ0001"}}, 16, (43, 55), HOSPITAL),
    "B109": Specimen({("4M", 1): {"tooth_1": "19"}}, 15, (71, 72), HOSPITAL, {"found": "19"}),
    "B111": Specimen({ONE: {"beneficiary_rank": "002"}}, 5, (27, 29), values={"found": "002", "expected": "000"}),
    "B112": Specimen(
        {("3", 1): {"end_date": OTHER_DAY}}, 5, (50, 55), HOSPITAL, {"found": "2022-04-20", "expected": "2022-04-27"}
    ),
    "B113": Specimen(
        {ONE: {"care_date": DAY + timedelta(1)}}, 5, (70, 75), values={"found": "2022-04-28", "expected": "2022-04-27"}
    ),
    "B114": Specimen(
        {("2", 1): {"birth_date": "220426"}, ONE: {"care_date": OTHER_DAY}},
        5,
        (70, 75),
        values={"found": "2022-04-20", "expected": "2022-04-26"},
    ),
    "B115": Specimen({("4", 2): {"care_date": OTHER_DAY}}, 8, (70, 75), TWO_LINES),
    "B120": Specimen(
        {ONE: {"reimbursement_base": 2600, "amount_payable_by_fund": 1820, "fee_total": 2600}},
        5,
        (98, 104),
        values={"found": "2600", "expected": "2500", "price": "2500", "coefficient": "1.00"},
    ),
    "B121": Specimen(
        {ONE: {"act_code": "G   N", "reimbursement_base": 2400, "amount_payable_by_fund": 1680, "fee_total": 3000}},
        5,
        (98, 104),
        values={"found": "2400", "expected": "2500"},
    ),
    "B122": Specimen(
        {ONE: {"amount_payable_by_fund": 1749}},
        5,
        (108, 114),
        values={"found": "1749", "expected": "1750", "rate": "70"},
    ),
    "B123": Specimen(
        {ONE: {"amount_payable_by_complementary": 751}}, 5, (115, 121), values={"found": "2501", "expected": "2500"}
    ),
    "B124": Specimen({ONE: {"charge_qualifier": "N"}}, 5, (98, 104), values={"found": "2500", "expected": "0"}),
    "B125": Specimen({ONE: {"copay_exemption_code": "4"}}, 5, (105, 107), values={"exemption": "4", "found": "70"}),
    "B126": Specimen({("2", 1): {"insurance_nature": "41"}}, 5, (105, 107), values={"nature": "41", "found": "70"}),
    "B127": Specimen(
        {("3", 1): {"hospital_coefficient": Decimal("1.05")}},
        5,
        (83, 90),
        HOSPITAL,
        {"found": "4000", "expected": "4200"},
    ),
    "B128": Specimen({("3F", 1): {"total_gap": 61}}, 8, (100, 106), HOSPITAL, {"found": "61", "expected": "60"}),
    "B129": Specimen(
        {
            ONE: {
                "reimbursement_base": 2000,
                "amount_payable_by_fund": 1400,
                "fee_total": 2000,
                "amount_payable_by_complementary": 600,
            }
        },
        5,
        (98, 104),
        values={"found": "2000", "expected": "2500"},
    ),
    "B133": Specimen(
        {("4M", 2): {"session_date": date(2022, 4, 19)}},
        16,
        (65, 70),
        HOSPITAL,
        {"found": "2022-04-19", "expected": "2022-04-20"},
    ),
    "B134": Specimen({("4B", 1): {"act2_quantity": 0}}, 13, (65, 70), HOSPITAL, {"rank": "2"}),
    "B135": Specimen({("3E", 1): {"prescriber_rpps": ""}}, 7, None, HOSPITAL, {"found": "3E"}),
    "B136": Specimen({ONE: {"act_code": "MAR"}}, 5, (76, 80), values={"found": "MAR"}),
    "B137": Specimen(
        {ONE: {"treatment_mode": "03", "tariff_discipline": "181"}}, 5, (39, 40), values={"found": "03/181"}
    ),
    "B138": Specimen({("2", 1): {"split_flag": "F"}}, 5, (123, 128), values={"found": "750", "expected": "0"}),
    "B139": Specimen(
        {("4M", 1): {"association_code": "2"}},
        5,
        (98, 104),
        CCAM,
        {"found": "2500", "expected": "1250", "percent": "50"},
    ),
}
IN_ANOTHER_TEST = {"B130", "B131", "B132"}


@pytest.mark.parametrize("model", [PRACTICE, HOSPITAL, TWO_LINES])
@pytest.mark.parametrize("separator", [b"", b"\n", b"\r\n"])
def test_a_sound_file_says_nothing(model: Model, separator: bytes) -> None:
    data = whole(lot([invoice(model, f"22117000{rank}", other_person(rank)) for rank in (1, 2)]))
    report = checked(separator.join(cut(data)))
    assert report.findings == ()
    assert report.recognised
    assert report.passes(strict=True)
    assert (report.records, report.lots, report.invoices) == (len(data) // 128, 1, 2)


def other_person(rank: int) -> Changes:
    return {("*", 0): {"insured_nir": f"25804271234{rank:02d}"}}


@pytest.mark.parametrize("code", SPECIMENS)
def test_one_specimen_per_finding(code: str) -> None:
    specimen = SPECIMENS[code]
    data = whole(
        lot([invoice(specimen.model, changes=specimen.changes), invoice(number="221170009", changes=other_person(9))])
    )
    report = checked(data)
    assert set(codes(report.findings)) == {code, *specimen.also}
    said = next(item for item in report.findings if item.code.code == code)
    assert (said.place.source, said.place.record, said.place.columns) == ("lot.b2", specimen.record, specimen.columns)
    for name, value in specimen.values.items():
        assert said.values[name] == value
    for language in ("fr", "en"):
        assert "?" not in said.message(language) + said.next_step(language)
    assert report.passes() == (BY_CODE[code].level is not Level.ERROR)
    assert report.passes(strict=True) == (BY_CODE[code].level in (Level.UNVERIFIED, Level.NOTE))


def test_every_code_of_the_thorough_check_has_its_specimen() -> None:
    assert {entry.code for entry in CHECKING} == set(SPECIMENS) | IN_ANOTHER_TEST


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({("*", 0): {"insured_nir": "1580427123456"}}, PRACTICE),
        ({("*", 0): {"insured_nir": "25504" + "2A" + "123456"}}, PRACTICE),  # Corsica
        ({("*", 0): {"insured_nir": "25504" + "2B" + "123456"}}, HOSPITAL),
        ({("*", 0): {"insured_nir": "5555555123456"}}, PRACTICE),  # provisional
        ({("*", 0): {"insured_nir": "1555555751333"}}, PRACTICE),  # anonymous
        ({("2", 1): {"work_accident_number": make_number("12345678"), "insurance_nature": "10"}}, PRACTICE),
        ({("2", 1): {"work_accident_number": "000220301"}}, PRACTICE),
        ({("2", 1): {"birth_date": "221301"}}, PRACTICE),  # a lunar month
        ({("2", 1): {"birth_date": "220428"}}, PRACTICE),  # 1922
        ({("2", 1): {"insurance_nature": "30"}, ONE: FULL}, PRACTICE),
        ({ONE: {"act_code": "G   N", "reimbursement_base": 6000, "amount_payable_by_fund": 4200, "fee_total": 6000}}, PRACTICE),
        ({ONE: {**FULL, "copay_exemption_code": "C", "amount_payable_by_fund": 100}}, PRACTICE),  # 24 EUR kept
        ({("2S", 1): {"care_pathway_indicator": "S"},
          ONE: {"reimbursement_rate": 30, "amount_payable_by_fund": 749, "amount_payable_by_complementary": 1751}}, PRACTICE),
        ({("2S", 1): {"care_pathway_indicator": "S"},
          ONE: {"reimbursement_rate": 30, "amount_payable_by_fund": 1190, "amount_payable_by_complementary": 0}}, PRACTICE),
        ({("4", 2): {"care_date": OTHER_DAY, "prescriber_number": PRESCRIBER}}, TWO_LINES),  # prescribed: a series
        ({("4S", 1): {"undescribed_66": "10500"}, ("4", 1): {**FEES, "reimbursement_base": 2625, "amount_payable_by_fund": 1838,
          "fee_total": 2625}}, PRACTICE),  # perhaps a hospital coefficient
        ({("3H", 1): {"split_coefficient": Decimal("0.5"), "total_charge": 300}}, HOSPITAL),
    ],
)  # fmt: skip
def test_what_the_sources_allow_is_no_finding(changes: Changes, model: Model) -> None:
    assert codes(checked(whole(lot([invoice(model, changes=changes)]))).findings) == []


# --- doubles ---------------------------------------------------------------------------------------------------------


def test_a_number_twice_in_a_lot_or_in_the_file() -> None:
    first = lot([invoice(), invoice(changes=other_person(2))])
    report = checked(whole(first, lot([invoice(changes=other_person(3))], 2)))
    assert [(item.code.code, item.place.record, item.values["first"]) for item in report.findings] == [
        ("B027", 9, "3"),
        ("B130", 17, "3"),
    ]


def test_the_same_content_under_another_number() -> None:
    again = invoice(number="221170002", changes={("2", 1): {"admission_number": "221170002"}})
    report = checked(whole(lot([invoice(), invoice(number="221170003", changes=other_person(3))]), lot([again], 2)))
    assert [(item.code.code, item.place.record, item.values["first"]) for item in report.findings] == [
        ("B131", 17, "3")
    ]
    assert report.passes()
    assert not report.passes(strict=True)


def test_the_same_invoice_with_its_number_is_said_once() -> None:
    assert codes(checked(whole(lot([invoice(), invoice()]))).findings) == ["B027"]


def test_a_lot_number_twice() -> None:
    data = whole(lot([invoice()]), lot([invoice(number="221170002", changes=other_person(2))]))
    (said,) = checked(data).findings
    assert (said.code.code, said.level, said.place.record, said.values["first"]) == ("B132", Level.UNVERIFIED, 10, "2")


# --- unconfirmed layouts ---------------------------------------------------------------------------------------------

SOUND = cut(whole(lot([invoice(), invoice(number="221170002", changes=other_person(2))])))
# 1 000, 2 head, 3-8 and 9-14 invoices, 15 tail, 16 999


def with_field(rank: int, name: str, field_name: str, content: bytes) -> bytes:
    where = B2[name].by_name[field_name].where
    record = SOUND[rank - 1]
    spoilt = record[: where.start] + content + record[where.stop :]
    return b"".join([*SOUND[: rank - 1], spoilt, *SOUND[rank:]])


@pytest.mark.parametrize(
    ("rank", "name", "field_name", "content", "code"),
    [
        (1, "000", "creation_date", b"220230", "B005"),
        (1, "000", "encryption", b"Z", "B007"),
        (2, "1", "lot_date", b"000000", "B008"),
        (2, "1", "provider_number", b"291991108", "B102"),
        (2, "1", "provider_name", b"\xc9" + b" " * 39, "B003"),
        (2, "1", "recipient_fund", b"921", "B035"),
        (15, "6", "invoice_count", b"003", "B031"),
        (15, "6", "type3_count", b"0001", "B032"),
        (15, "6", "total_amount_1", b"000005001", "B033"),
        (15, "6", "lot_number", b"002", "B034"),
        (15, "6", "counter_18", b"00A0", "B002"),
        (16, "999", "record_count", b"00000017", "B041"),
        (16, "999", "lot_count", b"002", "B042"),
        (16, "999", "file_identifier", b"B00001", "B043"),
        (16, "999", "file_total", b"00000000042", "B044"),
    ],
)
def test_fields_of_frame_records_never_fail_a_file(
    rank: int, name: str, field_name: str, content: bytes, code: str
) -> None:
    report = checked(with_field(rank, name, field_name, content))
    assert code in codes(report.findings)
    assert {item.level for item in report.findings} == {Level.UNVERIFIED}
    assert report.passes(strict=True)
    assert report.count(Level.UNVERIFIED) == len(report.findings)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ([*range(2, 17)], {"B020"}),  # no 000
        ([1, *range(3, 17)], {"B020", "B041"}),  # no head
        ([*range(1, 15), 16], {"B020", "B036", "B041"}),  # no tail
        ([*range(1, 16)], {"B040"}),  # no 999
        ([1, 16], {"B020", "B041", "B042", "B045"}),
    ],
)
def test_order_of_frame_records_does(kept: list[int], expected: set[str]) -> None:
    report = checked(b"".join(SOUND[rank - 1] for rank in kept))
    assert set(codes(report.findings)) >= expected - {"B041"}
    assert not report.passes()


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize("rank", range(2, 16))
def test_one_byte_more_or_less_hides_nothing_else(rank: int, change: int, separator: bytes) -> None:
    """The reader finds its footing again and says where; what is wrong elsewhere is still said."""
    other = 12 if rank < 9 else 6
    name = {6: "4S", 12: "4S"}[other]
    parts = cut(with_field(other, name, "sequence_number", b"07"))
    parts[rank - 1] = parts[rank - 1][:-1] if change < 0 else parts[rank - 1] + b"X"
    report = checked(separator.join(parts))
    places = {(item.code.code, item.place.record) for item in report.findings}
    whole_record = change > 0 and not separator  # the record is read, what follows it is the intruder
    assert ("F007" if whole_record else "F005" if change < 0 else "F006") in codes(report.findings)
    assert {place for code, place in places if code.startswith("F")} <= {rank, rank + 1}
    assert "B024" in codes(report.findings)
    assert not report.passes()


def test_a_broken_record_does_not_hide_what_its_neighbours_say() -> None:
    parts = cut(whole(lot([invoice(changes={ONE: {"performer_number": "291991108", "quantity": 2}})])))
    parts[6] = parts[6][:80]  # the 4E is lost: no sums, but numbers have their keys
    report = checked(b"".join(parts))
    assert {"F005", "B102"} <= set(codes(report.findings))


def test_findings_are_bounded_and_counted_exactly() -> None:
    many = [
        invoice(number=f"{rank:09d}", changes={**other_person(rank % 90), ONE: {"tariff_zone": "99"}})
        for rank in range(1, 251)
    ]
    spoilt = invoice(number="000009999", changes={ONE: {"amount_payable_by_fund": 1749}})
    report = checked(whole(lot([*many, spoilt])))
    assert codes(report.findings)[:1] == ["B122"]  # the worst first, wherever it stands
    assert codes(report.findings).count("B107") == SHOWN_MAX
    assert report.omitted["B107"] == 250 - SHOWN_MAX
    assert report.count(Level.UNVERIFIED) == 250
    few = check_file(Source.of_bytes(whole(lot([*many, spoilt]))), shown_max=3)
    assert codes(few.findings).count("B107") == 3
    assert few.omitted["B107"] == 247


def test_the_provider_of_the_samples_is_real_enough() -> None:
    assert make_number(PROVIDER[:8]) == PROVIDER


@pytest.mark.parametrize(
    ("record", "name", "columns"), [("4B", "act2_date", (65, 70)), ("4M", "session_date", (65, 70))]
)
def test_the_days_of_analyses_and_sessions_are_care_too(record: str, name: str, columns: tuple[int, int]) -> None:
    last = sum(1 for other, _ in HOSPITAL if other == record)
    report = checked(whole(lot([invoice(HOSPITAL, changes={(record, last): {name: DAY + timedelta(1)}})])))
    (found,) = [item for item in report.findings if item.code.code == "B113"]
    assert found.place.columns == columns
