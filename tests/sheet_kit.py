"""What the tests of the sheet, the card and the entry share: a right draft, a right sheet, a right card, and a `codes` reader."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from vaguemestre.core.card.passing import (
    CardBeneficiary,
    CardForm,
    ExemptionRight,
    PatientCard,
    Period,
    RightsPeriod,
)
from vaguemestre.core.caresheet import (
    Act,
    Beneficiary,
    BirthDate,
    CarePathway,
    CareSheet,
    Cover,
    DraftSheet,
    Exemption,
    Majoration,
    SecurityMode,
    Settlement,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.findings import Finding
from vaguemestre.core.identifiers import make_nir, make_number, make_rpps
from vaguemestre.core.parties import Destination, Performer, Prescriber

DAY = date(2022, 4, 27)
NOON = datetime(2022, 4, 27, 10, tzinfo=UTC)
FUND = Destination("01", "751")
OTHER_FUND = Destination("02", "922")
GP_NUMBER = make_number("75199011")
NURSE_NUMBER = make_number("75699031")
GP = Performer(make_rpps(1_000_001), GP_NUMBER, "01")
NURSE = Performer(make_rpps(1_000_003), NURSE_NUMBER, "24")
PRESCRIBER = Prescriber(GP.rpps, GP_NUMBER, "2022-04-20")
NIR, NIR_KEY = make_nir(2, 1970, 3, "2A", 990, 17)
CHILD_NIR, CHILD_NIR_KEY = make_nir(1, 2014, 6, "75", 990, 2)
PERSON = Beneficiary(NIR, NIR_KEY, BirthDate(1970, 3, 9))
CHILD = Beneficiary(NIR, NIR_KEY, BirthDate(2014, 6, 1), 1, CHILD_NIR, CHILD_NIR_KEY)
TWIN = Beneficiary(NIR, NIR_KEY, BirthDate(2014, 6, 1), 2)
SERIAL = "8000000001"


def codes(found: Iterable[Finding]) -> list[str]:
    """The codes of findings, in their order."""
    return [item.code.code for item in found]


def draft(**changes: Any) -> DraftSheet:
    """A GP's sheet of 27 April 2022, right in everything."""
    right = DraftSheet(
        billing_number=GP_NUMBER,
        destination=FUND,
        beneficiary=PERSON,
        performer=GP,
        acts=(Act(DAY, "G"),),
        settlement=Settlement.PATIENT_PAID,
        completed_on=DAY,
        pathway=CarePathway.ATTENDING_DOCTOR,
        attending_doctor_declared=True,
        card_serial=SERIAL,
    )
    return replace(right, **changes)


def line(number: int = 1, **changes: Any) -> SheetLine:
    """A consultation at 25 euros, 70 %."""
    right = SheetLine(
        number, DAY, "G", Majoration.NONE, 1, Decimal(1), 1, 2500, 2500, 70, 1750, 2500, complementary_cents=750
    )
    return replace(right, **changes)


def sheet(**changes: Any) -> CareSheet:
    """The same sheet, valued and numbered."""
    right = CareSheet(
        identity=SheetIdentity(GP_NUMBER, DAY, 12),
        destination=FUND,
        beneficiary=PERSON,
        performer=GP,
        structure_number="",
        prescriber=None,
        cover=Cover(),
        lines=(line(),),
        prior_approval_requested_on=None,
        imaging_serial="",
        imaging_device="",
        settlement=Settlement.PATIENT_PAID,
        complementary_body="",
        complementary_billed=False,
        completed_on=DAY,
        pathway=CarePathway.ATTENDING_DOCTOR,
        attending_doctor_declared=True,
        mode=SecurityMode.SECURED,
        card_serial=SERIAL,
    )
    return replace(right, **changes)


def holder(person: Beneficiary = PERSON, **changes: Any) -> CardBeneficiary:
    """A person on a card, rights open since 2015, under long-term illness since 2020."""
    right = CardBeneficiary(
        person=person,
        family_name="Castaing",
        given_name="Rose",
        rights=(RightsPeriod(FUND, Period(date(2015, 1, 1))),),
        exemptions=(ExemptionRight(Exemption.LONG_TERM_ILLNESS, Period(date(2020, 1, 1), date(2024, 12, 31))),),
    )
    return replace(right, **changes)


def card(**changes: Any) -> PatientCard:
    """A card that passes on 27 April 2022: the insured, a child and the child's twin."""
    right = PatientCard(
        serial=SERIAL,
        form=CardForm.PHYSICAL,
        issuer=FUND,
        issued_on=date(2019, 3, 1),
        updated_on=date(2022, 1, 10),
        insured_nir=NIR,
        insured_nir_key=NIR_KEY,
        beneficiaries=(holder(), holder(CHILD, exemptions=()), holder(TWIN, exemptions=())),
        postal_address="1 rue des Lilas, 75020 Paris",
    )
    return replace(right, **changes)
