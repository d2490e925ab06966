"""Paying what is due: one transfer per payee, fund and day; the patient's participation and franchise; the price of being late."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from vaguemestre.core.calendar import Territory, working_days_between
from vaguemestre.core.caresheet import CareSheet, Settlement, SheetLine
from vaguemestre.core.money import plain
from vaguemestre.core.payer.decision import Decision
from vaguemestre.core.payer.ledger import (
    Charge,
    ChargedAct,
    DebtKind,
    Due,
    LedgerEntry,
    Movement,
    NewDebt,
    Payment,
    PaymentEntry,
    Penalty,
    Posting,
    TransferKind,
    charged_so_far,
    entries_for_payment,
    penalty_payable_from,
    settle,
)
from vaguemestre.core.sheet.deadlines import late_penalty_cents
from vaguemestre.core.tariff.retention import Counters, Retained, retained
from vaguemestre.core.trace import Step, Trace
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.unit import Unit


@dataclass(slots=True)
class PaymentReport:
    """What one round of payments did: counts of sheets and transfers, sums in cents."""

    sheets: int = 0
    transfers: int = 0
    practice_cents: int = 0
    patient_cents: int = 0
    retained_cents: int = 0
    recovered_cents: int = 0
    debt_cents: int = 0
    penalty_cents: int = 0
    penalties_paid_cents: int = 0
    faults: int = 0  # payees on whom our own software failed: they stay due

    def add(self, more: "PaymentReport") -> None:
        """Count what another round did too."""
        for counted in fields(more):
            setattr(self, counted.name, getattr(self, counted.name) + getattr(more, counted.name))


class _Group(NamedTuple):
    """What one fund owes one payee today."""

    fund: str
    settlement: Settlement
    payee: str | bytes
    dues: list[Due]


class _Batch:
    """Some payees paid together: what is known of their sheets and patients, and what is still to be written down.

    Kept beside the store for as long as one attempt lasts: a later sheet counts what an earlier one was charged.
    """

    def __init__(self, unit: Unit, groups: Sequence[_Group]) -> None:
        dues = [due for group in groups for due in group.dues]
        self.known = unit.decisions.payable([due.sheet for due in dues])
        self.charged = unit.ledger.charges(sorted({due.patient for due in dues}))
        self._performers: dict[str, bytes] = {}
        self.charges: list[tuple[int, bytes, ChargedAct]] = []
        self.debts: list[NewDebt] = []
        self.postings: list[Posting] = []
        self.payments: list[PaymentEntry] = []

    def performer(self, unit: Unit, number: str) -> bytes:
        """How the charges name a performer: few of them stand behind the sheets of one batch."""
        found = self._performers.get(number)
        if found is None:
            found = self._performers[number] = unit.ledger.performer_index(number)
        return found

    def charge(self, due: Due, acts: Sequence[ChargedAct]) -> None:
        """What one sheet's patient is charged counts from now on."""
        self.charged.setdefault(due.patient, []).extend(acts)
        self.charges += [(due.sheet, due.patient, act) for act in acts]

    def write(self, unit: Unit, today: date) -> None:
        """Everything that nothing else of the batch had to read from the store."""
        unit.ledger.add_charges(self.charges)
        unit.ledger.add_debts(self.debts, today)
        unit.ledger.write(self.postings, today)
        unit.ledger.add_payments(self.payments, today)


def pay(edges: PayerEdges, now: datetime) -> PaymentReport:
    """Pay every accepted sheet whose day has come, and the penalties whose half-year has come. Safe to repeat.

    What becomes due for a payee who already had today's transfer is paid with the next day's. Several payees to a commit.
    """
    report = PaymentReport()
    today = edges.today(now)
    with edges.store.view() as unit:
        dues = unit.ledger.due(today)
    for groups in _batches(_groups(dues), edges.policy.sheets_per_commit):
        with edges.store.unit() as unit:
            try:
                report.add(_attempted(edges, unit, groups, today))
            except Exception:  # our own, or one unreadable row: it must stop nobody else, so each payee alone
                for group in groups:
                    try:
                        report.add(_attempted(edges, unit, [group], today))
                    except Exception as fault:  # this payee waits, the others are paid
                        report.faults += 1
                        name = type(fault).__name__.lower()
                        edges.log("payer.fault", actor="payer", operation="pay", fault=name)
    with edges.store.unit() as unit:
        _pay_penalties(unit, today, report)
    return report


