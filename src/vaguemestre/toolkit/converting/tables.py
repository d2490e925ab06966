"""Tables written as CSV or parquet, one file per record type, a batch at a time."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vaguemestre.core.wire.layouts import Kind, Layout
from vaguemestre.toolkit.converting.members import member_name
from vaguemestre.toolkit.converting.outputs import OutputFolder
from vaguemestre.toolkit.converting.table_shape import INVOICE, LOT, NUMBER, Batch

Layouts = Mapping[str, Layout]

_CENT_DIGITS = 19


class TableKind(StrEnum):
    """How tables are written."""

    PARQUET = "parquet"
    CSV = "csv"  # comma, point, ISO days, whole cents: pandas, polars, databases
    EXCEL = "excel"  # semicolon, comma, day/month/year, euros, UTF-8 mark: a French Excel opens it by a double click


def file_name(record: str, kind: TableKind) -> str:
    """The file of one record type: `4S.parquet`."""
    return f"{record}.{'parquet' if kind is TableKind.PARQUET else 'csv'}"


def file_names(kind: TableKind, layouts: Layouts) -> list[str]:
    """Every file that a folder of tables may hold."""
    return [file_name(record, kind) for record in layouts]


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...
    def close(self) -> None: ...


def write_tables(batches: Iterable[Batch], folder: OutputFolder, kind: TableKind, layouts: Layouts) -> None:
    """Write every batch into the file of its record type. Raises OSError."""
    with ExitStack() as stack:
        writers: dict[str, _Writer] = {}
        for name, converted in batches:
            batch = converted.batch if kind is not TableKind.EXCEL else _for_excel(layouts[name], converted.batch)
            writer = writers.get(name)
            if writer is None:
                stream = stack.enter_context(folder.open(file_name(name, kind)))
                if kind is TableKind.EXCEL:
                    stream.write(b"\xef\xbb\xbf")
                writer = writers[name] = _writer(stream, batch.schema, kind)
                stack.callback(writer.close)
            writer.write_batch(batch)


def _writer(stream: object, schema: pa.Schema, kind: TableKind) -> _Writer:
    if kind is TableKind.PARQUET:
        # no dictionaries: zstd makes of repeated codes as little, in two thirds of the time
        # statistics of the numbers only that select and join rows: those of every column cost a tenth of the time
        keys = [name for name in (NUMBER, LOT, INVOICE) if name in schema.names]
        options = {"compression": "zstd", "compression_level": 1, "use_dictionary": False, "write_statistics": keys}
        return pq.ParquetWriter(stream, schema, **options)  # type: ignore[no-any-return]
    dialect = pacsv.WriteOptions(delimiter=";" if kind is TableKind.EXCEL else ",", quoting_style="needed")
    return pacsv.CSVWriter(stream, schema, write_options=dialect)  # type: ignore[no-any-return]


# --- for a French Excel ----------------------------------------------------------------------------------------------


def _for_excel(layout: Layout, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Euros with a comma, days as they are written in France, identifiers that keep their zeros, nothing that is a formula.

    Whatever is text stands as ="0123": Excel then shows it as it is and computes nothing of what a stranger wrote.
    """
    cents = {member_name(one): one.name for one in layout.fields if one.kind is Kind.CENTS}
    columns, names = [], []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        names.append(cents.get(field.name, field.name))
        if field.name in cents:
            columns.append(_comma(_euros(column)))
        elif pa.types.is_decimal(field.type):
            columns.append(_comma(column.cast(pa.string())))
        elif pa.types.is_date(field.type):
            columns.append(pc.strftime(column, format="%d/%m/%Y"))
        elif pa.types.is_string(field.type):
            doubled = pc.replace_substring(column, '"', '""')
            columns.append(pc.binary_join_element_wise('="', doubled, '"', ""))
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=names)


def _euros(column: pa.Array) -> pa.Array:
    hundredth = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
    return pc.multiply(column.cast(pa.decimal128(_CENT_DIGITS, 0)), hundredth).cast(pa.string())


def _comma(column: pa.Array) -> pa.Array:
    return pc.replace_substring(column, ".", ",")
