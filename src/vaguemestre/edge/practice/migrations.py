"""Later changes of the practice's tables, one function each, in order; written as they were that day and never edited since."""

from typing import Final

from sqlalchemy import Connection

from vaguemestre.edge.store.database import Migration

_KEPT_2: Final = (
    "id, billing_number, invoice_number, made_on, origin, state, settlement, destination, fund_cents, completed_on, deadline,"
    " recorded_at, lot_id, replaces_id, on_paper_at, on_paper_reason, acknowledged_at, ended_at, accepted_cents, rejected_cents,"
    " paid_cents, patient_index"
)
_BODIES_2: Final = "CREATE TABLE sheet_bodies (id INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (id))"
_SHEETS_2: Final = """CREATE TABLE sheets (
    id INTEGER NOT NULL, billing_number VARCHAR(9) NOT NULL, invoice_number VARCHAR(9) NOT NULL, made_on VARCHAR(10) NOT NULL,
    origin VARCHAR NOT NULL, state VARCHAR NOT NULL, settlement VARCHAR NOT NULL, destination VARCHAR(9) NOT NULL,
    fund_cents INTEGER NOT NULL, completed_on VARCHAR(10) NOT NULL, deadline VARCHAR(10) NOT NULL, recorded_at VARCHAR NOT NULL,
    lot_id INTEGER, replaces_id INTEGER, on_paper_at VARCHAR, on_paper_reason VARCHAR, acknowledged_at VARCHAR, ended_at VARCHAR,
    accepted_cents INTEGER, rejected_cents INTEGER, paid_cents INTEGER, patient_index BLOB NOT NULL, travelling_id INTEGER,
    body_id INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT origin_is_known CHECK (origin IN ('own', 'carried')),
    CONSTRAINT state_is_known CHECK (state IN ('recorded', 'in lot', 'sealed', 'handed over', 'acknowledged', 'settled',
        'rejected', 'cancelled')),
    CONSTRAINT settlement_is_known CHECK (settlement IN ('tiers_payant', 'patient_paid')),
    CONSTRAINT a_sheet_claims_nothing_negative CHECK (fund_cents >= 0),
    CONSTRAINT identity_has_its_length CHECK (length(billing_number) = 9 AND length(invoice_number) = 9),
    CONSTRAINT a_lot_state_has_a_lot CHECK (state NOT IN ('in lot', 'sealed', 'handed over') OR lot_id IS NOT NULL),
    CONSTRAINT a_free_sheet_has_no_lot CHECK (state NOT IN ('recorded', 'cancelled') OR lot_id IS NULL),
    CONSTRAINT our_own_sheets_are_signed CHECK ((origin = 'own') = (travelling_id IS NOT NULL)),
    CONSTRAINT settled_adds_up CHECK (state != 'settled' OR (settlement = 'tiers_payant'
        AND accepted_cents + rejected_cents = fund_cents)),
    CONSTRAINT rejected_is_rejected_whole CHECK (state != 'rejected' OR rejected_cents = fund_cents),
    CONSTRAINT an_end_has_an_instant CHECK (state NOT IN ('settled', 'rejected', 'cancelled') OR ended_at IS NOT NULL),
    CONSTRAINT sheet_identity UNIQUE (billing_number, invoice_number, made_on),
    FOREIGN KEY(lot_id) REFERENCES lots (id), FOREIGN KEY(replaces_id) REFERENCES sheets (id),
    FOREIGN KEY(travelling_id) REFERENCES sheet_bodies (id), FOREIGN KEY(body_id) REFERENCES sheet_bodies (id))"""
_INDEXES_2: Final = (
    "CREATE INDEX sheets_by_stage ON sheets (state, billing_number, destination, deadline, id, settlement, fund_cents,"
    " recorded_at, completed_on)",
    "CREATE INDEX sheets_of_lot ON sheets (lot_id, state) WHERE lot_id IS NOT NULL",
    "CREATE INDEX sheets_of_patient ON sheets (patient_index)",
    "CREATE UNIQUE INDEX one_correction_per_sheet ON sheets (replaces_id) WHERE replaces_id IS NOT NULL AND state != 'cancelled'",
)


def keep_bodies_apart(connection: Connection) -> None:
    """Version 2: what is encrypted of a sheet lies in a table of its own; the last serial is read from the sheets themselves."""
    run = connection.exec_driver_sql
    tables = {row[0] for row in run("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "sheet_bodies" in tables:
        return  # made by a version that had the table and not yet its number
    run("PRAGMA defer_foreign_keys = ON")  # whoever names a sheet is judged at the end, when the sheets are back
    run("CREATE TEMP TABLE sheets_1 AS SELECT * FROM sheets")
    run("DROP TABLE sheets")
    run("DROP TABLE IF EXISTS numbering")
    run(_BODIES_2)
    run(_SHEETS_2)
    run("INSERT INTO sheet_bodies (id, sealed) SELECT 2 * id, body FROM sheets_1")
    run(
        "INSERT INTO sheet_bodies (id, sealed) SELECT 2 * id - 1, travelling FROM sheets_1 WHERE travelling IS NOT NULL"
    )
    run(
        f"INSERT INTO sheets ({_KEPT_2}, travelling_id, body_id)"
        f" SELECT {_KEPT_2}, CASE WHEN travelling IS NULL THEN NULL ELSE 2 * id - 1 END, 2 * id FROM sheets_1 ORDER BY id"
    )
    run("DROP TABLE sheets_1")
    for index in _INDEXES_2:
        run(index)


def know_same_care(connection: Connection) -> None:
    """Version 3: two keyed hashes tell that a sheet's care, or the row of a file that gave it, was already recorded."""
    run = connection.exec_driver_sql
    columns = {row[1] for row in run("PRAGMA table_info(sheets)")}
    if "care_index" in columns:
        return  # made by a version that had the columns and not yet their number
    run("ALTER TABLE sheets ADD COLUMN care_index BLOB")
    run("ALTER TABLE sheets ADD COLUMN entry_index BLOB")
    run("DROP INDEX sheets_of_patient")
    run("CREATE INDEX sheets_of_patient ON sheets (patient_index, care_index)")


MIGRATIONS: Final[tuple[Migration, ...]] = (keep_bodies_apart, know_same_care)
