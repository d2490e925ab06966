"""What an act needs: a companion act, an age, a lone act, a travel allowance's code."""

from dataclasses import dataclass

from vaguemestre.tables.tariff.shape import Source

_FILE = Source("ngap:values-2022-11")


@dataclass(frozen=True, slots=True)
class Companion:
    """A majoration billed as an act of its own comes beside one of these acts, on the same sheet and day."""

    code: str
    beside: tuple[str, ...]
    source: Source


COMPANIONS: tuple[Companion, ...] = (
    Companion("MEG", ("G", "GS", "VG", "TCG"), _FILE),
    Companion("MCG", ("G", "GS", "VG", "TCG"), _FILE),
    Companion("MMG", ("G", "GS", "VG"), _FILE),
    Companion("MPC", ("CS",), _FILE),
    Companion("MD", ("VG",), _FILE),
)

CHILD_MAJORATION = "MEG"
"""Before the birthday of `child_majoration_age`."""

SINGLE_ACT_MAJORATION = "MAU"
SINGLE_ACT_CODE = "AMI"
SINGLE_ACT_COEFFICIENTS_HUNDREDTHS: tuple[int, ...] = (100, 150)
"""ngap:23-1. Not with the supplement for flu vaccination, whose code has no price here."""


@dataclass(frozen=True, slots=True)
class TravelCodes:
    """The codes of a profession's travel lines; "" for what has no price. `visits`: the acts that travel goes with."""

    profession: str
    flat: str
    plain: str
    mountain: str
    visits: tuple[str, ...]  # () any act of the profession
    source: Source


TRAVEL: tuple[TravelCodes, ...] = (
    TravelCodes("nurse", "IFA", "IK", "IKM", (), Source("ngap:13")),
    TravelCodes("physiotherapist", "IFD", "IK", "IKM", (), Source("ngap:13")),
    TravelCodes("doctor", "MD", "", "", ("VG",), Source("ngap:13")),
)

FIELD_QUANTITY_MAX = 99
"""b2:0481 has two digits."""
FIELD_COEFFICIENT_HUNDREDTHS_MAX = 999_999
"""b2:0483 has six digits, two of them decimals."""
FIELD_AMOUNT_CENTS_MAX = 9_999_999
"""b2:0498 has seven digits."""
FIELD_COMPLEMENTARY_CENTS_MAX = 999_999
"""b2:04123 has six digits."""
