"""An older payer's store is brought to today's form without losing a row."""

import sqlite3
from pathlib import Path

from payer_kit import NOON, open_store, registration, sheet
from vaguemestre.core.payer.intake import SheetState, store_key


def shapes(path: Path) -> dict[str, set[str]]:
    """Each table's columns and each index, as SQLite tells them."""
    with sqlite3.connect(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: {str(row[1:]) for row in connection.execute(f"PRAGMA table_info({name})")} for name in names}
        indexes = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return {**columns, "indexes": indexes}


def make_version_1(path: Path) -> None:
    """Undo what version 3 brought, then version 2."""
    with sqlite3.connect(path) as connection:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'sheets'").fetchone()
        indexes = connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'sheets' AND sql LIKE 'CREATE INDEX%'"
        )
        again = [row[0] for row in indexes]
        connection.execute("CREATE TABLE kept AS SELECT * FROM sheets")
        connection.execute("DROP TABLE sheets")
        connection.execute(made.replace(", 'forwarded'", ""))
        connection.execute("INSERT INTO sheets SELECT * FROM kept")
        connection.execute("DROP TABLE kept")
        for text in again:
            connection.execute(text)
        connection.execute("DROP TABLE forwards")
        for table in ("revisions", "dismissals"):
            connection.execute(f"DROP TABLE {table}")
        for column in ("bundle", "bundle_answer"):
            connection.execute(f"ALTER TABLE places DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")


def test_a_store_of_version_1_takes_forwarded_sheets(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    entry = registration(sheet(1))
    with store.unit() as unit:
        first = unit.sheets.register(entry, unit.sheets.claim_indexes(sheet(1)), NOON)
    store.close()
    path = tmp_path / "payer.sqlite"
    today = shapes(path)
    make_version_1(path)
    assert "forwards" not in shapes(path)
    store = open_store(tmp_path)
    with store.unit() as unit:
        assert first is not None
        assert unit.sheets.known(store_key(sheet(1).identity)).id == first  # type: ignore[union-attr]
        unit.sheets.set_states([(first, SheetState.FORWARDED)])
        unit.forwards.add(first, "039990000", 1, 2, NOON)
        assert unit.forwards.of([first]) == {first: "039990000"}
    store.close()
    assert shapes(path) == today
