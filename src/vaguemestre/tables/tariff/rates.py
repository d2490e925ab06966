"""The fund's rates by family of professions, and the order in which an exemption is decided."""

from dataclasses import dataclass
from datetime import date

from vaguemestre.tables.tariff.shape import Confidence, Rate, Source

_WEB = Source("css:R160-5", Confidence.SECONDARY)

RATES: tuple[Rate, ...] = (
    Rate("rate.doctors", "doctor", (), 70, None, None, _WEB),
    Rate("rate.midwives", "midwife", (), 70, None, None, _WEB),
    Rate("rate.auxiliaries", "auxiliary", (), 60, None, None, _WEB),
    Rate("rate.dentists_to_2023", "dentist", (), 70, None, date(2023, 10, 14), _WEB),
    Rate("rate.dentists", "dentist", (), 60, date(2023, 10, 15), None, _WEB),
    Rate("rate.dentists_technical", "dentist", ("ATM", "ADI", "ADC"), 70, date(2023, 10, 15), None, _WEB),
)
"""Laboratory, pharmacy and transport are absent: not verified."""


@dataclass(frozen=True, slots=True)
class RateRule:
    """One rule of the order of fides:05-VF; `percent_key` names a legal value, `code` is the line's exemption (b2:0454)."""

    key: str  # rule key of the trace, and of the predicate in core.tariff.rates
    percent_key: str
    code: str
    citation: str


ORDER: tuple[RateRule, ...] = (
    # the whole invoice
    RateRule("rate.work_accident", "full_rate", "0", "fides:05-VF"),
    RateRule("rate.maternity", "full_rate", "0", "fides:05-VF"),
    RateRule("rate.prevention", "full_rate", "0", "fides:05-VF"),
    RateRule("rate.mines_long_term", "full_rate", "4", "fides:05-VF"),
    RateRule("rate.mines", "full_rate", "0", "fides:05-VF"),
    RateRule("rate.exempt_insured", "full_rate", "5", "fides:05-VF"),
    RateRule("rate.railways", "full_rate", "6", "fides:05-VF"),
    # the act
    RateRule("rate.nature_exempt", "full_rate", "C", "fides:05-VF"),
    RateRule("rate.nature_prevention", "full_rate", "7", "fides:05-VF"),
    RateRule("rate.nature_flat", "full_rate", "0", "fides:05-VF"),
    RateRule("rate.long_term_illness", "full_rate", "4", "fides:05-VF"),
    RateRule("rate.special_care", "full_rate", "3", "fides:05-VF"),
    RateRule("rate.newborn", "full_rate", "3", "fides:05-VF"),
    RateRule("rate.threshold_coefficient", "full_rate", "1", "css:R160-16"),
    RateRule("rate.threshold_amount", "full_rate", "C", "css:R160-16"),
    RateRule("rate.local_scheme", "local_rate", "0", "fides:05-VF"),
    RateRule("rate.solidarity_railways", "full_rate", "9", "fides:05-VF"),
    RateRule("rate.solidarity", "solidarity_rate", "9", "fides:05-VF"),
)
"""First match wins; the base table `RATES` comes after. State medical aid (AME) has no place in a sheet of this project."""

FLAT_EXEMPT_CODES: tuple[str, ...] = ("FT", "VDE", "CCP", "COB", "COD", "COE")
"""Flat-rate acts and examinations paid at 100 % by nature (fides:05-VF); the list is open, the source names these."""

NOT_IN_PATHWAY: tuple[str, ...] = ("38",)
"""Doctors' specialties outside the care pathway (fides:05-VF)."""

SCHEME_MINES, SCHEME_RAILWAYS = "07", "04"
