"""The payer's intake: a message is promised once durable, then opened, registered and acknowledged, whatever happens in between.

A crash anywhere loses nothing: messages are taken from where the store says they stand.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime

from vaguemestre.core.calendar import local_date
from vaguemestre.core.directory.mandates import MandateTable, Verb
from vaguemestre.core.findings import Finding
from vaguemestre.core.lifecycle import advance
from vaguemestre.core.mail.envelope import ReceivedEnvelope
from vaguemestre.core.payer.decision import Motive, motive, motive_of
from vaguemestre.core.payer.intake import LotOutcome, ReceivedMessage, SheetOutcome, StoredLot
from vaguemestre.core.payer.registry import MandateList, RevocationList
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.acknowledging import (
    acknowledge,
    answer_addresses,
    plain_addresses,
    remember_sender,
)
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.opened import Directory, OpenedLot, OpenedMessage
from vaguemestre.role.payer.opening import open_message
from vaguemestre.role.payer.register import MANDATES, REVOCATIONS
from vaguemestre.role.payer.registration import RegisteredLot, outcomes, register_lot
from vaguemestre.role.payer.unit import Unit
from vaguemestre.tables.lifecycles import Life, MessageEvent, MessageState


@dataclass(slots=True)
class IntakeReport:
    """What one round of intake did, in counts of messages and sheets."""

    messages: int = 0
    set_aside: int = 0
    repeated: int = 0
    faults: int = 0
    registered: int = 0
    duplicates: int = 0
    conflicts: int = 0
    held: int = 0
    refused: int = 0
    lots_refused: int = 0
    findings: list[Finding] = field(default_factory=list)  # of messages set aside and lots refused

    def count(self, outcome: SheetOutcome) -> None:
        match outcome:
            case SheetOutcome.REGISTERED:
                self.registered += 1
            case SheetOutcome.DUPLICATE:
                self.duplicates += 1
            case SheetOutcome.CONFLICT:
                self.conflicts += 1
            case SheetOutcome.HELD:
                self.held += 1
            case SheetOutcome.REFUSED:
                self.refused += 1


def receive(edges: PayerEdges, messages: Sequence[tuple[ReceivedEnvelope, bytes]]) -> list[int]:
    """Make messages durable, all in one commit, and give their numbers: only after this may 250 be answered."""
    return edges.store.receive(messages)


def process_inbox(edges: PayerEdges, now: datetime, messages_max: int | None = None) -> IntakeReport:
    """Open, register and acknowledge what was received, in order of arrival; `messages_max` bounds the work of one call.

    One message on which our own software fails never stops those behind it: it is tried again by the next call, and set aside
    after `policy.faults_max` failures.
    """
    report = IntakeReport()
    directory = load_directory(edges)
    last = 0
    while messages_max is None or report.messages < messages_max:
        room = edges.policy.messages_per_commit
        if messages_max is not None:
            room = min(room, messages_max - report.messages)
        with edges.store.view() as unit:
            batch = unit.inbox.waiting(room, last)
        if not batch:
            break
        last = batch[-1].id
        report.messages += len(batch)
        _process_batch(edges, directory, batch, report, now)
    return report


def load_directory(edges: PayerEdges) -> Directory:
    """Mandates, stations and revocations as they stand; the opener and the verifier are told of the revocations."""
    with edges.store.view() as unit:
        mandates = unit.register.document(MANDATES, MandateList)
        revocations = unit.register.document(REVOCATIONS, RevocationList)
        stations = {entry.station.number: entry for entry in unit.register.stations()}
    edges.take_revocations(() if revocations is None else revocations[1].revocations)
    table = MandateTable.of(() if mandates is None else mandates[1].mandates)
    senders = frozenset(entry.holder for entry in table.mandates if Verb.SEND in entry.verbs)
    return Directory(table, senders, stations)


def _process_batch(
    edges: PayerEdges, directory: Directory, batch: list[ReceivedMessage], report: IntakeReport, now: datetime
) -> None:
    """Open without holding the store, then write everything of the batch in one commit."""
    opened = [(message, _open(edges, directory, message)) for message in batch]
    with edges.store.unit() as unit:
        for message, found in opened:
            if unit.inbox.message_state(message.id) is not message.state:
                continue  # another process was faster
            if isinstance(found, Exception):
                _count_fault(edges, unit, message, found, report)
                continue
            try:
                with unit.attempt():
                    _write(edges, unit, found, report, now)
            except Exception as fault:
                _count_fault(edges, unit, message, fault, report)


def _open(edges: PayerEdges, directory: Directory, message: ReceivedMessage) -> OpenedMessage | Exception:
    try:
        return open_message(edges, directory, message, message.received_at)
    except Exception as fault:  # our own: this message waits, the others go on
        return fault


def _write(edges: PayerEdges, unit: Unit, found: OpenedMessage, report: IntakeReport, now: datetime) -> None:
    message = found.message
    known = unit.inbox.lots_by_digest(found.digest) if found.digest else []
    if known:
        _repeat(unit, message, found.digest, known, report, now)
        return
    if not found.lots:
        motives = tuple(motive_of(item) for item in found.findings)
        if any(item.code == "A002" for item in motives):
            received = message.state is MessageState.RECEIVED
            state = advance(Life.MESSAGE, message.state, MessageEvent.HOLD) if received else message.state
        else:
            state = advance(Life.MESSAGE, message.state, MessageEvent.REFUSE)
        unit.inbox.set_message(message.id, state, found.digest or None, None, motives)
        report.set_aside += 1
        report.findings += found.findings
        return
    received_on = local_date(message.received_at, edges.policy.territory)
    lots = []
    for lot in found.lots:
        registered = register_lot(unit, found, lot, message.received_at, received_on, now)
        usable = plain_addresses(lot.return_addresses)
        if lot.station is not None and lot.refusal is None:
            _remember(unit, lot, lot.station.station.number, usable, message.mail_from)
        acknowledge(edges, unit, registered, found.digest, message.received_at, message.mail_from, now)
        if any(entry.outcome is SheetOutcome.DUPLICATE for entry in registered.sheets):
            _tell_again(unit, registered.id, answer_addresses(unit, lot, message.mail_from), now)
        lots.append(registered)
    _count(report, lots)
    state = _message_state(message.state, lots)
    unit.inbox.set_message(message.id, state, found.digest, lots[0].id, _lot_motives(lots))


def _repeat(
    unit: Unit, message: ReceivedMessage, digest: str, known: list[StoredLot], report: IntakeReport, now: datetime
) -> None:
    """The same sealed bytes again: the same answers again, to all return addresses."""
    for lot in known:
        if not lot.return_addresses and lot.station and lot.outcome != LotOutcome.NEGATIVE:
            remember_sender(unit, lot.billing_number, lot.station, message.mail_from)
        answer = unit.answers.acknowledgement_of(lot.id)
        addresses = answer_addresses(unit, lot, message.mail_from)
        if answer is not None:
            unit.answers.queue(answer, addresses, now)
        _tell_again(unit, lot.id, addresses, now)
    state = advance(Life.MESSAGE, message.state, MessageEvent.RECOGNISE)
    unit.inbox.set_message(message.id, state, digest, known[0].id)
    report.repeated += 1


def _remember(unit: Unit, lot: OpenedLot, station: str, usable: Sequence[str], sender: str) -> None:
    """Where the next returns of this payee go."""
    mine = lot.forwarded is None  # who writes to another insurer reads that one's bundle
    if usable:
        unit.answers.set_place(lot.billing_number, station, usable, lot.signed_at, reads_bundle=mine)
    else:
        remember_sender(unit, lot.billing_number, station, sender, reads_bundle=mine)


def _tell_again(unit: Unit, lot: int, addresses: Sequence[str], now: datetime) -> None:
    """What was decided of a lot's sheets and already told is told again: who sends a known sheet may have lost that answer."""
    for answer in unit.answers.returns_about(lot):
        unit.answers.queue(answer, addresses, now)


