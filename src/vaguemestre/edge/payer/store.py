"""The payer's store: one SQLite file, one transaction at a time for writers, bodies encrypted by the store's vault."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Connection, Engine

from vaguemestre.core.mail.envelope import ReceivedEnvelope
from vaguemestre.edge.payer import schema as payer_schema
from vaguemestre.edge.payer import schema_register as payer_schema_register
from vaguemestre.edge.payer.answers import AnswerTable
from vaguemestre.edge.payer.columns import METADATA
from vaguemestre.edge.payer.decisions import DecisionTable
from vaguemestre.edge.payer.forwards import ForwardTable
from vaguemestre.edge.payer.inbox import InboxTable
from vaguemestre.edge.payer.keeping import KeepingTable
from vaguemestre.edge.payer.ledger import LedgerTable
from vaguemestre.edge.payer.migrations import MIGRATIONS
from vaguemestre.edge.payer.register import RegisterTable
from vaguemestre.edge.payer.sheets import SheetTable
from vaguemestre.edge.store.database import open_database, reading
from vaguemestre.edge.store.store_faults import machine_faults
from vaguemestre.edge.store.vault import Vault, VaultError

_TABLES = (payer_schema.SHEETS, payer_schema_register.ANSWERS)
"""Both modules are loaded, so that `METADATA` holds every table."""


class PayerUnit:
    """One transaction: its tables by subject. Everything in it is durable together or not at all."""

    def __init__(self, cursor: Cursor, vault: Vault) -> None:
        self._cursor = cursor
        self.inbox = InboxTable(cursor, vault)
        self.sheets = SheetTable(cursor, vault)
        self.decisions = DecisionTable(cursor, vault)
        self.ledger = LedgerTable(cursor, vault)
        self.answers = AnswerTable(cursor, vault)
        self.register = RegisterTable(cursor, vault)
        self.keeping = KeepingTable(cursor, vault)
        self.forwards = ForwardTable(cursor, vault)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the unit that is undone alone when it raises; the exception goes on to the caller."""
        self._cursor.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO attempt")
            self._cursor.execute("RELEASE attempt")
            raise
        self._cursor.execute("RELEASE attempt")


class PayerStore:
    """Opens units. Safe between threads: each unit has a connection of its own. A full disk is an OSError that names the store."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._path = Path(engine.url.database or "")
        self._reader = reading(engine)
        self._vault = vault

    @classmethod
    def open(cls, path: Path, vault: Vault, *, synchronous: str = "FULL", create: bool = True) -> "PayerStore":
        """Open or create the store. Raises EnvironmentFault when it is of a newer version, VaultError for one of another key.

        Without `create`, raises MissingStoreError when there is none.
        """
        with machine_faults(path):
            store = cls(open_database(path, METADATA, MIGRATIONS, synchronous=synchronous, create=create), vault)
        try:
            with store.view() as unit:
                known = unit.register.knows_key()
            if not known:
                with store.unit() as unit:
                    unit.register.remember_key()
        except VaultError:
            store.close()
            raise
        return store

    @contextmanager
    def unit(self) -> Iterator[PayerUnit]:
        """A transaction that may write: committed at the end, undone when the body raises."""
        with machine_faults(self._path), self._engine.begin() as connection:
            yield PayerUnit(_cursor(connection), self._vault)

    @contextmanager
    def view(self) -> Iterator[PayerUnit]:
        """A consistent view for reading, which waits for nobody."""
        with machine_faults(self._path), self._reader.begin() as connection:
            yield PayerUnit(_cursor(connection), self._vault)

    def receive(self, messages: Sequence[tuple[ReceivedEnvelope, bytes]]) -> list[int]:
        """Make messages durable, all in one commit; only after this may 250 be answered."""
        with self.unit() as unit:
            return unit.inbox.receive(messages)

    def close(self) -> None:
        self._engine.dispose()


def _cursor(connection: Connection) -> Cursor:
    driver: Any = connection.connection.driver_connection
    cursor: Cursor = driver.cursor()
    return cursor
