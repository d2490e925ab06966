"""`b2 show`: a B2 file as a readable tree, in a terminal or through a pipe."""

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from vaguemestre.cli.pages import page_width, write_lines
from vaguemestre.cli.shell import ExitCode, LangOption, fail
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Finding, Level
from vaguemestre.toolkit.b2.showing import show as shown
from vaguemestre.toolkit.page import Line
from vaguemestre.toolkit.rendering import ShowOptions, Tally
from vaguemestre.toolkit.source import Source, sources
from vaguemestre.toolkit.source import exit_code as unreadable_code

FileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=say(
            "Fichier B2 (gzip et message compris), ou - pour l'entrée.",
            "B2 file (gzip or message too), or - for input.",
        ),
    ),
]


RecordOption = Annotated[
    int | None,
    typer.Option(
        "--record",
        min=1,
        metavar="N",
        help=say("Ce seul enregistrement, toutes ses zones.", "That record alone, with all its fields."),
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help=say("Les zones vides et répétées aussi.", "Empty and repeated fields too."))
]
RawOption = Annotated[
    bool,
    typer.Option("--raw", help=say("Les octets, avec colonnes et zones.", "The bytes, with columns and field ids.")),
]
WidthOption = Annotated[
    int | None,
    typer.Option(
        "--width",
        min=80,
        max=500,
        metavar="N",
        help=say("Largeur de la page ; sinon celle du terminal.", "Page width; else the terminal's."),
    ),
]


def show(
    file: FileArgument,
    record: RecordOption = None,
    all_fields: AllOption = False,
    raw: RawOption = False,
    width: WidthOption = None,
    lang: LangOption = "fr",
) -> int:
    """Each record with its fields and its findings. 0 shown, 1 an error was met, 3 nothing readable."""
    return run_show(shown, file, ShowOptions(lang, width or page_width(), all_fields, record, raw))


def run_show(shower: Callable[[Source, ShowOptions, Tally], Iterator[Line]], file: str, options: ShowOptions) -> int:
    """Write the lines of one input; the exit code says whether an error was among them."""
    tally = Tally()
    write_lines(shower(one_source(file), options, tally))
    if not tally.recognised:
        refuse(tally.last)
    errors = tally.levels is not None and tally.levels[Level.ERROR.value]
    absent = options.record is not None and tally.records < options.record
    return int(ExitCode.FINDINGS if errors or absent else ExitCode.DONE)


def one_source(name: str) -> Source:
    """The one input that an argument names; a folder or a pattern of several is refused as usage."""
    found = list(sources([name]))
    if len(found) == 1 and isinstance(found[0], Source):
        return found[0]
    if found and isinstance(found[0], Finding):
        refuse(found[0])
    raise typer.BadParameter(say("un seul fichier est attendu", "one file is expected"), param_hint="FILE")


def refuse(item: Finding | None) -> None:
    """End the command: the input could not be read, and this says why."""
    if item is not None:
        fail(item, ExitCode(unreadable_code(item) or ExitCode.UNREADABLE))
