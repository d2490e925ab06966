"""Reading what a stranger sent without ever holding more than agreed: limits, and gzip opened within them.

Bytes come as chunks; a chunk sequence may end with a `Finding` that says why it ends there.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vaguemestre.core.findings import Finding, Place, finding

Chunks = Iterable[bytes | Finding]
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib: a gzip header, the largest window
_STEP_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How much of a stranger's input is read. vgm:bounded-reading."""

    size_bytes_max: int = 256 * 1024 * 1024  # after decompression
    ratio_max: int = 200  # decompressed / compressed
    ratio_from_bytes: int = 1024 * 1024  # below this size a high ratio harms nobody
    lost_bytes_max: int = 64 * 1024  # searched for the next record before giving up
    faults_max: int = 1000  # unreadable records before giving up


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
            yield chunk
            return
        first += chunk
        if len(first) >= len(GZIP_MAGIC):
            break
    rest = _joined(first, chunks)
    yield from _within(_gunzipped(rest, limits, source) if first[:2] == GZIP_MAGIC else rest, limits, source)


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
            if given > limits.ratio_from_bytes and given > limits.ratio_max * taken:
                yield finding("F012", Place(source), expected=limits.ratio_max)
                return
            if part:
                yield part
    if not engine.eof:
        yield finding("F011", Place(source))
