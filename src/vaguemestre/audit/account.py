"""The account: every sheet in one ending, every cent in one place, and what contradicts that, named sheet by sheet.

What the stores say of one sheet is held against each other in `crosschecks`; here are endings, sums, and what was paid twice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vaguemestre.audit.breaches import ALL_SHEETS, Breach, BreachCode
from vaguemestre.audit.crosschecks import SheetView, contradictions, transfer_contradictions
from vaguemestre.audit.facts import Deed, Ending, Entry, Facts, PayerRow, PracticeRow, Purse

_ENDINGS_AT_PRACTICE = {
    "settled": Ending.SETTLED,
    "acknowledged": Ending.ACKNOWLEDGED_PATIENT_PAID,
    "rejected": Ending.REJECTED,
    "cancelled": Ending.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of originals by ending, corrections apart, amounts in cents, and every breach."""

    endings: Mapping[Ending, int]
    corrections: int
    amounts_cents: Mapping[str, int]
    breaches: tuple[Breach, ...]

    @property
    def sheets(self) -> int:
        return sum(self.endings.values())

    def count(self, kind: str) -> int:
        """How many different sheets a kind of breach names."""
        return len({breach.identity for breach in self.breaches if breach.kind == kind})


def make_account(facts: Facts) -> Account:
    """Compare what people did with what each store says, sheet by sheet. architecture: books balance, to the cent."""
    breaches: list[Breach] = []
    endings: Counter[Ending] = Counter(dict.fromkeys(Ending, 0))
    amounts: Counter[str] = Counter()
    for view in _views(facts):
        deed = view.deed
        if deed is not None:
            ending = _ending(deed, view.practice, view.payer, breaches)
            if not deed.is_correction:
                endings[ending] += 1
            _add_amounts(amounts, deed, ending, view, breaches)
        breaches += contradictions(view)
    breaches += _paid_twice(facts)
    breaches += transfer_contradictions(facts.transfers, facts.payments)
    for entry in facts.ledger:
        if entry.purse is not Purse.GRANTED:
            amounts[{Purse.RETAINED: "retained"}.get(entry.purse, f"paid_{entry.purse.value}")] += entry.cents
    amounts["shown_practice"] = sum(row.paid_cents for row in facts.practice) + facts.told_outside_cents
    amounts["shown_patient"] = sum(cents for _, cents in facts.shown_patient)
    breaches += _sums(amounts)
    corrections = sum(deed.is_correction for deed in facts.deeds)
    return Account(endings, corrections, _ordered(amounts), tuple(breaches))


def _views(facts: Facts) -> Iterator[SheetView]:
    """Every sheet that anybody knows, with all that is known of it; those that people recorded first, in their order."""
    deeds = {deed.identity: deed for deed in facts.deeds}
    practice = {row.identity: row for row in facts.practice}
    payer = {row.identity: row for row in facts.payer}
    payments = {payment.identity: payment for payment in facts.payments}
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in facts.ledger:
        entries[entry.identity].append(entry)
    shown = Counter[str]()
    for identity, cents in facts.shown_patient:
        shown[identity] += cents
    transfers = {transfer.number: transfer for transfer in facts.transfers}
    last_paid_on = max((payment.paid_on for payment in facts.payments), default="")
    for identity in dict.fromkeys((*deeds, *practice, *payer, *entries)):
        payment = payments.get(identity)
        yield SheetView(
            identity,
            deeds.get(identity),
            practice.get(identity),
            payer.get(identity),
            tuple(entries.get(identity, ())),
            payment,
            transfers.get(payment.transfer) if payment is not None else None,
            shown.get(identity, 0),
            last_paid_on,
        )


def _ending(deed: Deed, at_practice: PracticeRow | None, at_payer: PayerRow | None, breaches: list[Breach]) -> Ending:
    if at_practice is None and deed.outside:
        return _ending_outside(deed, at_payer, breaches)
    if at_practice is None:
        breaches.append(Breach(BreachCode.ABSENT_AT_PRACTICE, deed.identity))
        return Ending.LOST
    ending = _ENDINGS_AT_PRACTICE.get(at_practice.state, Ending.WAITING)
    if ending is Ending.ACKNOWLEDGED_PATIENT_PAID and deed.tiers_payant:
        ending = Ending.WAITING
    if ending in (Ending.SETTLED, Ending.ACKNOWLEDGED_PATIENT_PAID) and at_payer is None:
        breaches.append(Breach(BreachCode.NEVER_REGISTERED, deed.identity, (ending.value,)))
        return Ending.LOST
    if ending is not Ending.CANCELLED and deed.cancelled:
        breaches.append(Breach(BreachCode.CANCELLED_YET_ALIVE, deed.identity))
    if ending is Ending.ACKNOWLEDGED_PATIENT_PAID and at_payer is not None and not at_payer.decided:
        return Ending.WAITING
    return ending


