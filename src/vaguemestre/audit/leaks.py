"""Reads what the carriers and the disks hold, byte by byte, and says where a NIR or a name can be read.

Looks through what anybody could undo without a key: base64 lines, quoted-printable escapes, gzip. Shares no code with what seals.
"""

import base64
import binascii
import contextlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NIR = re.compile(rb"(?=([1-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}))")  # wherever it begins, digits before it or not
_WORD = re.compile(rb"[A-Z\xc0-\xdf\xc3][A-Za-z\x80-\xff'-]{3,30}")
_BASE64_BLOCK = re.compile(rb"(?:[A-Za-z0-9+/]{40,78}\r?\n){1,}[A-Za-z0-9+/]{0,78}={0,2}|[A-Za-z0-9+/]{64,}={0,2}")
_GZIP = b"\x1f\x8b\x08"
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 4096
_UNPACKED_BYTES_MAX = 1 << 22
_DEPTH_MAX = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that could be read: where, and which kind. The secret itself is not repeated."""

    place: str
    kind: str  # "nir" or "name"
    subject: str  # the person's number in the world, as the auditor was told
    sheets: tuple[str, ...] = ()  # the sheets of that person, once the deeds are known


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be readable: NIRs and last names, each with the subject it belongs to."""

    nirs: dict[bytes, str]
    names: dict[bytes, str]

    @classmethod
    def of(cls, people: Iterable[tuple[str, str, str]]) -> "Secrets":
        """From (subject, NIR, last name); a name is searched as written and in upper case, in UTF-8 and Latin-1."""
        nirs: dict[bytes, str] = {}
        names: dict[bytes, str] = {}
        for subject, nir, name in people:
            nirs[nir.encode()] = subject
            for text in (name, name.upper()):
                names[text.encode()] = subject
                names[text.encode("latin-1", "ignore")] = subject
        return cls(nirs, names)


def leaks_in_bytes(data: bytes, place: str, secrets: Secrets, depth: int = 0) -> Iterator[Leak]:
    """Every secret readable in `data`, unpacking what needs no key (base64, gzip) up to three layers."""
    for match in _NIR.finditer(data):
        subject = secrets.nirs.get(match[1])
        if subject is not None:
            yield Leak(place, "nir", subject)
    for match in _WORD.finditer(data):
        subject = secrets.names.get(match.group())
        if subject is not None:
            yield Leak(place, "name", subject)
    if depth < _DEPTH_MAX:
        for inner in _unpacked(data):
            yield from leaks_in_bytes(inner, place, secrets, depth + 1)


def leaks_in_file(path: Path, secrets: Secrets) -> Iterator[Leak]:
    """As `leaks_in_bytes`, reading the file by overlapping pieces of one mebibyte."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield from leaks_in_bytes(tail + chunk, str(path), secrets)
            tail = chunk[-_OVERLAP_BYTES:]


def leaks_in_database(path: Path, secrets: Secrets) -> Iterator[Leak]:
    """Every cell of every table: a long cell is cut by page headers in the file itself, so the file is not enough."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            table = name.decode().replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # the name comes from the database itself
                for cell in row:
                    if isinstance(cell, bytes):
                        yield from leaks_in_bytes(cell, str(path), secrets)


def leaks_in_tree(root: Path, secrets: Secrets) -> list[Leak]:
    """Every leak under a directory, each (place, kind, subject) once; databases are read cell by cell as well."""
    found: set[Leak] = set()
    for path in sorted(item for item in root.rglob("*") if item.is_file()):
        found.update(leaks_in_file(path, secrets))
        if _is_database(path):
            found.update(leaks_in_database(path, secrets))
    return sorted(found, key=lambda leak: (leak.place, leak.kind, leak.subject))


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _BASE64_BLOCK.finditer(data):
        text = match.group().translate(None, b"\r\n=")
        try:
            yield base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue
    start = data.find(_GZIP)
    while start >= 0:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(wbits=31).decompress(data[start:], _UNPACKED_BYTES_MAX)
        start = data.find(_GZIP, start + 1)
