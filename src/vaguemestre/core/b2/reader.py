"""Cuts a stranger's bytes into B2 records of 128 bytes: with no separator, LF or CRLF, plain or gzip, in bounded memory.

A record cut short, too long, or a passage that is no record becomes a finding with its place, and the reader finds its footing
again. What is no B2 file at all gets one finding. Records of one issuer that follow each other in step are cut together, as a run.
"""

import re
from collections.abc import Iterator

from vaguemestre.core.b2.codec import RECORD_BYTES, is_sound
from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits, Window, opened
from vaguemestre.core.findings import Finding, Place, finding

RawRecord = tuple[int, bytes]
"""Rank in the file (1-based) and the 128 bytes."""

Run = tuple[int, bytes]
"""Rank of the first record (1-based) and one or several records of 128 bytes each, without separator."""

_NUMBER = rb"[0-9][0-9AB][0-9]{7}"  # a billing number; A and B for a Corsican one that was not rewritten
_LOOSE = re.compile(rb"000[A-Z]|999[A-Z]|[1-6]" + _NUMBER)
_STRICT = rb"000[A-Z]{2}[0-9]{14}|999[A-Z]{2}[0-9]{14}|1%b {6}[0-9]{9}|[2-5]%b [0-9A-Z]{13}" % (_NUMBER, _NUMBER)
_STRICT_START = re.compile(_STRICT)
_STARTS_WELL = re.compile(rb"[\r\n\x1a]*(?:000|" + _STRICT + b")")
_LOOK_BYTES = 2 * RECORD_BYTES + 64  # what must be at hand to judge one record and the start of the two after it
_SNIFF_BYTES = 256
_TYPES = frozenset(b"123456")
_BLANKS = b"\r\n\x1a"  # ends of lines, and the end mark of old systems
_RUN_RECORDS_MAX = 4096


def _run_of(rest: bytes) -> re.Pattern[bytes]:
    """Records of one issuer in step; `rest`: what follows type and issuer, the end of line included."""
    return re.compile(b"[1-6]([^\n]{9})%b(?:[1-6]\\1%b){0,%d}" % (rest, rest, _RUN_RECORDS_MAX - 1))


_RUN = _run_of(b"[^\n]{118}")
_RUN_LF = _run_of(b"[^\n]{117}[^\r\n]\n")
_RUN_CRLF = _run_of(b"[^\n]{118}\r\n")


