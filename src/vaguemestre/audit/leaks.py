"""Reads what the carriers and the disks hold, byte by byte, and says where somebody's identity or care can be read.

What is sought stands in `secrets`, with the reasons. Here is where it is sought: every file of the world but those that are
somebody's to read (a patient's card, the auditor's own record), as bytes, and the cells of databases row by row. It looks through
whatever anybody could undo without a key: base64 and hexadecimal digits, quoted-printable, `\\u` and `%` escapes, UTF-16, gzip and
zlib, one in another up to three deep. Shares no code with what seals.
"""

import base64
import contextlib
import os
import re
import signal
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from vaguemestre.audit.secrets import Found, Secrets, is_text

_BASE64_RUN: Final = re.compile(rb"[A-Za-z0-9+/_\r\n-]{16,}={0,2}")
_BASE64_BLOCK: Final = re.compile(
    rb"(?:[A-Za-z0-9+/]{40,78}\r?\n){1,}[A-Za-z0-9+/]{0,78}={0,2}|[A-Za-z0-9+/_-]{16,}={0,2}"
)
_BASE64_LETTER: Final = re.compile(rb"(?:[A-Za-z0-9+/]{60,78}\r?\n){3,}")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEX: Final = re.compile(rb"[0-9a-fA-F]{12,}")
_HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
_HEX_SEPARATORS: Final = b" :-\r\n"
_UTF16: Final = re.compile(rb"\x00[\x20-\xff]\x00[\x20-\xff]\x00")
_ESCAPE: Final = re.compile(rb"(?:\\u00|[%=])([0-9a-fA-F]{2})|=\r?\n")
_ESCAPES: Final = tuple(map(re.compile, (rb"=(?:[0-9A-F]{2}|\r?\n)", rb"%[0-9a-fA-F]{2}", rb"\\u00[0-9a-fA-F]{2}")))
"""One pattern for each first byte: such a pattern skips to that byte, an alternative of three looks at every one."""
_AROUND_BYTES: Final = 200
_PACKED: Final = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_FAR_APART: Final = b"\n" * 256
_TEXT_BYTES_MIN: Final = 12
_CHUNK_BYTES: Final = 1 << 22
_OVERLAP_BYTES: Final = 1 << 16
_ROWS_BYTES: Final = 1 << 20
_UNPACKED_BYTES_MAX: Final = 1 << 24
_DEPTH_MAX: Final = 3
_SHORT_BLOCK_BYTES: Final = 4096
_LONG_NUMBER: Final = 10_000_000
"""A smaller number in a cell is neither a NIR nor a date."""
_WORTH_PROCESSES_BYTES: Final = 16 << 20
_DATABASE: Final = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that could be read: where, and which kind. The secret itself is not repeated."""

    place: str
    kind: str  # "nir", "name", "identity" or "care"
    subject: str  # the person's number in the world, as the auditor was told; of a name, everybody's who bears it
    sheets: tuple[str, ...] = ()  # the sheets of that person, or of them all, once the deeds are known


class Search:
    """A search for the same secrets in many places; what was unpacked once and found clean is not unpacked again."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._clean: set[int] = set()

    def in_bytes(self, data: bytes, depth: int = 0) -> set[Found]:
        """Every secret readable in `data`, unpacking what needs no key up to three layers."""
        found = set(self._secrets.alone(data))
        text = is_text(data)
        if text:  # among letters that stand for bytes, a name is no more than chance
            plain = _BASE64_LETTER.sub(b"\n", data)
            found |= {*self._secrets.names(plain), *self._secrets.together(plain)}
        else:
            found.update(self._secrets.names(data))
        if depth < _DEPTH_MAX:
            for inner in _unpacked(data, text):
                known = hash(inner)
                if inner and known not in self._clean:
                    more = self.in_bytes(inner, depth + 1)
                    found |= more
                    if not more:
                        self._clean.add(known)
        return found

    def in_file(self, path: Path) -> set[Found]:
        """As `in_bytes`, reading a long file by overlapping pieces that begin with a line where there are lines."""
        found: set[Found] = set()
        tail = b""
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                found |= self.in_bytes(tail + chunk)
                tail = chunk[-_OVERLAP_BYTES:]
                tail = tail[tail.find(b"\n") + 1 :]
        return found

    def in_database(self, path: Path) -> set[Found]:
        """Every cell of every table: a long cell is cut by page headers in the file itself, so the file is not enough."""
        found: set[Found] = set()
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in tables:
                table = name.decode().replace('"', '""')
                rows = connection.execute(f'SELECT * FROM "{table}"')  # the name comes from the database itself
                for text, blobs in _pieces(rows):
                    found |= self.in_bytes(text)
                    for blob in blobs:
                        found |= self.in_bytes(blob)
        return found

    def in_path(self, path: Path) -> list[Leak]:
        """Every leak in one file, each (kind, subject) once; a database cell by cell as well."""
        read = self.in_file(path)
        if _is_database(path):
            read |= self.in_database(path)
        return [Leak(str(path), kind, subject) for kind, subject in sorted(read)]


