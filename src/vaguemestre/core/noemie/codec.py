"""NOEMIE entities: the same engine as B2's over `tables/layouts/noemie.csv`; a stream without newline, each entity closed by `@`.

000 and 999 have 128 bytes and no `@`; every other entity has its own length. A reader takes the type, reads that many bytes and
checks the `@`; what does not fit becomes a finding, and it finds its footing again at the next entity.
"""

import re
from collections.abc import Iterator, Mapping

from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits, Window, opened
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import Family, Record, Value

NOEMIE_ENTITIES = Family(NOEMIE)
_SIZES = {name.encode("ascii"): layout.size for name, layout in NOEMIE.items()}
_LONGEST = max(_SIZES.values())
_ENDS = (b"000", b"999")
_TYPE = b"|".join(re.escape(name) for name in _SIZES if name not in _ENDS)
_NEXT = re.compile(rb"@\s*(?=(?:%b)[0-9]{2}|999[A-Z]{2})|(?=999[A-Z]{2}[0-9]{14}|000[A-Z]{2}[0-9]{14})" % _TYPE)
_FRAME = re.compile(rb"(?:000|999)[A-Z]{2}[0-9]{14}")
_BLANKS = b" \r\n\x1a"


def encode_entity(name: str, values: Mapping[str, Value]) -> bytes:
    """One entity with its `@`. Values as in `b2.codec.encode_record`; raises UnwritableError, KeyError, TypeError alike."""
    return NOEMIE_ENTITIES.encode(name, values)


def decode_entity(
    data: bytes, number: int | None = None, source: str = ""
) -> tuple[Record | None, tuple[Finding, ...]]:
    """One entity from its bytes, `@` included, and what is wrong with it; None when its type or length is unknown."""
    record, findings = NOEMIE_ENTITIES.decode(data, number, source)
    if record is None:
        place = Place(source, number)
        size = _SIZES.get(data[:3])
        if size is None:
            return None, (finding("B061", place, found=str(data[:3], "latin-1")),)
        return None, (finding("B060", place, found=str(data[:3], "latin-1"), expected=size),)
    return record, findings


def read_entities(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> Iterator[tuple[int, Record] | Finding]:
    """Entities with their rank (1-based) and findings, in reading order; reading ends after 999.

    `data` in one piece or in chunks, plain or gzip. An input that holds no entity at all gives one finding.
    """
    stream = _Stream(opened(data, limits, source), limits, source)
    held: list[Finding] = []
    recognised = False
    for item in stream.read():
        if not recognised and isinstance(item, Finding):
            held.append(item)
            continue
        if not recognised:
            recognised = True
            yield from held
        yield item
    if not recognised:
        strong = [item for item in held if item.code.code in ("F001", "F011", "F012", "F013", "B060")]
        yield strong[0] if strong else finding("F004", Place(source), expected="NOEMIE")


class _Stream:
    """The bytes at hand, and where the next entity should start."""

    def __init__(self, chunks: Iterator[bytes | Finding], limits: ReadingLimits, source: str) -> None:
        self._window, self._limits, self._source = Window(chunks), limits, source
        self._rank = self._faults = 0

    def read(self) -> Iterator[tuple[int, Record] | Finding]:
        window = self._window
        while True:
            window.skip(_BLANKS, _LONGEST)
            if not window.left:
                break
            self._rank += 1
            start = window.at
            data = self._entity(start)
            if not data:
                lost = self._regain()
                yield lost
                if lost.code.code == "F008":
                    return
                self._faults += 1
                if self._faults >= self._limits.faults_max:
                    yield finding("F009", Place(self._source, self._rank), expected=self._limits.faults_max)
                    return
                continue
            window.at = start + len(data)
            record, findings = decode_entity(data, self._rank, self._source)
            yield from findings
            if record is not None:
                yield self._rank, record
            if data[:3] == b"999":
                yield from window.after_the_end(_BLANKS, Place(self._source, self._rank + 1))
                return
        if window.stopped is not None:
            yield window.stopped
        elif self._rank == 0:
            yield finding("F001", Place(self._source))

    def _entity(self, start: int) -> bytes:
        """The entity that starts there, by its type, its length and its end; b"" when there is none."""
        buffer = self._window.buffer
        kind = buffer[start : start + 3]
        size = _SIZES.get(kind)
        data = buffer[start : start + size] if size else b""
        closed = _FRAME.match(data) is not None if kind in _ENDS else data[-1:] == b"@"
        return data if closed and len(data) == size else b""

    def _regain(self) -> Finding:
        """Stand on the next plausible entity and say what was lost; F008 when none is near."""
        window, limit = self._window, self._limits.lost_bytes_max
        window.fill(limit)
        start, place = window.at, Place(self._source, self._rank)
        head = str(window.buffer[start : start + 3], "latin-1")
        size = _SIZES.get(window.buffer[start : start + 3])
        found = _NEXT.search(window.buffer, start + 1)
        if size is not None and self._entity(start + size):
            window.at = start + size  # only its end mark was wrong
        elif found is not None:
            window.at = found.end()
        elif window.ended and window.left < limit:
            window.at = len(window.buffer)
        else:
            return finding("F008", place, offset=window.offset, expected=limit)
        if size is None:
            return finding("B061", place, found=head)
        return finding("B060", place, found=head, expected=size)
