"""The payer's store, table by table: it reads as a document, and its constraints make illegal states impossible.

Health data (bodies) is encrypted by the store's vault; people are found by blind index. What stands in clear: identities of
sheets (billing number, number, date), amounts, states, instants. Rows are kept, ended ones too, until the legal keeping time ends.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from vaguemestre.edge.payer.columns import METADATA
from vaguemestre.edge.payer.columns import bytes_column as _bytes
from vaguemestre.edge.payer.columns import cents_column as _cents
from vaguemestre.edge.payer.columns import id_column as _id
from vaguemestre.edge.payer.columns import integer_column as _integer
from vaguemestre.edge.payer.columns import text_column as _text

MESSAGES = Table(
    "messages",  # everything that was ever taken in, as it came; the 250 was given after this row was committed
    METADATA,
    _id(),
    _text("received_at"),
    _text("state"),  # tables.lifecycles.MessageState
    _text("mail_from"),
    _text("rcpt_tos"),  # separated by spaces
    _text("peer"),
    _integer("size_bytes"),
    _bytes("raw"),  # encrypted once more: garbage may be in clear
    _text("sealed_digest", null=True),  # sha-256 of the enveloped data, hexadecimal
    _integer("lot", null=True),
    _bytes("findings", null=True),
    _integer("faults"),  # how often our own software failed on it
    Index("messages_to_open", "id", sqlite_where=text("state = 'received'")),
    Index("messages_by_digest", "sealed_digest"),
)

DISMISSALS = Table(
    "dismissals",  # messages set aside that a person ended: who, when and why; their bytes stay until the keeping time
    METADATA,
    Column("message", Integer, primary_key=True),
    _text("dismissed_by"),
    _text("dismissed_at"),
    _bytes("note"),
)

LOTS = Table(
    "lots",  # what a sealed message turned out to hold; the same bytes again never make a second row
    METADATA,
    _id(),
    _text("sealed_digest"),
    _integer("part"),  # a carried file may hold several lots
    _integer("message"),  # the first message that brought it
    _text("fund"),
    _text("billing_number"),
    _text("lot_number"),
    _text("made_on"),
    _text("station"),
    _integer("carried"),
    _text("signed_at"),
    _text("received_at"),
    _text("outcome"),  # positive, partial, negative
    _integer("sheets"),
    _text("return_addresses"),  # in order, separated by spaces
    UniqueConstraint("sealed_digest", "part"),
    Index("lots_by_identity", "billing_number", "fund", "made_on", "lot_number"),
)

SHEETS = Table(
    "sheets",  # one row per identity, for ever
    METADATA,
    _id(),
    _text("billing_number"),
    _text("invoice_number"),
    _text("made_on"),  # ISO date; the year of care for a carried sheet
    _integer("lot"),  # 0: typed from paper
    _integer("rank"),
    _text("fund"),  # that was addressed
    _bytes("content"),  # sha-256 of the signed bytes
    _text("settlement"),
    _cents("claimed_cents"),
    _text("claim"),  # identity of the first sheet of the claim
    _bytes("patient"),  # blind index of the beneficiary
    _text("received_on"),
    _text("state"),  # registered, held, accepted, partial, rejected, forwarded
    _bytes("body"),
    UniqueConstraint("billing_number", "invoice_number", "made_on"),
    CheckConstraint("state IN ('registered', 'held', 'accepted', 'partial', 'rejected', 'forwarded')"),
    Index("sheets_to_decide", "id", sqlite_where=text("state = 'registered'")),
    Index("sheets_by_claim", "claim"),
    Index("sheets_by_patient", "patient"),
)

PRESENTATIONS = Table(
    "presentations",  # every time a sheet was presented, in which lot, and what became of it
    METADATA,
    Column("lot", Integer, primary_key=True),
    Column("rank", Integer, primary_key=True),
    _text("billing_number"),
    _text("invoice_number"),
    _text("made_on"),
    _bytes("content"),
    _text("outcome"),
    _integer("sheet", null=True),  # the registration that it is, repeats or contradicts
    _cents("claimed_cents"),
    _text("settlement"),
    _text("claim"),  # of a refused sheet, so that its correction joins it; "" otherwise
    _bytes("body", null=True),  # kept in full when it contradicts or is refused
    CheckConstraint("outcome IN ('registered', 'duplicate', 'conflict', 'held', 'refused')"),
    Index(
        "presentations_register_once",
        "sheet",
        unique=True,
        sqlite_where=text("outcome IN ('registered', 'held')"),
    ),
    Index(
        "presentations_turned_down",
        "billing_number",
        "invoice_number",
        "made_on",
        sqlite_where=text("outcome IN ('refused', 'conflict')"),
    ),
    sqlite_with_rowid=False,
)

CLAIM_KEYS = Table(
    "claim_keys",  # per (beneficiary, performer, day, act): one live sheet, and those that a person holds or accepted
    METADATA,
    _id(),
    _bytes("key"),
    _integer("occurrence"),  # 0; a sheet held for a person takes the next
    _integer("sheet"),
    _integer("line"),
    _integer("released"),  # 1 once the act was refused: it may be billed again
    Index("claim_keys_live", "key", "occurrence", unique=True, sqlite_where=text("released = 0")),
    Index("claim_keys_by_sheet", "sheet"),
)

HOLDS = Table(
    "holds",  # what waits for a person, and what the person said
    METADATA,
    _id(),
    _integer("sheet"),
    _text("code"),  # finding that holds it
    _text("opened_at"),
    _bytes("body"),  # evidence
    _text("verdict", null=True),  # accept, refuse
    _text("decided_by", null=True),
    _text("decided_at", null=True),
    _bytes("note", null=True),
    CheckConstraint("(verdict IS NULL) = (decided_by IS NULL)"),
    CheckConstraint("verdict IN ('accept', 'refuse')"),
    Index("holds_open", "sheet", unique=True, sqlite_where=text("verdict IS NULL")),
    Index("holds_by_sheet", "sheet"),
)

DECISIONS = Table(
    "decisions",  # one per sheet, with its trace
    METADATA,
    Column("sheet", Integer, primary_key=True),
    _text("claim"),
    _text("fund"),  # that decided: another than the one addressed when it was forwarded
    _text("settlement"),
    _text("outcome"),
    _cents("claimed_cents"),
    _cents("accepted_cents"),
    _cents("rejected_cents"),
    _text("decided_at"),
    _text("due_on", null=True),
    _text("paid_on", null=True),
    _integer("answer", null=True),  # the return that told the practice
    _bytes("body"),
    CheckConstraint("outcome IN ('accepted', 'partial', 'rejected')"),
    CheckConstraint("accepted_cents + rejected_cents = claimed_cents"),
    CheckConstraint("(outcome = 'rejected') = (due_on IS NULL)"),
    CheckConstraint("paid_on IS NULL OR due_on IS NOT NULL"),
    Index("decisions_one_per_claim", "claim", unique=True, sqlite_where=text("outcome <> 'rejected'")),
    Index("decisions_to_pay", "due_on", sqlite_where=text("due_on IS NOT NULL AND paid_on IS NULL")),
    Index(
        "decisions_to_return",
        "sheet",
        sqlite_where=text("settlement = 'tiers_payant' AND answer IS NULL"),
    ),
)

FORWARDS = Table(
    "forwards",  # sheets of persons of another insurer: who has each now, by which message, and what told the practice
    METADATA,
    Column("sheet", Integer, primary_key=True),
    _text("fund"),  # that has it now
    _text("forwarded_at"),
    _integer("message"),  # its row of answers
    _integer("notice"),  # row of answers that told the practice
)

PAYMENTS = Table(
    "payments",  # a sheet is paid at most once, a claim is paid at most once
    METADATA,
    Column("sheet", Integer, primary_key=True),
    _text("claim"),
    _text("fund"),
    _text("settlement"),
    _bytes("payee"),
    _cents("accepted_cents"),
    _cents("retained_cents"),
    _cents("recovered_cents"),
    _cents("paid_cents"),
    _cents("debt_cents"),  # that this sheet leaves to the patient
    _text("paid_on"),
    _integer("transfer", null=True),  # none when nothing was left to pay
    _bytes("body"),  # trace
    UniqueConstraint("claim"),
    CheckConstraint("accepted_cents = retained_cents + recovered_cents + paid_cents"),
    CheckConstraint("settlement = 'patient_paid' OR retained_cents + recovered_cents = 0"),
    CheckConstraint("(transfer IS NULL) = (paid_cents = 0)"),
)

TRANSFERS = Table(
    "transfers",  # one order to the bank per fund, payee, kind and day
    METADATA,
    _id(),
    _text("fund"),
    _text("kind"),  # practice, patient, penalty
    _bytes("payee"),  # a billing number, or a patient's blind index
    _text("paid_on"),
    Column("amount_cents", Integer, CheckConstraint("amount_cents > 0"), nullable=False),
    UniqueConstraint("fund", "kind", "payee", "paid_on"),
)

ENTRIES = Table(
    "entries",  # the ledger: debits one account, credits another
    METADATA,
    _id(),
    _text("movement"),
    _text("debit"),
    _text("credit"),
    Column("amount_cents", Integer, CheckConstraint("amount_cents > 0"), nullable=False),
    _text("fund"),
    _bytes("payee"),
    _integer("sheet"),
    _integer("other"),
    _text("written_on"),
    CheckConstraint("debit <> credit"),
    Index(
        "entries_once",
        "sheet",
        "movement",
        unique=True,
        sqlite_where=text(
            "movement IN ('accept practice', 'accept patient', 'pay practice', 'pay patient', 'penalty')"
        ),
    ),
)

DEBTS = Table(
    "debts",  # participation and franchise that a patient owes
    METADATA,
    _id(),
    _text("fund"),
    _bytes("patient"),
    _integer("sheet"),
    _text("kind"),
    _cents("amount_cents"),
    _cents("recovered_cents"),
    _text("dated_on"),
    UniqueConstraint("sheet", "kind"),
    CheckConstraint("recovered_cents <= amount_cents"),
    Index("debts_open", "patient", sqlite_where=text("recovered_cents < amount_cents")),
)

CHARGES = Table(
    "charges",  # what was charged per patient, day and performer: the ceilings count on it
    METADATA,
    _id(),
    _bytes("patient"),
    _text("kind"),
    _text("care_on"),
    _bytes("performer"),
    _text("counted_on"),  # date of reimbursement
    _integer("acts"),
    _cents("amount_cents"),
    _integer("sheet"),
    Index("charges_by_patient", "patient", "counted_on"),
)

PENALTIES = Table(
    "penalties",  # late payment: visible, paid in the following half-year
    METADATA,
    Column("sheet", Integer, primary_key=True),
    _text("fund"),
    _bytes("payee"),
    Column("amount_cents", Integer, CheckConstraint("amount_cents > 0"), nullable=False),
    _integer("working_days"),
    _text("dated_on"),
    _text("payable_from"),
    _integer("transfer", null=True),
    Index("penalties_to_pay", "payable_from", sqlite_where=text("transfer IS NULL")),
)
