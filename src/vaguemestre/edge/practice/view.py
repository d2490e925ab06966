"""What every reader and writer of the practice's store shares: one connection inside a transaction, and the store's key."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from sqlite3 import Cursor
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import Executable

from vaguemestre.core.practice.book import SheetRow, Told
from vaguemestre.edge.practice import rows
from vaguemestre.edge.store.vault import Vault

_CHUNK = 200
_DIALECT = sqlite.dialect()


class Prepared:
    """A statement compiled once: what every lot and every sheet runs is not built anew each time."""

    __slots__ = ("_names", "text")

    def __init__(self, statement: Executable) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self.text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup)

    def ordered(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the statement's parameters in the order of its marks. Raises KeyError when one is missing."""
        return tuple([values[name] for name in self._names])


@cache
def _insertion(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(table).values({name: bindparam(name) for name in names}))


class View:
    """One transaction's view of the store."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._vault = vault
        self._blinded: dict[str, bytes] = {}

    def _blind(self, text: str) -> bytes:
        """The keyed hash of a text, made once in a transaction that looks a sheet's care up and then writes the sheet."""
        known = self._blinded.get(text)
        if known is None:
            known = self._blinded[text] = self._vault.blind(text)
        return known

    def _rows(self, statement: Prepared, **values: Any) -> list[Any]:
        """Every row, straight from the driver."""
        found: list[Any] = self._driver.execute(statement.text, statement.ordered(values)).fetchall()
        return found

    def _row(self, statement: Prepared, **values: Any) -> Any:
        """The first row or None, straight from the driver."""
        return self._driver.execute(statement.text, statement.ordered(values)).fetchone()

    def _one_sheet(self, query: Select[Any]) -> SheetRow | None:
        row = self._connection.execute(query).first()
        return None if row is None else rows.sheet_row(row)

    def _stream(self, query: Select[Any]) -> Iterator[Row[Any]]:
        """Row by row in small chunks: a hundred thousand waiting sheets are never in memory at once."""
        with self._connection.execution_options(yield_per=_CHUNK).execute(query) as result:
            yield from result

    def _told(self, body: bytes | None, context: bytes) -> tuple[Told, ...]:
        return () if body is None else self._vault.unseal(body, tuple[Told, ...], context)

    def _inserted(self, table: Table, values: dict[str, Any]) -> int:
        """Insert one row; gives its id."""
        return int(self._run(_insertion(table, tuple(values)), values).lastrowid or 0)

    def _insert_many(self, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all have the columns of the first."""
        if values:
            self._run_many(_insertion(table, tuple(values[0])), values)

    def _run(self, statement: Prepared, values: Mapping[str, Any]) -> Cursor:
        cursor: Cursor = self._driver.execute(statement.text, statement.ordered(values))
        return cursor

    def _run_many(self, statement: Prepared, values: Sequence[Mapping[str, Any]]) -> Cursor:
        cursor: Cursor = self._driver.executemany(statement.text, [statement.ordered(row) for row in values])
        return cursor
