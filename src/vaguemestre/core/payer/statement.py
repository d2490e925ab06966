"""The patient's statement: what became of each sheet, in plain words, from the decision's trace and the signed receipts. Pure.

Written for the patient alone; the payer's account of these persons goes in, nothing else. French first.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Final

from vaguemestre.core.caresheet import CareSheet, Settlement
from vaguemestre.core.findings import Language
from vaguemestre.core.money import shown
from vaguemestre.core.payer.decision import Decision, Outcome
from vaguemestre.core.payer.ledger import Debt, DebtKind
from vaguemestre.core.trace import Trace, sentence
from vaguemestre.core.values import dataclass


class Stage(StrEnum):
    """Where a sheet stands, for its patient."""

    NOT_SEEN = "not seen"  # known by its signed receipt only
    WAITING = "waiting"  # registered, not decided
    HELD = "held"  # a person at the fund looks at it
    GRANTED = "granted"  # decided, not paid yet
    PAID = "paid"
    REFUSED = "refused"
    FORWARDED = "forwarded"  # a fund of another insurer has it


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """One sheet as the payer knows it, for its patient. Amounts in cents."""

    name: str  # printed identity
    sheet: CareSheet
    professional: str
    received_on: date
    held: bool
    decision: Decision | None
    due_on: date | None = None
    paid_on: date | None = None
    paid_cents: int = 0
    retained_cents: int = 0
    recovered_cents: int = 0
    debt_cents: int = 0
    payment_trace: Trace = ()
    forwarded_to: str = ""  # the fund of another insurer that has it now


@dataclass(frozen=True, slots=True)
class Account:
    """What the payer hands over to the holder of a card: the persons of that card, their sheets, their debts."""

    payer: str
    persons: tuple[str, ...]  # their names
    sheets: tuple[AccountSheet, ...]
    debts: tuple[Debt, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sheet of which the practice gave a signed receipt, verified."""

    name: str
    sheet: CareSheet
    signed_on: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One sheet of the statement."""

    name: str
    stage: Stage
    care_on: date
    professional: str
    settlement: Settlement
    claimed_cents: int
    granted_cents: int
    paid_patient_cents: int
    paid_practice_cents: int
    retained_cents: int
    recovered_cents: int
    debt_cents: int
    complementary_cents: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a patient reads, in one language. Amounts in cents."""

    payer: str
    at: date
    persons: tuple[str, ...]
    entries: tuple[Entry, ...]
    debts: tuple[Debt, ...]

    @property
    def paid_patient_cents(self) -> int:
        return sum(entry.paid_patient_cents for entry in self.entries)

    @property
    def paid_practice_cents(self) -> int:
        return sum(entry.paid_practice_cents for entry in self.entries)

    @property
    def owed_cents(self) -> int:
        """What the patient still owes to the fund."""
        return sum(debt.open_cents for debt in self.debts)


def make_statement(account: Account, receipts: Iterable[Receipt], at: date, lang: Language = "fr") -> Statement:
    """The statement of one card's persons; receipts of sheets that the payer has not registered come as such."""
    known = {item.name for item in account.sheets}
    entries = [_entry(item, lang) for item in account.sheets]
    entries += [_pending(item, lang) for item in receipts if item.name not in known]
    entries.sort(key=lambda entry: (entry.care_on, entry.name))
    return Statement(account.payer, at, account.persons, tuple(entries), account.debts)


def _entry(item: AccountSheet, lang: Language) -> Entry:
    sheet, decision = item.sheet, item.decision
    practice = sheet.settlement is Settlement.TIERS_PAYANT
    return Entry(
        name=item.name,
        stage=_stage(item),
        care_on=_care_on(sheet),
        professional=item.professional,
        settlement=sheet.settlement,
        claimed_cents=sheet.fund_cents,
        granted_cents=decision.accepted_cents if decision is not None else 0,
        paid_patient_cents=0 if practice else item.paid_cents,
        paid_practice_cents=item.paid_cents if practice else 0,
        retained_cents=item.retained_cents,
        recovered_cents=item.recovered_cents,
        debt_cents=item.debt_cents,
        complementary_cents=sheet.complementary_cents,
        sentences=tuple(_sentences(item, lang)),
    )


