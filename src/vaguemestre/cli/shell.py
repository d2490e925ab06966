"""What every command shares: exit codes, the common options, how findings are shown, progress, and how a command fails.

A command raises `CommandFailed` (or calls `fail`), an edge raises `EnvironmentFault`; `run_guarded` turns every ending into
an exit code and readable findings. Nothing here decides anything about care sheets.
"""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TextIO

import typer

from vaguemestre.cli.ending import interrupted_when_asked_to_end
from vaguemestre.cli.faultreport import write_fault_report
from vaguemestre.cli.texts import ACTORS, LABELS, LANGUAGE_VARIABLE, LEVELS, language, say, usage_message
from vaguemestre.core.faults import EnvironmentFault, environment_finding
from vaguemestre.core.findings import Finding, Language, errors_in, finding, worst_first

DEBUG_VARIABLE: Final = "VAGUEMESTRE_DEBUG"
_SQLITE_CODES: Final = (
    ("SQLITE_FULL", "E001"),
    ("SQLITE_READONLY", "E002"),
    ("SQLITE_CANTOPEN", "E002"),
    ("SQLITE_PERM", "E002"),
    ("SQLITE_IOERR", "E007"),
    ("SQLITE_BUSY", "E008"),
    ("SQLITE_LOCKED", "E008"),
    ("SQLITE_CORRUPT", "E009"),
    ("SQLITE_NOTADB", "E009"),
)
STATE_DEFAULT: Final = Path("vaguemestre-state")
FINDINGS_SHOWN_MAX: Final = 60
"""A person reads no more than this; `--json` gives them all."""


UNREADABLE_CODES: Final = frozenset({"S001", "S002", "S003", "S051", "S060", "S061", "S062", "C010", "E004", "E017"})
"""Findings that say of a file that it cannot be read: a message, a key, a certificate, a list, a card."""


class ExitCode(IntEnum):
    """How a command ends (vgm:exit-codes)."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    ENVIRONMENT = 4
    INTERRUPTED = 130
    READER_GONE = 141  # as after SIGPIPE: the program that read our output ended first


StateOption = Annotated[
    Path,
    typer.Option(
        "--state", envvar="VAGUEMESTRE_STATE", help=say("Dossier de l'état.", "State directory."), metavar="DIR"
    ),
]
"""Use as `state: StateOption = STATE_DEFAULT`."""

LangOption = Annotated[
    Language,
    typer.Option("--lang", envvar=LANGUAGE_VARIABLE, help=say("Langue des messages.", "Language of messages.")),
]
"""Use as `lang: LangOption = "fr"`."""

JsonOption = Annotated[
    bool,
    typer.Option("--json", help=say("Un seul document JSON sur la sortie.", "One JSON document on standard output.")),
]
"""Use as `as_json: JsonOption = False`."""


DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help=say("Compte seulement, sans rien changer.", "Count only, change nothing.")),
]
"""Use as `dry_run: DryRunOption = False`, for commands that erase."""

QuietOption = Annotated[
    bool,
    typer.Option("--quiet", help=say("Sans rien dire de l'avancement.", "Without saying how far it has come.")),
]
"""Use as `quiet: QuietOption = False`, for commands that last."""


class CommandFailed(Exception):  # noqa: N818 (an ending, not an error of ours)
    """A command ends here: `exit_code` for the caller, `findings` for the person."""

    def __init__(self, exit_code: ExitCode, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(str(item) for item in findings))
        self.exit_code = exit_code
        self.findings = tuple(findings)


def fail(findings: Finding | Sequence[Finding], exit_code: ExitCode | None = None) -> NoReturn:
    """End the command with these findings; without `exit_code`, 3 when all that is wrong is a file that cannot be read, else 1."""
    told = [findings] if isinstance(findings, Finding) else list(findings)
    wrong = {item.code.code for item in errors_in(told)}
    deserved = ExitCode.UNREADABLE if wrong and wrong <= UNREADABLE_CODES else ExitCode.FINDINGS
    raise CommandFailed(deserved if exit_code is None else exit_code, told)


def exit_code_for(findings: Iterable[Finding]) -> ExitCode:
    """1 when one finding is an error, else 0."""
    return ExitCode.FINDINGS if errors_in(findings) else ExitCode.DONE


def agreed_code(given: ExitCode | None, findings: Sequence[Finding]) -> ExitCode:
    """How a command ends: as it says, but never 0 when what it tells holds an error."""
    deserved = exit_code_for(findings)
    return deserved if given is None or given is ExitCode.DONE else given


def finding_document(item: Finding, lang: Language) -> dict[str, object]:
    """One finding as the JSON object that every `--json` output uses."""
    place = item.place
    theirs = {"rule": item.values["rule"]} if "rule" in item.values else {}  # of the payer's, that this one reports
    return {
        "code": item.code.code,
        "name": item.code.name,
        "level": item.level.value,
        "actor": item.code.actor.value,
        "citation": item.code.citation,
        **theirs,
        "place": {
            "source": place.source or None,
            "record": place.record,
            "line": place.line,
            "columns": list(place.columns) if place.columns else None,
            "field": place.field or None,
            "sheet": place.sheet or None,
            "act": place.act,
        },
        "message": item.message(lang),
        "next_step": item.next_step(lang),
    }


def emit_json(document: object) -> None:
    """Write the command's one JSON document on standard output."""
    import json

    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(document, ensure_ascii=plain, indent=2, default=str) + "\n")


