"""Reading what a stranger sent without ever holding more than agreed: limits, and gzip opened within them.

Bytes come as chunks; a chunk sequence may end with a `Finding` that says why it ends there.
"""

import zlib
from collections.abc import Iterable, Iterator

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass

Chunks = Iterable[bytes | Finding]
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib: a gzip header, the largest window
_STEP_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How much of a stranger's input is read. vgm:bounded-reading."""

    size_bytes_max: int = 64 * 1024 * 1024  # after decompression
    ratio_max: int = 200  # decompressed / compressed
    ratio_from_bytes: int = 1024 * 1024  # below this size a high ratio harms nobody
    lost_bytes_max: int = 64 * 1024  # searched for the next record before giving up
    faults_max: int = 1000  # refused records before giving up; warnings of one code that are kept


DEFAULT_LIMITS = ReadingLimits()


def chunks_of(data: bytes | Chunks) -> Iterator[bytes | Finding]:
    """Bytes in one piece as a sequence of one chunk; a sequence as it is."""
    if isinstance(data, bytes):
        yield data
    else:
        yield from data


def opened(data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = "") -> Iterator[bytes | Finding]:
    """The plain bytes, decompressed when they start as gzip does; never more than the limits allow.

    A last `Finding` (F011 damaged, F012 expands too much, F013 too large) says why the sequence ends early. rfc1952:2.3.
    """
    chunks = chunks_of(data)
    first = b""
    for chunk in chunks:
        if isinstance(chunk, Finding):
            yield from (first, chunk) if first else (chunk,)
            return
        first += chunk
        if len(first) >= len(GZIP_MAGIC):
            break
    rest = _joined(first, chunks)
    yield from _within(_gunzipped(rest, limits, source) if first[:2] == GZIP_MAGIC else rest, limits, source)


class Window:
    """The bytes at hand of a chunk sequence: a reader stands at `at` in `buffer`, asks for more, and forgets what it passed.

    `base` counts the bytes already forgotten, `stopped` is the finding that ended the sequence, if one did.
    """

    __slots__ = ("_chunks", "at", "base", "buffer", "ended", "stopped")

    def __init__(self, chunks: Iterator[bytes | Finding]) -> None:
        self._chunks = chunks
        self.buffer, self.at, self.base, self.ended = b"", 0, 0, False
        self.stopped: Finding | None = None

    @property
    def left(self) -> int:
        """Bytes at hand from the current place on."""
        return len(self.buffer) - self.at

    @property
    def offset(self) -> int:
        """The current place in the whole input, 1-based."""
        return self.base + self.at + 1

    def fill(self, wanted: int) -> None:
        """Have at least `wanted` bytes from the current place on, or the end of the input."""
        if self.ended or self.left >= wanted:
            return
        parts = [self.buffer[self.at :]]
        have = len(parts[0])
        self.base += self.at
        self.at = 0
        while have < wanted:
            chunk = next(self._chunks, None)
            if chunk is None or isinstance(chunk, Finding):
                self.stopped, self.ended = chunk, True
                break
            parts.append(chunk)
            have += len(chunk)
        self.buffer = b"".join(parts)

    def skip(self, blanks: bytes, look: int) -> None:
        """Stand on the next byte that is none of `blanks`, with `look` bytes at hand if there are so many; or at the end."""
        while True:
            self.fill(look)
            step = self.buffer[self.at : self.at + look]
            blank = len(step) - len(step.lstrip(blanks))
            self.at += blank
            if not blank:
                return

    def after_the_end(self, blanks: bytes, place: Place) -> Iterator[Finding]:
        """What follows the last record: F010 unless nothing but blanks does, and why the input itself ended early."""
        self.skip(blanks, _STEP_BYTES)
        if self.left:
            yield finding("F010", place)
        if self.stopped is not None:
            yield self.stopped


def gunzip(
    data: bytes, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[bytes | None, tuple[Finding, ...]]:
    """All the bytes of a gzip in one piece, or None and the finding that says why not."""
    parts: list[bytes] = []
    for part in _within(_gunzipped(iter((data,)), limits, source), limits, source):
        if isinstance(part, Finding):
            return None, (part,)
        parts.append(part)
    return b"".join(parts), ()


def _joined(first: bytes, rest: Iterator[bytes | Finding]) -> Iterator[bytes | Finding]:
    yield first
    yield from rest


def _within(chunks: Iterable[bytes | Finding], limits: ReadingLimits, source: str) -> Iterator[bytes | Finding]:
    total = 0
    for chunk in chunks:
        if isinstance(chunk, Finding):
            yield chunk
            return
        total += len(chunk)
        if total > limits.size_bytes_max:
            yield finding("F013", Place(source), expected=limits.size_bytes_max)
            return
        yield chunk


def _gunzipped(chunks: Iterator[bytes | Finding], limits: ReadingLimits, source: str) -> Iterator[bytes | Finding]:
    """Several members one after the other are one stream (rfc1952:2.2); zeros may pad the end."""
    engine = zlib.decompressobj(_GZIP_WINDOW)
    taken, given = 0, 0
    for chunk in chunks:
        if isinstance(chunk, Finding):
            yield chunk
            return
        taken += len(chunk)
        waiting = chunk
        while waiting:
            if engine.eof:
                waiting = waiting.lstrip(b"\0")
                if not waiting:
                    break
                engine = zlib.decompressobj(_GZIP_WINDOW)
            try:
                part = engine.decompress(waiting, _STEP_BYTES)
            except zlib.error:
                yield finding("F011", Place(source))
                return
            waiting = engine.unused_data if engine.eof else engine.unconsumed_tail
            given += len(part)
            if given > limits.ratio_from_bytes and given > limits.ratio_max * (taken - len(waiting)):
                yield finding("F012", Place(source), expected=limits.ratio_max)
                return
            if part:
                yield part
    if not engine.eof:
        yield finding("F011", Place(source))
