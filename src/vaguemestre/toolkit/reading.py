"""What `vaguemestre.toolkit.read` gives: a B2 file or a NOEMIE return to walk through, in a stream, whatever its size."""

from collections.abc import Iterator
from typing import Literal

from vaguemestre.core.b2.events import Event, LotHead, LotTail
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.b2.shape import B2File, Invoice, Lot
from vaguemestre.core.b2.stream import stream_file
from vaguemestre.core.findings import Finding
from vaguemestre.core.noemie.reading import decode_return
from vaguemestre.core.noemie.shape import Return
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.noemie_order import INVOICE_ENTITIES, INVOICE_HEADS
from vaguemestre.toolkit.inputs import Looked
from vaguemestre.toolkit.noemie.parts import Entity
from vaguemestre.toolkit.noemie.parts import Invoice as ReturnedInvoice
from vaguemestre.toolkit.noemie.walking import walk

_OF_INVOICE = frozenset((*INVOICE_ENTITIES, "295"))


class B2Reading:
    """A B2 file. Each property reads it from its start, a part at a time; an input that is a pipe can be read once."""

    norm: Literal["b2"] = "b2"

    def __init__(self, looked: Looked) -> None:
        self._looked = looked
        self._name, self._limits = looked.source.name, looked.source.limits

    @property
    def events(self) -> Iterator[Event]:
        """Everything in the order of the file: header, lot heads, invoices, lot tails, trailer, and what belongs nowhere."""
        return stream_file(self._looked.chunks(), self._limits, self._name)

    @property
    def invoices(self) -> Iterator[Invoice]:
        """The invoices, each with its `records` (2 to 5) and its own `findings`."""
        return (event for event in self.events if isinstance(event, Invoice))

    @property
    def lots(self) -> Iterator[Lot]:
        """The lots, each held whole: at most a few thousand records."""
        head, invoices = LotHead(None, 0), list[Invoice]()
        for event in self.events:
            if isinstance(event, LotHead):
                head, invoices = event, []
            elif isinstance(event, Invoice):
                invoices.append(event)
            elif isinstance(event, LotTail):
                yield Lot(head.record, tuple(invoices), event.record, head.rank, head.findings + event.findings)

    @property
    def records(self) -> Iterator[Record]:
        """The records of the table, one by one, unjudged."""
        from vaguemestre.core.b2.codec import decode_record

        for item in read_records(self._looked.chunks(), self._limits, self._name):
            if not isinstance(item, Finding):
                record, _ = decode_record(item[1])
                if record is not None:
                    yield record

    def whole(self) -> tuple[B2File | None, tuple[Finding, ...]]:
        """The file in one piece, in memory, and every finding in its order."""
        return parse_file(self._looked.chunks(), self._limits, self._name)


class NoemieReading:
    """A NOEMIE return. Each property reads it from its start, a part at a time; an input that is a pipe can be read once."""

    norm: Literal["noemie"] = "noemie"

    def __init__(self, looked: Looked) -> None:
        self._looked = looked

    @property
    def entities(self) -> Iterator[Entity]:
        """The entities in the order of the file, each with its `record` and the `findings` that stand at it."""
        pieces = walk(self._looked.source, self._looked.chunks())
        return (piece for piece in pieces if not isinstance(piece, Finding))

    @property
    def invoices(self) -> Iterator[ReturnedInvoice]:
        """The invoices that the return speaks of, each from its head (100 or 102) on."""
        file: Entity | None = None
        lot: Entity | None = None
        held: list[Entity] = []
        for entity in self.entities:
            if entity.name in _OF_INVOICE and entity.name not in INVOICE_HEADS and held:
                held.append(entity)
                continue
            if held:
                yield ReturnedInvoice(tuple(held), lot, file)
            held = [entity] if entity.name in INVOICE_HEADS else []
            file = entity if entity.name == "000" else file
            lot = entity if entity.name == "080" else lot
        if held:
            yield ReturnedInvoice(tuple(held), lot, file)

    def whole(self) -> tuple[Return | None, tuple[Finding, ...]]:
        """The return as this project's payers write it (vgm:noemie-return), in memory; None when it is another, or wrong."""
        return decode_return(self._looked.chunks(), self._looked.source.limits, self._looked.source.name)