def report_findings(
    findings: Iterable[Finding],
    *,
    lang: Language,
    as_json: bool = False,
    exit_code: ExitCode | None = None,
) -> ExitCode:
    """Show findings, worst first, and return the exit code they deserve.

    As text they go to standard error; as JSON, one document `{"exit_code", "findings"}` goes to standard
    output: a command that has more to say in JSON builds its own document with `finding_document`.
    """
    ordered = worst_first(findings)
    code = agreed_code(exit_code, ordered)
    if as_json:
        emit_json({"exit_code": int(code), "findings": [finding_document(item, lang) for item in ordered]})
    elif ordered:
        _print_findings(ordered, lang, sys.stderr)
    return code


def finish(
    document: dict[str, Any],
    lines: Iterable[str],
    findings: Iterable[Finding],
    *,
    lang: Language,
    as_json: bool,
    exit_code: ExitCode | None = None,
) -> int:
    """Show what a command did, as text or as one JSON document, and give its exit code."""
    told = worst_first(_once(findings))
    code = agreed_code(exit_code, told)
    if as_json:
        said = [finding_document(item, lang) for item in told]
        emit_json({"exit_code": int(code), "findings": said, **document})
        return int(code)
    for line in lines:
        typer.echo(line)
    report_findings(told, lang=lang)
    return int(code)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """The same thing said twice by two steps of one command is said once."""
    seen: dict[tuple[str, str, str], Finding] = {}
    for item in findings:
        seen.setdefault((item.code.code, item.place.describe("en"), item.message("en")), item)
    return list(seen.values())


def _print_findings(ordered: Sequence[Finding], lang: Language, stream: TextIO) -> None:
    from vaguemestre.cli.paint import Brush

    brush = Brush(stream)
    styles = {"error": "bold red", "warning": "bold yellow", "unverified": "bold magenta", "note": "bold cyan"}
    labels = LABELS[lang]
    mark = " :" if lang == "fr" else ":"
    for item in ordered[:FINDINGS_SHOWN_MAX]:
        head = brush.paint(f"{LEVELS[lang][item.level.value]} {item.code.code}", styles[item.level.value])
        lines = [f"{head} {printable(item.message(lang))}"]
        where = item.place.describe(lang)
        details = [(labels["place"], where)] if where else []
        details.append((labels["next"], item.next_step(lang)))
        details.append((labels["actor"], ACTORS[lang][item.code.actor.value]))
        lines += [f"  {brush.paint(label + mark, 'dim')} {printable(text)}" for label, text in details]
        stream.write("\n".join(lines) + "\n")
    if len(ordered) > FINDINGS_SHOWN_MAX:
        stream.write(labels["more"].format(count=len(ordered) - FINDINGS_SHOWN_MAX) + "\n")


