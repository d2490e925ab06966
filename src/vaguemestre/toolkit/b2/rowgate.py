"""The quick way of the check, record by record: says at once that an invoice has no finding at all, or says nothing.

Most records say what another one said before, but for their key: the end of a record is judged once, by the rules themselves on
that record alone, and remembered. What compares records is then a matter of keys, order and sums. What the gate does not take
walks the rules (`toolkit.b2.rules`), which stay the reference; a test holds that they have nothing to say about what it takes.
"""

from datetime import date
from struct import Struct
from typing import Final, NamedTuple, TypeVar

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import Plan, Record, read_date
from vaguemestre.tables.b2_order import COMPLEMENTS, FOLLOWS, LINE_RECORDS, LINES_MAX
from vaguemestre.tables.sheet_limits import FULL_RATE_NATURES
from vaguemestre.tables.tariff.accumulation import ASSOCIATION_PERCENT
from vaguemestre.toolkit.b2.rules import RECORD_RULES, WHOLE_RULES, Around
from vaguemestre.toolkit.b2.rules.days import CARE_DAYS, is_prescribed

KEPT_MAX = 20_000
"""Different ends of records that are remembered, of each sort."""
_NO_ACCIDENT, _NO_NIR = b"0" * 9, frozenset((b" " * 13 + b"00", b"0" * 15))
_CORSICA = {b"2A": b"19", b"2B": b"18"}
_TWENTIETH = b"7"  # two-digit years from 70 on are 19xx: bytes then compare wrongly. vgm:two-digit-years
_FULL_RATE: Final = frozenset(code.encode() for code in FULL_RATE_NATURES)
_AFTER = {
    name: frozenset(after) - ({name} if name in COMPLEMENTS else set()) for name, after in FOLLOWS.items()
}  # a complement that comes twice is left to the rules
_NOTHING_AROUND = Around()


class Facts(NamedTuple):
    """What the end of one record 3 or 4, or of a complement, means for its invoice. Amounts in cents."""

    name: str
    after: frozenset[str]
    is_line: bool = False
    day: bytes = b""  # in a 3; the day of a 4 stands apart
    prescribed: bool = False
    at_price: bool = True  # the base of a 4 is its price; a 4M takes nothing off it
    full: bool = True  # at 100 %, or not paid at all
    base: int = 0
    fund: int = 0
    charged: int = 0
    other: int = 0


def _picker(record: str, *names: str) -> Struct:
    """Cuts these fields out of a record, in the order of the layout."""
    form, end = "", 1
    for name in names:
        entry = B2[record].by_name[name]
        form += f"{entry.position - end}x{entry.length}s"
        end = entry.position + entry.length
    return Struct(form + f"{RECORD_BYTES + 1 - end}x")


_HEAD: Final = _picker(
    "2",
    "insured_nir",
    "insured_nir_key",
    "insurance_nature",
    "work_accident_number",
    "split_flag",
    "birth_date",
    "admission_date",
    "discharge_date",
)
_CARE: Final = B2["4"].by_name["care_date"].where
_OWN_NIR: Final = slice(
    B2["2S"].by_name["beneficiary_nir"].where.start, B2["2S"].by_name["beneficiary_nir_key"].where.stop
)
_END_NUMBERS: Final = (
    "line_record_count",
    "total_hospital_base",
    "total_hospital_fund",
    "total_hospital_charge",
    "total_hospital_complementary",
    "total_fees_fund",
    "total_fees",
    "total_fees_complementary",
    "total_patient_share",
)


