"""Walks anyone's NOEMIE return in flat memory: entities in the order of the file, each with all that is said of it.

An invoice is held until it ends, so that what its checks find stands at the entities concerned.
"""

from collections.abc import Iterator
from typing import Final

from vaguemestre.core.b2.seen import Seen, key_of
from vaguemestre.core.bounded import Chunks, opened
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.noemie.cutting import Cut, Cutter, Lost
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.noemie_order import INVOICE_ENTITIES, INVOICE_HEADS, NEEDS, ROUTING
from vaguemestre.toolkit.noemie.checks import INVOICE_CHECKS, told, wrong_keys
from vaguemestre.toolkit.noemie.parts import Entity, Invoice, Stretch
from vaguemestre.toolkit.source import Source

HELD_MAX: Final = 20_000
"""Entities of one invoice that are held: more than any invoice of care has."""

_DOUBTED = {
    "B002": "N001",
    "B003": "N002",
    "B004": "N003",
    "B005": "N004",
    "B006": "N005",
    "B007": "N006",
    "B008": "N007",
}
"""What the engine says of a field -> what is said of a field of an unconfirmed dictionary."""
_SAME_AT_BOTH_ENDS = ("sender_type", "sender_number", "recipient_type", "recipient_number", "file_identifier")
_HELD = frozenset((*INVOICE_HEADS, *INVOICE_ENTITIES, "295"))
_CLOSING = frozenset((*ROUTING, "990", "999", "000"))


def walk(source: Source, chunks: Chunks | None = None) -> Iterator[Entity | Finding]:
    """Entities and, where none stands, findings, in the order of the file. `chunks`: those of the source, when another looks on."""
    walker = _Walker(source.name)
    plain = opened(source.chunks() if chunks is None else chunks, source.limits, source.name)
    for piece in Cutter(plain, source.limits, source.name).cut():
        if isinstance(piece, Cut):
            yield from walker.entity(piece)
        else:
            yield from walker.loss(piece.finding if isinstance(piece, Lost) else piece)
    yield from walker.end()