def _groups(dues: Sequence[Due]) -> Iterator[_Group]:
    for (fund, settlement, payee), group in groupby(dues, key=lambda due: (due.fund, due.settlement, due.payee)):
        yield _Group(fund, settlement, payee, list(group))


def _batches(groups: Iterator[_Group], sheets_max: int) -> Iterator[list[_Group]]:
    batch: list[_Group] = []
    count = 0
    for group in groups:
        batch.append(group)
        count += len(group.dues)
        if count >= sheets_max:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _attempted(edges: PayerEdges, unit: Unit, groups: Sequence[_Group], today: date) -> PaymentReport:
    """Pay these payees, all of them or none: what the database or our own software refuses is undone."""
    report = PaymentReport()
    with unit.attempt():
        batch = _Batch(unit, groups)
        for group in groups:
            _settle_group(edges, unit, group, batch, today, report)
        batch.write(unit, today)
    return report


def _settle_group(
    edges: PayerEdges, unit: Unit, group: _Group, batch: _Batch, today: date, report: PaymentReport
) -> None:
    """One payee: the transfer is written, and what becomes of each sheet is left to the batch."""
    practice = group.settlement is Settlement.TIERS_PAYANT
    payments: list[tuple[Payment, Trace]] = []
    written: list[LedgerEntry] = []
    dues = [due for due in group.dues if due.sheet in batch.known]  # another process may have been faster
    for due in dues:
        payment, trace = _settle(edges, unit, due, batch, today)
        payments.append((payment, trace))
        written += entries_for_payment(payment)
        report.retained_cents += payment.retained_cents
        report.recovered_cents += payment.recovered_cents
        report.debt_cents += sum(cents for _, cents in payment.debts)
    batch.postings.append(Posting(group.fund, group.payee, written))
    total = sum(payment.paid_cents for payment, _ in payments)
    transfer = None
    if total:
        kind = TransferKind.PRACTICE if practice else TransferKind.PATIENT
        transfer = unit.ledger.add_transfer(group.fund, kind, group.payee, today, total)
        report.transfers += 1
    if practice and isinstance(group.payee, str):
        _penalise(unit, dues, group.payee, today, report)
        report.practice_cents += total
    else:
        report.patient_cents += total
    report.sheets += len(payments)
    batch.payments += [PaymentEntry(payment, trace, transfer) for payment, trace in payments]


def _settle(edges: PayerEdges, unit: Unit, due: Due, batch: _Batch, today: date) -> tuple[Payment, Trace]:
    """One sheet's payment: what the tariff retains on the day of reimbursement, then older debts. css:D160-6."""
    sheet, decision = batch.known[due.sheet]
    number = sheet.performer.billing_number
    performer = batch.performer(unit, number)
    before = _counters(batch.charged.get(due.patient, ()), number, performer, sheet, today)
    kept = retained(sheet, _granted(sheet, decision), before, today, edges.tariff)
    charge = Charge(kept.participation_cents, kept.franchise_cents)
    patient_paid = due.settlement is Settlement.PATIENT_PAID
    debts = unit.ledger.open_debts(due.fund, [due.patient]).get(due.patient, []) if patient_paid else []
    payment = settle(due, charge, debts)
    if payment.recovered:
        unit.ledger.recover(payment)
    owed = [NewDebt(due.fund, due.patient, due.sheet, kind, cents) for kind, cents in payment.debts]
    if patient_paid and owed:
        unit.ledger.add_debts(owed, today)  # the patient's next payment recovers them
    else:
        batch.debts += owed
    if kept.amount_cents:
        batch.charge(due, _charged(sheet, performer, before, kept, today))
    return payment, (*kept.trace, *_steps(payment))