def _ending_outside(deed: Deed, at_payer: PayerRow | None, breaches: list[Breach]) -> Ending:
    """A sheet that only the payer can know: on paper, or forgotten by a restored store. Its person may have withdrawn it."""
    if at_payer is None and deed.cancelled:
        return Ending.CANCELLED
    if at_payer is None:
        breaches.append(Breach(BreachCode.ABSENT_EVERYWHERE, deed.identity))
        return Ending.LOST
    if not at_payer.decided:
        return Ending.WAITING
    if not at_payer.accepted_cents:
        return Ending.REJECTED
    return Ending.SETTLED if deed.tiers_payant else Ending.ACKNOWLEDGED_PATIENT_PAID


def _add_amounts(amounts: Counter[str], deed: Deed, ending: Ending, view: SheetView, breaches: list[Breach]) -> None:
    """What is accepted counts as such once it is paid or retained; until then it waits."""
    at_payer = view.payer
    amounts["claimed"] += deed.claimed_cents
    if ending is Ending.CANCELLED:
        amounts["cancelled"] += deed.claimed_cents
    elif at_payer is not None and at_payer.decided:
        amounts["accepted" if view.left else "waiting"] += at_payer.accepted_cents
        amounts["rejected"] += at_payer.rejected_cents
        if at_payer.accepted_cents + at_payer.rejected_cents != deed.claimed_cents:
            breaches.append(Breach(BreachCode.CLAIM_NOT_MADE_UP, deed.identity))
    elif ending is Ending.REJECTED:
        amounts["rejected"] += deed.claimed_cents
    else:
        amounts["waiting"] += deed.claimed_cents


def _paid_twice(facts: Facts) -> list[Breach]:
    """A sheet, a claim, or one act of care must not be paid by more than one payment."""
    deeds = {deed.identity: deed for deed in facts.deeds}
    payments: Counter[tuple[str, Purse]] = Counter()
    by_claim: dict[str, set[str]] = defaultdict(set)
    by_care: dict[str, set[str]] = defaultdict(set)
    for entry in facts.ledger:
        deed = deeds.get(entry.identity)
        if entry.purse in (Purse.RETAINED, Purse.GRANTED) or entry.cents <= 0 or deed is None:
            continue
        payments[entry.identity, entry.purse] += 1
        by_claim[deed.claim].add(entry.identity)
        for care in deed.care:
            by_care[care].add(entry.identity)
    breaches = [
        Breach(BreachCode.SEVERAL_PAYMENTS, identity, (purse.value, str(times)))
        for (identity, purse), times in payments.items()
        if times > 1
    ]
    for groups, code in ((by_claim, BreachCode.SAME_CLAIM_PAID), (by_care, BreachCode.SAME_CARE_PAID)):
        for identities in groups.values():
            breaches += [Breach(code, identity) for identity in sorted(identities)[1:]]
    return breaches


def _sums(amounts: Mapping[str, int]) -> list[Breach]:
    rules = (
        ("claimed", ("accepted", "rejected", "waiting", "cancelled")),
        ("accepted", ("paid_practice", "paid_patient", "retained")),
        ("shown_practice", ("paid_practice",)),
        ("shown_patient", ("paid_patient",)),
    )
    return [
        Breach(BreachCode.SUM_BROKEN, ALL_SHEETS, (whole, " + ".join(parts)))
        for whole, parts in rules
        if amounts[whole] != sum(amounts[part] for part in parts)
    ]


def _ordered(amounts: Mapping[str, int]) -> dict[str, int]:
    names = ("claimed", "accepted", "rejected", "waiting", "cancelled", "retained", "paid_practice", "paid_patient",
             "shown_practice", "shown_patient")  # fmt: skip
    return {name: amounts[name] for name in names}
