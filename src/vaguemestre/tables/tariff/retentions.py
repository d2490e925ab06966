"""What the fund retains after paying: which acts, and who is exempt. Amounts and ceilings are in `tables.tariff.values`."""

from dataclasses import dataclass

from vaguemestre.tables.tariff.shape import Confidence, PriceKind, Source


@dataclass(frozen=True, slots=True)
class Retention:
    """One retention: `amount`, `day` and `year` are keys of legal values; `exempt` are the grounds that lift it, in order.

    A ground is also the last part of its rule key in the trace (`retention.minor`).
    """

    key: str
    family: str
    kinds: tuple[PriceKind, ...]
    amount: str
    day: str
    year: str
    exempt: tuple[str, ...]
    source: Source


_ACTS = (PriceKind.CONSULTATION, PriceKind.LETTER, PriceKind.FLAT, PriceKind.TECHNICAL)

PARTICIPATION = Retention(
    "retention.participation", "doctor", _ACTS, "participation", "participation_day_count", "participation_year",
    ("minor", "solidarity", "work_accident", "maternity"), Source("css:L160-13", Confidence.READ),
)  # fmt: skip

FRANCHISE = Retention(
    "retention.franchise", "auxiliary", _ACTS, "franchise", "franchise_day", "franchise_year",
    ("minor", "solidarity", "maternity"), Source("css:L160-13", Confidence.READ),
)  # fmt: skip

RETENTIONS: tuple[Retention, ...] = (PARTICIPATION, FRANCHISE)
"""Military pensioners are exempt too, but a sheet does not tell them from other exempt insured (vgm:retention-military)."""
