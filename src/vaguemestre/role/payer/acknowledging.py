"""The acknowledgement of one lot: composed once, sealed once, sent to every return address; the same lot gets the same bytes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, Protocol

from vaguemestre.core.findings import finding
from vaguemestre.core.mail.envelope import is_address
from vaguemestre.core.mail.outbox import Answer
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.intake import LotOutcome, SheetOutcome, SheetState
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.forwardmessage import ForwardManifest
from vaguemestre.core.seal.lotmessage import (
    MANIFEST_VERSION,
    AnsweredLot,
    AnswerKind,
    AnswerManifest,
    compose_answer,
)
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    Acknowledgement,
    AcknowledgementKind,
    FirstRegistration,
    encode_acknowledgement,
    sheet_from_finding,
)
from vaguemestre.role.payer.edges import FundDesk, PayerEdges
from vaguemestre.role.payer.registration import Registered, RegisteredLot
from vaguemestre.role.payer.unit import Unit

RETURN_ADDRESSES_MAX: Final = 8

_KINDS = {
    LotOutcome.POSITIVE: AcknowledgementKind.POSITIVE,
    LotOutcome.PARTIAL: AcknowledgementKind.MIXED,
    LotOutcome.NEGATIVE: AcknowledgementKind.NEGATIVE,
}
_OUTCOMES = {
    SheetOutcome.DUPLICATE: AcknowledgedOutcome.DUPLICATE,
    SheetOutcome.CONFLICT: AcknowledgedOutcome.CONFLICT,
    SheetOutcome.HELD: AcknowledgedOutcome.HELD,
    SheetOutcome.REFUSED: AcknowledgedOutcome.REFUSED,
}
_UNSIGNED = datetime(1970, 1, 1, tzinfo=UTC)  # older than any signature: never in place of a signed word
_REGISTERED = frozenset({SheetOutcome.REGISTERED, SheetOutcome.HELD})


def acknowledge(
    edges: PayerEdges, unit: Unit, lot: RegisteredLot, digest: str, received_at: datetime, sender: str, now: datetime
) -> int:
    """Compose and keep the lot's acknowledgement, and queue it for its return addresses; gives its number."""
    opened = lot.opened
    if opened.station is None:
        raise TypeError("a lot without a station is set aside, never acknowledged")
    desk = answering_desk(edges, opened.destination)
    made_on = opened.made_on or edges.today(received_at)  # of an unreadable lot the digest alone is sure
    lots = (AnsweredLot(opened.billing_number, opened.destination, made_on, opened.number, digest),)
    if opened.forwarded is not None:
        lots = (opened.forwarded.lot,)  # the practice knows its own lot, not the message between funds
    data = encode_acknowledgement(_acknowledgement(lot, unit, desk, digest, received_at, now))
    answer = keep_answer(
        unit, desk, AnswerKind.ACKNOWLEDGEMENT, data, lots, opened.station, opened.billing_number, now,
        lot=lot.id, demo=edges.policy.demo,
    )  # fmt: skip
    unit.answers.queue(answer, answer_addresses(unit, opened, sender), now)
    return answer


def answering_desk(edges: PayerEdges, destination: Destination) -> FundDesk:
    """The fund addressed; the first one for a lot addressed to none of ours, which it refuses."""
    return edges.funds.get(destination.code) or next(iter(edges.funds.values()))


class Answerable(Protocol):
    """What is needed of a lot to know where to answer it."""

    @property
    def billing_number(self) -> str: ...
    @property
    def return_addresses(self) -> tuple[str, ...]: ...


def plain_addresses(addresses: Iterable[str]) -> list[str]:
    """Those that mail can carry, each once, a few at most: a lot is no mailing list."""
    return list(dict.fromkeys(address for address in addresses if is_address(address)))[:RETURN_ADDRESSES_MAX]


def answer_addresses(unit: Unit, lot: Answerable, sender: str) -> list[str]:
    """Where to answer a lot: where it says, else where its payee last said and to the envelope's sender.

    vgm:return-addresses.
    """
    stated = plain_addresses(lot.return_addresses)
    if stated:
        return stated
    place = unit.answers.place(lot.billing_number)
    return plain_addresses((*(place[1] if place is not None else ()), sender))


def remember_sender(unit: Unit, billing_number: str, station: str, sender: str, *, reads_bundle: bool = False) -> None:
    """A carried lot names no address: its returns go where it was sent from, until a signed lot says better."""
    known = unit.answers.place(billing_number, station)
    addresses = plain_addresses((*(known[1] if known is not None else ()), sender))
    if addresses:
        unit.answers.set_place(billing_number, station, addresses, _UNSIGNED, reads_bundle=reads_bundle)


