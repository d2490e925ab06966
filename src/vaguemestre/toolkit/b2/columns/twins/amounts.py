"""Twins of `rules.amounts`: what follows from price, quantity, coefficient, base and rate. Whole cents, half a cent goes up.

Rare and rightful departures (24 euros kept for a patient's participation named on the complement) are left to the rules.
"""

from typing import Final

import numpy as np

from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.sheet_limits import EXEMPTIONS_BELOW_FULL_RATE, FULL_RATE_NATURES
from vaguemestre.tables.tariff.accumulation import ASSOCIATION_PERCENT
from vaguemestre.toolkit.b2.columns.batch import Batch, Numbers, Ranks
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import START, TYPE_INDEX, TYPES, Flags
from vaguemestre.toolkit.b2.rules import amounts as rules

_FEES: Final = TYPE_INDEX["4"]
_HOSPITAL: Final = TYPE_INDEX["3"]
_FEES_COMPLEMENT: Final = TYPE_INDEX["4S"]
_TOTALS: Final = {_FEES: "fee_total", _HOSPITAL: "total_charge"}
_WHOLE, _WHOLE_HOSPITAL = 100, 10_000
_PRODUCT_MAX: Final = 4 * 10**13  # times a hospital coefficient, it still fits a whole number of 63 bits
_FULL_RATE: Final = np.isin(np.arange(100), [int(nature) for nature in FULL_RATE_NATURES])
_PARTIAL: Final = np.isin(np.arange(256), [ord(code or " ") for code in EXEMPTIONS_BELOW_FULL_RATE | {""}])
_WHOLE_PRICE: Final = [ord(code or " ") for code, percent in ASSOCIATION_PERCENT.items() if percent == 100]
_THRESHOLD: Final = [ord(code) for code in rules.THRESHOLD_CODES]


def half_up(numerator: Numbers, denominator: int) -> Numbers:
    """As `core.money.half_up`, of what is not negative."""
    whole: Numbers = (2 * numerator + denominator) // (2 * denominator)
    return whole


def _or(values: Numbers, default: int) -> Numbers:
    return np.where(values == 0, default, values)


def letter(batch: Batch, kind: int, name: str) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """A field of one letter, in the rows of one type."""
    entry = B2[TYPES[kind]].by_name[name]
    column: np.ndarray[tuple[int], np.dtype[np.uint8]] = batch.records(kind)[:, entry.position - 1]
    return column


def base_follows(invoices: Invoices) -> None:
    """Price x quantity x coefficient, more with a majoration; a CCAM act has its own price."""
    batch = invoices.batch
    if not batch.has(_FEES):
        return
    base = batch.number(_FEES, "reimbursement_base")
    product = batch.number(_FEES, "unit_price") * _or(batch.number(_FEES, "quantity"), 1)
    expected = half_up(product * _or(batch.number(_FEES, "coefficient"), _WHOLE), 100)
    wrong = base != expected
    if not np.count_nonzero(wrong):
        return
    majored = batch.records(_FEES)[:, B2["4"].by_name["act_code"].where][:, -1] != ord(" ")
    wrong &= ~(majored & (base > expected))
    wrong &= (letter(batch, _FEES, "charge_qualifier") != ord("N")) & ~_has_own_price(invoices)
    invoices.reject(_FEES, wrong)


def _has_own_price(invoices: Invoices) -> Flags:
    """Lines 4 with a 4M, or with something in bytes 66-70 of their 4S."""
    batch = invoices.batch
    lines = np.zeros(len(batch.types) + 1, np.bool_)  # by row: the line that stands there or before
    last = np.maximum.accumulate(
        np.where((batch.types == _FEES) | (batch.types == _HOSPITAL), np.arange(len(batch.types)), -1)
    )
    lines[last[batch.rows_of(TYPE_INDEX["4M"])]] = True
    if batch.has(_FEES_COMPLEMENT):
        where = B2["4S"].by_name["undescribed_66"].where
        held = batch.records(_FEES_COMPLEMENT)[:, where]
        strange = ((held != ord(" ")) & (held != ord("0"))).any(axis=1)
        lines[last[batch.rows_of(_FEES_COMPLEMENT)[strange]]] = True
    return lines[batch.rows_of(_FEES)]


