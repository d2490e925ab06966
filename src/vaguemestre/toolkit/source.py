"""Any input as named chunks of plain bytes: files, folders, shell patterns, pipes, standard input; gzip and messages opened.

Nothing is opened before its chunks are asked for, and never more than about a megabyte is held.
"""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from io import BytesIO
from typing import IO, Final, cast

from vaguemestre.core.bounded import Chunks, ReadingLimits, opened
from vaguemestre.core.faults import environment_finding
from vaguemestre.core.findings import Finding, Level, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.toolkit.message import is_message, message_content

CHUNK_BYTES: Final = 1 << 20
STANDARD_INPUT: Final = "-"

TOOLKIT_LIMITS: Final = ReadingLimits(
    size_bytes_max=1 << 44,
    ratio_from_bytes=64 << 20,
    lost_bytes_max=1 << 20,
    faults_max=10_000,
)
"""A person reads their own file: its size is bounded by the disk alone, its expansion and what is kept of it are not.
vgm:toolkit-reading."""

_NO_END: Final = 1 << 60

Progress = Callable[[int], None]
"""Told of so many bytes as they are read."""
Opener = Callable[[], AbstractContextManager[IO[bytes]]]


def unending(limits: ReadingLimits) -> ReadingLimits:
    """The same limits, whatever the number of faults: what is kept of them is bounded elsewhere."""
    return replace(limits, faults_max=_NO_END)


@dataclass(frozen=True, slots=True)
class Source:
    """One input. `name` is what places show."""

    name: str
    opener: Opener = field(repr=False, compare=False)
    limits: ReadingLimits = field(default=TOOLKIT_LIMITS, repr=False)

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "", limits: ReadingLimits = TOOLKIT_LIMITS) -> "Source":
        """Bytes at hand as an input."""
        return cls(name, lambda: BytesIO(data), limits)

    def chunks(self) -> Iterator[bytes | Finding]:
        """Plain bytes, 1 to `CHUNK_BYTES` each: out of gzip, out of a message's attachment.

        A last `Finding` says why the input ends early or cannot be opened (areas F and E).
        """
        plain = opened(self._raw(), self.limits, self.name)
        head = next(plain, None)
        if head is None or isinstance(head, Finding):
            yield from () if head is None else (head,)
            return
        while len(head) < HEADER_LOOK_BYTES:  # a pipe may bring a few bytes at a time
            more = next(plain, None)
            if more is None or isinstance(more, Finding):
                plain = _joined([] if more is None else [more], iter(()))
                break
            head += more
        whole = _joined([head], plain)
        if is_message(head):
            whole = opened(message_content(whole, self.name), self.limits, self.name)
        yield from filter(None, whole)  # an empty chunk would look like the end

    def _raw(self) -> Iterator[bytes | Finding]:
        try:
            with self.opener() as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            yield environment_finding(error, self.name)


HEADER_LOOK_BYTES: Final = 4096


def _joined(first: Iterable[bytes | Finding], rest: Chunks) -> Iterator[bytes | Finding]:
    yield from first
    yield from rest


def sources(arguments: Sequence[str], limits: ReadingLimits = TOOLKIT_LIMITS) -> Iterator[Source | Finding]:
    """The inputs that a command's arguments name, in their order; a `Finding` where one names nothing.

    A folder gives its files, those of its folders too, in the order of their names; hidden ones and what is no file are
    left out. A pattern is expanded when the shell has not done so. `-` is standard input.
    """
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield Source(STANDARD_INPUT, _standard_input, limits)
        elif os.path.isdir(argument):
            yield from _folder(argument, limits)
        elif not os.path.lexists(argument) and glob.has_magic(argument):
            yield from _pattern(argument, limits)
        else:
            yield _file(argument, limits)


def told(chunks: Iterator[bytes | Finding], progress: Progress | None) -> Iterator[bytes | Finding]:
    """The same chunks; `progress` hears the size of each."""
    for chunk in chunks:
        yield chunk
        if progress is not None and not isinstance(chunk, Finding):
            progress(len(chunk))


def exit_code(item: Finding) -> int:
    """How a command ends that could not read an input because of this: 3 unreadable, 4 the machine refuses. vgm:exit-codes."""
    if item.level is not Level.ERROR:
        return 0
    return 4 if item.code.code.startswith("E") and item.code.code != "E004" else 3


def _standard_input() -> AbstractContextManager[IO[bytes]]:
    if sys.stdin is None:  # a command started without any input
        return BytesIO()
    stream = sys.stdin.buffer
    return nullcontext(
        cast(IO[bytes], getattr(stream, "raw", stream))
    )  # raw: gives what a pipe has, without waiting for more


def _file(path: str, limits: ReadingLimits) -> Source:
    return Source(path, lambda: open(path, "rb", buffering=0), limits)


def _folder(folder: str, limits: ReadingLimits) -> Iterator[Source | Finding]:
    empty = True
    for item in _walk(folder):
        empty = False
        yield item if isinstance(item, Finding) else _file(item, limits)
    if empty:
        yield finding("F020", Place(folder))


def _walk(folder: str) -> Iterator[str | Finding]:
    """Depth first, so that a deep tree needs no more than its open branch; links to folders are not followed."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not os.path.isdir(path):
            yield path
            continue
        try:
            with os.scandir(path) as entries:
                kept = [entry for entry in entries if not entry.name.startswith(".") and _fits(entry)]
        except OSError as error:
            yield environment_finding(error, path)
            continue
        waiting.extend(entry.path for entry in sorted(kept, key=lambda entry: entry.name, reverse=True))


def _fits(entry: "os.DirEntry[str]") -> bool:
    return entry.is_file() or entry.is_dir(follow_symlinks=False)


def _pattern(pattern: str, limits: ReadingLimits) -> Iterator[Source | Finding]:
    found = sorted(glob.iglob(pattern, recursive=True))
    if not found:
        yield finding("F021", Place(pattern), found=pattern)
    once = {os.path.realpath(path): path for path in reversed(found)}  # `**` walks into links that loop
    for path in sorted(once.values()):
        if os.path.isdir(path):
            yield from _folder(path, limits)
        else:
            yield _file(path, limits)
