"""Whether the patient's card passes, and why not: the answer to "my card does not pass". `css:R161-33-3`, `css:R161-33-10`.

Rights are judged at the date of care; the yearly update and the opposition list at the day of reading, because the card's data of
that day bind both sides. What the card holds is in `core.card.content`; its names are given here too.
"""

from datetime import date
from enum import StrEnum
from typing import Protocol

from vaguemestre.core.card.content import (
    CARD_PLACE,
    CardBeneficiary,
    CardForm,
    ComplementaryRight,
    ExemptionRight,
    MaternityRight,
    PatientCard,
    Period,
    RightsPeriod,
    WorkAccidentRight,
    decode_card,
    encode_card,
)
from vaguemestre.core.caresheet import Beneficiary, DraftSheet, Exemption, SecurityMode
from vaguemestre.core.directory.opposition import OppositionList
from vaguemestre.core.findings import Finding, Place, finding, worst_first
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.sheet.deadlines import card_update_due
from vaguemestre.core.values import dataclass
from vaguemestre.tables.cards import REASON_BY_KEY, WITHOUT_CARD_GROUNDS, CardReasonEntry

__all__ = [
    "CardBeneficiary",
    "CardFacts",
    "CardForm",
    "CardReader",
    "CardReason",
    "CardVerdict",
    "ComplementaryRight",
    "ExemptionRight",
    "MaternityRight",
    "PatientCard",
    "Period",
    "ProfessionalCardState",
    "ReaderState",
    "RightsPeriod",
    "WorkAccidentRight",
    "check_against_card",
    "check_card",
    "check_mode",
    "decode_card",
    "encode_card",
    "find_beneficiary",
    "professional_finding",
    "without_card_grounds",
]


class CardReason(StrEnum):
    """Why a card does not pass; the values are the keys of `tables.cards.REASONS`."""

    RIGHTS = "rights-not-open"
    NOT_UPDATED = "not-updated"
    OPPOSED = "on-opposition-list"
    READER = "chip-or-reader"
    BENEFICIARY = "beneficiary-not-on-card"
    PROFESSIONAL_CARD = "professional-card"
    APP_OFFLINE = "app-offline"
    TRANSMISSION = "transmission-down"

    @property
    def entry(self) -> CardReasonEntry:
        return REASON_BY_KEY[self.value]


class ReaderState(StrEnum):
    """What the reader says of one attempt."""

    READ = "read"
    CHIP_FAULT = "chip-fault"
    APP_OFFLINE = "app-offline"


class ProfessionalCardState(StrEnum):
    """What the professional's own card says of itself. css:R161-57."""

    VALID = "valid"
    EXPIRED = "expired"
    OPPOSED = "opposed"
    LOCKED = "locked"

    @property
    def fr(self) -> str:
        return _PROFESSIONAL_STATE_FR.get(self.value, self.value)


_PROFESSIONAL_STATE_FR = {"valid": "valable", "expired": "expirée", "opposed": "en opposition", "locked": "bloquée"}


