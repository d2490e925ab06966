"""`b2 show`: a B2 file as a readable tree, in a terminal or through a pipe."""

from typing import Annotated

import typer

from vaguemestre.cli.pages import page_width
from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_show import AllOption, RawOption, RecordOption, WidthOption, run_show
from vaguemestre.toolkit.b2.showing import B2_VIEW
from vaguemestre.toolkit.b2.walking import walk
from vaguemestre.toolkit.rendering import ShowOptions

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


def show(
    file: FileArgument,
    record: RecordOption = None,
    all_fields: AllOption = False,
    raw: RawOption = False,
    width: WidthOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Each record with its fields and its findings. 0 shown, 1 an error was met, 3 nothing readable."""
    options = ShowOptions(lang, width or page_width(), all_fields, record, raw)
    return run_show(walk, B2_VIEW, file, options, as_json=as_json)