def leaks_in(roots: Iterable[Path], secrets: Secrets) -> list[Leak]:
    """Every leak in these files and directories; what is not there holds none. Several processes share what is long to read."""
    paths = [path for root in roots if root.exists() for path in _files(root)]
    sizes = {path: path.stat().st_size for path in paths}
    workers = min(_processors(), len(paths))
    if workers < 2 or sum(sizes.values()) < _WORTH_PROCESSES_BYTES:
        search = Search(secrets)
        return [leak for path in paths for leak in search.in_path(path)]
    longest_first = sorted(sizes, key=lambda path: -sizes[path])
    with get_context("spawn").Pool(workers, _begin_worker, (secrets,)) as pool:
        found = dict(zip(longest_first, pool.map(_worker_reads, longest_first, chunksize=1), strict=True))
    return [leak for path in paths for leak in found[path]]


_of_this_worker: list[Search] = []


def _begin_worker(secrets: Secrets) -> None:
    """A process that reads some of the files; whoever started it ends it, whatever the keyboard says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _of_this_worker.append(Search(secrets))


def _worker_reads(path: Path) -> list[Leak]:
    return _of_this_worker[0].in_path(path)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _files(root: Path) -> list[Path]:
    return sorted(item for item in root.rglob("*") if item.is_file()) if root.is_dir() else [root]


def _pieces(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[bytes, list[bytes]]]:
    """The rows of a table, about a mebibyte at a time: their text, a line for each row, and their bytes that are no text."""
    lines: list[bytes] = []
    blobs: list[bytes] = []
    size = 0
    for row in rows:
        texts: list[bytes] = []
        for cell in row:
            if isinstance(cell, bytes):
                (blobs if b"\n" in cell or b"\x00" in cell else texts).append(cell)
                size += len(cell)
            elif isinstance(cell, int) and cell > _LONG_NUMBER:
                texts.append(str(cell).encode())
        lines.append(b" ; ".join(texts))
        if size > _ROWS_BYTES:
            yield b"\n".join(lines), blobs
            lines, blobs, size = [], [], 0
    yield b"\n".join(lines), blobs


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == _DATABASE


def _unpacked(data: bytes, text: bool) -> Iterator[bytes]:
    """What `data` says once the packings that need no key are taken off, each by itself."""
    yield from _from_base64(data)
    digits = _HEX.findall(data.translate(None, _HEX_SEPARATORS) if text else data)
    if digits:
        yield b"\n".join(bytes.fromhex(_even(run[shift:])) for run in digits for shift in (0, 1))
    if not text:
        yield b"\n".join(piece.replace(b"\x00", b"") for piece in _around(data, _UTF16.finditer(data)))
    escapes = sorted((match for pattern in _ESCAPES for match in pattern.finditer(data)), key=re.Match.start)
    yield b"\n".join(_ESCAPE.sub(_meant, piece) for piece in _around(data, escapes))
    view = memoryview(data)
    for match in _PACKED.finditer(data):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(wbits=47).decompress(view[match.start() :], _UNPACKED_BYTES_MAX)


def _around(data: bytes, matches: "Iterable[re.Match[bytes]]") -> Iterator[bytes]:
    """What stands around these matches, which come in order; what is near enough comes in one piece."""
    start = end = -1
    for match in matches:
        if end < 0 or match.start() - _AROUND_BYTES > end:
            if end >= 0:
                yield data[start:end]
            start = max(0, match.start() - _AROUND_BYTES)
        end = match.end() + _AROUND_BYTES
    if end >= 0:
        yield data[start:end]


def _meant(match: "re.Match[bytes]") -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else b""


def _from_base64(data: bytes) -> Iterator[bytes]:
    """Blocks of lines, and runs on one line; of short ones, and of one that opens `data`, the groups of four may begin anywhere."""
    short: list[bytes] = []
    for run in _BASE64_RUN.finditer(data):
        for match in _BASE64_BLOCK.finditer(run.group()):
            text = match.group().translate(_URL_SAFE, b"\r\n=")
            if not text.strip(_HEX_DIGITS):
                continue  # a digest: read as hexadecimal digits, and by the thousand in any store
            if len(text) > _SHORT_BLOCK_BYTES and run.start() + match.start() > 0:
                yield _decoded(text)
            else:
                short += [_decoded(text[shift:]) for shift in range(4)]
    if short:
        yield b"\n".join(short)
        yield _FAR_APART.join(piece for piece in short if len(piece) >= _TEXT_BYTES_MIN and _is_utf8(piece))


def _is_utf8(piece: bytes) -> bool:
    """Whether a short piece is a text beyond chance: one byte in eight is a control character, few others are UTF-8."""
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return is_text(piece)


def _decoded(text: bytes) -> bytes:
    whole = text[: len(text) // 4 * 4] if len(text) % 4 == 1 else text + b"=" * (-len(text) % 4)
    return base64.b64decode(whole)


def _even(digits: bytes) -> str:
    return digits[: len(digits) // 2 * 2].decode()