def ccam_base_follows(invoices: Invoices) -> None:
    """Of one act at one time the base is its price, and the association takes nothing off; any other is left to the rule."""
    batch, act = invoices.batch, TYPE_INDEX["4M"]
    if not (batch.has(act) and batch.has(_FEES)):
        return
    plain = (batch.number(_FEES, "quantity") <= 1) & np.isin(batch.number(_FEES, "coefficient"), (0, _WHOLE))
    plain &= letter(batch, _FEES, "charge_qualifier") != ord("N")
    other = batch.number(_FEES, "reimbursement_base") != batch.number(_FEES, "unit_price")
    invoices.reject(_FEES, plain & other & _has_own_price(invoices))
    lines = np.zeros(len(batch.types), np.bool_)
    lines[batch.rows_of(_FEES)] = plain
    less = ~np.isin(letter(batch, act, "association_code"), _WHOLE_PRICE)
    invoices.reject(act, less & lines[_line_rows(batch)[batch.rows_of(act)]])


def _line_rows(batch: Batch) -> Ranks:
    """For each row, the line that stands there or before."""
    here = (batch.types == _FEES) | (batch.types == _HOSPITAL)
    rows: Ranks = np.maximum.accumulate(np.where(here, np.arange(len(batch.types)), 0))
    return rows


def hospital_base_follows(invoices: Invoices) -> None:
    """Price x quantity x both coefficients, absent ones counting as 1."""
    batch = invoices.batch
    if not batch.has(_HOSPITAL):
        return
    product = batch.number(_HOSPITAL, "unit_price") * _or(batch.number(_HOSPITAL, "quantity"), 1)
    product = product * _or(batch.number(_HOSPITAL, "coefficient"), _WHOLE)
    huge = product > _PRODUCT_MAX
    product = np.where(huge, 0, product) * _or(batch.number(_HOSPITAL, "hospital_coefficient"), _WHOLE_HOSPITAL)
    wrong = batch.number(_HOSPITAL, "reimbursement_base") != half_up(product, _WHOLE * _WHOLE_HOSPITAL)
    wrong &= letter(batch, _HOSPITAL, "charge_qualifier") != ord("N")
    invoices.reject(_HOSPITAL, wrong | huge)


def fund_share_follows(invoices: Invoices) -> None:
    """Base x rate; 24 euros less for a heavy act; outside the pathway any share up to the base."""
    batch = invoices.batch
    for kind in _TOTALS:
        if not batch.has(kind):
            continue
        base, fund = batch.number(kind, "reimbursement_base"), batch.number(kind, "amount_payable_by_fund")
        expected = half_up(base * batch.number(kind, "reimbursement_rate"), 100)
        wrong = fund != expected
        if not np.count_nonzero(wrong):
            continue
        heavy = np.isin(letter(batch, kind, "copay_exemption_code"), _THRESHOLD)
        wrong &= ~(heavy & (fund == np.maximum(0, expected - rules.THRESHOLD_PARTICIPATION_CENTS)))
        outside = _outside_pathway(invoices, kind)
        wrong &= ~(outside & (((fund > expected) & (fund <= base)) | (fund + 1 == expected)))
        if kind == _HOSPITAL:
            daily = letter(batch, kind, "daily_charge_coverage_code")
            rate = batch.number(kind, "funding_rate")
            wrong &= ((daily == ord(" ")) | (daily == ord("0"))) & ((rate == 0) | (rate == 100))
        invoices.reject(kind, wrong)


