"""NOEMIE entities as Arrow columns, one table per entity type, typed and keyed as B2's. vgm:b2-tables."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa

from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.wire.layouts import Field
from vaguemestre.core.wire.records import Plan, Record, Value
from vaguemestre.toolkit.converting.members import is_member
from vaguemestre.toolkit.converting.table_shape import NO_VALUE_CODES, RAW, READ_KINDS, Batch, Converted, schema_of
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.noemie.entity_json import FORMS, Numbered, placed
from vaguemestre.toolkit.noemie.walking import doubted

ROWS_MAX: Final = 4096
"""Rows of one entity type that wait to become a batch: a few megabytes."""

_Row = tuple[int, int | None, int | None, int | None, Record]


def batches(entities: Iterable[Numbered], tally: Tally, file_name: str) -> Iterator[Batch]:
    """Every entity by type, in the order of the file within each type; doubtful ones are counted and told in `tally`."""
    waiting: dict[str, list[_Row]] = {}
    for rank, record, lot, invoice, line in placed(entities):
        rows = waiting.setdefault(record.name, [])
        rows.append((rank, lot or None, invoice or None, line or None, record))
        if len(rows) >= ROWS_MAX:
            yield _batch(record.name, rows, tally, file_name)
            waiting[record.name] = []
    for name in NOEMIE_ENTITIES.plans:
        if waiting.get(name):
            yield _batch(name, waiting[name], tally, file_name)


def _batch(name: str, rows: list[_Row], tally: Tally, file_name: str) -> Batch:
    plan = NOEMIE_ENTITIES.plans[name]
    members = [entry for entry in plan.layout.fields if is_member(entry)]
    schema = schema_of(members)
    doubtful = set[int]()
    columns: list[list[Any]] = [[file_name] * len(rows), *([row[at] for row in rows] for at in range(4))]
    columns += [[_value(entry, row[4], rank, doubtful) for rank, row in enumerate(rows)] for entry in members]
    columns.append([_raw(plan, row[4], rank in doubtful) for rank, row in enumerate(rows)])
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    tally.doubtful += len(doubtful)
    for rank in sorted(doubtful):
        for item in plan.check(rows[rank][4].data, rows[rank][0], tally.source):
            if item.code.code in NO_VALUE_CODES:
                tally.add(doubted(item))
    return Batch(name, Converted(pa.RecordBatch.from_arrays(arrays, schema=schema), len(doubtful), []))


def _value(entry: Field, record: Record, rank: int, doubtful: set[int]) -> Value:
    """The cell of one field: null when it is empty, or no value (the row is then doubtful)."""
    value = record[entry.name]
    if value is None and entry.kind in READ_KINDS and record.data[entry.where].strip(b"0 "):
        doubtful.add(rank)
    return value if value != "" else None


def _raw(plan: Plan, record: Record, doubtful: bool) -> str | None:
    """The whole entity, when its columns do not say its bytes."""
    said = not doubtful and RAW not in FORMS[plan.name].members(record.data)
    return None if said else str(record.data, "latin-1")
