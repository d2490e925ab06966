"""The reimbursement base of one line, in cents: key letter x coefficient x quantity, CCAM association, night and Sunday, travel."""

from datetime import date
from typing import Final

from vaguemestre.core.calendar import Territory, holidays_in
from vaguemestre.core.caresheet import ChargeQualifier, Exemption, Majoration
from vaguemestre.core.findings import Finding
from vaguemestre.core.money import half_up, percent_of, plain, shown
from vaguemestre.core.tariff.book import Supplement, TariffBook
from vaguemestre.core.tariff.facts import Facts, Item
from vaguemestre.tables.tariff.accumulation import ASSOCIATION_PERCENT
from vaguemestre.tables.tariff.conditions import FIELD_COEFFICIENT_HUNDREDTHS_MAX, FIELD_QUANTITY_MAX
from vaguemestre.tables.tariff.shape import PriceKind

_SATURDAY: Final = 5
_WHOLE: Final = 100  # a coefficient of 1, in hundredths


def coefficient_text(hundredths: int) -> str:
    """`1.5` for 150: the shortest exact writing."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def coefficient_words(text: str) -> dict[str, str]:
    """A coefficient for a finding's message, in both languages."""
    return {"coefficient_fr": text.replace(".", ","), "coefficient_en": text}


def check_numbers(item: Item) -> list[Finding]:
    """Findings about a line's coefficient, quantity and fee: what the code allows and what the fields hold."""
    found = []
    if item.quote.kind is not PriceKind.LETTER and item.coefficient != _WHOLE:
        found.append(_coefficient_refused(item, "sans coefficient", "no coefficient"))
    elif not 0 < item.coefficient <= FIELD_COEFFICIENT_HUNDREDTHS_MAX:
        found.append(_coefficient_refused(item, "de 0,01 à 9999,99", "0.01 to 9999.99"))
    maximum = 1 if item.quote.kind is PriceKind.TECHNICAL else FIELD_QUANTITY_MAX
    if not 1 <= item.quantity <= maximum:
        found.append(item.about("T011", quantity=item.quantity, maximum=maximum))
    if item.charged is not None and item.charged < 0:
        found.append(item.about("T012"))
    return found


def _coefficient_refused(item: Item, fr: str, en: str) -> Finding:
    return item.about("T010", **coefficient_words(coefficient_text(item.coefficient)), expected_fr=fr, expected_en=en)


def check_ccam(item: Item) -> list[Finding]:
    """Findings about a CCAM act's modifiers and association code, whose value must be known; sets the association's share."""
    if item.ccam is None:
        return []
    share = ASSOCIATION_PERCENT.get(item.ccam.association)
    if share is not None:
        item.association = share
    unknown = [*item.ccam.modifiers, *([] if share is not None else [item.ccam.association])]
    return [item.about("T035", found=" ".join(unknown))] if unknown else []


def bare_base(item: Item, coefficient: int) -> int:
    """Price x quantity x coefficient (hundredths), without majoration; half up. fides:04-CF."""
    if coefficient == _WHOLE:
        return item.quote.cents * item.quantity
    return half_up(item.quote.cents * item.quantity * coefficient, 100)


def set_base(item: Item, supplement: Supplement | None) -> None:
    """Compute the base of a line and its trace steps; `supplement` is the night or Sunday majoration already judged due."""
    quote, steps = item.quote, item.steps
    cents = quote.cents
    steps.insert(0, ("price.unit", item.code, 0, cents))  # before what article 11 B did to the coefficient
    if item.qualifier is ChargeQualifier.NOT_REIMBURSABLE:
        steps.append(("base.not_reimbursable", item.qualifier.value, cents, 0))
        item.base = 0
        return
    if quote.kind is PriceKind.TECHNICAL:
        base = cents if item.association == 100 else percent_of(cents, item.association)
        if base != cents:
            steps.append(("base.association", str(item.association), cents, base))
    elif item.coefficient == _WHOLE and item.quantity == 1:
        base = cents
    else:
        base = bare_base(item, item.coefficient)
        if item.coefficient == _WHOLE:
            steps.append(("base.quantity", str(item.quantity), cents, base))
        else:
            steps.append(("base.letter", f"{coefficient_text(item.coefficient)} × {item.quantity}", cents, base))
    if supplement is not None:
        majored, added = _majored(item, supplement)
        steps.append((supplement.rule.key, plain(added), base, majored))
        base = majored
    item.base = base


