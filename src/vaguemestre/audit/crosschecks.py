"""What the deed, the practice's store and the payer's tables say of one sheet, held against each other. Counts nothing.

Each check is one function from what is known of a sheet to its contradictions; `_CHECKS` lists them. Of two tables that must
agree one may have been changed behind every role's back: a check therefore names both sides, never the guilty one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from vaguemestre.audit.breaches import ALL_SHEETS, Breach, BreachCode
from vaguemestre.audit.facts import Deed, Entry, PayerRow, Payment, PracticeRow, Purse, Transfer

_ANSWERED = ("acknowledged", "settled", "rejected")
_DECIDED = ("accepted", "partial", "rejected")
_PAID = (Purse.PRACTICE, Purse.PATIENT, Purse.RETAINED)


@dataclass(frozen=True, slots=True)
class SheetView:
    """All that is known of one sheet. `transfer` is the bank order that its payment names, `last_paid_on` the last of any."""

    identity: str
    deed: Deed | None
    practice: PracticeRow | None
    payer: PayerRow | None
    entries: tuple[Entry, ...]
    payment: Payment | None
    transfer: Transfer | None
    shown_patient_cents: int
    last_paid_on: str

    def cents(self, *purses: Purse) -> int:
        """What the ledger wrote of this sheet to these purses."""
        return sum(entry.cents for entry in self.entries if entry.purse in purses)

    @property
    def left(self) -> bool:
        """Whether the ledger says that money left the fund, or was kept, because of this sheet."""
        return any(entry.purse in _PAID for entry in self.entries)

    @property
    def billing_number(self) -> str:
        return self.identity.partition("/")[0]


def contradictions(view: SheetView) -> Iterator[Breach]:
    """Every contradiction about one sheet."""
    for check in _CHECKS:
        for code, *values in check(view):
            yield Breach(code, view.identity, tuple(str(value) for value in values))


_Found = Iterator[tuple[BreachCode, *tuple[object, ...]]]


def _recorded(view: SheetView) -> _Found:
    """Nobody is paid for, and the payer registers, nothing but what a person recorded."""
    if view.deed is None and (view.payer is not None or view.entries):
        yield (BreachCode.NOBODY_RECORDED,)


def _claims(view: SheetView) -> _Found:
    deed, practice, payer = view.deed, view.practice, view.payer
    if deed is None:
        return
    if practice is not None and practice.claimed_cents != deed.claimed_cents:
        yield (BreachCode.OTHER_CLAIM_AT_PRACTICE,)
    if payer is not None and payer.claimed_cents != deed.claimed_cents:
        yield (BreachCode.OTHER_CLAIM_AT_PAYER,)
    if payer is not None and payer.decided and payer.decided_claim != payer.claim:
        yield BreachCode.OTHER_CLAIM_DECIDED, payer.decided_claim, payer.claim


def _settlements(view: SheetView) -> _Found:
    """Who gets the money, the practice or the patient, is what the person chose, wherever it is written."""
    deed = view.deed
    if deed is None:
        return
    stores = (("practice's store", view.practice), ("payer's store", view.payer), ("payment", view.payment))
    for name, row in stores:
        if row is not None and row.tiers_payant != deed.tiers_payant:
            yield BreachCode.OTHER_SETTLEMENT, name
    wrong = Purse.PATIENT if deed.tiers_payant else Purse.PRACTICE
    if view.cents(wrong):
        patient = wrong is Purse.PATIENT
        yield (BreachCode.PATIENT_PAID_UNDER_TIERS_PAYANT if patient else BreachCode.PRACTICE_PAID_FOR_PATIENT,)


def _states(view: SheetView) -> _Found:
    """The practice's state of a sheet is one that the payer's answers gave it, and agrees with the payer's decision."""
    practice, payer = view.practice, view.payer
    if payer is not None and payer.outcome != (payer.state if payer.state in _DECIDED else ""):
        yield BreachCode.PAYER_STATE_DIFFERS, payer.state, payer.outcome or "-"
    if practice is None:
        return
    state, told = practice.state, practice.told
    if state in _ANSWERED and state not in told:
        yield BreachCode.NO_RECEIPT, state
    ended = told & {"settled", "rejected"}
    if (told and state not in _ANSWERED) or (ended and state not in ended):
        yield BreachCode.STATE_NOT_AS_TOLD, state, " + ".join(sorted(told))
    if payer is None:
        return
    if state in ("acknowledged", "settled") and not payer.acknowledged:
        yield (BreachCode.NO_ACKNOWLEDGEMENT_KEPT,)
    if state == "settled" and not payer.decided:
        yield (BreachCode.SETTLED_YET_UNDECIDED,)
    if state in ("rejected", "cancelled") and payer.accepted_cents:
        yield BreachCode.DENIED_YET_ACCEPTED, state
    if state == "settled" and payer.decided and practice.accepted_cents != payer.accepted_cents:
        yield (BreachCode.PRACTICE_TOLD_OTHER_DECISION,)


