"""`vaguemestre run`: the demo's story without a screen, seeded, from 1 to 100,000 sheets, with its account as JSON."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vaguemestre.audit.inquiry import inquire
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, QuietOption, emit_json, fail, progress
from vaguemestre.cli.texts import say
from vaguemestre.cli.worldreport import document, evidence_of, show, succeeded
from vaguemestre.core.findings import finding
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.sim.director import Director, RunSettings
from vaguemestre.sim.sabotage import Sabotage
from vaguemestre.sim.worldfiles import WorldFiles

ClosePopOption = Annotated[
    int,
    typer.Option(
        "--close-pop-after",
        min=0,
        help=say(
            "Feuilles enregistrées quand l'opérateur a ferme POP3 (0 : jamais).",
            "Sheets recorded when operator a closes POP3 (0: never).",
        ),
    ),
]


def run(
    sheets: Annotated[
        int, typer.Option("--sheets", min=1, max=100_000, help=say("Feuilles à enregistrer.", "Sheets to record."))
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help=say("Graine du hasard.", "Seed of chance."))] = 1,
    close_pop_after: ClosePopOption = 0,
    cards: Annotated[
        KeyKind,
        typer.Option(
            "--cards",
            help=say("Clés des cartes et des caisses qui signent.", "Keys of the cards, and of the funds that sign."),
        ),
    ] = KeyKind.RSA_2048,
    sabotage: Annotated[
        Sabotage | None,
        typer.Option(
            "--sabotage",
            help=say(
                "Faire une faute exprès : l'auditeur doit la nommer (code 1).",
                "Do wrong on purpose: the auditor must name it (exit 1).",
            ),
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--state", "--keep", help=say("Garder l'état dans ce dossier.", "Keep the state here.")),
    ] = None,
    workers: Annotated[
        int,
        typer.Option("--workers", min=1, max=5, help=say("Processus pour les cabinets.", "Processes for practices.")),
    ] = 2,
    quiet: QuietOption = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> None:
    """Play a seeded story on a whole world of its own, then ask the independent auditor for the account."""
    _refuse_what_cannot_be(sheets, close_pop_after, keep)
    root = keep if keep is not None else Path(tempfile.mkdtemp(prefix="vaguemestre-run-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        settings = RunSettings(root, sheets, seed, close_pop_after, cards, workers, sabotage)
        with progress(sheets, say("Feuilles", "Sheets"), as_json=as_json or quiet) as advance:
            figures = Director(settings, recorded=advance).run()
        inquiry = inquire(evidence_of(WorldFiles(root)))
    finally:
        if keep is None:
            shutil.rmtree(root, ignore_errors=True)
    if as_json:
        emit_json(document(inquiry, figures))
    else:
        show(Console(), inquiry, figures, lang)
    if not succeeded(inquiry):
        raise typer.Exit(int(ExitCode.FINDINGS))


def _refuse_what_cannot_be(sheets: int, close_pop_after: int, keep: Path | None) -> None:
    """An outage that would never come, a world on top of another."""
    if close_pop_after > sheets:
        raise typer.BadParameter(
            say(
                f"{close_pop_after} feuilles ne seront jamais enregistrées : --sheets est {sheets}",
                f"{close_pop_after} sheets will never be recorded: --sheets is {sheets}",
            ),
            param_hint="--close-pop-after",
        )
    if keep is not None and keep.is_dir() and any(keep.iterdir()):
        fail(finding("E021", path=keep), ExitCode.ENVIRONMENT)
