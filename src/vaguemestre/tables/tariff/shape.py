"""The shapes of a tariff's entries: where a value comes from, a price, a dated single value, a rate."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CHECKED = date(2026, 3, 1)
"""The day every entry was last compared with its source, unless the entry says otherwise."""


class Confidence(StrEnum):
    """How sure a value is."""

    READ = "A"  # read in the official text
    ONE_SOURCE = "B"  # one independent implementation or one official page
    SECONDARY = "C"  # secondary page or inference


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. A doubt (in both languages) makes every use of the value an `unverified` finding."""

    citation: str
    confidence: Confidence = Confidence.ONE_SOURCE
    doubt_fr: str = ""
    doubt_en: str = ""
    note: str = ""
    checked_on: date = CHECKED


class PriceKind(StrEnum):
    """What a code is, hence how its base is computed and what it combines with."""

    LETTER = "letter"  # key letter: price x coefficient x quantity
    CONSULTATION = "consultation"  # consultation or visit: one by sitting
    FLAT = "flat"  # flat-rate act: stands alone in its sitting unless a table says otherwise
    TECHNICAL = "technical"  # CCAM act
    MAJORATION = "majoration"  # majoration billed as an act of its own, beside another act
    TRAVEL = "travel"  # flat travel allowance
    KILOMETRE = "kilometre"  # price of one kilometre
    SUPPLEMENT = "supplement"  # night or Sunday amount, added inside another act's base: never a line


@dataclass(frozen=True, slots=True)
class Price:
    """The price in cents of one code, from `valid_from` to `valid_to` (both included), for some specialties (b2:0468).

    `valid_from` None: in use, its first day unknown, hence unverified (vgm:tariff-unverified). `group` is the CCAM regrouping,
    `threshold` the CCAM field 25 as printed (`5-7` holds two values). Prices are those of metropolitan France.
    """

    code: str
    label_fr: str
    kind: PriceKind
    cents: int
    valid_from: date | None
    valid_to: date | None
    specialties: tuple[str, ...]
    source: Source
    group: str = ""
    threshold: str = ""


class Unit(StrEnum):
    """The unit of a dated value."""

    CENTS = "cents"
    PERCENT = "percent"
    PER_MILLE = "per mille"
    HUNDREDTHS = "hundredths of a coefficient"
    COUNT = "count"
    YEARS = "years"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class LegalValue:
    """One number set by law, agreement or convention, in force from `valid_from` (None: before every date covered)."""

    key: str
    label_fr: str
    label_en: str
    value: int
    unit: Unit
    valid_from: date | None
    valid_to: date | None
    source: Source


@dataclass(frozen=True, slots=True)
class Rate:
    """The fund's rate, whole percent, for the acts of one family of professions; `groups` () means every other act."""

    key: str  # rule key of the trace
    family: str
    groups: tuple[str, ...]
    percent: int
    valid_from: date | None
    valid_to: date | None
    source: Source
