"""Copies of what an operator takes in, for the auditor of a simulated world alone. An operator that serves people keeps none.

An operator forgets a message once it is delivered: what could be read on the way would leave no trace for whoever looks afterwards.
"""

from pathlib import Path
from typing import Final

COPIES_BYTES_MAX: Final = 512 << 20
_BETWEEN: Final = b"\r\n\r\n"


class Copies:
    """Appends each message to one file, as it was taken in, up to `bytes_max`; then counts those left out, in a file beside."""

    def __init__(self, path: Path, bytes_max: int = COPIES_BYTES_MAX) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._room_bytes = bytes_max - self._file.tell()
        self._left_out = 0

    def keep(self, message: bytes) -> None:
        """Copy one message, or count it. Raises OSError as any write to a disk does."""
        self._room_bytes -= len(message) + len(_BETWEEN)
        if self._room_bytes >= 0:
            self._file.write(message + _BETWEEN)
            return
        self._left_out += 1
        left_out_file(self._path).write_text(str(self._left_out), encoding="ascii")

    def close(self) -> None:
        """No more is copied."""
        self._file.close()


def left_out_file(path: Path) -> Path:
    """Where the count of messages that found no room stands; absent when there is none."""
    return path.with_name(f"{path.name}.left-out")
