"""NOEMIE returns about invented people, from lists of (entity, values): counts and totals of 990 and 999 come right by themselves.

`office` and `hospital` are specimens of docs/specimens, and what the tests of returns start from.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from vaguemestre.core.identifiers import make_nir
from vaguemestre.core.noemie.codec import encode_entity

Part = tuple[str, dict[str, Any]]

D = date(2022, 4, 27)
NIR, KEY = make_nir(2, 58, 4, "75", 112, 345)
ENDS = {
    "sender_type": "SM",
    "sender_number": "00000001000751",
    "recipient_type": "TP",
    "recipient_number": "00000750000019",
    "exchange_type": "TR",
    "file_identifier": "R00001",
}
_LEVEL = {"break_level": "04"}


def start(**changes: Any) -> Part:
    """The file record 000."""
    own = {
        "creation_date": date(2022, 5, 5),
        "standard": "CP",
        "standard_version": "NO",
        "currency": "U",
        "record_length": "128",
    }
    return "000", {**ENDS, **own, **changes}


def line(number: int, act: str, cents: int, paid: int, entity: str = "210", **changes: Any) -> Part:
    """An act of `cents`, of which the fund pays `paid`; the rest is the AMC's."""
    values = {
        "line_number": number,
        "copay_exemption_code": "0",
        "care_or_start_date": D,
        "end_date": D,
        "unit_price": cents,
        "reimbursement_base": cents,
        "reimbursement_rate": 70,
        "amount_reimbursed": abs(paid),
        "sign": "N" if paid < 0 else "P",
        "act_nature": act,
        "quantity": 1,
        "coefficient": Decimal(1),
        "act_count": 1,
        "charge_total": cents,
    }
    return entity, {**_LEVEL, **values, **changes}


def share(asked: int, paid: int, state: str = "P") -> Part:
    """The fund's share of an invoice, in cents."""
    values = {
        "amo_requested": asked,
        "amo_state": state,
        "amo_paid": abs(paid),
        "amo_paid_sign": "N" if paid < 0 else "P",
    }
    return "198", {**_LEVEL, **values}


def amc(asked: int, paid: int = 0, state: str = "") -> Part:
    """The complementary share of an invoice, in cents."""
    values = {
        "amc_requested": asked,
        "amc_state": state,
        "amc_paid": paid,
        "amc_paid_sign": "P",
        "amc_number": "0123456789",
    }
    return "199", {**_LEVEL, **values}


def head(number: str, kind: str = "P", **changes: Any) -> Part:
    """The head of an invoice."""
    values = {
        "invoice_number": number,
        "lot_number": "001",
        "lot_creation_date": D,
        "invoice_type": kind,
        "invoice_date": D,
        "insurance_nature": "10",
    }
    return "102", {**_LEVEL, **values, **changes}


def person(nir: str = NIR, key: str = KEY, **changes: Any) -> Part:
    """Whose care it was."""
    values = {
        "insured_nir": nir,
        "insured_nir_key": key,
        "birth_date": "580427",
        "birth_rank": 1,
        "insured_birth_name": "MARTIN",
    }
    return "103", {**_LEVEL, **values, **changes}


def rejection(code: str, label: str, number: int = 0, **changes: Any) -> Part:
    """A reason, for one line or (0) for the whole invoice."""
    level = "L" if number else "F"
    values = {
        "rejection_code": code,
        "rejection_label": label,
        "rejection_level": level,
        "part": "O",
        "line_number": number,
    }
    return "294", {**_LEVEL, **values, "rejection_rank": "01", **changes}


def office() -> list[Part]:
    """What a practice gets: one invoice paid, one rejected, one taken back."""
    return [
        start(recipient_number="00000291991107"),
        ("040", {"payment_recipient_number": "000000291991107"}),
        (
            "071",
            {
                "accounting_or_transfer_date": date(2022, 5, 5),
                "transfer_label_1": "CPAM DE PARIS",
                "paying_body": "017510000",
            },
        ),
        ("081", {"return_type_code": "01"}),
        ("080", {"break_level": "03", "lot_date": D, "lot_number": "001"}),
        head("221170001"),
        person(),
        ("150", {**_LEVEL, "insurance_nature": "AS"}),
        share(1750, 1750),
        amc(750),
        line(1, "G", 2500, 1750, complementary_rate=30, complementary_amount=750, complementary_base=2500),
        head("221170002", "R"),
        person(),
        ("150", {**_LEVEL, "insurance_nature": "AS"}),
        share(1750, 0, "R"),
        line(1, "G", 2500, 0),
        rejection("0045", "DROITS NON OUVERTS A LA DATE DES SOINS", 1, act_nature="G", care_date=D),
        ("295", {**_LEVEL, "comment": "VERIFIEZ LES DROITS DU PATIENT, PUIS RENVOYEZ LA FACTURE"}),
        head("221160009"),
        person(),
        share(0, -840),
        line(1, "AMI", 1200, -840),
    ]


