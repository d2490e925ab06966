"""What the patient's card holds, and its signed form. `css:R161-33-1`, `css:R161-33-6`.

Names of people stand here because the card holds them: they stay on the practice's side, no sheet carries them. The decisions about
a card are in `core.card.passing`, which also gives these names.
"""

import json
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from vaguemestre.core.canonical import CanonicalError, decode, encode
from vaguemestre.core.caresheet import Beneficiary, Exemption
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import nir_is_valid
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass

CARD_PLACE = Place(field="card")


class CardForm(StrEnum):
    """The two forms of the card. css:R161-33-2."""

    PHYSICAL = "physical"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a right, both ends included; `closes_on` None when open-ended."""

    opens_on: date
    closes_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.opens_on <= day and (self.closes_on is None or day <= self.closes_on)


@dataclass(frozen=True, slots=True)
class RightsPeriod:
    """Rights open at one fund. A change of fund closes one period and opens another."""

    destination: Destination
    period: Period


@dataclass(frozen=True, slots=True)
class ExemptionRight:
    """A legal ground for a reduced patient share, as long-term illness."""

    code: Exemption
    period: Period


@dataclass(frozen=True, slots=True)
class MaternityRight:
    """Maternity cover, with the presumed start of pregnancy when known."""

    period: Period
    pregnancy_presumed_on: date | None = None


@dataclass(frozen=True, slots=True)
class WorkAccidentRight:
    """A work accident or occupational disease: its number (8 digits and key), its date, the body that serves it."""

    number: str
    happened_on: date
    destination: Destination


@dataclass(frozen=True, slots=True)
class ComplementaryRight:
    """Complementary cover, on the card with the holder's consent."""

    body: str
    period: Period


@dataclass(frozen=True, slots=True)
class CardBeneficiary:
    """One person on the card: who, and every right with its days."""

    person: Beneficiary
    family_name: str
    given_name: str
    rights: tuple[RightsPeriod, ...]
    exemptions: tuple[ExemptionRight, ...] = ()
    maternity: tuple[MaternityRight, ...] = ()
    work_accidents: tuple[WorkAccidentRight, ...] = ()
    complementary: tuple[ComplementaryRight, ...] = ()
    solidarity: tuple[Period, ...] = ()
    local_scheme: bool = False
    attending_doctor_rpps: str = ""

    def destination_on(self, day: date) -> Destination | None:
        """The fund that serves this person on that day; None when no right is open."""
        return next((entry.destination for entry in self.rights if entry.period.covers(day)), None)

    def exemptions_on(self, day: date) -> tuple[Exemption, ...]:
        return tuple(entry.code for entry in self.exemptions if entry.period.covers(day))

    def solidarity_on(self, day: date) -> bool:
        return any(period.covers(day) for period in self.solidarity)

    def complementary_on(self, day: date) -> str:
        """The number of the complementary body on that day, "" when none."""
        return next((entry.body for entry in self.complementary if entry.period.covers(day)), "")

    def maternity_on(self, day: date) -> MaternityRight | None:
        return next((entry for entry in self.maternity if entry.period.covers(day)), None)


@dataclass(frozen=True, slots=True)
class PatientCard:
    """What the card holds (css:R161-33-1, css:R161-33-6), as its issuer signed it.

    `serial` ten digits, never the NIR (vgm:card-serial). `key_fingerprint` is the SHA-256 (hexadecimal) of the certificate of
    the card's own signing key, "" for a card that cannot sign.
    """

    serial: str
    form: CardForm
    issuer: Destination
    issued_on: date
    updated_on: date
    insured_nir: str
    insured_nir_key: str
    beneficiaries: tuple[CardBeneficiary, ...]
    key_fingerprint: str = ""
    postal_address: str = ""
    email_address: str = ""


def encode_card(card: PatientCard) -> bytes:
    """The canonical bytes that the card authority signs. vgm:card-file."""
    return encode(card)


def decode_card(data: bytes, place: Place = CARD_PLACE) -> tuple[PatientCard | None, tuple[Finding, ...]]:
    """The card read from signed bytes; the signature must have been verified before. Findings: C010, C015."""
    try:
        card = decode(PatientCard, data)
    except CanonicalError as error:
        return None, (finding("C010", place, problem=str(error) if error.path else error.problem),)
    found = tuple(finding("C015", place, problem_fr=fr, problem_en=en) for fr, en in _contradictions(card))
    return (None, found) if found else (card, ())


def read_card_request(data: bytes, today: date, place: Place) -> tuple[PatientCard | None, tuple[Finding, ...]]:
    """What a card is to hold, as a person wrote it in JSON; days of issue and update that it leaves out are `today`.

    Findings: C010, C015. The card has no key yet.
    """
    try:
        given = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None, (finding("C010", place, problem="not JSON"),)
    if isinstance(given, dict):
        dated = {"issued_on": today.isoformat(), "updated_on": today.isoformat()} | given | {"key_fingerprint": ""}
        data = json.dumps(dated).encode("ascii")
    return decode_card(data, place)


def _contradictions(card: PatientCard) -> Iterable[tuple[str, str]]:
    if not (len(card.serial) == 10 and card.serial.isascii() and card.serial.isdecimal()):
        yield "son numéro n'a pas dix chiffres", "its serial has not ten digits"
    if not nir_is_valid(card.insured_nir, card.insured_nir_key):
        yield "le NIR de l'assuré et sa clé ne s'accordent pas", "the insured's NIR and its key disagree"
    if not card.beneficiaries:
        yield "elle ne porte personne", "it holds nobody"
    if card.updated_on < card.issued_on:
        yield "mise à jour avant l'émission", "updated before it was issued"
    for entry in card.beneficiaries:
        if entry.person.insured_nir != card.insured_nir:
            yield "une personne y relève d'un autre assuré", "a person on it depends on another insured"
        if entry.person.nir and not nir_is_valid(entry.person.nir, entry.person.nir_key):
            yield "le NIR d'une personne et sa clé ne s'accordent pas", "a person's NIR and its key disagree"