def _outside_pathway(invoices: Invoices, kind: int) -> Flags:
    """For each row of a type, whether the 2S of its part says so."""
    head = TYPE_INDEX["2S"]
    said = letter(invoices.batch, head, "care_pathway_indicator") == ord(rules.OUTSIDE_PATHWAY)
    outside: Flags = invoices.of_rows(kind, invoices.scattered(head, said.astype(np.int64))) != 0
    return outside


def shares_fit_the_charge(invoices: Invoices) -> None:
    """Both shares together are at most the charge."""
    batch = invoices.batch
    for kind, total in _TOTALS.items():
        if batch.has(kind):
            both = batch.number(kind, "amount_payable_by_fund") + batch.number(kind, "amount_payable_by_complementary")
            invoices.reject(kind, both > batch.number(kind, total))


def unpaid_acts_count_nothing(invoices: Invoices) -> None:
    """N: no base, no share of the fund; G: no share of anyone."""
    batch = invoices.batch
    for kind in _TOTALS:
        if not batch.has(kind):
            continue
        fund = batch.number(kind, "amount_payable_by_fund")
        for code, name in (("N", "reimbursement_base"), ("G", "amount_payable_by_complementary")):
            qualified = letter(batch, kind, "charge_qualifier") == ord(code)
            if np.count_nonzero(qualified):
                invoices.reject(kind, qualified & ((fund != 0) | (batch.number(kind, name) != 0)))


def full_rates(invoices: Invoices) -> None:
    """An exemption code of a line, and certain natures of insurance, mean 100 %; acts that are not paid are left out."""
    batch = invoices.batch
    nature = _FULL_RATE.take(invoices.value(START, "insurance_nature"), mode="clip")
    for kind in _TOTALS:
        if not batch.has(kind):
            continue
        partial: Flags = _PARTIAL.take(letter(batch, kind, "copay_exemption_code"))
        wrong = (~partial | invoices.of_rows(kind, nature)) & (batch.number(kind, "reimbursement_rate") != 100)
        if np.count_nonzero(wrong):
            qualifier = letter(batch, kind, "charge_qualifier")
            wrong &= (qualifier != ord("N")) & (qualifier != ord("G"))
            invoices.reject(kind, wrong)


def split_leaves_no_complementary(invoices: Invoices) -> None:
    """When the complementary share travels apart, the lines hold none."""
    batch = invoices.batch
    said = letter(batch, START, "split_flag") == ord(rules.SPLIT)
    if not np.count_nonzero(said):
        return
    split = invoices.scattered(START, said.astype(np.int64))
    for kind in _TOTALS:
        if batch.has(kind):
            share = batch.number(kind, "amount_payable_by_complementary")
            invoices.reject(kind, (invoices.of_rows(kind, split) != 0) & (share != 0))


def judged_with_the_other(invoices: Invoices) -> None:
    """`full_rates` judges both checks."""


TWINS: Final[Twins] = {
    rules.base_follows: base_follows,
    rules.ccam_base_follows: ccam_base_follows,
    rules.hospital_base_follows: hospital_base_follows,
    rules.fund_share_follows: fund_share_follows,
    rules.shares_fit_the_charge: shares_fit_the_charge,
    rules.unpaid_acts_count_nothing: unpaid_acts_count_nothing,
    rules.exemption_means_full_rate: full_rates,
    rules.nature_means_full_rate: judged_with_the_other,
    rules.split_leaves_no_complementary: split_leaves_no_complementary,
}
_COMMON = (
    "unit_price", "quantity", "coefficient", "reimbursement_base", "reimbursement_rate", "amount_payable_by_fund",
    "amount_payable_by_complementary",
)  # fmt: skip
WANTED: Final[Wanted] = {
    TYPES[START]: ("insurance_nature",),
    "3": (*_COMMON, "hospital_coefficient", "funding_rate", "total_charge"),
    "4": (*_COMMON, "fee_total"),
}