class CardReader(Protocol):
    """What a role is handed to read a patient's card: a signed file here, a real reader later.

    `handle` is whatever the reader understands (a file's path). The signer is the card's own key, None when it has none. Both
    are None when nothing could be believed; the findings then say why (area C).
    """

    def read(self, handle: str) -> "tuple[PatientCard | None, Signer | None, tuple[Finding, ...]]": ...


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What surrounds the reading and is no part of the card. `ways_*` say which ways out are closed, for a person."""

    reader: ReaderState = ReaderState.READ
    professional: ProfessionalCardState = ProfessionalCardState.VALID
    transmission_open: bool = True
    ways_fr: str = "aucune voie d'envoi ouverte"
    ways_en: str = "no way out is open"


_ALL_WELL = CardFacts()


@dataclass(frozen=True, slots=True)
class CardVerdict:
    """Whether the card passes. `reason` is the first one that a person should hear; `findings` has them all.

    `mode` is the security mode to take now, None when only a paper sheet is possible. A card passes with the reason
    TRANSMISSION: the card is fine, and the sheet is made as usual.
    """

    passes: bool
    reason: CardReason | None
    mode: SecurityMode | None
    tiers_payant_guaranteed: bool
    beneficiary: CardBeneficiary | None
    findings: tuple[Finding, ...] = ()

    def meanwhile(self, lang: str = "fr") -> str:
        """What to do until it works again, "" when all is well."""
        if self.reason is None:
            return ""
        return self.reason.entry.meanwhile_fr if lang == "fr" else self.reason.entry.meanwhile_en

    def back(self, lang: str = "fr") -> str:
        """When it should work again, "" when all is well."""
        if self.reason is None:
            return ""
        return self.reason.entry.back_fr if lang == "fr" else self.reason.entry.back_en


def check_card(
    card: PatientCard | None,
    opposition: OppositionList,
    care_on: date,
    *,
    read_on: date | None = None,
    person: Beneficiary | None = None,
    facts: CardFacts = _ALL_WELL,
) -> CardVerdict:
    """Judge a card for care given on `care_on`, read on `read_on` (by default the same day). `css:R161-33-3`, `css:R161-33-10`.

    `card` None means that it could not be read. `person` is who is treated; None means the first person of the card.
    """
    day = read_on or care_on
    found: list[tuple[CardReason, Finding]] = []
    if facts.professional is not ProfessionalCardState.VALID:
        found.append((CardReason.PROFESSIONAL_CARD, professional_finding(facts.professional)))
    entry: CardBeneficiary | None = None
    if card is None:
        offline = facts.reader is ReaderState.APP_OFFLINE
        reason = CardReason.APP_OFFLINE if offline else CardReason.READER
        found.append((reason, finding(reason.entry.finding, CARD_PLACE)))
    else:
        entry = find_beneficiary(card, person)
        found += _judge_content(card, entry, opposition, care_on, day)
    if not facts.transmission_open:
        down = finding("C008", Place(field="transmission"), ways_fr=facts.ways_fr, ways_en=facts.ways_en)
        found.append((CardReason.TRANSMISSION, down))
    if not found:
        return CardVerdict(True, None, SecurityMode.SECURED, True, entry)
    reason = found[0][0]
    fallback = reason.entry.fallback
    return CardVerdict(
        passes=reason is CardReason.TRANSMISSION,
        reason=reason,
        mode=SecurityMode(fallback) if fallback else None,
        tiers_payant_guaranteed=reason.entry.tiers_payant,
        beneficiary=entry,
        findings=tuple(worst_first(item for _, item in found)),
    )


def find_beneficiary(card: PatientCard, person: Beneficiary | None) -> CardBeneficiary | None:
    """The person on the card: by own NIR when both sides know it, else by birth date and rank (twins). None when absent."""
    if person is None:
        return card.beneficiaries[0] if card.beneficiaries else None
    for entry in card.beneficiaries:
        known = entry.person
        if known.insured_nir != person.insured_nir:
            continue
        if known.nir and person.nir and known.nir != person.nir:
            continue
        if known.birth_date == person.birth_date and known.birth_rank == person.birth_rank:
            return entry
    return None


def _judge_content(
    card: PatientCard, entry: CardBeneficiary | None, opposition: OppositionList, care_on: date, day: date
) -> list[tuple[CardReason, Finding]]:
    found: list[tuple[CardReason, Finding]] = []
    since = opposition.since(card.serial)
    if since is not None and since <= day:
        found.append((CardReason.OPPOSED, finding("C003", CARD_PLACE, since=since)))
    if entry is None:
        found.append((CardReason.BENEFICIARY, finding("C005", CARD_PLACE)))
    elif entry.destination_on(care_on) is None:
        detail_fr, detail_en = _rights_detail(entry, care_on)
        closed = finding("C001", CARD_PLACE, care_on=care_on, detail_fr=detail_fr, detail_en=detail_en)
        found.append((CardReason.RIGHTS, closed))
    due = card_update_due(max(card.updated_on, card.issued_on))
    if day > due and card.form is not CardForm.APP:  # the application updates itself, css:R161-33-14
        found.append((CardReason.NOT_UPDATED, finding("C002", CARD_PLACE, updated_on=card.updated_on, due=due)))
    return found


def _rights_detail(entry: CardBeneficiary, day: date) -> tuple[str, str]:
    past = [right.period.closes_on for right in entry.rights if right.period.closes_on and right.period.closes_on < day]
    if past:
        return f"fermés depuis le {max(past)}", f"closed since {max(past)}"
    future = [right.period.opens_on for right in entry.rights if right.period.opens_on > day]
    if future:
        return f"ouverts seulement à partir du {min(future)}", f"open only from {min(future)}"
    return "aucun droit sur la carte", "no right on the card"


def professional_finding(state: ProfessionalCardState) -> Finding:
    """What to tell of a professional's card that does not pass. css:R161-57."""
    place = Place(field="professional-card")
    return finding("C006", place, state_fr=state.fr, state_en=state.value)