def _message_state(state: MessageState, lots: list[RegisteredLot]) -> MessageState:
    """Where the message stands once its lots are written: the best that became of one of its sheets."""
    if state is MessageState.RECEIVED:
        state = advance(Life.MESSAGE, state, MessageEvent.OPEN)
    ended = set(outcomes(lots))
    if ended & {SheetOutcome.REGISTERED, SheetOutcome.HELD}:
        event = MessageEvent.REGISTER
    elif SheetOutcome.DUPLICATE in ended:
        event = MessageEvent.RECOGNISE
    elif SheetOutcome.CONFLICT in ended:
        event = MessageEvent.CONTRADICT
    else:
        event = MessageEvent.REFUSE
    return advance(Life.MESSAGE, state, event)


def _lot_motives(lots: list[RegisteredLot]) -> tuple[Motive, ...]:
    return tuple(motive_of(lot.opened.refusal) for lot in lots if lot.opened.refusal is not None)


def _count(report: IntakeReport, lots: list[RegisteredLot]) -> None:
    for lot in lots:
        if lot.opened.refusal is not None:
            report.lots_refused += 1
            report.findings.append(lot.opened.refusal)
        for entry in lot.sheets:
            report.count(entry.outcome)


def _count_fault(
    edges: PayerEdges, unit: Unit, message: ReceivedMessage, fault: Exception, report: IntakeReport
) -> None:
    """Our own software failed on one message: it waits for the next call, or for a person."""
    report.faults += 1
    edges.log("payer.fault", actor="payer", operation="intake", fault=type(fault).__name__.lower())
    unit.inbox.count_fault(message.id)
    if message.faults + 1 >= edges.policy.faults_max and message.state is MessageState.RECEIVED:
        state = advance(Life.MESSAGE, message.state, MessageEvent.HOLD)
        unit.inbox.set_message(message.id, state, motives=(motive("A006", count=message.faults + 1),))


def take_again(edges: PayerEdges, message: int, now: datetime) -> IntakeReport | None:
    """Open once more a message that is held, now that what was missing is there; None when none is held under that number."""
    with edges.store.view() as unit:
        held = unit.inbox.message(message)
    if held is None or held.state is not MessageState.HELD:
        return None
    report = IntakeReport(messages=1)
    _process_batch(edges, load_directory(edges), [held], report, now)
    return report
