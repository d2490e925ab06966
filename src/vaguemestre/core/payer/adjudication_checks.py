"""What the payer checks of a sheet against its own register, as visible ordered lists. Pure; each check costs next to nothing.

`REFUSALS` refuse the whole sheet; the first one ends the examination. `CORRECTIONS` change what the sheet claims to base its
amounts on (an exemption, the care path) and let the tariff speak again. What the sheet alone tells is in `core.sheet.sheetchecks`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple

from vaguemestre.core.caresheet import (
    CarePathway,
    CareSheet,
    Exemption,
    InsuranceNature,
    SecurityMode,
    SheetLine,
)
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.decision import Facts, Motive, motive

Refusal = Callable[[CareSheet, Facts], Motive | None]

REGISTER_GROUNDS: Final = frozenset(
    {Exemption.LONG_TERM_ILLNESS, Exemption.EXEMPT_INSURED, Exemption.SOLIDARITY, Exemption.SPECIAL_CARE}
)
"""Grounds that only the payer's register opens; the others come from the act, the scheme or the tariff itself."""


class Correction(NamedTuple):
    """A claimed basis that the register does not bear: the sheet as it should have been, why, and the trace's rule."""

    sheet: CareSheet
    motive: Motive
    rule: str
    value: str


def care_day(sheet: CareSheet) -> date:
    """The day on which rights are judged: that of the last act. css:R161-42."""
    return max(line.performed_on for line in sheet.lines)


def serving_fund(sheet: CareSheet, facts: Facts) -> Destination | None:
    """The fund on which the person depended on the day of care, by the register; None when rights were closed."""
    return None if facts.person is None else facts.person.record.destination_on(care_day(sheet))


def guaranteed(sheet: CareSheet, facts: Facts) -> bool:
    """Whether the card binds the fund: read and signing, not opposed, showing open rights at this fund. css:L161-36-3."""
    card = facts.card
    if not facts.card_signed or card is None or sheet.mode is not SecurityMode.SECURED:
        return False
    day = care_day(sheet)
    if card.opposed_on is not None and card.opposed_on <= day:
        return False
    return card.shows_fund(sheet.beneficiary, day) == sheet.destination


# --- refusals ------------------------------------------------------------------------------------------------------------


def refused_by_a_person(sheet: CareSheet, facts: Facts) -> Motive | None:
    """A named person refused the held sheet. vgm:hold."""
    verdict = facts.verdict
    if verdict is None or verdict.accepted:
        return None
    return motive("A020", name=verdict.name, note=verdict.note or "-")


def claim_settled(sheet: CareSheet, facts: Facts) -> Motive | None:
    """At most one sheet of a claim is ever accepted. vgm:one-claim."""
    return motive("A021", field="item:2", other=facts.claim_settled_by) if facts.claim_settled_by else None


def person_known(sheet: CareSheet, facts: Facts) -> Motive | None:
    """mess9821497a:item-4."""
    return motive("A022", field="item:4") if facts.person is None else None


def card_not_opposed(sheet: CareSheet, facts: Facts) -> Motive | None:
    """A card that signed although it was on the opposition list on the day of care. css:L161-31."""
    card = facts.card
    if card is None or not facts.card_signed or card.opposed_on is None or card.opposed_on > care_day(sheet):
        return None
    return motive("A025", field="item:16", since=card.opposed_on)


def card_bears_person(sheet: CareSheet, facts: Facts) -> Motive | None:
    """The card that signed is the patient's, or a parent's. css:R161-43."""
    if facts.card is None or not facts.card_signed:
        return None
    patient = sheet.beneficiary.key
    for entry in facts.card.card.beneficiaries:
        if entry.person.key == patient:
            return None
    return motive("A026", field="item:16")


def rights_open(sheet: CareSheet, facts: Facts) -> Motive | None:
    """Rights on the day of care, by the register or guaranteed by the card. css:R161-33-3, css:L161-36-3."""
    if facts.person is None or serving_fund(sheet, facts) is not None or guaranteed(sheet, facts):
        return None
    return motive("A027", field="item:5", care_on=care_day(sheet))


def fund_run_here(sheet: CareSheet, facts: Facts) -> Motive | None:
    """A person who depended on another insurer on the day of care. mess9821498a:7."""
    fund = serving_fund(sheet, facts)
    if fund is None or fund == sheet.destination or fund in facts.own_funds or guaranteed(sheet, facts):
        return None
    return motive("A028", field="item:5", fund=fund.code, care_on=care_day(sheet))


def performer_known(sheet: CareSheet, facts: Facts) -> Motive | None:
    """mess9821497a:item-6."""
    return motive("A030", field="item:6") if facts.performer is None else None


def performer_practises(sheet: CareSheet, facts: Facts) -> Motive | None:
    """mess9821497a:item-6."""
    performer = facts.performer
    if performer is None or performer.closed_on is None or performer.closed_on > care_day(sheet):
        return None
    return motive("A031", field="item:6", care_on=care_day(sheet), closed_on=performer.closed_on)