def check_against_card(draft: DraftSheet, card: PatientCard) -> tuple[Finding, ...]:
    """Compare what was entered with the card that was read, at the day of the last act. Empty when they agree."""
    found: list[Finding] = []
    if draft.card_serial and draft.card_serial != card.serial:
        found.append(finding("C023", Place(field="card"), found=draft.card_serial, expected=card.serial))
    entry = find_beneficiary(card, draft.beneficiary)
    if entry is None:
        return (*found, finding("C005", Place(field="item:4")))
    care_on = max((act.performed_on for act in draft.acts), default=draft.completed_on)
    expected = _expected_destination(draft, entry, care_on)
    if expected is not None and expected != draft.destination:
        place = Place(field="item:5")
        found.append(finding("C020", place, found=draft.destination.code, expected=expected.code, care_on=care_on))
    grounds = {draft.cover.exemption, *(act.ground for act in draft.acts)} & _CARD_EXEMPTIONS
    missing = sorted(grounds.difference(entry.exemptions_on(care_on)))
    found += [finding("C021", Place(field="item:8"), exemption=ground.value, care_on=care_on) for ground in missing]
    if draft.cover.solidarity and not entry.solidarity_on(care_on):
        found.append(finding("C022", Place(field="item:8"), care_on=care_on))
    return tuple(found)


_CARD_EXEMPTIONS = frozenset(
    {Exemption.LONG_TERM_ILLNESS, Exemption.EXEMPT_INSURED, Exemption.SCHEME, Exemption.SOLIDARITY}
)
"""Grounds that a card holds; the others come from the act itself (coefficient, threshold, prevention, special care)."""


def _expected_destination(draft: DraftSheet, entry: CardBeneficiary, care_on: date) -> Destination | None:
    number = draft.cover.work_accident_number
    for accident in entry.work_accidents:
        if number and accident.number == number:
            return accident.destination
    return entry.destination_on(care_on)


def check_mode(draft: DraftSheet, verdict: CardVerdict, declared_ground: str = "") -> tuple[Finding, ...]:
    """Whether the security mode that was chosen is allowed. `declared_ground` is a key of `WITHOUT_CARD_GROUNDS`.

    SECURED needs a card that passes; WITHOUT_CARD needs one of the cases of css:R161-43-1, seen in the sheet or declared; DEGRADED
    is for a card that does not pass (sans0420101x:3-2). No mode is left when the professional's own card is refused.
    """
    place = Place(field="item:16")
    proposed = verdict.mode.value if verdict.mode else "paper"
    if verdict.mode is None:
        return (
            _mode_refused(
                draft, place, proposed, "la carte du professionnel ne passe pas", "the professional's card is refused"
            ),
        )
    if draft.mode is SecurityMode.WITHOUT_CARD:
        if without_card_grounds(draft) or any(declared_ground == entry.key for entry in WITHOUT_CARD_GROUNDS):
            return ()
        fr, en = (
            "la signature du patient est requise pour ces soins",
            "the patient's signature is required for this care",
        )
        return (_mode_refused(draft, place, proposed, fr, en),)
    if draft.mode is SecurityMode.SECURED and not verdict.passes:
        return (_mode_refused(draft, place, proposed, "la carte ne passe pas", "the card does not pass"),)
    if draft.mode is SecurityMode.DEGRADED and verdict.passes:
        return (_mode_refused(draft, place, proposed, "la carte passe", "the card passes"),)
    return ()


def _mode_refused(draft: DraftSheet, place: Place, proposed: str, fr: str, en: str) -> Finding:
    return finding("C024", place, mode=draft.mode.value, why_fr=fr, why_en=en, proposed=proposed)


def without_card_grounds(draft: DraftSheet) -> tuple[str, ...]:
    """The keys of the cases of css:R161-43-1 that the sheet itself shows (specialty or every act's code)."""
    codes = {act.code for act in draft.acts}
    return tuple(
        entry.key
        for entry in WITHOUT_CARD_GROUNDS
        if draft.performer.specialty in entry.specialties or (codes and codes.issubset(entry.act_codes))
    )
