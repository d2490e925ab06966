"""The letter that answers paper sheets of a payee who reads no electronic answer: what is paid, what is not, why. Pure.

Written for the payee alone: sheets are named by their number and day, never by the patient. French first. vgm:paper-answer.
"""

from datetime import date
from typing import Final

from vaguemestre.core.findings import Language
from vaguemestre.core.money import shown
from vaguemestre.core.payer.decision import Decision
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.labels import told_to_practice


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One paper sheet and what became of it. Amounts in cents."""

    name: str  # printed identity
    decision: Decision
    paid_on: date | None
    paid_cents: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of one fund to one payee about these sheets (their numbers in the store are `sheets`)."""

    fund_code: str
    fund_name: str
    payee: str
    payee_name: str
    lines: tuple[LetterLine, ...]
    sheets: tuple[int, ...]

    @property
    def paid_cents(self) -> int:
        return sum(line.paid_cents for line in self.lines)


def render_letter(letter: Letter, on: date, lang: Language = "fr") -> str:
    """The letter as text to print."""
    words = WORDS[lang]
    text = [
        words["from"].format(fund=letter.fund_name, code=letter.fund_code),
        words["to"].format(name=letter.payee_name or "-", number=letter.payee),
        words["on"].format(on=_day(on, lang)),
        "",
        words["intro"],
        "",
    ]
    for line in letter.lines:
        text.append(words["sheet"].format(name=line.name, claimed=shown(line.decision.claimed_cents, lang)))
        if line.paid_on is not None:
            text.append(words["paid"].format(amount=shown(line.paid_cents, lang), on=_day(line.paid_on, lang)))
        else:
            text.append(words["rejected"])
        for motive in line.decision.motives:
            message, step = told_to_practice(motive.finding(line.name), lang)
            text.append(f"    {motive.code}  {message} {step}")
    text += ["", words["total"].format(amount=shown(letter.paid_cents, lang))]
    return "\n".join(text) + "\n"


def _day(day: date, lang: Language) -> str:
    return day.strftime("%d/%m/%Y") if lang == "fr" else day.isoformat()


WORDS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "from": "{fund} ({code})",
        "to": "À : {name}, numéro de facturation {number}",
        "on": "Le {on}",
        "intro": "Voici ce que sont devenues vos feuilles de soins papier en tiers payant.",
        "sheet": "  Feuille {name}, {claimed} demandés",
        "paid": "    {amount} payés le {on}",
        "rejected": "    rejetée",
        "total": "En tout : {amount} payés.",
    },
    "en": {
        "from": "{fund} ({code})",
        "to": "To: {name}, billing number {number}",
        "on": "{on}",
        "intro": "This is what became of your paper care sheets under tiers payant.",
        "sheet": "  Sheet {name}, {claimed} claimed",
        "paid": "    {amount} paid on {on}",
        "rejected": "    rejected",
        "total": "In all: {amount} paid.",
    },
}