def _stage(item: AccountSheet) -> Stage:
    if item.forwarded_to:
        return Stage.FORWARDED
    if item.decision is None:
        return Stage.HELD if item.held else Stage.WAITING
    if item.decision.outcome is Outcome.REJECTED:
        return Stage.REFUSED
    return Stage.GRANTED if item.paid_on is None else Stage.PAID


def _sentences(item: AccountSheet, lang: Language) -> Iterator[str]:
    sheet, decision = item.sheet, item.decision
    words = WORDS[lang]
    yield words["received"].format(on=_day(item.received_on, lang))
    if item.forwarded_to:
        yield words["forwarded"].format(fund=item.forwarded_to)
        return
    if decision is None:
        yield words["held" if item.held else "waiting"]
        return
    for step in decision.trace:
        yield sentence(step, lang)
    for entry in decision.motives:
        told = entry.finding(item.name)
        yield f"{told.message(lang)} {told.next_step(lang)}"
    for step in item.payment_trace:
        yield sentence(step, lang)
    if item.paid_on is not None:
        to = "paid_practice" if sheet.settlement is Settlement.TIERS_PAYANT else "paid_patient"
        yield words[to].format(amount=shown(item.paid_cents, lang), on=_day(item.paid_on, lang))
    elif item.due_on is not None:
        yield words["due"].format(on=_day(item.due_on, lang))
    if sheet.complementary_cents:
        amount = shown(sheet.complementary_cents, lang)
        yield words["complementary"].format(amount=amount, body=sheet.complementary_body or "-")


def _pending(item: Receipt, lang: Language) -> Entry:
    sheet = item.sheet
    return Entry(
        name=item.name,
        stage=Stage.NOT_SEEN,
        care_on=_care_on(sheet),
        professional="",
        settlement=sheet.settlement,
        claimed_cents=sheet.fund_cents,
        granted_cents=0,
        paid_patient_cents=0,
        paid_practice_cents=0,
        retained_cents=0,
        recovered_cents=0,
        debt_cents=0,
        complementary_cents=sheet.complementary_cents,
        sentences=(WORDS[lang]["not_seen"].format(on=_day(item.signed_on, lang)),),
    )


def render(statement: Statement, lang: Language = "fr") -> str:
    """The statement as text, for a screen or a letter."""
    words = WORDS[lang]
    lines = [
        words["title"].format(payer=statement.payer, on=_day(statement.at, lang)),
        ", ".join(statement.persons),
        "",
    ]
    for entry in statement.entries:
        who = f", {entry.professional}" if entry.professional else ""
        head = words["sheet"].format(name=entry.name, on=_day(entry.care_on, lang), who=who)
        lines.append(f"{head} — {STAGES[lang][entry.stage]}")
        lines += [f"  · {text}" for text in entry.sentences]
        lines.append("")
    if not statement.entries:
        lines += [words["nothing"], ""]
    open_debts = [debt for debt in statement.debts if debt.open_cents]
    if open_debts:
        lines.append(words["debts"].format(amount=shown(statement.owed_cents, lang)))
        lines += [
            "  · "
            + words["debt"].format(
                kind=DEBTS[lang][debt.kind], on=_day(debt.dated_on, lang), amount=shown(debt.open_cents, lang)
            )
            for debt in open_debts
        ]
        lines.append("")
    lines.append(
        words["totals"].format(
            patient=shown(statement.paid_patient_cents, lang), practice=shown(statement.paid_practice_cents, lang)
        )
    )
    return "\n".join(lines) + "\n"


def _care_on(sheet: CareSheet) -> date:
    return max(line.performed_on for line in sheet.lines)


