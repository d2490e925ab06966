"""One engine for every fixed-position record: an encoder, a decoder and its checks, generated from a `Layout`.

A record is judged twice from the same table: one generated expression (the gate) accepts what is right at once; only what it
refuses is walked field by field to say why. A record keeps its bytes; a value is converted when it is asked for.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import Absent, Field, Kind, Layout

Value = str | int | Decimal | date | None

_YEAR_FIRST, _YEAR_LAST = 1970, 2069  # vgm:two-digit-years
_TEXT_CLASS = rb"[ -?A-_{-~]"  # printable ASCII but @, lower case and the back quote: b2:06-TF read narrowly
_OUTSIDE_TEXT = re.compile(rb"[^ -?A-_{-~]")
_OUTSIDE_FOLDED = re.compile(r"[^ -?A-_{-~]")
_DATE = (
    rb"(?:[0-9]{2}(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    rb"|02(?:0[1-9]|1[0-9]|2[0-8]))|(?:[02468][048]|[13579][26])0229)"
)
_UNREADABLE = b"!"  # no numeric field accepts it: marks a value that the gate must refuse
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "€": "E", "’": "'", "–": "-", "«": '"', "»": '"'}
)


class UnwritableError(ValueError):
    """Values that a record cannot hold; `findings` names each field. `str()` holds no value."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(str(item) for item in findings))
        self.findings = findings


def plain_text(value: str, length: int | None = None) -> str:
    """`value` as the norm writes text: upper case, no accent, any other character a space; cut at `length`. b2:06-TF."""
    if value.isascii():
        text = _OUTSIDE_FOLDED.sub(" ", value.upper())
    else:
        folded = unicodedata.normalize("NFKD", value.translate(_LIGATURES)).upper()
        text = _OUTSIDE_FOLDED.sub(" ", "".join(c for c in folded if not unicodedata.combining(c)))
    return (text if length is None else text[:length]).rstrip(" ")


def filled(digits: str) -> str:
    """An identifier of zeros is an absent one."""
    return digits if digits.strip("0") else ""


def safe_text(value: str, length: int) -> str:
    """What a peer wrote, as far as it can be written again: never empty, never too long."""
    return plain_text(value, length) or "?"


def writable_day(day: date | None) -> date | None:
    """A day that two digits of year can say, None for any other. vgm:two-digit-years."""
    return day if day is not None and _YEAR_FIRST <= day.year <= _YEAR_LAST else None


# --- bytes to values -------------------------------------------------------------------------------------------------


def _read_text(raw: bytes) -> Value:
    return str(raw, "latin-1").rstrip(" ")


def _read_digits(raw: bytes) -> Value:
    return str(raw, "latin-1") if not raw.isspace() else "0" * len(raw)


def _read_number(raw: bytes) -> Value:
    if raw.isdigit():
        return int(raw)
    return 0 if raw.isspace() else None


def read_date(raw: bytes) -> date | None:
    """AAMMJJ as a date, None when it is none. vgm:two-digit-years."""
    if not raw.isdigit():
        return None
    year = int(raw[:2])
    try:
        return date(year + (1900 if year >= _YEAR_FIRST % 100 else 2000), int(raw[2:4]), int(raw[4:6]))
    except ValueError:
        return None


def _read_opaque(raw: bytes) -> Value:
    return str(raw, "latin-1")


def reader_of(entry: Field) -> Callable[[bytes], Value]:
    """From a field's bytes to its value; None when they are no value of its kind, or no day."""
    if entry.kind is Kind.DECIMAL:
        places = -entry.decimals

        def read_decimal(raw: bytes) -> Value:
            if raw.isdigit():
                return Decimal(int(raw)).scaleb(places)
            return Decimal(0) if raw.isspace() else None

        return read_decimal
    return {
        Kind.TEXT: _read_text,
        Kind.DIGITS: _read_digits,
        Kind.NUMBER: _read_number,
        Kind.CENTS: _read_number,
        Kind.DATE: read_date,
        Kind.OPAQUE: _read_opaque,
    }[entry.kind]


# --- values to bytes: padded at least to the field's length; the gate refuses what is too long or not legal ----------


def _writer(entry: Field) -> Callable[[Value], bytes]:
    length, kind, blank = entry.length, entry.kind, entry.blank
    number = b"%%0%dd" % length
    power = 10**entry.decimals

    def refuse_type(value: object) -> bytes:
        raise TypeError(f"record {entry.record}, field {entry.name}: no {type(value).__name__} is written there")

    def write_text(value: Value) -> bytes:
        if value is None:
            return blank
        return value.encode().ljust(length) if type(value) is str or isinstance(value, str) else refuse_type(value)

    def write_digits(value: Value) -> bytes:
        if value is None:
            return blank
        return value.encode().rjust(length, b"0") if isinstance(value, str) else refuse_type(value)

    def write_number(value: Value) -> bytes:
        if value is None:
            return blank
        return number % value if type(value) is int else refuse_type(value)

    def write_decimal(value: Value) -> bytes:
        if value is None:
            return blank
        if type(value) is not Decimal and type(value) is not int:
            return refuse_type(value)
        scaled = value * power
        whole = int(scaled)
        return number % whole if whole == scaled else _UNREADABLE * length

    def write_date(value: Value) -> bytes:
        if value is None:
            return blank
        if not isinstance(value, date):
            return refuse_type(value)
        year = value.year
        if not _YEAR_FIRST <= year <= _YEAR_LAST:
            return _UNREADABLE * length
        return b"%02d%02d%02d" % (year % 100, value.month, value.day)

    return {
        Kind.TEXT: write_text,
        Kind.OPAQUE: write_text,
        Kind.DIGITS: write_digits,
        Kind.NUMBER: write_number,
        Kind.CENTS: write_number,
        Kind.DECIMAL: write_decimal,
        Kind.DATE: write_date,
    }[kind]


