"""The practice's book: the plain shapes in which its store gives and takes sheets, lots, sealings, attempts and answers.

Shapes only, no decision. `role.practice` and the store's edge both speak them, and neither knows the other. Days are `date`,
instants aware `datetime`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from vaguemestre.core.caresheet import Settlement, SheetIdentity
from vaguemestre.core.findings import Finding, Place
from vaguemestre.core.lot import LotIdentity, LotState
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sheetsigning import SignedSheet
from vaguemestre.core.trace import Step
from vaguemestre.core.values import dataclass
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.lifecycles import SheetState

FORKED_FACT: Final = "restored elsewhere"
TOUCHED_FACT: Final = "touched"
"""Names of what the store knows of itself: it was restored elsewhere; a person last changed something by hand."""


class Origin(StrEnum):
    """Who made the B2 of a sheet."""

    OWN = "own"
    CARRIED = "carried"  # B2 made by other software, under the lot's signature only


class FileStage(StrEnum):
    """What a B2 file waits for."""

    TO_SEAL = "to seal"
    TO_SEND = "to send"
    SENT = "sent"  # waits for its acknowledgement; goes again when that one is late
    DONE = "done"


class MailState(StrEnum):
    """A message that came in. A quarantined one could not be read or believed: it is kept, and shown."""

    KEPT = "kept"  # committed, not read yet
    APPLIED = "applied"
    HELD = "held"  # readable, but waits for a person
    QUARANTINED = "quarantined"


class RestoreState(StrEnum):
    """How far a restore got."""

    BEGUN = "begun"
    DONE = "done"


class SheetKey(NamedTuple):
    """Identity of a sheet in the store: `made_on` is an ISO date, or the year of care of a carried sheet."""

    billing_number: str
    invoice_number: str
    made_on: str

    @classmethod
    def of(cls, identity: SheetIdentity) -> "SheetKey":
        if identity.carried_number:
            return cls(identity.billing_number, identity.carried_number, str(identity.made_on.year))
        return cls(identity.billing_number, identity.invoice_number, identity.made_on.isoformat())

    @property
    def identity(self) -> SheetIdentity | None:
        """None for a carried sheet."""
        if len(self.made_on) != 10:
            return None
        return SheetIdentity(self.billing_number, date.fromisoformat(self.made_on), int(self.invoice_number[5:9]))

    def __str__(self) -> str:
        """`751990112/2022-04-27/0012`, or `751990112/2022/123456789` for a carried sheet."""
        last = self.invoice_number[5:9] if len(self.made_on) == 10 else self.invoice_number
        return f"{self.billing_number}/{self.made_on}/{last}"


class Told(NamedTuple):
    """A finding at rest: the code instead of its text, so that texts may improve. May hold health data: encrypted."""

    code: str
    place: Place
    values: dict[str, str]

    @classmethod
    def of(cls, item: Finding) -> "Told":
        return cls(item.code.code, item.place, dict(item.values))

    def finding(self) -> Finding:
        return Finding(BY_CODE[self.code], self.place, self.values)


def told(findings: Iterable[Finding]) -> tuple[Told, ...]:
    """Findings as they are kept."""
    return tuple(Told.of(item) for item in findings)


@dataclass(frozen=True, slots=True)
class SheetBody:
    """What the store encrypts of a sheet besides its signed bytes, from which the sheet itself is read back.

    `label` is the practice's own word for the patient.
    """

    label: str
    trace: tuple[Step, ...] = ()
    findings: tuple[Told, ...] = ()
    carried_records: bytes = b""  # its own B2 records, as the other software made them


@dataclass(frozen=True, slots=True)
class Travelling:
    """What travels of one sheet, made when it was recorded and never again: its B2 records, its signed header, its signatures."""

    records: bytes
    signed: SignedSheet


class CareKeys(NamedTuple):
    """What tells one sheet's care apart, in clear; the store keeps keyed hashes only. See `core.sheet.sameness`."""

    patient: str
    care: str
    entry: str = ""  # what a file said of it; "" for a sheet that no file brought


class CareMarks(NamedTuple):
    """The keyed hashes of a sheet's care and of the row of a file that gave it; None for none."""

    care: bytes | None
    entry: bytes | None


class KnownCare(NamedTuple):
    """Sheets of the store, cancelled ones left out: the first that the same row of a file gave, the first of the same care."""

    entered: SheetKey | None
    like: SheetKey


