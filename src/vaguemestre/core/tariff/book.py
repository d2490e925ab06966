"""The tariff as an index: what one code is worth on one day for one specialty, and the legal values in force that day.

The tables are the source; a book only finds entries fast. Its caches hold answers, never decisions about a sheet. Overlapping
periods are our own fault and stop the book from loading.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import field
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from vaguemestre.core.caresheet import Majoration
from vaguemestre.core.findings import Finding
from vaguemestre.core.values import dataclass
from vaguemestre.tables.specialties import BY_CODE as SPECIALTY_BY_CODE
from vaguemestre.tables.tariff.accumulation import EXCEPTIONS, GENERAL, AccumulationException, ArticleElevenB
from vaguemestre.tables.tariff.conditions import TRAVEL, TravelCodes
from vaguemestre.tables.tariff.majorations import MAJORATIONS, SHARES, SUPPLEMENT_HINTS, MajorationRule
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.tables.tariff.professions import RATE_FAMILIES
from vaguemestre.tables.tariff.rates import RATES
from vaguemestre.tables.tariff.shape import LegalValue, Price, PriceKind, Rate, Source
from vaguemestre.tables.tariff.values import VALUES
from vaguemestre.tables.tariff.zones import ZONES, Zone

_ANSWERS_KEPT_MAX = 4096


class TariffTableError(Exception):
    """Two entries of a table claim the same day: our own fault, found when the book loads."""


class _Dated(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


class Refusal(NamedTuple):
    """Why a code has no price: the finding's code (area T) and, for a supplement, the majoration letter to use instead."""

    code: str
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """All that one code is worth on one day for one specialty in one zone.

    `cents` the unit price, `rate` the fund's base rate (None: not known), `reason_fr` and `reason_en` why the price is unverified
    ("" when it is verified), `fields` the digits of CCAM field 25.
    """

    price: Price
    cents: int
    kind: PriceKind
    rate: Rate | None
    reason_fr: str
    reason_en: str
    fields: frozenset[str]
    doubts: dict[int, Finding] = field(default_factory=dict, repr=False, compare=False)  # by line, made once

    @property
    def unverified(self) -> bool:
        return bool(self.reason_fr)


@dataclass(frozen=True, slots=True)
class Supplement:
    """The night or Sunday majoration of one profession on one day: its rule and the price that holds its flat amount."""

    rule: MajorationRule
    cents: int
    reason_fr: str
    reason_en: str


def in_force(entry: _Dated, on: date) -> bool:
    """True when `on` is in the entry's period; a missing bound is open."""
    return (entry.valid_from is None or entry.valid_from <= on) and (entry.valid_to is None or on <= entry.valid_to)


def why_unverified(source: Source, valid_from: date | None, *, start_matters: bool) -> tuple[str, str]:
    """The doubts about a value in French and English, ("", "") when there is none. vgm:tariff-unverified."""
    fr, en = [], []
    if start_matters and valid_from is None:
        fr.append("date de début inconnue")
        en.append("first day unknown")
    if source.doubt_fr:
        fr.append(source.doubt_fr)
        en.append(source.doubt_en)
    return "; ".join(fr), "; ".join(en)


def profession_of(specialty: str) -> str:
    """The profession of a specialty (`nurse`, `doctor`...), "" when the list does not know it."""
    entry = SPECIALTY_BY_CODE.get(specialty)
    return entry.family.value if entry is not None else ""


def rate_family_of(specialty: str) -> str:
    """What rates distinguish (`doctor`, `dentist`, `midwife`, `auxiliary`), "" when rates do not know it."""
    entry = SPECIALTY_BY_CODE.get(specialty)
    return RATE_FAMILIES.get(entry.family, "") if entry is not None else ""


@lru_cache(maxsize=1024)
def _zone_of_prefix(prefix: str) -> Zone:
    return next(zone for zone in ZONES if not zone.prefixes or prefix in zone.prefixes)


def zone_of(billing_number: str) -> Zone:
    """The zone of a practice by the department of its billing number. vgm:tariff-zone."""
    return _zone_of_prefix(billing_number[:2])


