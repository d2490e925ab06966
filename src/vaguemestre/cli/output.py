"""Files that a command writes where a person said: whole or not at all, and never in a directory that is not there."""

from pathlib import Path

from vaguemestre.cli.shell import fail
from vaguemestre.core.findings import finding


def require_directory(output: Path) -> None:
    """A mistyped path makes no directory: what is written would lie where nobody looks. Ends the command with E004."""
    if not output.absolute().parent.is_dir():
        fail(finding("E004", path=output.parent))


def write_whole(path: Path, data: bytes) -> None:
    """Write beside, then rename; a disk that is full leaves nothing there. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
