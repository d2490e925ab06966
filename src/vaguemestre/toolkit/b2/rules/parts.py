"""What the rules of the toolkit share: what stands around an invoice, its lines with their complements, how a finding is placed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record, place_of
from vaguemestre.tables.b2_order import LINE_RECORDS

_LINES = frozenset(LINE_RECORDS)


@dataclass(frozen=True, slots=True)
class Around:
    """What an invoice's surroundings say: the input's name, the days of the file (record 000) and of the lot (record 1)."""

    source: str = ""
    file_day: date | None = None
    lot_day: date | None = None

    @property
    def last_day(self) -> date | None:
        """The earlier of both days: no care is later."""
        days = [day for day in (self.file_day, self.lot_day) if day is not None]
        return min(days) if days else None


InvoiceRule = Callable[[Sequence[Numbered], Around], Iterator[Finding]]
"""One rule over the records of an invoice; the entry of a visible list."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record 3 or 4 and the complements that follow it."""

    rank: int
    record: Record
    complements: tuple[Numbered, ...]

    def has(self, name: str) -> bool:
        return any(record.name == name for _, record in self.complements)


def lines_of(records: Sequence[Numbered]) -> Iterator[Line]:
    """The lines of an invoice, in order."""
    start = -1
    for at, (_, record) in enumerate(records):
        if record.name in _LINES or record.name == "5":
            if start >= 0:
                yield Line(*records[start], tuple(records[start + 1 : at]))
            start = at if record.name != "5" else -1
    if start >= 0:
        yield Line(*records[start], tuple(records[start + 1 :]))


def at_field(code: str, numbered: Numbered, name: str, source: str, **values: object) -> Finding:
    """A finding at one field of a record, with the field's id and label among its values."""
    rank, record = numbered
    entry = record.plan.layout.by_name[name]
    return finding(code, place_of(entry, rank, source), field=entry.field_id, label=entry.label_fr, **values)


def shown(raw: bytes) -> str:
    """The bytes of a field, as a message shows them."""
    return str(raw, "latin-1").strip() or " "


def amounts(record: Record, *names: str) -> tuple[int, ...] | None:
    """The numbers of these fields as they stand (cents, or a coefficient's last decimals); None when one is not readable."""
    values = []
    for name in names:
        raw = record.raw(name)
        if not raw.isdigit():
            if not raw.isspace():
                return None
            raw = b"0"
        values.append(int(raw))
    return tuple(values)
