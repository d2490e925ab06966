"""Travel as lines of their own, right after their act: the flat allowance and the kilometres beyond the abatement. ngap:13."""

from collections.abc import Iterator

from vaguemestre.core.caresheet import Act
from vaguemestre.core.findings import Finding
from vaguemestre.core.tariff.book import Quote, TariffBook
from vaguemestre.core.tariff.facts import Facts, Item
from vaguemestre.tables.tariff.conditions import FIELD_QUANTITY_MAX, TravelCodes
from vaguemestre.tables.tariff.shape import PriceKind


def travel_items(act: Act, item: Item, facts: Facts, book: TariffBook) -> tuple[list[Item], list[Finding]]:
    """The travel lines that `act` asks for, and what is not known about them. The lines share the act's ground and sitting."""
    codes = next((entry for entry in book.travel if entry.profession == facts.profession), None)
    if act.kilometres < 0:
        return [], [item.about("T042", kilometres=act.kilometres)]
    wanted = list(_wanted(act, codes))
    lines: list[Item] = []
    for code, quantity in wanted:
        why = _why_not(act, codes, code)
        quote = None if why else book.quote(code, act.performed_on, facts.specialty, priced_zone=facts.priced_zone)
        if not isinstance(quote, Quote):
            fr, en = why or ("tarif inconnu à cette date", "no price known on that date")
            return [], [item.about("T040", specialty=facts.specialty, why_fr=fr, why_en=en)]
        lines.append(Item(item.act, item.on, code, quote, 100, quantity, ground=item.ground, sitting=item.sitting))
    return lines, []


def _wanted(act: Act, codes: TravelCodes | None) -> Iterator[tuple[str, int]]:
    """Codes and quantities; a distance that the quantity field cannot hold makes several lines."""
    if act.travel:
        yield (codes.flat if codes else ""), 1
    remaining = act.kilometres
    while remaining > 0:
        yield (codes.mountain if act.mountain else codes.plain) if codes else "", min(remaining, FIELD_QUANTITY_MAX)
        remaining -= FIELD_QUANTITY_MAX


def _why_not(act: Act, codes: TravelCodes | None, code: str) -> tuple[str, str] | None:
    if codes is None:
        return "aucune pour cette profession", "none for this profession"
    if not code:
        return "pas d'indemnité de cette sorte pour cette profession", "no allowance of this sort for this profession"
    if codes.visits and act.code not in codes.visits:
        return f"seulement avec {', '.join(codes.visits)}", f"only with {', '.join(codes.visits)}"
    return None


def set_travel_base(item: Item) -> None:
    """The base of a travel line and its step."""
    item.base = item.quote.cents * item.quantity
    if item.quote.kind is PriceKind.KILOMETRE:
        item.steps.append(("price.unit", item.code, 0, item.quote.cents))
        item.steps.append(("travel.kilometres", str(item.quantity), item.quote.cents, item.base))
    else:
        item.steps.append(("travel.flat", item.code, 0, item.base))


def check_travel_once(items: list[Item]) -> list[Finding]:
    """A sitting earns its flat travel allowance once. ngap:13."""
    flats = [item for item in items if item.quote.kind is PriceKind.TRAVEL]
    if len(flats) < 2:
        return []
    seen: set[tuple[object, int]] = set()
    found = []
    for item in flats:
        sitting = (item.on, item.sitting)
        if sitting in seen:
            found.append(item.about("T041"))
        seen.add(sitting)
    return found
