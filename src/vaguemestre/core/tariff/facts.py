"""What valuation works on: the facts of a sheet that rates depend on, and one item per line to be.

`Facts` are read once from a draft or a claimed sheet; an `Item` gathers, step by step, what one line is worth. Both live as long as
one valuation.
"""

from dataclasses import field
from datetime import date

from vaguemestre.core.caresheet import (
    BirthDate,
    CarePathway,
    CareSheet,
    CcamDetail,
    ChargeQualifier,
    DraftSheet,
    Exemption,
    InsuranceNature,
    Majoration,
)
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.tariff.book import Quote, profession_of, rate_family_of, zone_of
from vaguemestre.core.values import dataclass

RawStep = tuple[str, str, int, int]
"""A trace step without its line number: rule, value, before and after in cents."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules read of a sheet. `nature` and `pathway` are those in effect, `header` the exemption for the whole sheet."""

    scheme: str
    specialty: str
    profession: str
    family: str
    priced_zone: bool
    zone_prefix: str
    nature: InsuranceNature
    header: Exemption
    local_scheme: bool
    solidarity_cover: bool
    complementary: bool
    pathway: CarePathway
    birth: BirthDate


@dataclass(slots=True)
class Item:
    """One line to be. `act` is the line number as entered (1-based); amounts in cents, `coefficient` in hundredths."""

    act: int
    on: date
    code: str
    quote: Quote
    coefficient: int
    quantity: int
    majoration: Majoration = Majoration.NONE
    qualifier: ChargeQualifier = ChargeQualifier.NORMAL
    ground: Exemption = Exemption.NONE
    charged: int | None = None
    sitting: int = 1
    pathology: str = ""
    teeth: tuple[str, ...] = ()
    ccam: CcamDetail | None = None
    association: int = 100
    written: bool = True
    base: int = 0
    threshold: Exemption = Exemption.NONE
    rule: str = ""
    percent: int = 0
    exemption: Exemption = Exemption.NONE
    fund: int = 0
    complementary: int = 0
    rate_shown: int = 0
    steps: list[RawStep] = field(default_factory=list)

    def about(self, code: str, **values: object) -> Finding:
        """A finding of area T about this line, with its code and date among the values."""
        return finding(code, Place(line=self.act), act=self.code, on=self.on.isoformat(), **values)


def facts_of(sheet: DraftSheet | CareSheet, billing_number: str) -> Facts:
    """The facts of a draft, or of a claimed sheet. fides:05-VF for the nature in effect, fides:03-IP for the pathway."""
    cover, specialty, zone = sheet.cover, sheet.performer.specialty, zone_of(billing_number)
    nature = cover.nature
    if cover.prevention_action and nature in (InsuranceNature.ILLNESS, InsuranceNature.ILLNESS_LOCAL_SCHEME):
        nature = InsuranceNature.PREVENTION
    pathway = sheet.pathway
    if (
        pathway in (CarePathway.DIRECT_ACCESS, CarePathway.REFERRED_BY_OTHER_DOCTOR)
        and sheet.attending_doctor_declared is False
    ):
        pathway = CarePathway.OUTSIDE
    return Facts(
        scheme=sheet.destination.scheme,
        specialty=specialty,
        profession=profession_of(specialty),
        family=rate_family_of(specialty),
        priced_zone=zone.priced,
        zone_prefix=billing_number[:2],
        nature=nature,
        header=cover.exemption,
        local_scheme=cover.local_scheme or nature is InsuranceNature.ILLNESS_LOCAL_SCHEME,
        solidarity_cover=cover.solidarity,
        complementary=bool(sheet.complementary_body) or cover.solidarity,
        pathway=pathway,
        birth=sheet.beneficiary.birth_date,
    )
