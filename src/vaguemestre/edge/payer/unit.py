"""What the payer's tables share: one transaction's cursor, the vault, and how instants and days stand in a column.

Statements go to the driver as they are: the payer writes several rows per sheet and the hot path must stay lean.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from sqlite3 import Cursor
from typing import Any, Final

from vaguemestre.edge.store.vault import Vault

PAYMENT_CONTEXT: Final = b"payment"


@lru_cache(maxsize=64)
def stamp(at: datetime) -> str:
    """An aware instant as the text of a column: ISO 8601 in UTC, to the microsecond, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """Inverse of `stamp`."""
    return datetime.fromisoformat(text)


def day(text: str | None) -> date | None:
    """A day from the text of a column; None for an empty one."""
    return None if text is None else date.fromisoformat(text)


class PayerTable:
    """A group of tables inside one transaction."""

    def __init__(self, cursor: Cursor, vault: Vault) -> None:
        self._cursor = cursor
        self._vault = vault

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._cursor.execute(sql, values).fetchall()

    def _row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._cursor.execute(sql, values).fetchone()
        return row

    def _run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute one statement and give the number of rows it touched."""
        return self._cursor.execute(sql, values).rowcount

    def _insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        rowid = self._cursor.execute(sql, values).lastrowid
        if rowid is None:
            raise RuntimeError("the driver gave no row id")
        return rowid

    def _many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, rows)


def marks(count: int) -> str:
    """`?, ?, ?` for a list of values."""
    return ", ".join("?" * count)