def _day(day: date, lang: Language) -> str:
    return day.strftime("%d/%m/%Y") if lang == "fr" else day.isoformat()


WORDS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "title": "Votre relevé — {payer}, le {on}",
        "sheet": "Feuille {name}, soins du {on}{who}",
        "received": "La caisse a reçu cette feuille le {on}.",
        "waiting": "Elle n'est pas encore traitée. Vous n'avez rien à faire.",
        "held": "Une personne de la caisse doit l'examiner avant toute décision. Vous n'avez rien à faire.",
        "forwarded": "Ce jour-là vous dépendiez d'une autre caisse ({fund}) : la feuille lui a été transmise, c'est elle qui "
        "décide et qui paie. Mettez votre carte à jour.",
        "due": "Le paiement est prévu le {on}.",
        "paid_patient": "{amount} vous ont été versés le {on}.",
        "paid_practice": "{amount} ont été versés au professionnel le {on}.",
        "complementary": "Votre complémentaire ({body}) doit {amount} : ce relevé le montre, la caisse ne le paie pas.",
        "not_seen": "Vous avez le reçu signé du {on}, mais la caisse n'a pas encore enregistré cette feuille. Gardez ce reçu ; "
        "si rien ne change sous quinze jours, demandez un duplicata au professionnel.",
        "nothing": "Aucune feuille à ce jour.",
        "debts": "Vous devez encore {amount} à la caisse, qui seront retenus sur de prochains remboursements :",
        "debt": "{kind} du {on} : {amount}",
        "totals": "En tout : {patient} versés à vous, {practice} versés directement aux professionnels.",
    },
    "en": {
        "title": "Your statement — {payer}, {on}",
        "sheet": "Sheet {name}, care of {on}{who}",
        "received": "The fund received this sheet on {on}.",
        "waiting": "It has not been dealt with yet. There is nothing for you to do.",
        "held": "A person at the fund must examine it before anything is decided. There is nothing for you to do.",
        "forwarded": "On that day you depended on another fund ({fund}): the sheet was forwarded to it, and it decides and pays. "
        "Have your card updated.",
        "due": "Payment is planned for {on}.",
        "paid_patient": "{amount} was paid to you on {on}.",
        "paid_practice": "{amount} was paid to the professional on {on}.",
        "complementary": "Your complementary insurer ({body}) owes {amount}: it is shown here, the fund does not pay it.",
        "not_seen": "You have the receipt signed on {on}, but the fund has not registered this sheet yet. Keep the receipt; if "
        "nothing changes within a fortnight, ask the professional for a duplicate.",
        "nothing": "No sheet so far.",
        "debts": "You still owe {amount} to the fund, which will be retained from later reimbursements:",
        "debt": "{kind} of {on}: {amount}",
        "totals": "In all: {patient} paid to you, {practice} paid directly to professionals.",
    },
}

STAGES: Final[dict[Language, dict[Stage, str]]] = {
    "fr": {
        Stage.NOT_SEEN: "pas encore enregistrée",
        Stage.WAITING: "en cours de traitement",
        Stage.HELD: "à l'examen",
        Stage.GRANTED: "acceptée, à payer",
        Stage.PAID: "payée",
        Stage.REFUSED: "refusée",
        Stage.FORWARDED: "transmise à une autre caisse",
    },
    "en": {
        Stage.NOT_SEEN: "not registered yet",
        Stage.WAITING: "being dealt with",
        Stage.HELD: "under examination",
        Stage.GRANTED: "granted, to be paid",
        Stage.PAID: "paid",
        Stage.REFUSED: "refused",
        Stage.FORWARDED: "forwarded to another fund",
    },
}

DEBTS: Final[dict[Language, dict[DebtKind, str]]] = {
    "fr": {DebtKind.PARTICIPATION: "Participation forfaitaire", DebtKind.FRANCHISE: "Franchise"},
    "en": {DebtKind.PARTICIPATION: "Flat participation", DebtKind.FRANCHISE: "Franchise"},
}
