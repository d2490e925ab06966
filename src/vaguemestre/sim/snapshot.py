"""What the live view shows at one instant: plain data that the director fills and a terminal or a page draws."""

from dataclasses import field
from datetime import datetime

from vaguemestre.core.values import dataclass
from vaguemestre.tables.lifecycles import SheetState, WayState


@dataclass(frozen=True, slots=True)
class WayView:
    """One way of one practice, with its two healths."""

    name: str
    sending: WayState
    collecting: WayState


@dataclass(frozen=True, slots=True)
class PracticeView:
    """One practice: its ways, and every sheet's stage in the order of recording."""

    name: str
    ways: tuple[WayView, ...]
    stages: tuple[SheetState, ...]


@dataclass(frozen=True, slots=True)
class OperatorView:
    """One mail operator: is POP3 open to programs, and its counts of distinct messages and refused attempts."""

    name: str
    pop3_open: bool
    sent: int
    collected: int
    refused: int


@dataclass(frozen=True, slots=True)
class PayerView:
    """The payer: sheets by state, amounts in cents."""

    registered: int = 0
    decided: int = 0
    held: int = 0
    paid_practice_cents: int = 0
    paid_patient_cents: int = 0
    retained_cents: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole world at `at`; `events` are the last things worth telling, newest last, as (French, English)."""

    at: datetime
    practices: tuple[PracticeView, ...] = ()
    operators: tuple[OperatorView, ...] = ()
    payer: PayerView = field(default_factory=PayerView)
    events: tuple[tuple[str, str], ...] = ()
    total: int = 0
