"""What the machine does to a store (disk full, no right, unreadable medium), told as the OSError that it is.

SQLite has its own words for them; whoever asks a store would otherwise read a full disk as our own fault.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

_ERRNO: Final = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EACCES,
    "SQLITE_CANTOPEN": errno.EACCES,
    "SQLITE_PERM": errno.EACCES,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_CORRUPT": errno.EIO,
    "SQLITE_NOTADB": errno.EIO,
}


_ROOM_BYTES_MIN: Final = 1 << 16


def _is_full(path: Path) -> bool:
    """A disk without room for SQLite's shared index is told by it as an input-output error."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM_BYTES_MIN
    except OSError:
        return False


@contextmanager
def machine_faults(path: Path) -> Iterator[None]:
    """Around any use of the store at `path`: the machine's refusals come out as OSError naming it, our own faults as they are."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        name = "_".join(
            str(getattr(original, "sqlite_errorname", "")).split("_")[:2]
        )  # SQLITE_IOERR_WRITE: SQLITE_IOERR
        number = _ERRNO.get(name)
        if number is None:
            raise
        if number == errno.EIO and _is_full(path):
            number = errno.ENOSPC
        raise OSError(number, os.strerror(number), str(path)) from error