# --- the gate: one expression per record, and the walk that explains a refusal ---------------------------------------


def _padded(entry: Field, code: str) -> bytes:
    raw = code.encode("ascii")
    return raw.rjust(entry.length, b"0") if entry.numeric else raw.ljust(entry.length)


def expression_of(entry: Field) -> bytes:
    """What a field's bytes must match to be without fault."""
    size = b"{%d}" % entry.length
    if entry.kind is Kind.FILLER:
        return rb"[\x00-\xff]" + size
    if entry.kind is Kind.OPAQUE:
        return b"[ -~]" + size
    if entry.constant:
        return re.escape(entry.blank)
    optional = entry.absent is Absent.OK
    empty = b"0" if entry.numeric else b" "
    if entry.codes:
        legal = [re.escape(_padded(entry, code)) for code in entry.codes] + ([empty + size] if optional else [])
        return b"(?:" + b"|".join(legal) + b")"
    if entry.kind is Kind.DATE:
        return b"(?:0{6}|" + _DATE + b")" if optional else _DATE
    body = (b"[0-9]" if entry.numeric else _TEXT_CLASS) + size
    return body if optional else b"(?!" + empty + size + b")" + body


def _is_empty(entry: Field, raw: bytes) -> bool:
    return not raw.strip(b" ") or (entry.numeric and not raw.strip(b"0"))


def _fault(entry: Field, raw: bytes) -> tuple[str, str] | None:
    """The code of what is wrong with these bytes and what would be right, or None."""
    if entry.kind is Kind.FILLER:
        return None
    if entry.constant:
        return None if raw == entry.blank else ("B006", entry.constant)
    if _is_empty(entry, raw) and entry.kind is not Kind.OPAQUE:
        if entry.absent is not Absent.OK:
            return ("B008" if entry.absent is Absent.ERROR else "B009", "")
        return ("B004", "") if entry.numeric and raw[:1] == b" " else None
    if entry.numeric and not raw.isdigit():
        return ("B002", "")
    if not entry.numeric and (re.search(rb"[^ -~]", raw) if entry.kind is Kind.OPAQUE else _OUTSIDE_TEXT.search(raw)):
        return ("B003", "")
    if entry.codes and raw not in [_padded(entry, code) for code in entry.codes]:
        return ("B007", " ".join(entry.codes))
    if entry.kind is Kind.DATE and read_date(raw) is None:
        return ("B005", "")
    return None


class Plan:
    """One layout made ready: encoders, decoders, gate. Built once per layout, when its family is built."""

    __slots__ = ("_blank", "_gate", "_readers", "_writers", "layout", "name", "size")

    def __init__(self, layout: Layout) -> None:
        self.layout, self.name, self.size = layout, layout.name, layout.size
        read = [(at, entry) for at, entry in enumerate(layout.fields) if entry.kind is not Kind.FILLER]
        self._blank = [entry.blank for entry in layout.fields]
        self._writers = {entry.name: (at, _writer(entry)) for at, entry in read}
        self._readers = {entry.name: (entry.where, reader_of(entry)) for _, entry in read}
        self._gate: Callable[[bytes], object] = self._first_gate

    def _first_gate(self, data: bytes) -> object:
        """The gate is made when a record first comes to it: a small command meets few kinds of records."""
        self._gate = re.compile(b"".join(map(expression_of, self.layout.fields)), re.DOTALL).fullmatch
        return self._gate(data)

    def encode(self, values: Mapping[str, Value]) -> bytes:
        """The record's bytes. Raises UnwritableError (a value does not fit), KeyError or TypeError (our own fault)."""
        parts = self._blank.copy()
        writers = self._writers
        for name, value in values.items():
            index, write = writers[name]
            parts[index] = write(value)
        data = b"".join(parts)
        if self._gate(data) is None:
            self._explain_writing(parts)
        return data

    def _explain_writing(self, parts: list[bytes]) -> None:
        found = [item for entry, raw in zip(self.layout.fields, parts, strict=True) for item in _unwritable(entry, raw)]
        if found:
            raise UnwritableError(tuple(found))

    def accepts(self, data: bytes) -> bool:
        """Whether these bytes are a record without any fault: the quick test of the hot path."""
        return self._gate(data) is not None

    def check(self, data: bytes, number: int | None = None, source: str = "") -> tuple[Finding, ...]:
        """Every fault of `size` bytes, field by field; `number` is the record's rank in its file (1-based)."""
        if self._gate(data) is not None:
            return ()
        return tuple(self._faults(data, number, source))

    def _faults(self, data: bytes, number: int | None, source: str) -> Iterator[Finding]:
        for entry in self.layout.fields:
            raw = data[entry.where]
            fault = _fault(entry, raw)
            if fault is not None:
                code, expected = fault
                found = str(raw, "latin-1").strip() or " "
                yield finding(
                    code,
                    place_of(entry, number, source),
                    field=entry.field_id,
                    label=entry.label_fr,
                    found=found,
                    expected=expected,
                )

    def value(self, data: bytes, name: str) -> Value:
        where, read = self._readers[name]
        return read(data[where])

    def values(self, data: bytes) -> dict[str, Value]:
        return {name: read(data[where]) for name, (where, read) in self._readers.items()}