def hospital() -> list[Part]:
    """What an establishment may get: every entity of the dictionary stands here at least once."""
    return [
        start(),
        ("010", {"complementary_body_number": "0123456", "complementary_body_key": "7"}),
        ("020", {"payment_recipient_number": "000000750000019"}),
        ("040", {"payment_recipient_number": "000000750000019"}),
        ("070", {"accounting_date": date(2022, 5, 4)}),
        ("071", {"accounting_or_transfer_date": date(2022, 5, 5), "transfer_label_1": "CPAM DE PARIS", "paying_body": "017510000"}),
        ("081", {"return_type_code": "01", "execution_place": "00000750000019"}),
        ("080", {"break_level": "03", "lot_date": D, "lot_number": "042"}),
        ("100", {**_LEVEL, "invoice_number": "000104217"}),
        ("110", {**_LEVEL, "insured_nir": NIR, "insured_nir_key": KEY, "name_kind": "P", "beneficiary_name": "MARTIN"}),
        ("120", {**_LEVEL, "beneficiary_birth_date": "580427", "beneficiary_rank": "1", "patient_name": "MARTIN"}),
        ("150", {**_LEVEL, "insurance_nature": "AS"}),
        ("160", {**_LEVEL, "archive_number": "00000000000104217"}),
        share(80_000, 80_000),
        amc(20_000, 20_000, "P"),
        line(1, "PJ", 100_000, 80_000, "220", end_date=date(2022, 4, 29), hospital_coefficient=Decimal(1), reimbursement_rate=80),
        line(2, "FJ", 20_000, 0, complementary_amount=20_000),
        head("000104218", "D", lot_number="042"),
        person(),
        share(5000, 0, "D"),
        line(1, "ATU", 5000, 0),
        ("290", {**_LEVEL, "line_number": 1, "code": "S0012", "label": "FACTURE EN COURS D'EXAMEN"}),
        rejection("0060", "PIECE JUSTIFICATIVE ATTENDUE"),
        ("295", {**_LEVEL, "comment": "LA FACTURE SERA TRAITEE A RECEPTION DE LA PIECE"}),
        ("250", {**_LEVEL, "line_number": 1, "debt_reference": "DETTE00017", "debt_date": D, "debt_nature": "IND",
                 "recovery_operation": "RAS", "movement_amount": 12_050, "sign": "N", "debt_balance": 3000}),
        ("261", {**_LEVEL, "lump_payment_code": "00017", "lump_payment_amount": 50_000}),
        ("262", {**_LEVEL, "code": "FPE", "label": "FORFAIT", "insured_nir": NIR, "insured_nir_key": KEY, "birth_date": "580427",
                 "birth_rank": 1, "period_kind": "M", "period_start": date(2022, 4, 1), "period_end": date(2022, 4, 30),
                 "amount": 2500}),
    ]  # fmt: skip


def closed(parts: list[Part], **changes: Any) -> list[Part]:
    """The parts with their 990 and 999; `changes` replace values of either, by name."""
    paid = sum((-1 if part["amo_paid_sign"] == "N" else 1) * part["amo_paid"] for name, part in parts if name == "198")
    invoices = sum(name in ("100", "102") for name, _ in parts)
    lots = sum(name == "080" for name, _ in parts)
    payee = next(part["payment_recipient_number"] for name, part in parts if name == "040")
    sign = "N" if paid < 0 else "P"
    ends = {name: value for name, value in parts[0][1].items() if name in ENDS}
    last = {"break_identification": payee, "lower_level_count": invoices, "lower_level_total": abs(paid), "sign": sign}
    end = {**ends, "record_count": len(parts) + 2, "lot_count": lots, "file_total": abs(paid), "file_total_sign": sign}
    last |= {name: value for name, value in changes.items() if name in last}
    end |= {name: value for name, value in changes.items() if name in end}
    return [*parts, ("990", last), ("999", end)]


def lines_of(parts: list[Part]) -> list[bytes]:
    """The bytes of each entity."""
    return [encode_entity(name, values) for name, values in parts]


def build(parts: list[Part], separator: bytes = b"", **changes: Any) -> bytes:
    """The bytes of a whole return."""
    return separator.join([*lines_of(closed(parts, **changes)), b""])
