"""The practice's store, table by table. What must never be is forbidden here, by the database itself.

Readable columns hold numbers, dates, amounts and states; whatever tells something of a patient stands in an encrypted `body`
(`edge.store.vault`). Lots, sealings and attempts hold no health data: what they carry is sealed. Instants are ISO 8601 in UTC, days
are ISO dates, amounts are integer cents.
"""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from vaguemestre.core.lot import LotState
from vaguemestre.core.practice.book import FileStage, MailState, Origin, RestoreState
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.lifecycles import SheetState, WayState

METADATA: Final = MetaData()


def _one_of(column: str, kind: type) -> CheckConstraint:
    values = ", ".join(f"'{entry.value}'" for entry in kind)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_is_known")


facts = Table(  # what the store knows of itself: its identity, how many restores it went through, its last backup
    "facts",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
    sqlite_with_rowid=False,
)

certificates = Table(  # those that signed our sheets, each kept once
    "certificates",
    METADATA,
    Column("fingerprint", LargeBinary(32), primary_key=True),
    Column("der", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

lot_numbering = Table(
    "lot_numbering",
    METADATA,
    Column("billing_number", String(9), nullable=False),
    Column("destination", String(9), nullable=False),
    Column("last_number", Integer, nullable=False),
    PrimaryKeyConstraint("billing_number", "destination"),
    CheckConstraint("last_number BETWEEN 1 AND 999", name="lot_number_has_three_digits"),
    sqlite_with_rowid=False,
)

restores = Table(  # one row per restore this store went through, numbered by the second place
    "restores",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("restored_on", String(10), nullable=False),
    Column("restored_at", String, nullable=False),
    Column("backup_taken_at", String, nullable=False),
    Column("state", String, nullable=False),
    _one_of("state", RestoreState),
)

b2_files = Table(  # one B2 file = what one sealed message carries
    "b2_files",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("origin", String, nullable=False),
    Column("billing_number", String(9), nullable=False),
    Column("destination", String(9), nullable=False),
    Column("stage", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("earliest_deadline", String(10), nullable=False),
    Column("next_try_at", String, nullable=False),
    Column("lapses_on", String(10), nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("body_digest", String(64), comment="of a carried file: the same file is never taken in twice"),
    Column("body", LargeBinary, comment="encrypted; only of a carried file: ours is made of its sheets"),
    _one_of("origin", Origin),
    _one_of("stage", FileStage),
    CheckConstraint("(origin = 'carried') = (body IS NOT NULL)", name="only_carried_bytes_are_kept"),
    CheckConstraint("(origin = 'carried') = (body_digest IS NOT NULL)", name="a_carried_file_has_a_digest"),
    UniqueConstraint("body_digest", name="one_carried_file_once"),
)
Index(
    "files_to_work_on",
    b2_files.c.stage,
    b2_files.c.next_try_at,
    b2_files.c.earliest_deadline,
    sqlite_where=text("stage != 'done'"),
)

lots = Table(
    "lots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("b2_files.id"), nullable=False),
    Column("billing_number", String(9), nullable=False),
    Column("destination", String(9), nullable=False),
    Column("made_on", String(10), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("is_open", Integer, nullable=False, comment="1 until every sheet of it has ended or gone back"),
    Column("sheet_count", Integer, nullable=False),
    Column("fund_cents", Integer, nullable=False),
    Column("closed_at", String, nullable=False),
    Column("sealed_at", String),
    Column("handed_over_at", String),
    Column("answered_at", String),
    _one_of("state", LotState),
    CheckConstraint("number BETWEEN 1 AND 999", name="lot_number_has_three_digits"),
    CheckConstraint("sheet_count BETWEEN 1 AND 999", name="a_lot_holds_sheets"),
    CheckConstraint("state NOT IN ('refused', 'given up') OR is_open = 0", name="an_undone_lot_is_not_open"),
    CheckConstraint("state != 'handed over' OR handed_over_at IS NOT NULL", name="handing_over_has_an_instant"),
    UniqueConstraint("billing_number", "destination", "made_on", "number", name="lot_identity"),
)
Index(
    "one_open_lot_per_number",
    lots.c.billing_number,
    lots.c.destination,
    lots.c.number,
    unique=True,
    sqlite_where=text("is_open = 1"),
)
Index("lots_of_file", lots.c.file_id)

sheet_bodies = Table(  # what is encrypted of a sheet lies apart: a sheet that moves on does not drag it along
    "sheet_bodies",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

sheets = Table(
    "sheets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("billing_number", String(9), nullable=False),
    Column("invoice_number", String(9), nullable=False),
    Column("made_on", String(10), nullable=False, comment="day made up; of a carried sheet the year of care"),
    Column("origin", String, nullable=False),
    Column("state", String, nullable=False),
    Column("settlement", String, nullable=False),
    Column("destination", String(9), nullable=False),
    Column("fund_cents", Integer, nullable=False),
    Column("completed_on", String(10), nullable=False),
    Column("deadline", String(10), nullable=False),
    Column("recorded_at", String, nullable=False),
    Column("lot_id", ForeignKey("lots.id")),
    Column("replaces_id", ForeignKey("sheets.id"), comment="the rejected sheet that this one corrects"),
    Column("on_paper_at", String, comment="a paper duplicate was handed out; electronic attempts go on"),
    Column("on_paper_reason", String),
    Column("acknowledged_at", String),
    Column("ended_at", String),
    Column("accepted_cents", Integer),
    Column("rejected_cents", Integer),
    Column("paid_cents", Integer),
    Column("patient_index", LargeBinary(16), nullable=False, comment="keyed hash: finds a patient, tells nothing"),
    Column(
        "care_index", LargeBinary(16), comment="keyed hash of who did what and when; NULL: carried, purged, or older"
    ),
    Column(
        "entry_index", LargeBinary(16), comment="keyed hash of the row of a file that gave the sheet; NULL for none"
    ),
    Column("travelling_id", ForeignKey("sheet_bodies.id"), comment="the signed bytes and signatures as they travel"),
    Column("body_id", ForeignKey("sheet_bodies.id"), nullable=False, comment="the sheet's label, trace and findings"),
    _one_of("origin", Origin),
    _one_of("state", SheetState),
    CheckConstraint("settlement IN ('tiers_payant', 'patient_paid')", name="settlement_is_known"),
    CheckConstraint("fund_cents >= 0", name="a_sheet_claims_nothing_negative"),
    CheckConstraint("length(billing_number) = 9 AND length(invoice_number) = 9", name="identity_has_its_length"),
    CheckConstraint(
        "state NOT IN ('in lot', 'sealed', 'handed over') OR lot_id IS NOT NULL", name="a_lot_state_has_a_lot"
    ),
    CheckConstraint("state NOT IN ('recorded', 'cancelled') OR lot_id IS NULL", name="a_free_sheet_has_no_lot"),
    CheckConstraint("(origin = 'own') = (travelling_id IS NOT NULL)", name="our_own_sheets_are_signed"),
    CheckConstraint(
        "state != 'settled' OR (settlement = 'tiers_payant' AND accepted_cents + rejected_cents = fund_cents)",
        name="settled_adds_up",
    ),
    CheckConstraint("state != 'rejected' OR rejected_cents = fund_cents", name="rejected_is_rejected_whole"),
    CheckConstraint(
        "state NOT IN ('settled', 'rejected', 'cancelled') OR ended_at IS NOT NULL", name="an_end_has_an_instant"
    ),
    UniqueConstraint("billing_number", "invoice_number", "made_on", name="sheet_identity"),
)
Index(  # the one that counts stages and picks what waits; whole, so that neither opens a sheet
    "sheets_by_stage",
    sheets.c.state,
    sheets.c.billing_number,
    sheets.c.destination,
    sheets.c.deadline,
    sheets.c.id,
    sheets.c.settlement,
    sheets.c.fund_cents,
    sheets.c.recorded_at,
    sheets.c.completed_on,
)
Index("sheets_of_lot", sheets.c.lot_id, sheets.c.state, sqlite_where=text("lot_id IS NOT NULL"))
Index("sheets_of_patient", sheets.c.patient_index, sheets.c.care_index)
Index(
    "one_correction_per_sheet",
    sheets.c.replaces_id,
    unique=True,
    sqlite_where=text("replaces_id IS NOT NULL AND state != 'cancelled'"),
)

lot_sheets = Table(  # which sheets a lot held, in order, for ever: a sheet may have travelled in several lots
    "lot_sheets",
    METADATA,
    Column("lot_id", ForeignKey("lots.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("sheet_id", ForeignKey("sheets.id"), nullable=False),
    PrimaryKeyConstraint("lot_id", "rank"),
    sqlite_with_rowid=False,
)
Index("lots_of_sheet", lot_sheets.c.sheet_id)

sealings = Table(  # sealed bytes, stored once and sent again as they are
    "sealings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("b2_files.id"), nullable=False),
    Column("is_current", Integer, nullable=False),
    Column("sealed_at", String, nullable=False),
    Column("sealed_digest", String(64), nullable=False, unique=True),
    Column("signer", String, nullable=False, comment="number of the card that signed the lot"),
    Column("fund_certificate", String, nullable=False, comment="fingerprint of the certificate it is encrypted to"),
    Column("readable_until", String, nullable=False, comment="end of that certificate"),
    Column("reason", String, nullable=False),
    Column("message", LargeBinary, nullable=False),
)
Index("one_current_sealing", sealings.c.file_id, unique=True, sqlite_where=text("is_current = 1"))

attempts = Table(  # written before dialling; the outcome after
    "attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sealing_id", ForeignKey("sealings.id"), nullable=False),
    Column("way", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("ended_at", String),
    Column("outcome", String),
    Column("reply", String),
    CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="an_outcome_has_an_instant"),
    _one_of("outcome", DeliveryOutcome),
)
Index("attempts_of_sealing", attempts.c.sealing_id)
Index("one_attempt_at_a_time", attempts.c.sealing_id, unique=True, sqlite_where=text("outcome IS NULL"))

ways = Table(  # the health of each leg of each way
    "ways",
    METADATA,
    Column("name", String, nullable=False),
    Column("leg", String, nullable=False),
    Column("state", String, nullable=False),
    Column("since", String, nullable=False),
    Column("next_try_at", String, nullable=False),
    Column("last_success_at", String),
    Column("failures", Integer, nullable=False),
    Column("reply", String, nullable=False),
    PrimaryKeyConstraint("name", "leg"),
    _one_of("leg", Leg),
    _one_of("state", WayState),
    sqlite_with_rowid=False,
)

inbox = Table(  # every message that came, kept before its deletion over there is asked
    "inbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True, comment="of the sealed bytes, whatever carried them"),
    Column("way", String, nullable=False, comment="the first that brought it"),
    Column("received_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("kind", String, comment="acknowledgement, return, bundle"),
    Column("sender", String, comment="the fund whose signature was verified"),
    Column("applied_at", String),
    Column("finding_codes", String, nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False, comment="encrypted: the message as it came"),
    Column("told", LargeBinary, comment="encrypted: the findings"),
    _one_of("state", MailState),
    CheckConstraint("(state = 'kept') = (applied_at IS NULL)", name="a_read_message_has_an_instant"),
)
Index("mail_to_read", inbox.c.id, sqlite_where=text("state = 'kept'"))

seen_messages = Table(  # committed here, deletion over there not yet confirmed
    "seen_messages",
    METADATA,
    Column("way", String, nullable=False),
    Column("uid", String, nullable=False),
    Column("inbox_id", ForeignKey("inbox.id"), nullable=False),
    PrimaryKeyConstraint("way", "uid"),
    sqlite_with_rowid=False,
)

answers = Table(  # what each acknowledgement or return said as a whole; applied once
    "answers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("inbox_id", ForeignKey("inbox.id"), nullable=False),
    Column("reference", String, nullable=False, comment="the fund's own reference, or a digest of the content"),
    Column("kind", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("dated", String, nullable=False),
    Column("lot", String, comment="identity of the lot it answers, known here or not"),
    Column("lot_id", ForeignKey("lots.id")),
    Column("expected_cents", Integer, nullable=False),
    Column("paid_cents", Integer, nullable=False),
    CheckConstraint("kind IN ('acknowledgement', 'return')", name="kind_is_known"),
    UniqueConstraint("sender", "kind", "reference", name="an_answer_counts_once"),
)

sheet_answers = Table(  # what an answer said of one sheet, known here or not
    "sheet_answers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("answer_id", ForeignKey("answers.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("sheet_id", ForeignKey("sheets.id")),
    Column("billing_number", String(9), nullable=False),
    Column("invoice_number", String(9), nullable=False),
    Column("verdict", String, nullable=False),
    Column("moved_to", String, comment="the state it brought the sheet to"),
    Column("applied_at", String, nullable=False),
    Column("claimed_cents", Integer),
    Column("accepted_cents", Integer),
    Column("rejected_cents", Integer),
    Column("paid_cents", Integer),
    Column("finding_codes", String, nullable=False, server_default=""),
    Column("told", LargeBinary, comment="encrypted: the reasons"),
    UniqueConstraint("answer_id", "rank", name="one_line_once"),
)
Index("answers_of_sheet", sheet_answers.c.sheet_id, sqlite_where=text("sheet_id IS NOT NULL"))

bundles = Table(  # the payer's signed bundles; one is in force
    "bundles",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("issuer", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("issued_at", String, nullable=False),
    Column("received_at", String, nullable=False),
    Column("is_current", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="encrypted: the signed bytes as they came"),
    UniqueConstraint("issuer", "sequence", "issued_at", name="one_bundle_once"),
)
Index("one_current_bundle", bundles.c.is_current, unique=True, sqlite_where=text("is_current = 1"))
