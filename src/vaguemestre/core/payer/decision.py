"""What a decision is made of: the facts it looks at, the motives it gives, and the decision itself with its trace.

Motives are findings in the compact shape in which they are kept for years; they become findings again when read.
"""

from enum import StrEnum
from typing import NamedTuple

from vaguemestre.core.findings import Finding, Level, Place
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.registry import InsuredPerson, IssuedCard, Professional
from vaguemestre.core.trace import Trace
from vaguemestre.core.values import dataclass
from vaguemestre.tables.finding_codes import BY_CODE


class Outcome(StrEnum):
    """What a decision says of the whole sheet."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"


class Motive(NamedTuple):
    """A finding as it is kept: code, act line (0 = the whole sheet), values of its message, the sheet's item or field."""

    code: str
    line: int = 0
    values: tuple[tuple[str, str], ...] = ()
    field: str = ""

    @property
    def refuses(self) -> bool:
        return BY_CODE[self.code].level is Level.ERROR

    def finding(self, source: str = "") -> Finding:
        """The finding again, placed in the sheet named `source`."""
        return Finding(
            BY_CODE[self.code], Place(source=source, line=self.line or None, field=self.field), dict(self.values)
        )


def motive(code: str, line: int = 0, field: str = "", **values: object) -> Motive:
    """Build a motive; values are kept as text."""
    return Motive(code, line, tuple((name, str(value)) for name, value in values.items()), field)


def motive_of(item: Finding) -> Motive:
    """A finding in the shape in which it is kept; its place keeps the line and the field."""
    return Motive(item.code.code, item.place.line or 0, tuple(item.values.items()), item.place.field)


class LineDecision(NamedTuple):
    """One act line: what was claimed, what is granted, in cents."""

    number: int
    claimed_cents: int
    accepted_cents: int


@dataclass(frozen=True, slots=True)
class PersonVerdict:
    """What a named person decided of a held sheet."""

    accepted: bool
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision looks at besides the sheet and the tariff.

    `own_funds` are those that this payer runs. `claim_settled_by` names an accepted sheet of the same claim, "" when there is none.
    `card_signed`: the patient's card signed this sheet.
    """

    own_funds: frozenset[Destination]
    person: InsuredPerson | None
    performer: Professional | None
    card: IssuedCard | None = None
    card_signed: bool = False
    claim_settled_by: str = ""
    verdict: PersonVerdict | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the payer decided of one sheet: accepted + rejected = claimed, to the cent.

    `fund` decides and pays; it differs from the sheet's destination when the sheet was forwarded (mess9821498a:7).
    """

    outcome: Outcome
    fund: Destination
    claimed_cents: int
    accepted_cents: int
    rejected_cents: int
    lines: tuple[LineDecision, ...]
    motives: tuple[Motive, ...]
    trace: Trace
