"""One file into another form, in a stream: B2 or its JSON in; JSON, lines, CSV, parquet or B2 out. vgm:b2-json, vgm:b2-tables."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Final

from vaguemestre.core.b2.reader import RawRecord, read_records, read_runs
from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place, errors_in, finding, worst_first
from vaguemestre.toolkit.b2.converting.json_reading import looks_like_json, records_in_json
from vaguemestre.toolkit.b2.converting.json_writing import document, lines
from vaguemestre.toolkit.b2.converting.outputs import OutputFolder, file_output, joined, named, packed
from vaguemestre.toolkit.b2.converting.record_json import record_name
from vaguemestre.toolkit.b2.converting.tally import Tally
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.source import Source

_NO_END = 1 << 60


class Target(StrEnum):
    """What a file is converted to."""

    JSON = "json"
    LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    B2 = "b2"


TABLES: Final = frozenset({Target.CSV, Target.PARQUET})
"""Targets that are a folder of files."""


class EndOfLine(StrEnum):
    """What stands after each record of a B2 file; the norm wants nothing there."""

    NONE = "none"
    LF = "lf"
    CRLF = "crlf"

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return {EndOfLine.NONE: b"", EndOfLine.LF: b"\n", EndOfLine.CRLF: b"\r\n"}[self]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `output` is a file, a folder for tables, or `-`; `end_of_line` and `gzip` are for B2, `excel` for CSV."""

    target: Target
    output: str
    end_of_line: EndOfLine = EndOfLine.NONE
    gzip: bool = False
    excel: bool = False
    force: bool = False


class _NothingWritten(Exception):  # noqa: N818 (an ending, not an error)
    """What was read is not to be kept: nothing stays of the output. It never leaves this module."""


def convert(source: Source, order: Order) -> Tally:
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
    with suppress(_NothingWritten):
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


def _from_b2(chunks: Chunks, order: Order, tally: Tally) -> None:
    """Raises _NothingWritten."""
    if order.target in TABLES:
        _to_tables(chunks, order, tally)
    else:
        _to_stream(read_records(chunks, _to_the_end(tally), tally.source), order, tally)


def _from_json(chunks: Chunks, tally: Tally) -> Iterator[bytes]:
    for item in records_in_json(chunks, tally.limits, tally.source):
        if isinstance(item, Finding):
            tally.add(item)
            tally.refused = True
        else:
            yield item


def _to_stream(items: Iterable[RawRecord | Finding], order: Order, tally: Tally) -> None:
    """Raises _NothingWritten."""
    if order.target is Target.B2:
        pieces = _b2(items, tally, order.end_of_line.data)
    else:
        pieces = (document if order.target is Target.JSON else lines)(items, tally)
    with file_output(order.output, force=order.force) as stream:
        with packed(stream, order.gzip) as out:
            for piece in joined(pieces):
                out.write(piece)
        _judge(tally)


def _to_tables(chunks: Chunks, order: Order, tally: Tally) -> None:
    """Raises _NothingWritten."""
    from vaguemestre.toolkit.b2.converting.splitting import batches
    from vaguemestre.toolkit.b2.converting.tables import TableKind, file_names, write_tables

    kind = TableKind.PARQUET if order.target is Target.PARQUET else TableKind.EXCEL if order.excel else TableKind.CSV
    with named(order.output), OutputFolder(Path(order.output), file_names(kind), force=order.force) as folder:
        runs = read_runs(chunks, _to_the_end(tally), tally.source)
        write_tables(batches(runs, tally, _file_name(tally.source)), folder, kind)
        _judge(tally)


def _file_name(source: str) -> str:
    """The name that tables show; a byte of a name that is no character is shown as `?`."""
    return Path(source).name.encode("utf-8", "replace").decode("utf-8")


def _to_the_end(tally: Tally) -> ReadingLimits:
    """However many faults: what is kept of them is bounded by the tally."""
    return replace(tally.limits, faults_max=_NO_END)


def _judge(tally: Tally) -> None:
    """Raises _NothingWritten when what was read is not to be kept."""
    if tally.refused or not tally.recognised:
        raise _NothingWritten


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
