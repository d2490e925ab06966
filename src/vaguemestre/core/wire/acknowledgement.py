"""The acknowledgement (ARL) of one lot, between values and bytes. Its layout is a convention kept in one table (vgm:arl-records).

A1 the lot and its counts, one A2 per sheet that is not plainly registered, A9 the count; 128-byte records without separator. The
same engine as B2's reads and writes them, so that the official layout only has to replace the table and this module.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from enum import StrEnum

from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.labels import wire_label
from vaguemestre.core.wire.layouts import ARL
from vaguemestre.core.wire.records import Family, Record, Value, place_of, plain_text, safe_text, writable_day

RECORD_BYTES = 128
DIGEST_DIGITS = 32
_RECORDS = Family(ARL)
_NUMBER_LENGTH = 9
_RECORD_NUMBER_MAX = 999_999
_DETAIL_LENGTH = ARL["A2"].by_name["detail"].length


class AcknowledgementKind(StrEnum):
    """What becomes of the lot."""

    POSITIVE = "P"  # registered; duplicates and held sheets may be named
    NEGATIVE = "N"  # refused as a whole: nothing of it is registered
    MIXED = "M"  # registered, but for the sheets named as refused or in conflict
    FORWARDED = "F"  # about the sheets named only, on their way from one fund to another (vgm:forwarded-sheet)


class AcknowledgedOutcome(StrEnum):
    """What becomes of one sheet."""

    REGISTERED = "G"
    DUPLICATE = "D"  # registered before with the same content: `first` says where
    CONFLICT = "C"  # registered before with another content: refused
    HELD = "H"  # waits for a person at the payer
    REFUSED = "R"
    FORWARDED = "T"  # another fund has it now: the detail says which


@dataclass(frozen=True, slots=True)
class FirstRegistration:
    """Where and when a sheet was registered first. `lot_number` 0 and `lot_date` None when it came without a lot (paper)."""

    lot_date: date | None
    lot_number: int
    registered_at: datetime
    outcome: AcknowledgedOutcome


@dataclass(frozen=True, slots=True)
class AcknowledgedSheet:
    """One sheet that is not plainly registered, or any sheet of an acknowledgement of kind F.

    `record`, `columns` and `field_id` place the fault in the lot's file. `detail` is written in capitals without
    accent, at most 64 characters.
    """

    invoice_number: str
    care_year: int
    outcome: AcknowledgedOutcome
    finding_code: str = ""
    record: int | None = None
    columns: tuple[int, int] | None = None
    field_id: str = ""
    first: FirstRegistration | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the payer answers about one lot. Instants are kept to the second, in UTC; amounts in cents.

    `content_digest`: the first 32 hex digits (upper case) of the SHA-256 of the bytes received. `lot_number` 0, `lot_date` None and
    `billing_number` "" when the lot could not be read. `lot_finding_code` says why a lot is refused as a whole.
    """

    kind: AcknowledgementKind
    billing_number: str
    destination: Destination
    lot_date: date | None
    lot_number: int
    content_digest: str
    received_at: datetime
    acknowledged_at: datetime
    registered_count: int
    fund_cents: int
    sheets: tuple[AcknowledgedSheet, ...] = ()
    lot_finding_code: str = ""

    def count(self, outcome: AcknowledgedOutcome) -> int:
        """How many sheets ended so."""
        if outcome is AcknowledgedOutcome.REGISTERED:
            return self.registered_count
        return sum(1 for sheet in self.sheets if sheet.outcome is outcome)


_COUNTS = {
    "registered_count": AcknowledgedOutcome.REGISTERED,
    "duplicate_count": AcknowledgedOutcome.DUPLICATE,
    "conflict_count": AcknowledgedOutcome.CONFLICT,
    "held_count": AcknowledgedOutcome.HELD,
    "refused_count": AcknowledgedOutcome.REFUSED,
}


def short_digest(hex_digest: str) -> str:
    """A SHA-256 in hex as `content_digest` holds it."""
    return hex_digest[:DIGEST_DIGITS].upper()


