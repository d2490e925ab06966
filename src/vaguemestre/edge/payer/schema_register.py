"""The payer's store, second half: its answers and their post, its register, what remains after the keeping time."""

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, Text, UniqueConstraint, text

from vaguemestre.edge.payer.columns import METADATA
from vaguemestre.edge.payer.columns import bytes_column as _bytes
from vaguemestre.edge.payer.columns import cents_column as _cents
from vaguemestre.edge.payer.columns import id_column as _id
from vaguemestre.edge.payer.columns import integer_column as _integer
from vaguemestre.edge.payer.columns import text_column as _text

ANSWERS = Table(
    "answers",  # acknowledgements and returns, sealed once; the same bytes go again
    METADATA,
    _id(),
    _text("kind"),  # ARL, NOEMIE, FORWARD, BUNDLE
    _text("fund"),
    _text("station"),
    _integer("lot", null=True),
    _text("payee"),
    _text("made_at"),
    _text("message_id"),
    _text("digest"),
    _bytes("sealed"),
    Index("answers_one_per_lot", "lot", unique=True, sqlite_where=text("kind = 'ARL'")),
)

OUTBOX = Table(
    "outbox",  # one row per answer and address
    METADATA,
    _id(),
    _integer("answer"),
    _text("address"),
    _text("queued_at"),
    _text("next_at"),
    _text("state"),  # waiting, sent, given up
    _integer("attempts"),
    CheckConstraint("state IN ('waiting', 'sent', 'given up')"),
    Index("outbox_waiting", "next_at", "id", sqlite_where=text("state = 'waiting'")),
)

ATTEMPTS = Table(
    "attempts",  # written before dialling; the outcome comes after, or never
    METADATA,
    _id(),
    _integer("outbox"),
    _text("started_at"),
    _text("ended_at", null=True),
    _text("outcome", null=True),  # tables.delivery_outcomes
    _text("reply", null=True),
)

PERSONS = Table("persons", METADATA, Column("person", LargeBinary, primary_key=True), _bytes("body"))
CARDS = Table(
    "cards",
    METADATA,
    Column("serial", Text, primary_key=True),
    _text("opposed_on", null=True),
    _bytes("body"),
)
PROFESSIONALS = Table(
    "professionals", METADATA, Column("rpps", Text, primary_key=True), _text("billing_number"), _bytes("body")
)
PAYEES = Table("payees", METADATA, Column("billing_number", Text, primary_key=True), _bytes("body"))
STATIONS = Table("stations", METADATA, Column("number", Text, primary_key=True), _bytes("body"))
PLACES = Table(
    "places",  # where a payee was last known to read answers, from its signed lots
    METADATA,
    Column("billing_number", Text, primary_key=True),
    Column("station", Text, primary_key=True),
    _text("return_addresses"),
    _text("signed_at"),
    _integer("bundle", null=True),  # last one made for it; 0: none yet; NULL: it reads another insurer's
    _integer("bundle_answer", null=True),  # row of answers that took it there
)
REVISIONS = Table(
    "revisions",  # how often a part of the register that the bundle publishes was written: cards, stations
    METADATA,
    Column("part", Text, primary_key=True),
    _integer("count"),
)
DOCUMENTS = Table(
    "documents",  # mandates, revocations, neighbours, published bundles: the latest of a kind is in force
    METADATA,
    _id(),
    _text("kind"),
    _integer("sequence"),
    _text("made_at"),
    _bytes("body"),
    UniqueConstraint("kind", "sequence"),
)
CHALLENGES = Table(
    "challenges",  # what patients' cards were asked to sign; each serves once
    METADATA,
    Column("challenge", Text, primary_key=True),
    _text("made_at"),
    _text("used_at", null=True),
)
RETIRED_SUMS = Table(
    "retired_sums",  # what the retired sheets of a fund added up to, so that its account still balances
    METADATA,
    Column("fund", Text, primary_key=True),
    _cents("claimed_cents"),
    _cents("accepted_cents"),
    _cents("rejected_cents"),
)
TOMBSTONES = Table(
    "tombstones",  # what remains after the legal keeping time: a duplicate is known for ever, without health data
    METADATA,
    Column("identity", LargeBinary, primary_key=True),
    _bytes("content"),
    _bytes("claim"),
    _text("outcome"),
    _text("retired_on"),
)
