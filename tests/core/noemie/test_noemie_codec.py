"""NOEMIE entities: readable specimens both ways, and a stream that is cut in any pieces, damaged, or not NOEMIE at all."""

import gzip
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding
from vaguemestre.core.noemie.codec import decode_entity, encode_entity, read_entities
from vaguemestre.core.wire.records import Record, UnwritableError

D = date(2022, 4, 27)

SPECIMENS: list[tuple[str, str, dict[str, Any]]] = [
    ("040", "04002000000291991107@", {"payment_recipient_number": "000000291991107"}),
    (
        "071",
        "07102220505VIREMENT CPAM 751               DU 5 MAI                        017510000 @",
        {
            "accounting_or_transfer_date": date(2022, 5, 5),
            "transfer_label_1": "VIREMENT CPAM 751",
            "transfer_label_2": "DU 5 MAI",
            "paying_body": "017510000",
        },
    ),
    ("080", "08003220427001@", {"break_level": "03", "lot_date": D, "lot_number": "001"}),
    ("081", "0810201              @", {"return_type_code": "01"}),
    (
        "102",
        "10204221170001      001220427P220427 10@",
        {
            "break_level": "04",
            "invoice_number": "221170001",
            "lot_number": "001",
            "lot_creation_date": D,
            "invoice_type": "P",
            "invoice_date": D,
            "insurance_nature": "10",
        },
    ),
    ("150", "15004AS@", {"break_level": "04", "insurance_nature": "AS"}),
    (
        "198",
        "1980400001750P00001750P@",
        {"break_level": "04", "amo_requested": 1750, "amo_state": "P", "amo_paid": 1750, "amo_paid_sign": "P"},
    ),
    (
        "210",
        "210040100000000000000220427220427000003150000047306000000284NAMIN 0010015000100000473  000000000000000000018900000000@",
        {
            "break_level": "04",
            "line_number": 1,
            "copay_exemption_code": "0",
            "care_or_start_date": D,
            "end_date": D,
            "unit_price": 315,
            "reimbursement_base": 473,
            "reimbursement_rate": 60,
            "amount_reimbursed": 284,
            "sign": "N",
            "act_nature": "AMI",
            "act_nature_complement": "N",
            "quantity": 1,
            "coefficient": Decimal("1.5"),
            "act_count": 1,
            "charge_total": 473,
            "complementary_amount": 189,
        },
    ),
    (
        "294",
        "29404T012ACTE SANS PRIX A CETTE DATE                                                           LOG    220427291991107001"
        "01[0476]                        @",
        {
            "break_level": "04",
            "rejection_code": "T012",
            "rejection_label": "ACTE SANS PRIX A CETTE DATE",
            "rejection_level": "L",
            "part": "O",
            "act_nature": "G",
            "care_date": D,
            "performer_number": "291991107",
            "line_number": 1,
            "rejection_rank": "01",
            "rejection_extra": "[0476]",
        },
    ),
    (
        "990",
        "99099291991107        0000000200000001466N@",
        {"break_identification": "291991107", "lower_level_count": 2, "lower_level_total": 1466, "sign": "N"},
    ),
]
STREAM = [line.encode("ascii") for _, line, _ in SPECIMENS]


@pytest.mark.parametrize(("name", "line", "values"), SPECIMENS, ids=[name for name, _, _ in SPECIMENS])
def test_a_specimen_both_ways(name: str, line: str, values: dict[str, Any]) -> None:
    data = line.encode("ascii")
    assert encode_entity(name, values) == data
    record, findings = decode_entity(data)
    assert findings == ()
    assert record is not None
    assert {key: record[key] for key in values} == values


def read(data: bytes | Iterator[bytes], limits: ReadingLimits | None = None) -> tuple[list[bytes], list[str]]:
    entities: list[bytes] = []
    codes: list[str] = []
    for item in read_entities(data, limits or ReadingLimits()):
        if isinstance(item, Finding):
            codes.append(item.code.code)
        else:
            assert isinstance(item[1], Record)
            entities.append(item[1].data)
    return entities, codes


def test_a_stream_in_any_pieces() -> None:
    whole = b"".join(STREAM)
    assert read(whole) == (STREAM, [])
    for size in (1, 5, 100):
        assert read(whole[start : start + size] for start in range(0, len(whole), size)) == (STREAM, [])
    assert read(gzip.compress(whole)) == (STREAM, [])
    assert read(b"\r\n".join(STREAM) + b"\r\n") == (STREAM, [])


@pytest.mark.parametrize("rank", range(1, len(STREAM) - 1))
@pytest.mark.parametrize("damage", ["cut", "stuffed", "no end"])
def test_a_damaged_entity_is_one_finding_and_the_rest_is_read(rank: int, damage: str) -> None:
    whole = STREAM[rank]
    spoilt = {"cut": whole[:5] + whole[7:], "stuffed": whole[:5] + b"0" + whole[5:], "no end": whole[:-1] + b"#"}[
        damage
    ]
    entities, codes = read(b"".join([*STREAM[:rank], spoilt, *STREAM[rank + 1 :]]))
    assert entities == STREAM[:rank] + STREAM[rank + 1 :]
    assert codes == ["B060"]


def test_an_unknown_entity_is_passed_over() -> None:
    assert read(b"".join([*STREAM[:2], b"77704SOMETHING@", *STREAM[2:]])) == (STREAM, ["B061"])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "F001"),
        (b" \r\n", "F001"),
        (b"PK\x03\x04 something zipped", "F004"),
        (b"4291991107 25804271234561200022117000100000291991107", "F004"),
        (b"\x1f\x8b broken", "F011"),
        (STREAM[1][:40], "B060"),
        (b"A" * 200_000, "F004"),
    ],
)
def test_what_is_no_return_gets_one_clear_finding(data: bytes, code: str) -> None:
    assert read(data) == ([], [code])


def test_an_endless_entity_is_left_after_its_first_bytes() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield STREAM[0]
        while True:
            taken += 4096
            yield b"9" * 4096

    entities, codes = read(endless(), ReadingLimits(lost_bytes_max=50_000))
    assert entities == STREAM[:1]
    assert codes == ["F008"]
    assert taken < 100_000


def test_too_many_faults_end_the_reading() -> None:
    _, codes = read(STREAM[0] + b"77704X@08003" * 100, ReadingLimits(faults_max=5))
    assert codes[-1] == "F009"
    assert len(codes) <= 6


def test_the_end_mark_is_never_inside_a_text() -> None:
    with pytest.raises(UnwritableError) as caught:
        encode_entity("295", {"break_level": "04", "comment": "A@B"})
    assert [item.code.code for item in caught.value.findings] == ["B011"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "B061"),
        (b"777", "B061"),
        (STREAM[2][:-1], "B060"),
        (STREAM[2] + b" ", "B060"),
        (STREAM[2][:-1] + b"#", "B006"),
    ],
)
def test_one_entity_that_is_none_or_unclosed(data: bytes, code: str) -> None:
    _, findings = decode_entity(data)
    assert [item.code.code for item in findings] == [code]
