"""`vaguemestre noemie`: anyone's NOEMIE returns, checked, shown, converted."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from vaguemestre.cli.b2_check import ShownOption, StrictOption, run_check
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
from vaguemestre.cli.b2_show import AllOption, RawOption, RecordOption, WidthOption, run_show
from vaguemestre.cli.pages import page_width
from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.toolkit.b2.converting.convert import EndOfLine
from vaguemestre.toolkit.b2.report import CheckReport
from vaguemestre.toolkit.noemie.checking import check_file
from vaguemestre.toolkit.noemie.converting import TABLES, Order, Target
from vaguemestre.toolkit.noemie.converting import convert as converted
from vaguemestre.toolkit.noemie.showing import show as shown_return
from vaguemestre.toolkit.rendering import ShowOptions
from vaguemestre.toolkit.source import Progress, Source

_SUFFIXES: Final = {
    Target.JSON: ".json",
    Target.LINES: ".jsonl",
    Target.CSV: "-csv",
    Target.PARQUET: "-parquet",
    Target.NOEMIE: ".noemie",
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=say(
        "Les retours NOEMIE de chacun : vérifier, montrer, convertir. Ni état, ni réseau.",
        "Anyone's NOEMIE returns: check, show, convert. No state, no network.",
    ),
)

FileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=say(
            "Retour NOEMIE (gzip et message compris), ou - pour l'entrée.",
            "NOEMIE return (gzip or message too), or - for input.",
        ),
    ),
]
FilesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help=say(
            "Retours NOEMIE (gzip et message compris), dossiers, motifs, ou - pour l'entrée.",
            "NOEMIE returns (gzip or message too), folders, patterns, or - for input.",
        ),
    ),
]


def check(
    files: FilesArgument,
    strict: StrictOption = False,
    shown: ShownOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Check each input. 0 nothing fails it, 1 errors (--strict: warnings too), 3 no return or unreadable, 4 the machine refuses."""
    known: dict[bytes, str] = {}

    def judge(source: Source, kept: int, told: Progress | None) -> CheckReport:
        return check_file(source, known, shown_max=kept, progress=told)

    return run_check(files, judge, strict=strict, shown=shown, lang=lang, as_json=as_json)


def show(
    file: FileArgument,
    record: RecordOption = None,
    all_fields: AllOption = False,
    raw: RawOption = False,
    width: WidthOption = None,
    lang: LangOption = "fr",
) -> int:
    """Each entity with its fields and its findings. 0 shown, 1 an error was met, 3 nothing readable."""
    return run_show(shown_return, file, ShowOptions(lang, width or page_width(), all_fields, record, raw))


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


def _offer(name: str, command: Callable[..., int], fr: str, en: str, example: str) -> None:
    """Add one command; its example begins after `vaguemestre noemie`."""
    line = f"vaguemestre noemie {name} {example}"
    app.command(name, help=say(f"{fr}\n\nExemple : {line}", f"{en}\n\nExample: {line}"))(command)


_offer(
    "check",
    check,
    "Dit tout ce qui cloche dans des retours NOEMIE, le pire d'abord : zones, ordre, clés, sommes, dates, doublons. Ce qui ne "
    "repose que sur le dictionnaire des entités, non confirmé, est dit sans faire échouer. Code 0, ou 1 si un retour porte une "
    "erreur, 3 si l'un n'est pas lisible.",
    "Say everything that is wrong in NOEMIE returns, the worst first: fields, order, keys, sums, dates, doubles. What rests on "
    "the dictionary of entities alone, which is unconfirmed, is told and fails nothing. Exit code 0, or 1 when a return bears an "
    "error, 3 when one cannot be read.",
    "retour.noemie retours/ --strict",
)
_offer(
    "show",
    show,
    "Montre un retour NOEMIE en clair : payé, lot, facture, montants, actes, rejets, et les anomalies à leur place. Code 0, ou 1 "
    "si le retour porte une erreur, 3 s'il n'est pas lisible.",
    "Show a NOEMIE return in plain words: payee, lot, invoice, amounts, acts, rejections, and each finding at its place. Exit "
    "code 0, or 1 when the return bears an error, 3 when it cannot be read.",
    "retour.noemie --record 9",
)
_offer(
    "convert",
    convert,
    "Convertit un retour NOEMIE en JSON, CSV, parquet ou NOEMIE, et un JSON en NOEMIE, sans rien perdre ni tout tenir en mémoire. "
    "Code 0, ou 1 si quelque chose n'a pas été converti, 3 si rien n'est lisible.",
    "Convert a NOEMIE return to JSON, CSV, parquet or NOEMIE, and JSON back, without losing anything or holding it all. Exit code "
    "0, or 1 when something was not converted, 3 when nothing can be read.",
    "retour.noemie --to parquet -o retour/",
)
