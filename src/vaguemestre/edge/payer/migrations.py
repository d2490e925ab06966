"""Later changes of the payer's tables, one function each, in order; written as they were that day and never edited since."""

from typing import Final

from sqlalchemy import Connection

from vaguemestre.edge.store.database import Migration

_SHEETS_2: Final = """CREATE TABLE sheets (
    id INTEGER NOT NULL, billing_number TEXT NOT NULL, invoice_number TEXT NOT NULL, made_on TEXT NOT NULL, lot INTEGER NOT NULL,
    rank INTEGER NOT NULL, fund TEXT NOT NULL, content BLOB NOT NULL, settlement TEXT NOT NULL,
    claimed_cents INTEGER NOT NULL CHECK (claimed_cents >= 0), claim TEXT NOT NULL, patient BLOB NOT NULL,
    received_on TEXT NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id),
    UNIQUE (billing_number, invoice_number, made_on),
    CHECK (state IN ('registered', 'held', 'accepted', 'partial', 'rejected', 'forwarded')))"""
_FORWARDS_2: Final = """CREATE TABLE forwards (
    sheet INTEGER NOT NULL, fund TEXT NOT NULL, forwarded_at TEXT NOT NULL, message INTEGER NOT NULL, notice INTEGER NOT NULL,
    PRIMARY KEY (sheet))"""
_COLUMNS_2: Final = (
    "id, billing_number, invoice_number, made_on, lot, rank, fund, content, settlement, claimed_cents, claim, patient,"
    " received_on, state, body"
)


def let_sheets_be_forwarded(connection: Connection) -> None:
    """Version 2: a sheet may be forwarded to a fund of another insurer."""
    for name in ("sheets_to_decide", "sheets_by_claim", "sheets_by_patient"):
        connection.exec_driver_sql(f"DROP INDEX {name}")
    connection.exec_driver_sql("ALTER TABLE sheets RENAME TO sheets_1")
    connection.exec_driver_sql(_SHEETS_2)
    connection.exec_driver_sql(f"INSERT INTO sheets ({_COLUMNS_2}) SELECT {_COLUMNS_2} FROM sheets_1")
    connection.exec_driver_sql("DROP TABLE sheets_1")
    connection.exec_driver_sql("CREATE INDEX sheets_to_decide ON sheets (id) WHERE state = 'registered'")
    connection.exec_driver_sql("CREATE INDEX sheets_by_claim ON sheets (claim)")
    connection.exec_driver_sql("CREATE INDEX sheets_by_patient ON sheets (patient)")
    connection.exec_driver_sql(_FORWARDS_2)


_REVISIONS_3: Final = "CREATE TABLE revisions (part TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (part))"
_DISMISSALS_3: Final = """CREATE TABLE dismissals (
    message INTEGER NOT NULL, dismissed_by TEXT NOT NULL, dismissed_at TEXT NOT NULL, note BLOB NOT NULL, PRIMARY KEY (message))"""


def let_bundles_travel(connection: Connection) -> None:
    """Version 3: the signed bundle is sent to the stations; a person ends a message that was set aside."""
    connection.exec_driver_sql("ALTER TABLE places ADD COLUMN bundle INTEGER")
    connection.exec_driver_sql("ALTER TABLE places ADD COLUMN bundle_answer INTEGER")
    connection.exec_driver_sql(_REVISIONS_3)
    connection.exec_driver_sql(_DISMISSALS_3)


MIGRATIONS: tuple[Migration, ...] = (let_sheets_be_forwarded, let_bundles_travel)
