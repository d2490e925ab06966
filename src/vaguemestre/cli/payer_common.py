"""What the payer's commands share: opening the payer, the instant, showing what was done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vaguemestre.cli.shell import ExitCode, fail
from vaguemestre.core.findings import Language
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


def euros(cents: int, lang: Language) -> str:
    """An amount for a person."""
    return shown(cents, lang)
