"""B2 records as a person reads them, tested both ways: written gives the line, read gives the values."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from vaguemestre.core.b2.codec import decode_record, encode_record
from vaguemestre.core.wire.layouts import B2

D = date(2022, 4, 27)
WHO = {
    "provider_number": "291991107",
    "insured_nir": "2580427123456",
    "insured_nir_key": "12",
    "invoice_number": "221170001",
}

SPECIMENS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "000",
        "000TP00000291991107      CT00000001000751      TRA00001220427CP  B2  UT           128      VAGUEMESTRE 0.1",
        {
            "sender_type": "TP",
            "sender_number": "00000291991107",
            "recipient_type": "CT",
            "recipient_number": "00000001000751",
            "exchange_type": "TR",
            "file_identifier": "A00001",
            "creation_date": D,
            "standard": "CP",
            "standard_version": "B2",
            "currency": "U",
            "flow_type": "T",
            "message": "VAGUEMESTRE 0.1",
        },
    ),
    (
        "1",
        "1291991107      7510010000000CABINET ELAN                            B2220427 CP 062007U",
        {
            "provider_number": "291991107",
            "recipient_fund": "751",
            "lot_number": "001",
            "provider_name": "CABINET ELAN",
            "standard_b2": "B2",
            "lot_date": D,
            "standard_cp": "CP",
            "standard_release": "062007",
            "currency": "U",
        },
    ),
    (
        "2",
        "2291991107 25804271234561200022117000112211700010175100004000000000000000000100220427000000000"
        " 58042712204272204270000",
        {
            **WHO,
            "admission_number": "221170001",
            "scheme_code": "01",
            "fund_code": "751",
            "entitlement_proof_nature": "4",
            "insurance_nature": "10",
            "copay_exemption_code": "0",
            "hospitalisation_date": D,
            "birth_date": "580427",
            "birth_rank": 1,
            "admission_date": D,
            "discharge_date": D,
        },
    ),
    (
        "2S",
        "2291991107 258042712345612000221170001S0100000001158047512345622      O                                        000000000T",
        {
            **WHO,
            "sequence_number": 1,
            "payment_recipient": "01",
            "beneficiary_nir": "1580475123456",
            "beneficiary_nir_key": "22",
            "attending_doctor_declared_flag": "O",
            "care_pathway_indicator": "T",
        },
    ),
    (
        "4",
        "4291991107 25804271234561200022117000100000291991107P0002919911070024220427AMI N01000150010000315"
        "000138806000008330001388 000555",
        {
            **WHO,
            "prescriber_number": "291991107",
            "prescription_origin": "P",
            "copay_exemption_code": "0",
            "performer_number": "291991107",
            "performer_specialty": "24",
            "care_date": D,
            "act_code": "AMI N",
            "quantity": 1,
            "coefficient": Decimal("1.5"),
            "act_count": 1,
            "unit_price": 315,
            "reimbursement_base": 1388,
            "reimbursement_rate": 60,
            "amount_payable_by_fund": 833,
            "fee_total": 1388,
            "amount_payable_by_complementary": 555,
        },
    ),
    (
        "4S",
        "4291991107 258042712345612221170001S01L 0000000L2204201          00000 "
        "0000000000000000000000000000 00000000000000000000000M",
        {
            **WHO,
            "sequence_number": 1,
            "performer_practice_mode": "L",
            "prescriber_practice_mode": "L",
            "prior_approval_request_date": date(2022, 4, 20),
            "prior_approval_code": "1",
            "undescribed_66": "00000",
            "activity_domain": "M",
        },
    ),
    (
        "4E",
        "4291991107 258042712345612221170001E0110000000025              10000000017750000017",
        {
            **WHO,
            "sequence_number": 1,
            "prescriber_rpps": "10000000025",
            "performer_rpps": "10000000017",
            "performing_structure": "750000017",
        },
    ),
    (
        "4M",
        "4291991107 258042712345612221170001M01    HBJD001       10N   4 0000001112",
        {
            **WHO,
            "sequence_number": 1,
            "ccam_code": "HBJD001",
            "activity_code": "1",
            "modifier_1": "N",
            "association_code": "4",
            "tooth_1": "11",
            "tooth_2": "12",
        },
    ),
    (
        "5",
        "5291991107 25804271234561200022117000100300000000000000000000138800000833000005550000000000000555"
        "                 00000000",
        {
            **WHO,
            "line_record_count": 3,
            "total_fees": 1388,
            "total_fees_fund": 833,
            "total_patient_share": 555,
            "total_fees_complementary": 555,
        },
    ),
    (
        "6",
        "629199110705000000050050000125000000087500000000000001",
        {
            "provider_number": "291991107",
            "invoice_count": 50,
            "counter_18": 50,
            "counter_22": 50,
            "total_amount_1": 125000,
            "total_amount_2": 87500,
            "lot_number": "001",
        },
    ),
    (
        "999",
        "999TP00000291991107      CT00000001000751      TRA0000100000304T                  00100000000000 00000000000",
        {
            "sender_type": "TP",
            "sender_number": "00000291991107",
            "recipient_type": "CT",
            "recipient_number": "00000001000751",
            "exchange_type": "TR",
            "file_identifier": "A00001",
            "record_count": 304,
            "flow_type": "T",
            "lot_count": 1,
        },
    ),
]


@pytest.mark.parametrize(("name", "line", "values"), SPECIMENS, ids=[name for name, _, _ in SPECIMENS])
def test_a_specimen_both_ways(name: str, line: str, values: dict[str, Any]) -> None:
    data = line.encode("ascii").ljust(128)
    assert encode_record(name, values) == data
    record, findings = decode_record(data)
    assert findings == ()
    assert record is not None
    assert record.name == name
    assert {key: record[key] for key in values} == values
    for entry in B2[name].fields:
        if entry.name not in values and entry.name in record.values and not entry.constant:
            assert data[entry.where] == entry.blank, entry.field_id


def test_the_two_oddities_of_the_source_both_ways() -> None:
    """3S closes with a filler of 13 bytes; 4S keeps bytes 66-70 as they stand, whatever they are."""
    stay = {**WHO, "sequence_number": 1, "prescription_date": D, "prescription_origin": "P"}
    written = encode_record("3S", stay)
    assert written[114:115] == b"P"
    assert written[115:] == b" " * 13
    odd = bytearray(encode_record("4S", {**WHO, "sequence_number": 1, "activity_domain": "M"}))
    assert odd[65:70] == b"00000"
    odd[65:70] = b" 1aB2"
    record, findings = decode_record(bytes(odd))
    assert findings == ()
    assert record is not None
    assert record["undescribed_66"] == " 1aB2"


@pytest.mark.parametrize(
    ("place", "letter", "found"),
    [(39, "C", "2C"), (39, "B", "2B"), (36, "Z", "4Z"), (39, "X", "3X"), (1, "7", "7"), (1, "A", "A")],
)
def test_an_unknown_record_is_said_unknown(place: int, letter: str, found: str) -> None:
    name = found[0] if found[0] in "234" else "2"
    line = next(line for record, line, _ in SPECIMENS if record == ("4" if name == "3" else name)).ljust(128)
    spoilt = name + line[1 : place - 1] + letter + line[place:] if place > 1 else letter + line[1:]
    record, findings = decode_record(spoilt.encode("ascii"), 7, "x.b2")
    assert record is None
    (said,) = findings
    assert said.code.code == "B001"
    assert said.values["found"].startswith(found)
    assert said.place.record == 7


@pytest.mark.parametrize("length", [0, 1, 127, 129])
def test_a_record_of_another_length_is_none(length: int) -> None:
    record, findings = decode_record((SPECIMENS[2][1].ljust(128) + "X").encode()[:length])
    assert record is None
    assert [item.code.code for item in findings] == [{0: "B001", 129: "F006"}.get(length, "F005")]
