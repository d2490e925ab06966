"""Opening a role's SQLite store: durable settings, one schema version, migrations in order, newer state refused."""

from collections.abc import Callable, Sequence
from itertools import chain, repeat
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Place, finding

Migration = Callable[[Connection], None]
_PATIENCE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.0002
_PATIENT: Final = f"PRAGMA busy_timeout = {_PATIENCE_SECONDS * 1000:.0f}"


class NewerStateError(EnvironmentFault):
    """The state directory was written by a newer version of this software: nothing is touched."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(finding("E005", Place(path.name), path=path, found=found, known=known))
        self.path, self.found, self.known = path, found, known


class MissingStoreError(Exception):
    """There is no store at `path`, and none was to be made: a store that vanished is never made anew in silence."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def is_store(path: Path) -> bool:
    """Whether something that is not empty stands there."""
    return path.is_file() and path.stat().st_size > 0


def open_database(
    path: Path,
    metadata: MetaData,
    migrations: Sequence[Migration] = (),
    *,
    synchronous: str = "FULL",
    create: bool = True,
) -> Engine:
    """Open the store at `path`, or create it when `create` allows it.

    Schema version = 1 + number of migrations, kept in `PRAGMA user_version`.
    WAL with `synchronous=FULL`: a commit returns only when its bytes are on the disk. A new store gets the tables of
    `metadata` as they are today; an older one gets the missing migrations, each in its own transaction.
    Raises NewerStateError when the file is of a newer version, MissingStoreError when there is none and none is created.
    """
    if not create and not is_store(path):
        raise MissingStoreError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Last in, first out: the connection that worked last still holds the pages that nobody changed since.
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": 30.0, "check_same_thread": False}, pool_use_lifo=True
    )
    event.listen(engine, "connect", _pragmas(synchronous))
    event.listen(engine, "begin", _begin)
    known = 1 + len(migrations)
    with engine.connect() as connection:
        found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if found > known:
        engine.dispose()
        raise NewerStateError(path, found, known)
    if found == 0:
        if not create:
            engine.dispose()
            raise MissingStoreError(path)
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {known}")
    for version in range(found or known, known):
        with engine.begin() as connection:
            migrations[version - 1](connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {version + 1}")
    return engine


def _pragmas(synchronous: str) -> Callable[[Any, Any], None]:
    def apply(connection: Any, _record: Any) -> None:
        # The driver's own implicit BEGIN is switched off: `_begin` says when a transaction starts.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA temp_store = MEMORY")  # what a savepoint may undo is never written to the disk
        # The log is written back every 32 MB: a page that many sheets change is then written once for all of them.
        cursor.execute("PRAGMA wal_autocheckpoint = 8000")
        cursor.execute(_PATIENT)
        cursor.close()

    return apply


def reading(engine: Engine) -> Engine:
    """The same store, for transactions that only read: a consistent view that never waits for a writer nor stops one."""
    return engine.execution_options(read_only=True)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("read_only", False):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection.connection.driver_connection)


def _begin_writing(driver: Any) -> None:
    """Become the one writer, within a fraction of a millisecond of the former one's end.

    SQLite's own waiting sleeps longer and longer, up to 100 ms, while a person waits: ask again often instead. Raises
    OperationalError (SQLITE_BUSY) after 30 seconds.
    """
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        until = monotonic() + _PATIENCE_SECONDS
        for pause in chain(repeat(_PAUSE_SECONDS, 100), repeat(10 * _PAUSE_SECONDS)):
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or monotonic() > until:
                    raise
            sleep(pause)
    finally:
        driver.execute(_PATIENT)
