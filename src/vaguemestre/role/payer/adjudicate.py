"""Deciding what is registered: in order of registration, many sheets to a commit, each decision with its trace and ledger entry."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from vaguemestre.core.calendar import Territory
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.adjudication import adjudicate, belongs_to, refuse, refused_lines
from vaguemestre.core.payer.decision import Decision, Facts, Outcome, motive
from vaguemestre.core.payer.intake import DecidedSheet, SheetState, StoredSheet
from vaguemestre.core.payer.ledger import Posting, entries_for_decision, payment_day, solidarity_payment_day
from vaguemestre.core.payer.registry import InsuredPerson, IssuedCard, Payee, Professional
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.forwarding import forward
from vaguemestre.role.payer.unit import Unit


@dataclass(slots=True)
class AdjudicationReport:
    """What one round of decisions did: counts of sheets, sums in cents."""

    accepted: int = 0
    partial: int = 0
    rejected: int = 0
    forwarded: int = 0  # to a fund of another insurer, on which the person depended
    faults: int = 0  # sheets on which our own software failed: held for a person
    claimed_cents: int = 0
    accepted_cents: int = 0

    def count(self, decision: Decision) -> None:
        match decision.outcome:
            case Outcome.ACCEPTED:
                self.accepted += 1
            case Outcome.PARTIAL:
                self.partial += 1
            case Outcome.REJECTED:
                self.rejected += 1
        self.claimed_cents += decision.claimed_cents
        self.accepted_cents += decision.accepted_cents


@dataclass(frozen=True, slots=True)
class _Register:
    """What the register says of the people and cards of one batch."""

    persons: dict[str, InsuredPerson]
    cards: dict[str, IssuedCard]
    professionals: dict[str, Professional]
    payees: dict[str, Payee]
    own_funds: frozenset[Destination]
    settled: dict[str, str]
    forwarded: dict[str, str]  # claims of which another insurer has a sheet, and which sheet


def adjudicate_pending(edges: PayerEdges, now: datetime, sheets_max: int | None = None) -> AdjudicationReport:
    """Decide every registered sheet; held ones wait. `sheets_max` bounds the work of one call. One commit per batch."""
    report = AdjudicationReport()
    done = 0
    while sheets_max is None or done < sheets_max:
        room = edges.policy.sheets_per_commit
        if sheets_max is not None:
            room = min(room, sheets_max - done)
        with edges.store.unit() as unit:
            batch = unit.sheets.to_decide(room)
            decide(edges, unit, batch, report, now)
        done += len(batch)
        if len(batch) < room:
            break
    return report


def decide(
    edges: PayerEdges, unit: Unit, batch: Sequence[StoredSheet], report: AdjudicationReport, now: datetime
) -> None:
    """Decide these sheets inside a unit, in order; a later sheet of a claim sees what became of an earlier one."""
    if not batch:
        return
    register = _load(edges, unit, batch)
    any_retired = unit.keeping.any_retired()
    decided: list[DecidedSheet] = []
    states, released = [], []
    for stored in batch:
        try:
            decision = adjudicate(stored.sheet, _facts(register, stored), edges.tariff)
            elsewhere = belongs_to(decision)
            if elsewhere and forward(edges, unit, stored, elsewhere, now):
                report.forwarded += 1
                states.append((stored.id, SheetState.FORWARDED))
                continue
            other = register.forwarded.get(stored.claim, "")
            if other and stored.verdict is None and decision.outcome is not Outcome.REJECTED:
                unit.sheets.suspend(stored.id, (motive("A037", other=other),), now)
                continue
        except Exception as fault:  # our own: this sheet waits for a person, the others go on
            report.faults += 1
            name = type(fault).__name__.lower()
            edges.log("payer.fault", actor="payer", operation="adjudicate", fault=name)
            unit.sheets.suspend(stored.id, (motive("A016", fault=name),), now)
            continue
        if any_retired and decision.outcome is not Outcome.REJECTED and unit.keeping.claim_retired(stored.claim):
            decision = refuse(stored.sheet, motive("A021", other=stored.claim))
        decided.append(DecidedSheet(stored, decision, _due_on(edges, register, stored, decision)))
        report.count(decision)
        states.append((stored.id, SheetState(decision.outcome.value)))
        released += [(stored.id, line) for line in refused_lines(decision)]
        if decision.outcome is not Outcome.REJECTED:
            register.settled[stored.claim] = str(stored.key)
    unit.decisions.add(decided, now)
    unit.ledger.write(_postings(unit, decided), edges.today(now))
    unit.sheets.set_states(states)
    if released:
        unit.sheets.release_claims(released)


def _load(edges: PayerEdges, unit: Unit, batch: Sequence[StoredSheet]) -> _Register:
    sheets = [stored.sheet for stored in batch]
    claims = sorted({stored.claim for stored in batch})
    return _Register(
        persons=unit.register.persons(sorted({sheet.beneficiary.key for sheet in sheets})),
        cards=unit.register.cards(sorted({sheet.card_serial for sheet in sheets if sheet.card_serial})),
        professionals=unit.register.professionals(sorted({sheet.performer.rpps for sheet in sheets})),
        payees=unit.register.payees(sorted({sheet.identity.billing_number for sheet in sheets})),
        own_funds=edges.own_funds,
        settled=unit.decisions.settled_claims(claims),
        forwarded=unit.forwards.of_claims(claims),
    )


def _facts(register: _Register, stored: StoredSheet) -> Facts:
    sheet = stored.sheet
    return Facts(
        own_funds=register.own_funds,
        person=register.persons.get(sheet.beneficiary.key),
        performer=register.professionals.get(sheet.performer.rpps),
        card=register.cards.get(sheet.card_serial),
        card_signed=stored.card_signed,
        claim_settled_by=register.settled.get(stored.claim, ""),
        verdict=stored.verdict,
    )


def _due_on(edges: PayerEdges, register: _Register, stored: StoredSheet, decision: Decision) -> date | None:
    """The day from which an accepted sheet is paid."""
    if decision.outcome is Outcome.REJECTED:
        return None
    sheet = stored.sheet
    payee = register.payees.get(sheet.identity.billing_number)
    territory = payee.territory if payee is not None else Territory.METROPOLITAN
    due_on = payment_day(stored.received_on, edges.policy.payment_delay_working_days, territory)
    if sheet.cover.solidarity and sheet.settlement is Settlement.TIERS_PAYANT:
        paper = stored.key.is_paper
        start = sheet.completed_on if paper else stored.received_on
        due_on = solidarity_payment_day(due_on, start, territory, paper=paper)
    return due_on


def _postings(unit: Unit, decided: Sequence[DecidedSheet]) -> Iterator[Posting]:
    """What accepting these sheets writes in the account."""
    for stored, decision, _ in decided:
        entries = entries_for_decision(stored.id, stored.sheet.settlement, decision.accepted_cents)
        if entries:
            yield Posting(decision.fund.code, unit.ledger.payee_name(stored.sheet), entries)
