"""What an input is, judged by its first bytes: B2, NOEMIE, or what stands there instead, for the one clear line."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.tables.input_kinds import (
    ACKNOWLEDGEMENT,
    B2_FILE,
    BINARY,
    EMPTY,
    FRAME,
    KINDS,
    NOEMIE_FILE,
    TEXT,
    ZEROS,
    InputKind,
)

HEAD_BYTES: Final = 512
"""What is looked at."""

_BLANKS = b" \t\r\n\x1a"
_UTF8_MARK = b"\xef\xbb\xbf"
_FRAME_BYTES = 128
_FRAME = re.compile(rb"(?:000|999)[A-Z]{2}[0-9]{14}")
_ENTITY = re.compile(b"(?:%b)[0-9]{2}" % b"|".join(name.encode() for name in NOEMIE if name not in ("000", "999")))
_CLAIM = re.compile(rb"[1-6][0-9][0-9AB][0-9]{7}")
_TEXT_BYTES = bytes(range(32, 127)) + bytes(range(128, 256)) + b"\t\r\n\x1a\x0c"
_VAGUE = frozenset({"F001", "F002", "F003", "F004", "F005", "F006", "F007", "F008", "F009", "B001", "B060", "B061"})


class Remembered:
    """A chunk sequence that remembers its first bytes (`head`), to say later what they were."""

    __slots__ = ("_chunks", "head")

    def __init__(self, chunks: Iterable[bytes | Finding]) -> None:
        self._chunks = chunks
        self.head = b""

    def __iter__(self) -> Iterator[bytes | Finding]:
        for chunk in self._chunks:
            if len(self.head) < HEAD_BYTES and not isinstance(chunk, Finding):
                self.head += chunk[: HEAD_BYTES - len(self.head)]
            yield chunk


def kind_of(head: bytes) -> InputKind:
    """What an input is by its first `HEAD_BYTES` bytes (fewer if it has fewer), already out of gzip and message."""
    if not head:
        return EMPTY
    if not head.strip(b"\0"):
        return ZEROS
    plain = head.removeprefix(_UTF8_MARK).lstrip(_BLANKS)
    if not plain:
        return EMPTY
    claims = _claims_kind(plain)
    if claims is not None:
        return claims
    for kind in KINDS:
        if any(
            head.startswith(mark, kind.offset) or (not kind.offset and plain.startswith(mark)) for mark in kind.marks
        ):
            return kind
    if _alternates(head):
        return next(kind for kind in KINDS if kind.name == "utf-16")
    return BINARY if head.translate(None, _TEXT_BYTES) else TEXT


def _claims_kind(plain: bytes) -> InputKind | None:
    """One of the wire formats of this trade, or None."""
    if _FRAME.match(plain):
        following = plain[_FRAME_BYTES:].lstrip(_BLANKS)
        if not following or _FRAME.match(following):
            return FRAME
        if _CLAIM.match(following) or (b"@" not in following and not _ENTITY.match(following)):
            return B2_FILE
        return NOEMIE_FILE
    if _ENTITY.match(plain) and b"@" in plain:
        return NOEMIE_FILE
    if _CLAIM.match(plain):
        return B2_FILE
    return ACKNOWLEDGEMENT if re.match(rb"A1[PNM][0-9]", plain) else None


def _alternates(head: bytes) -> bool:
    """Whether every second byte is NUL, as in Western text in UTF-16 without its mark."""
    half = len(head) // 2
    return half >= 8 and (head[1::2].count(0) > half * 9 // 10 or head[0::2].count(0) > half * 9 // 10)


def refusal(given: Finding, head: bytes, expected: str, source: str = "") -> Finding:
    """Why an input without a single record is refused, in one clear line.

    `given`: what the reader said; it stands when it is more telling than what the first bytes show (gzip, message).
    `expected`: "B2" or "NOEMIE".
    """
    kind = kind_of(head)
    if given.code.code not in _VAGUE or kind is TEXT:
        return given
    if kind is EMPTY:
        return finding("F001", Place(source))
    if kind is {"B2": B2_FILE, "NOEMIE": NOEMIE_FILE}.get(expected):
        return given
    return finding("F015", Place(source), expected=expected, kind_fr=kind.fr, kind_en=kind.en)
