"""Several acts of one professional on one patient in one sitting: NGAP article 11 B as the tables write it.

A sitting is a date and `Act.sitting`; a quantity counts sittings (vgm:quantity-sittings). What no entry covers is finding T030 and
the sheet is refused: never a guess.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from vaguemestre.core.caresheet import Majoration
from vaguemestre.core.findings import Finding
from vaguemestre.core.money import half_up
from vaguemestre.core.tariff.bases import bare_base, coefficient_text, coefficient_words
from vaguemestre.core.tariff.book import TariffBook, in_force
from vaguemestre.core.tariff.facts import Item, RawStep
from vaguemestre.tables.tariff.accumulation import (
    PUNCTURE_COEFFICIENT_HUNDREDTHS,
    AccumulationException,
    ArticleElevenB,
    CareKind,
)
from vaguemestre.tables.tariff.shape import PriceKind

_BESIDE = (PriceKind.MAJORATION, PriceKind.TRAVEL, PriceKind.KILOMETRE)


def accumulate(items: list[Item], profession: str, book: TariffBook) -> tuple[list[Finding], list[RawStep]]:
    """Halve, keep or drop the coefficients of acts done in one sitting; gives the findings and the steps of acts not written.

    Changes `coefficient`, `written` and `steps` of the items.
    """
    found: list[Finding] = []
    dropped: list[RawStep] = []
    acts = [item for item in items if item.quote.kind not in _BESIDE]
    if len(acts) < 2:
        return found, dropped
    acts.sort(key=_sitting_of)
    for _, group in groupby(acts, key=_sitting_of):
        together = list(group)
        if len(together) > 1:
            found += _sitting(together, profession, book, dropped)
    return found, dropped


def _sitting_of(item: Item) -> tuple[date, int]:
    return item.on, item.sitting


def _sitting(acts: list[Item], profession: str, book: TariffBook, dropped: list[RawStep]) -> list[Finding]:
    found = [item.about("T023") for item in acts if item.majoration is not Majoration.NONE][1:]
    consultations = [item for item in acts if item.quote.kind is PriceKind.CONSULTATION]
    technical = [item for item in acts if item.quote.kind is PriceKind.TECHNICAL]
    letters = [item for item in acts if item.quote.kind is PriceKind.LETTER]
    flats = [item for item in acts if item.quote.kind is PriceKind.FLAT]
    found += [_not_covered(item, "deux consultations", "two consultations") for item in consultations[1:]]
    if flats:
        found += [
            _not_covered(item, "forfait avec un autre acte", "flat-rate act with another act") for item in flats[:1]
        ]
    if letters and (consultations or technical):
        found += [_not_covered(item, "lettre clé avec un acte d'une autre nature", "key letter with another kind of act")
                  for item in letters[:1]]  # fmt: skip
    found += _technical(technical, beside_consultation=bool(consultations))
    if len(letters) > 1:
        found += _letters(letters, profession, book, dropped)
    return found


def _technical(technical: list[Item], *, beside_consultation: bool) -> list[Finding]:
    if beside_consultation:
        return [item.about("T033", percent=item.association) for item in technical]
    if len(technical) < 2:
        return []
    return [item.about("T034") for item in technical if item.ccam is None or not item.ccam.association]


def _letters(letters: list[Item], profession: str, book: TariffBook, dropped: list[RawStep]) -> list[Finding]:
    on = letters[0].on
    rule = next((entry for entry in book.general if entry.profession == profession and in_force(entry, on)), None)
    if rule is None:
        return [_not_covered(letters[1], "aucune règle pour cette profession", "no rule for this profession")]
    stray = [item for item in letters if item.code not in rule.codes]
    if stray:
        return [_not_covered(stray[0], "lettre hors de l'article 11 B", "letter outside article 11 B")]
    exceptions = {
        entry.kind: entry for entry in book.exceptions if entry.profession == profession and in_force(entry, on)
    }
    kept = _kept_whole(letters, exceptions)
    if kept is not None:
        for item in letters:
            item.steps.append((kept, _written(item), 0, bare_base(item, item.coefficient)))
        return []
    mixed = [item for item in letters if _has(item, exceptions.get(CareKind.PERFUSION))]
    if mixed:
        return [_not_covered(mixed[0], "perfusion avec un autre acte", "perfusion with another act")]
    if rule.distinct_pathologies:
        names = [item.pathology.strip().casefold() for item in letters]
        if "" in names or len(set(names)) < len(names):
            return [_not_covered(letters[1], "pathologies non distinguées", "pathologies not told apart")]
    return _general(letters, rule, exceptions, book, dropped)


def _kept_whole(letters: list[Item], exceptions: dict[CareKind, AccumulationException]) -> str | None:
    """The rule key of the exception that leaves every act of the sitting at full rate, if one does."""
    perfusion, heavy = exceptions.get(CareKind.PERFUSION), exceptions.get(CareKind.HEAVY_DRESSING)
    if perfusion and all(_has(item, perfusion) for item in letters):
        return perfusion.key
    if (
        heavy
        and len(letters) == 2
        and {"AIS"} < {item.code for item in letters}
        and any(_has(item, heavy) for item in letters)
    ):
        return heavy.key
    return None


def _general(
    letters: list[Item],
    rule: ArticleElevenB,
    exceptions: dict[CareKind, AccumulationException],
    book: TariffBook,
    dropped: list[RawStep],
) -> list[Finding]:
    """First unit at full rate, second at half its coefficient, further ones dropped; an insulin group is one unit.

    A direct puncture among the first two leaves both at full rate; further down, what it earns is not known.
    """
    insulin, puncture = exceptions.get(CareKind.INSULIN), exceptions.get(CareKind.PUNCTURE)
    group = [item for item in letters if _has(item, insulin)]
    units = [[item] for item in letters if item not in group]
    if insulin and len(group) > 1:
        units.append(group)
        for item in group:
            item.steps.append(
                (insulin.key, " + ".join(_written(other) for other in group), 0, bare_base(item, item.coefficient))
            )
    else:
        units += [[item] for item in group]
    units.sort(key=lambda unit: (-sum(item.coefficient for item in unit), unit[0].act))
    found: list[Finding] = []
    share = book.day(letters[0].on)["second_act"]
    punctured = any(_has(item, puncture) for unit in units[:2] for item in unit)
    for rank, unit in enumerate(units):
        for item in unit:
            if rank == 0:
                item.steps.append(("acts.first", _written(item), 0, bare_base(item, item.coefficient)))
            elif rank == 1 and punctured:
                item.steps.append(("acts.puncture", _written(item), 0, bare_base(item, item.coefficient)))
            elif rank == 1:
                found += _halve(item, share, hint=puncture is not None and len(letters) == 2)
            elif rule.further_dropped and not _has(item, puncture):
                item.written = False
                dropped.append(("acts.dropped", _written(item), bare_base(item, item.coefficient), 0))
                found.append(item.about("T031"))
            else:
                found.append(_not_covered(item, "troisième acte de la séance", "third act of the sitting"))
    return found


def _halve(item: Item, share: int, *, hint: bool) -> list[Finding]:
    found = []
    if hint and item.code == "AMI" and item.coefficient == PUNCTURE_COEFFICIENT_HUNDREDTHS and not item.pathology:
        found.append(item.about("T032", **coefficient_words(coefficient_text(item.coefficient))))
    before, whole = bare_base(item, item.coefficient), coefficient_text(item.coefficient)
    # The wire's coefficient has two decimals (b2:0483): halves are rounded there, and the base follows. vgm:half-coefficient
    item.coefficient = half_up(item.coefficient * share, 100)
    value = f"{whole} → {coefficient_text(item.coefficient)}"
    item.steps.append(("acts.second", value, before, bare_base(item, item.coefficient)))
    return found


def _has(item: Item, exception: AccumulationException | None) -> bool:
    """True when the act says it is of the exception's kind, and its letter and coefficient are the exception's."""
    return (
        exception is not None
        and item.pathology.strip().casefold() == exception.kind.value
        and (not exception.codes or item.code in exception.codes)
        and (not exception.coefficients_hundredths or item.coefficient in exception.coefficients_hundredths)
    )


def _written(item: Item) -> str:
    return f"{item.code} {coefficient_text(item.coefficient)}"


def _not_covered(item: Item, why_fr: str, why_en: str) -> Finding:
    return item.about("T030", why_fr=why_fr, why_en=why_en)


def count_subject_acts(items: Iterable[Item], profession: str, book: TariffBook) -> int:
    """How many of these acts (of one day) fall under the general rule; the payer knows no sittings. ngap:11B."""
    letters = [item for item in items if item.quote.kind is PriceKind.LETTER]
    for rule in book.general:
        if letters and rule.profession == profession and in_force(rule, letters[0].on):
            return sum(1 for item in letters if item.code in rule.codes)
    return 0
