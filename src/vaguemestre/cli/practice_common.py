"""What the practice's commands share: opening the practice, naming a sheet, showing what was said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from vaguemestre.cli.shell import ExitCode, fail
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language, finding
from vaguemestre.core.money import shown
from vaguemestre.core.practice.book import SheetKey, SheetRow
from vaguemestre.edge.clock import SystemClock
from vaguemestre.role.practice.corrections import key_of
from vaguemestre.role.practice.ways import notice_passwords
from vaguemestre.wiring.opening import NotReadyError
from vaguemestre.wiring.practice import Opened, open_practice

SheetArgument = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help=say("La feuille, comme 751990110/2022-04-27/0012.", "The sheet, as 751990110/2022-04-27/0012."),
    ),
]


@contextmanager
def practice(state: Path, *, store_directory: Path | None = None) -> Iterator[Opened]:
    """The practice of a state directory, closed at the end; what stands in its way ends the command."""
    try:
        opened = open_practice(state, store_directory=store_directory)
    except NotReadyError as error:
        fail(error.findings, ExitCode.UNREADABLE)
    try:
        notice_passwords(opened.edges, opened.password_prints, now())
        yield opened
    finally:
        opened.close()


def now() -> datetime:
    """The machine's instant: commands are used by people."""
    return SystemClock().now()


def named(name: str) -> SheetKey:
    """The key that a person typed; ends the command when it has not the form of one."""
    key = key_of(name)
    if key is None:
        fail(finding("R040", sheet=name))
    return key


def sheet_document(row: SheetRow, held_since: datetime | None = None) -> dict[str, Any]:
    """One sheet as every `--json` of the practice shows it; amounts in cents. `held_since`: by the fund, for a person to decide."""
    return {
        "sheet": str(row.key),
        "state": row.state.value,
        "settlement": row.settlement.value,
        "origin": row.origin.value,
        "destination": row.destination.code,
        "fund_cents": row.fund_cents,
        "accepted_cents": row.accepted_cents,
        "rejected_cents": row.rejected_cents,
        "paid_cents": row.paid_cents,
        "completed_on": row.completed_on,
        "deadline": row.deadline,
        "recorded_at": row.recorded_at,
        "on_paper_at": row.on_paper_at,
        "acknowledged_at": row.acknowledged_at,
        "ended_at": row.ended_at,
        "held_since": held_since,
    }


def euros(cents: int | None, lang: Language) -> str:
    """An amount for a person, "-" when there is none."""
    return "-" if cents is None else shown(cents, lang)