@dataclass(frozen=True, slots=True)
class TariffBook:
    """The tables of one version of the tariff, indexed. Build another with other tables to test a rule on its own."""

    prices: tuple[Price, ...] = PRICES
    rates: tuple[Rate, ...] = RATES
    values: tuple[LegalValue, ...] = VALUES
    majorations: tuple[MajorationRule, ...] = (*MAJORATIONS, *SHARES)
    general: tuple[ArticleElevenB, ...] = GENERAL
    exceptions: tuple[AccumulationException, ...] = EXCEPTIONS
    travel: tuple[TravelCodes, ...] = TRAVEL
    _by_code: dict[str, list[Price]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _quotes: dict[tuple[str, date, str, bool], Quote | Refusal] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _days: dict[date, dict[str, int]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _supplements: dict[tuple[str, Majoration, PriceKind, date], Supplement | None] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for price in self.prices:
            self._by_code.setdefault(price.code, []).append(price)
        _refuse_overlaps(
            (f"{price.code}/{specialty}", price) for price in self.prices for specialty in price.specialties
        )
        _refuse_overlaps((value.key, value) for value in self.values)
        _refuse_overlaps((f"{rate.family}/{group}", rate) for rate in self.rates for group in rate.groups or ("",))

    def price(self, code: str, on: date, specialty: str, *, priced_zone: bool = True) -> Price | Refusal:
        """The entry of `code` in force on `on` for a specialty (2 digits), or why there is none."""
        entries = self._by_code.get(code)
        if entries is None:
            return Refusal("T004")
        entries = [entry for entry in entries if specialty in entry.specialties]
        if not entries:
            return Refusal("T002")
        if not priced_zone:
            return Refusal("T003")
        return next((entry for entry in entries if in_force(entry, on)), Refusal("T001"))

    def quote(self, code: str, on: date, specialty: str, *, priced_zone: bool = True) -> Quote | Refusal:
        """Price, base rate and doubts of one act, or the refusal; answers are kept by code, day and specialty."""
        key = (code, on, specialty, priced_zone)
        answer = self._quotes.get(key)
        if answer is None:
            _make_room(self._quotes)
            answer = self._quotes[key] = self._make_quote(code, on, specialty, priced_zone)
        return answer

    def _make_quote(self, code: str, on: date, specialty: str, priced_zone: bool) -> Quote | Refusal:
        price = self.price(code, on, specialty, priced_zone=priced_zone)
        if isinstance(price, Refusal):
            return price
        if price.kind is PriceKind.SUPPLEMENT:
            return Refusal("T006", SUPPLEMENT_HINTS.get(code, ""))
        reason_fr, reason_en = why_unverified(price.source, price.valid_from, start_matters=True)
        rate = self.rate(rate_family_of(specialty), price.group, on)
        fields = frozenset(price.threshold.replace("-", ""))
        return Quote(price, price.cents, price.kind, rate, reason_fr, reason_en, fields)

    def rate(self, family: str, group: str, on: date) -> Rate | None:
        """The base rate of a family of professions for a CCAM regrouping ("" none) on a day; None when not known."""
        entries = [entry for entry in self.rates if entry.family == family and in_force(entry, on)]
        named = next((entry for entry in entries if group and group in entry.groups), None)
        return named or next((entry for entry in entries if not entry.groups), None)

    def day(self, on: date) -> dict[str, int]:
        """Every legal value in force on a day, by key; a key without a value that day is absent."""
        values = self._days.get(on)
        if values is None:
            _make_room(self._days)
            values = self._days[on] = {entry.key: entry.value for entry in self.values if in_force(entry, on)}
        return values

    def legal_value(self, key: str, on: date) -> LegalValue:
        """The entry of a legal value in force on a day. Raises KeyError when the table has none: our own fault."""
        for entry in self.values:
            if entry.key == key and in_force(entry, on):
                return entry
        raise KeyError(f"{key} on {on.isoformat()}")

    def supplement(self, specialty: str, majoration: Majoration, kind: PriceKind, on: date) -> Supplement | None:
        """The night or Sunday majoration of a specialty for one kind of act on a day; None when no amount is known."""
        key = (specialty, majoration, kind, on)
        if key not in self._supplements:
            _make_room(self._supplements)
            self._supplements[key] = self._make_supplement(*key)
        return self._supplements[key]

    def _make_supplement(self, specialty: str, majoration: Majoration, kind: PriceKind, on: date) -> Supplement | None:
        profession = profession_of(specialty)
        for rule in self.majorations:
            if (
                rule.profession == profession
                and rule.majoration == majoration.value
                and kind in rule.kinds
                and in_force(rule, on)
            ):
                price = self.price(rule.supplement, on, specialty)
                if isinstance(price, Refusal):
                    return None
                return Supplement(
                    rule, price.cents, *why_unverified(price.source, price.valid_from, start_matters=True)
                )
        return None

    def periods(self, code: str) -> tuple[Price, ...]:
        """Every dated entry of one code, in the order of the table; () when unknown."""
        return tuple(self._by_code.get(code, ()))


@cache
def standard_book() -> TariffBook:
    """The book of the tables shipped with this version, built once."""
    return TariffBook()


def _make_room(answers: dict[Any, Any]) -> None:
    if len(answers) >= _ANSWERS_KEPT_MAX:
        answers.clear()


def _refuse_overlaps(entries: Iterable[tuple[str, _Dated]]) -> None:
    by_key: dict[str, list[_Dated]] = defaultdict(list)
    for key, entry in entries:
        by_key[key].append(entry)
    for key, dated in by_key.items():
        dated.sort(key=lambda entry: entry.valid_from or date.min)
        for first, second in pairwise(dated):
            if (first.valid_to or date.max) >= (second.valid_from or date.min):
                raise TariffTableError(f"{key}: two entries in force on {(second.valid_from or date.min).isoformat()}")
