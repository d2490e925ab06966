"""One record as a JSON object and back, by its layout table: the same bytes come back, whatever they were. vgm:b2-json.

A field stands under its name with a typed value. An absent text or day is left out; digits and numbers always stand, zeros too.
Where the value does not say the bytes (spaces in a number, a day that is none, a filler that is not blank), `raw` holds them, one
character per byte.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, cast

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.layouts import Field, Kind
from vaguemestre.core.wire.records import Plan, Value, reader_of
from vaguemestre.toolkit.converting.members import is_member, member_name

Json = str | int | None
Members = dict[str, object]

RECORD: Final = "record"
RAW: Final = "raw"
NUMBER, LOT, INVOICE = "number", "lot", "invoice"
"""In lines: the record's rank in the file, its lot and its invoice, counted from 1."""

_APART = frozenset((RECORD, RAW, NUMBER, LOT, INVOICE))

_ALWAYS = frozenset({Kind.NUMBER, Kind.CENTS, Kind.DECIMAL, Kind.DIGITS})
_WHOLE = (Kind.NUMBER, Kind.CENTS)
_EXPECTED = {
    Kind.TEXT: ("un texte", "a text"),
    Kind.OPAQUE: ("un texte", "a text"),
    Kind.DIGITS: ("un texte de chiffres, comme « 0123 »", 'a text of digits, as "0123"'),
    Kind.NUMBER: ("un nombre entier", "a whole number"),
    Kind.CENTS: ("un nombre entier de centimes", "a whole number of cents"),
    Kind.DECIMAL: ("un nombre décimal écrit en texte, comme « 1.50 »", 'a decimal number written as a text, as "1.50"'),
    Kind.DATE: ("une date de la forme « 2022-04-27 »", 'a date of the form "2022-04-27"'),
}
_YEARS = ("l'année doit être entre 1970 et 2069", "the year must be between 1970 and 2069")
_SIGN = ("les nombres n'ont pas de signe", "numbers have no sign")
_CHARACTERS = ("un caractère ne tient pas sur un octet", "a character does not fit in one byte")
_LINE = ("une fin de ligne n'y a pas sa place", "an end of line has no place there")
_PLACES = ("il a trop de décimales", "it has too many decimals")


class _Spot(NamedTuple):
    """One field made ready. `rank`: its place in the record; `blank`: the bytes that are left out, None when it always stands."""

    entry: Field
    rank: int
    length: int
    name: str
    where: slice
    blank: bytes | None
    read: Callable[[bytes], Json]
    write: Callable[[object], bytes]


class RefusedError(Exception):
    """A value that a field cannot hold; becomes a finding at once."""

    def __init__(self, code: str, reason: tuple[str, str] = ("", "")) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


class RecordForm:
    """One record type between its bytes and a JSON object."""

    __slots__ = ("_blank", "_by_name", "_fillers", "_plan", "_raw", "_spots", "name")

    def __init__(self, plan: Plan) -> None:
        self._plan, self.name = plan, plan.name
        fields = plan.layout.fields
        self._blank = [entry.blank for entry in fields]
        self._spots = tuple(_spot(entry, rank) for rank, entry in enumerate(fields) if is_member(entry))
        self._by_name = {spot.name: spot for spot in self._spots}
        self._fillers = tuple((entry.name, entry.where, entry.blank) for entry in fields if not is_member(entry))
        self._raw = {entry.name: (entry, rank) for rank, entry in enumerate(fields) if not is_member(entry)}
        self._raw |= {spot.name: (spot.entry, spot.rank) for spot in self._spots}

    def members(self, data: bytes) -> Members:
        """The object of the bytes of a record of this type."""
        out: Members = {RECORD: self.name}
        raw = {name: str(data[where], "latin-1") for name, where, blank in self._fillers if data[where] != blank}
        if self._plan.accepts(data):
            for _, _, _, name, where, blank, read, _ in self._spots:
                part = data[where]
                if part != blank:
                    out[name] = read(part)
        else:
            raw |= self._doubtful(data, out)
        if raw:
            out[RAW] = raw
        return out

    def _doubtful(self, data: bytes, out: Members) -> dict[str, str]:
        """Fill `out` from a record that the gate refuses; returns the fields whose value does not say their bytes."""
        raw = {}
        for spot in self._spots:
            part = data[spot.where]
            if part == spot.blank:
                continue
            value = spot.read(part)
            if value is not None:
                out[spot.name] = value
            if value is None or spot.write(value) != part:
                raw[spot.name] = str(part, "latin-1")
        return raw

    def encode(self, members: Mapping[str, object], place: Place) -> tuple[bytes, tuple[Finding, ...]]:
        """The bytes of an object and what cannot be written of it; `place.field` is the object's path in its file."""
        parts = self._blank.copy()
        found: list[Finding] = []
        for name, value in members.items():
            if name in _APART:
                continue
            spot = self._by_name.get(name)
            if spot is None:
                found.append(finding("J005", below(place, name), record=self.name, name=name))
                continue
            if value is None:  # as if it were left out
                continue
            try:
                part = parts[spot.rank] = spot.write(value)
                if len(part) != spot.length:
                    raise RefusedError("J007")
            except RefusedError as refused:
                found.append(self._refusal(refused, spot.entry, name, below(place, name)))
        if RAW in members:
            found += self._lay_raw(members, parts, place)
        return b"".join(parts), tuple(found)

    def _lay_raw(self, members: Mapping[str, object], parts: list[bytes], place: Place) -> Iterator[Finding]:
        """Put the bytes of `raw` in their places; a value given beside them must be what they say."""
        given = members.get(RAW)
        if given is None:
            return
        if not isinstance(given, dict):
            yield finding(
                "J002",
                below(place, RAW),
                expected_fr="un objet { zone: octets }",
                expected_en="an object { field: bytes }",
            )
            return
        for name, text in given.items():
            here = below(place, f"{RAW}.{name}")
            if name not in self._raw:
                yield finding("J005", here, record=self.name, name=name)
                continue
            entry, rank = self._raw[name]
            try:
                data = latin(text)
                if len(data) != entry.length:
                    raise RefusedError("J007")
            except RefusedError as refused:
                yield self._refusal(refused, entry, name, here)
                continue
            spot = self._by_name.get(name)
            if spot is not None and members.get(name) is not None and spot.read(data) != members[name]:
                yield finding("J009", here, record=self.name, name=name)
            parts[rank] = data

    def _refusal(self, refused: RefusedError, entry: Field, name: str, place: Place) -> Finding:
        common = {"record": self.name, "name": name, "field": entry.field_id, "label": entry.label_fr}
        if refused.code == "J007":
            return finding("J007", place, **common, expected=entry.length)
        if refused.code == "J008":
            return finding("J008", place, **common, reason_fr=refused.reason[0], reason_en=refused.reason[1])
        fr, en = _EXPECTED.get(entry.kind, _EXPECTED[Kind.TEXT])
        return finding("J006", place, **common, expected_fr=fr, expected_en=en)


