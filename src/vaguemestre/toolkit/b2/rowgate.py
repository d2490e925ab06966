"""The quick way of the check, record by record: says at once that an ordinary invoice has no finding at all, or says nothing.

Ordinary: records 2, 2S, then 4, 4S, perhaps 4E per line, then 5. One expression generated from the layouts reads them all; the
rest is a few sums. What the gate does not take walks the rules (`toolkit.b2.rules`), which stay the reference; a test holds that
no rule has anything to say about what the gate takes.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from struct import Struct
from typing import Final

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.identifiers import number_is_valid, rpps_is_valid
from vaguemestre.core.wire.layouts import B2, Absent, Field
from vaguemestre.core.wire.records import expression_of
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES, TREATMENTS
from vaguemestre.tables.sheet_limits import EXEMPTIONS_BELOW_FULL_RATE, FULL_RATE_NATURES
from vaguemestre.toolkit.b2.rules.complements import COMPLETING_ACTS

_HOSPITAL_TOTALS = frozenset(
    ("total_hospital_base", "total_hospital_fund", "total_hospital_complementary", "total_hospital_charge")
)
_SHARED = ("provider_number", "insured_nir", "insured_nir_key", "invoice_number", "beneficiary_rank")
_NO_NUMBER, _NO_RPPS, _NO_NIR = b"0" * 9, b"0" * 11, frozenset((b" " * 13 + b"00", b"0" * 15))
_TWENTIETH = b"7"  # two-digit years from 70 on are 19xx: bytes then compare wrongly. vgm:two-digit-years
_NUMBERS_KEPT_MAX = 20_000
_PARTIAL: Final = frozenset(code.encode() for code in (*EXEMPTIONS_BELOW_FULL_RATE, " "))
_FULL_RATE: Final = frozenset(code.encode() for code in FULL_RATE_NATURES)
_COMPLETING: Final = frozenset(code.encode().ljust(4) for code in COMPLETING_ACTS)


def _picker(record: str, *names: str) -> Struct:
    """Cuts these fields out of a record, in the order of the layout."""
    fields = [B2[record].by_name[name] for name in names]
    if [entry.position for entry in fields] != sorted(entry.position for entry in fields):
        raise ValueError(f"the fields of {record} are not in order")
    form, end = "", 1
    for entry in fields:
        form += f"{entry.position - end}x{entry.length}s"
        end = entry.position + entry.length
    return Struct(form + f"{RECORD_BYTES + 1 - end}x")


_HEAD: Final = _picker(
    "2",
    "provider_number",
    "insured_nir",
    "insured_nir_key",
    "insurance_nature",
    "work_accident_number",
    "split_flag",
    "birth_date",
    "admission_date",
    "discharge_date",
)
_SECOND: Final = _picker("2S", "beneficiary_nir", "beneficiary_nir_key", "attending_doctor_number")
_LINE: Final = _picker(
    "4",
    "prescriber_number",
    "copay_exemption_code",
    "performer_number",
    "care_date",
    "act_code",
    "quantity",
    "coefficient",
    "unit_price",
    "reimbursement_base",
    "reimbursement_rate",
    "amount_payable_by_fund",
    "fee_total",
    "charge_qualifier",
    "amount_payable_by_complementary",
)
_IDENTITIES: Final = _picker("4E", "prescriber_rpps", "performer_rpps")
_END: Final = _picker(
    "5", "line_record_count", "total_fees", "total_fees_fund", "total_patient_share", "total_fees_complementary"
)
_SUBTYPE_OF_4E: Final = B2["4E"].by_name["record_subtype"].position - 1


def _field_expression(entry: Field, first: bool) -> bytes:
    if entry.name in _SHARED:
        group = entry.name.encode()
        return b"(?P<%b>%b)" % (group, expression_of(entry)) if first else b"(?P=%b)" % group
    if entry.name in _HOSPITAL_TOTALS:
        return b"0{%d}" % entry.length
    if entry.name == "sequence_number":
        return b"01"
    if entry.name == "treatment_mode":  # with the discipline that follows it
        return b"(?:" + b"|".join(f"{mode}{discipline}".encode() for mode, discipline in sorted(TREATMENTS)) + b")"
    if entry.name == "tariff_discipline":
        return b""
    codes = CODES.get((entry.record, entry.name)) or PUBLIC_CODES.get((entry.record, entry.name))
    if codes:
        legal = sorted(re.escape(code.encode()) for code in codes)
        if entry.absent is Absent.OK:
            legal.append(re.escape(entry.blank))
        return b"(?:" + b"|".join(legal) + b")"
    return expression_of(entry)


@lru_cache(maxsize=1)
def _ordinary() -> Callable[[bytes], object]:
    def record(name: str) -> bytes:
        return b"".join(_field_expression(entry, name == "2") for entry in B2[name].fields)

    line = b"(?:%b%b(?:%b)?)++" % (record("4"), record("4S"), record("4E"))
    return re.compile(record("2") + record("2S") + line + record("5"), re.DOTALL).fullmatch


class RowGate:
    """Judges one invoice after the other; remembers the professionals' numbers that it found right."""

    __slots__ = ("_matches", "_numbers", "_rpps")

    def __init__(self) -> None:
        self._matches = _ordinary()
        self._numbers, self._rpps = {_NO_NUMBER}, {_NO_RPPS}

    def takes(self, data: bytes, last_day: bytes) -> tuple[int, int] | None:
        """What was charged and the funds' share (cents) when nothing can be said against this invoice; None when rules must look.

        `data`: its records, 128 bytes each. `last_day`: the day (AAMMJJ) of the file or lot, "" when there is none.
        """
        if self._matches(data) is None:
            return None
        provider, nir, key, nature, accident, split, birth, admission, discharge = _HEAD.unpack_from(data)
        own, own_key, doctor = _SECOND.unpack_from(data, RECORD_BYTES)
        numbers = self._numbers
        if (
            accident != _NO_NUMBER
            or not nir.isdigit()
            or not b"0" < nir[:1] < b"9"
            or 97 - int(nir) % 97 != int(key)
            or not ((own == nir and own_key == key) or own + own_key in _NO_NIR)
            or not admission <= discharge < _TWENTIETH
            or not last_day < _TWENTIETH
            or (provider not in numbers and not self._is_number(provider))
            or (doctor not in numbers and not self._is_number(doctor))
        ):
            return None
        return self._lines(data, last_day, birth, nature in _FULL_RATE, split == b"F")

    def _lines(self, data: bytes, last_day: bytes, birth: bytes, full: bool, split: bool) -> tuple[int, int] | None:
        charged = funded = complementary = 0
        at, end = 2 * RECORD_BYTES, len(data) - RECORD_BYTES
        numbers, rpps = self._numbers, self._rpps
        first_day = b""
        while at < end:
            (
                prescriber,
                exemption,
                performer,
                day,
                act,
                quantity,
                coefficient,
                price,
                base,
                rate,
                fund,
                fee,
                qualifier,
                other,
            ) = _LINE.unpack_from(data, at)
            if day != first_day:
                if first_day or act[:4] in _COMPLETING or not day < _TWENTIETH:
                    return None
                if last_day and (day > last_day or day < birth <= last_day):
                    return None
                first_day = day
            cents, percent, share, total, rest = int(base), int(rate), int(fund), int(fee), int(other)
            factor = int(quantity) * int(coefficient)
            if (
                qualifier != b" "
                or act[4] != 0x20
                or not factor
                or (int(price) * factor + 50) // 100 != cents
                or (cents * percent + 50) // 100 != share
                or share + rest > total
                or (percent != 100 and (full or exemption not in _PARTIAL))
                or (split and rest)
                or (prescriber not in numbers and not self._is_number(prescriber))
                or (performer not in numbers and not self._is_number(performer))
            ):
                return None
            charged += total
            funded += share
            complementary += rest
            at += 2 * RECORD_BYTES
            if data[at + _SUBTYPE_OF_4E] == 0x45 and at < end:  # E
                one, two = _IDENTITIES.unpack_from(data, at)
                if (
                    (one not in rpps and not self._is_rpps(one))
                    or (two not in rpps and not self._is_rpps(two))
                    or one == two == _NO_RPPS
                ):
                    return None
                at += RECORD_BYTES
        count, fees, fees_fund, patient, fees_other = map(int, _END.unpack_from(data, end))
        if (count, fees, fees_fund, patient, fees_other) != (
            len(data) // RECORD_BYTES - 3,
            charged,
            funded,
            charged - funded,
            complementary,
        ):
            return None
        return charged, funded

    def _is_number(self, raw: bytes) -> bool:
        """Remember a right number; numbers of professionals are few."""
        if not number_is_valid(str(raw, "ascii")):
            return False
        if len(self._numbers) < _NUMBERS_KEPT_MAX:
            self._numbers.add(raw)
        return True

    def _is_rpps(self, raw: bytes) -> bool:
        if not rpps_is_valid(str(raw, "ascii")):
            return False
        if len(self._rpps) < _NUMBERS_KEPT_MAX:
            self._rpps.add(raw)
        return True


def as_bytes(day: date | None) -> bytes:
    """A day as records write it (AAMMJJ), "" for none."""
    return f"{day:%y%m%d}".encode() if day is not None else b""
