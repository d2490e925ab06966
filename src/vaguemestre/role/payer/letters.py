"""Letters to payees who read no electronic answer: composed, printed by whoever asks, then marked as told. vgm:paper-answer."""

from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Final

from vaguemestre.core.mail.outbox import Answer
from vaguemestre.core.payer.letter import Letter, LetterLine
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.returns import told_of

LETTER_KIND: Final = "LETTER"


def due_letters(edges: PayerEdges) -> list[Letter]:
    """One letter per fund and payee about paper sheets paid or rejected since the last one; none for who reads answers."""
    letters = []
    with edges.store.view() as unit:
        paper = [item for item in unit.decisions.to_return() if not item.station]
        stations = {entry.station.number for entry in unit.register.stations()}
        payees = unit.register.payees(sorted({item.billing_number for item in paper}))
        for (fund, number), group in groupby(paper, key=lambda item: (item.fund, item.billing_number)):
            place = unit.answers.place(number)
            if place is not None and place[0] in stations:
                continue
            told = told_of(unit, [item.sheet for item in group])
            lines = tuple(
                LetterLine(str(stored.key), settled.decision, settled.paid_on, settled.paid_cents)
                for stored, settled in told
            )
            name = payees[number].name if number in payees else ""
            sheets = tuple(stored.id for stored, _ in told)
            letters.append(Letter(fund, edges.funds[fund].name_fr, number, name, lines, sheets))
    return letters


def mark_printed(edges: PayerEdges, letter: Letter, text: str, now: datetime) -> None:
    """The payee was told of these sheets by this text: it is kept by its digest, and never due again."""
    digest = sha256(text.encode()).hexdigest()
    with edges.store.unit() as unit:
        kept = unit.answers.add(Answer(LETTER_KIND, letter.fund_code, "", None, letter.payee, "", digest, b""), now)
        unit.decisions.set_returned(letter.sheets, kept)
