"""The payer's intake as data: what arrived, what a presented sheet is to the sheets already known, what becomes of its lot.

Pure words and decisions; the role asks the store what is known and writes down what is decided here.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from vaguemestre.core.caresheet import CareSheet, SheetIdentity
from vaguemestre.core.payer.decision import Decision, Motive, PersonVerdict
from vaguemestre.core.trace import Trace
from vaguemestre.tables.lifecycles import MessageState

_ISO_DATE_LENGTH = 10
_PAPER = "PAPER"


class SheetOutcome(StrEnum):
    """What presenting a sheet ended in."""

    REGISTERED = "registered"
    DUPLICATE = "duplicate"  # same identity, same content: the first registration's outcome stands
    CONFLICT = "conflict"  # same identity, other content: refused, both kept
    HELD = "held"  # registered, and waiting for a person
    REFUSED = "refused"  # an error of its own: its identity stays free


class SheetState(StrEnum):
    """Where a registered sheet stands at the payer."""

    REGISTERED = "registered"
    HELD = "held"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    FORWARDED = "forwarded"  # another insurer's fund has it and decides (mess9821498a:7)


class LotOutcome(StrEnum):
    """What the acknowledgement says of the whole lot."""

    POSITIVE = "positive"
    PARTIAL = "partial"
    NEGATIVE = "negative"


class StoreKey(NamedTuple):
    """What names a sheet in the payer's store: billing number, 9-digit invoice number, ISO date made up (carried: year of care)."""

    billing_number: str
    invoice_number: str
    made_on: str

    @property
    def is_paper(self) -> bool:
        """Whether a clerk typed it from ordinary paper. vgm:paper-sheet."""
        return self.invoice_number.startswith(_PAPER)

    @property
    def told_number(self) -> str:
        """The invoice number of an answer: that of a paper sheet is its printed one (`P0012`)."""
        return self.invoice_number.removeprefix(_PAPER)

    def __str__(self) -> str:
        """The sheet's printed name. vgm:sheet-name."""
        own = len(self.made_on) == _ISO_DATE_LENGTH
        return f"{self.billing_number}/{self.made_on}/{self.invoice_number[5:] if own else self.invoice_number}"


class ReceivedMessage(NamedTuple):
    """One message as it was taken in, not yet opened."""

    id: int
    received_at: datetime
    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    faults: int
    state: MessageState


class KnownSheet(NamedTuple):
    """What the store already holds under one identity."""

    id: int
    content: bytes
    state: SheetState
    lot: int  # 0 for one typed from paper
    received_on: date
    claim: str


class Registration(NamedTuple):
    """One sheet to register. `claim` names the first sheet of its claim; `motives` hold it for a person when there are any."""

    key: StoreKey
    sheet: CareSheet
    content: bytes  # sha-256
    lot: int  # 0 for one typed from paper
    rank: int
    claim: str
    received_on: date
    card_signed: bool = False
    carried: bool = False
    motives: tuple[Motive, ...] = ()


class StoredSheet(NamedTuple):
    """A registered sheet as it is read back. `verdict` is that of the person who let it pass, if any."""

    id: int
    key: StoreKey
    sheet: CareSheet
    claim: str
    received_on: date
    state: SheetState
    card_signed: bool
    carried: bool
    verdict: PersonVerdict | None


class DecidedSheet(NamedTuple):
    """A sheet with the decision to write down; `due_on` is None when there is nothing to pay."""

    stored: StoredSheet
    decision: Decision
    due_on: date | None


class PayableSheet(NamedTuple):
    """An accepted sheet that was not paid yet, and what was decided of it."""

    sheet: CareSheet
    decision: Decision


class SettledSheet(NamedTuple):
    """A decided sheet and what was paid of it; days are None when there is nothing to pay, or not yet."""

    sheet: int
    fund: str
    billing_number: str
    decision: Decision
    due_on: date | None
    paid_on: date | None
    paid_cents: int
    retained_cents: int
    recovered_cents: int
    debt_cents: int
    payment_trace: Trace
    decided_at: datetime
    lot_number: int  # 0 when it came without a lot
    lot_made_on: date | None
    lot_digest: str
    lot_fund: str  # that was addressed
    station: str
    returned: bool  # the practice was told


class ReturnDue(NamedTuple):
    """A sheet under tiers payant that the practice has still to be told of."""

    fund: str
    billing_number: str
    station: str
    sheet: int


