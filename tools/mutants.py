"""One sound file in which every field says something, each of its fields damaged in turn, and what `b2 check` says of each damage.

What no check sees is a survivor; the page docs/mutants.md lists them, each with the reason in `survivors.REASONS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from specimens import DAY, DOCTOR, FUND, HOSPITAL, MAN, RPPS, WOMAN, Piece, act, invoice

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.identifiers import make_number
from vaguemestre.core.wire.layouts import B2, Field, Kind
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.source import Source

Values = dict[str, Any]
MALFORMED, OTHER, EMPTY = "malformed", "other", "empty"
DAMAGES: Final = {
    MALFORMED: "one byte that its form does not allow: a letter in a number, a day that does not exist, an accent in a text",
    OTHER: "another value of the same form: one digit, letter or day more, or another code of the field's list",
    EMPTY: "nothing: zeros in a number, spaces in a text",
}
"""Damage -> what stands in the field instead."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One field of one record, damaged in one way; `said` are the findings that the sound file does not have."""

    record: str
    entry: Field
    damage: str
    said: tuple[Finding, ...] = ()

    @property
    def level(self) -> Level | None:
        """The gravest that is said; None when nothing is: it survives."""
        levels = {item.level for item in self.said}
        return next((level for level in Level if level in levels), None)


# --- the sound file ------------------------------------------------------------------------------------------------------


def _filled(name: str, **own: Any) -> Piece:
    """Every field of a record with a plain value, unless `own` says otherwise."""
    values = {entry.name: _plain(entry) for entry in B2[name].fields if not _is_given(entry)}
    return name, {**values, **own}


def _is_given(entry: Field) -> bool:
    return bool(entry.constant) or entry.kind in (Kind.FILLER, Kind.OPAQUE) or entry.name in _KEY


_KEY: Final = frozenset({
    "provider_number", "insured_nir", "insured_nir_key", "invoice_number", "sequence_number", "beneficiary_rank",
})  # fmt: skip


def _plain(entry: Field) -> Any:
    listed = CODES.get((entry.record, entry.name)) or PUBLIC_CODES.get((entry.record, entry.name)) or entry.codes
    if listed:
        return sorted(code for code in listed if code.strip())[-1]
    if entry.kind is Kind.DATE:
        return DAY
    if entry.kind in (Kind.NUMBER, Kind.CENTS):
        return 1
    if entry.kind is Kind.DECIMAL:
        return Decimal(1)
    return "1" * entry.length if entry.kind is Kind.DIGITS else "A" * entry.length


def _head(nir: tuple[str, str], **own: Any) -> Values:
    """The 2 and, under `2S`, the 2S of an invoice."""
    doctor = _filled("2S", beneficiary_nir=WOMAN[0], beneficiary_nir_key=WOMAN[1], attending_doctor_number=DOCTOR)[1]
    values = _filled(
        "2",
        birth_date=f"{nir[0][1:5]}14",
        insurance_nature="10",
        copay_exemption_code="0",
        scheme_code=FUND.scheme,
        fund_code=FUND.fund,
        admission_number="220001234",
        work_accident_number="000220401",
        split_flag="",
        birth_rank=1,
    )[1]
    return {**values, **own, "2S": doctor}


def _stay() -> bytes:
    """An invoice of a stay: 3, 3S, 3E, 3F, 3H."""
    line = _filled(
        "3",
        treatment_mode="10",
        tariff_discipline="406",
        act_code="ATU",
        quantity=1,
        coefficient=Decimal(1),
        hospital_coefficient=None,
        unit_price=2732,
        reimbursement_base=2732,
        reimbursement_rate=80,
        amount_payable_by_fund=2186,
        total_charge=2732,
        amount_payable_by_complementary=546,
        copay_exemption_code="0",
        funding_rate=None,
        charge_qualifier="",
        daily_charge_coverage_code="",
        patient_participation_code="",
    )
    lines = [
        line,
        _filled("3S", prescriber_number=DOCTOR),
        _filled("3E", prescriber_rpps=RPPS[DOCTOR]),
        _filled("3F", quantity=2, unit_gap=30, total_gap=60),
        _filled("3H", quantity=2, unit_gap=30, total_gap=60, purchase_unit_price=4200, total_charge=4200,
                split_coefficient=Decimal("0.5")),
    ]  # fmt: skip
    return invoice("220000871", HOSPITAL, MAN, _head(MAN), lines)


