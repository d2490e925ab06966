"""Cuts a stranger's bytes into NOEMIE entities: no newline needed, each closed by `@` at its size, in bounded memory.

What is no entity becomes a `Lost` passage with its place and size, and the cutter stands on the next entity: every byte of the
input is an entity's, a lost passage's, or a blank between two of them.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from vaguemestre.core.bounded import ReadingLimits, Window
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.layouts import NOEMIE

SIZES = {name.encode("ascii"): layout.size for name, layout in NOEMIE.items()}
"""Entity type -> its length in bytes."""

_ENDS = (b"000", b"999")
_LOOK_BYTES = 2 * max(SIZES.values()) + 64  # one entity, and the start of the next
_STEP_BYTES = 1 << 14
_GROWTH = 8
_STRAY_BYTES_MAX = 8  # too many, or too few, before the entity that follows is given up as well
_FRAME_BYTES = SIZES[b"000"]
_MARK = 0x40  # @
_BLANKS = b"\r\n\x1a"
_FILL = b" \r\n\x1a"
_FRAME = rb"(?:000|999)[A-Z]{2}[0-9]{14}"
_HEAD = rb"(?:%b)[0-9]{2}" % b"|".join(name for name in SIZES if name not in _ENDS)
_FRAME_START = re.compile(_FRAME)
_START = re.compile(rb"%b|%b" % (_FRAME, _HEAD))
_NEXT = re.compile(rb"(?:@[ \r\n\x1a]{0,64}|[\r\n\x1a]+)(?=%b|%b)|(?=%b)" % (_HEAD, _FRAME, _FRAME))


class Cut(NamedTuple):
    """One entity: its rank (lost passages count), the 1-based offset of its first byte, its bytes with their `@`."""

    rank: int
    offset: int
    data: bytes


class Lost(NamedTuple):
    """A passage that is no entity: B060 (a known type, not closed where it should be), B061 (no known type), F008 (no end)."""

    rank: int
    offset: int
    size: int
    finding: Finding


class Cutter:
    """The bytes at hand, and where the next entity should start."""

    def __init__(self, chunks: Iterator[bytes | Finding], limits: ReadingLimits, source: str = "") -> None:
        self._window, self._limits, self._source = Window(chunks), limits, source
        self._rank = self._faults = 0

    @property
    def offset(self) -> int:
        """The 1-based offset of the next byte to be read."""
        return self._window.offset

    def cut(self) -> Iterator[Cut | Lost | Finding]:
        """In the order of the input; reading ends after 999. A last finding says why (F001, F009, F010, the input's own)."""
        window = self._window
        while True:
            if window.left < _LOOK_BYTES or window.buffer[window.at] in _BLANKS:
                window.skip(_BLANKS, _LOOK_BYTES)
            if not window.left or (not self._rank and not self._any_byte()):
                break
            self._rank += 1
            data = self._entity(window.at)
            if data:
                yield Cut(self._rank, window.offset, data)
                window.at += len(data)
                if data.startswith(b"999"):
                    yield from window.after_the_end(_FILL, Place(self._source, self._rank + 1))
                    return
                continue
            lost = self._regain()
            yield lost
            if lost.finding.code.code == "F008":
                return
            self._faults += 1
            if self._faults >= self._limits.faults_max:
                yield finding("F009", Place(self._source, self._rank), expected=self._limits.faults_max)
                return
        if window.stopped is not None:
            yield window.stopped
        elif self._rank == 0:
            yield finding("F001", Place(self._source))

    def _any_byte(self) -> bool:
        """Whether the input holds anything but blanks: asked once, where it starts."""
        self._window.skip(_FILL, _LOOK_BYTES)
        return self._window.left > 0

    def _entity(self, start: int) -> bytes:
        """The entity that starts there, by its type, its length and its end; b"" when there is none."""
        buffer = self._window.buffer
        kind = buffer[start : start + 3]
        size = SIZES.get(kind)
        if size is None:
            return b""
        data = buffer[start : start + size]
        if len(data) != size or b"\n" in data or b"\r" in data:
            return b""
        if kind not in _ENDS:
            return data if data[-1] == _MARK and (data.count(b"@") == 1 or not self._swallows(start, size)) else b""
        if _FRAME_START.match(data) is None or b"@" in data:
            return b""
        return data if kind == b"999" or self._stands_alone(start) else b""

    def _swallows(self, start: int, size: int) -> bool:
        """Whether another entity follows an end mark inside: this one is cut short, and ends at a later one's mark by chance."""
        data = self._window.buffer[start : start + size]
        return any(_NEXT.match(data, at) for at in range(size - 1) if data[at] == _MARK)

    def _stands_alone(self, start: int) -> bool:
        """Whether no entity starts a few bytes before this frame's end: it has no mark of its own to say where that is."""
        end = start + _FRAME_BYTES
        return self._is_start(end) or not any(self._is_start(at) for at in range(end - _STRAY_BYTES_MAX, end))

    def _is_start(self, at: int) -> bool:
        """Whether an entity that is closed where it should be, or a frame, starts there."""
        buffer = self._window.buffer
        if _START.match(buffer, at) is None:
            return False
        kind = buffer[at : at + 3]
        return kind in _ENDS or bool(self._entity(at))

    def _regain(self) -> Lost:
        """Stand on the next plausible entity and say what was lost; F008 when none is within the limit."""
        window, limit = self._window, self._limits.lost_bytes_max
        found = self._next_start(limit)
        start, offset, place = window.at, window.offset, Place(self._source, self._rank)
        window.at = len(window.buffer) if found is None else found
        lost = len(window.buffer[start : window.at].rstrip(_BLANKS))
        if found is None and (not window.ended or lost > limit):
            return Lost(self._rank, offset, lost, finding("F008", place, offset=offset, expected=limit))
        kind = window.buffer[start : start + 3]
        size, head = SIZES.get(kind), str(kind, "latin-1")
        if size is None:
            return Lost(self._rank, offset, lost, finding("B061", place, found=head, offset=offset, lost=lost))
        unclosed = finding("B060", place, found=head, expected=size, offset=offset, lost=lost)
        return Lost(self._rank, offset, lost, unclosed)

    def _next_start(self, limit: int) -> int | None:
        """Where the next plausible entity starts, in what is at hand or a little further, up to the limit."""
        window, wanted = self._window, _STEP_BYTES
        while True:
            window.fill(min(wanted, limit))
            found = _NEXT.search(window.buffer, window.at + 1)
            after = None if found is None else found.end()
            near = self._near_start(after)
            if near is not None or after is not None:
                return after if near is None else near
            if window.ended or wanted >= limit:
                return None
            wanted = max(wanted, window.left) * _GROWTH

    def _near_start(self, before: int | None) -> int | None:
        """An entity after a few stray bytes, or about where the damaged one should have ended, before `before`."""
        start, buffer = self._window.at, self._window.buffer
        known = SIZES.get(buffer[start : start + 3])
        usual = start + (known or _FRAME_BYTES)
        last = len(buffer) if before is None else before
        edges = range(max(start + 1, usual - _STRAY_BYTES_MAX), usual + _STRAY_BYTES_MAX + 1)
        for at in chain(range(start + 1, start + 1 + _STRAY_BYTES_MAX), edges):
            if at < last and _START.match(buffer, at) and self._entity(at):
                return at
        if known and usual + _STRAY_BYTES_MAX < last and _START.match(buffer, usual):
            return usual  # damaged as well, but its type stands where it should
        return None
