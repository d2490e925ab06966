"""The practice's store: SQLite through SQLAlchemy, one transaction per unit of work, health data encrypted with the store's key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from vaguemestre.edge.practice.held import HeldReader
from vaguemestre.edge.practice.keeping import KeepingWriter
from vaguemestre.edge.practice.lots import LotReader, LotWriter
from vaguemestre.edge.practice.mail import MailReader, MailWriter
from vaguemestre.edge.practice.migrations import MIGRATIONS
from vaguemestre.edge.practice.sameness import CareReader, CareWriter
from vaguemestre.edge.practice.schema import METADATA
from vaguemestre.edge.practice.sheets import SheetReader, SheetWriter
from vaguemestre.edge.store.database import open_database, reading
from vaguemestre.edge.store.store_faults import machine_faults
from vaguemestre.edge.store.vault import Vault, VaultError

_KEY_CHECK: Final = "key_check"


class PracticeReader(SheetReader, CareReader, HeldReader, LotReader, MailReader):
    """A consistent view of the store."""


class PracticeWriter(SheetWriter, CareWriter, HeldReader, LotWriter, MailWriter, KeepingWriter):
    """One transaction: all of it is committed and synced, or nothing of it is."""


class PracticeStore:
    """One practice's store. Cheap to open; any number of threads may use it.

    A machine that refuses (disk full, no right) is an OSError that names the file; nothing of the transaction is then written.
    """

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._path = Path(engine.url.database or "")
        self._reading = reading(engine)
        self._vault = vault

    @contextmanager
    def read(self) -> Iterator[PracticeReader]:
        """Look, without waiting for a writer."""
        with machine_faults(self._path), self._reading.begin() as connection:
            yield PracticeReader(connection, self._vault)

    @contextmanager
    def write(self) -> Iterator[PracticeWriter]:
        """Do one unit of work; leaving without exception means that it is on the disk."""
        with machine_faults(self._path), self._engine.begin() as connection:
            yield PracticeWriter(connection, self._vault)

    def copy_to(self, target: Path) -> None:
        """A consistent copy of the whole store in a new file, taken while others work."""
        raw = self._engine.raw_connection()
        try:
            with machine_faults(target):
                raw.cursor().execute("VACUUM INTO ?", (str(target),))
        finally:
            raw.close()

    def close(self) -> None:
        self._engine.dispose()


def open_practice_store(path: Path, vault: Vault, *, create: bool = True) -> PracticeStore:
    """Open or create the store. Raises NewerStateError for one of a newer version, VaultError for one of another key.

    Without `create`, raises MissingStoreError when there is none.
    """
    with machine_faults(path):
        engine = open_database(path, METADATA, MIGRATIONS, create=create)
    store = PracticeStore(engine, vault)
    check = vault.blind(_KEY_CHECK).hex()
    with store.write() as book:
        known = book.fact(_KEY_CHECK)
        if known is None:
            book.set_fact(_KEY_CHECK, check)
    if known not in (None, check):
        store.close()
        raise VaultError(f"{path} was written with another key")
    return store
