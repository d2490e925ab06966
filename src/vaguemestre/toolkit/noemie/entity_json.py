"""NOEMIE entities as JSON text, one per line, in a stream, and back: the same bytes come back, whatever they were. vgm:b2-json.

A document holds its entities in the order of the file, since their order is what makes lots and invoices.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.noemie_order import INVOICE_HEADS, ROUTING
from vaguemestre.toolkit.converting.json_reading import JsonReader
from vaguemestre.toolkit.converting.record_form import INVOICE, LOT, NUMBER, RECORD, RecordForm

FORMAT: Final = "vaguemestre.noemie"
VERSION: Final = 1
ENTITIES: Final = "entities"

Numbered = tuple[int, Record]
"""Rank in the file (1-based) and the entity."""

FORMS: Final = {name: RecordForm(plan) for name, plan in NOEMIE_ENTITIES.plans.items()}
"""Entity type -> its JSON form."""

_encode = msgspec.json.Encoder().encode
_CLOSING = frozenset((*ROUTING, "990", "999"))


def document(entities: Iterable[Numbered]) -> Iterator[bytes]:
    """One JSON document in pieces; nothing at all when there is no entity."""
    opening = b'{"format":"%b","version":%d,"%b":[\n' % (FORMAT.encode(), VERSION, ENTITIES.encode())
    before = opening
    for _, record in entities:
        yield before + _encode(FORMS[record.name].members(record.data))
        before = b",\n"
    if before != opening:
        yield b"]}\n"


def lines(entities: Iterable[Numbered]) -> Iterator[bytes]:
    """One JSON object per entity and line, with its rank in the file (`number`), its lot and its invoice, both counted from 1."""
    for rank, record, lot, invoice, _ in placed(entities):
        keys: dict[str, object] = {NUMBER: rank}
        if lot:
            keys[LOT] = lot
        if invoice:
            keys[INVOICE] = invoice
        yield _encode(keys | FORMS[record.name].members(record.data)) + b"\n"


def placed(entities: Iterable[Numbered]) -> Iterator[tuple[int, Record, int, int, int]]:
    """Each entity with its lot, invoice and act line, counted from 1; 0 where it stands in none."""
    lots = invoices = lines = 0
    within = lot_open = False
    for rank, record in entities:
        name = record.name
        if name == "080":
            lots, lot_open, within = lots + 1, True, False
        elif name in _CLOSING or name == "000":
            within, lot_open = False, lot_open and name in ROUTING
        elif name in INVOICE_HEADS:
            invoices, lines, within = invoices + 1, 0, True
        lines += name in ("210", "220")
        inside = invoices if within else 0
        yield rank, record, lots if lot_open else 0, inside, lines if inside and name in ("210", "220") else 0


def entities_in_json(chunks: Chunks, limits: ReadingLimits, source: str = "") -> Iterator[Record | Finding]:
    """The entities of a JSON document, a list or lines, and what cannot be written: errors, each with its line."""
    return _Reader(chunks, source).read(limits)


class _Reader(JsonReader[Record]):
    def made(self, value: object, place: Place) -> Iterable[Record | Finding]:
        return entity_of(value, place)

    def document(self) -> Iterator[Record | Finding]:
        expected: dict[str, object] = {"format": FORMAT, "version": VERSION}
        for name in self.text.members():
            if name in expected:
                yield from self.expect(name, expected[name])
            elif name == ENTITIES and self.text.peek() == "[":
                for rank in self.text.elements():
                    yield from self.record(f"{ENTITIES}[{rank}]")
            else:
                members = f"format, version, {ENTITIES} [ … ]"
                self.refuse(name[:60], (members, members))


def entity_of(members: object, place: Place) -> Iterator[Record | Finding]:
    """The entity of a JSON object, or why it is none."""
    if not isinstance(members, dict):
        yield finding("J002", place, expected_fr="une entité { … }", expected_en="an entity { … }")
        return
    name = members.get(RECORD)
    form = FORMS.get(name) if isinstance(name, str) else None
    if form is None:
        yield finding("J004", place, found=name[:20] if isinstance(name, str) else "?", expected=" ".join(FORMS))
        return
    data, found = form.encode(members, place)
    if found:
        yield from found
        return
    plan = NOEMIE_ENTITIES.plans[form.name]
    for (
        entry
    ) in plan.layout.fields:  # `raw` may say another type, or no end: then it is no entity that can be read again
        if entry.name in ("record_type", "end_marker") and data[entry.where] != entry.blank:
            yield finding("J009", place, record=form.name, name=entry.name)
            return
    yield Record(plan, data)
