"""Reads a whole B2 file into one value: its lots and their invoices. One bad invoice never takes its lot with it.

Every finding carries the record's rank and, when one field is at fault, its columns; it also stands on the invoice, lot or file
that it is about. A file too long to be held is read as a stream (`core.b2.stream`).
"""

from vaguemestre.core.b2.shape import B2File, Invoice, Lot
from vaguemestre.core.b2.stream import Assembler, Event, Header, LotHead, LotTail, Trailer, stream_file
from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.records import Record

__all__ = ["B2File", "Invoice", "Lot", "parse_file", "parse_invoice"]


def parse_file(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[B2File | None, tuple[Finding, ...]]:
    """The file and every finding in reading order; None when the input holds no B2 record. b2file:000.

    `data`: all the bytes, or chunks of any size; gzip is opened within `limits`. `source` names the input in places.
    """
    collector = _Collector()
    for event in stream_file(data, limits, source):
        collector.take(event)
    return collector.file(), tuple(collector.all)


def parse_invoice(data: bytes, source: str = "") -> tuple[Invoice | None, tuple[Finding, ...]]:
    """One invoice alone, records 2 to 5 without separator, with every check of an invoice. None when no record can be read."""
    if not data:
        return None, (finding("F001", Place(source)),)
    assembler = Assembler(source, DEFAULT_LIMITS, after="1")
    for start in range(0, len(data), 128):
        piece = data[start : start + 128]
        rank = start // 128 + 1
        if len(piece) < 128:
            assembler.fault(finding("F005", Place(source, rank), found=len(piece), expected=128))
        elif piece[0] not in b"2345":
            assembler.fault(finding("B001", Place(source, rank), found=str(piece[:1], "latin-1")))
        else:
            assembler.record(rank, piece)
    assembler.end_invoice()
    events = assembler.taken()
    found = [item for event in events for item in event.findings]
    invoices = [event for event in events if isinstance(event, Invoice)]
    if len(invoices) > 1:
        found.append(finding("B020", Place(source, invoices[1].first), found="2", after="5"))
    return (invoices[0] if len(invoices) == 1 else None), tuple(found)


class _Collector:
    """Holds what the stream told, part by part."""

    def __init__(self) -> None:
        self.all: list[Finding] = []
        self._own: list[Finding] = []
        self._header: Record | None = None
        self._trailer: Record | None = None
        self._lots: list[Lot] = []
        self._head: LotHead | None = None
        self._invoices: list[Invoice] = []
        self._lot_findings: list[Finding] = []
        self._recognised = False

    def take(self, event: Event) -> None:
        self.all += event.findings
        if isinstance(event, Invoice):
            self._invoices.append(event)
        elif isinstance(event, LotHead):
            self._recognised = True
            self._head, self._invoices, self._lot_findings = event, [], list(event.findings)
        elif isinstance(event, LotTail):
            self._close_lot(event)
        elif isinstance(event, Header | Trailer):
            self._recognised = True
            self._own += event.findings
            if isinstance(event, Header):
                self._header = event.record
            else:
                self._trailer = event.record
        elif event.in_lot:
            self._lot_findings += event.findings
        else:
            self._own += event.findings

    def _close_lot(self, event: LotTail) -> None:
        if self._head is None:
            raise TypeError("a lot ends that did not begin")
        found = (*self._lot_findings, *event.findings)
        head = self._head
        self._lots.append(Lot(head.record, tuple(self._invoices), event.record, head.rank, found))

    def file(self) -> B2File | None:
        if not self._recognised:
            return None
        return B2File(self._header, tuple(self._lots), self._trailer, tuple(self._own))
