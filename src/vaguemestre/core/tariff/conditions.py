"""What some acts need besides a price: to be alone in their sitting, a child, another act beside them, a known pathway."""

from collections.abc import Sequence
from itertools import groupby

from vaguemestre.core.caresheet import CarePathway
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.tariff.book import TariffBook
from vaguemestre.core.tariff.facts import Facts, Item
from vaguemestre.tables.tariff.conditions import (
    CHILD_MAJORATION,
    COMPANIONS,
    SINGLE_ACT_CODE,
    SINGLE_ACT_COEFFICIENTS_HUNDREDTHS,
    SINGLE_ACT_MAJORATION,
)
from vaguemestre.tables.tariff.rates import NOT_IN_PATHWAY
from vaguemestre.tables.tariff.shape import PriceKind

_COMPANION = {entry.code: entry.beside for entry in COMPANIONS}
_BESIDE = (PriceKind.MAJORATION, PriceKind.TRAVEL, PriceKind.KILOMETRE)
_OUTSIDE_PATHWAY_CODES = ("TCG",)  # a teleconsultation needs no attending doctor


def check_conditions(items: Sequence[Item], facts: Facts, book: TariffBook, *, by_sitting: bool) -> list[Finding]:
    """Findings about majorations billed as acts and about the pathway.

    `by_sitting` is False for the payer, who sees days only: a single-act majoration then needs one lone-able act by majoration.
    """
    found: list[Finding] = []
    for item in items:
        beside = _COMPANION.get(item.code)
        if beside and not any(other.code in beside and other.on == item.on for other in items):
            found.append(item.about("T073", expected=", ".join(beside)))
        if item.code == CHILD_MAJORATION:
            found += _child(item, facts, book)
    if facts.profession == "nurse":
        found += _single_acts_by_sitting(items) if by_sitting else _single_acts_by_day(items)
    elif facts.family == "doctor" and facts.pathway is CarePathway.EXCLUDED:
        found += _pathway(items, facts, book)
    return found


def _child(item: Item, facts: Facts, book: TariffBook) -> list[Finding]:
    age, limit = facts.birth.age_on(item.on), book.day(item.on)["child_majoration_age"]
    return [item.about("T072", age=limit, found=age)] if age >= limit else []


def _is_lone_able(item: Item) -> bool:
    return item.code == SINGLE_ACT_CODE and item.coefficient in SINGLE_ACT_COEFFICIENTS_HUNDREDTHS


def _single_acts_by_sitting(items: Sequence[Item]) -> list[Finding]:
    """ngap:23-1: one act AMI 1 or 1.5, alone in its sitting, earns MAU once."""
    found: list[Finding] = []
    ordered = sorted(items, key=lambda item: (item.on, item.sitting))
    for _, group in groupby(ordered, key=lambda item: (item.on, item.sitting)):
        together = list(group)
        acts = [item for item in together if item.quote.kind not in _BESIDE]
        majorations = [item for item in together if item.code == SINGLE_ACT_MAJORATION]
        due = len(acts) == 1 and _is_lone_able(acts[0])
        if due and not majorations:
            found.append(acts[0].about("T071"))
        found += [item.about("T070") for item in (majorations[1:] if due else majorations)]
    return found


def _single_acts_by_day(items: Sequence[Item]) -> list[Finding]:
    found: list[Finding] = []
    for majoration in [item for item in items if item.code == SINGLE_ACT_MAJORATION]:
        able = sum(item.quantity for item in items if item.on == majoration.on and _is_lone_able(item))
        asked = sum(
            item.quantity for item in items
            if item.on == majoration.on and item.code == SINGLE_ACT_MAJORATION and item.act <= majoration.act
        )  # fmt: skip
        if asked > able:
            found.append(majoration.about("T070"))
    return found


def _pathway(items: Sequence[Item], facts: Facts, book: TariffBook) -> list[Finding]:
    """fides:03-IP: a doctor's sheet for a patient of 16 or more says the pathway."""
    if facts.specialty in NOT_IN_PATHWAY or not items:
        return []
    first = items[0]
    if facts.birth.age_on(first.on) < book.day(first.on)["pathway_age"]:
        return []
    if all(item.code in _OUTSIDE_PATHWAY_CODES for item in items):
        return []
    return [finding("T055")]
