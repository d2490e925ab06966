"""`noemie convert`: a NOEMIE return to JSON, CSV, parquet or NOEMIE, and back from JSON."""

from typing import Annotated, Final

import typer

from vaguemestre.cli.b2_convert import (
    ExcelOption,
    ForceOption,
    OutputOption,
    PackedOption,
    beside,
    fit,
    run_convert,
    without_object,
)
from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.toolkit.b2.converting.convert import EndOfLine
from vaguemestre.toolkit.noemie.converting import TABLES, Order, Target
from vaguemestre.toolkit.noemie.converting import convert as converted

_SUFFIXES: Final = {
    Target.JSON: ".json",
    Target.LINES: ".jsonl",
    Target.CSV: "-csv",
    Target.PARQUET: "-parquet",
    Target.NOEMIE: ".noemie",
}


def convert(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help=say(
                "Retour NOEMIE (gzip et message compris) ou JSON, ou - pour l'entrée.",
                "NOEMIE return (gzip or message too) or JSON, or - for input.",
            ),
        ),
    ],
    to: Annotated[Target, typer.Option("--to", help=say("La forme voulue.", "The form wanted."))],
    output: OutputOption = None,
    eol: Annotated[
        EndOfLine, typer.Option("--eol", help=say("noemie : fin de chaque entité.", "noemie: end of each entity."))
    ] = EndOfLine.NONE,
    packed: PackedOption = False,
    excel: ExcelOption = False,
    force: ForceOption = False,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """0 when all of it was converted, 1 when something was not, 3 when nothing could be read."""
    order = Order(to, output or beside(file, _SUFFIXES[to], packed), eol.data, packed, excel, force)
    fit(order.output, table=to in TABLES, packed=packed, as_json=as_json)
    if (excel and to is not Target.CSV) or (eol is not EndOfLine.NONE and to is not Target.NOEMIE):
        without_object()
    return run_convert(
        file, order.output, lambda source: converted(source, order), "NOEMIE", lang=lang, as_json=as_json
    )
