"""Layouts of fixed-position records: fields and records, loaded once from the tables; they prove themselves when they load.

Nothing here knows B2 from NOEMIE: `core.wire.records` turns a layout into an encoder, a decoder and checks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from vaguemestre.core.values import dataclass
from vaguemestre.tables.layouts import ARL_ROWS, B2_ROWS, NOEMIE_ROWS, Row


class Kind(StrEnum):
    """How the bytes of a field become a Python value (in brackets) and back."""

    TEXT = "text"  # [str] left-aligned, spaces; upper case without accent
    DIGITS = "digits"  # [str] an identifier or code: every digit counts, zeros too
    NUMBER = "number"  # [int] a count, a rank, a whole percentage
    CENTS = "cents"  # [int] an amount: cents
    DECIMAL = "decimal"  # [Decimal] a coefficient: as many implied decimals as `decimals`
    DATE = "date"  # [date | None] AAMMJJ, years 1970 to 2069; zeros are no date
    OPAQUE = "opaque"  # [str] bytes the sources do not describe, kept as they stand
    FILLER = "filler"  # nothing: written blank, not read


class Absent(StrEnum):
    """What an empty field (zeros or spaces) gets."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: 1-based position and length in bytes. Citation of the source: `field_id`, as `[0212]`."""

    record: str
    field_id: str
    position: int
    length: int
    decimals: int
    format: str
    mandatory: bool
    label_fr: str
    name: str
    kind: Kind
    constant: str
    codes: tuple[str, ...]
    absent: Absent

    @property
    def columns(self) -> tuple[int, int]:
        """First and last byte, 1-based and inclusive."""
        return self.position, self.position + self.length - 1

    @property
    def where(self) -> slice:
        return slice(self.position - 1, self.position - 1 + self.length)

    @property
    def numeric(self) -> bool:
        """Whether only digits are legal."""
        return self.format == "N" and self.kind not in (Kind.TEXT, Kind.FILLER, Kind.OPAQUE)

    @property
    def blank(self) -> bytes:
        """What an absent field holds: zeros if numeric, else spaces. b2:06-TF (undescribed bytes: vgm:b2-4s-66)."""
        if self.constant:
            return self.constant.encode("ascii")
        return (b"0" if self.numeric or self.kind is Kind.OPAQUE else b" ") * self.length


class LayoutError(ValueError):
    """A layout table is wrong: our own fault, found when the module loads."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One record: its fields in order; `size` in bytes. Raises LayoutError unless the fields tile 1..size exactly."""

    name: str
    fields: tuple[Field, ...]
    size: int
    by_name: Mapping[str, Field] = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, fields: Iterable[Field]) -> "Layout":
        ordered = tuple(fields)
        size = prove(name, ordered)
        return cls(name, ordered, size, {entry.name: entry for entry in ordered})


def prove(name: str, fields: tuple[Field, ...]) -> int:
    """Return the size of the record these fields tile. Raises LayoutError on a gap, an overlap or a name met twice."""
    end = 1
    names: set[str] = set()
    for entry in fields:
        if entry.length < 1 or entry.position != end:
            raise LayoutError(f"record {name}, {entry.field_id}: starts at {entry.position}, expected {end}")
        if entry.name in names or not entry.name:
            raise LayoutError(f"record {name}, {entry.field_id}: the name {entry.name!r} stands twice or is empty")
        if entry.constant and len(entry.constant) != entry.length:
            raise LayoutError(f"record {name}, {entry.field_id}: the constant does not fill the field")
        if any(len(code) > entry.length for code in entry.codes):
            raise LayoutError(f"record {name}, {entry.field_id}: a code is longer than the field")
        if entry.kind is Kind.DATE and entry.length != 6:
            raise LayoutError(f"record {name}, {entry.field_id}: a date has 6 digits")
        names.add(entry.name)
        end += entry.length
    if not fields:
        raise LayoutError(f"record {name}: no field")
    return end - 1


def _field(row: Row) -> Field:
    return Field(
        row.record,
        row.field_id,
        int(row.position),
        int(row.length),
        int(row.decimals),
        row.format,
        row.presence == "O",
        row.label_fr,
        row.name_en,
        Kind(row.kind),
        row.constant,
        tuple(row.codes.split()),
        Absent(row.absent or "ok"),
    )


def load(rows: Iterable[Row], size: int | None = None) -> dict[str, Layout]:
    """Group rows into layouts, in the table's order. `size`: the bytes every record must have, if they are all the same.

    Raises LayoutError when a layout is wrong.
    """
    grouped: dict[str, list[Field]] = {}
    for row in rows:
        grouped.setdefault(row.record, []).append(_field(row))
    layouts = {name: Layout.of(name, fields) for name, fields in grouped.items()}
    for layout in layouts.values():
        if size is not None and layout.size != size:
            raise LayoutError(f"record {layout.name}: {layout.size} bytes instead of {size}")
    return layouts


B2: Mapping[str, Layout] = load(B2_ROWS, 128)
NOEMIE: Mapping[str, Layout] = load(NOEMIE_ROWS)
ARL: Mapping[str, Layout] = load(ARL_ROWS, 128)
