"""`vaguemestre audit`: the independent auditor's inquiry about a world that was kept."""

import typer
from rich.console import Console

from vaguemestre.audit.inquiry import inquire
from vaguemestre.audit.stores import StoreVersionError
from vaguemestre.cli.shell import STATE_DEFAULT, ExitCode, JsonOption, LangOption, StateOption, emit_json, fail
from vaguemestre.cli.worldreport import document, evidence_of, show
from vaguemestre.core.findings import finding
from vaguemestre.sim.worldfiles import WorldFiles


def audit(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> None:
    """Compare what people did with what the stores say, to the cent, and search everything for what must not be readable."""
    files = WorldFiles(state)
    if not files.deeds.exists() or not files.payer_store.exists():
        fail(finding("E004", path=files.deeds), ExitCode.UNREADABLE)
    try:
        inquiry = inquire(evidence_of(files))
    except StoreVersionError as newer:
        fail(finding("E005", path=newer.path, found=newer.found, known=newer.known), ExitCode.ENVIRONMENT)
    if as_json:
        emit_json(document(inquiry))
    else:
        show(Console(), inquiry, None, lang)
    if not inquiry.holds:
        raise typer.Exit(int(ExitCode.FINDINGS))
