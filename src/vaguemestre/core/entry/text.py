"""Text out of the bytes that a practice hands over: lines for CSV, pieces for JSON, in UTF-8 or Windows-1252. vgm:entry-format.

Streaming and bounded: a chunk is at most what the caller read, and a line longer than the limit is set aside without being kept.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass

LINE_BYTES_MAX: Final = 64 * 1024
_BREAK = re.compile(rb"\r\n|\r|\n")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES: Final = 256
REPLACED: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. `text` None when unusable; `head`: its first bytes; `ended`: whether a break followed."""

    number: int
    text: str | None
    head: bytes = b""
    ended: bool = True
    findings: tuple[Finding, ...] = ()


class LineDecoder:
    """Decides once, at the first line that is not plain ASCII, between UTF-8 and Windows-1252; later lines must follow."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._encoding = ""

    def decode(self, raw: bytes, number: int) -> tuple[str | None, tuple[Finding, ...]]:
        """The text of one line, with I100 when it cannot be read and I101 once when it is in Windows-1252."""
        if b"\0" in raw:
            return None, (self._refused(number, "NUL"),)
        if raw.isascii():
            return raw.decode("ascii"), ()
        try:
            if self._encoding:
                return raw.decode(self._encoding), ()
            text = raw.decode("utf-8")
            self._encoding = "utf-8"
        except UnicodeDecodeError as error:
            if self._encoding:
                return None, (self._refused(number, f"0x{raw[error.start]:02x}, {self._encoding}"),)
            return self._windows(raw, number)
        return text, ()

    def _windows(self, raw: bytes, number: int) -> tuple[str | None, tuple[Finding, ...]]:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError as error:
            return None, (self._refused(number, f"0x{raw[error.start]:02x}"),)
        self._encoding = "cp1252"
        return text, (finding("I101", Place(source=self._source, line=number)),)

    def _refused(self, number: int, problem: str) -> Finding:
        return finding("I100", Place(source=self._source, line=number), problem=problem)


def read_lines(chunks: Iterable[bytes], source: str = "") -> Iterator[Line]:
    """The lines of a file given in chunks of bytes. Memory: one chunk and one line of at most 64 KiB.

    Findings per line: I100 encoding, I101 Windows-1252 (once), I103 too long. A file in UTF-16 gives one I100 and ends.
    """
    decoder = LineDecoder(source)
    number = 0
    for raw, head, ended in _raw_lines(chunks):
        number += 1
        place = Place(source=source, line=number)
        if number == 1 and head.startswith(_WIDE_MARKS):
            yield Line(1, None, head, ended, (finding("I100", place, problem="UTF-16"),))
            return
        if raw is None:
            yield Line(number, None, head, ended, (finding("I103", place, limit=LINE_BYTES_MAX),))
            continue
        if number == 1:
            raw = raw.removeprefix(_UTF8_MARK)
        text, found = decoder.decode(raw, number)
        yield Line(number, text, head, ended, found)


def _raw_lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes | None, bytes, bool]]:
    """(bytes or None when too long, its first bytes, whether it was ended) for each line."""
    pending, head, too_long = b"", b"", False
    for chunk in chunks:
        pending += chunk
        held = b""
        if pending.endswith(b"\r"):  # perhaps half of a CR LF
            pending, held = pending[:-1], b"\r"
        *complete, pending = _BREAK.split(pending)
        for raw in complete:
            if too_long or len(raw) > LINE_BYTES_MAX:
                yield None, head or raw[:_HEAD_BYTES], True
            else:
                yield raw, raw[:_HEAD_BYTES], True
            head, too_long = b"", False
        if len(pending) > LINE_BYTES_MAX:
            head, too_long, pending = head or pending[:_HEAD_BYTES], True, b""
        pending += held
    ended = pending.endswith(b"\r")
    pending = pending.removesuffix(b"\r")
    if too_long:
        yield None, head, ended
    elif pending or ended:
        yield pending, pending[:_HEAD_BYTES], ended


def read_text(chunks: Iterable[bytes]) -> Iterator[str]:
    """The characters of a JSON file given in chunks: UTF-8, else Windows-1252; a byte that is neither becomes U+FFFD."""
    decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
    plain = True
    for chunk in chunks:
        waiting = decoder.getstate()[0]
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:
            decoder = codecs.getincrementaldecoder("cp1252" if plain else "utf-8")("replace")
            text = decoder.decode(waiting + chunk)
        plain = plain and text.isascii()
        yield text
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield REPLACED