@dataclass(frozen=True, slots=True)
class NewSheet:
    """One sheet to write down; `travelling` is None for a carried one."""

    key: SheetKey
    origin: Origin
    settlement: Settlement
    destination: Destination
    fund_cents: int
    completed_on: date
    deadline: date
    recorded_at: datetime
    patient_key: str  # hashed by the store
    travelling: Travelling | None
    body: SheetBody
    replaces_id: int | None = None
    care_key: str = ""  # hashed by the store; "" for a carried sheet, whose acts are another software's
    entry_key: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet as the store knows it, without its body."""

    id: int
    key: SheetKey
    origin: Origin
    state: SheetState
    settlement: Settlement
    destination: Destination
    fund_cents: int
    completed_on: date
    deadline: date
    recorded_at: datetime
    lot_id: int | None
    replaces_id: int | None
    on_paper_at: datetime | None
    on_paper_reason: str | None
    acknowledged_at: datetime | None
    ended_at: datetime | None
    accepted_cents: int | None
    rejected_cents: int | None
    paid_cents: int | None


@dataclass(frozen=True, slots=True)
class SheetChange:
    """What an answer makes of one sheet; None leaves a column as it is."""

    sheet_id: int
    state: SheetState
    lot_id: int | None
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None
    accepted_cents: int | None = None
    rejected_cents: int | None = None
    paid_cents: int | None = None


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as the store knows it."""

    id: int
    file_id: int
    identity: LotIdentity
    state: LotState
    is_open: bool
    sheet_count: int
    fund_cents: int
    closed_at: datetime
    sealed_at: datetime | None
    handed_over_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One B2 file: what one sealed message carries."""

    id: int
    origin: Origin
    billing_number: str
    destination: Destination
    stage: FileStage
    created_at: datetime
    earliest_deadline: date
    next_try_at: datetime
    lapses_on: date
    failures: int


@dataclass(frozen=True, slots=True)
class NewSealing:
    """Sealed bytes to keep, and what they were sealed for."""

    file_id: int
    sealed_at: datetime
    sealed_digest: str
    signer: str
    fund_certificate: str
    readable_until: datetime
    reason: str
    message: bytes


@dataclass(frozen=True, slots=True)
class SealingRow:
    """A sealing without its bytes."""

    id: int
    file_id: int
    is_current: bool
    sealed_at: datetime
    sealed_digest: str
    signer: str
    fund_certificate: str
    readable_until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt to hand a sealing over; without outcome while it lasts."""

    id: int
    sealing_id: int
    way: str
    started_at: datetime
    ended_at: datetime | None
    outcome: DeliveryOutcome | None
    reply: str | None


@dataclass(frozen=True, slots=True)
class MailRow:
    """One message that came in, without its bytes."""

    id: int
    digest: str
    way: str
    received_at: datetime
    state: MailState
    kind: str | None
    sender: str | None
    applied_at: datetime | None
    finding_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An acknowledgement or a return as a whole. `reference` is unique per sender and kind: an answer counts once."""

    mail_id: int
    reference: str
    kind: str  # "acknowledgement" or "return"
    sender: Destination
    dated: date
    lot: LotIdentity | None = None
    lot_id: int | None = None
    expected_cents: int = 0
    paid_cents: int = 0


@dataclass(frozen=True, slots=True)
class NewSheetAnswer:
    """What an answer said of one sheet; `sheet_id` None when this store does not know the sheet."""

    rank: int
    sheet_id: int | None
    billing_number: str
    invoice_number: str
    verdict: str
    moved_to: SheetState | None
    claimed_cents: int | None = None
    accepted_cents: int | None = None
    rejected_cents: int | None = None
    paid_cents: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What one answer said of one sheet, as read back for its life."""

    kind: str
    sender: str
    reference: str
    dated: date
    applied_at: datetime
    verdict: str
    moved_to: SheetState | None
    claimed_cents: int | None
    accepted_cents: int | None
    rejected_cents: int | None
    paid_cents: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """One restore that this store went through."""

    number: int
    restored_on: date
    restored_at: datetime
    backup_taken_at: datetime
    state: RestoreState


@dataclass(frozen=True, slots=True)
class Generation:
    """One backup at the second place. `number` grows by one; `restores` is how many restores the store had gone through."""

    number: int
    name: str
    taken_at: datetime
    restores: int
    size_bytes: int


class Numbers(NamedTuple):
    """Where numbering stands for one billing number and day. `forked`: the store was restored elsewhere since."""

    last_serial: int
    restores: int
    forked: bool


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many sheets stand in one state, and what they claim."""

    state: SheetState
    settlement: Settlement
    count: int
    fund_cents: int
    earliest_deadline: date


@dataclass(frozen=True, slots=True)
class BookTotals:
    """Everything `status` counts, read in one go."""

    stages: tuple[StageCount, ...] = ()
    on_paper: int = 0
    mail: Mapping[MailState, int] = field(default_factory=dict)
    open_lots: int = 0