def _external() -> bytes:
    """An invoice of external care: 4, 4S, 4E, 4B, 4H, 4M."""
    performer = make_number("75199013")
    first = act(
        HOSPITAL, "B", 27, 60, "", coefficient=Decimal(34), prescriber_number=DOCTOR, performer_number=performer,
        prescriber_specialty="01", performer_specialty="01", prescription_origin="T", treatment_mode="07",
        tariff_discipline="000", tariff_zone=_plain(B2["4"].by_name["tariff_zone"]),
        amount_payable_by_complementary=367, charge_qualifier="",
    )  # fmt: skip
    days = {f"act{rank}_date": DAY for rank in range(1, 6)}
    codes = {f"act{rank}_nabm_code": f"0000{rank}110" for rank in range(1, 6)}
    lines = [
        first,
        _filled("4S", patient_participation_code=""),
        _filled("4E", prescriber_rpps=RPPS[DOCTOR], performer_rpps=RPPS[HOSPITAL]),
        _filled("4B", **days, **codes),
        act(HOSPITAL, "CCAM", 2892, 70, "01", prescriber_number=DOCTOR, performer_number=performer,
            amount_payable_by_complementary=868),
        _filled("4S", patient_participation_code=""),
        _filled("4H", unit_price=150, quantity=4, total_charge=600, split_coefficient=None),
        _filled("4M", ccam_code="HBJD001", activity_code="1", phase_code="0", session_date=date(2022, 4, 20),
                association_code="1", **{f"tooth_{rank}": str(10 + rank) for rank in range(1, 9)},
                **{f"tooth_{rank}": str(12 + rank) for rank in range(9, 17)}),
        _filled("4M", ccam_code="HBJD001", activity_code="1", phase_code="0", session_date=DAY, association_code="1",
                **{f"tooth_{rank}": "" for rank in range(1, 17)}),
    ]  # fmt: skip
    return invoice("220000902", HOSPITAL, WOMAN, _head(WOMAN), lines)


def sound_file() -> list[bytes]:
    """The records of a file without any finding that holds every record of the table, every field of them filled where it may."""
    head = FileHead(HOSPITAL, FUND, "S75099", DAY, it_centre="100", message="MUTANTS", test=True)
    lot = build_lot(LotHead(HOSPITAL, FUND, 1, DAY, "CENTRE HOSPITALIER DE KERAVEL"), [_stay(), _external()])
    data = build_file(head, [lot])
    return [_framed(data[at : at + RECORD_BYTES]) for at in range(0, len(data), RECORD_BYTES)]


_FRAME_VALUES: Final = {
    ("000", "sender_program"): "PROG01", ("000", "recipient_program"): "PROG02", ("000", "compression"): "N",
    ("000", "encryption"): "N", ("000", "password"): "SECRET", ("1", "establishment_category"): "355",
    ("1", "legal_status"): "01", ("1", "tariff_mode"): "05", ("999", "sender_program"): "PROG01",
    ("999", "recipient_program"): "PROG02",
}  # fmt: skip


def _framed(record: bytes) -> bytes:
    """The record with the fields filled that the encoder of files leaves empty."""
    layout = B2_RECORDS.recognise(record).layout  # type: ignore[union-attr]
    for entry in layout.fields:
        value = _FRAME_VALUES.get((layout.name, entry.name))
        if value is not None:
            record = _with(record, entry, value.encode().ljust(entry.length))
    return record


# --- the damages ---------------------------------------------------------------------------------------------------------


def _with(record: bytes, entry: Field, content: bytes) -> bytes:
    return record[: entry.where.start] + content + record[entry.where.stop :]


def _malformed(entry: Field, held: bytes) -> bytes:
    if entry.kind is Kind.DATE:
        return b"220230"
    return held[:-1] + (b"A" if entry.numeric else b"\xe9")


def _other(entry: Field, held: bytes) -> bytes:
    listed = CODES.get((entry.record, entry.name)) or PUBLIC_CODES.get((entry.record, entry.name)) or entry.codes
    others = [code.encode().ljust(entry.length) for code in sorted(listed)]
    others = [code for code in others if code != held and code.strip(b" 0") and len(code) == entry.length]
    if others:
        return others[0]
    if entry.kind is Kind.DATE:
        return b"220426" if held != b"220426" else b"220425"
    at = max(len(held.rstrip(b" ")) - 1, 0)
    if entry.kind is Kind.DECIMAL and held.strip(b"0"):  # the last digit may be less than a cent
        at = len(held) - len(held.lstrip(b"0"))
    byte = held[at : at + 1]
    after = b"A" if byte == b" " else b"1" if byte in b"9" else b"B" if byte == b"Z" else bytes([byte[0] + 1])
    return held[:at] + after + held[at + 1 :]


def _empty(entry: Field, held: bytes) -> bytes:
    return (b"0" if entry.numeric or entry.kind is Kind.OPAQUE else b" ") * entry.length


_MADE: Final[dict[str, Callable[[Field, bytes], bytes]]] = {MALFORMED: _malformed, OTHER: _other, EMPTY: _empty}


def mutants() -> Iterator[Mutant]:
    """Every field of every record of the table, fillers and constants too, damaged in each way; in the order of the table.

    Of several records of one type the first is taken in which the field says something. A damage that changes nothing is left out.
    """
    records = sound_file()
    names = [B2_RECORDS.recognise(record).layout.name for record in records]  # type: ignore[union-attr]
    for name, layout in B2.items():
        ranks = [rank for rank, one in enumerate(names) if one == name]
        for entry in layout.fields:
            rank = next((one for one in ranks if records[one][entry.where].strip(b"0 ")), ranks[0])
            held = records[rank][entry.where]
            for damage, made in _MADE.items():
                content = made(entry, held)
                if content != held:
                    data = [*records[:rank], _with(records[rank], entry, content), *records[rank + 1 :]]
                    yield Mutant(name, entry, damage, check_file(Source.of_bytes(b"".join(data))).findings)
