"""What the toolkit's commands share: inputs, options, the command `check` of any norm, and how they end."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Final, NamedTuple

import typer

from vaguemestre.cli.pages import page_width, write_lines
from vaguemestre.cli.shell import (
    ExitCode,
    JsonOption,
    LangOption,
    emit_json,
    fail,
    finding_document,
    progress,
    report_findings,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Finding, Language, Level
from vaguemestre.toolkit.report import SHOWN_MAX, CheckReport
from vaguemestre.toolkit.source import Progress, Source, exit_code, sources
from vaguemestre.toolkit.telling import in_words, tell, tell_all

_LONG_BYTES = 32 << 20  # about a second of checking: from here on, a bar
_TEXT_SHOWN = 10


class Inputs(NamedTuple):
    """What a norm's inputs are called, one and several, at the start of a sentence."""

    one_fr: str
    one_en: str
    several_fr: str
    several_en: str

    def file_argument(self) -> Any:
        """The one input of a command, as Typer takes it."""
        return typer.Argument(
            metavar="FILE",
            help=say(
                f"{self.one_fr} (gzip et message compris), ou - pour l'entrée.",
                f"{self.one_en} (gzip or message too), or - for input.",
            ),
        )

    def files_argument(self) -> Any:
        """The inputs of a command, as Typer takes them."""
        return typer.Argument(
            metavar="FILE...",
            help=say(
                f"{self.several_fr} (gzip et message compris), dossiers, motifs, ou - pour l'entrée.",
                f"{self.several_en} (gzip or message too), folders, patterns, or - for input.",
            ),
        )


B2_INPUTS: Final = Inputs("Fichier B2", "B2 file", "Fichiers B2", "B2 files")
NOEMIE_INPUTS: Final = Inputs("Retour NOEMIE", "NOEMIE return", "Retours NOEMIE", "NOEMIE returns")
B2FileArgument = Annotated[str, B2_INPUTS.file_argument()]

StrictOption = Annotated[
    bool, typer.Option("--strict", help=say("Un avertissement fait échouer aussi.", "A warning fails a file too."))
]
ShownOption = Annotated[
    int | None,
    typer.Option(
        "--shown",
        min=1,
        max=10_000,
        metavar="N",
        help=say(
            "Anomalies montrées de chaque code : 10 au plus en clair, 100 en JSON ; les autres sont comptées.",
            "Findings shown of each code: at most 10 as text, 100 as JSON; the others are counted.",
        ),
    ),
]
Judge = Callable[[Source, int, Progress | None], CheckReport]
"""One input, how many findings of each code to keep, whom to tell of the bytes read -> its report."""


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
        fail(item, ExitCode(exit_code(item) or ExitCode.UNREADABLE))


def check_command(judging: Callable[[], Judge], inputs: Inputs) -> Callable[..., int]:
    """The command of a norm; `judging` begins a run."""

    def command(
        files: Annotated[list[str], inputs.files_argument()],
        strict: StrictOption = False,
        shown: ShownOption = None,
        lang: LangOption = "fr",
        as_json: JsonOption = False,
    ) -> int:
        """Check each input. 0 nothing fails it, 1 errors (--strict: warnings too), 3 unreadable, 4 the machine refuses."""
        return _run(files, judging(), strict=strict, shown=shown, lang=lang, as_json=as_json)

    return command


def _run(files: list[str], judge: Judge, *, strict: bool, shown: int | None, lang: Language, as_json: bool) -> int:
    """Judge each input that the arguments name and say what was found; the exit code of the gravest."""
    ending = _Ending(strict)
    reports: list[CheckReport] = []
    documents: list[dict[str, Any]] = []
    for item in sources(files):
        if isinstance(item, Finding):
            ending.unreadable(item)
            documents.append({"name": item.place.source, "findings": [finding_document(item, lang)]})
            if not as_json:
                report_findings([item], lang=lang)
            continue
        with _watched(item, quiet=as_json) as advance:
            report = judge(item, shown or (SHOWN_MAX if as_json else _TEXT_SHOWN), advance)
        ending.take(report)
        if as_json:
            documents.append(_document(report, lang, strict))
        else:
            write_lines(tell(report, lang, page_width(), shown or _TEXT_SHOWN))
            reports.append(replace(report, findings=()))  # told: only its counts are needed
    if as_json:
        emit_json({"exit_code": int(ending.code), "files": documents})
    elif len(reports) > 1:
        write_lines([tell_all(reports, lang)])
    return int(ending.code)


class _Ending:
    """The exit code of the whole command: the gravest of its inputs'."""

    def __init__(self, strict: bool) -> None:
        self._strict, self.code = strict, ExitCode.DONE

    def take(self, report: CheckReport) -> None:
        if report.recognised:
            self._at_least(ExitCode.DONE if report.passes(strict=self._strict) else ExitCode.FINDINGS)
            for item in report.findings:
                if item.code.code.startswith("E"):
                    self.unreadable(item)
        else:
            for item in report.findings:
                self.unreadable(item)

    def unreadable(self, item: Finding) -> None:
        self._at_least(ExitCode(exit_code(item) or ExitCode.UNREADABLE))

    def _at_least(self, code: ExitCode) -> None:
        self.code = max(self.code, code)


def _document(report: CheckReport, lang: Language, strict: bool) -> dict[str, Any]:
    return {
        "name": report.source,
        "recognised": report.recognised,
        "passes": report.passes(strict=strict),
        "records": report.records,
        "lots": report.lots,
        "invoices": report.invoices,
        "counts": {level.value: report.count(level) for level in Level},
        "not_shown": dict(report.omitted),
        "findings": [_finding(item, lang) for item in in_words(report.findings, lang)],
    }


def _finding(item: Finding, lang: Language) -> dict[str, object]:
    """A finding with what was read and what was expected, where it says so."""
    read, expected = item.values.get("found"), item.values.get("expected")
    return {**finding_document(item, lang), "read": read, "expected": expected}


@contextmanager
def _watched(source: Source, *, quiet: bool) -> Iterator[Progress | None]:
    """A progress bar for a file long enough to need one."""
    size = os.path.getsize(source.name) if os.path.isfile(source.name) else 0
    if size < _LONG_BYTES or quiet:
        yield None
        return
    with progress(size, say("Vérification", "Checking")) as advance:
        yield advance
