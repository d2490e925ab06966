"""`b2 check`: everything that can be said of B2 files, plain or as one JSON document."""

from typing import Annotated

import typer

from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_common import ShownOption, StrictOption, run_check
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.b2.report import CheckReport
from vaguemestre.toolkit.source import Progress, Source

FilesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help=say(
            "Fichiers B2 (gzip et message compris), dossiers, motifs, ou - pour l'entrée.",
            "B2 files (gzip or message too), folders, patterns, or - for input.",
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
    """Check each input. 0 nothing fails it, 1 errors (--strict: warnings too), 3 not B2 or unreadable, 4 the machine refuses."""

    def judge(source: Source, kept: int, told: Progress | None) -> CheckReport:
        return check_file(source, shown_max=kept, progress=told)

    return run_check(files, judge, strict=strict, shown=shown, lang=lang, as_json=as_json)
