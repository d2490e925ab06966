"""What the payer's commands share: opening the payer, the instant, showing what was done."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from vaguemestre.cli.shell import ExitCode, emit_json, exit_code_for, fail, finding_document, report_findings
from vaguemestre.core.findings import Finding, Language, worst_first
from vaguemestre.core.money import shown
from vaguemestre.wiring.payer import NotReadyError, OpenedPayer, opened_payer


@contextmanager
def payer(state: Path) -> Iterator[OpenedPayer]:
    """The payer of a state directory, closed at the end; what stands in its way ends the command."""
    try:
        opened = opened_payer(state)
    except NotReadyError as error:
        fail(error.findings, ExitCode.UNREADABLE)
    try:
        yield opened
    finally:
        opened.close()


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
    told = worst_first(findings)
    code = exit_code_for(told) if exit_code is None else exit_code
    if as_json:
        said = [finding_document(item, lang) for item in told]
        emit_json({"exit_code": int(code), "findings": said, **document})
        return int(code)
    for line in lines:
        typer.echo(line)
    report_findings(told, lang=lang)
    return int(code)


def euros(cents: int, lang: Language) -> str:
    """An amount for a person."""
    return shown(cents, lang)
