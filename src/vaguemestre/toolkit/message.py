"""The B2 or NOEMIE file that a mail message carries, decoded while it is read: never the whole message in memory.

Headers are read by `core.seal.mime`; a body streams to the next delimiter of any multipart that is open around it.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vaguemestre.core.bounded import GZIP_MAGIC, Window
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.mime import HEADER_BYTES_MAX, Entity, read_entity
from vaguemestre.toolkit.kinds import HEAD_BYTES, kind_of

DATA_TYPE: Final = "application/edi-consent"
SEALED_TYPES: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")
DEPTH_MAX: Final = 8
PARTS_MAX: Final = 1000
_BOUNDARY_BYTES_MAX = 256
_STEP_BYTES = 1 << 16
_FIELD = re.compile(rb"[A-Za-z][!-9;-~]*[ \t]*:")
_NAME = re.compile(rb"^([A-Za-z][!-9;-~]*)[ \t]*:", re.MULTILINE)
_MIME_NAMES = frozenset({b"content-type", b"mime-version", b"content-transfer-encoding"})
_MAIL_NAMES = frozenset(
    {b"received", b"from", b"to", b"subject", b"date", b"message-id", b"return-path", b"delivered-to", b"reply-to"}
)
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_MBOX_LINE = re.compile(rb"From [^\n]{0,200}\n")

Decoder = Callable[[Iterable[bytes]], Iterator[bytes | None]]
"""Plain bytes piece by piece; a last None: what was encoded is damaged."""


def is_message(head: bytes) -> bool:
    """Whether an input starts as a mail message does: a header block of MIME or mail fields. rfc5322:2.2."""
    mark = _MBOX_LINE.match(head)
    start = mark.end() if mark else 0
    if _FIELD.match(head, start) is None:
        return False
    block = re.split(rb"\r?\n\r?\n", head[start:], maxsplit=1)[0]
    names = {name.lower() for name in _NAME.findall(block)}
    return bool(names & _MIME_NAMES) or len(names & _MAIL_NAMES) >= 2


def message_content(chunks: Iterator[bytes | Finding], source: str = "") -> Iterator[bytes | Finding]:
    """The first part that is or says it is a B2 or NOEMIE file (perhaps gzip), decoded.

    A last finding when there is none (F017), it is sealed (F016) or damaged (F018), or another one follows (F019).
    """
    yield from _Message(chunks, source).content()


class _Message:
    """Where the reading of one message stands."""

    def __init__(self, chunks: Iterator[bytes | Finding], source: str) -> None:
        self._window, self._place = Window(chunks), Place(source)
        self._boundaries: list[bytes] = []
        self._met: tuple[int, bool] | None = (
            None  # the delimiter that ended the last body: its level, whether it closes
        )
        self._parts = self._files = 0
        self._fault: Finding | None = None

    def content(self) -> Iterator[bytes | Finding]:
        self._window.fill(HEADER_BYTES_MAX)
        mark = _MBOX_LINE.match(self._window.buffer)
        self._window.at = mark.end() if mark else 0
        yield from self._entity()
        if self._fault is not None:
            yield self._fault
        elif self._window.stopped is not None:
            yield self._window.stopped
        elif self._files == 0:
            yield finding("F017", self._place)
        elif self._files > 1:
            yield finding("F019", self._place, found=self._files - 1)

    def _entity(self, depth: int = 0) -> Iterator[bytes]:
        """One entity from its headers to its end; `_met` says what ended it."""
        window = self._window
        window.fill(HEADER_BYTES_MAX)
        self._parts += 1
        entity = read_entity(window.buffer[window.at : window.at + HEADER_BYTES_MAX])
        if entity is None or self._parts > PARTS_MAX:
            if depth == 0 or self._parts > PARTS_MAX:
                self._damage("ses en-têtes sont illisibles", "its headers cannot be read")
                return
            self._skip()
            return
        window.at += entity.start
        kind = entity.content_type
        if kind.startswith("multipart/") and depth < DEPTH_MAX:
            yield from self._multipart(entity, depth)
        elif kind == "message/rfc822" and depth < DEPTH_MAX:
            yield from self._entity(depth + 1)
        else:
            yield from self._leaf(entity)

    def _multipart(self, entity: Entity, depth: int) -> Iterator[bytes]:
        boundary = entity.parameter("boundary").encode("utf-8", "replace")
        if not 0 < len(boundary) <= _BOUNDARY_BYTES_MAX:
            self._damage("elle ne dit pas où ses parties finissent", "it does not say where its parts end")
            return
        level = len(self._boundaries)
        self._boundaries.append(boundary)
        self._skip()
        while self._met == (level, False) and self._fault is None:
            yield from self._entity(depth + 1)
        del self._boundaries[level:]
        if self._met == (level, True) and self._fault is None:
            self._skip()

    def _leaf(self, entity: Entity) -> Iterator[bytes]:
        if entity.content_type in SEALED_TYPES:
            self._refuse("F016")
            return
        decoder = _DECODERS.get(entity.headers.get("content-transfer-encoding", "7bit").strip().lower())
        if decoder is None:
            if entity.content_type == DATA_TYPE:
                self._damage("son codage de transport est inconnu", "its transfer encoding is unknown")
            self._skip()
            return
        pieces = decoder(self._body())
        head, damaged = b"", False
        for piece in pieces:
            if piece is None:
                damaged = True
                break
            head += piece
            if len(head) >= HEAD_BYTES:
                break
        kind = kind_of(head[:HEAD_BYTES]).name
        if kind == "der" and entity.content_type.startswith("application/"):
            self._refuse("F016")
            return
        if entity.content_type == DATA_TYPE or kind in ("b2", "noemie") or head.startswith(GZIP_MAGIC):
            self._files += 1
            if self._files == 1:
                if head:
                    yield head
                for piece in pieces:
                    if piece is None:
                        damaged = True
                        break
                    if piece:
                        yield piece
                if damaged:
                    self._damage("son codage de transport est abîmé", "its transfer encoding is damaged")
                elif self._met is None and self._boundaries and self._window.stopped is None:
                    self._damage("le message est coupé", "the message is cut short")
                return
        for _ in pieces:
            pass

    def _refuse(self, code: str) -> None:
        """Say what stands in the way, unless a file was already given."""
        if self._files == 0 and self._fault is None:
            self._fault = finding(code, self._place)
        self._skip()

    def _damage(self, french: str, english: str) -> None:
        if self._fault is None:
            self._fault = finding("F018", self._place, reason_fr=french, reason_en=english)

    def _skip(self) -> None:
        for _ in self._body():
            pass

    def _body(self) -> Iterator[bytes]:
        """The bytes up to the next delimiter of an open multipart, which is passed, or to the end. rfc2046:5.1.1."""
        window = self._window
        self._met = None
        wanted = b"|".join(re.escape(boundary) for boundary in reversed(self._boundaries))
        line = rb"--(%b)(--)?[ \t]{0,64}(\r?\n|\Z)" % wanted
        first, later = (re.compile(line), re.compile(b"\n" + line)) if wanted else (None, None)
        keep = max((len(boundary) for boundary in self._boundaries), default=0) + 80
        starting = True
        while True:
            window.fill(_STEP_BYTES)
            found = first.match(window.buffer, window.at) if first and starting else None
            if later and (found is None or not self._is_whole(found)):
                found = later.search(window.buffer, window.at)
            if found is not None and self._is_whole(found):
                before = self._pass(found)
                if before:
                    yield before
                return
            stop = len(window.buffer) if window.ended else len(window.buffer) - keep
            piece = window.buffer[window.at : stop]
            window.at = max(stop, window.at)
            starting = starting and not piece
            if piece:
                yield piece
            if window.ended:
                return

    def _pass(self, found: re.Match[bytes]) -> bytes:
        """Stand after a delimiter line, remember whose it is, and give what stood before it."""
        window = self._window
        before = window.buffer[window.at : found.start()]
        level = max(rank for rank, boundary in enumerate(self._boundaries) if boundary == found[1])
        self._met = (level, found[2] is not None)
        window.at = found.end()
        return before.removesuffix(b"\r")

    def _is_whole(self, found: re.Match[bytes]) -> bool:
        return bool(found[3]) or self._window.ended


def _as_it_is(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from chunks


def _from_base64(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """rfc2045:6.8; what is no letter of it is passed over, nothing may follow its padding."""
    rest, padded = b"", False
    for chunk in chunks:
        letters = chunk.translate(None, _NOT_BASE64)
        if padded:
            if letters.strip(b"="):
                yield None
                return
            continue
        rest += letters
        end = rest.find(b"=")
        if end >= 0:
            padded = True
            if rest[end:].strip(b"="):
                yield None
                return
            rest = rest[:end]
        whole = len(rest) - len(rest) % 4
        if whole:
            yield binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    if len(rest) == 1:
        yield None
    elif rest:
        yield binascii.a2b_base64(rest.ljust(4, b"="))


def _from_quoted(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """rfc2045:6.7, line by line; a line without end is cut where no escape is."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(b"\n") + 1
        if not cut and len(rest) >= _STEP_BYTES:
            escape = rest.rfind(b"=", len(rest) - 3)
            cut = escape if escape >= 0 else len(rest)
        if cut:
            yield binascii.a2b_qp(rest[:cut])
            rest = rest[cut:]
    if rest:
        yield binascii.a2b_qp(rest)


_DECODERS: Final[dict[str, Decoder]] = {
    "7bit": _as_it_is,
    "8bit": _as_it_is,
    "binary": _as_it_is,
    "base64": _from_base64,
    "quoted-printable": _from_quoted,
}
