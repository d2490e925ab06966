"""What the payer's commands share: opening the payer, reading a file that somebody names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vaguemestre.cli.shell import ExitCode, fail
from vaguemestre.core.findings import Place, finding
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


def read_within(file: Path, bytes_max: int) -> bytes:
    """The bytes of a file; one that is larger ends the command before it fills the memory (F013, exit code 3)."""
    with file.open("rb") as stream:
        data = stream.read(bytes_max + 1)
    if len(data) > bytes_max:
        fail(finding("F013", Place(source=file.name), expected=bytes_max), ExitCode.UNREADABLE)
    return data
