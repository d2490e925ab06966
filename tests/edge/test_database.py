"""Opening a store: created, migrated once, refused when newer, durable."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table

from vaguemestre.edge.store.database import NewerStateError, open_database

METADATA = MetaData()
Table("things", METADATA, Column("id", Integer, primary_key=True))


def _add_colour(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE things ADD COLUMN colour TEXT")


def test_an_old_store_gets_the_missing_migration_once(tmp_path: Path) -> None:
    open_database(tmp_path / "s.sqlite", METADATA).dispose()
    for _ in range(2):
        engine = open_database(tmp_path / "s.sqlite", METADATA, [_add_colour])
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT colour FROM things").all() == []
            assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 2
        engine.dispose()


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    open_database(tmp_path / "s.sqlite", METADATA, [_add_colour]).dispose()
    with pytest.raises(NewerStateError) as caught:
        open_database(tmp_path / "s.sqlite", METADATA)
    assert (caught.value.found, caught.value.known) == (2, 1)


def test_a_commit_is_synced_and_a_rollback_leaves_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "s.sqlite", METADATA)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    with pytest.raises(RuntimeError), engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES (1)")
        raise RuntimeError
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM things").scalar_one() == 0
