"""The second place: a directory (another disk, a share) with several encrypted generations of a store, and the count of restores.

A generation is written aside, synced, then renamed: it is whole or not there. It is encrypted with the store's key in chunks that
cannot be reordered, cut or mixed with another backup's. The count of restores is a text file that only grows.
"""

import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from vaguemestre.core.practice.book import Generation, RestoreRow, RestoreState
from vaguemestre.edge.store.vault import Vault, VaultError

_MAGIC: Final = b"vaguemestre-backup-1\n"
_CHUNK_BYTES: Final = 1 << 20
_SEALED_CHUNK_BYTES_MAX: Final = _CHUNK_BYTES + 64
_NAME: Final = re.compile(r"practice-(\d{8})-(\d{8}T\d{6}Z)-r(\d{4})\.vgmbackup")
_STORE: Final = "practice.sqlite"
_BESIDE: Final = "beside/"
_RESTORES: Final = "restores.log"
_HEAD_BYTES_MAX: Final = 4096
KEPT_NEWEST: Final = 5
KEPT_DAYS: Final = 30


class Copied(Protocol):
    """What can copy itself whole into a new file."""

    def copy_to(self, target: Path) -> None: ...


class DirectoryPlace:
    """A directory as second place. `workspace` is where a copy stands for a moment, in clear of metadata: beside the store.

    `beside`: files and directories of the workspace, by relative path, that a new machine would need; those absent are left out.
    """

    def __init__(self, directory: Path, vault: Vault, workspace: Path, beside: Sequence[str] = ()) -> None:
        self._directory = directory
        self._vault = vault
        self._workspace = workspace
        self._beside = tuple(name for name in beside if not Path(name).is_absolute() and ".." not in Path(name).parts)

    @property
    def name(self) -> str:
        """The directory, for a person."""
        return str(self._directory)

    # --- generations

    def generations(self) -> list[Generation]:
        """Newest first; what is being written, or is no backup, is not among them."""
        found = []
        for path in self._directory.iterdir():
            match = _NAME.fullmatch(path.name)
            if match is not None:
                taken_at = datetime.strptime(match[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                found.append(Generation(int(match[1]), path.name, taken_at, int(match[3]), path.stat().st_size))
        return sorted(found, key=lambda item: item.number, reverse=True)

    def write(self, store: Copied, taken_at: datetime, restores: int) -> Generation:
        """Copy the store as the next generation, then drop those no longer wanted. Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        known = self.generations()
        number = known[0].number + 1 if known else 1
        moment = taken_at.astimezone(UTC).replace(microsecond=0)
        name = f"practice-{number:08d}-{moment:%Y%m%dT%H%M%SZ}-r{restores:04d}.vgmbackup"
        with tempfile.TemporaryDirectory(dir=self._workspace, prefix="backup-") as aside:
            copy = Path(aside) / "copy.sqlite"
            store.copy_to(copy)
            self._encrypt(copy, name)
        for old in unwanted([*known], moment):
            (self._directory / old.name).unlink(missing_ok=True)
        path = self._directory / name
        return Generation(number, name, moment, restores, path.stat().st_size)

    def _encrypt(self, source: Path, name: str) -> None:
        partial = self._directory / f".{name}.partial"
        head = json.dumps({"name": name}).encode() + b"\n"
        try:
            with partial.open("wb") as sealed:
                sealed.write(_MAGIC + head)
                chunks = _ChunkWriter(sealed, self._vault, head)
                with tarfile.open(fileobj=chunks, mode="w|") as archive:
                    archive.add(source, _STORE)
                    for path in self._beside:
                        if (self._workspace / path).exists():
                            archive.add(self._workspace / path, f"{_BESIDE}{Path(path).as_posix()}")
                chunks.finish()
                sealed.flush()
                os.fsync(sealed.fileno())
            partial.replace(self._directory / name)
        finally:
            partial.unlink(missing_ok=True)
        _sync_directory(self._directory)

    def read(self, generation: Generation, target: Path, beside: Path | None = None) -> bool:
        """Write the store of a generation to the new file `target`; False when it is not readable with this key, or is cut.

        With `beside`, a directory, what went along is written there; files that exist are left alone.
        """
        try:
            with (self._directory / generation.name).open("rb") as sealed:
                if sealed.readline(_HEAD_BYTES_MAX) != _MAGIC:
                    return False
                head = sealed.readline(_HEAD_BYTES_MAX)
                chunks = _ChunkReader(sealed, self._vault, head)
                with tarfile.open(fileobj=chunks, mode="r|") as archive:
                    for member in archive:
                        _extract(archive, member, target, beside)
                chunks.read_to_end()
        except (VaultError, ValueError, tarfile.TarError):
            target.unlink(missing_ok=True)
            return False
        return target.exists()

    # --- restores

    def restores(self) -> list[RestoreRow]:
        """Every restore ever begun from here, oldest first."""
        try:
            lines = (self._directory / _RESTORES).read_text("ascii").splitlines()
        except FileNotFoundError:
            if not self._directory.is_dir():
                raise
            return []
        return [_restore(line) for line in lines if line.count("\t") == 3]

    def begin_restore(self, restored_on: date, restored_at: datetime, backup: Generation) -> RestoreRow:
        """Count one more restore, on the disk before anything is restored."""
        number = max((row.number for row in self.restores()), default=0) + 1
        at = restored_at.astimezone(UTC)
        line = "\t".join((str(number), restored_on.isoformat(), at.isoformat(), backup.taken_at.isoformat()))
        with (self._directory / _RESTORES).open("a", encoding="ascii") as log:
            log.write(line + "\n")
            log.flush()
            os.fsync(log.fileno())
        _sync_directory(self._directory)
        return _restore(line)


def unwanted(generations: Sequence[Generation], now: datetime) -> list[Generation]:
    """Which generations to drop: all but the newest few, and the last one of each of the last thirty days (vgm:backup)."""
    newest_first = sorted(generations, key=lambda item: item.number, reverse=True)
    kept = {item.number for item in newest_first[: KEPT_NEWEST - 1]}  # one more is being written
    days: set[date] = set()
    for item in newest_first:
        day = item.taken_at.date()
        if day not in days and item.taken_at > now - timedelta(days=KEPT_DAYS):
            days.add(day)
            kept.add(item.number)
    return [item for item in newest_first if item.number not in kept]


def _restore(line: str) -> RestoreRow:
    number, restored_on, restored_at, taken_at = line.split("\t")
    return RestoreRow(
        int(number),
        date.fromisoformat(restored_on),
        datetime.fromisoformat(restored_at),
        datetime.fromisoformat(taken_at),
        RestoreState.BEGUN,
    )


class _ChunkWriter(io.RawIOBase):
    """Encrypts what is written, a chunk at a time; the last chunk is marked as such."""

    def __init__(self, sealed: BinaryIO, vault: Vault, head: bytes) -> None:
        super().__init__()
        self._sealed, self._vault, self._head = sealed, vault, head
        self._pending = bytearray()
        self._rank = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pending += data
        while len(self._pending) > _CHUNK_BYTES:
            self._put(bytes(self._pending[:_CHUNK_BYTES]), last=False)
            del self._pending[:_CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write what is left as the last chunk."""
        self._put(bytes(self._pending), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        body = self._vault.encrypt(chunk, _context(self._head, self._rank, last))
        self._sealed.write(len(body).to_bytes(4, "big") + body)
        self._rank += 1


class _ChunkReader(io.RawIOBase):
    """Inverse of `_ChunkWriter`. Raises ValueError when the file ends before the last chunk, VaultError when it was altered."""

    def __init__(self, sealed: BinaryIO, vault: Vault, head: bytes) -> None:
        super().__init__()
        self._sealed, self._vault, self._head = sealed, vault, head
        self._pending = b""
        self._rank = 0
        self._next_bytes: int | None = int.from_bytes(sealed.read(4), "big")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        parts = [self._pending]
        length = len(self._pending)
        while (size < 0 or length < size) and self._next_bytes is not None:
            parts.append(self._chunk())
            length += len(parts[-1])
        data = b"".join(parts)
        given, self._pending = (data, b"") if size < 0 else (data[:size], data[size:])
        return given

    def read_to_end(self) -> None:
        """Verify every chunk up to the last one."""
        while self._next_bytes is not None:
            self._chunk()

    def _chunk(self) -> bytes:
        size = self._next_bytes or 0
        body = self._sealed.read(size) if 0 < size <= _SEALED_CHUNK_BYTES_MAX else b""
        if not body or len(body) != size:
            raise ValueError("cut short")
        following = self._sealed.read(4)
        chunk = self._vault.decrypt(body, _context(self._head, self._rank, last=not following))
        self._next_bytes = int.from_bytes(following, "big") if following else None
        self._rank += 1
        return chunk


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, beside: Path | None) -> None:
    """One member of a generation to its place; only plain files, only inside."""
    content = archive.extractfile(member) if member.isfile() else None
    if content is None:
        return
    if member.name == _STORE:
        with target.open("xb") as store:
            shutil.copyfileobj(content, store)
            store.flush()
            os.fsync(store.fileno())
        return
    relative = Path(member.name.removeprefix(_BESIDE))
    if beside is None or not member.name.startswith(_BESIDE) or relative.is_absolute() or ".." in relative.parts:
        return
    place = beside / relative
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file)


def _context(head: bytes, rank: int, last: bool) -> bytes:
    return b"backup " + head + f"{rank} {int(last)}".encode()


def _sync_directory(directory: Path) -> None:
    """A rename is on the disk once its directory is; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
