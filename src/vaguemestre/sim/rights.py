"""What the payer's register and the cards say of the people of the world.

They differ where life does: after a change of fund, or since the card was last updated.
"""

from datetime import date, timedelta

from vaguemestre.core.card.content import (
    CardBeneficiary,
    CardForm,
    ComplementaryRight,
    ExemptionRight,
    MaternityRight,
    PatientCard,
    Period,
    RightsPeriod,
)
from vaguemestre.core.caresheet import Exemption
from vaguemestre.core.payer.registry import AttendingDoctor, InsuredPerson, IssuedCard
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import PRACTICES

_MATERNITY_DAYS = 280 + 12
_ATTENDING_DOCTOR = PRACTICES[0].performers[0]


def card_of(person: Person, key_fingerprint: str = "") -> PatientCard:
    """The card as its chip was last updated: it knows nothing of what happened since."""
    return PatientCard(
        serial=person.card_serial,
        form=CardForm.PHYSICAL,
        issuer=person.destination,
        issued_on=person.card_issued_on,
        updated_on=person.card_updated_on,
        insured_nir=person.beneficiary.insured_nir,
        insured_nir_key=person.beneficiary.insured_nir_key,
        beneficiaries=(_record(person, (RightsPeriod(person.destination, _ordinary(person)),)),),
        key_fingerprint=key_fingerprint,
    )


def insured_of(person: Person) -> InsuredPerson:
    """The person as the payer's register holds them today."""
    rights: tuple[RightsPeriod, ...] = (RightsPeriod(person.destination, _ordinary(person)),)
    if person.moved_to is not None and person.moved_on is not None:
        until = person.moved_on - timedelta(days=1)
        rights = (
            RightsPeriod(person.destination, Period(person.rights_from, until)),
            RightsPeriod(person.moved_to, Period(person.moved_on)),
        )
    if person.closed_on is not None:
        rights = (RightsPeriod(person.destination, Period(person.rights_from, person.closed_on - timedelta(days=1))),)
    doctor = AttendingDoctor(date(2016, 1, 1), _ATTENDING_DOCTOR.rpps, _ATTENDING_DOCTOR.billing_number)
    return InsuredPerson(_record(person, rights), (doctor,))


def issued_card_of(person: Person, key_fingerprint: str = "") -> IssuedCard:
    """The card as the payer issued it, opposed when the person lost it."""
    opposed_on = date(2022, 4, 20) if person.opposed else None
    return IssuedCard(card_of(person, key_fingerprint), opposed_on, "lost" if person.opposed else "")


def _ordinary(person: Person) -> Period:
    return Period(person.rights_from, person.rights_to)


def _record(person: Person, rights: tuple[RightsPeriod, ...]) -> CardBeneficiary:
    always = Period(person.rights_from)
    exemption = person.exemption
    pregnancy = person.pregnancy_presumed_on
    return CardBeneficiary(
        person=person.beneficiary,
        family_name=person.last_name,
        given_name=person.first_name,
        rights=rights,
        exemptions=(ExemptionRight(exemption, always),) if exemption is not Exemption.NONE else (),
        maternity=()
        if pregnancy is None
        else (MaternityRight(Period(pregnancy, pregnancy + timedelta(days=_MATERNITY_DAYS)), pregnancy),),
        complementary=(ComplementaryRight(person.complementary_body, always),) if person.complementary_body else (),
        attending_doctor_rpps=_ATTENDING_DOCTOR.rpps,
    )
