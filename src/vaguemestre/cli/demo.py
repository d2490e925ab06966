"""`vaguemestre demo`: the day of 27 April 2022, live in the terminal, on real mail servers, stores and seals."""

import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from vaguemestre.audit.inquiry import inquire
from vaguemestre.cli.liveview import draw
from vaguemestre.cli.plainstory import PlainStory
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, QuietOption, emit_json, fail, progress
from vaguemestre.cli.texts import say
from vaguemestre.cli.worldreport import document, evidence_of, show, succeeded
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.findings import Language, finding
from vaguemestre.sim.director import Director, RunFigures, RunSettings
from vaguemestre.sim.sample_day import carried_file, sample_people, sample_visits
from vaguemestre.sim.snapshot import Snapshot
from vaguemestre.sim.worldfiles import WorldFiles

_STATE_DEFAULT = Path("demo-state")
_MARK = "made-by-demo"
_FRAME_SECONDS = 0.06
_WIDTH_MAX = 110


def demo(
    state: Annotated[
        Path,
        typer.Option("--state", help=say("Dossier de l'état, refait à chaque fois.", "State directory, made anew.")),
    ] = _STATE_DEFAULT,
    quiet: QuietOption = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> None:
    """Two operators, two funds, five practices, 132 visits; halfway operator a closes POP3 to everyone. Nobody touches anything."""
    if state.is_dir() and any(state.iterdir()) and not _is_a_demos(state):
        fail(finding("E022", path=state), ExitCode.ENVIRONMENT)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    (state / _MARK).touch()
    visits = len(sample_visits(sample_people()))
    settings = RunSettings(state, None, close_pop_after=visits // 2)
    if as_json or quiet or not sys.stdout.isatty():
        story = None if as_json or quiet else PlainStory(lang, _line)
        carried, _ = parse_file(carried_file())
        sheets = visits + (0 if carried is None else len(carried.invoices))
        with progress(sheets, say("Feuilles", "Sheets"), as_json=as_json or quiet) as advance:
            figures = Director(settings, story, advance).run()
    else:
        figures = _live(settings, lang)
    inquiry = inquire(evidence_of(WorldFiles(state)))
    if as_json:
        emit_json(document(inquiry, figures))
    else:
        _tell_end(state, lang)
        show(Console(), inquiry, figures, lang)
    if not succeeded(inquiry):
        raise typer.Exit(int(ExitCode.FINDINGS))


def _line(text: str) -> None:
    """Said at once: who reads a pipe waits for each line."""
    typer.echo(text)
    sys.stdout.flush()


def _is_a_demos(state: Path) -> bool:
    """Whether a demo made this directory, which the next one may wipe: a world that a person keeps is not it."""
    return (state / _MARK).is_file() or (state == _STATE_DEFAULT and (state / "record").is_dir())


def _live(settings: RunSettings, lang: Language) -> RunFigures:
    console = Console()
    width = min(console.width, _WIDTH_MAX)
    founding = (
        "Fondation : autorités, cartes, deux opérateurs de messagerie, deux caisses, cinq cabinets..."
        if lang == "fr"
        else "Founding: authorities, cards, two mail operators, two funds, five practices..."
    )
    with Live(Spinner("dots", founding), console=console, transient=False) as live:

        def look(snapshot: Snapshot) -> None:
            live.update(draw(snapshot, lang, width), refresh=True)
            time.sleep(_FRAME_SECONDS)

        return Director(settings, look).run()


def _tell_end(state: Path, lang: Language) -> None:
    text = (
        f"L'état reste dans {state} : vaguemestre audit --state {state}"
        if lang == "fr"
        else f"The state stays in {state}: vaguemestre audit --state {state}"
    )
    Console().print(text, style="dim")
