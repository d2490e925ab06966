"""Night and Sunday majorations inside an act's base, by profession: a flat amount, or a share of coefficient x price.

What is absent here (night of a speech therapist, of a midwife, of a doctor...) was not found: it is a finding, never a guess.
"""

from dataclasses import dataclass
from datetime import date

from vaguemestre.tables.tariff.shape import Confidence, PriceKind, Source


@dataclass(frozen=True, slots=True)
class MajorationRule:
    """`majoration` is the wire letter (N, F). `supplement` names the price that holds the flat amount.

    With `percent`, the majoration is that share of coefficient x price, at least the flat amount, at most `cap_units` prices.
    """

    key: str  # rule key of the trace
    profession: str
    majoration: str
    supplement: str
    kinds: tuple[PriceKind, ...]
    valid_from: date | None
    valid_to: date | None
    source: Source
    percent: int = 0
    cap_units: int = 0


_ALL = (PriceKind.LETTER, PriceKind.FLAT)
_FILE = Source("ngap:14")

MAJORATIONS: tuple[MajorationRule, ...] = (
    MajorationRule("base.night", "nurse", "N", "NUIT_INF", _ALL, None, None, _FILE),
    MajorationRule("base.sunday", "nurse", "F", "FERIE_INF", _ALL, None, None, _FILE),
    MajorationRule("base.night", "physiotherapist", "N", "NUIT_MK", _ALL, None, None, _FILE),
    MajorationRule("base.sunday", "physiotherapist", "F", "FERIE_MK", _ALL, None, None, _FILE),
    MajorationRule("base.sunday", "speech_therapist", "F", "FERIE_ORT", _ALL, None, None, _FILE),
)

NIGHT_SHARE = MajorationRule(
    "base.night_share", "doctor", "N", "NUIT_K", (PriceKind.LETTER,), None, None,
    Source("fides:04-CF", Confidence.READ), percent=10, cap_units=15,
)  # fmt: skip
HOLIDAY_SHARE = MajorationRule(
    "base.sunday_share", "doctor", "F", "FERIE_K", (PriceKind.LETTER,), None, None,
    Source("fides:04-CF", Confidence.READ), percent=5, cap_units=8,
)  # fmt: skip
SHARES: tuple[MajorationRule, ...] = (NIGHT_SHARE, HOLIDAY_SHARE)
"""The percentage rules of doctors' key letters: in force, but their floors (NUIT_K, FERIE_K) have no price yet, so asking for
one is refused until the prices are entered."""

SUPPLEMENT_HINTS: dict[str, str] = {
    "NUIT_INF": "N",
    "FERIE_INF": "F",
    "NUIT_MK": "N",
    "FERIE_MK": "F",
    "FERIE_ORT": "F",
}
"""Supplement -> the majoration letter to enter on the act instead of a line of its own."""
