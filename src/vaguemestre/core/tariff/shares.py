"""Who owes what of a line's base: the fund's share, its decrease outside the pathway, the 24 EUR of heavy acts."""

from datetime import date

from vaguemestre.core.caresheet import CarePathway, ChargeQualifier, Exemption, SheetLine
from vaguemestre.core.findings import Finding
from vaguemestre.core.money import percent_of, plain, shown
from vaguemestre.core.tariff.book import TariffBook, why_unverified
from vaguemestre.core.tariff.facts import Facts, Item
from vaguemestre.core.tariff.rates import RateDecision
from vaguemestre.tables.tariff.rates import NOT_IN_PATHWAY, SCHEME_RAILWAYS

_FIVE_EXEMPT = (Exemption.LONG_TERM_ILLNESS, Exemption.EXEMPT_INSURED, Exemption.SPECIAL_CARE, Exemption.THRESHOLD)
_NO_PARTICIPATION_GROUPS = ("ADA", "ADI")  # anaesthesia and imaging


def set_fund_share(item: Item, facts: Facts, decision: RateDecision, book: TariffBook) -> list[Finding]:
    """The fund's share at the decided rate, lowered outside the care pathway; sets rate, exemption, fund and steps."""
    item.rule, item.percent, item.exemption = decision
    item.rate_shown = item.percent
    item.fund = item.base if item.percent == 100 else percent_of(item.base, item.percent)
    item.steps.append((item.rule, str(item.percent), item.base, item.fund))
    if facts.pathway is CarePathway.OUTSIDE and facts.family == "doctor" and facts.specialty not in NOT_IN_PATHWAY:
        return _lower_outside_pathway(item, facts, book)
    return []


def _lower_outside_pathway(item: Item, facts: Facts, book: TariffBook) -> list[Finding]:
    day = book.day(item.on)
    if item.fund == 0 or facts.birth.age_on(item.on) < day["pathway_age"]:
        return []
    if item.percent == 100:  # vgm:outside-pathway-exempt
        return [item.about("T052")] if item.exemption in _FIVE_EXEMPT else []
    whole, before = percent_of(item.base, day["pathway_decrease"]), item.fund
    decrease = min(whole, day["pathway_cap"] * item.quantity, before)  # capped by act, and a quantity is so many acts
    item.fund = before - decrease
    item.rate_shown = max(0, item.percent - day["pathway_decrease"])
    if decrease < whole:
        item.steps.append(("share.outside_pathway_capped", plain(decrease), before, item.fund))
    else:
        item.steps.append(("share.outside_pathway", str(day["pathway_decrease"]), before, item.fund))
    return _cap_doubt(item, book)


def _cap_doubt(item: Item, book: TariffBook) -> list[Finding]:
    entry = book.legal_value("pathway_cap", item.on)
    reason_fr, reason_en = why_unverified(entry.source, entry.valid_from, start_matters=False)
    if not reason_fr:
        return []
    return [
        item.about(
            "T053",
            price_fr=shown(entry.value, "fr"),
            price_en=shown(entry.value, "en"),
            reason_fr=reason_fr,
            reason_en=reason_en,
        )
    ]


def set_participation(items: list[Item], facts: Facts, book: TariffBook) -> None:
    """24 EUR left to the patient on the dearest act exempt by its amount, once a day. css:R160-16, fides:05-VF.

    Not for dental care, anaesthesia, imaging or the solidarity allowance; other exemptions were decided before and are untouched.
    """
    dearest: dict[date, Item] = {}
    for item in items:
        if (
            item.rule == "rate.threshold_amount"
            and facts.family != "dentist"
            and item.ground is not Exemption.SOLIDARITY
            and item.quote.price.group not in _NO_PARTICIPATION_GROUPS
            and (item.on not in dearest or item.base > dearest[item.on].base)
        ):
            dearest[item.on] = item
    for item in dearest.values():
        amount = min(book.day(item.on)["threshold_participation"], item.fund)
        before, item.fund = item.fund, item.fund - amount
        item.steps.append(("share.participation", plain(amount), before, item.fund))


def set_complementary(item: Item, facts: Facts) -> None:
    """The complementary insurer's share: what the fund leaves of the base. fides:05-VF, vgm:complementary-named.

    The 24 EUR stay with the patient, except under the solidarity cover; a free or not reimbursable act has no share.
    """
    if not facts.complementary or item.rule == "rate.none":
        return
    if item.rule == "rate.threshold_amount" and not facts.solidarity_cover:
        return
    item.complementary = item.base - item.fund
    if item.complementary:
        item.steps.append(("share.complementary", "", item.fund, item.complementary))


def scheme_doubt(item: Item, facts: Facts) -> list[Finding]:
    """A scheme with rate rules of its own that were not found, where the general rate was used. fides:05-VF."""
    if facts.scheme == SCHEME_RAILWAYS and item.percent < 100 and item.rule != "rate.none":
        return [item.about("T054", scheme=facts.scheme)]
    return []


def check_overrun(item: Item, facts: Facts, book: TariffBook) -> list[Finding]:
    """Findings about a fee above the tariff: its nature, its limit, who may ask it. fides:04-CF, mess9821497a:item-9e."""
    qualifier = item.qualifier
    if qualifier is ChargeQualifier.AUTHORISED_OVERRUN and facts.specialty in ("01", "22", "23"):
        return [item.about("T063", specialty=facts.specialty)]
    if item.charged is None or item.charged <= item.base or item.rule == "rate.none":
        return []
    price = {"price_fr": shown(item.base, "fr"), "price_en": shown(item.base, "en")}
    if facts.solidarity_cover:
        return [item.about("T060", **price)]
    if qualifier is ChargeQualifier.NORMAL:
        return [item.about("T061", **price)]
    if qualifier is ChargeQualifier.AUTHORISED_OVERRUN:
        limit = -(-item.base * book.day(item.on)["authorised_overrun"] // 100_000) * 100  # rounded up to the euro
        if item.charged - item.base > limit:
            return [item.about("T062", price_fr=shown(limit, "fr"), price_en=shown(limit, "en"))]
    return []


def patient_cents(line: SheetLine) -> int:
    """What remains to the patient of one line: the fee, less the fund's and the complementary insurer's shares."""
    return line.charged_cents - line.fund_cents - line.complementary_cents
