"""The payer's account: every movement of money is one entry that debits one account and credits another, in cents.

An entry is balanced by its very shape. Which accounts a movement touches stands in one table; nothing here decides what is due.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from vaguemestre.core.calendar import Territory, add_working_days, is_working_day
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.sheet.deadlines import PaymentKind, payment_due
from vaguemestre.core.trace import Trace
from vaguemestre.core.values import dataclass

_ONE_DAY = timedelta(days=1)


class Account(StrEnum):
    """The payer's accounts. Those of third parties are kept per payee (`LedgerEntry.payee`)."""

    BENEFITS = "benefits"  # what the fund spends on care
    PRACTICE_DUE = "practice due"  # owed to practices under tiers payant
    PATIENT_DUE = "patient due"  # owed to patients who paid
    RETAINED = "retained"  # participation and franchise kept by the fund
    PATIENT_DEBT = "patient debt"  # participation and franchise that the patient still owes
    PENALTIES = "penalties"  # what late payment costs the fund
    PENALTY_DUE = "penalty due"  # owed to practices for late payment
    BANK = "bank"


class Movement(StrEnum):
    """The only movements there are."""

    ACCEPT_PRACTICE = "accept practice"
    ACCEPT_PATIENT = "accept patient"
    RETAIN = "retain"  # from the very payment of the sheet that gave rise to it
    DEBT = "debt"  # participation or franchise under tiers payant: dated, recovered later
    RECOVER = "recover"  # an older debt, from a payment to the same patient
    PAY_PRACTICE = "pay practice"
    PAY_PATIENT = "pay patient"
    PENALTY = "penalty"
    PAY_PENALTY = "pay penalty"


ACCOUNTS: dict[Movement, tuple[Account, Account]] = {
    Movement.ACCEPT_PRACTICE: (Account.BENEFITS, Account.PRACTICE_DUE),
    Movement.ACCEPT_PATIENT: (Account.BENEFITS, Account.PATIENT_DUE),
    Movement.RETAIN: (Account.PATIENT_DUE, Account.RETAINED),
    Movement.DEBT: (Account.PATIENT_DEBT, Account.RETAINED),
    Movement.RECOVER: (Account.PATIENT_DUE, Account.PATIENT_DEBT),
    Movement.PAY_PRACTICE: (Account.PRACTICE_DUE, Account.BANK),
    Movement.PAY_PATIENT: (Account.PATIENT_DUE, Account.BANK),
    Movement.PENALTY: (Account.PENALTIES, Account.PENALTY_DUE),
    Movement.PAY_PENALTY: (Account.PENALTY_DUE, Account.BANK),
}
"""Movement -> (account debited, account credited)."""


class LedgerEntry(NamedTuple):
    """One movement of `amount_cents` > 0. `sheet` is the sheet that caused it, `other` the debt's own sheet when recovered."""

    movement: Movement
    amount_cents: int
    sheet: int
    other: int = 0


class Posting(NamedTuple):
    """Movements of one fund and payee (a billing number, or a patient's blind index), to be written down together."""

    fund: str
    payee: str | bytes
    entries: Sequence[LedgerEntry]


class DebtKind(StrEnum):
    """What the patient owes after care under tiers payant. css:L160-13."""

    PARTICIPATION = "participation"
    FRANCHISE = "franchise"


@dataclass(frozen=True, slots=True)
class Charge:
    """What one accepted sheet makes the patient bear afterwards, in cents. css:L160-13."""

    participation_cents: int = 0
    franchise_cents: int = 0

    @property
    def total_cents(self) -> int:
        return self.participation_cents + self.franchise_cents

    def parts(self) -> tuple[tuple[DebtKind, int], ...]:
        """The parts that are not zero."""
        both = (DebtKind.PARTICIPATION, self.participation_cents), (DebtKind.FRANCHISE, self.franchise_cents)
        return tuple(part for part in both if part[1])


class Debt(NamedTuple):
    """A dated debt of a patient, as the store knows it: what it was, what is still open."""

    id: int
    sheet: int
    kind: DebtKind
    dated_on: date
    open_cents: int
    amount_cents: int = 0


