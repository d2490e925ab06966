"""`vaguemestre patient`: the patient's statement, opened by the card itself."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.shell import STATE_DEFAULT, JsonOption, LangOption, StateOption, fail, finish
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Finding
from vaguemestre.core.payer.statement import Account, render
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.role.patient import PatientEdges
from vaguemestre.role.patient import statement as make_statement
from vaguemestre.role.payer import counter
from vaguemestre.role.payer.edges import PayerEdges

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=say(
        "Le relevé du patient, en mots simples.\n\n"
        "Exemple : vaguemestre patient statement --card carte.json --state caisse",
        "The patient's statement, in plain words.\n\nExample: vaguemestre patient statement --card card.json --state fund",
    ),
)
_RECEIPT_BYTES_MAX = 1 << 20


@app.callback()
def _patient() -> None:
    """Keeps `statement` a verb of its own."""


class LocalCounter:
    """The payer's counter, in the same process."""

    def __init__(self, edges: PayerEdges) -> None:
        self._edges = edges

    def challenge(self, now: datetime) -> bytes:
        """Fresh bytes for the card to sign."""
        return counter.challenge(self._edges, now)

    def account_of(
        self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime
    ) -> tuple[Account | None, Sequence[Finding]]:
        """The account of the card that signed."""
        return counter.account_of(self._edges, counter.CardAnswer(certificate_der, challenge, signature), now)


def read_receipts(directory: Path | None) -> list[tuple[str, bytes]]:
    """The receipts in a directory, by name; files too large to be one are left out."""
    if directory is None:
        return []
    files = sorted(path for path in directory.iterdir() if path.is_file())
    return [(path.name, path.read_bytes()) for path in files if path.stat().st_size <= _RECEIPT_BYTES_MAX]


@app.command("statement", help=say(
    "Votre relevé : ce qu'il est advenu de chaque feuille, et pourquoi.\n\nExemple : vaguemestre patient statement "
    "--card carte.json --state caisse",
    "Your statement: what became of each sheet, and why.\n\nExample: vaguemestre patient statement --card card.json --state fund",
))  # fmt: skip
def statement(
    card: Annotated[Path, typer.Option("--card", metavar="FILE", help=say("Fichier de la carte.", "The card's file."))],
    receipts: Annotated[
        Path | None,
        typer.Option(
            "--receipts", metavar="DIR", help=say("Dossier des reçus signés.", "Directory of signed receipts.")
        ),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """The statement of the persons on a card; the card proves itself by signing."""
    with payer(state) as opened:
        edges = PatientEdges(
            cards=CardFileReader(opened.trust),
            counter=LocalCounter(opened.edges),
            verifier=SheetVerifier(opened.trust),
            receipts=lambda: read_receipts(receipts),
        )
        made, found = make_statement(edges, str(card), instant(now), lang)
    if made is None:
        fail(found)
    document = {
        **asdict(made),
        "paid_patient_cents": made.paid_patient_cents,
        "paid_practice_cents": made.paid_practice_cents,
        "owed_cents": made.owed_cents,
        "debts": [debt._asdict() for debt in made.debts],
    }
    return finish(document, [render(made, lang)], found, lang=lang, as_json=as_json)
