"""The run of `convert` over any norm, and its command: what was written, what was not."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Final, cast

import typer

from vaguemestre.cli.shell import (
    ExitCode,
    JsonOption,
    LangOption,
    emit_json,
    exit_code_for,
    fail,
    finding_document,
    progress,
    report_findings,
)
from vaguemestre.cli.texts import say
from vaguemestre.cli.toolkit_common import Inputs, one_source, refuse
from vaguemestre.core.faults import environment_finding
from vaguemestre.core.findings import Language, Place, errors_in, finding, worst_first
from vaguemestre.toolkit.converting.order import CSV, TABLES, EndOfLine, Form, Order
from vaguemestre.toolkit.converting.outputs import STANDARD_OUTPUT, OutputExistsError
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.source import STANDARD_INPUT, Source
from vaguemestre.toolkit.telling import held, in_words

_OF_RECORDS: Final = frozenset({"J004", "J005", "J006", "J007", "J008", "J009", "J010"})
_LONG_BYTES = 16 << 20  # below, a bar would only flicker


OutputOption = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help=say(
            "Fichier (dossier pour csv et parquet), ou - pour la sortie ; sinon, à côté de FILE.",
            "File (folder for csv and parquet), or - for output; else beside FILE.",
        ),
    ),
]
PackedOption = Annotated[bool, typer.Option("--gzip", help=say("Compresser (sauf tables).", "Compress (not tables)."))]
ExcelOption = Annotated[
    bool,
    typer.Option(
        "--excel",
        help=say(
            "csv : pour un Excel français (; , JJ/MM/AAAA, euros).", "csv: for a French Excel (; , DD/MM/YYYY, euros)."
        ),
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help=say("Remplacer ce qui existe.", "Replace what exists."))]


def convert_command(
    convert: Callable[[Source, Order[Form]], Tally],
    forms: type[Form],
    own: Form,
    inputs: Inputs,
    parts: tuple[str, str],
) -> Callable[..., int]:
    """The command of a norm: its conversion, its forms and which of them is its own; its records, in both languages."""

    def command(
        file: Annotated[
            str,
            typer.Argument(
                metavar="FILE",
                help=say(
                    f"{inputs.one_fr} (gzip et message compris) ou JSON, ou - pour l'entrée.",
                    f"{inputs.one_en} (gzip or message too) or JSON, or - for input.",
                ),
            ),
        ],
        to: Annotated[forms, typer.Option("--to", help=say("La forme voulue.", "The form wanted."))],  # type: ignore[valid-type]
        output: OutputOption = None,
        eol: Annotated[
            EndOfLine,
            typer.Option("--eol", help=say(f"{own} : fin de chaque {parts[0]}.", f"{own}: end of each {parts[1]}.")),
        ] = EndOfLine.NONE,
        packed: PackedOption = False,
        excel: ExcelOption = False,
        force: ForceOption = False,
        lang: LangOption = "fr",
        as_json: JsonOption = False,
    ) -> int:
        """0 when all of it was converted, 1 when something was not, 3 when nothing could be read."""
        order = Order(to, output or _beside(file, to, packed), eol, packed, excel, force)
        _fit(order, own, as_json=as_json)
        return _run(file, order, convert, own.upper(), lang=lang, as_json=as_json)

    return command


def _fit(order: Order[Form], own: Form, *, as_json: bool) -> None:
    """Refuse as usage what cannot be written as asked: tables or a report on the output, options of another form."""
    table = order.target in TABLES
    if order.output == STANDARD_OUTPUT and (table or as_json):
        raise typer.BadParameter(say("ceci ne tient pas sur la sortie", "this does not fit on output"), param_hint="-o")
    of_csv, of_own = order.excel, order.end_of_line is not EndOfLine.NONE
    if (order.gzip and table) or (of_csv and order.target != CSV) or (of_own and order.target is not own):
        raise typer.BadParameter(
            say("option sans objet pour cette forme", "option without object for this form"), param_hint="--to"
        )


def _run(
    file: str,
    order: Order[Form],
    convert: Callable[[Source, Order[Form]], Tally],
    expected: str,
    *,
    lang: Language,
    as_json: bool,
) -> int:
    """Convert one input behind a progress bar and say what was written. `expected`: the format's name, for a refusal."""
    output = order.output
    source = one_source(file)
    try:
        with _watched(source, file, quiet=as_json or output == STANDARD_OUTPUT) as watched:
            tally = convert(watched, order)
    except OutputExistsError as error:
        fail(error.finding, ExitCode.USAGE)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:  # the input's faults are findings
        fail(environment_finding(error, output), ExitCode.USAGE)
    if not tally.recognised and not any(item.code.code in _OF_RECORDS for item in tally.findings):
        errors = worst_first(errors_in(tally.findings))
        refuse(errors[0] if errors else finding("F004", Place(source.name), expected=expected))
    return _report(tally, output, lang, as_json)


def _beside(file: str, form: StrEnum, packed: bool) -> str:
    """Where the output goes when nobody says: `lot.json` beside `lot.b2`; standard output for standard input."""
    if file == STANDARD_INPUT:
        return STANDARD_OUTPUT
    path = Path(file)
    stem = Path(path.stem).stem if path.suffix == ".gz" else path.stem
    name = stem + ("-" if form in TABLES else ".") + form + (".gz" if packed else "")
    if name == path.name:
        raise typer.BadParameter(
            say("il faut un autre nom que celui du fichier lu", "another name than the file's is needed"),
            param_hint="-o",
        )
    return str(path.with_name(name))


@contextmanager
def _watched(source: Source, file: str, *, quiet: bool) -> Iterator[Source]:
    """The input behind a progress bar, when it is long enough for one."""
    size = Path(file).stat().st_size if Path(file).is_file() else 0
    if size < _LONG_BYTES:
        yield source
        return
    with progress(size, say("Conversion", "Converting"), as_json=quiet) as advance:
        yield replace(source, opener=lambda: _metered(source, advance))


@contextmanager
def _metered(source: Source, advance: Callable[[int], None]) -> Iterator[IO[bytes]]:
    with source.opener() as stream:
        yield cast(IO[bytes], _Meter(stream, advance))


class _Meter:
    """A stream that says how much of it was read."""

    def __init__(self, stream: IO[bytes], advance: Callable[[int], None]) -> None:
        self._stream, self._advance = stream, advance

    def read(self, size: int) -> bytes:
        """As the stream's own."""
        data = self._stream.read(size)
        self._advance(len(data))
        return data


def _report(tally: Tally, output: str, lang: Language, as_json: bool) -> int:
    """Say what was written and what was not; the exit code that it deserves."""
    findings = in_words(worst_first(tally.findings), lang)
    code = exit_code_for(findings)
    counts = {"records": tally.records, "lots": tally.lots, "invoices": tally.invoices}
    if as_json:
        lost = {"unread": tally.unread, "doubtful_records": tally.doubtful}
        written = None if tally.refused else output
        shown = [finding_document(item, lang) for item in findings]
        emit_json({"exit_code": int(code), "output": written, **counts, **lost, "findings": shown})
        return int(code)
    report_findings(findings, lang=lang)
    if tally.refused:
        sys.stderr.write(say("Rien n'a été écrit.\n", "Nothing was written.\n"))
    elif output != STANDARD_OUTPUT:
        print(f"{output} : " if lang == "fr" else f"{output}: ", held(counts.values(), lang), sep="")
    return int(code)
