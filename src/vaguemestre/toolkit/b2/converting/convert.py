"""One file into another form, in a stream: B2 or its JSON in; JSON, lines, CSV, parquet or B2 out. vgm:b2-json, vgm:b2-tables."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from itertools import chain

from vaguemestre.core.b2.reader import RawRecord, read_records, read_runs
from vaguemestre.core.bounded import Chunks
from vaguemestre.core.findings import Finding, Place, errors_in, finding, worst_first
from vaguemestre.core.wire.layouts import B2
from vaguemestre.toolkit.b2.converting.json_reading import records_in_json
from vaguemestre.toolkit.b2.converting.json_writing import document, lines
from vaguemestre.toolkit.b2.converting.record_json import record_name
from vaguemestre.toolkit.converting.json_reading import looks_like_json
from vaguemestre.toolkit.converting.order import TABLES, Order
from vaguemestre.toolkit.converting.outputs import joined
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.converting.written import NothingWritten, table_source, write_folder, write_stream
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.source import Source, unending


class Target(StrEnum):
    """What a file is converted to."""

    JSON = "json"
    LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    B2 = "b2"


def convert(source: Source, order: Order[Target]) -> Tally:
    """Convert one input; the tally says what went through and what did not.

    Nothing is written when no record is recognised, nor when a JSON has an error: part of a file would be another file. What cannot
    be read in a B2 file is left out, counted, and told. Raises OutputExistsError, OSError.
    """
    tally = Tally(source.name, source.limits)
    seen = Remembered(source.chunks())
    chunks = iter(seen)
    head = next(chunks, b"")
    whole: Chunks = chain([head], chunks)
    from_json = isinstance(head, bytes) and looks_like_json(head)
    with suppress(NothingWritten):
        if not from_json:
            tally.looked = seen
            _from_b2(whole, order, tally)
        elif order.target in TABLES:
            _to_tables(joined(_from_json(whole, tally)), order, tally)
        else:
            _to_stream(enumerate(_from_json(whole, tally), start=1), order, tally)
    if not tally.recognised and not from_json:
        errors = worst_first(errors_in(tally.findings)) or [finding("F004", Place(source.name), expected="B2")]
        tally.findings[:] = [refusal(errors[0], seen.head, "B2", source.name)]
    tally.close()
    return tally


def _from_b2(chunks: Chunks, order: Order[Target], tally: Tally) -> None:
    """Raises NothingWritten."""
    if order.target in TABLES:
        _to_tables(chunks, order, tally)
    else:
        _to_stream(read_records(chunks, unending(tally.limits), tally.source), order, tally)


def _from_json(chunks: Chunks, tally: Tally) -> Iterator[bytes]:
    for item in records_in_json(chunks, tally.limits, tally.source):
        if isinstance(item, Finding):
            tally.add(item)
            tally.refused = True
        else:
            yield item


def _to_stream(items: Iterable[RawRecord | Finding], order: Order[Target], tally: Tally) -> None:
    """Raises NothingWritten."""
    if order.target is Target.B2:
        pieces = _b2(items, tally, order.end_of_line.data)
    else:
        pieces = (document if order.target is Target.JSON else lines)(items, tally)
    write_stream(pieces, order, tally)


def _to_tables(chunks: Chunks, order: Order[Target], tally: Tally) -> None:
    """Raises NothingWritten."""
    from vaguemestre.toolkit.b2.converting.splitting import batches

    runs = read_runs(chunks, unending(tally.limits), tally.source)
    write_folder(batches(runs, tally, table_source(tally.source)), order, tally, B2)


def _b2(items: Iterable[RawRecord | Finding], tally: Tally, end: bytes) -> Iterator[bytes]:
    for item in items:
        if isinstance(item, Finding):
            tally.miss(item)
            continue
        name = record_name(item[1])
        tally.records += 1
        tally.lots += name == "1"
        tally.invoices += name == "2"
        yield item[1] + end