def read_records(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> Iterator[RawRecord | Finding]:
    """Records and findings in the order of the input; `source` goes to the findings' places. b2file:000."""
    for item in read_runs(data, limits, source):
        if isinstance(item, Finding):
            yield item
            continue
        rank, run = item
        for start in range(0, len(run), RECORD_BYTES):
            yield rank, run[start : start + RECORD_BYTES]
            rank += 1


def read_runs(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> Iterator[Run | Finding]:
    """As `read_records`, but records that follow each other in step come together: the quick way through a long file."""
    held: list[Finding] = []  # until a first record shows that this is B2
    cutter = _Cutter(opened(data, limits, source), limits, source)
    recognised = False
    for item in cutter.cut():
        if not recognised and isinstance(item, Finding):
            held.append(item)
            continue
        if not recognised:
            recognised = True
            yield from held
        yield item
    if not recognised:
        yield _verdict(held, cutter)


def _verdict(held: list[Finding], cutter: "_Cutter") -> Finding:
    """One finding for an input without a single record: the reason nearest to its cause."""
    for item in held:
        if item.code.code not in ("F003", "F005", "F006", "F007", "F008", "F009"):
            return item
    if held and cutter.starts_well:
        return held[-1] if held[0].code.code == "F003" else held[0]
    return finding("F004", Place(cutter.source), expected="B2")


class _Cutter:
    """The bytes at hand, and where the next record should start."""

    def __init__(self, chunks: Iterator[bytes | Finding], limits: ReadingLimits, source: str) -> None:
        self.source, self.starts_well = source, False
        self._window, self._limits = Window(chunks), limits
        self._provider, self._number, self._faults = b"", 0, 0

    def cut(self) -> Iterator[Run | Finding]:
        """Runs and findings; at most one input in a life."""
        window = self._window
        refused = self._preamble()
        if refused is not None:
            yield refused
            if refused.code.code != "F003":
                return
        while True:
            if window.left < _LOOK_BYTES or window.buffer[window.at] in _BLANKS:
                window.skip(_BLANKS, _LOOK_BYTES)
            if not window.left:
                break
            start = window.at
            after = start + RECORD_BYTES
            run = self._run(start, after)
            if run:
                yield self._number + 1, run
                self._number += len(run) // RECORD_BYTES
                continue
            record = window.buffer[start:after]
            self._number += 1
            if self._is_whole(start) and self._in_step(start, after):
                window.at = after
                if record[0] in _TYPES:
                    self._provider = record[1:10]
                yield self._number, record
                if record.startswith(b"999"):
                    yield from window.after_the_end(_BLANKS, Place(self.source, self._number + 1))
                    return
                continue
            for item in self._regain():
                yield item
                if isinstance(item, Finding) and item.code.code == "F008":
                    return
            self._faults += 1
            if self._faults >= self._limits.faults_max:
                yield finding("F009", Place(self.source, self._number), expected=self._limits.faults_max)
                return
        if window.stopped is not None:
            yield window.stopped

    def _preamble(self) -> Finding | None:
        window = self._window
        window.fill(_SNIFF_BYTES)
        head = window.buffer[:_SNIFF_BYTES]
        place = Place(self.source)
        if not head.strip(_BLANKS):
            return window.stopped or finding("F001", place)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _every_second_is_nul(head):
            return finding("F002", place, found="UTF-16")
        if b"\0" in head:
            return finding("F002", place, found="binary (NUL bytes)")
        if head.startswith(b"\xf0\xf0\xf0"):
            return finding("F002", place, found="EBCDIC")
        mark = head.startswith(b"\xef\xbb\xbf")
        window.at = 3 if mark else 0
        self.starts_well = _STARTS_WELL.match(head, window.at) is not None
        return finding("F003", place) if mark else None

    def _run(self, start: int, after: int) -> bytes:
        """The records in step from `start` on, each followed by another one or by an end of line; "" when one record must be judged
        alone. What this takes at once, `_is_whole` and `_in_step` would take one by one.
        """
        window = self._window
        buffer = window.buffer
        if not self._provider or not buffer.startswith(self._provider, start + 1):
            return b""
        end = buffer[after : after + 2]
        if end[:1] == b"\n":
            match, separator, last = _RUN_LF.match(buffer, start), b"\n", 0
        elif end == b"\r\n":
            match, separator, last = _RUN_CRLF.match(buffer, start), b"\r\n", 0
        else:
            match, separator, last = _RUN.match(buffer, start), b"", RECORD_BYTES
        if match is None or match.end() - last <= start:
            return b""
        window.at = match.end() - last
        run = buffer[start : window.at]
        return run.replace(separator, b"") if separator else run

    def _starts(self, at: int) -> bool:
        """Whether a record seems to start there: by the provider that the last record named, else by its general form."""
        buffer = self._window.buffer
        if not self._provider:
            return _LOOSE.match(buffer, at) is not None
        if buffer[at + 1 : at + 10] == self._provider and buffer[at] in _TYPES:
            return True
        return _STRICT_START.match(buffer, at) is not None

    def _follows(self, at: int) -> bool:
        """Whether the end, a separator or a record stands there."""
        buffer = self._window.buffer
        return at >= len(buffer) or buffer[at] in _BLANKS or self._starts(at)

    def _is_whole(self, start: int) -> bool:
        """Whether 128 bytes stand there without an end of line among them."""
        buffer, after = self._window.buffer, start + RECORD_BYTES
        newline = buffer.find(b"\n", start, after + 1)
        return after <= len(buffer) and (newline < 0 or (newline == after and buffer[after - 1] != 0x0D))

    def _in_step(self, start: int, after: int) -> bool:
        """Whether the reader stays in step at `after`: right there, or, past one damaged record, 128 bytes further."""
        if not self._provider:
            if not self._starts(start):
                return self._number > 1 and self._follows(after)
            if self._window.buffer[start] in _TYPES:  # the first to name a provider says whose records follow
                self._provider = self._window.buffer[start + 1 : start + 10]
        two = after + RECORD_BYTES
        return self._follows(after) or (two <= len(self._window.buffer) and self._follows(two))

    def _regain(self) -> Iterator[RawRecord | Finding]:
        """Move to the next record and say what was lost; F008 when there is none within the limit."""
        window, limit = self._window, self._limits.lost_bytes_max
        window.fill(limit)
        start, offset = window.at, window.offset
        at = self._next_start(start)
        near = at >= 0 or (window.ended and window.left < limit)
        window.at = at if at >= 0 else len(window.buffer)
        passed = window.buffer[start : window.at]
        lost = len(passed.rstrip(_BLANKS))
        well, line = self._starts(start), b"\n" in passed
        if well and not line and lost > RECORD_BYTES and is_sound(passed[:RECORD_BYTES]):
            yield self._number, passed[:RECORD_BYTES]  # whole; what follows it is the intruder
            self._number += 1
            lost, offset, well = lost - RECORD_BYTES, offset + RECORD_BYTES, False
        place = Place(self.source, self._number)
        if not near:
            yield finding("F008", place, offset=offset, expected=limit)
        elif (well or line) and lost < 2 * RECORD_BYTES:
            yield finding("F005" if lost < RECORD_BYTES else "F006", place, found=lost, expected=RECORD_BYTES)
        else:
            yield finding("F007", place, found=lost, offset=offset)

    def _next_start(self, start: int) -> int:
        """Where the next line or plausible record starts after `start`; -1 when none is at hand."""
        buffer = self._window.buffer
        newline = buffer.find(b"\n", start)
        if 0 <= newline < start + 2 * RECORD_BYTES:
            return newline + 1
        anchor = rb"|[1-6]" + re.escape(self._provider) if self._provider else b""
        stop = newline if newline >= 0 else len(buffer)
        for match in re.compile(b"(?=" + _STRICT + anchor + b")").finditer(buffer, start + 1, stop):
            if self._follows(match.start() + RECORD_BYTES):
                return match.start()
        return newline + 1 if newline >= 0 else -1


def _every_second_is_nul(head: bytes) -> bool:
    """As in Western text in UTF-16 without its mark."""
    most = len(head) // 2 * 9 // 10
    return most >= 8 and (head[1::2].count(0) > most or head[0::2].count(0) > most)