def place_of(entry: Field, number: int | None = None, source: str = "") -> Place:
    """The place of a field in record `number` of a file."""
    return Place(source, number, None, entry.columns, entry.field_id)


def _unwritable(entry: Field, raw: bytes) -> Iterator[Finding]:
    if len(raw) > entry.length and raw.isascii():
        yield finding("B010", place_of(entry), field=entry.field_id, label=entry.label_fr, expected=entry.length)
        return
    fault = _fault(entry, raw)
    if fault is not None and fault[0] != "B009":
        code = "B008" if fault[0] == "B008" else "B011"
        yield finding(code, place_of(entry), field=entry.field_id, label=entry.label_fr)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read: its plan and its bytes. `record["act_code"]` converts one field; `repr` shows no content."""

    plan: Plan = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The record's type, as `2S`."""
        return self.plan.name

    @property
    def values(self) -> dict[str, Value]:
        """Every field but fillers, converted. None: an absent date, or bytes that are no value of the field's kind."""
        return self.plan.values(self.data)

    def __getitem__(self, name: str) -> Value:
        return self.plan.value(self.data, name)

    def text(self, name: str) -> str:
        """A text or digits field. Raises TypeError for another kind (our own fault)."""
        where, read = self.plan._readers[name]
        value = read(self.data[where])
        if not isinstance(value, str):
            raise TypeError(f"record {self.name}, field {name} is no text")
        return value

    def number(self, name: str) -> int:
        """A number or cents field; 0 when its bytes are no number (the decoder's findings say so)."""
        where, read = self.plan._readers[name]
        value = read(self.data[where])
        return value if isinstance(value, int) else 0

    def numbers(self, names: Iterable[str]) -> list[int]:
        """Several number or cents fields at once, in this order; each as `number` reads it."""
        readers, data = self.plan._readers, self.data
        return [int(raw) if (raw := data[readers[name][0]]).isdigit() else 0 for name in names]

    def raw(self, name: str) -> bytes:
        return self.data[self.plan._readers[name][0]]

    def __repr__(self) -> str:
        return f"Record({self.name})"


class Family:
    """The records of one norm: finds a record's layout from its constants, encodes and decodes by the same table."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self.plans = {name: Plan(layout) for name, layout in layouts.items()}
        by_first: dict[int, list[tuple[Plan, tuple[tuple[int, int, bytes], ...]]]] = {}
        for plan in self.plans.values():
            marks = tuple(
                (entry.where.start, entry.where.stop, entry.blank)
                for entry in plan.layout.fields
                if entry.constant and entry.name in ("record_type", "record_subtype")
            )
            by_first.setdefault(marks[0][2][0], []).append((plan, marks))
        self._by_first = {
            first: tuple(sorted(entries, key=lambda entry: -len(entry[1]))) for first, entries in by_first.items()
        }

    def recognise(self, data: bytes) -> Plan | None:
        """The plan whose constants these bytes bear; the more constants, the sooner tried."""
        for plan, marks in self._by_first.get(data[0] if data else -1, ()):
            for start, stop, constant in marks:
                if data[start:stop] != constant:
                    break
            else:
                return plan
        return None

    def encode(self, name: str, values: Mapping[str, Value]) -> bytes:
        """The bytes of one record. Raises UnwritableError, or KeyError and TypeError for our own faults."""
        return self.plans[name].encode(values)

    def decode(
        self, data: bytes, number: int | None = None, source: str = ""
    ) -> tuple[Record | None, tuple[Finding, ...]]:
        """The record and its findings; None when its type is unknown or its length wrong. `number` is 1-based."""
        plan = self.recognise(data)
        if plan is None:
            return None, (finding("B001", Place(source, number), found=str(data[:3], "latin-1")),)
        if len(data) != plan.size:
            code = "F005" if len(data) < plan.size else "F006"
            return None, (finding(code, Place(source, number), found=len(data), expected=plan.size),)
        return Record(plan, data), () if plan._gate(data) is not None else tuple(plan._faults(data, number, source))