class RowGate:
    """Judges one invoice after the other."""

    __slots__ = ("_accepts_head", "_complements", "_days", "_ends", "_heads", "_lines", "_seconds")

    def __init__(self) -> None:
        self._accepts_head = B2_RECORDS.plans["2"].accepts
        self._heads: dict[bytes, bool] = {}
        self._seconds: dict[bytes, bool] = {}
        self._days: dict[bytes, bool] = {}
        self._lines: tuple[dict[bytes, Facts | None], ...] = ({}, {})
        self._complements: tuple[dict[bytes, Facts | None], ...] = ({}, {})
        self._ends: dict[bytes, tuple[int, ...] | None] = {}

    def takes(self, data: bytes, last_day: bytes) -> tuple[int, int, int] | None:
        """Charged and the funds' share (cents), and how many records are of type 3, when nothing can be said against the invoice.

        None when the rules must look. `data`: its records, 128 bytes each; `last_day`: the day (AAMMJJ) of the file or lot, or "".
        """
        if not self._accepts_head(data[:RECORD_BYTES]):
            return None
        nir, key, nature, accident, split, birth, admission, discharge = _HEAD.unpack_from(data)
        shared = data[1:38]
        own = data[RECORD_BYTES + _OWN_NIR.start : RECORD_BYTES + _OWN_NIR.stop]
        if (
            data[RECORD_BYTES] != 0x32
            or data[RECORD_BYTES + 1 : RECORD_BYTES + 38] != shared
            or accident != _NO_ACCIDENT
            or not b"0" < nir[:1] < b"9"
            or not (number := _nir_number(nir))
            or 97 - number % 97 != int(key)
            or not (own == nir + key or own in _NO_NIR)
            or not admission <= discharge < _TWENTIETH
            or not last_day < _TWENTIETH
            or not self._is_good_head(data)
            or not self._is_good_second(data)
        ):
            return None
        parts = self._parts(data, shared)
        if parts is None or not _days_agree(parts, last_day, birth):
            return None
        return self._sums(data, parts, nature in _FULL_RATE, split == b"F")

    def _parts(self, data: bytes, shared: bytes) -> list[tuple[Facts, bytes]] | None:
        """The lines and complements, each with its day (AAMMJJ, of a line only); None when one is not known to be without fault."""
        plain, number = shared[:25], shared[28:]
        allowed, end = _AFTER["2S"], len(data) - RECORD_BYTES
        parts: list[tuple[Facts, bytes]] = []
        for at in range(2 * RECORD_BYTES, end, RECORD_BYTES):
            kind = data[at] - 0x33
            if not 0 <= kind <= 1:
                return None
            day = b""
            if data[at + 35] < 0x3A:  # a digit: rank and number come first, the letter of a complement if any later
                if data[at + 1 : at + 38] != shared:
                    return None
                if kind:
                    day = data[at + _CARE.start : at + _CARE.stop]
                    if not self._is_day(day):
                        return None
                    tail = data[at + 38 : at + _CARE.start] + data[at + _CARE.stop : at + RECORD_BYTES]
                else:
                    tail = data[at + 38 : at + RECORD_BYTES]
                known = self._lines[kind]
            else:
                if data[at + 1 : at + 26] != plain or data[at + 26 : at + 35] != number:
                    return None
                tail, known = data[at + 35 : at + RECORD_BYTES], self._complements[kind]
            facts = known.get(tail, _UNKNOWN)
            if facts is _UNKNOWN:
                facts = _remember(known, tail, _facts_of(data[at : at + RECORD_BYTES]))
            if facts is None or facts.name not in allowed:
                return None
            allowed = facts.after
            parts.append((facts, day or facts.day))
        return parts if "5" in allowed and data[end + 1 : end + 38] == shared else None

    def _sums(
        self, data: bytes, parts: list[tuple[Facts, bytes]], full: bool, split: bool
    ) -> tuple[int, int, int] | None:
        """Charged, the funds' share and the records of type 3, when record 5 says what the lines add up to."""
        at_price = True
        lines = fees = fees_fund = fees_other = base = fund = charge = other = 0
        for facts, _ in parts:
            if not facts.is_line:
                if facts.name == "4M" and not (facts.at_price and at_price):
                    return None
                continue
            at_price = facts.at_price
            if (full and not facts.full) or (split and facts.other):
                return None
            lines += 1
            if facts.name == "4":
                fees += facts.charged
                fees_fund += facts.fund
                fees_other += facts.other
            else:
                base += facts.base
                charge += facts.charged
                fund += facts.fund
                other += facts.other
        patient = charge - fund + fees - fees_fund
        totals = (len(parts), base, fund, charge, other, fees_fund, fees, fees_other, patient)
        if lines > LINES_MAX or self._end(data[-RECORD_BYTES:]) != totals:
            return None
        return charge + fees, fund + fees_fund, data[::RECORD_BYTES].count(b"3")

    def _is_good_head(self, data: bytes) -> bool:
        """Whether the rules that look at a record 2 alone, but for its people and days, have nothing to say: lists and issuer."""
        key = data[1:10] + data[48:95] + data[116:118]
        good = self._heads.get(key)
        if good is None:
            good = _remember(self._heads, key, _is_without_finding(B2_RECORDS.plans["2"], data[:RECORD_BYTES]))
        return good

    def _is_good_second(self, data: bytes) -> bool:
        key = (
            data[RECORD_BYTES + 38 : RECORD_BYTES + _OWN_NIR.start]
            + data[RECORD_BYTES + _OWN_NIR.stop : 2 * RECORD_BYTES]
        )
        good = self._seconds.get(key)
        if good is None:
            record = data[RECORD_BYTES : 2 * RECORD_BYTES]
            plan = B2_RECORDS.recognise(record)
            good = (
                plan is not None and plan.name == "2S" and record[39:41] == b"01" and _is_without_finding(plan, record)
            )
            _remember(self._seconds, key, good)
        return good

    def _is_day(self, day: bytes) -> bool:
        good = self._days.get(day)
        if good is None:
            good = _remember(self._days, day, read_date(day) is not None)
        return good

    def _end(self, record: bytes) -> tuple[int, ...] | None:
        tail = record[38:]
        totals = self._ends.get(tail, _NO_TOTALS)
        if totals is _NO_TOTALS:
            plan = B2_RECORDS.plans["5"]
            read = Record(plan, record)
            totals = tuple(map(read.number, _END_NUMBERS)) if plan.accepts(record) else None
            _remember(self._ends, tail, totals)
        return totals


