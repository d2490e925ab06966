"""Answering: returns to whom tiers payant is due, and the post round that takes every answer to every return address."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from itertools import groupby
from typing import Final

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import address_message, make_envelope
from vaguemestre.core.mail.outbox import OutboxRow, OutboxState, after_sending
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.returns import encode_return
from vaguemestre.core.seal.bundlemessage import BUNDLE_KIND
from vaguemestre.core.seal.lotmessage import AnswerKind
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.acknowledging import keep_answer
from vaguemestre.role.payer.edges import FundDesk, PayerEdges
from vaguemestre.role.payer.publish import tell_stations
from vaguemestre.role.payer.returns import lots_of, make_return, told_of
from vaguemestre.role.payer.unit import Unit

RETURN_SHEETS_MAX: Final = 2_000
"""A return of more sheets is cut in several: entity 990 counts on eight digits, a mailbox does not hold anything."""


@dataclass(slots=True)
class AnswerReport:
    """What one round of answers did."""

    returns: int = 0
    sheets_returned: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0
    faults: int = 0  # payees or stations on whom our own software failed: their return or bundle waits
    bundle: int = 0  # number of a bundle newly published, 0 without any
    stations_told: int = 0  # for which the bundle in force was sealed
    bundles_sent: int = 0
    findings: list[Finding] = field(default_factory=list)


def answer(edges: PayerEdges, now: datetime, *, post: bool = True) -> AnswerReport:
    """Make the returns that are due and the bundle if need be, then send what waits in the outbox, oldest first. Safe to repeat."""
    report = AnswerReport()
    make_returns(edges, now, report)
    told = tell_stations(edges, now)
    report.bundle, report.stations_told = told.published, told.stations
    report.faults += told.faults
    if post:
        send_outbox(edges, now, report)
    return report


def post(edges: PayerEdges, now: datetime) -> AnswerReport:
    """Send what waits in the outbox, oldest first. Safe to repeat."""
    report = AnswerReport()
    send_outbox(edges, now, report)
    return report


# --- returns -------------------------------------------------------------------------------------------------------------


def make_returns(edges: PayerEdges, now: datetime, report: AnswerReport) -> None:
    """One return per fund, payee and station for what was paid or rejected since the last one. mess9821498a:5."""
    with edges.store.view() as unit:
        due = unit.decisions.to_return()
        stations = {entry.station.number: entry for entry in unit.register.stations()}
    for (fund, payee, station), group in groupby(due, key=lambda item: item[:3]):
        numbers = [item.sheet for item in group]
        for start in range(0, len(numbers), RETURN_SHEETS_MAX):
            part = numbers[start : start + RETURN_SHEETS_MAX]
            try:
                with edges.store.unit() as unit:
                    told = _one_return(edges, unit, edges.funds[fund], payee, station, stations, part, now)
            except (ValueError, LookupError) as fault:  # our own: this payee waits, the others are answered
                report.faults += 1
                edges.log("payer.fault", actor="payer", operation="answer", fault=type(fault).__name__.lower())
                break
            if told is not None:
                report.findings.append(told)
                break
            report.returns += 1
            report.sheets_returned += len(part)


def _one_return(
    edges: PayerEdges,
    unit: Unit,
    desk: FundDesk,
    payee: str,
    station: str,
    stations: dict[str, StationRecord],
    numbers: Sequence[int],
    now: datetime,
) -> Finding | None:
    place = unit.answers.place(payee, station) if station else unit.answers.place(payee)
    record = None if place is None else stations.get(place[0])
    if place is None or record is None:
        if not station:
            return finding("A036", billing_number=payee, count=len(numbers))
        return finding("A065", billing_number=payee)
    told = [item for item in told_of(unit, numbers) if not item.settled.returned]
    if not told:
        return None  # another process was faster
    made = make_return(desk.destination, payee, unit.answers.next_number(), edges.today(now), told)
    kept = keep_answer(
        unit, desk, AnswerKind.RETURN, encode_return(made), lots_of(told), record, payee, now, demo=edges.policy.demo
    )
    unit.decisions.set_returned([item.settled.sheet for item in told], kept)
    unit.answers.queue(kept, place[1], now)
    return None


# --- the post ------------------------------------------------------------------------------------------------------------


def send_outbox(edges: PayerEdges, now: datetime, report: AnswerReport) -> None:
    """Send what is due. Each attempt is written down before dialling; its end after. A crash in between sends once more."""
    left = edges.policy.answers_per_round
    while left > 0:
        with edges.store.unit() as unit:
            rows = unit.answers.waiting(now, min(left, 64))
            attempts = unit.answers.begin_attempts(rows, now)
        if not rows:
            return
        left -= len(rows)
        results = [_send(edges, row) for row in rows]
        with edges.store.unit() as unit:
            for attempt, row, result in zip(attempts, rows, results, strict=True):
                state, again = after_sending(result.outcome, row, now, edges.jitter())
                unit.answers.end_attempt(attempt, row, result, state, again, now)
                if row.kind == BUNDLE_KIND:  # nobody waits for it: a newer one follows
                    report.bundles_sent += state is OutboxState.SENT
                    continue
                report.sent += state is OutboxState.SENT
                report.failed += state is not OutboxState.SENT
                report.given_up += state is OutboxState.GIVEN_UP
        if all(result.outcome is not DeliveryOutcome.ACCEPTED for result in results):
            return  # nobody takes anything now: the next round looks again


def _send(edges: PayerEdges, row: OutboxRow) -> Attempt:
    desk = edges.funds[row.fund]
    message = address_message(
        row.sealed,
        mail_from=desk.address,
        rcpt_to=row.address,
        subject=f"{row.kind}/{row.fund}/{row.answer:08d}",
        message_id=row.message_id,
        dated=row.made_at,
    )
    return edges.mailer.send(make_envelope(desk.address, (row.address,), message))