def specialty_agrees(sheet: CareSheet, facts: Facts) -> Motive | None:
    """b2:0468."""
    if facts.performer is None or facts.performer.specialty == sheet.performer.specialty:
        return None
    return motive("A032", field="item:6", found=sheet.performer.specialty, expected=facts.performer.specialty)


REFUSALS: Final[tuple[Refusal, ...]] = (
    refused_by_a_person,
    claim_settled,
    person_known,
    card_not_opposed,
    card_bears_person,
    rights_open,
    fund_run_here,
    performer_known,
    performer_practises,
    specialty_agrees,
)
"""In the order in which they are told: a person's word, the claim, the patient, the fund, the professional."""


# --- corrections ---------------------------------------------------------------------------------------------------------


def exemption_open(sheet: CareSheet, facts: Facts) -> Correction | None:
    """Grounds written for the sheet or for a line that the register does not hold on the day of care. css:L160-14."""
    person = facts.person
    if person is None:
        return None
    day = care_day(sheet)
    missing = {
        ground
        for ground in (sheet.cover.exemption, *(line.exemption for line in sheet.lines))
        if ground in REGISTER_GROUNDS and not person.has_exemption(ground, day) and not _newborn(sheet, ground)
    }
    if not missing:
        return None
    named = ", ".join(sorted(ground.value for ground in missing))
    header = Exemption.NONE if sheet.cover.exemption in missing else sheet.cover.exemption
    corrected = replace(
        sheet,
        cover=replace(sheet.cover, exemption=header),
        lines=tuple(_without(line, missing) for line in sheet.lines),
    )
    return Correction(
        corrected, motive("A040", field="item:8", ground=named, care_on=day), "pay.exemption_removed", named
    )


def _newborn(sheet: CareSheet, ground: Exemption) -> bool:
    """Care in the first thirty days of life is exempt without any entry in the register. fides:05-VF."""
    birth = sheet.beneficiary.birth_date
    if ground is not Exemption.SPECIAL_CARE or not (1 <= birth.month <= 12 and 1 <= birth.day <= 28):
        return False
    return 0 <= (care_day(sheet) - date(birth.year, birth.month, birth.day)).days < 30


def _without(line: SheetLine, missing: set[Exemption]) -> SheetLine:
    return replace(line, exemption=Exemption.NONE) if line.exemption in missing else line


def maternity_open(sheet: CareSheet, facts: Facts) -> Correction | None:
    """css:L160-14."""
    if sheet.cover.nature is not InsuranceNature.MATERNITY or facts.person is None:
        return None
    day = care_day(sheet)
    if facts.person.record.maternity_on(day) is not None:
        return None
    cover = replace(sheet.cover, nature=InsuranceNature.ILLNESS, pregnancy_presumed_on=None, delivery_on=None)
    return Correction(
        replace(sheet, cover=cover), motive("A041", field="item:8", care_on=day), "pay.maternity_removed", ""
    )


def solidarity_open(sheet: CareSheet, facts: Facts) -> Correction | None:
    """css:L861-3."""
    if not sheet.cover.solidarity or facts.person is None or facts.person.record.solidarity_on(care_day(sheet)):
        return None
    corrected = replace(sheet, cover=replace(sheet.cover, solidarity=False))
    return Correction(corrected, motive("A042", field="item:8", care_on=care_day(sheet)), "pay.solidarity_removed", "")


def local_scheme_open(sheet: CareSheet, facts: Facts) -> Correction | None:
    """b2:0277."""
    local = sheet.cover.local_scheme or sheet.cover.nature is InsuranceNature.ILLNESS_LOCAL_SCHEME
    if not local or facts.person is None or facts.person.record.local_scheme:
        return None
    nature = sheet.cover.nature
    ordinary = InsuranceNature.ILLNESS if nature is InsuranceNature.ILLNESS_LOCAL_SCHEME else nature
    corrected = replace(sheet, cover=replace(sheet.cover, local_scheme=False, nature=ordinary))
    return Correction(corrected, motive("A043", field="item:8"), "pay.local_scheme_removed", "")


def attending_doctor_agrees(sheet: CareSheet, facts: Facts) -> Correction | None:
    """A sheet said to be the attending doctor's, while the register knows another one. css:L162-5-3.

    Without any declaration in the register the sheet's word stands: the declaration may be on its way.
    """
    if sheet.pathway is not CarePathway.ATTENDING_DOCTOR or facts.person is None:
        return None
    declared = facts.person.attending_doctor_on(care_day(sheet))
    if declared is None or declared.rpps == sheet.performer.rpps:
        return None
    if declared.billing_number and declared.billing_number == sheet.identity.billing_number:
        return None
    return Correction(
        replace(sheet, pathway=CarePathway.OUTSIDE), motive("A044", field="[2S121]"), "pay.outside_pathway", ""
    )


CORRECTIONS: Final[tuple[Callable[[CareSheet, Facts], Correction | None], ...]] = (
    exemption_open,
    maternity_open,
    solidarity_open,
    local_scheme_open,
    attending_doctor_agrees,
)
"""Each is handed the sheet as the former ones left it."""
