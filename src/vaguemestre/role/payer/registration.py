"""Registering an opened lot inside one unit: each sheet by its identity, doubles and revocations held, conflicts refused."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.payer.decision import Motive, motive
from vaguemestre.core.payer.intake import (
    KnownSheet,
    LotOutcome,
    LotRecord,
    Presentation,
    Registration,
    SheetOutcome,
    StoreKey,
    compare,
    lot_outcome,
    store_key,
)
from vaguemestre.role.payer.opened import OpenedLot, OpenedMessage, OpenedSheet
from vaguemestre.role.payer.unit import Unit


class Registered(NamedTuple):
    """What became of one sheet of a lot. `first` is what its identity already named, `finding` what to tell of it."""

    opened: OpenedSheet
    outcome: SheetOutcome
    sheet: int | None
    first: KnownSheet | None
    finding: Finding | None
    claim: str = ""
    retired: str = ""  # the outcome that remains of an identity whose keeping time has passed


class RegisteredLot(NamedTuple):
    """A lot with its row and what became of each of its sheets."""

    id: int
    opened: OpenedLot
    outcome: LotOutcome
    sheets: tuple[Registered, ...]


def register_lot(
    unit: Unit, message: OpenedMessage, lot: OpenedLot, received_at: datetime, received_on: date, now: datetime
) -> RegisteredLot:
    """Write one lot and its sheets down. Inside a unit: a second call with the same bytes is refused by the database."""
    identifier = unit.inbox.add_lot(_record(message, lot, received_at))
    if lot.refusal is not None:
        return RegisteredLot(identifier, lot, LotOutcome.NEGATIVE, ())
    book = _Registrar(unit, identifier, lot, received_on, now)
    sheets = tuple(book.register(entry) for entry in lot.sheets)
    unit.inbox.add_presentations(identifier, [_presentation(entry) for entry in sheets])
    outcome = lot_outcome(entry.outcome for entry in sheets)
    unit.inbox.set_lot_outcome(identifier, outcome.value)
    return RegisteredLot(identifier, lot, outcome, sheets)


class _Registrar:
    """Registers the sheets of one lot, in order."""

    def __init__(self, unit: Unit, lot: int, opened: OpenedLot, received_on: date, now: datetime) -> None:
        self._unit, self._lot, self._opened = unit, lot, opened
        self._received_on, self._now = received_on, now
        self._any_retired = unit.keeping.any_retired()
        self._indexes = {
            entry.rank: unit.sheets.claim_indexes(entry.sheet) for entry in opened.sheets if entry.sheet is not None
        }
        self._live = unit.sheets.live_claims([index for pairs in self._indexes.values() for index, _ in pairs])

    def register(self, entry: OpenedSheet) -> Registered:
        if entry.refusals or entry.sheet is None:
            told = entry.refusals[0] if entry.refusals else finding("A004")
            claim = str(entry.key) if entry.sheet is None else claim_of(self._unit, entry.key, entry.sheet)[0]
            return Registered(entry, SheetOutcome.REFUSED, None, None, told, claim)
        if self._any_retired:
            retired = self._unit.keeping.retired(entry.key, entry.content)
            if retired is not None and self._unit.sheets.known(entry.key) is None:
                return self._retired(entry, *retired)
        return self._new(entry, entry.sheet)

    def _repeated(self, entry: OpenedSheet) -> Registered:
        """The identity is taken: the database said so, even of a sheet that stands twice in this lot."""
        known = self._unit.sheets.known(entry.key)
        if known is None:
            raise LookupError("an identity is taken, and by no sheet")
        outcome = compare(entry.content, known)
        code = "A010" if outcome is SheetOutcome.DUPLICATE else "A011"
        place = Place(source=str(entry.key))
        return Registered(entry, outcome, known.id, known, finding(code, place, received_on=known.received_on))

    def _retired(self, entry: OpenedSheet, outcome: str, same: bool) -> Registered:
        place = Place(source=str(entry.key))
        if same:
            told = finding("A014", place, outcome=outcome)
            return Registered(entry, SheetOutcome.DUPLICATE, None, None, told, retired=outcome)
        told = finding("A011", place, received_on="...")
        return Registered(entry, SheetOutcome.CONFLICT, None, None, told, retired=outcome)

    def _new(self, entry: OpenedSheet, sheet: CareSheet) -> Registered:
        indexes = self._indexes[entry.rank]
        claim, doubt = claim_of(self._unit, entry.key, sheet)
        double = next((self._live[index] for index, _ in indexes if index in self._live), None)
        motives = list(entry.holds)
        if doubt is not None:
            motives.append(doubt)
        if double is not None:
            motives.append(motive("A012", field="item:9", other=double))
        asked = Registration(
            key=entry.key,
            sheet=sheet,
            content=entry.content,
            lot=self._lot,
            rank=entry.rank,
            claim=claim,
            received_on=self._received_on,
            card_signed=entry.card_signed,
            carried=self._opened.carried,
            motives=tuple(motives),
        )
        identifier = self._unit.sheets.register(asked, indexes, self._now)
        if identifier is None:
            return self._repeated(entry)
        if claim != str(entry.key):
            self._unit.sheets.join_claims(str(entry.key), claim)
        self._live = {index: str(entry.key) for index, _ in indexes} | self._live
        if motives:
            told = motives[0].finding(str(entry.key))
            return Registered(entry, SheetOutcome.HELD, identifier, None, told)
        return Registered(entry, SheetOutcome.REGISTERED, identifier, None, None)


def claim_of(unit: Unit, key: StoreKey, sheet: CareSheet) -> tuple[str, Motive | None]:
    """The claim of a sheet, and what holds it when nobody can tell which sheet it corrects. vgm:one-claim.

    A sheet that was refused by its acknowledgement is no registration, but it was received: it may be corrected.
    """
    if sheet.replaces is None:
        return str(key), None
    former = store_key(sheet.replaces)
    known = unit.sheets.known(former)
    if known is not None:
        if unit.sheets.is_disputed(former):
            return str(key), motive("A015", field="replaces", other=str(former))
        return known.claim, None
    refused = unit.sheets.refused_claim(former)
    if refused is not None:
        return refused, None
    return str(former), motive("A013", field="replaces", other=str(former))


def _record(message: OpenedMessage, lot: OpenedLot, received_at: datetime) -> LotRecord:
    return LotRecord(
        sealed_digest=message.digest,
        part=lot.part,
        message=message.message.id,
        fund=lot.destination.code,
        billing_number=lot.billing_number,
        lot_number=f"{lot.number:03d}",
        made_on="" if lot.made_on is None else lot.made_on.isoformat(),
        station="" if lot.station is None else lot.station.station.number,
        carried=lot.carried,
        signed_at=lot.signed_at,
        received_at=received_at,
        outcome=LotOutcome.NEGATIVE if lot.refusal is not None else LotOutcome.POSITIVE,
        sheets=len(lot.sheets),
        return_addresses=lot.return_addresses,
    )


def _presentation(entry: Registered) -> Presentation:
    opened = entry.opened
    kept = entry.outcome in (SheetOutcome.CONFLICT, SheetOutcome.REFUSED)
    return Presentation(
        rank=opened.rank,
        key=opened.key,
        content=opened.content,
        outcome=entry.outcome,
        sheet=entry.sheet,
        claimed_cents=opened.claimed_cents,
        settlement=opened.settlement,
        claim=entry.claim,
        body=opened.data if kept else None,
    )


def outcomes(lots: Iterable[RegisteredLot]) -> list[SheetOutcome]:
    """What became of every sheet of a message."""
    return [entry.outcome for lot in lots for entry in lot.sheets]
