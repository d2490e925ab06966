"""The counter where a patient asks for the account: a fresh challenge, the card's answer, then that card's persons only."""

from datetime import datetime, timedelta
from typing import Final

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.payer.intake import SettledSheet, SheetState, StoredSheet
from vaguemestre.core.payer.registry import Professional
from vaguemestre.core.payer.statement import Account, AccountSheet
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import PayerEdges

ANSWER_WITHIN: Final = timedelta(minutes=5)
_PREFIX: Final = "VGM-STATEMENT-1"
_NONCE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What a card gives back: its certificate (DER), the challenge as it was, its signature over it."""

    certificate_der: bytes
    challenge: bytes
    signature: bytes


def challenge(edges: PayerEdges, now: datetime) -> bytes:
    """Fresh bytes for a card to sign; good once, for five minutes."""
    text = edges.randomness.draw(_NONCE_BYTES).hex()
    with edges.store.unit() as unit:
        unit.register.add_challenge(text, now)
    return f"{_PREFIX}\n{text}\n".encode()


def account_of(edges: PayerEdges, given: CardAnswer, now: datetime) -> tuple[Account | None, list[Finding]]:
    """The account of the persons on the card that answered. Findings: A070 no proof, A071 unknown card, A073 opposed card."""
    prefix, _, rest = given.challenge.decode("ascii", "replace").partition("\n")
    with edges.store.unit() as unit:
        fresh = prefix == _PREFIX and unit.register.use_challenge(rest.strip(), now - ANSWER_WITHIN)
    serial = None
    if fresh:
        serial = edges.card_proof.card_serial(given.certificate_der, given.challenge, given.signature, now)
    if serial is None:
        return None, [finding("A070")]
    with edges.store.view() as unit:
        issued = unit.register.cards([serial]).get(serial)
        if issued is None:
            return None, [finding("A071")]
        if issued.opposed_on is not None and issued.opposed_on <= edges.today(now):
            return None, [finding("A073", since=issued.opposed_on)]
        persons = [entry.person.key for entry in issued.card.beneficiaries]
        known = unit.register.persons(persons)
        sheets = unit.sheets.of_patients(persons)
        decided = unit.decisions.of([stored.id for stored in sheets])
        forwarded = unit.forwards.of([stored.id for stored in sheets])
        professionals = unit.register.professionals(sorted({stored.sheet.performer.rpps for stored in sheets}))
        debts = unit.ledger.debts_of(persons)
    names = tuple(f"{entry.record.given_name} {entry.record.family_name}" for entry in known.values())
    told = tuple(
        _told(stored, decided.get(stored.id), professionals, forwarded.get(stored.id, "")) for stored in sheets
    )
    return Account(edges.policy.name, names, told, tuple(debts)), []


def _told(
    stored: StoredSheet, decided: SettledSheet | None, professionals: dict[str, Professional], forwarded_to: str
) -> AccountSheet:
    performer = professionals.get(stored.sheet.performer.rpps)
    who = "" if performer is None else f"{performer.first_name} {performer.last_name}".strip()
    told = AccountSheet(
        name=str(stored.key),
        sheet=stored.sheet,
        professional=who,
        received_on=stored.received_on,
        held=stored.state is SheetState.HELD,
        decision=None,
        forwarded_to=forwarded_to,
    )
    if decided is None:
        return told
    return AccountSheet(
        told.name, told.sheet, who, told.received_on, held=False, decision=decided.decision, due_on=decided.due_on,
        paid_on=decided.paid_on, paid_cents=decided.paid_cents, retained_cents=decided.retained_cents,
        recovered_cents=decided.recovered_cents, debt_cents=decided.debt_cents, payment_trace=decided.payment_trace,
    )  # fmt: skip
