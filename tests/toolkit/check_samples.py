"""Two sound invoices, written out field by field, for the tests of `b2 check` to spoil: one of a practice, one of a hospital."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from vaguemestre.core.b2.checks import invoice_totals
from vaguemestre.core.b2.codec import B2_RECORDS, encode_record
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.identifiers import control_key, make_rpps, nir_key
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.b2_order import COMPLEMENTS, LINE_RECORDS

sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

import b2_samples
from b2_samples import DAY, FEES, FUND, NIR, PROVIDER, Fields

Changes = Mapping[tuple[str, int], Fields]
"""(record, which of them, from 1) -> fields to set otherwise; ("*", 0) for every record that has the field."""

HEAD: Fields = {"admission_number": "221170001", **b2_samples.HEAD}
STAY: Fields = {
    "start_date": DAY,
    "end_date": DAY,
    "act_code": "FPI",
    "quantity": 1,
    "coefficient": Decimal(1),
    "unit_price": 4000,
    "reimbursement_base": 4000,
    "reimbursement_rate": 80,
    "amount_payable_by_fund": 3200,
    "total_charge": 4000,
    "copay_exemption_code": "0",
    "activity_domain": "M",
}
RPPS = make_rpps(1)
PRACTICE: tuple[tuple[str, Fields], ...] = (
    ("2", HEAD),
    ("2S", {"attending_doctor_declared_flag": "O", "care_pathway_indicator": "T"}),
    ("4", FEES),
    ("4S", {"performer_practice_mode": "L", "activity_domain": "M"}),
    ("4E", {"performer_rpps": RPPS}),
    ("5", {}),
)
HOSPITAL: tuple[tuple[str, Fields], ...] = (
    ("2", HEAD),
    ("2S", {"care_pathway_indicator": "T"}),
    ("3", STAY),
    ("3S", {"prescriber_number": PROVIDER, "prescription_date": DAY}),
    ("3E", {"prescriber_rpps": RPPS}),
    ("3F", {"lpp_code": "2101234", "quantity": 2, "reference_tariff": 500, "total_charge": 1000, "unit_gap": 30, "total_gap": 60}),
    ("3H", {"ucd_code": "9123456", "quantity": 3, "purchase_unit_price": 200, "total_charge": 600}),
    ("4", {**FEES, "act_code": "ADI", "amount_payable_by_complementary": 0}),
    ("4S", {"performer_practice_mode": "S", "activity_domain": "M"}),
    ("4E", {"performer_rpps": RPPS}),
    ("4B", {"act1_date": DAY, "act1_quantity": 1, "act1_nabm_code": "00001104",
            "act2_date": DAY, "act2_quantity": 2, "act2_nabm_code": "00000126"}),
    ("4H", {"ucd_code": "9123456", "unit_price": 150, "quantity": 4, "total_charge": 600}),
    ("4M", {"ccam_code": "HBJD001", "activity_code": "1", "session_date": date(2022, 4, 20), "tooth_1": "16"}),
    ("4M", {"ccam_code": "HBJD001", "activity_code": "1", "session_date": date(2022, 4, 27)}),
    ("5", {}),
)  # fmt: skip


def invoice(
    model: Sequence[tuple[str, Fields]] = PRACTICE, number: str = "221170001", changes: Changes | None = None
) -> list[bytes]:
    """The records of one invoice; record 5 says the truth about the others unless `changes` say otherwise."""
    given = changes or {}
    nir = given.get(("*", 0), {}).get("insured_nir", NIR)
    key = {
        "provider_number": PROVIDER,
        "insured_nir": nir,
        "insured_nir_key": nir_key(nir) if nir[0] in "12345678" else "11",
        "invoice_number": number,
        **given.get(("*", 0), {}),
    }
    made: list[bytes] = []
    met: dict[str, int] = {}
    sequence: dict[str, int] = {}
    for name, fields in model:
        met[name] = met.get(name, 0) + 1
        if name in LINE_RECORDS:
            sequence.clear()
        sequence[name] = sequence.get(name, 0) + 1
        values = {**key, **fields}
        if "sequence_number" in B2_RECORDS.plans[name].layout.by_name:
            values["sequence_number"] = sequence[name]
        if name == "5":
            values |= truth(made)
        made.append(encode_record(name, {**values, **given.get((name, met[name]), {})}))
    return made


def truth(made: list[bytes]) -> Fields:
    """What record 5 must say of these records."""
    records = [Record(plan, data) for data in made if (plan := B2_RECORDS.recognise(data)) is not None]
    counted = sum(record.name in (*LINE_RECORDS, *COMPLEMENTS) for record in records)
    return {"line_record_count": counted, **invoice_totals(records)}


def lot(invoices: Sequence[Sequence[bytes]], number: int = 1) -> bytes:
    return build_lot(LotHead(PROVIDER, FUND, number, DAY, "Cabinet Élan"), [b"".join(parts) for parts in invoices])


def whole(*lots: bytes) -> bytes:
    """A file of these lots, without separator."""
    return build_file(FileHead(PROVIDER, FUND, "A00001", DAY), lots)


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + 128] for start in range(0, len(data), 128)]


def wrong_key(body: str) -> str:
    """A number whose last digit is one too many."""
    return body + str((int(control_key(body)) + 1) % 10)
