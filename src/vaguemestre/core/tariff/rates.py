"""Which rate a line gets: the order that the table writes (fides:05-VF), first match wins, then the base rate."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from vaguemestre.core.caresheet import BirthDate, ChargeQualifier, Exemption, InsuranceNature
from vaguemestre.core.tariff.book import TariffBook
from vaguemestre.core.tariff.facts import Facts, Item
from vaguemestre.tables.tariff.rates import FLAT_EXEMPT_CODES, ORDER, SCHEME_MINES, SCHEME_RAILWAYS

Predicate = Callable[[Facts, Item, dict[str, int]], bool]


class RateDecision(NamedTuple):
    """The rule that decided (key of the trace), the rate in whole percent, the line's exemption code."""

    rule: str
    percent: int
    exemption: Exemption


def _is_newborn(birth: BirthDate, on: date, days: int) -> bool:
    if birth.year < on.year - 1 or not (1 <= birth.month <= 12 and 1 <= birth.day <= 31):
        return False
    try:
        born = date(birth.year, birth.month, birth.day)
    except ValueError:
        return False  # a fictitious date (31 February): the age in days is not known
    return 0 <= (on - born).days < days


PREDICATES: dict[str, Predicate] = {
    "rate.work_accident": lambda facts, item, day: facts.nature is InsuranceNature.WORK_ACCIDENT,
    "rate.maternity": lambda facts, item, day: facts.nature is InsuranceNature.MATERNITY,
    "rate.prevention": lambda facts, item, day: facts.nature is InsuranceNature.PREVENTION,
    "rate.mines_long_term": lambda facts, item, day: (
        facts.scheme == SCHEME_MINES and item.ground is Exemption.LONG_TERM_ILLNESS
    ),
    "rate.mines": lambda facts, item, day: facts.scheme == SCHEME_MINES,
    "rate.exempt_insured": lambda facts, item, day: item.ground is Exemption.EXEMPT_INSURED,
    "rate.railways": lambda facts, item, day: facts.scheme == SCHEME_RAILWAYS and item.ground is Exemption.SCHEME,
    "rate.nature_exempt": lambda facts, item, day: not item.quote.fields.isdisjoint("34"),
    # Field 25 may hold `5-7`: prevention only when the sheet says so, else the act is an ordinary one.
    "rate.nature_prevention": lambda facts, item, day: (
        "7" in item.quote.fields and (len(item.quote.fields) == 1 or item.ground is Exemption.PREVENTION)
    ),
    "rate.nature_flat": lambda facts, item, day: item.code in FLAT_EXEMPT_CODES,
    "rate.long_term_illness": lambda facts, item, day: item.ground is Exemption.LONG_TERM_ILLNESS,
    "rate.special_care": lambda facts, item, day: item.ground is Exemption.SPECIAL_CARE,
    "rate.newborn": lambda facts, item, day: _is_newborn(facts.birth, item.on, day["newborn_days"]),
    "rate.threshold_coefficient": lambda facts, item, day: item.threshold is Exemption.COEFFICIENT,
    "rate.threshold_amount": lambda facts, item, day: item.threshold is Exemption.THRESHOLD,
    "rate.local_scheme": lambda facts, item, day: facts.local_scheme,
    "rate.solidarity_railways": lambda facts, item, day: (
        facts.scheme == SCHEME_RAILWAYS and item.ground is Exemption.SOLIDARITY
    ),
    "rate.solidarity": lambda facts, item, day: item.ground is Exemption.SOLIDARITY,
}
"""Rule key -> when it applies. The keys are those of `tables.tariff.rates.ORDER`, which alone sets the order."""

_ORDERED = tuple((PREDICATES[rule.key], rule.key, rule.percent_key, Exemption(rule.code)) for rule in ORDER)
_NOTHING = RateDecision("rate.none", 0, Exemption.NONE)
_NOT_PAID = (ChargeQualifier.NOT_REIMBURSABLE, ChargeQualifier.FREE)


def decide_rate(facts: Facts, item: Item, book: TariffBook) -> RateDecision | None:
    """The rate of one line; None when no rule applies and the profession's base rate is not known. fides:05-VF.

    A line's `ground` must already hold the sheet's exemption where the line has none of its own.
    """
    if item.qualifier in _NOT_PAID:
        return _NOTHING
    day = book.day(item.on)
    for applies, key, percent_key, exemption in _ORDERED:
        if applies(facts, item, day):
            return RateDecision(key, day[percent_key], exemption)
    rate = item.quote.rate
    return None if rate is None else RateDecision(rate.key, rate.percent, Exemption.NONE)


def is_justified(ground: Exemption, decision: RateDecision) -> bool:
    """True when the exemption asked is the one given, or when the line is covered in full (or better) anyway."""
    if ground is Exemption.NONE or ground is decision.exemption or decision.percent == 100:
        return True
    return decision.rule == "rate.none" or (ground is Exemption.SOLIDARITY and decision.rule == "rate.local_scheme")
