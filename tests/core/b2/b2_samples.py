"""A small sound B2 file, record by record, for the tests to read and to spoil."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from vaguemestre.core.b2.codec import encode_record
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.parties import Destination

DAY = date(2022, 4, 27)
FUND = Destination("01", "751", "0000")
PROVIDER = "291991107"
NIR = "2580427123456"
Fields = dict[str, Any]
Overrides = Mapping[str, Mapping[str, Any]]

HEAD: Fields = {
    "scheme_code": "01",
    "fund_code": "751",
    "centre_code": "0000",
    "entitlement_proof_nature": "4",
    "insurance_nature": "10",
    "copay_exemption_code": "0",
    "hospitalisation_date": DAY,
    "birth_date": "580427",
    "birth_rank": 1,
    "admission_date": DAY,
    "discharge_date": DAY,
}
"""What record 2 says of any invoice here."""
FEES: Fields = {
    "prescriber_number": PROVIDER,
    "performer_number": PROVIDER,
    "performer_specialty": "01",
    "care_date": DAY,
    "act_code": "G",
    "quantity": 1,
    "coefficient": Decimal(1),
    "act_count": 1,
    "unit_price": 2500,
    "reimbursement_base": 2500,
    "reimbursement_rate": 70,
    "amount_payable_by_fund": 1750,
    "fee_total": 2500,
    "copay_exemption_code": "0",
    "amount_payable_by_complementary": 750,
}
"""A consultation, as record 4 says it."""


def key(number: str = "221170001") -> Fields:
    return {
        "provider_number": PROVIDER,
        "insured_nir": NIR,
        "insured_nir_key": "12",
        "invoice_number": number,
    }


def invoice(number: str = "221170001", changes: Overrides | None = None) -> list[bytes]:
    """Records 2, 2S, 4, 4S, 4E, 5 of one consultation; `changes`: record name -> fields to set otherwise."""
    given = changes or {}
    values: dict[str, Fields] = {
        "2": {"admission_number": number, **HEAD},
        "2S": {"sequence_number": 1, "attending_doctor_declared_flag": "O", "care_pathway_indicator": "T"},
        "4": FEES,
        "4S": {"sequence_number": 1, "performer_practice_mode": "L", "activity_domain": "M"},
        "4E": {"sequence_number": 1, "performer_rpps": "10000000017"},
        "5": {
            "line_record_count": 3,
            "total_fees": 2500,
            "total_fees_fund": 1750,
            "total_patient_share": 750,
            "total_fees_complementary": 750,
        },
    }
    return [encode_record(name, {**key(number), **fields, **given.get(name, {})}) for name, fields in values.items()]


def lot_head(number: int = 1) -> LotHead:
    return LotHead(PROVIDER, FUND, number, DAY, "Cabinet Élan")


def file_head() -> FileHead:
    return FileHead(PROVIDER, FUND, "A00001", DAY, message="Vaguemestre")


def records(invoices: list[list[bytes]] | None = None) -> list[bytes]:
    """A sound file of one lot as a list of records: 000, 1, the invoices, 6, 999."""
    parts = [b"".join(part) for part in (invoices if invoices is not None else [invoice(), invoice("221170002")])]
    whole = build_file(file_head(), [build_lot(lot_head(), parts)])
    return [whole[start : start + 128] for start in range(0, len(whole), 128)]
