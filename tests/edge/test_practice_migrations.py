"""An older practice's store is brought to today's form without losing a row: a state directory, or an old backup."""

import re
import sqlite3
from pathlib import Path

import pytest

from practice_kit import World, tiers_payant
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.edge.practice.store import open_practice_store
from vaguemestre.role.practice.backup import back_up
from vaguemestre.role.practice.corrections import correct
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.record import Entry, record
from vaguemestre.role.practice.send import send

_OLD_INDEXES = (
    "CREATE INDEX waiting_sheets ON sheets (billing_number, destination, deadline, id, recorded_at) WHERE state = 'recorded'",
    "CREATE INDEX sheets_by_state ON sheets (state, settlement, deadline, fund_cents)",
    "CREATE TABLE numbering (billing_number VARCHAR(9) NOT NULL, made_on VARCHAR(10) NOT NULL, last_serial INTEGER NOT NULL,"
    " PRIMARY KEY (billing_number, made_on)) WITHOUT ROWID",
)


def shapes(path: Path) -> dict[str, set[str]]:
    """Each table's columns and foreign keys, and each index, as SQLite tells them."""
    with sqlite3.connect(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        told = {}
        for name in names:
            columns = {str(row[1:]) for row in connection.execute(f"PRAGMA table_info({name})")}
            told[name] = columns | {str(row[2:5]) for row in connection.execute(f"PRAGMA foreign_key_list({name})")}
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        return {
            **told,
            "indexes": {f"{name} {' '.join((sql or '').split())}" for name, sql in connection.execute(query)},
        }


def constraints(path: Path) -> list[str]:
    """What the database itself forbids of a sheet."""
    with sqlite3.connect(path) as connection:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'sheets'").fetchone()
    without_added = re.sub(r", (care|entry)_index BLOB", "", made)
    return sorted(" ".join(part.split()).rstrip(" ,)") for part in without_added.split("CONSTRAINT")[1:])


def make_version_1(path: Path, *, oldest: bool) -> None:
    """Undo what versions 3 and 2 brought: a sheet's bodies stand in its own row."""
    make_version_2(path)
    with sqlite3.connect(path) as connection:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'sheets'").fetchone()
        old = made.replace("travelling_id INTEGER", "travelling BLOB").replace("body_id INTEGER", "body BLOB")
        old = old.replace("travelling_id IS NOT NULL", "travelling IS NOT NULL")
        keys = ("travelling_id", "body_id")
        for key in keys:
            old = old.replace(f"FOREIGN KEY({key}) REFERENCES sheet_bodies (id)", "CHECK (1)")
        connection.execute("CREATE TABLE kept AS SELECT * FROM sheets")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(kept)")]
        chosen = [
            f"(SELECT sealed FROM sheet_bodies b WHERE b.id = kept.{name})" if name in keys else name
            for name in columns
        ]
        connection.execute("DROP TABLE sheets")
        connection.execute(old)
        connection.execute(f"INSERT INTO sheets SELECT {', '.join(chosen)} FROM kept")
        connection.execute("DROP TABLE kept")
        connection.execute("DROP TABLE sheet_bodies")
        if oldest:
            for text in _OLD_INDEXES:
                connection.execute(text)
        connection.execute("PRAGMA user_version = 1")


def make_version_2(path: Path) -> None:
    """Undo what version 3 brought: the two hashes of a sheet's care and of the row that gave it."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX sheets_of_patient")
        for column in ("care_index", "entry_index"):
            connection.execute(f"ALTER TABLE sheets DROP COLUMN {column}")
        connection.execute("CREATE INDEX sheets_of_patient ON sheets (patient_index)")
        connection.execute("PRAGMA user_version = 2")


def content(world: World) -> list[object]:
    """Every sheet with its bodies, its lots and its answers."""
    with world.store.read() as view:
        found: list[object] = []
        for (number,) in view._connection.exec_driver_sql("SELECT id FROM sheets ORDER BY id"):
            lines = [(line.verdict, line.paid_cents) for line in view.answers_of_sheet(number)]
            lots = [lot.identity for lot in view.lots_of_sheet(number)]
            found.append((view.sheet(number), view.body(number), view.travelling(number), lots, lines))
    return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A sheet that was paid, one that was rejected and corrected, one in a lot on its way, one that waits."""
    made = World(tmp_path)
    made.publish()
    _, wrong = made.record(count=2)
    close_and_seal(made.edges, made.now)
    send(made.edges, made.now)
    (lot,) = made.payer.lots()
    made.payer.acknowledge(lot)
    made.payer.pay(lot, {wrong.identity.invoice_number: 0})
    made.collect()
    assert correct(made.edges, SheetKey.of(wrong.identity), Entry(tiers_payant()), made.now).sheet is not None
    close_and_seal(made.edges, made.now)
    send(made.edges, made.now)
    made.record()
    return made


def reopen(world: World) -> None:
    world.store = open_practice_store(world.directory / "practice.sqlite", world.vault, create=False)
    world.edges = world.open(world.store)


@pytest.mark.parametrize("oldest", [False, True])
def test_a_store_of_version_1_keeps_every_sheet_and_goes_on(world: World, oldest: bool) -> None:
    path = world.directory / "practice.sqlite"
    before, today, forbidden = content(world), shapes(path), constraints(path)
    world.store.close()
    make_version_1(path, oldest=oldest)
    assert "sheet_bodies" not in shapes(path)
    reopen(world)
    assert content(world) == before
    assert (shapes(path), constraints(path)) == (today, forbidden)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (sheet,) = world.record()
    assert sheet.identity.serial == 5, "no number is given twice"
    world.payer.acknowledge(world.payer.lots()[1])
    world.collect()
    assert sorted(world.states()) == ["acknowledged", "recorded", "recorded", "rejected", "settled"]
    assert back_up(world.edges, world.now).generation is not None


def test_a_store_of_version_2_knows_the_same_care_from_now_on(world: World) -> None:
    path = world.directory / "practice.sqlite"
    before, today, forbidden = content(world), shapes(path), constraints(path)
    world.store.close()
    make_version_2(path)
    assert shapes(path) != today
    reopen(world)
    assert content(world) == before
    assert (shapes(path), constraints(path)) == (today, forbidden)
    first, again = (record(world.edges, Entry(tiers_payant()), world.now) for _ in range(2))
    assert "R085" not in [item.code.code for item in first.findings], "older sheets have no hash"
    assert first.sheet is not None
    said = [item for item in again.findings if item.code.code == "R085"]
    assert [item.values["like"] for item in said] == [str(first.sheet.identity)]


def test_a_store_that_had_the_table_before_its_number_is_left_as_it_is(world: World) -> None:
    path = world.directory / "practice.sqlite"
    before = content(world)
    world.store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    reopen(world)
    assert content(world) == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
