"""From what a person entered to a valued sheet: each act priced, rated and shared to the cent, every rule traced."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from vaguemestre.core.caresheet import (
    Act,
    CareSheet,
    ChargeQualifier,
    Cover,
    DraftSheet,
    Exemption,
    InsuranceNature,
    Majoration,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.findings import Finding, Level, Place, finding
from vaguemestre.core.money import shown
from vaguemestre.core.tariff.accumulation import accumulate
from vaguemestre.core.tariff.bases import (
    bare_base,
    check_ccam,
    check_numbers,
    coefficient_text,
    coefficient_words,
    find_supplement,
    limit_to_fee,
    set_base,
    set_thresholds,
)
from vaguemestre.core.tariff.book import Quote, Refusal, TariffBook
from vaguemestre.core.tariff.conditions import check_conditions
from vaguemestre.core.tariff.facts import Facts, Item, RawStep, facts_of
from vaguemestre.core.tariff.rates import decide_rate, is_justified
from vaguemestre.core.tariff.shares import (
    check_overrun,
    scheme_doubt,
    set_complementary,
    set_fund_share,
    set_participation,
)
from vaguemestre.core.tariff.travel import check_travel_once, set_travel_base, travel_items
from vaguemestre.core.trace import Step, Trace
from vaguemestre.tables.tariff.conditions import FIELD_AMOUNT_CENTS_MAX, FIELD_COMPLEMENTARY_CENTS_MAX
from vaguemestre.tables.tariff.rates import SCHEME_MINES
from vaguemestre.tables.tariff.shape import PriceKind

_TRAVEL_KINDS = (PriceKind.TRAVEL, PriceKind.KILOMETRE)


def value_sheet(
    draft: DraftSheet, identity: SheetIdentity, tariff: TariffBook
) -> tuple[CareSheet | None, Trace, tuple[Finding, ...]]:
    """Value a draft: base, rate, the fund's and the complementary share of each line. Amounts in cents.

    Gives the numbered sheet, the trace of every rule applied (step lines are the sheet's lines, 0 for an act not written) and the
    findings (lines are the acts as entered, from 1). The sheet is None only when a finding is an error. Prices by the date of the
    act (fides:04-CF); rates in the order of fides:05-VF; several acts by ngap:11B.
    """
    facts = facts_of(draft, draft.billing_number)
    items, found = _items_of(draft, facts, tariff)
    if not draft.acts:
        found.append(finding("I050", Place(field="item:9")))
    if _has_error(found):
        return None, (), tuple(found)
    more, dropped = accumulate(items, facts.profession, tariff)
    found += more
    items = [item for item in items if item.written]
    for item in items:
        found += _set_line_base(item, facts, tariff)
    set_thresholds(items, tariff)
    for item in items:
        found += set_share(item, facts, tariff, unjustified="T051")
    set_participation(items, facts, tariff)
    for item in items:
        set_complementary(item, facts)
        found += check_overrun(item, facts, tariff)
        found += _check_width(item)
    found += check_travel_once(items)
    found += check_conditions(items, facts, tariff, by_sitting=True)
    trace = trace_of(items, dropped)
    if _has_error(found):
        return None, trace, tuple(found)
    cover = cover_in_effect(draft.cover, items, facts)
    return _sheet(draft, identity, cover, tuple(map(_line, range(1, len(items) + 1), items))), trace, tuple(found)


def _items_of(draft: DraftSheet, facts: Facts, tariff: TariffBook) -> tuple[list[Item], list[Finding]]:
    items: list[Item] = []
    found: list[Finding] = []
    for number, act in enumerate(draft.acts, start=1):
        item, more = _item_of(number, act, facts, tariff)
        found += more
        if item is None:
            continue
        items.append(item)
        if act.travel or act.kilometres:
            lines, more = travel_items(act, item, facts, tariff)
            items += lines
            found += more
    return items, found


def _item_of(number: int, act: Act, facts: Facts, tariff: TariffBook) -> tuple[Item | None, list[Finding]]:
    quote = tariff.quote(act.code, act.performed_on, facts.specialty, priced_zone=facts.priced_zone)
    if isinstance(quote, Refusal):
        return None, [refusal_finding(quote, number, act, facts.specialty)]
    hundredths = act.coefficient * 100
    coefficient = int(hundredths)
    item = Item(
        number,
        act.performed_on,
        act.code,
        quote,
        coefficient,
        act.quantity,
        act.majoration,
        act.qualifier,
        act.ground if act.ground is not Exemption.NONE else facts.header,
        act.charged_cents,
        act.sitting,
        act.pathology,
        act.teeth,
        act.ccam,
    )
    found = check_numbers(item)
    if coefficient != hundredths:
        found.append(
            item.about(
                "T010",
                **coefficient_words(str(act.coefficient)),
                expected_fr="deux décimales",
                expected_en="two decimals",
            )
        )
    found += check_ccam(item)
    return item, found


def refusal_finding(refusal: Refusal, number: int, act: Act | SheetLine, specialty: str) -> Finding:
    """Why an act has no price, at its line."""
    return finding(
        refusal.code,
        Place(line=number),
        act=act.code,
        on=act.performed_on.isoformat(),
        specialty=specialty,
        letter=refusal.letter,
    )


def price_doubt(number: int, quote: Quote) -> Finding:
    """The finding that a line uses a price still to be verified. vgm:tariff-unverified."""
    known = quote.doubts.get(number)
    if known is not None:
        return known
    quote.doubts[number] = made = finding(
        "T005",
        Place(line=number),
        act=quote.price.code,
        price_fr=shown(quote.cents, "fr"),
        price_en=shown(quote.cents, "en"),
        reason_fr=quote.reason_fr,
        reason_en=quote.reason_en,
    )
    return made


def _set_line_base(item: Item, facts: Facts, tariff: TariffBook) -> list[Finding]:
    found: list[Finding] = []
    plain = item.charged is None and item.qualifier is ChargeQualifier.NORMAL and item.majoration is Majoration.NONE
    if plain and item.quote.kind in _TRAVEL_KINDS:
        set_travel_base(item)
    else:
        supplement, found = find_supplement(item, facts, tariff)
        set_base(item, supplement)
        limit_to_fee(item)
    if item.quote.unverified:
        found.append(price_doubt(item.act, item.quote))
    return found


def set_share(item: Item, facts: Facts, tariff: TariffBook, *, unjustified: str) -> list[Finding]:
    """Decide the rate of a line and its fund share; `unjustified` is the finding for an exemption that nothing supports."""
    decision = decide_rate(facts, item, tariff)
    if decision is None:
        return [item.about("T050", specialty=facts.specialty)]
    found = set_fund_share(item, facts, decision, tariff)
    if not is_justified(item.ground, decision):
        found.append(item.about(unjustified, exemption=item.ground.value))
    found += scheme_doubt(item, facts)
    return found


def _check_width(item: Item) -> list[Finding]:
    charged = _charged(item)
    if max(item.base, charged) > FIELD_AMOUNT_CENTS_MAX or item.complementary > FIELD_COMPLEMENTARY_CENTS_MAX:
        limit = (
            FIELD_COMPLEMENTARY_CENTS_MAX
            if item.complementary > FIELD_COMPLEMENTARY_CENTS_MAX
            else FIELD_AMOUNT_CENTS_MAX
        )
        return [item.about("T013", maximum_fr=shown(limit, "fr"), maximum_en=shown(limit, "en"))]
    return []


def _charged(item: Item) -> int:
    if item.charged is not None:
        return item.charged
    if item.qualifier is ChargeQualifier.FREE:
        return 0
    return bare_base(item, item.coefficient) if item.qualifier is ChargeQualifier.NOT_REIMBURSABLE else item.base


@lru_cache(maxsize=1024)
def coefficient_of(hundredths: int) -> Decimal:
    """A coefficient as the sheet carries it, in its shortest writing."""
    return Decimal(coefficient_text(hundredths))


def _line(number: int, item: Item) -> SheetLine:
    return SheetLine(
        number,
        item.on,
        item.code,
        item.majoration,
        item.quantity,
        coefficient_of(item.coefficient),
        1 if item.quote.kind is PriceKind.KILOMETRE else item.quantity,
        item.quote.cents,
        item.base,
        item.rate_shown,
        item.fund,
        _charged(item),
        item.complementary,
        item.exemption,
        item.qualifier,
        item.teeth,
        item.ccam,
    )


def trace_of(items: list[Item], dropped: list[RawStep]) -> Trace:
    """The steps of every written line, numbered as the sheet's lines, then those of acts not written (line 0)."""
    steps = [
        Step(rule, number, value, before, after)
        for number, item in enumerate(items, start=1)
        for rule, value, before, after in item.steps
    ]
    steps += [Step(rule, 0, value, before, after) for rule, value, before, after in dropped]
    return tuple(steps)


def cover_in_effect(cover: Cover, items: list[Item], facts: Facts) -> Cover:
    """The cover as the sheet states it: nature 13 when the local scheme set a rate, 90 for prevention, the miners' header.

    fides:05-VF. Under the miners' scheme the header carries 6; when every line is for a long-term illness it carries 4 and the
    lines 0 (their `exemption` is changed here).
    """
    nature, header = facts.nature, cover.exemption
    if nature is InsuranceNature.ILLNESS and any(item.rule == "rate.local_scheme" for item in items):
        nature = InsuranceNature.ILLNESS_LOCAL_SCHEME
    ruled_by_scheme = [item for item in items if item.rule in ("rate.mines", "rate.mines_long_term")]
    if facts.scheme == SCHEME_MINES and ruled_by_scheme:
        header = Exemption.SCHEME
        if all(item.exemption is Exemption.LONG_TERM_ILLNESS for item in items):
            header = Exemption.LONG_TERM_ILLNESS
            for item in items:
                item.exemption = Exemption.NONE
    if nature is cover.nature and header is cover.exemption:
        return cover
    return replace(cover, nature=nature, exemption=header)


def _has_error(found: list[Finding]) -> bool:
    return any(item.code.level is Level.ERROR for item in found)


def _sheet(draft: DraftSheet, identity: SheetIdentity, cover: Cover, lines: tuple[SheetLine, ...]) -> CareSheet:
    return CareSheet(
        identity=identity,
        destination=draft.destination,
        beneficiary=draft.beneficiary,
        performer=draft.performer,
        structure_number=draft.structure_number,
        prescriber=draft.prescriber,
        cover=cover,
        lines=lines,
        prior_approval_requested_on=draft.prior_approval_requested_on,
        imaging_serial=draft.imaging_serial,
        imaging_device=draft.imaging_device,
        settlement=draft.settlement,
        complementary_body=draft.complementary_body,
        complementary_billed=draft.complementary_billed,
        completed_on=draft.completed_on,
        pathway=draft.pathway,
        attending_doctor_declared=draft.attending_doctor_declared,
        mode=draft.mode,
        card_serial=draft.card_serial,
        replaces=draft.replaces,
    )
