"""Base64 as mail carries it, in lines of 76 characters (rfc2045:6.8), by a vector library: a lot of 50 signed sheets is 100 KB.

The standard library's takes longer over such a message than the signature it carries takes to verify.
"""

import binascii
from struct import Struct
from typing import Final

import pybase64

_LINE: Final = 76
_BLOCK_LINES: Final = 64
_BLOCK: Final = Struct(f"{_LINE}s" * _BLOCK_LINES)


def encode_lines(data: bytes) -> bytes:
    """Lines of 76 characters, each ended by CRLF."""
    encoded = pybase64.b64encode(data)
    whole = len(encoded) - len(encoded) % _BLOCK.size
    lines: list[bytes] = []
    for start in range(0, whole, _BLOCK.size):
        lines.extend(_BLOCK.unpack_from(encoded, start))
    lines.extend(encoded[start : start + _LINE] for start in range(whole, len(encoded), _LINE))
    lines.append(b"")
    return b"\r\n".join(lines)


def decode_lines(data: bytes | memoryview) -> bytes | None:
    """What base64 text carries, line ends and strange characters aside; None when its end is missing."""
    try:
        return pybase64.b64decode(data)
    except (binascii.Error, ValueError):
        return None
