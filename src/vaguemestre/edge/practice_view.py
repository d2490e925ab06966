"""What every reader and writer of the practice's store shares: one connection inside a transaction, and the store's key."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, insert

from vaguemestre.core.practice_book import SheetRow, Told
from vaguemestre.edge import practice_rows as rows
from vaguemestre.edge.vault import Vault

_CHUNK = 200


class View:
    """One transaction's view of the store."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._certificates: dict[bytes, bytes] = {}

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
        key: Any = self._connection.execute(insert(table).values(**values)).inserted_primary_key
        return int(key[0])
