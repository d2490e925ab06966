"""A whole file: what is sound says nothing, each lie is named where it stands, one bad invoice never takes its lot with it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from b2_samples import DAY, FUND, PROVIDER, file_head, invoice, key, lot_head, records

from vaguemestre.core.b2.codec import encode_record
from vaguemestre.core.b2.files import parse_file, parse_invoice
from vaguemestre.core.b2.writing import build_file, build_lot
from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import UnwritableError
from vaguemestre.tables.b2_order import COMPLEMENTS, FOLLOWS, INVOICE_RECORDS, LINE_RECORDS, REPEATS_MAX, START
from vaguemestre.tables.finding_codes import BY_CODE

Spoil = Callable[[list[bytes]], list[bytes]]


def patch(record: bytes, name: str, field_name: str, content: bytes) -> bytes:
    where = B2[name].by_name[field_name].where
    return record[: where.start] + content + record[where.stop :]


def set_field(rank: int, name: str, field_name: str, content: str) -> Spoil:
    """Put these characters in one field of the record of that rank (1-based)."""

    def spoil(sound: list[bytes]) -> list[bytes]:
        assert sound[rank - 1][:1] == name[:1].encode()
        return [*sound[: rank - 1], patch(sound[rank - 1], name, field_name, content.encode("latin-1")), *sound[rank:]]

    return spoil


def drop(*ranks: int) -> Spoil:
    return lambda sound: [record for rank, record in enumerate(sound, start=1) if rank not in ranks]


def insert(rank: int, *added: bytes) -> Spoil:
    return lambda sound: [*sound[: rank - 1], *added, *sound[rank - 1 :]]


def extra(name: str, number: str = "221170001", **values: Any) -> bytes:
    return encode_record(name, {**key(number), **values})


def free_line() -> list[bytes]:
    """A line that changes no total."""
    amounts = dict.fromkeys(("amount_payable_by_fund", "fee_total", "amount_payable_by_complementary"), 0)
    return invoice(changes={"4": amounts})[2:5]


@dataclass(frozen=True)
class Specimen:
    """One way to spoil the sound file (000, 1, 2..5, 2..5, 6, 999) and where the finding must stand."""

    spoil: Spoil
    record: int | None
    columns: tuple[int, int] | None = None
    also: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


# The sound file: 1 000, 2 head, 3-8 first invoice (2 2S 4 4S 4E 5), 9-14 second invoice, 15 tail, 16 999.
SPECIMENS: dict[str, Specimen] = {
    "B001": Specimen(insert(8, b"4" + b" " * 34 + b"Z" + b" " * 92), 8),
    "B002": Specimen(set_field(5, "4", "quantity", "1A"), 5, (81, 82), values={"found": "1A"}),
    "B003": Specimen(set_field(5, "4", "act_code", "amié "), 5, (76, 80), values={"found": "amié"}),
    "B004": Specimen(set_field(5, "4", "tariff_zone", "  "), 5, (66, 67)),
    "B005": Specimen(set_field(5, "4", "care_date", "220230"), 5, (70, 75), values={"found": "220230"}),
    "B006": Specimen(set_field(3, "2", "operation_nature", "2"), 3, (39, 39), values={"found": "2", "expected": "1"}),
    "B007": Specimen(set_field(3, "2", "insurance_nature", "77"), 3, (77, 78), values={"found": "77"}),
    "B008": Specimen(set_field(5, "4", "care_date", "000000"), 5, (70, 75)),
    "B009": Specimen(set_field(6, "4S", "activity_domain", " "), 6, (124, 124)),
    "B020": Specimen(drop(4), 4, values={"found": "4", "after": "2"}, also=("B041",)),
    "B021": Specimen(
        insert(8, *[extra("4M", ccam_code="HBJD001", activity_code="1", sequence_number=n) for n in range(1, 28)]),
        34,
        also=("B025", "B041"),
        values={"found": "4M", "expected": "26"},
    ),
    "B022": Specimen(
        insert(8, *free_line() * 999), 3, also=("B025", "B041"), values={"found": "1000", "expected": "999"}
    ),
    "B023": Specimen(set_field(7, "4E", "insured_nir", "1580475123456"), 7, (12, 24)),
    "B024": Specimen(set_field(6, "4S", "sequence_number", "02"), 6, (37, 38), values={"found": "2", "expected": "1"}),
    "B025": Specimen(
        set_field(8, "5", "line_record_count", "007"), 8, (39, 41), values={"found": "7", "expected": "3"}
    ),
    "B026": Specimen(
        set_field(8, "5", "total_fees_complementary", "00000999"),
        8,
        (90, 97),
        values={"found": "999", "expected": "750"},
    ),
    "B027": Specimen(lambda sound: [*sound[:8], *invoice(), *sound[14:]], 9, (30, 38), values={"first": "3"}),
    "B030": Specimen(set_field(2, "1", "provider_number", "291991115"), 3, (2, 10)),
    "B031": Specimen(set_field(15, "6", "invoice_count", "003"), 15, (11, 13), values={"found": "3", "expected": "2"}),
    "B032": Specimen(set_field(15, "6", "type3_count", "0001"), 15, (14, 17), values={"found": "1", "expected": "0"}),
    "B033": Specimen(
        set_field(15, "6", "total_amount_1", "000005001"), 15, (25, 33), values={"found": "5001", "expected": "5000"}
    ),
    "B034": Specimen(set_field(15, "6", "lot_number", "002"), 15, (52, 54), values={"found": "002", "expected": "001"}),
    "B035": Specimen(set_field(9, "2", "fund_code", "921"), 9, (51, 53), values={"found": "921", "expected": "751"}),
    "B036": Specimen(drop(15), 2, also=("B020", "B041")),
    "B037": Specimen(drop(8), 3, also=("B020", "B041")),
    "B040": Specimen(drop(16), 15),
    "B041": Specimen(
        set_field(16, "999", "record_count", "00000017"), 16, (56, 63), values={"found": "17", "expected": "16"}
    ),
    "B042": Specimen(set_field(16, "999", "lot_count", "002"), 16, (83, 85), values={"found": "2", "expected": "1"}),
    "B043": Specimen(set_field(16, "999", "file_identifier", "B00001"), 16, (50, 55)),
    "B044": Specimen(
        set_field(16, "999", "file_total", "00000000042"), 16, (86, 96), values={"found": "42", "expected": "3500"}
    ),
    "B045": Specimen(drop(*range(2, 16)), None, also=("B020", "B041", "B042")),
}


def read(parts: list[bytes], separator: bytes = b"") -> tuple[Any, tuple[Finding, ...]]:
    return parse_file(separator.join(parts), source="lot.b2")


def test_a_sound_file_says_nothing() -> None:
    sound = records()
    whole, found = read(sound)
    assert found == ()
    assert whole is not None
    assert whole.sound
    (lot,) = whole.lots
    assert (lot.number, lot.billing_number, lot.first) == ("001", PROVIDER, 2)
    assert [(entry.number, entry.first, entry.sound) for entry in whole.invoices] == [
        ("221170001", 3, True),
        ("221170002", 9, True),
    ]
    assert lot.invoices[0].data == b"".join(invoice())
    for separator in (b"\n", b"\r\n"):
        assert read(sound, separator)[0] == whole
    assert parse_file(gzip.compress(b"".join(sound)))[1] == ()
    assert parse_file(b"".join(sound)[start : start + 50] for start in range(0, 2048, 50))[0] == whole


@pytest.mark.parametrize("code", SPECIMENS)
def test_one_specimen_per_finding(code: str) -> None:
    specimen = SPECIMENS[code]
    _, found = read(specimen.spoil(records()))
    assert {item.code.code for item in found} == {code, *specimen.also}
    said = next(item for item in found if item.code.code == code)
    assert said.place.source == "lot.b2"
    assert said.place.record == specimen.record
    if specimen.columns is not None:
        assert said.place.columns == specimen.columns
    for name, value in specimen.values.items():
        assert said.values[name] == value
    for language in ("fr", "en"):
        assert "?" not in said.message(language)
        assert said.next_step(language)


@pytest.mark.parametrize("code", sorted(set(SPECIMENS) & {entry for entry in BY_CODE if "B002" <= entry <= "B027"}))
def test_one_bad_invoice_never_takes_its_lot_with_it(code: str) -> None:
    """Whatever is wrong with one invoice, the other one stays sound and whole, and the lot is not refused for it."""
    specimen = SPECIMENS[code]
    whole, _ = read(specimen.spoil(records()))
    assert whole is not None
    (lot,) = whole.lots
    assert lot.sound
    good = [entry for entry in lot.invoices if entry.sound]
    bad = [entry for entry in lot.invoices if not entry.sound]
    assert (len(good), len(bad)) == ((2, 0) if BY_CODE[code].level is not Level.ERROR else (1, 1))
    expected = {"221170001", "221170002"} if not bad else ({"221170001"} if code == "B027" else {"221170002"})
    assert {entry.number for entry in good} == expected


@pytest.mark.parametrize("separator", [b"", b"\r\n"])
@pytest.mark.parametrize("rank", range(3, 15))
def test_a_truncated_record_refuses_its_invoice_only(rank: int, separator: bytes) -> None:
    sound = records()
    whole, found = read([*sound[: rank - 1], sound[rank - 1][:50], *sound[rank:]], separator)
    assert "F005" in {item.code.code for item in found}
    assert whole is not None
    assert whole.lots[0].sound
    spoilt, spared = ("221170001", "221170002") if rank < 9 else ("221170002", "221170001")
    sounds = {entry.number for entry in whole.invoices if entry.sound}
    assert spared in sounds
    assert spoilt not in sounds


def test_an_invoice_lost_as_a_whole_refuses_the_lot() -> None:
    """Nobody can tell whose it was: the lot must be sent again, or a sheet would be lost in silence."""
    sound = records()
    whole, found = read([*sound[:8], b"#" * 700, *sound[14:]])
    assert {item.code.code for item in found} == {"F007"}
    assert whole is not None
    assert [entry.sound for entry in whole.invoices] == [True]
    assert not whole.lots[0].sound


def test_a_bad_lot_leaves_the_other_lots_alone() -> None:
    lots = [build_lot(lot_head(number), [b"".join(invoice(f"22117{number:04d}"))]) for number in (1, 2, 3)]
    whole = build_file(file_head(), lots)
    parts = [whole[start : start + 128] for start in range(0, len(whole), 128)]
    tail = next(rank for rank, record in enumerate(parts) if record[:1] == b"6")
    parts[tail] = patch(parts[tail], "6", "total_amount_1", b"000009999")
    read_back, found = read(parts)
    assert [item.code.code for item in found] == ["B033"]
    assert [lot.sound for lot in read_back.lots] == [False, True, True]
    assert [lot.number for lot in read_back.lots] == ["001", "002", "003"]


def test_another_known_way_of_totals_is_accepted() -> None:
    """One known writer repeats the first total as the second (vgm:b2-lot-totals)."""
    sound = records()
    assert read(set_field(15, "6", "total_amount_2", "000005000")(sound))[1] == ()
    assert [item.code.code for item in read(set_field(15, "6", "total_amount_2", "000005001")(sound))[1]] == ["B033"]


def test_missing_file_records_are_said_and_the_invoices_still_read() -> None:
    lot_only = records()[1:15]
    whole, found = read(lot_only)
    assert {item.code.code for item in found} == {"B020", "B040"}
    assert whole is not None
    assert not whole.sound
    assert all(entry.sound for entry in whole.invoices)


def test_too_many_refused_records_end_the_reading() -> None:
    bad = [invoice(f"22117{serial:04d}") for serial in range(1, 51)]
    parts = records(
        [[record if record[:1] != b"4" else record[:80] + b"??" + record[82:] for record in one] for one in bad]
    )
    whole, found = parse_file(b"".join(parts), ReadingLimits(faults_max=20))
    assert whole is not None
    assert [item.code.code for item in found].count("F009") == 1
    assert sum(item.code.code == "B002" for item in found) <= 60


def test_warnings_beyond_the_limit_are_left_out_and_said() -> None:
    many = [invoice(f"22117{serial:04d}", {"4S": {"activity_domain": ""}}) for serial in range(1, 51)]
    whole, found = parse_file(b"".join(records(many)), ReadingLimits(faults_max=20))
    assert whole is not None
    assert [item.code.code for item in found] == ["B009"] * 19 + ["F014"]
    assert all(entry.sound for entry in whole.invoices)
    assert len(whole.invoices) == 50


def test_one_invoice_alone() -> None:
    read_back, found = parse_invoice(b"".join(invoice()), "sheet")
    assert found == ()
    assert read_back is not None
    assert read_back.number == "221170001"


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"", {"F001"}),
        (b"".join(invoice())[:-1], {"F005"}),
        (b"".join(invoice()[:-1]), {"B037"}),
        (b"".join(invoice()[1:]), {"B020"}),
        (b"".join(invoice() + invoice("221170002")), {"B020"}),
        (b"".join(records()), {"B001", "B020"}),
        (b"x" * 256, {"B001"}),
        (b"7" + b"".join(invoice())[1:], {"B001", "B038"}),
    ],
)
def test_one_invoice_alone_that_is_none(data: bytes, codes: set[str]) -> None:
    read_back, found = parse_invoice(data, "sheet")
    assert {item.code.code for item in found} == codes
    assert read_back is None or not read_back.sound


@pytest.mark.parametrize("count", [1, 50, 999])
def test_written_counts_and_totals_are_true(count: int) -> None:
    lot = build_lot(lot_head(), [b"".join(invoice(f"22117{serial:04d}")) for serial in range(1, count + 1)])
    whole, found = parse_file(build_file(file_head(), [lot]))
    assert found == ()
    assert whole is not None
    tail, trailer = whole.lots[0].tail, whole.trailer
    assert tail is not None
    assert trailer is not None
    assert tail.number("invoice_count") == count
    assert (tail.number("total_amount_1"), tail.number("total_amount_2")) == (2500 * count, 1750 * count)
    assert (trailer.number("record_count"), trailer.number("lot_count")) == (6 * count + 4, 1)


def test_a_lot_of_a_thousand_invoices_cannot_be_written() -> None:
    with pytest.raises(UnwritableError) as caught:
        build_lot(lot_head(), [b"".join(invoice(f"22117{serial:04d}")) for serial in range(1000)])
    assert {item.place.field for item in caught.value.findings} == {"[6:11]", "[6:22]"}


def test_an_invoice_that_is_no_whole_number_of_records_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="128-byte records"):
        build_lot(lot_head(), [b"".join(invoice())[:-1]])


def test_the_file_head_names_sender_recipient_and_day() -> None:
    whole, _ = parse_file(b"".join(records()))
    assert whole is not None
    assert whole.header is not None
    assert whole.header["sender_number"] == "00000" + PROVIDER
    assert whole.header["recipient_number"] == "00000001000751"
    assert whole.header["recipient_type"] == "CT"
    assert whole.header["creation_date"] == DAY == date(2022, 4, 27)
    assert FUND.code == "017510000"


def test_the_order_table_names_every_record_and_leads_somewhere() -> None:
    assert set(FOLLOWS) == {START, *B2}
    assert set(INVOICE_RECORDS) == set(B2) - {"000", "1", "6", "999"}
    assert set(REPEATS_MAX) <= set(COMPLEMENTS)
    assert set(LINE_RECORDS) | set(COMPLEMENTS) | {"2", "2S", "5"} == set(INVOICE_RECORDS)
    reached, waiting = set(), [START]
    while waiting:
        for name in FOLLOWS[waiting.pop()]:
            assert name in B2
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    assert reached == set(B2)
