"""Walks any B2 file record by record in flat memory, each record with the findings that stand at it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from vaguemestre.core.b2.events import Event
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.b2.stream import stream_file
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.source import Source

_NO_RECORD = frozenset({"F005", "F006", "F007", "B001"})
"""Findings that stand in the place of a record: its rank counts, nothing of it was read."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One record: its rank in the file (1-based), and the findings at it."""

    rank: int
    record: Record
    findings: tuple[Finding, ...] = ()


def walk(source: Source) -> Iterator[Piece | Finding]:
    """Records and, where no record stands, findings, in the order of the file.

    An input without any record that a layout knows gives one finding: why it is refused.
    """
    events = recognised(source)
    if isinstance(events, Finding):
        yield events
        return
    for event in events:
        yield from _pieces(event)


def recognised(source: Source) -> Iterator[Event] | Finding:
    """The events of a source that holds at least one B2 record; else the finding that says why it is refused."""
    chunks = Remembered(source.chunks())
    events = stream_file(chunks, source.limits, source.name)
    held: list[Event] = []
    found: list[Finding] = []
    for event in events:
        held.append(event)
        if isinstance(event, Invoice) or event.record is not None:
            return chain(held, events)
        found += event.findings
    telling = [item for item in found if item.code.code not in _NO_RECORD]
    given = telling[0] if telling else finding("F004", Place(source.name), expected="B2")
    return refusal(given, chunks.head, "B2", source.name)


def _pieces(event: Event) -> Iterator[Piece | Finding]:
    if isinstance(event, Invoice):
        yield from invoice_pieces(event)
    elif event.record is None:
        yield from event.findings
    else:
        yield from _placed([(event.rank, event.record)], event.findings)


def invoice_pieces(invoice: Invoice) -> Iterator[Piece | Finding]:
    """An invoice's records with their ranks; what was lost between them keeps its place."""
    return _placed(ranked(invoice), invoice.findings)


def ranked(invoice: Invoice) -> list[tuple[int, Record]]:
    """An invoice's records with their ranks in the file: lost ones in between count."""
    if not invoice.findings:
        return list(enumerate(invoice.records, start=invoice.first))
    lost = {item.place.record for item in invoice.findings if item.code.code in _NO_RECORD}
    found, rank = [], invoice.first
    for record in invoice.records:
        while rank in lost:
            rank += 1
        found.append((rank, record))
        rank += 1
    return found


def _placed(records: Sequence[tuple[int, Record]], findings: tuple[Finding, ...]) -> Iterator[Piece | Finding]:
    if not findings:
        yield from (Piece(rank, record) for rank, record in records)
        return
    ranks = {rank for rank, _ in records}
    at: dict[int, list[Finding]] = {}
    elsewhere: list[Finding] = []
    for item in findings:
        if item.place.record in ranks:
            at.setdefault(item.place.record or 0, []).append(item)
        else:
            elsewhere.append(item)
    last = records[-1][0]
    for rank, record in records:
        early = [item for item in elsewhere if (item.place.record or last) < rank]
        yield from early
        elsewhere = [item for item in elsewhere if item not in early]
        yield Piece(rank, record, tuple(at.get(rank, ())))
    yield from elsewhere
