"""What the fund keeps back after paying: the flat participation (doctors) and the franchise (auxiliaries), with their ceilings.

Under tiers payant the professional gets the whole fund share and what is retained becomes the patient's debt. The amount is the one
in force on the day of care, the yearly ceiling counts by the day of reimbursement (css:D160-6, css:D160-10, vgm:retention-dates).
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from typing import NamedTuple

from vaguemestre.core.caresheet import CareSheet, Cover, InsuranceNature, SheetLine
from vaguemestre.core.money import plain
from vaguemestre.core.tariff.book import Refusal, TariffBook, rate_family_of
from vaguemestre.core.trace import Step, Trace
from vaguemestre.core.values import dataclass
from vaguemestre.tables.tariff.retentions import FRANCHISE, PARTICIPATION, RETENTIONS, Retention


@dataclass(frozen=True, slots=True)
class Counters:
    """What was already retained from one patient. Amounts in cents.

    `year` is the calendar year of reimbursement of the two yearly amounts; `participations_by_day` counts by professional
    (personal billing number) and day of care; `franchise_by_day` by day of care. Only the days concerned need be given.
    """

    year: int
    participation_year_cents: int = 0
    franchise_year_cents: int = 0
    participations_by_day: Mapping[tuple[str, date], int] = field(default_factory=dict)
    franchise_by_day: Mapping[date, int] = field(default_factory=dict)


class Retained(NamedTuple):
    """What is retained from one sheet: by line number, its kind and sum; the counters afterwards; the trace."""

    amount_cents: int
    participation_cents: int
    franchise_cents: int
    by_line: tuple[tuple[int, int], ...]
    counters: Counters
    trace: Trace


def retained(
    sheet: CareSheet,
    lines: Sequence[SheetLine],
    already: Counters,
    paid_on: date,
    tariff: TariffBook,
) -> Retained:
    """What the fund retains from `sheet` when it pays `lines` (their `fund_cents` is what it pays) on `paid_on`.

    `already` belongs to the sheet's patient; counters of another year start again from zero. css:L160-13,
    css:R160-20, css:D160-6 to css:D160-12.
    """
    rule = next((entry for entry in RETENTIONS if entry.family == rate_family_of(sheet.performer.specialty)), None)
    counting = _Counting(already, paid_on, tariff)
    if rule is not None:
        for line in lines:
            _retain_line(line, sheet, rule, counting)
    steps = tuple(counting.steps)
    counters = counting.counters()
    participation = sum(amount for _, amount in counting.by_line) if rule is PARTICIPATION else 0
    franchise = sum(amount for _, amount in counting.by_line) if rule is FRANCHISE else 0
    return Retained(participation + franchise, participation, franchise, tuple(counting.by_line), counters, steps)


class _Counting:
    """The counters while one sheet is gone through."""

    def __init__(self, already: Counters, paid_on: date, tariff: TariffBook) -> None:
        same_year = already.year == paid_on.year
        self.paid_on = paid_on
        self.tariff = tariff
        self.year_cents = {
            PARTICIPATION.key: already.participation_year_cents if same_year else 0,
            FRANCHISE.key: already.franchise_year_cents if same_year else 0,
        }
        self.participations = dict(already.participations_by_day)
        self.franchises = dict(already.franchise_by_day)
        self.by_line: list[tuple[int, int]] = []
        self.steps: list[Step] = []

    def counters(self) -> Counters:
        return Counters(
            self.paid_on.year,
            self.year_cents[PARTICIPATION.key],
            self.year_cents[FRANCHISE.key],
            self.participations,
            self.franchises,
        )


def _retain_line(line: SheetLine, sheet: CareSheet, rule: Retention, counting: _Counting) -> None:
    price = counting.tariff.price(line.code, line.performed_on, sheet.performer.specialty)
    if isinstance(price, Refusal) or price.kind not in rule.kinds or line.fund_cents <= 0:
        return
    ground = exemption_ground(sheet, line.performed_on, rule, counting.tariff)
    if ground:
        counting.steps.append(Step(f"retention.{ground}", line.number, "", 0, 0))
        return
    amount = _within_day(line, sheet, rule, counting)
    amount = _within_year(line, rule, amount, counting)
    if amount > line.fund_cents:
        counting.steps.append(Step("retention.share_limit", line.number, "", amount, line.fund_cents))
        amount = line.fund_cents
    if amount:
        _count(line, sheet, rule, amount, counting)


def _within_day(line: SheetLine, sheet: CareSheet, rule: Retention, counting: _Counting) -> int:
    day = counting.tariff.day(line.performed_on)
    unit, acts = day[rule.amount], line.act_count
    if rule is PARTICIPATION:
        key = (sheet.performer.billing_number, line.performed_on)
        left = max(0, day[rule.day] - counting.participations.get(key, 0))
        if acts > left:
            counting.steps.append(
                Step("retention.participation_day", line.number, str(day[rule.day]), unit * acts, unit * left)
            )
        return unit * min(acts, left)
    left = max(0, day[rule.day] - counting.franchises.get(line.performed_on, 0))
    if unit * acts > left:
        counting.steps.append(Step("retention.franchise_day", line.number, plain(day[rule.day]), unit * acts, left))
    return min(unit * acts, left)


def _within_year(line: SheetLine, rule: Retention, amount: int, counting: _Counting) -> int:
    ceiling = counting.tariff.day(counting.paid_on)[rule.year]
    left = max(0, ceiling - counting.year_cents[rule.key])
    if amount > left:
        counting.steps.append(Step(f"{rule.key}_year", line.number, plain(ceiling), amount, left))
    return min(amount, left)


def _count(line: SheetLine, sheet: CareSheet, rule: Retention, amount: int, counting: _Counting) -> None:
    counting.year_cents[rule.key] += amount
    if rule is PARTICIPATION:
        key = (sheet.performer.billing_number, line.performed_on)
        unit = counting.tariff.day(line.performed_on)[rule.amount]
        counting.participations[key] = counting.participations.get(key, 0) + -(-amount // unit)
    else:
        counting.franchises[line.performed_on] = counting.franchises.get(line.performed_on, 0) + amount
    counting.by_line.append((line.number, amount))
    counting.steps.append(Step(rule.key, line.number, plain(amount), line.fund_cents, line.fund_cents - amount))


def exemption_ground(sheet: CareSheet, on: date, rule: Retention, tariff: TariffBook) -> str:
    """Why nothing is retained from care given on `on` (`minor`, `solidarity`, `work_accident`, `maternity`), "" when it is due."""
    day = tariff.day(on)
    cover = sheet.cover
    for ground in rule.exempt:
        if (
            (ground == "minor" and sheet.beneficiary.birth_date.age_on(date(on.year, 1, 1)) < day["retention_age"])
            or (ground == "solidarity" and cover.solidarity)
            or (ground == "work_accident" and cover.nature is InsuranceNature.WORK_ACCIDENT)
            or (ground == "maternity" and _in_maternity_window(cover, on, day))
        ):
            return ground
    return ""


def _in_maternity_window(cover: Cover, on: date, day: Mapping[str, int]) -> bool:
    """From the 6th month of pregnancy to 12 days after birth. vgm:maternity-window.

    When only the delivery is known, the pregnancy is taken as nine months; when no date is, maternity care is exempt.
    """
    presumed, delivery = cover.pregnancy_presumed_on, cover.delivery_on
    months, length = day["pregnancy_months"], day["pregnancy_length"]
    if presumed is not None:
        start, birth = _months_after(presumed, months), delivery or _months_after(presumed, length)
    elif delivery is not None:
        start, birth = _months_after(delivery, months - length), delivery
    else:  # the window cannot be told
        return cover.nature is InsuranceNature.MATERNITY
    return start <= on <= birth + timedelta(days=day["after_birth_days"])


def _months_after(day: date, months: int) -> date:
    """The same day of the month, `months` later (earlier when negative); the last day where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
