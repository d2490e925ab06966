"""One return into another form, in a stream: NOEMIE or its JSON in; JSON, lines, CSV, parquet or NOEMIE out.

The forms are B2's: an entity is an object by its layout table, a table has one file per entity type. vgm:b2-json, vgm:b2-tables.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from itertools import chain

from vaguemestre.core.bounded import Chunks
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.toolkit.converting.json_reading import looks_like_json
from vaguemestre.toolkit.converting.order import TABLES, Order
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.converting.written import NothingWritten, table_source, write_folder, write_stream
from vaguemestre.toolkit.noemie.entity_json import Numbered, document, entities_in_json, lines
from vaguemestre.toolkit.noemie.reading import recognised_entities
from vaguemestre.toolkit.source import Source


class Target(StrEnum):
    """What a return is converted to."""

    JSON = "json"
    LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    NOEMIE = "noemie"


def convert(source: Source, order: Order[Target]) -> Tally:
    """Convert one input; the tally says what went through and what did not.

    Nothing is written when no entity is recognised, nor when a JSON has an error. What cannot be read in a return is left out,
    counted, and told. Raises OutputExistsError, OSError.
    """
    tally = Tally(source.name, source.limits)
    chunks = source.chunks()
    head = next(chunks, b"")
    whole: Chunks = chain([head], chunks)
    if isinstance(head, bytes) and looks_like_json(head):
        entities = _from_json(whole, tally)
    else:
        entities = _from_return(source, whole, tally)
    with suppress(NothingWritten):
        (_to_tables if order.target in TABLES else _to_stream)(_counted(entities, tally), order, tally)
    tally.close()
    return tally


def _from_json(chunks: Chunks, tally: Tally) -> Iterator[Numbered]:
    rank = 0
    for item in entities_in_json(chunks, tally.limits, tally.source):
        if isinstance(item, Finding):
            tally.add(item)
            tally.refused = True
            continue
        rank += 1
        yield rank, item


def _from_return(source: Source, chunks: Chunks, tally: Tally) -> Iterator[Numbered]:
    for item in recognised_entities(source, chunks):
        if isinstance(item, Finding):
            tally.miss(item)
        else:
            yield item


def _counted(entities: Iterable[Numbered], tally: Tally) -> Iterator[Numbered]:
    for rank, record in entities:
        tally.records += 1
        tally.lots += record.name == "080"
        tally.invoices += record.name in ("100", "102")
        yield rank, record


def _to_stream(entities: Iterator[Numbered], order: Order[Target], tally: Tally) -> None:
    """Raises NothingWritten."""
    end = order.end_of_line.data
    match order.target:
        case Target.NOEMIE:
            pieces: Iterator[bytes] = (record.data + end for _, record in entities)
        case Target.JSON:
            pieces = document(entities)
        case _:
            pieces = lines(entities)
    write_stream(pieces, order, tally)


def _to_tables(entities: Iterator[Numbered], order: Order[Target], tally: Tally) -> None:
    """Raises NothingWritten."""
    from vaguemestre.toolkit.noemie.entity_tables import batches

    write_folder(batches(entities, tally, table_source(tally.source)), order, tally, NOEMIE)
