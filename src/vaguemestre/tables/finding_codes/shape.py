"""The shape of one finding code: what went wrong, who must act, what to do next, in French and English."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding weighs: only ERROR refuses what it is about."""

    ERROR = "error"
    WARNING = "warning"
    UNVERIFIED = "unverified"  # our source of the fact is unconfirmed: never fails anything
    NOTE = "note"


class Actor(StrEnum):
    """Who must act on a finding."""

    PROFESSIONAL = "professional"
    PATIENT = "patient"
    PAYER = "payer"
    OPERATOR = "operator"
    SOFTWARE = "software"
    ADMINISTRATOR = "administrator"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One entry of the ordered list of findings.

    `code` is the area's letter and three digits: exactly 4 characters, so that it fits the rejection code of NOEMIE
    entity 294. `fr`, `en` and the next steps are `str.format` templates over the finding's values.
    """

    code: str
    name: str
    level: Level
    actor: Actor
    citation: str
    fr: str
    en: str
    next_fr: str
    next_en: str