def _granted(sheet: CareSheet, decision: Decision) -> list[SheetLine]:
    """The sheet's lines with what the fund pays of each."""
    return [
        line if line.fund_cents == granted.accepted_cents else replace(line, fund_cents=granted.accepted_cents)
        for line, granted in zip(sheet.lines, decision.lines, strict=True)
    ]


def _counters(charged: Sequence[ChargedAct], number: str, performer: bytes, sheet: CareSheet, today: date) -> Counters:
    """What the ceilings count so far for this patient. css:D160-8, css:D160-10, css:D160-11."""
    if not charged:
        return Counters(today.year)
    so_far = charged_so_far(charged, performer, {line.performed_on for line in sheet.lines}, today.year)
    return Counters(
        year=today.year,
        participation_year_cents=so_far.participation_year_cents,
        franchise_year_cents=so_far.franchise_year_cents,
        participations_by_day={(number, day): count for day, count in so_far.acts_by_day.items()},
        franchise_by_day=so_far.franchise_by_day,
    )


def _charged(sheet: CareSheet, performer: bytes, before: Counters, kept: Retained, today: date) -> list[ChargedAct]:
    """The charges of one sheet by day of care, as the ceilings will count them."""
    kind = DebtKind.PARTICIPATION if kept.participation_cents else DebtKind.FRANCHISE
    days = {line.number: line.performed_on for line in sheet.lines}
    number = sheet.performer.billing_number
    cents: dict[date, int] = {}
    for line, amount in kept.by_line:
        cents[days[line]] = cents.get(days[line], 0) + amount
    after = kept.counters.participations_by_day
    return [
        ChargedAct(
            kind,
            day,
            performer,
            today,
            after.get((number, day), 0) - before.participations_by_day.get((number, day), 0),
            total,
        )
        for day, total in sorted(cents.items())
    ]


def _steps(payment: Payment) -> Trace:
    steps = []
    left = payment.due.accepted_cents
    if payment.retained_cents:
        after = left - payment.retained_cents
        steps.append(Step("pay.retained", 0, plain(payment.retained_cents), left, after))
        left = after
    if payment.recovered_cents:
        after = left - payment.recovered_cents
        steps.append(Step("pay.recovered", 0, plain(payment.recovered_cents), left, after))
    owed = sum(cents for _, cents in payment.debts)
    if owed:
        steps.append(Step("pay.debt", 0, plain(owed), 0, owed))
    return tuple(steps)


def _penalise(unit: Unit, dues: Sequence[Due], payee: str, today: date, report: PaymentReport) -> None:
    """Late payment is dear: 1 euro on working days 8 and 9, then 10 %. css:D161-13-4, vgm:penalty-due."""
    known = unit.register.payees([payee]).get(payee)
    territory = known.territory if known is not None else Territory.METROPOLITAN
    penalties = []
    for due in dues:
        cents = late_penalty_cents(due.received_on, today, due.accepted_cents, territory)
        if cents:
            days = working_days_between(due.received_on, today, territory)
            penalties.append(Penalty(due.sheet, due.fund, payee, cents, days))
            report.penalty_cents += cents
    if penalties:
        unit.ledger.add_penalties(penalties, today, penalty_payable_from(today))
        entries = [LedgerEntry(Movement.PENALTY, entry.amount_cents, entry.sheet) for entry in penalties]
        unit.ledger.write([Posting(dues[0].fund, payee, entries)], today)


def _pay_penalties(unit: Unit, today: date, report: PaymentReport) -> None:
    due = sorted(unit.ledger.penalties_due(today), key=lambda entry: (entry.fund, entry.payee, entry.sheet))
    for (fund, payee), group in groupby(due, key=lambda entry: (entry.fund, entry.payee)):
        penalties = list(group)
        total = sum(entry.amount_cents for entry in penalties)
        transfer = unit.ledger.add_transfer(fund, TransferKind.PENALTY, payee, today, total)
        unit.ledger.set_penalties_paid([entry.sheet for entry in penalties], transfer)
        entries = [LedgerEntry(Movement.PAY_PENALTY, entry.amount_cents, entry.sheet) for entry in penalties]
        unit.ledger.write([Posting(fund, payee, entries)], today)
        report.transfers += 1
        report.penalties_paid_cents += total
