"""What the payer's commands share: opening the payer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vaguemestre.cli.shell import ExitCode, fail
from vaguemestre.wiring.opening import NotReadyError
from vaguemestre.wiring.payer import OpenedPayer, opened_payer


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