def below(place: Place, name: str) -> Place:
    """The place of a member of what stands at `place`."""
    return Place(
        place.source, place.record, place.line, None, f"{place.field}.{name[:60]}" if place.field else name[:60]
    )


def _spot(entry: Field, rank: int) -> _Spot:
    blank = None if entry.kind in _ALWAYS else entry.blank
    read, write = _json_reader(entry), _json_writer(entry)
    return _Spot(entry, rank, entry.length, member_name(entry), entry.where, blank, read, write)


def _json_reader(entry: Field) -> Callable[[bytes], Json]:
    read: Callable[[bytes], Value] = reader_of(entry)
    if entry.kind not in (Kind.DATE, Kind.DECIMAL):
        return cast(Callable[[bytes], Json], read)

    def read_json(raw: bytes) -> Json:
        value = read(raw)
        if isinstance(value, Decimal):
            return f"{value:.{entry.decimals}f}"
        return value.isoformat() if isinstance(value, date) else None

    return read_json


def latin(value: object) -> bytes:
    """One byte per character. Raises RefusedError for what is no text, or has an end of line or a character of several bytes."""
    if not isinstance(value, str):
        raise RefusedError("J006")
    try:
        data = value.encode("latin-1")
    except UnicodeEncodeError:
        raise RefusedError("J008", _CHARACTERS) from None
    if b"\n" in data:
        raise RefusedError("J008", _LINE)
    return data


def _json_writer(entry: Field) -> Callable[[object], bytes]:
    """From a JSON value to bytes, at least as many as the field has. The writers raise RefusedError."""
    length, decimals = entry.length, entry.decimals

    def write_text(value: object) -> bytes:
        return latin(value).ljust(length)

    def write_digits(value: object) -> bytes:
        return latin(value).rjust(length, b"0")

    def write_number(value: object) -> bytes:
        if type(value) is not int:  # true and false are no numbers
            raise RefusedError("J006")
        if value < 0:
            raise RefusedError("J008", _SIGN)
        return b"%0*d" % (length, value) if value < 10**length else b""

    def write_decimal(value: object) -> bytes:
        whole, _, part = value.partition(".") if isinstance(value, str) else ("", "", "")
        digits = whole + part
        if not (digits.isascii() and digits.isdigit() and whole):
            raise RefusedError("J006")
        if part[decimals:].strip("0"):
            raise RefusedError("J008", _PLACES)
        return (whole.lstrip("0") + part[:decimals].ljust(decimals, "0")).rjust(length, "0").encode("ascii")

    def write_date(value: object) -> bytes:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2022-04-27") else None
        except ValueError:
            day = None
        if day is None:
            raise RefusedError("J006")
        if not 1970 <= day.year <= 2069:  # vgm:two-digit-years
            raise RefusedError("J008", _YEARS)
        return b"%02d%02d%02d" % (day.year % 100, day.month, day.day)

    if entry.kind in _WHOLE:
        return write_number
    writers: dict[Kind, Callable[[object], bytes]] = {
        Kind.DIGITS: write_digits,
        Kind.DECIMAL: write_decimal,
        Kind.DATE: write_date,
    }
    return writers.get(entry.kind, write_text)