class _Walker:
    """What came before, as far as a later entity may be judged by it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._held: list[Entity] = []
        self._whole, self._all_read = True, True  # of the open invoice; of the file
        self._file: Entity | None = None
        self._lot: Entity | None = None
        self._last: Entity | None = None
        self._names: set[str] = set()  # since the invoice, or the file, was opened
        self._section, self._total = Stretch(), Stretch()
        self._lots: set[bytes] = set()
        self._seen = Seen()
        self._lost = 0

    def entity(self, piece: Cut) -> Iterator[Entity | Finding]:
        """What is complete now that this entity has come."""
        plan = NOEMIE_ENTITIES.recognise(piece.data)
        if plan is None:  # the cutter knows the same types
            return
        entity = Entity(piece.rank, piece.offset, Record(plan, piece.data), plan.name)
        if not plan.accepts(piece.data):
            entity.findings += [doubted(item) for item in plan.check(piece.data, piece.rank, self._source)]
        name = entity.name
        entity.findings += self._order(entity)
        if len(self._held) >= HELD_MAX:
            self._whole = False
        if name in _CLOSING or name in INVOICE_HEADS or not self._whole:
            yield from self._release()
        if name in INVOICE_HEADS:
            self._names, self._whole = set(), True
            entity.findings += self._twice(entity)
        elif name in _CLOSING:
            self._names = set()
        self._names.add(name)
        if name == "000":
            self._file = entity
        elif name == "080":
            self._lot = entity
            self._lots.add(entity.record.data[5:14])
        elif name == "040":
            self._seen = Seen()  # each payee numbers its own invoices
        elif name == "262":
            entity.findings += wrong_keys(entity, self._source)
        self._count(entity)
        self._last = entity
        if self._held or name in _HELD:
            self._held.append(entity)
        else:
            yield entity

    def loss(self, item: Finding) -> Iterator[Entity | Finding]:
        """Something unreadable: what is open is no longer whole."""
        self._whole = self._all_read = False
        self._lost += 1
        yield from self._release()
        yield item

    def end(self) -> Iterator[Entity | Finding]:
        """What is still held, and what the end itself lacks."""
        yield from self._release()
        if self._last is not None and self._last.name != "999":
            yield finding("N011", Place(self._source, self._last.rank), found=self._last.name)

    def _release(self) -> Iterator[Entity]:
        held, self._held = self._held, []
        if held:
            invoice = Invoice(tuple(held), self._lot, self._file, self._whole)
            by_rank = {entity.rank: entity for entity in held}
            for check in INVOICE_CHECKS:
                for item in check(invoice, self._source):
                    by_rank.get(item.place.record or 0, held[0]).findings.append(item)
        yield from held

    def _order(self, entity: Entity) -> Iterator[Finding]:
        name = entity.name
        place = Place(self._source, entity.rank)
        if self._last is None:
            if name != "000" and not self._lost:
                yield finding("N012", place, found=name)
            return
        if name == "000":
            yield finding("N010", place, found=name, expected="999")
        needed = NEEDS.get(name)
        if needed and self._whole and not self._names & set(needed):
            yield finding("N010", place, found=name, expected=" / ".join(needed))

    def _twice(self, entity: Entity) -> Iterator[Finding]:
        """The invoice's number, lot and lot date, met before in this file."""
        number = entity.record.raw("invoice_number")
        lot = self._lot.record.data[5:14] if self._lot is not None else b""
        first = self._seen.first(key_of(number + lot), entity.rank)
        if first is not None:
            yield told(
                "N032", entity, "invoice_number", self._source, found=str(number, "latin-1").strip(), first=first
            )

    def _count(self, entity: Entity) -> None:
        if entity.name == "990":
            if self._all_read:
                entity.findings += self._break(entity)
            self._section = Stretch()
        elif entity.name == "999":
            entity.findings += self._ends(entity)
        else:
            self._section.add(entity)
        self._total.add(entity)

    def _break(self, entity: Entity) -> Iterator[Finding]:
        """noemie:990."""
        section, total = self._section, self._total
        found = entity.cents("lower_level_total", "sign")
        if found not in section.totals | total.totals:
            yield told("N021", entity, "lower_level_total", self._source, found=found, expected=section.paid_cents)
        count = entity.record.number("lower_level_count")
        if count not in (*section.counts, *total.counts):
            yield told("N022", entity, "lower_level_count", self._source, found=count, expected=section.invoices)

    def _ends(self, entity: Entity) -> Iterator[Finding]:
        """noemie:999."""
        if self._file is not None:
            for name in _SAME_AT_BOTH_ENDS:
                found, expected = entity.record.raw(name), self._file.record.raw(name)
                if found != expected:
                    values = {"found": str(found, "latin-1").strip(), "expected": str(expected, "latin-1").strip()}
                    yield told("N013", entity, name, self._source, **values)
        if not self._all_read:
            return
        total = self._total
        every = total.entities + 1
        count = entity.record.number("record_count")
        if count not in (every, every - 1, every - 2):
            yield told("N023", entity, "record_count", self._source, found=count, expected=every)
        lots = entity.record.number("lot_count")
        if lots not in (total.lots, len(self._lots)):
            yield told("N024", entity, "lot_count", self._source, found=lots, expected=total.lots)
        found_cents = entity.cents("file_total", "file_total_sign")
        if found_cents not in total.totals:
            yield told("N025", entity, "file_total", self._source, found=found_cents, expected=total.paid_cents)


def doubted(item: Finding) -> Finding:
    """The finding of a field as the check of a return tells it. vgm:noemie-checking."""
    code = _DOUBTED.get(item.code.code)
    return item if code is None else Finding(BY_CODE[code], item.place, item.values)
