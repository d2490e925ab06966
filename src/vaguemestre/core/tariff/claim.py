"""What the fund owes at most for a claimed sheet: the payer's own prices and rates on the lines as they were claimed.

The payer does not see sittings, kinds of care or visits: article 11 B was applied by the practice, in the coefficients.
"""

from dataclasses import replace

from vaguemestre.core.caresheet import CareSheet, Exemption, Majoration, SheetLine
from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.money import shown
from vaguemestre.core.tariff.accumulation import count_subject_acts
from vaguemestre.core.tariff.bases import (
    check_ccam,
    check_numbers,
    find_supplement,
    limit_to_fee,
    set_base,
    set_thresholds,
)
from vaguemestre.core.tariff.book import Refusal, TariffBook
from vaguemestre.core.tariff.conditions import check_conditions
from vaguemestre.core.tariff.facts import Facts, Item, facts_of
from vaguemestre.core.tariff.shares import set_complementary, set_participation
from vaguemestre.core.tariff.valuation import cover_in_effect, price_doubt, refusal_finding, set_share
from vaguemestre.core.trace import Step, Trace

_SUBJECT_ACTS_MAX = 2


def value_claim(sheet: CareSheet, tariff: TariffBook) -> tuple[tuple[SheetLine, ...], Trace, tuple[Finding, ...]]:
    """Recompute a claimed sheet line by line: what the fund owes at most. Amounts in cents.

    Gives one line for each claimed line, in order, with the payer's base, rate, exemption and fund share; the trace; the findings
    (lines from 1). A line with an error finding owes nothing (fund share 0); other differences are warnings with their reasons,
    and the payer pays `payable_cents(claimed, computed)`. vgm:claim-check.
    """
    facts = facts_of(sheet, sheet.identity.billing_number)
    found: list[Finding] = []
    items: dict[int, Item] = {}
    for number, line in enumerate(sheet.lines, start=1):
        item = _item_of(number, line, facts, tariff, found)
        if item is not None:
            items[number] = item
    alive = list(items.values())
    set_thresholds(alive, tariff)
    for item in alive:
        found += set_share(item, facts, tariff, unjustified="T092")
    set_participation(alive, facts, tariff)
    for item in alive:
        set_complementary(item, facts)
    found += check_conditions(alive, facts, tariff, by_sitting=False)
    found += _check_several(alive, facts, tariff)
    cover_in_effect(sheet.cover, alive, facts)
    refused = {item.place.line: item for item in found if item.level is Level.ERROR}
    computed: list[SheetLine] = []
    steps: list[Step] = []
    for number, line in enumerate(sheet.lines, start=1):
        item = items.get(number)
        reason = refused.get(number)
        if item is None or reason is not None:
            code = reason.code.code if reason is not None else ""
            computed.append(_nothing(line))
            steps.append(Step("claim.not_payable", number, code, line.fund_cents, 0))
            continue
        steps += [Step(rule, number, value, before, after) for rule, value, before, after in item.steps]
        computed.append(_computed(line, item))
        if line.base_cents > item.base:
            steps.append(Step("claim.base_lowered", number, "", line.base_cents, item.base))
        if line.fund_cents > item.fund:
            steps.append(Step("claim.fund_lowered", number, "", line.fund_cents, item.fund))
            found.append(_above(item, line))
    return tuple(computed), tuple(steps), tuple(found)


def payable_cents(claimed: SheetLine, computed: SheetLine) -> int:
    """What the fund pays of one line: the smaller of what was claimed and what is owed."""
    return min(claimed.fund_cents, computed.fund_cents)


def _item_of(number: int, line: SheetLine, facts: Facts, tariff: TariffBook, found: list[Finding]) -> Item | None:
    quote = tariff.quote(line.code, line.performed_on, facts.specialty, priced_zone=facts.priced_zone)
    if isinstance(quote, Refusal):
        found.append(refusal_finding(quote, number, line, facts.specialty))
        return None
    item = Item(
        number,
        line.performed_on,
        line.code,
        quote,
        int(line.coefficient * 100),
        line.quantity,
        line.majoration,
        line.qualifier,
        line.exemption if line.exemption is not Exemption.NONE else facts.header,
        line.charged_cents,
        ccam=line.ccam,
    )
    more = check_numbers(item) + check_ccam(item)
    found += more
    if more:
        return None
    supplement, doubts = find_supplement(item, facts, tariff)
    if line.majoration is not Majoration.NONE and supplement is None:
        found.append(item.about("T091", letter=line.majoration.value))
    else:
        found += doubts
    set_base(item, supplement)
    if line.majoration is not Majoration.NONE and supplement is None:
        item.steps.append(("claim.majoration_refused", line.majoration.value, line.base_cents, item.base))
    limit_to_fee(item)
    if quote.unverified:
        found.append(price_doubt(number, quote))
    return item


def _check_several(items: list[Item], facts: Facts, tariff: TariffBook) -> list[Finding]:
    """ngap:11B cannot be judged from an invoice: more than two such acts on one day are noted."""
    if len(items) <= _SUBJECT_ACTS_MAX:
        return []
    found = []
    for day in sorted({item.on for item in items}):
        of_day = [item for item in items if item.on == day]
        if count_subject_acts(of_day, facts.profession, tariff) > _SUBJECT_ACTS_MAX:
            found.append(of_day[0].about("T036"))
    return found


def _computed(line: SheetLine, item: Item) -> SheetLine:
    # Written out: this runs for every line of every claim, and dataclasses.replace costs three times as much.
    return SheetLine(
        line.number,
        line.performed_on,
        line.code,
        line.majoration,
        line.quantity,
        line.coefficient,
        line.act_count,
        item.quote.cents,
        item.base,
        item.rate_shown,
        item.fund,
        line.charged_cents,
        item.complementary,
        item.exemption,
        line.qualifier,
        line.teeth,
        line.ccam,
    )


def _nothing(line: SheetLine) -> SheetLine:
    return replace(line, base_cents=0, rate_percent=0, fund_cents=0, complementary_cents=0, exemption=Exemption.NONE)


def _above(item: Item, line: SheetLine) -> Finding:
    return item.about(
        "T090",
        claimed_fr=shown(line.fund_cents, "fr"),
        claimed_en=shown(line.fund_cents, "en"),
        due_fr=shown(item.fund, "fr"),
        due_en=shown(item.fund, "en"),
    )
