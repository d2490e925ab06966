"""Where a conversion is written: a file, a folder of files, standard output. All of it or nothing: names are given at the end."""

import errno
import gzip
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Final

from vaguemestre.core.findings import Finding, Place, finding

STANDARD_OUTPUT: Final = "-"
_WRITE_RECORDS = 4096
_GZIP_LEVEL = 6


class OutputExistsError(FileExistsError):
    """What would be written stands there already; `finding` names it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.finding: Finding = finding("J013", Place(str(path)), path=path)


@contextmanager
def file_output(name: str, *, force: bool) -> Iterator[IO[bytes]]:
    """A file to write, `-` for standard output. It bears its name once the block ends well; else nothing is left of it.

    A device or a named pipe is written into, never replaced. Raises OutputExistsError unless `force`, OSError.
    """
    if name == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if _takes_what_is_written(Path(name)):
        with named(name), open(name, "wb") as stream:
            yield stream
        return
    with named(name), OutputFolder(Path(name).parent, force=force) as folder, folder.open(Path(name).name) as stream:
        yield stream


@contextmanager
def named(name: str) -> Iterator[None]:
    """A write that fails does not say where: let its error bear the name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = name
        raise


def _takes_what_is_written(path: Path) -> bool:
    """Whether this is a device or a pipe (`/dev/stdout`, the shell's `>(...)`): neither a file to keep nor a folder."""
    return path.exists() and not path.is_file() and not path.is_dir()


class OutputFolder:
    """Files that appear in a folder all at once, when the block ends well; `names` are those that the folder may hold afterwards.

    Other files of the folder are left alone; with `force`, files of `names` that are not written again are removed.
    """

    def __init__(self, path: Path, names: Iterable[str] = (), *, force: bool) -> None:
        self.path, self._names, self._force = path, frozenset(names), force
        self._parts: dict[str, Path] = {}
        self._made = False

    def __enter__(self) -> "OutputFolder":
        standing = sorted(name for name in self._names if (self.path / name).exists())
        if standing and not self._force:
            raise OutputExistsError(self.path / standing[0])
        if not self.path.exists():
            self.path.mkdir()
            self._made = True
        return self

    def open(self, name: str) -> IO[bytes]:
        """A new file of the folder. Raises OutputExistsError, OSError."""
        if (self.path / name).exists() and not self._force:
            raise OutputExistsError(self.path / name)
        if (self.path / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.path / name))
        part = self.path / f".{name}.{os.getpid()}.part"
        part.unlink(missing_ok=True)  # left by a process of the same number; a link planted there is not followed
        stream = part.open("xb")
        self._parts[name] = part
        return stream

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._name_all()
        finally:
            self._clear()

    def _name_all(self) -> None:
        for name, part in self._parts.items():
            part.replace(self.path / name)
        for name in self._names - set(self._parts):
            (self.path / name).unlink(missing_ok=True)

    def _clear(self) -> None:
        """Nothing stays of what did not get its name, nor an empty folder that was made for it."""
        for part in self._parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
        if self._made:
            with suppress(OSError):
                self.path.rmdir()


def packed(stream: IO[bytes], wanted: bool) -> AbstractContextManager[IO[bytes]]:
    """The stream itself, or one that compresses what is written to it."""
    if not wanted:
        return nullcontext(stream)
    # no name and no hour in it: the same file gives the same bytes
    return gzip.GzipFile("", "wb", _GZIP_LEVEL, stream, mtime=0)  # type: ignore[return-value]


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Many small pieces as fewer large ones."""
    waiting: list[bytes] = []
    for piece in pieces:
        waiting.append(piece)
        if len(waiting) >= _WRITE_RECORDS:
            yield b"".join(waiting)
            waiting.clear()
    yield b"".join(waiting)