def printable(text: str) -> str:
    """What a peer or a file wrote, without what would command a terminal: control, bidirectional and lone surrogate characters."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\u00a0\u202f" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    import unicodedata

    return " " if unicodedata.category(char) == "Zs" else char.encode("unicode_escape").decode("ascii")


@contextmanager
def progress(total: int | None, description: str, *, as_json: bool = False) -> Iterator[Callable[[int], None]]:
    """How far a long command has come, on standard error; yields `advance(steps)`. Silent when `as_json` (or quiet).

    A bar on a terminal; elsewhere (a log, a pipe) an occasional plain line.
    """
    if as_json:
        yield lambda _steps: None
        return
    if not sys.stderr.isatty():
        from vaguemestre.cli.plainprogress import PlainProgress

        plain = PlainProgress(total, description, sys.stderr)
        yield plain.advance
        plain.end()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda steps: bar.advance(task, steps)


def run_guarded(command: Callable[[], object], arguments: Sequence[str], program: str = "vaguemestre") -> int:
    """Run one command line and give its exit code; whatever happens, a person reads findings, never a traceback.

    `VAGUEMESTRE_DEBUG=1` lets the traceback of our own faults through.
    """
    lang = language(arguments)
    as_json = "--json" in _before_separator(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is written as in JSON
    try:
        with interrupted_when_asked_to_end():
            return _run(command, lang, as_json, program)
    except BrokenPipeError:
        return _reader_gone()
    except OSError as error:  # not even the findings could be written: a full or closed output
        refusal = environment_finding(error, "la sortie" if lang == "fr" else "the output")
        with suppress(OSError):
            sys.stderr.write(f"{LEVELS[lang]['error']} {refusal.code.code} {refusal.message(lang)}\n")
        return int(ExitCode.ENVIRONMENT)


def _run(command: Callable[[], object], lang: Language, as_json: bool, program: str) -> int:
    try:
        outcome = command()
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        outcome = ExitCode.INTERRUPTED
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):  # what Typer makes of one
            raise
        return _reader_gone()
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _is_output_gone():
            return _reader_gone()
        return _report_exception(error, lang, as_json, program)
    code = int(outcome) if isinstance(outcome, int) else int(ExitCode.DONE)
    if code == ExitCode.INTERRUPTED:
        sys.stderr.write(f"\n{LABELS[lang]['interrupted']}\n")
    return code


def _is_output_gone() -> bool:
    """Whether it was the reader of our output that went away, and no other peer: what could not be written still waits."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return True
    return False


def _reader_gone() -> int:
    """`... | head -1` has read enough: end in silence, as a program that is killed by SIGPIPE."""
    with suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains at its end
    return int(ExitCode.READER_GONE)


def _report_exception(error: Exception, lang: Language, as_json: bool, program: str) -> int:
    if isinstance(error, typer.TyperException):
        return _report_usage(error, lang, program, as_json)
    ending = failure_of(error, lang)
    return report_findings(ending.findings, lang=lang, as_json=as_json, exit_code=ending.exit_code)


def failure_of(error: Exception, lang: Language) -> CommandFailed:
    """How a command ends on an exception: what the machine refused, or the report of our own fault, as findings."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, EnvironmentFault):
        return CommandFailed(ExitCode.ENVIRONMENT, [error.finding])
    refusal = _machine_finding(error, lang)
    if os.environ.get(DEBUG_VARIABLE) == "1":
        import traceback

        traceback.print_exception(error)
    if refusal is not None:
        code = ExitCode.UNREADABLE if refusal.code.code in UNREADABLE_CODES else ExitCode.ENVIRONMENT
        return CommandFailed(code, [refusal])
    path = write_fault_report(error)
    return CommandFailed(ExitCode.FINDINGS, [finding("E006", fault=type(error).__name__, path=path)])


def _report_usage(error: typer.TyperException, lang: Language, program: str, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return int(ExitCode.USAGE)  # the parser has just shown the help
    command = context.command_path if context is not None else program
    labels = LABELS[lang]
    mark = " :" if lang == "fr" else ":"
    message = usage_message(error.format_message(), lang)
    if as_json:
        emit_json({"exit_code": int(ExitCode.USAGE), "findings": [], "usage": message})
    sys.stderr.write(f"{labels['usage']}{mark} {message}\n")
    sys.stderr.write(f"{labels['help_hint'].format(command=command)}\n")
    return int(ExitCode.USAGE)


def _machine_finding(error: Exception, lang: Language) -> Finding | None:
    """What the machine refused, in the most telling words; None when the fault is ours."""
    if not isinstance(error, OSError):
        return database_finding(error, lang)
    damaged = database_finding(error.__cause__, lang) if isinstance(error.__cause__, Exception) else None
    if damaged is not None and damaged.code.code == "E009":
        return finding("E009", path=error.filename)
    return environment_finding(error, "la sortie" if lang == "fr" else "the output")  # files say their name


def database_finding(error: Exception, lang: Language) -> Finding | None:
    """The finding for what SQLite says of the machine, directly or through SQLAlchemy; None when the fault is ours."""
    name = str(getattr(getattr(error, "orig", error), "sqlite_errorname", ""))
    path = "la base de l'état" if lang == "fr" else "the state's database"
    for prefix, code in _SQLITE_CODES:
        if name.startswith(prefix):
            return finding(code, path=path, reason=name)
    return None


def _before_separator(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments
