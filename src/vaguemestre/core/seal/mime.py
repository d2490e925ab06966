"""The little MIME that sealed messages need: headers, parameters, binary multiparts. Bounded, pure.

The standard library's parser reads line by line and decodes to text: too slow and too lax for binary parts of 64 KB.
"""

import binascii
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from vaguemestre.core.values import dataclass

HEADER_BYTES_MAX: Final = 64 << 10
PARTS_MAX: Final = 64
_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
_NAME: Final = re.compile(r"[!-9;-~]+")


@dataclass(frozen=True, slots=True)
class Entity:
    """One MIME entity: header fields by lower-case name (the first of a name), and its body as it stands.

    The body is where it was, from `start` on: a lot of 100 KB is not copied once more to be decoded.
    """

    headers: dict[str, str]
    data: bytes
    start: int

    @property
    def body(self) -> bytes:
        return self.data[self.start :]

    @property
    def body_view(self) -> memoryview:
        """The body without a copy of it."""
        return memoryview(self.data)[self.start :]

    @property
    def content_type(self) -> str:
        """`type/subtype` in lower case; `text/plain` when absent (rfc2045:5.2)."""
        return self.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type, "" when absent."""
        for found, value in _PARAMETER.findall(self.headers.get("content-type", "")):
            if found.lower() == name:
                return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        return ""

    def decoded(self) -> bytes | None:
        """The body without its transfer encoding; None for an encoding that is not read or does not decode."""
        encoding = self.headers.get("content-transfer-encoding", "7bit").strip().lower()
        if encoding in ("7bit", "8bit", "binary"):
            return self.body
        if encoding != "base64":
            return None
        try:
            return binascii.a2b_base64(self.body_view)
        except binascii.Error:
            return None


def read_entity(data: bytes) -> Entity | None:
    """Split headers from body; None when there is no header block of at most 64 KB made of fields."""
    if data[:1] == b"\n":
        return Entity({}, data, 1)
    if data[:2] == b"\r\n":
        return Entity({}, data, 2)
    long_end = data.find(b"\r\n\r\n", 0, HEADER_BYTES_MAX)
    short_end = data.find(b"\n\n", 0, long_end if long_end >= 0 else HEADER_BYTES_MAX)
    if short_end >= 0:
        block, start = data[:short_end], short_end + 2
    elif long_end >= 0:
        block, start = data[:long_end], long_end + 4
    else:
        return None
    headers: dict[str, str] = {}
    for line in _FOLD.sub("", block.decode("utf-8", "replace")).split("\n"):
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or _NAME.fullmatch(name) is None:
            return None
        headers.setdefault(name.lower(), value.strip(" \t\r"))
    return Entity(headers, data, start)


def split_multipart(entity: Entity, parts_max: int = PARTS_MAX) -> list[bytes] | None:
    """The raw parts of a multipart entity (rfc2046:5.1); None without boundary, without its end, or with too many parts."""
    boundary = entity.parameter("boundary").encode("utf-8", "replace")
    if not boundary or not entity.content_type.startswith("multipart/"):
        return None
    delimiter = b"--" + boundary
    data = entity.body
    start = 0 if data.startswith(delimiter) else data.find(b"\n" + delimiter) + 1
    if start == 0 and not data.startswith(delimiter):
        return None
    parts: list[bytes] = []
    while True:
        start += len(delimiter)
        if data[start : start + 2] == b"--":
            return parts
        start = data.find(b"\n", start) + 1
        end = data.find(b"\n" + delimiter, start - 1)
        if start == 0 or end < 0 or len(parts) >= parts_max:
            return None
        parts.append(data[start : max(start, end - 1 if data[end - 1 : end] == b"\r" else end)])
        start = end + 1


def compose_multipart(parts: Sequence[tuple[Sequence[tuple[str, str]], bytes]]) -> bytes:
    """A `multipart/mixed` entity of binary parts, CRLF everywhere; the boundary comes from the parts' digest."""
    whole = sha256()
    for _, body in parts:
        whole.update(sha256(body).digest())
    boundary = b"vgm-" + whole.hexdigest()[:32].encode()
    while any(boundary in body for _, body in parts):
        boundary = b"vgm-" + sha256(boundary).hexdigest()[:32].encode()
    pieces = [b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n"]
    for headers, body in parts:
        pieces.append(b"--" + boundary + b"\r\n")
        pieces.append("".join(f"{name}: {value}\r\n" for name, value in headers).encode())
        pieces.extend((b"\r\n", body, b"\r\n"))
    pieces.append(b"--" + boundary + b"--\r\n")
    return b"".join(pieces)
