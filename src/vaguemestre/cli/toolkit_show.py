"""The run of `show` over any norm, and its command: apart from `check`, which draws nothing and starts sooner without it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import typer

from vaguemestre.cli.pages import page_width, write_lines
from vaguemestre.cli.shell import ExitCode, JsonOption, LangOption, finding_document
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_common import Inputs, one_source, refuse
from vaguemestre.core.findings import Finding, Level
from vaguemestre.toolkit.rendering import Shown, ShowOptions, Tally, View, documents, show
from vaguemestre.toolkit.source import Source

_APART_MAX = 1000  # findings at no record, in JSON

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


Walk = Callable[[Source], Iterator[Shown | Finding]]
"""One input -> its records and, where none stands, findings, in the order of the file."""


def show_command(walk: Walk, view: View, inputs: Inputs) -> Callable[..., int]:
    """The command of a norm."""

    def command(
        file: Annotated[str, inputs.file_argument()],
        record: RecordOption = None,
        all_fields: AllOption = False,
        raw: RawOption = False,
        width: WidthOption = None,
        lang: LangOption = "fr",
        as_json: JsonOption = False,
    ) -> int:
        """Each record with its fields and its findings. 0 shown, 1 an error was met, 3 nothing readable."""
        options = ShowOptions(lang, width or page_width(), all_fields, record, raw)
        return _run(walk, view, file, options, as_json=as_json)

    return command


def _run(walk: Walk, view: View, file: str, options: ShowOptions, *, as_json: bool) -> int:
    """Write what one input holds, as lines or as one JSON document; the exit code says whether an error was among it."""
    tally, source = Tally(), one_source(file)
    if as_json:
        _write_documents(documents(walk(source), view, options, tally), options, tally)
    else:
        write_lines(show(walk(source), view, options, tally))
    if not tally.recognised:
        refuse(tally.last)
    return _shown_code(tally, options)


def _shown_code(tally: Tally, options: ShowOptions) -> int:
    errors = tally.levels is not None and tally.levels[Level.ERROR.value]
    absent = options.record is not None and tally.records < options.record
    return int(ExitCode.FINDINGS if errors or absent else ExitCode.DONE)


def _write_documents(items: Iterable[dict[str, Any] | Finding], options: ShowOptions, tally: Tally) -> None:
    """Records as they come, so that a long file needs no more memory than a short one; then the rest of the document.

    Nothing is written of an input without any record: it is refused by the document that all commands share.
    """
    import json

    apart: list[dict[str, object]] = []
    left_out = 0
    opening = before = '{"records": [\n'
    for item in items:
        if isinstance(item, Finding):
            if len(apart) < _APART_MAX:
                apart.append(finding_document(item, options.lang))
            else:
                left_out += 1
            continue
        item["findings"] = [finding_document(entry, options.lang) for entry in item["findings"]]
        sys.stdout.write(before + json.dumps(item))
        before = ",\n"
    if tally.recognised:
        rest = {"findings": apart, "not_shown": left_out, "exit_code": _shown_code(tally, options)}
        sys.stdout.write((opening if before == opening else "") + "\n], " + json.dumps(rest)[1:] + "\n")