_UNKNOWN: Final = Facts("", frozenset())
_NO_TOTALS: Final = (-1,)
_V = TypeVar("_V")


def _remember(known: dict[bytes, _V], key: bytes, value: _V) -> _V:
    if len(known) >= KEPT_MAX:
        known.clear()
    known[key] = value
    return value


def _nir_number(nir: bytes) -> int:
    """The number whose key is that of a NIR: Corsica's 2A counts as 19, 2B as 18. 0 when it is none."""
    if nir.isdigit():
        return int(nir)
    plain = nir[:5] + _CORSICA.get(nir[5:7], b"?") + nir[7:]
    return int(plain) if plain.isdigit() else 0


def _days_agree(parts: list[tuple[Facts, bytes]], last_day: bytes, birth: bytes) -> bool:
    """Whether no care is later than the file or earlier than the birth, and what nobody else prescribed is of one day."""
    only = b""
    for facts, day in parts:
        if not facts.is_line:
            continue
        if not day < _TWENTIETH or (last_day and (day > last_day or day < birth <= last_day)):
            return False
        if not facts.prescribed and day != only:
            if only:
                return False
            only = day
    return True


def _is_without_finding(plan: Plan, record: bytes) -> bool:
    """Whether this record, all alone, is accepted by its layout and by every rule."""
    if not plan.accepts(record):
        return False
    alone = [(1, Record(plan, record))]
    return not any(True for rule in (*RECORD_RULES, *WHOLE_RULES) for _ in rule(alone, _NOTHING_AROUND))


def _facts_of(data: bytes) -> Facts | None:
    plan = B2_RECORDS.recognise(data)
    if plan is None or plan.name not in _AFTER or not _is_without_finding(plan, data):
        return None
    name, record = plan.name, Record(plan, data)
    if name not in LINE_RECORDS:
        if any(record[field] is not None for field in CARE_DAYS.get(name, ())):
            return None  # days of its own, to be held against the file's and the birth by the rules
        whole = name != "4M" or ASSOCIATION_PERCENT.get(record.text("association_code")) == 100
        return Facts(name, _AFTER[name], at_price=whole) if record.number("sequence_number") == 1 else None
    return Facts(
        name,
        _AFTER[name],
        is_line=True,
        day=record.raw(CARE_DAYS[name][0]),
        prescribed=is_prescribed(record) if name == "4" else True,
        at_price=record.number("reimbursement_base") == record.number("unit_price"),
        full=record.number("reimbursement_rate") == 100 or record.raw("charge_qualifier") in (b"N", b"G"),
        base=record.number("reimbursement_base"),
        fund=record.number("amount_payable_by_fund"),
        charged=record.number("total_charge" if name == "3" else "fee_total"),
        other=record.number("amount_payable_by_complementary"),
    )


def as_bytes(day: date | None) -> bytes:
    """A day as records write it (AAMMJJ), "" for none."""
    return f"{day:%y%m%d}".encode() if day is not None else b""
