"""The second place: a directory (another disk, a share) with several encrypted generations of a store, and the count of restores.

A generation is written aside, synced, then renamed: it is whole or not there. It is encrypted with the store's key in chunks that
cannot be reordered, cut or mixed with another backup's. The count of restores is a text file that only grows.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from vaguemestre.core.practice_book import Generation, RestoreRow, RestoreState
from vaguemestre.edge.vault import Vault, VaultError

_MAGIC: Final = b"vaguemestre-backup-1\n"
_CHUNK_BYTES: Final = 1 << 20
_SEALED_CHUNK_BYTES_MAX: Final = _CHUNK_BYTES + 64
_NAME: Final = re.compile(r"practice-(\d{8})-(\d{8}T\d{6}Z)-r(\d{4})\.vgmbackup")
_RESTORES: Final = "restores.log"
_HEAD_BYTES_MAX: Final = 4096
KEPT_NEWEST: Final = 5
KEPT_DAYS: Final = 30


class Copied(Protocol):
    """What can copy itself whole into a new file."""

    def copy_to(self, target: Path) -> None: ...


class DirectoryPlace:
    """A directory as second place. `workspace` is where a copy stands for a moment, in clear of metadata: beside the store."""

    def __init__(self, directory: Path, vault: Vault, workspace: Path) -> None:
        self._directory = directory
        self._vault = vault
        self._workspace = workspace

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
        head = json.dumps({"name": name, "size_bytes": source.stat().st_size}).encode() + b"\n"
        try:
            with source.open("rb") as plain, partial.open("wb") as sealed:
                sealed.write(_MAGIC + head)
                for rank, (chunk, last) in enumerate(_chunks(plain)):
                    body = self._vault.encrypt(chunk, _context(head, rank, last))
                    sealed.write(len(body).to_bytes(4, "big") + body)
                sealed.flush()
                os.fsync(sealed.fileno())
            partial.replace(self._directory / name)
        finally:
            partial.unlink(missing_ok=True)
        _sync_directory(self._directory)

    def read(self, generation: Generation, target: Path) -> bool:
        """Write the store of a generation to the new file `target`; False when it is not readable with this key, or is cut."""
        with (self._directory / generation.name).open("rb") as sealed:
            if sealed.readline(_HEAD_BYTES_MAX) != _MAGIC:
                return False
            head = sealed.readline(_HEAD_BYTES_MAX)
            try:
                with target.open("xb") as plain:
                    for chunk in self._decrypted(sealed, head):
                        plain.write(chunk)
                    plain.flush()
                    os.fsync(plain.fileno())
            except (VaultError, ValueError):
                target.unlink(missing_ok=True)
                return False
        return True

    def _decrypted(self, sealed: BinaryIO, head: bytes) -> Iterator[bytes]:
        """The chunks in order up to the one marked last. Raises ValueError when the file ends before, VaultError when altered."""
        rank = 0
        size = int.from_bytes(sealed.read(4), "big")
        while True:
            body = sealed.read(size) if 0 < size <= _SEALED_CHUNK_BYTES_MAX else b""
            if not body or len(body) != size:
                raise ValueError("cut short")
            following = sealed.read(4)
            last = not following
            yield self._vault.decrypt(body, _context(head, rank, last))
            if last:
                return
            size, rank = int.from_bytes(following, "big"), rank + 1

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


def _chunks(plain: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """(chunk, whether it is the last); an empty file is one empty chunk."""
    chunk = plain.read(_CHUNK_BYTES)
    while True:
        following = plain.read(_CHUNK_BYTES)
        yield chunk, not following
        if not following:
            return
        chunk = following


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
