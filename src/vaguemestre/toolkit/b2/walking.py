"""Walks any B2 file record by record in flat memory, each record with the findings that stand at it.

An invoice is held until it ends, so that what its checks find stands at the records concerned.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vaguemestre.core.b2.checks import invoice_findings
from vaguemestre.core.b2.codec import decode_record
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.b2_order import INVOICE_RECORDS
from vaguemestre.toolkit.source import Source

_IN_INVOICE = frozenset(INVOICE_RECORDS)
_HELD_MAX = 20_000
"""Records of one invoice that are held: more than the norm's longest invoice has."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One record: its rank in the file (1-based), None when no layout knows it, its bytes, and the findings at it."""

    rank: int
    record: Record | None
    data: bytes
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        return self.record.name if self.record is not None else ""


def walk(source: Source) -> Iterator[Piece | Finding]:
    """Records and, where no record stands, findings, in the order of the file."""
    held: list[Piece] = []
    whole = True
    for item in read_records(source.chunks(), source.limits, source.name):
        if isinstance(item, Finding):
            whole = False
            yield from held
            held = []
            yield item
            continue
        rank, data = item
        record, found = decode_record(data, rank, source.name)
        piece = Piece(rank, record, data, found)
        if piece.name == "2" or piece.name not in _IN_INVOICE or len(held) >= _HELD_MAX:
            yield from held
            held, whole = [], piece.name == "2"
        held.append(piece)
        if piece.name == "5":
            yield from _judged(held, source.name) if whole and held[0].name == "2" else held
            held = []
        elif held[0].name != "2":
            yield from held
            held = []
    yield from held


def _judged(held: list[Piece], source: str) -> Iterator[Piece]:
    records = tuple(piece.record for piece in held if piece.record is not None)
    first = held[0].rank
    by_rank: dict[int, list[Finding]] = {}
    for item in invoice_findings(Invoice(records, first), source):
        by_rank.setdefault(item.place.record or first, []).append(item)
    for piece in held:
        more = by_rank.get(piece.rank, ())
        yield Piece(piece.rank, piece.record, piece.data, (*piece.findings, *more)) if more else piece