def sheet_from_finding(
    item: Finding, invoice_number: str, care_year: int, outcome: AcknowledgedOutcome = AcknowledgedOutcome.REFUSED
) -> AcknowledgedSheet:
    """The acknowledged sheet that a finding about it makes; the detail is its label (`core.wire.labels`)."""
    return AcknowledgedSheet(
        invoice_number,
        care_year,
        outcome,
        item.code.code,
        item.place.record,
        item.place.columns,
        item.place.field[:10],
        detail=wire_label(item, _DETAIL_LENGTH),
    )


def encode_acknowledgement(answer: Acknowledgement) -> bytes:
    """The records of one acknowledgement. What a peer wrote (numbers, a lot's day) is written as far as it can be.

    Raises ValueError when kind and sheets contradict each other, UnwritableError when a value does not fit: both our own fault.
    """
    if _contradicts(answer):
        raise ValueError("the kind of this acknowledgement contradicts its sheets")
    head: dict[str, Value] = {
        "kind": answer.kind.value,
        "billing_number": plain_text(answer.billing_number, _NUMBER_LENGTH),
        "scheme_code": answer.destination.scheme,
        "fund_code": answer.destination.fund,
        "centre_code": answer.destination.centre,
        "lot_date": writable_day(answer.lot_date),
        "lot_number": f"{answer.lot_number:03d}",
        "content_digest": short_digest(answer.content_digest),
        **_instant("received", answer.received_at),
        **_instant("acknowledged", answer.acknowledged_at),
        **{name: answer.count(outcome) for name, outcome in _COUNTS.items()},
        "fund_total": answer.fund_cents,
        "lot_finding_code": answer.lot_finding_code,
    }
    parts = [_RECORDS.encode("A1", head)]
    parts += [_RECORDS.encode("A2", _sheet_values(sheet)) for sheet in answer.sheets]
    parts.append(_RECORDS.encode("A9", {"record_count": len(parts) + 1}))
    return b"".join(parts)


def decode_acknowledgement(data: bytes, source: str = "") -> tuple[Acknowledgement | None, tuple[Finding, ...]]:
    """One acknowledgement from its bytes, and what is wrong with it; None when a finding of error level stands in its way."""
    found: list[Finding] = []
    records: list[Record] = []
    for rank, start in enumerate(range(0, len(data), RECORD_BYTES), start=1):
        record, faults = _RECORDS.decode(data[start : start + RECORD_BYTES], rank, source)
        found += faults
        if record is None:
            break
        records.append(record)
    names = "".join(record.name for record in records)
    middle = records[1:-1]
    if not errors_in(found) and names != "A1" + "A2" * len(middle) + "A9":
        found.append(finding("B070", Place(source)))
    if errors_in(found):
        return None, tuple(found)
    try:
        answer = _read(records[0], middle)
    except ValueError:  # an instant or a letter that is none of ours
        return None, (*found, finding("B070", Place(source)))
    found += _verify(answer, records, source)
    return (None if errors_in(found) else answer), tuple(found)


def _instant(name: str, at: datetime) -> dict[str, Value]:
    utc = at.astimezone(UTC)
    return {f"{name}_date": utc.date(), f"{name}_time": f"{utc:%H%M%S}"}


def _sheet_values(sheet: AcknowledgedSheet) -> dict[str, Value]:
    values: dict[str, Value] = {
        "invoice_number": safe_text(sheet.invoice_number, _NUMBER_LENGTH),
        "care_year": sheet.care_year,
        "outcome": sheet.outcome.value,
        "finding_code": sheet.finding_code,
        "record_number": None if sheet.record is None else min(sheet.record, _RECORD_NUMBER_MAX),
        "field_id": plain_text(sheet.field_id),
        "detail": plain_text(sheet.detail, _DETAIL_LENGTH),
    }
    if sheet.columns is not None:
        values["column_first"], values["column_last"] = sheet.columns
    if sheet.first is not None:
        values["first_lot_date"] = writable_day(sheet.first.lot_date)
        values["first_lot_number"] = f"{sheet.first.lot_number:03d}"
        values["first_outcome"] = sheet.first.outcome.value
        values.update(_instant("first_registered", sheet.first.registered_at))
    return values