def keep_answer(
    unit: Unit,
    desk: FundDesk,
    kind: AnswerKind,
    data: bytes,
    lots: Sequence[AnsweredLot],
    station: StationRecord,
    payee: str,
    now: datetime,
    *,
    lot: int | None = None,
    demo: bool = False,
) -> int:
    """Seal one answer to a station in the fund's name and keep it; gives its number."""
    fund = desk.destination.code
    number = unit.answers.next_number()
    manifest = AnswerManifest(MANIFEST_VERSION, kind, desk.destination, number, now, tuple(lots), demo)
    sealed = desk.sealer.seal(compose_answer(manifest, data), [station.certificate.der], now)
    message_id = f"{sealed.digest[:40]}@{desk.address.rpartition('@')[2]}"
    answer = Answer(kind.value, fund, station.station.number, lot, payee, message_id, sealed.digest, sealed.entity)
    return unit.answers.add(answer, now)


def _start_of(day: date) -> datetime:
    """A sheet typed from paper has a day only."""
    return datetime.combine(day, time.min, UTC)


def _acknowledgement(
    lot: RegisteredLot, unit: Unit, desk: FundDesk, digest: str, received_at: datetime, now: datetime
) -> Acknowledgement:
    opened = lot.opened
    if opened.forwarded is not None:
        return _of_forwarded(lot, unit, desk, opened.forwarded, received_at, now)
    taken = [entry for entry in lot.sheets if entry.outcome in _REGISTERED]
    return Acknowledgement(
        kind=_KINDS[lot.outcome],
        billing_number=opened.billing_number,
        destination=desk.destination,
        lot_date=opened.made_on,
        lot_number=opened.number,
        content_digest=digest,
        received_at=received_at,
        acknowledged_at=now,
        registered_count=sum(1 for entry in lot.sheets if entry.outcome is SheetOutcome.REGISTERED),
        fund_cents=sum(entry.opened.claimed_cents for entry in taken),
        sheets=tuple(_sheet(entry, unit) for entry in lot.sheets if entry.outcome is not SheetOutcome.REGISTERED),
        lot_finding_code="" if opened.refusal is None else opened.refusal.code.code,
    )


def _of_forwarded(
    lot: RegisteredLot, unit: Unit, desk: FundDesk, manifest: ForwardManifest, received_at: datetime, now: datetime
) -> Acknowledgement:
    """The sheet that another fund had: named whatever became of it, for its lot was acknowledged by that fund."""
    forwarder = manifest.forwarder.code
    named = [
        sheet_from_finding(
            finding("A019", forwarder=forwarder), entry.opened.invoice_number, entry.opened.care_year,
            AcknowledgedOutcome.REGISTERED,
        )
        if entry.outcome is SheetOutcome.REGISTERED
        else _sheet(entry, unit)
        for entry in lot.sheets
    ]  # fmt: skip
    taken = [entry for entry in lot.sheets if entry.outcome in _REGISTERED]
    return Acknowledgement(
        kind=AcknowledgementKind.FORWARDED,
        billing_number=lot.opened.billing_number,
        destination=desk.destination,
        lot_date=lot.opened.made_on,
        lot_number=lot.opened.number,
        content_digest=manifest.lot.sealed_digest,
        received_at=received_at,
        acknowledged_at=now,
        registered_count=sum(1 for entry in lot.sheets if entry.outcome is SheetOutcome.REGISTERED),
        fund_cents=sum(entry.opened.claimed_cents for entry in taken),
        sheets=tuple(named),
    )


def _sheet(entry: Registered, unit: Unit) -> AcknowledgedSheet:
    opened, outcome = entry.opened, _OUTCOMES[entry.outcome]
    if entry.finding is None:
        raise TypeError("a sheet that is not plainly registered has its finding")
    told = sheet_from_finding(entry.finding, opened.invoice_number, opened.care_year, outcome)
    if entry.first is None:
        return told
    known = entry.first
    first_lot = unit.inbox.lot(known.lot) if known.lot else None
    first = FirstRegistration(
        lot_date=None if first_lot is None else first_lot.made_on,
        lot_number=0 if first_lot is None else int(first_lot.lot_number),
        registered_at=_start_of(known.received_on) if first_lot is None else first_lot.received_at,
        outcome=AcknowledgedOutcome.HELD if known.state is SheetState.HELD else AcknowledgedOutcome.REGISTERED,
    )
    return AcknowledgedSheet(
        told.invoice_number, told.care_year, told.outcome, told.finding_code, told.record, told.columns, told.field_id,
        first, told.detail,
    )  # fmt: skip
