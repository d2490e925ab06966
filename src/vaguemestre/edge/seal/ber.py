"""Turns BER into DER: indefinite lengths, split octet strings, long lengths, unsorted sets. Nothing else lives here.

Streaming signers (`openssl cms -stream`) write BER while the readers of this project take DER only. rfc5652:2 allows both.
"""

from typing import Final

_DEPTH_MAX: Final = 40
_CONSTRUCTED: Final = 0x20
_OCTET_STRING: Final = 0x04
_SET: Final = 0x31


def to_der(data: bytes) -> bytes:
    """The same value in DER. Raises ValueError when `data` is not exactly one whole BER value of at most 40 levels."""
    tag, content, end = _read(data, 0, len(data), 0)
    if end != len(data):
        raise ValueError("bytes after the value")
    return tlv(tag, content)


def tlv(tag: int, content: bytes) -> bytes:
    """One DER value from its identifier octet and its content."""
    return _head(tag, len(content)) + content


def nested(tag: int, *parts: bytes | list[bytes]) -> list[bytes]:
    """A DER value as a list of pieces, its header first: a tree of values is joined once, whatever its depth."""
    pieces: list[bytes] = [b""]
    for part in parts:
        if isinstance(part, list):
            pieces += part
        else:
            pieces.append(part)
    pieces[0] = _head(tag, sum(map(len, pieces)))
    return pieces


def _head(tag: int, size: int) -> bytes:
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def _read(data: bytes, position: int, end: int, depth: int) -> tuple[int, bytes, int]:
    """(tag, DER content, next position) of the value at `position`; a constructed octet string comes out primitive."""
    tag, size, start = _header(data, position, end)
    if not tag & _CONSTRUCTED:
        if size is None:
            raise ValueError("primitive value of indefinite length")
        return tag, data[start : start + size], start + size
    if depth >= _DEPTH_MAX:
        raise ValueError("too many levels")
    children: list[tuple[int, bytes]] = []
    position = start
    limit = end if size is None else start + size
    while size is None or position < limit:
        if size is None and data[position : position + 2] == b"\0\0":
            position += 2
            break
        child_tag, child, position = _read(data, position, limit, depth + 1)
        children.append((child_tag, child))
    if tag == _OCTET_STRING | _CONSTRUCTED:
        if any(child_tag != _OCTET_STRING for child_tag, _ in children):
            raise ValueError("a part of a split octet string is something else")
        return _OCTET_STRING, b"".join(child for _, child in children), position
    encoded = [tlv(child_tag, child) for child_tag, child in children]
    if tag == _SET:
        encoded.sort()
    return tag, b"".join(encoded), position


def _header(data: bytes, position: int, end: int) -> tuple[int, int | None, int]:
    """(tag, size or None when indefinite, start of the content). Tags of one octet only: CMS has no other."""
    if position + 2 > end:
        raise ValueError("cut short")
    tag, first = data[position], data[position + 1]
    if tag & 0x1F == 0x1F:
        raise ValueError("long tag")
    start = position + 2
    if first < 0x80:
        size = first
    elif first == 0x80:
        return tag, None, start
    else:
        count = first & 0x7F
        if count > 8 or start + count > end:
            raise ValueError("length of the length")
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + size > end:
        raise ValueError("cut short")
    return tag, size, start
