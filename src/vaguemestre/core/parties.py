"""Who takes part: funds, performers, prescribers, and the code lists that name them on the wire.

Enumerations carry the wire code as their value. Lists: `fides:01-PG`, `b2:0249`, `snds:IR_QPE_V`.
"""

from enum import StrEnum
from functools import lru_cache

from vaguemestre.core.values import dataclass


class PracticeMode(StrEnum):
    """Condition d'exercice, b2:4S39."""

    LIBERAL = "L"
    SALARIED = "S"
    VOLUNTEER = "B"


class PrescriptionOrigin(StrEnum):
    """Origine de la prescription, b2:0453 (only the letters that the list names)."""

    NONE = ""
    T = "T"
    O = "O"  # noqa: E741 - the wire letter
    P = "P"
    S = "S"


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """A fund as the wire addresses it: scheme (2 digits), fund (3), centre (4). b2:0249, b2:0251, b2:0254."""

    scheme: str
    fund: str
    centre: str = "0000"

    @property
    def code(self) -> str:
        """Nine digits, as `017510000`: names a fund in stores, directories and certificates."""
        return self.scheme + self.fund + self.centre

    @classmethod
    @lru_cache(maxsize=256)  # every row of every store names one
    def from_code(cls, code: str) -> "Destination":
        """Inverse of `code` (9 characters)."""
        return cls(code[0:2], code[2:5], code[5:9])


@dataclass(frozen=True, slots=True)
class Performer:
    """The professional who performed the acts, whose card signs. mess9821497a:item-6.

    `rpps` 11 digits; `billing_number` the performer's own AM number (8 digits + key), which differs from the sheet's billing
    number when a locum bills under the replaced person's, or an employee under the structure's.
    """

    rpps: str
    billing_number: str
    specialty: str  # 2 digits, b2:0468
    mode: PracticeMode = PracticeMode.LIBERAL


@dataclass(frozen=True, slots=True)
class Prescriber:
    """Who prescribed, for acts that need it. mess9821497a:item-7."""

    rpps: str
    billing_number: str
    prescribed_on_iso: str  # "2022-04-20"
    mode: PracticeMode = PracticeMode.LIBERAL
    specialty: str = ""
    origin: PrescriptionOrigin = PrescriptionOrigin.NONE
