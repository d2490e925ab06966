"""The parts of a B2 file as they come by, in the order of the file: what `core.b2.stream` tells. An invoice is `shape.Invoice`."""

from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.findings import Finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record


@dataclass(frozen=True, slots=True)
class Header:
    """Record 000. `rank` of a record: its place in the file, 1-based."""

    record: Record
    rank: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class LotHead:
    """A lot begins: record 1, None when it is missing (`rank` is then that of the first record that stands in the lot)."""

    record: Record | None
    rank: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class LotTail:
    """A lot ends: record 6, None when it is missing; what the lot's invoices add up to (cents)."""

    record: Record | None
    rank: int
    findings: tuple[Finding, ...] = ()
    invoice_count: int = 0
    charged_cents: int = 0
    fund_cents: int = 0


@dataclass(frozen=True, slots=True)
class Trailer:
    """The file ends: record 999, None when it is missing."""

    record: Record | None
    rank: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Loose:
    """What belongs to no invoice: bytes that are no record, or a record out of place. `in_lot`: the open lot's, else the file's."""

    record: Record | None
    rank: int
    findings: tuple[Finding, ...] = ()
    in_lot: bool = False


Event = Header | LotHead | Invoice | LotTail | Trailer | Loose
