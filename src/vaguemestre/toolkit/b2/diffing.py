"""What changed from one B2 file to another, field by field, in bounded memory.

Lots are matched by issuer and number, invoices by issuer and invoice number wherever they stand, the records of an invoice by their
line, type and rank. Both files are read side by side: what has met its counterpart is forgotten, what waits is kept compressed.
"""

import zlib
from collections.abc import Iterator
from typing import Literal

from vaguemestre.core.b2.codec import RECORD_BYTES, decode_record
from vaguemestre.core.b2.events import Event, Header, Loose, LotHead, LotTail, Trailer
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.findings import Finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import Field
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.b2.ranks import ranked
from vaguemestre.toolkit.b2.walking import recognised
from vaguemestre.toolkit.source import Source

Kind = Literal["added", "removed", "changed", "unreadable"]
What = Literal["file", "lot", "invoice"]
_KEY = frozenset({"provider_number", "insured_nir", "insured_nir_key", "beneficiary_rank", "invoice_number"})
_LINES = frozenset({"3", "4"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: its layout and both contents as records that hold it."""

    field: Field
    old: Record
    new: Record


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record: added (`old` None), removed (`new` None) or changed. Ranks are those in each file, 0 for none."""

    name: str
    old: Record | None
    new: Record | None
    fields: tuple[FieldChange, ...] = ()
    old_rank: int = 0
    new_rank: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `name`: a lot's or an invoice's number; `lots`: the lot it is in, in each file, "" if in none."""

    kind: Kind
    what: What
    name: str = ""
    issuer: str = ""
    lots: tuple[str, str] = ("", "")
    records: tuple[RecordChange, ...] = ()
    finding: Finding | None = None

    @property
    def moved(self) -> bool:
        return self.kind == "changed" and self.what == "invoice" and self.lots[0] != self.lots[1]


@dataclass(slots=True)
class DiffTally:
    """Counts of invoices, complete once the differences are consumed. `refused`: why an input holds no record at all."""

    same: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0
    reordered: bool = False
    refused: Finding | None = None
    different: bool = False


def diff(old: Source, new: Source, tally: DiffTally) -> Iterator[Difference]:
    """The differences, in the order in which they are found; `tally` is filled on the way. None when `tally.refused` is set."""
    for item in _Comparison(tally).walk(old, new):
        tally.different = True
        yield item


class Waiting:
    """Invoices of one side whose counterpart has not come yet, compressed against the first of them."""

    __slots__ = ("_dictionary", "_held")

    def __init__(self) -> None:
        self._dictionary = b""
        self._held: dict[int | bytes, list[bytes] | bytes] = {}

    def put(self, key: int | bytes, lot: str, invoice: Invoice) -> None:
        data = f"{lot:<4}{invoice.first:<12}".encode("latin-1") + invoice.data  # a lot's number is any bytes
        if not self._dictionary:
            self._dictionary = data
        engine = zlib.compressobj(1, zdict=self._dictionary)
        packed = engine.compress(data) + engine.flush()
        before = self._held.get(key)
        if before is None:
            self._held[key] = packed
        else:  # the same number twice in one file
            self._held[key] = [*before, packed] if isinstance(before, list) else [before, packed]

    def take(self, key: int | bytes) -> tuple[str, Invoice] | None:
        packed = self._held.pop(key, None)
        if packed is None:
            return None
        if isinstance(packed, list):
            packed, *rest = packed
            self._held[key] = rest
        return self._opened(packed)

    def rest(self) -> Iterator[tuple[str, Invoice]]:
        for held in self._held.values():
            for packed in held if isinstance(held, list) else (held,):
                yield self._opened(packed)

    def _opened(self, packed: bytes) -> tuple[str, Invoice]:
        data = zlib.decompressobj(zdict=self._dictionary).decompress(packed)
        lot, first = str(data[:4], "latin-1").rstrip(" "), int(data[4:16])
        records = (decode_record(data[at : at + RECORD_BYTES])[0] for at in range(16, len(data), RECORD_BYTES))
        return lot, Invoice(tuple(record for record in records if record is not None), first)


class _Side:
    """One of both files while it is read."""

    __slots__ = ("ends", "events", "lot", "lots", "waiting")

    def __init__(self, events: Iterator[Event]) -> None:
        self.events: Iterator[Event] | None = events
        self.lot = ""
        self.waiting = Waiting()
        self.ends: dict[str, Record] = {}
        self.lots: dict[tuple[str, str], dict[str, Record]] = {}


class _Comparison:
    """Reads both files side by side."""

    def __init__(self, tally: DiffTally) -> None:
        self._tally = tally
        self._last = (0, 0)  # ranks of the last pair met; one comes later in both files, or their order differs

    def walk(self, old: Source, new: Source) -> Iterator[Difference]:
        before, after = recognised(old), recognised(new)
        if isinstance(before, Finding) or isinstance(after, Finding):
            self._tally.refused = (
                before if isinstance(before, Finding) else after if isinstance(after, Finding) else None
            )
            return
        sides = (_Side(before), _Side(after))
        while any(side.events is not None for side in sides):
            for rank, side in enumerate(sides):
                event = None if side.events is None else next(side.events, None)
                if event is None:
                    side.events = None
                elif isinstance(event, Invoice):
                    yield from self._invoice(sides, rank, event)
                else:
                    yield from _frame(side, event)
        yield from _ends(sides)
        for kind, side in (("removed", sides[0]), ("added", sides[1])):
            for lot, invoice in side.waiting.rest():
                yield self._alone("removed" if kind == "removed" else "added", lot, invoice)

    def _invoice(self, sides: tuple[_Side, _Side], rank: int, invoice: Invoice) -> Iterator[Difference]:
        side, other = sides[rank], sides[1 - rank]
        key = _key(invoice)
        met = other.waiting.take(key)
        if met is None:
            side.waiting.put(key, side.lot, invoice)
            return
        mine, theirs = (side.lot, invoice), met
        (old_lot, before), (new_lot, after) = (mine, theirs) if rank == 0 else (theirs, mine)
        if (before.first > self._last[0]) is not (after.first > self._last[1]):
            self._tally.reordered = True
        self._last = (before.first, after.first)
        changes = () if before.data == after.data else tuple(compare_invoices(before, after))
        if not changes and old_lot == new_lot:
            self._tally.same += 1
            return
        self._tally.changed += 1
        yield Difference("changed", "invoice", after.number, after.billing_number, (old_lot, new_lot), changes)

    def _alone(self, kind: Literal["added", "removed"], lot: str, invoice: Invoice) -> Difference:
        added = kind == "added"
        if added:
            self._tally.added += 1
        else:
            self._tally.removed += 1
        lots = ("", lot) if added else (lot, "")
        records = tuple(
            RecordChange(record.name, None if added else record, record if added else None, (), *_at(added, rank))
            for rank, record in ranked(invoice)
        )
        return Difference(kind, "invoice", invoice.number, invoice.billing_number, lots, records)


def _frame(side: _Side, event: Header | LotHead | LotTail | Trailer | Loose) -> Iterator[Difference]:
    record = event.record
    if isinstance(event, LotHead):
        side.lot = record.text("lot_number") if record is not None else ""
    if isinstance(event, Loose):
        yield from (Difference("unreadable", "file", finding=item) for item in event.findings)
    elif record is not None and isinstance(event, LotHead | LotTail):
        key = (record.text("provider_number"), record.text("lot_number"))
        side.lots.setdefault(key, {})[record.name] = record
    elif record is not None:
        side.ends[record.name] = record


def _at(added: bool, rank: int) -> tuple[int, int]:
    return (0, rank) if added else (rank, 0)


def _key(invoice: Invoice) -> int | bytes:
    record = invoice.records[0]
    raw = record.raw("provider_number") + record.raw("invoice_number")
    return int(raw) if raw.isdigit() else raw


def _ends(sides: tuple[_Side, _Side]) -> Iterator[Difference]:
    """File and lot records: they are few, and compared at the end."""
    old, new = sides
    changes = tuple(_records(old.ends, new.ends))
    if changes:
        yield Difference("changed", "file", records=changes)
    for key in dict.fromkeys((*old.lots, *new.lots)):
        before, after = old.lots.get(key), new.lots.get(key)
        kind: Kind = "added" if before is None else "removed" if after is None else "changed"
        changes = tuple(_records(before or {}, after or {}))
        if changes:
            lots = ("" if before is None else key[1], "" if after is None else key[1])
            yield Difference(kind, "lot", key[1], key[0], lots, changes)


def _records(old: dict[str, Record], new: dict[str, Record]) -> Iterator[RecordChange]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            yield RecordChange(name, before, after)
        elif before.data != after.data:
            yield RecordChange(name, before, after, tuple(compare_records(before, after)))


def compare_records(old: Record, new: Record) -> Iterator[FieldChange]:
    """The fields that differ between two records of one type, in the order of the layout."""
    for entry in new.plan.layout.fields:
        if old.data[entry.where] != new.data[entry.where]:
            yield FieldChange(entry, old, new)


def compare_invoices(old: Invoice, new: Invoice) -> Iterator[RecordChange]:
    """What differs between two invoices, record by record. A change of the invoice's own key is told once, not in each record."""
    before, after = _placed(old), _placed(new)
    told: set[tuple[str, bytes, bytes]] = set()
    for place in sorted(before.keys() | after.keys()):
        old_rank, was = before.get(place, (0, None))
        new_rank, now = after.get(place, (0, None))
        name = place[1]
        if was is None or now is None:
            yield RecordChange(name, was, now, (), old_rank, new_rank)
        elif was.data != now.data:
            fields = tuple(change for change in compare_records(was, now) if _is_news(change, told))
            if fields:
                yield RecordChange(name, was, now, fields, old_rank, new_rank)


def _is_news(change: FieldChange, told: set[tuple[str, bytes, bytes]]) -> bool:
    if change.field.name not in _KEY:
        return True
    said = (change.field.name, change.old.raw(change.field.name), change.new.raw(change.field.name))
    if said in told:
        return False
    told.add(said)
    return True


_LAST = 1 << 30


def _placed(invoice: Invoice) -> dict[tuple[int, str, int], tuple[int, Record]]:
    """(line, type, rank within the line) -> (rank in the file, record); totals come last."""
    found: dict[tuple[int, str, int], tuple[int, Record]] = {}
    line = 0
    for rank, record in ranked(invoice):
        name = record.name
        line = line + 1 if name in _LINES else line
        at = _LAST if name == "5" else line
        count = 0
        while (at, name, count) in found:
            count += 1
        found[at, name, count] = (rank, record)
    return found