def _decision(view: SheetView) -> _Found:
    """The decision, the ledger's promise and the payment are about the same amount and the same day."""
    payer, payment = view.payer, view.payment
    if payer is None:
        if payment is not None:
            yield (BreachCode.PAID_NOT_ACCEPTED,)
        return
    if view.cents(Purse.GRANTED) != payer.accepted_cents:
        yield (BreachCode.ENTERED_NOT_DECIDED,)
    if (view.left and view.cents(*_PAID) != payer.accepted_cents) or (
        payment is not None and payment.accepted_cents != payer.accepted_cents
    ):
        yield (BreachCode.PAID_NOT_ACCEPTED,)
    if payer.paid_on != (payment.paid_on if payment is not None else ""):
        yield BreachCode.PAID_ON_OTHER_DAY, payer.paid_on or "-", payment.paid_on if payment is not None else "-"
    if payment is None and not payer.paid_on and payer.due_on and payer.due_on < view.last_paid_on:
        yield BreachCode.OVERDUE, payer.due_on, view.last_paid_on


def _payment(view: SheetView) -> _Found:
    """The payment, its ledger entries and its bank order agree on how much and to whom."""
    payment = view.payment
    paid = view.cents(Purse.PRACTICE, Purse.PATIENT)
    if payment is None:
        if view.left:
            yield (BreachCode.ENTERED_NOT_PAID,)
        return
    if paid != payment.paid_cents or view.cents(Purse.RETAINED) != payment.kept_cents:
        yield (BreachCode.ENTERED_NOT_PAID,)
    if payment.paid_cents and view.transfer is None:
        yield (BreachCode.NO_TRANSFER,)
    if view.transfer is not None and view.transfer.paid_on != payment.paid_on:
        yield BreachCode.PAID_ON_OTHER_DAY, view.transfer.paid_on, payment.paid_on


def _payees(view: SheetView) -> _Found:
    """The money went to the practice whose number the sheet bears, or to the very patient of the sheet."""
    payment, payer = view.payment, view.payer
    owner = view.billing_number
    if view.deed is not None and not view.deed.tiers_payant:
        owner = payer.patient if payer is not None else ""
    named = {"ledger": {entry.payee for entry in view.entries}}
    if payment is not None:
        named["payment"] = {payment.payee}
    if view.transfer is not None:
        named["bank order"] = {view.transfer.payee}
    for place, payees in named.items():
        if payees - {owner}:
            yield BreachCode.OTHER_PAYEE, place


def _told(view: SheetView) -> _Found:
    """What the practice and the patient were told is what was paid."""
    practice = view.practice
    if view.payer is None or view.deed is None:
        return
    if practice is not None and practice.state == "settled" and practice.paid_cents != view.cents(Purse.PRACTICE):
        yield (BreachCode.PRACTICE_TOLD_OTHERWISE,)
    if not view.deed.tiers_payant and view.left and view.shown_patient_cents != view.cents(Purse.PATIENT):
        yield (BreachCode.PATIENT_TOLD_OTHERWISE,)


_CHECKS: Sequence[Callable[[SheetView], _Found]] = (
    _recorded,
    _claims,
    _settlements,
    _states,
    _decision,
    _payment,
    _payees,
    _told,
)


def transfer_contradictions(transfers: Iterable[Transfer], payments: Iterable[Payment]) -> Iterator[Breach]:
    """Each bank order is the sum of what it pays; the breach names the first sheet of the order, if it has any."""
    paid: dict[int, int] = defaultdict(int)
    first: dict[int, str] = {}
    for payment in payments:
        if payment.transfer:
            paid[payment.transfer] += payment.paid_cents
            first[payment.transfer] = min(payment.identity, first.get(payment.transfer, payment.identity))
    for transfer in transfers:
        if transfer.cents != paid[transfer.number] + transfer.penalties_cents:
            identity = first.get(transfer.number, ALL_SHEETS)
            yield Breach(BreachCode.TRANSFER_NOT_ITS_PAYMENTS, identity, (str(transfer.number),))