def _majored(item: Item, supplement: Supplement) -> tuple[int, int]:
    """The base with its majoration, and the majoration alone, each rounded once. fides:04-CF.

    The share rule takes its percentage of coefficient x price, at least the flat amount, at most `cap_units` prices.
    """
    scale = 100 * 100  # hundredths of a coefficient, then percent
    exact = item.quote.cents * item.quantity * item.coefficient * 100
    added = supplement.cents * scale
    rule = supplement.rule
    if rule.percent:
        share = item.quote.cents * item.coefficient * rule.percent
        added = min(max(share, added), rule.cap_units * item.quote.cents * scale)
    return half_up(exact + added, scale), half_up(added, scale)


def limit_to_fee(item: Item) -> None:
    """Where less than the tariff was charged, the fee is the base. vgm:charged-below-tariff."""
    if item.charged is None or item.charged >= item.base or item.qualifier is ChargeQualifier.FREE:
        return
    item.steps.append(("base.charged_below", plain(item.charged), item.base, item.charged))
    item.base = item.charged


def is_rest_day(on: date, territory: Territory) -> bool:
    """True on a Sunday, a public holiday, or a Saturday (emergency calls count as Sunday from Saturday on). ngap:14."""
    return on.weekday() >= _SATURDAY or on in holidays_in(on.year, territory)


def find_supplement(item: Item, facts: Facts, book: TariffBook) -> tuple[Supplement | None, list[Finding]]:
    """The night or Sunday amount due to a line that asks for one, and the findings; (None, []) when it asks for none."""
    if item.majoration is Majoration.NONE:
        return None, []
    letter = item.majoration.value
    supplement = book.supplement(facts.specialty, item.majoration, item.quote.kind, item.on)
    if supplement is None:
        return None, [item.about("T020", letter=letter, specialty=facts.specialty)]
    if item.majoration is Majoration.SUNDAY_OR_HOLIDAY and not is_rest_day(
        item.on, Territory.of_department(facts.zone_prefix)
    ):
        return None, [item.about("T022")]
    if not supplement.reason_fr:
        return supplement, []
    doubt = item.about(
        "T021",
        letter=letter,
        price_fr=shown(supplement.cents, "fr"),
        price_en=shown(supplement.cents, "en"),
        reason_fr=supplement.reason_fr,
        reason_en=supplement.reason_en,
    )
    return supplement, [doubt]


def set_thresholds(items: list[Item], book: TariffBook) -> None:
    """Mark the lines that reach the threshold: 1 by coefficient, C by amount. css:R160-16, fides:05-VF.

    Field 25: `2` reaches it alone, `1` also by the day's total of such acts, and then all of them; `5` never. The amount compared
    is the act's base, without flat additions (a technical act has none here).
    """
    totals: dict[date, int] = {}
    for item in items:
        day = book.day(item.on)
        if item.quote.kind is PriceKind.LETTER:
            if item.coefficient >= day["threshold_coefficient"]:
                item.threshold = Exemption.COEFFICIENT
        elif item.quote.kind is PriceKind.TECHNICAL and "5" not in item.quote.fields:
            if "1" in item.quote.fields:
                totals[item.on] = totals.get(item.on, 0) + item.base
            elif "2" in item.quote.fields and item.base >= day["threshold_amount"]:
                item.threshold = Exemption.THRESHOLD
    for item in items:
        total = totals.get(item.on, 0)
        if total >= book.day(item.on)["threshold_amount"] and "1" in item.quote.fields and "5" not in item.quote.fields:
            item.threshold = Exemption.THRESHOLD