class NewDebt(NamedTuple):
    """What a paid sheet leaves its patient to owe; `patient` is the blind index."""

    fund: str
    patient: bytes
    sheet: int
    kind: DebtKind
    amount_cents: int


class Due(NamedTuple):
    """An accepted sheet that waits for its payment. `payee` names who is paid: a billing number, or a patient's blind index.

    `patient` is the blind index of the beneficiary in both cases.
    """

    sheet: int
    fund: str
    settlement: Settlement
    payee: str | bytes
    patient: bytes
    accepted_cents: int
    received_on: date
    due_on: date


class TransferKind(StrEnum):
    """One order to the bank per fund, payee, kind and day."""

    PRACTICE = "practice"
    PATIENT = "patient"
    PENALTY = "penalty"


class Penalty(NamedTuple):
    """What late payment of one sheet costs the fund. css:D161-13-4."""

    sheet: int
    fund: str
    payee: str
    amount_cents: int
    working_days: int  # after the first receipt


class ChargedAct(NamedTuple):
    """Participation or franchise charged for one patient, day and performer: what the ceilings count. css:D160-6.

    `performer` is the blind index of a billing number (`Ledger.performer_index`).
    """

    kind: DebtKind
    care_on: date
    performer: bytes
    counted_on: date  # date of reimbursement
    acts: int
    amount_cents: int


class Charged(NamedTuple):
    """What was charged to a patient so far: sums of a year of reimbursement, and by day of care. Amounts in cents.

    `acts_by_day` counts the participations of one performer, `franchise_by_day` is in cents.
    """

    participation_year_cents: int
    franchise_year_cents: int
    acts_by_day: Mapping[date, int]
    franchise_by_day: Mapping[date, int]


def charged_so_far(acts: Sequence[ChargedAct], performer: bytes, days: Collection[date], year: int) -> Charged:
    """What the ceilings count of what one patient was charged: the year's sums, and the days of care asked for."""
    year_cents = dict.fromkeys(DebtKind, 0)
    count: dict[date, int] = {}
    franchise: dict[date, int] = {}
    for act in acts:
        if act.counted_on.year == year:
            year_cents[act.kind] += act.amount_cents
        if act.care_on in days:
            if act.kind is DebtKind.FRANCHISE:
                franchise[act.care_on] = franchise.get(act.care_on, 0) + act.amount_cents
            elif act.performer == performer:
                count[act.care_on] = count.get(act.care_on, 0) + act.acts
    return Charged(year_cents[DebtKind.PARTICIPATION], year_cents[DebtKind.FRANCHISE], count, franchise)


class Payment(NamedTuple):
    """What becomes of one accepted sheet on its payment day: accepted = retained + recovered + paid, always.

    `debts` are those that this sheet leaves; `recovered` older ones, as (debt id, its sheet, cents).
    """

    due: Due
    retained_cents: int
    debts: tuple[tuple[DebtKind, int], ...]
    recovered: tuple[tuple[int, int, int], ...]
    paid_cents: int

    @property
    def recovered_cents(self) -> int:
        return sum(cents for _, _, cents in self.recovered)


class PaymentEntry(NamedTuple):
    """A payment as it is written down: with its trace, and the transfer that carries it (None when nothing was left to pay)."""

    payment: Payment
    trace: Trace
    transfer: int | None


def entries_for_decision(sheet: int, settlement: Settlement, accepted_cents: int) -> tuple[LedgerEntry, ...]:
    """What accepting a sheet writes: the fund owes it to the practice or to the patient."""
    if not accepted_cents:
        return ()
    practice = settlement is Settlement.TIERS_PAYANT
    return (LedgerEntry(Movement.ACCEPT_PRACTICE if practice else Movement.ACCEPT_PATIENT, accepted_cents, sheet),)


