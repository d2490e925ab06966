"""`noemie check`: everything that can be said of NOEMIE returns, plain or as one JSON document."""

from typing import Annotated

import typer

from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_common import ShownOption, StrictOption, run_check
from vaguemestre.toolkit.b2.report import CheckReport
from vaguemestre.toolkit.noemie.checking import check_file
from vaguemestre.toolkit.source import Progress, Source

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
