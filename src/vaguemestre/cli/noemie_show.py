"""`noemie show`: a NOEMIE return as a readable tree, in a terminal or through a pipe."""

from typing import Annotated

import typer

from vaguemestre.cli.pages import page_width
from vaguemestre.cli.shell import JsonOption, LangOption
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_show import AllOption, RawOption, RecordOption, WidthOption, run_show
from vaguemestre.toolkit.noemie.reading import recognised_pieces
from vaguemestre.toolkit.noemie.showing import NOEMIE_VIEW
from vaguemestre.toolkit.rendering import ShowOptions

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


def show(
    file: FileArgument,
    record: RecordOption = None,
    all_fields: AllOption = False,
    raw: RawOption = False,
    width: WidthOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Each entity with its fields and its findings. 0 shown, 1 an error was met, 3 nothing readable."""
    options = ShowOptions(lang, width or page_width(), all_fields, record, raw)
    return run_show(recognised_pieces, NOEMIE_VIEW, file, options, as_json=as_json)