class ArchivedLot(NamedTuple):
    """Where the bytes of a lot are kept, and how they are named."""

    message: int
    sealed_digest: str
    station: str
    received_at: datetime
    billing_number: str
    lot_number: int
    made_on: date | None
    fund: str
    return_addresses: tuple[str, ...]


class Forwarded(NamedTuple):
    """A sheet that was forwarded to a fund of another insurer, and whether that fund's server took the message."""

    sheet: int
    name: str  # its printed identity
    fund: str  # that has it now
    forwarded_at: datetime
    delivered: bool


class SetAside(NamedTuple):
    """A message that nothing could be answered to: refused without a lot, or held for a person."""

    id: int
    state: str
    received_at: datetime
    motives: tuple[Motive, ...]


class Dismissal(NamedTuple):
    """A person's word that ended a message set aside."""

    message: int
    name: str
    at: datetime
    note: str


class Hold(NamedTuple):
    """A sheet that waits for a person, or waited."""

    id: int
    sheet: int
    name: str  # the sheet's printed identity
    opened_at: datetime
    motives: tuple[Motive, ...]
    verdict: str = ""
    decided_by: str = ""
    note: str = ""


class Presentation(NamedTuple):
    """One sheet of one lot and what became of it. `body` is kept when it contradicts or is refused."""

    rank: int
    key: StoreKey
    content: bytes
    outcome: SheetOutcome
    sheet: int | None
    claimed_cents: int
    settlement: str
    claim: str = ""
    body: bytes | None = None


class LotRecord(NamedTuple):
    """One lot of a sealed message that was opened; `part` counts the lots of a carried file from 0."""

    sealed_digest: str
    part: int
    message: int
    fund: str
    billing_number: str
    lot_number: str
    made_on: str
    station: str
    carried: bool
    signed_at: datetime
    received_at: datetime
    outcome: LotOutcome
    sheets: int
    return_addresses: tuple[str, ...]


class StoredLot(NamedTuple):
    """A lot as it is read back."""

    id: int
    fund: str
    billing_number: str
    lot_number: int
    made_on: date | None
    station: str
    received_at: datetime
    outcome: str
    return_addresses: tuple[str, ...]


def store_key(identity: SheetIdentity) -> StoreKey:
    """The key of a sheet made with this project's numbering (vgm:invoice-number), or of a carried one (vgm:carried-identity)."""
    if identity.carried_number:
        return carried_key(identity.billing_number, identity.carried_number, identity.made_on)
    return StoreKey(identity.billing_number, identity.invoice_number, identity.made_on.isoformat())


def paper_key(billing_number: str, made_on: date, serial: int) -> StoreKey:
    """The key of an ordinary paper sheet typed by a clerk: its number never meets an electronic one (vgm:paper-sheet)."""
    return StoreKey(billing_number, f"{_PAPER}P{serial:04d}", made_on.isoformat())


def carried_key(billing_number: str, invoice_number: str, care_on: date) -> StoreKey:
    """The key of a sheet in B2 made by other software: its year of care stands for the date (vgm:carried)."""
    return StoreKey(billing_number, invoice_number, str(care_on.year))


def claim_key_texts(sheet: CareSheet) -> tuple[tuple[str, int], ...]:
    """What tells a probable double: beneficiary, performer, day and act of each line, once per sheet (vgm:claim-key).

    The texts hold health data: they go through the store's blind index and nowhere else. Gives (text, line number).
    """
    performer = sheet.performer.rpps or sheet.performer.billing_number
    seen: dict[str, int] = {}
    for line in sheet.lines:
        seen.setdefault(f"{sheet.beneficiary.key}|{performer}|{line.performed_on.isoformat()}|{line.code}", line.number)
    return tuple(seen.items())


def compare(content: bytes, known: KnownSheet) -> SheetOutcome:
    """What presenting these bytes is under an identity that is known: DUPLICATE or CONFLICT."""
    return SheetOutcome.DUPLICATE if known.content == content else SheetOutcome.CONFLICT


def lot_outcome(outcomes: Iterable[SheetOutcome]) -> LotOutcome:
    """A lot that was opened and read is acknowledged positively, or in part when one of its sheets is refused."""
    refused = any(outcome in (SheetOutcome.REFUSED, SheetOutcome.CONFLICT) for outcome in outcomes)
    return LotOutcome.PARTIAL if refused else LotOutcome.POSITIVE
