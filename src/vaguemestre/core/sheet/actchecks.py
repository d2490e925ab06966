"""Checks of item 9, act by act: what was entered (`check_acts`) and what was valued (`check_lines`). mess9821497a:item-9.

Widths come from the B2 fields that carry an act (`tables.sheet_limits`): what cannot be written is refused before it is signed.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from vaguemestre.core.caresheet import Act, CcamDetail, ChargeQualifier, Cover, Exemption, SheetLine
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.sheet_limits import (
    ACTS_MAX,
    AMOUNT_MAX_CENTS,
    COEFFICIENT_MAX,
    COMPLEMENTARY_MAX_CENTS,
    EXEMPTIONS_BELOW_FULL_RATE,
    FULL_RATE_NATURES,
    KILOMETRES_MAX,
    QUANTITY_MAX,
    TEETH,
    TEETH_MAX,
)

_CODE = re.compile(r"[A-Z][A-Z0-9]{0,3}|[A-Z]{4}[0-9]{3}", re.ASCII)
_HUNDRED = Decimal(100)
_NO_SHARE = frozenset({ChargeQualifier.NOT_REIMBURSABLE, ChargeQualifier.FREE})
Days = tuple[date, date]


def check_acts(acts: Sequence[Act], on: date, found: list[Finding]) -> Days | None:
    """Check the acts of a draft; the first and last day of care that are not in the future, None without any."""
    if not _count_is_right(len(acts), found):
        return None
    first = last = acts[0].performed_on
    for number, act in enumerate(acts, start=1):
        day = act.performed_on
        if day < first:
            first = day
        elif day > last:
            last = day
        _check_common(act, number, on, found)
        if act.charged_cents is not None and not 0 <= act.charged_cents <= AMOUNT_MAX_CENTS:
            _amount(number, "item:9d", act.charged_cents, AMOUNT_MAX_CENTS, found)
        if not 0 <= act.kilometres <= KILOMETRES_MAX:
            place = Place(line=number, field="item:9g")
            found.append(finding("I058", place, found=act.kilometres, limit=KILOMETRES_MAX))
    return first, last


def check_lines(lines: Sequence[SheetLine], cover: Cover, on: date, found: list[Finding]) -> Days | None:
    """Check the valued lines of a sheet; the first and last day of care, None without any."""
    if not _count_is_right(len(lines), found):
        return None
    full = cover.nature.value in FULL_RATE_NATURES or cover.exemption.value not in EXEMPTIONS_BELOW_FULL_RATE
    first = last = lines[0].performed_on
    for number, line in enumerate(lines, start=1):
        day = line.performed_on
        if day < first:
            first = day
        elif day > last:
            last = day
        _check_common(line, number, on, found)
        _check_values(line, number, found)
        if line.rate_percent != 100 and line.qualifier not in _NO_SHARE:
            exempt = line.exemption is not Exemption.NONE and line.exemption.value not in EXEMPTIONS_BELOW_FULL_RATE
            if full or exempt:
                found.append(finding("I040", Place(line=number, field="item:9h"), rate=line.rate_percent))
        if line.exemption is not Exemption.NONE and cover.nature.value in FULL_RATE_NATURES:
            place = Place(line=number, field="item:9h")
            found.append(finding("I041", place, exemption=line.exemption.value, nature=cover.nature.value))
    return first, last


def _count_is_right(count: int, found: list[Finding]) -> bool:
    if count == 0:
        found.append(finding("I050", Place(field="item:9")))
    elif count > ACTS_MAX:
        found.append(finding("I051", Place(field="item:9"), found=count, limit=ACTS_MAX))
    return count > 0


def _check_common(act: Act | SheetLine, number: int, on: date, found: list[Finding]) -> None:
    if act.performed_on > on:
        found.append(finding("I021", Place(line=number, field="item:9a"), found=act.performed_on, on=on))
    if _CODE.fullmatch(act.code) is None:
        found.append(finding("I052", Place(line=number, field="item:9b"), found=act.code))
    if not 1 <= act.quantity <= QUANTITY_MAX:
        found.append(finding("I053", Place(line=number, field="item:9c"), found=act.quantity, limit=QUANTITY_MAX))
    if not coefficient_is_valid(act.coefficient):
        found.append(finding("I054", Place(line=number, field="item:9c"), found=act.coefficient))
    if act.teeth and not (len(act.teeth) <= TEETH_MAX and TEETH.issuperset(act.teeth)):
        wrong = " ".join(tooth for tooth in act.teeth if tooth not in TEETH) or " ".join(act.teeth)
        found.append(finding("I056", Place(line=number, field="item:9b teeth"), found=wrong, limit=TEETH_MAX))
    if act.ccam is not None:
        _check_ccam(act.ccam, number, found)


def coefficient_is_valid(coefficient: Decimal) -> bool:
    """Positive, at most four digits before the point and two after. b2:0483."""
    return coefficient.is_finite() and 0 < coefficient <= COEFFICIENT_MAX and coefficient * _HUNDRED % 1 == 0


def _check_ccam(ccam: CcamDetail, number: int, found: list[Finding]) -> None:
    wrong = ""
    if not _one_digit(ccam.activity):
        wrong = "activity"
    elif not _one_digit(ccam.phase):
        wrong = "phase"
    elif len(ccam.modifiers) > 4 or any(len(item) != 1 or not item.isalnum() for item in ccam.modifiers):
        wrong = "modifiers"
    elif ccam.association not in ("", "1", "2", "3", "4", "5"):
        wrong = "association"
    elif len(ccam.extension) > 1 or len(ccam.conditional) > 1:
        wrong = "extension"
    if wrong:
        value = getattr(ccam, wrong)
        shown = "".join(value) if isinstance(value, tuple) else value
        found.append(finding("I057", Place(line=number, field="item:9b ccam"), found=shown, what=wrong))


def _one_digit(text: str) -> bool:
    return len(text) == 1 and text in "0123456789"


def _check_values(line: SheetLine, number: int, found: list[Finding]) -> None:
    if line.number != number:
        found.append(finding("I059", Place(line=number, field="item:9"), found=line.number, expected=number))
    if not (
        0 <= line.charged_cents <= AMOUNT_MAX_CENTS
        and 0 <= line.base_cents <= AMOUNT_MAX_CENTS
        and 0 <= line.fund_cents <= AMOUNT_MAX_CENTS
        and 0 <= line.unit_price_cents <= AMOUNT_MAX_CENTS
        and 0 <= line.complementary_cents <= COMPLEMENTARY_MAX_CENTS
    ):
        for name in ("charged_cents", "base_cents", "fund_cents", "unit_price_cents"):
            _amount_if_wrong(number, name, getattr(line, name), AMOUNT_MAX_CENTS, found)
        _amount_if_wrong(number, "complementary_cents", line.complementary_cents, COMPLEMENTARY_MAX_CENTS, found)


def _amount_if_wrong(number: int, name: str, cents: int, limit_cents: int, found: list[Finding]) -> None:
    if not 0 <= cents <= limit_cents:
        _amount(number, f"item:9d {name}", cents, limit_cents, found)


def _amount(number: int, field: str, cents: int, limit_cents: int, found: list[Finding]) -> None:
    found.append(finding("I055", Place(line=number, field=field), found_cents=cents, limit_cents=limit_cents))
