"""What a table of either norm is: its columns by the layout table, the keys it begins with, batches of its rows. vgm:b2-tables."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import pyarrow as pa

from vaguemestre.core.findings import Finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import Field, Kind
from vaguemestre.toolkit.converting.members import member_name

FILE, NUMBER, LOT, INVOICE, LINE, RAW = "file", "record_number", "lot", "invoice", "line", "raw"
_KEYS: Final = (
    pa.field(FILE, pa.string(), nullable=False),
    pa.field(NUMBER, pa.int64(), nullable=False),
    pa.field(LOT, pa.int32()),
    pa.field(INVOICE, pa.int32()),
    pa.field(LINE, pa.int32()),
)
"""How every table begins: the file's name, the record's rank, its lot and invoice in the file, its act line in the invoice."""

READ_KINDS: Final = frozenset({Kind.NUMBER, Kind.CENTS, Kind.DECIMAL, Kind.DATE})
"""Fields whose bytes may be no value: the cell is then empty, and the row doubtful."""
NO_VALUE_CODES: Final = frozenset({"B002", "B005"})
"""Findings that say why such a cell is empty."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Rows as a batch; `doubtful` of them have a cell that is empty because its bytes are no value. Findings explain some."""

    batch: pa.RecordBatch
    doubtful: int
    findings: list[Finding]


class Batch(NamedTuple):
    """Rows of one record type as Arrow columns."""

    name: str
    converted: Converted


def schema_of(members: Iterable[Field]) -> pa.Schema:
    """The columns of a table: the keys, the fields that have a value, the record's bytes where these do not say them."""
    own = (pa.field(member_name(entry), type_of(entry)) for entry in members)
    return pa.schema([*_KEYS, *own, pa.field(RAW, pa.string())])


def type_of(entry: Field) -> pa.DataType:
    """The column type of a field."""
    if entry.kind is Kind.CENTS:
        return pa.int64()
    if entry.kind is Kind.NUMBER:
        return pa.int32() if entry.length <= 9 else pa.int64()
    if entry.kind is Kind.DECIMAL:
        return pa.decimal128(entry.length, entry.decimals)
    return pa.date32() if entry.kind is Kind.DATE else pa.string()