def _read(head: Record, middle: list[Record]) -> Acknowledgement:
    """Raises ValueError when an instant is impossible or a letter unknown."""
    lot_date = head["lot_date"]
    return Acknowledgement(
        kind=AcknowledgementKind(head.text("kind")),
        billing_number=head.text("billing_number"),
        destination=Destination(head.text("scheme_code"), head.text("fund_code"), head.text("centre_code")),
        lot_date=lot_date if isinstance(lot_date, date) else None,
        lot_number=int(head.text("lot_number")),
        content_digest=head.text("content_digest"),
        received_at=_read_instant(head, "received"),
        acknowledged_at=_read_instant(head, "acknowledged"),
        registered_count=head.number("registered_count"),
        fund_cents=head.number("fund_total"),
        sheets=tuple(_read_sheet(record) for record in middle),
        lot_finding_code=head.text("lot_finding_code"),
    )


def _read_instant(record: Record, name: str) -> datetime:
    day = record[f"{name}_date"]
    clock = record.text(f"{name}_time")
    if not isinstance(day, date):
        raise ValueError("no date")
    return datetime.combine(day, time(int(clock[0:2]), int(clock[2:4]), int(clock[4:6]), tzinfo=UTC))


def _read_sheet(record: Record) -> AcknowledgedSheet:
    first: FirstRegistration | None = None
    if record.text("first_outcome"):
        lot_date = record["first_lot_date"]
        first = FirstRegistration(
            lot_date if isinstance(lot_date, date) else None,
            int(record.text("first_lot_number")),
            _read_instant(record, "first_registered"),
            AcknowledgedOutcome(record.text("first_outcome")),
        )
    columns = (record.number("column_first"), record.number("column_last"))
    return AcknowledgedSheet(
        record.text("invoice_number"),
        record.number("care_year"),
        AcknowledgedOutcome(record.text("outcome")),
        record.text("finding_code"),
        record.number("record_number") or None,
        columns if columns[0] else None,
        record.text("field_id"),
        first,
        record.text("detail"),
    )


def _contradicts(answer: Acknowledgement) -> bool:
    named = sum(1 for sheet in answer.sheets if sheet.outcome is AcknowledgedOutcome.REGISTERED)
    if answer.kind is AcknowledgementKind.FORWARDED:  # it says nothing of the other sheets of the lot
        return not answer.sheets or named != answer.registered_count
    if named or any(sheet.outcome is AcknowledgedOutcome.FORWARDED for sheet in answer.sheets):
        return True
    refused = answer.count(AcknowledgedOutcome.REFUSED) + answer.count(AcknowledgedOutcome.CONFLICT)
    if answer.kind is AcknowledgementKind.NEGATIVE:
        taken = len(answer.sheets) - refused + answer.registered_count
        return taken > 0 or answer.fund_cents > 0 or not answer.lot_finding_code
    return (answer.kind is AcknowledgementKind.MIXED) != (refused > 0)


def _verify(answer: Acknowledgement, records: list[Record], source: str) -> Iterator[Finding]:
    """The counts that the records state are those that they hold; the kind agrees with the outcomes."""
    head, end = records[0], records[-1]
    for name, outcome in _COUNTS.items():
        said, held = head.number(name), answer.count(outcome)
        if said != held:
            yield finding("B071", place_of(ARL["A1"].by_name[name], 1, source), field=name, found=said, expected=held)
    said = end.number("record_count")
    if said != len(records):
        place = place_of(ARL["A9"].by_name["record_count"], len(records), source)
        yield finding("B071", place, field="record_count", found=said, expected=len(records))
    if _contradicts(answer):
        place = place_of(ARL["A1"].by_name["kind"], 1, source)
        yield finding("B072", place, found=answer.kind.value)