def settle(due: Due, charge: Charge, debts: Iterable[Debt]) -> Payment:
    """How one due sheet is paid. css:L160-13.

    Under tiers payant the professional gets everything and the patient's charge becomes a debt. When the patient paid, the charge
    is kept from the payment (what exceeds it becomes a debt), then older debts are recovered, oldest first.
    """
    left = due.accepted_cents
    room = 0 if due.settlement is Settlement.TIERS_PAYANT else left
    retained = 0
    owed = []
    for kind, cents in charge.parts():
        taken = min(cents, room - retained)
        retained += taken
        if cents > taken:
            owed.append((kind, cents - taken))
    left -= retained
    recovered = []
    if due.settlement is Settlement.PATIENT_PAID:
        for debt in sorted(debts, key=lambda entry: (entry.dated_on, entry.id)):
            taken = min(left, debt.open_cents)
            if taken:
                recovered.append((debt.id, debt.sheet, taken))
                left -= taken
    return Payment(due, retained, tuple(owed), tuple(recovered), left)


def entries_for_payment(payment: Payment) -> tuple[LedgerEntry, ...]:
    """What paying a sheet writes."""
    sheet = payment.due.sheet
    entries = [LedgerEntry(Movement.DEBT, cents, sheet) for _, cents in payment.debts]
    if payment.retained_cents:
        entries.append(LedgerEntry(Movement.RETAIN, payment.retained_cents, sheet))
    entries += [LedgerEntry(Movement.RECOVER, cents, sheet, other) for _, other, cents in payment.recovered]
    if payment.paid_cents:
        practice = payment.due.settlement is Settlement.TIERS_PAYANT
        kind = Movement.PAY_PRACTICE if practice else Movement.PAY_PATIENT
        entries.append(LedgerEntry(kind, payment.paid_cents, sheet))
    return tuple(entries)


def payment_day(received_on: date, delay_working_days: int, territory: Territory) -> date:
    """The day from which an accepted sheet is paid: so many working days after its first receipt. css:D161-13-3."""
    return add_working_days(received_on, delay_working_days, territory)


def solidarity_payment_day(ordinary: date, start: date, territory: Territory, *, paper: bool = False) -> date:
    """The day from which a sheet under the solidarity cover is paid: the ordinary one, or the limit's last working day before it.

    `start`: day of receipt of an electronic sheet, of completion of a paper one. css:D861-6, vgm:solidarity-start.
    """
    limit = payment_due(start, territory, PaymentKind.C2S_PAPER if paper else PaymentKind.C2S)
    while not is_working_day(limit, territory):
        limit -= _ONE_DAY
    return min(ordinary, limit)


def penalty_payable_from(paid_on: date) -> date:
    """Penalties are paid in the half-year that follows. css:D161-13-4."""
    return date(paid_on.year, 7, 1) if paid_on.month <= 6 else date(paid_on.year + 1, 1, 1)


class Books(NamedTuple):
    """The account of one payer or fund, in cents. `unpaid` is accepted and not yet due or paid, `forwarded` another insurer's."""

    claimed: int = 0
    rejected: int = 0
    waiting: int = 0
    accepted: int = 0
    unpaid: int = 0
    retained: int = 0
    paid_practice: int = 0
    paid_patient: int = 0
    forwarded: int = 0

    def faults(self) -> tuple[str, ...]:
        """The sums that do not hold, in words for a program; none when the books balance."""
        found = []
        if self.claimed != self.accepted + self.rejected + self.waiting + self.forwarded:
            found.append("claimed = accepted + rejected + waiting + forwarded")
        if self.accepted != self.paid_practice + self.paid_patient + self.retained + self.unpaid:
            found.append("accepted = paid practice + paid patient + retained + unpaid")
        return tuple(found)


def balances(entries: Iterable[tuple[Movement, int]]) -> dict[Account, int]:
    """Each account's balance in cents, debits positive; the sum over all accounts is zero."""
    totals = dict.fromkeys(Account, 0)
    for movement, cents in entries:
        debit, credit = ACCOUNTS[movement]
        totals[debit] += cents
        totals[credit] -= cents
    return totals
