"""The care sheet (FSE): its identity, the 16 items of the order of 1998, and the stages around it.

`DraftSheet` is what a person entered; valuation turns it into a `CareSheet`, which recording signs once and for ever.
No name of a person stands in a sheet: the electronic sheet identifies by NIR or by birth date and rank (css:R161-42 1°).
B2 carries most items; `core.b2.assembly` says which ones the signed header carries besides.
"""

from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from vaguemestre.core.parties import Destination, Performer, Prescriber
from vaguemestre.core.values import dataclass


class InsuranceNature(StrEnum):
    """Nature d'assurance, b2:0277."""

    ILLNESS = "10"
    ILLNESS_LOCAL_SCHEME = "13"
    MATERNITY = "30"
    WORK_ACCIDENT = "41"
    PREVENTION = "90"


class Exemption(StrEnum):
    """Justification d'exonération, b2:0279 and b2:0454."""

    NONE = "0"
    COEFFICIENT = "1"
    SPECIAL_CARE = "3"
    LONG_TERM_ILLNESS = "4"
    EXEMPT_INSURED = "5"
    SCHEME = "6"
    PREVENTION = "7"
    SOLIDARITY = "9"
    THRESHOLD = "C"


class ChargeQualifier(StrEnum):
    """Qualificatif de la dépense, b2:04122."""

    NORMAL = ""
    NOT_REIMBURSABLE = "N"
    FREE = "G"
    AUTHORISED_OVERRUN = "A"
    PRIOR_AGREEMENT_OVERRUN = "D"
    PATIENT_DEMAND = "E"


class CarePathway(StrEnum):
    """Indicateur de parcours de soins, b2:2S121."""

    EXCLUDED = ""
    ATTENDING_DOCTOR = "T"
    NEW_ATTENDING_DOCTOR = "N"
    REPLACED_ATTENDING_DOCTOR = "R"
    REFERRED_BY_ATTENDING_DOCTOR = "O"
    REFERRED_BY_OTHER_DOCTOR = "M"
    AWAY_FROM_HOME = "H"
    DIRECT_ACCESS = "D"
    EMERGENCY = "U"
    NOT_CONCERNED = "A"
    OUTSIDE = "S"


class Majoration(StrEnum):
    """The +1 of the 4+1 act code, b2:0476; N night and F holiday as in noemie:210."""

    NONE = ""
    NIGHT = "N"
    SUNDAY_OR_HOLIDAY = "F"


class Settlement(StrEnum):
    """Who waits for the fund's money."""

    TIERS_PAYANT = "tiers_payant"
    PATIENT_PAID = "patient_paid"


class SecurityMode(StrEnum):
    """How the sheet was secured; the last two are marked to the payer (sans0420101x:3-2)."""

    SECURED = "secured"  # professional's card and patient's card read
    WITHOUT_CARD = "without_card"  # patient's signature not required (css:R161-43-1)
    DEGRADED = "degraded"  # card absent or refused: a paper sheet goes in parallel, bearing the FSE number


@lru_cache(maxsize=64)
def _day_digits(day: date) -> str:
    """Year (2) and day of the year (3)."""
    return f"{day.year % 100:02d}{day.timetuple().tm_yday:03d}"


@dataclass(frozen=True, slots=True, order=True)
class SheetIdentity:
    """Identity of a sheet: billing number (9 digits with key), date made up, serial for that date (1 to 9999).

    mess9821497a:item-1 and item-2; mapped one to one onto B2's invoice number (vgm:invoice-number). An invoice made by other
    software has that software's `carried_number` instead, with serial 0 on 1 January of its year of care (vgm:carried-identity).
    """

    billing_number: str
    made_on: date
    serial: int
    carried_number: str = ""

    @property
    def invoice_number(self) -> str:
        """Nine digits: year (2), day of the year (3), serial (4); of a carried invoice its own number. b2:0230."""
        if self.carried_number:
            return self.carried_number
        return f"{_day_digits(self.made_on)}{self.serial:04d}"

    @classmethod
    def from_invoice_number(cls, billing_number: str, invoice_number: str, near: date) -> "SheetIdentity":
        """Inverse of `invoice_number`; the century is the one that brings the year closest to `near`.

        Raises ValueError when the nine digits are not a number of this convention (a "carried" invoice).
        """
        year = near.year - near.year % 100 + int(invoice_number[0:2])
        year += 100 if year < near.year - 50 else -100 if year > near.year + 50 else 0
        day, serial = int(invoice_number[2:5]), int(invoice_number[5:9])
        made_on = date(year, 1, 1) + timedelta(days=day - 1)
        if day < 1 or made_on.year != year or serial < 1 or len(invoice_number) != 9:
            raise ValueError("not an invoice number of this convention")
        return cls(billing_number, made_on, serial)

    def __str__(self) -> str:
        """The sheet's printed name. vgm:sheet-name."""
        if self.carried_number:
            return f"{self.billing_number}/{self.made_on.year}/{self.carried_number}"
        return f"{self.billing_number}/{self.made_on.isoformat()}/{self.serial:04d}"


@dataclass(frozen=True, slots=True, order=True)
class BirthDate:
    """A date of birth as the card gives it: the month may be lunar (outside 1 to 12), so it is no `date`. b2:0296."""

    year: int
    month: int
    day: int

    @classmethod
    def from_iso(cls, text: str) -> "BirthDate":
        """From `1958-04-27`; lunar months (`1958-13-02`) are allowed. Raises ValueError otherwise."""
        year, month, day = map(int, text.split("-"))
        return cls(year, month, day)

    def iso(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def b2(self) -> str:
        """AAMMJJ."""
        return f"{self.year % 100:02d}{self.month:02d}{self.day:02d}"

    def age_on(self, day: date) -> int:
        """Completed years on `day`; a lunar or unknown month counts as January."""
        month = self.month if 1 <= self.month <= 12 else 1
        return day.year - self.year - ((day.month, day.day) < (month, max(self.day, 1)))


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """The patient: own NIR when known, else birth date and rank (twins differ by the rank). mess9821497a:item-4."""

    insured_nir: str  # 13 characters (2A/2B allowed), mess9821497a:item-3
    insured_nir_key: str  # 2 digits
    birth_date: BirthDate
    birth_rank: int = 1
    nir: str = ""  # the patient's own, "" when the patient is the insured or when it is unknown
    nir_key: str = ""

    @property
    def key(self) -> str:
        """Names one person across sheets (never logged): own or insured's NIR, birth date and rank."""
        return f"{self.insured_nir}/{self.birth_date.iso()}/{self.birth_rank}"


@dataclass(frozen=True, slots=True)
class Cover:
    """Type of cover and what identifies it. mess9821497a:item-8."""

    nature: InsuranceNature = InsuranceNature.ILLNESS
    exemption: Exemption = Exemption.NONE  # the header's: a legal ground valid for the whole sheet
    third_party_accident_on: date | None = None
    prevention_action: bool = False
    pregnancy_presumed_on: date | None = None
    delivery_on: date | None = None
    work_accident_number: str = ""  # 8 digits + key
    work_accident_on: date | None = None
    local_scheme: bool = False  # Alsace-Moselle
    solidarity: bool = False  # C2S


@dataclass(frozen=True, slots=True)
class CcamDetail:
    """What a CCAM act carries besides its code. b2:4M."""

    activity: str = "1"
    phase: str = "0"
    modifiers: tuple[str, ...] = ()
    association: str = ""
    extension: str = ""
    conditional: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One act as entered (items 9a to 9h), before valuation.

    `charged_cents` None means the tariff's price. `travel` asks for the flat allowance of the profession, `kilometres` counts
    those beyond the abatement. `ground` is the line's own exemption. `pathology` tells a physiotherapist's two pathologies
    apart, or names a nurse's kind of care (vgm:care-kind). Acts of one day done together share a `sitting` (ngap:11B).
    """

    performed_on: date
    code: str
    coefficient: Decimal = Decimal(1)
    quantity: int = 1
    charged_cents: int | None = None
    majoration: Majoration = Majoration.NONE
    qualifier: ChargeQualifier = ChargeQualifier.NORMAL
    ground: Exemption = Exemption.NONE
    teeth: tuple[str, ...] = ()
    ccam: CcamDetail | None = None
    travel: bool = False
    kilometres: int = 0
    mountain: bool = False
    pathology: str = ""
    sitting: int = 1


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One valued line of a sheet, as one B2 record 4 (with 4S, 4E and, for CCAM, 4M).

    Amounts in cents, `rate_percent` whole. `charged_cents` is what was asked for the act (overrun included); `fund_cents` the
    compulsory insurer's share; `complementary_cents` the share due by the complementary insurer (shown, never paid here).
    """

    number: int
    performed_on: date
    code: str
    majoration: Majoration
    quantity: int
    coefficient: Decimal
    act_count: int
    unit_price_cents: int
    base_cents: int
    rate_percent: int
    fund_cents: int
    charged_cents: int
    complementary_cents: int = 0
    exemption: Exemption = Exemption.NONE
    qualifier: ChargeQualifier = ChargeQualifier.NORMAL
    teeth: tuple[str, ...] = ()
    ccam: CcamDetail | None = None


@dataclass(frozen=True, slots=True)
class DraftSheet:
    """What a person entered: everything but the number and the values."""

    billing_number: str
    destination: Destination
    beneficiary: Beneficiary
    performer: Performer
    acts: tuple[Act, ...]
    settlement: Settlement
    completed_on: date  # starts the transmission clock, css:R161-42 10°
    cover: Cover = field(default_factory=Cover)
    prescriber: Prescriber | None = None
    pathway: CarePathway = CarePathway.EXCLUDED
    attending_doctor_declared: bool | None = None
    mode: SecurityMode = SecurityMode.SECURED
    card_serial: str = ""
    prior_approval_requested_on: date | None = None
    imaging_serial: str = ""
    imaging_device: str = ""
    complementary_body: str = ""  # number of the complementary insurer, "" when none
    complementary_billed: bool = False
    structure_number: str = ""  # State structure number (FINESS with key), mess9821497a:item-6
    replaces: SheetIdentity | None = None  # the rejected sheet that this one corrects: both are one claim


@dataclass(frozen=True, slots=True)
class CareSheet:
    """A valued, numbered sheet: what is signed. The 16 items of mess9821497a, item by item."""

    identity: SheetIdentity  # items 1, 2 and the payee of item 6
    destination: Destination  # item 5
    beneficiary: Beneficiary  # items 3, 4
    performer: Performer  # item 6
    structure_number: str  # item 6
    prescriber: Prescriber | None  # item 7
    cover: Cover  # item 8
    lines: tuple[SheetLine, ...]  # item 9
    prior_approval_requested_on: date | None  # item 10
    imaging_serial: str  # item 11
    imaging_device: str  # item 11
    settlement: Settlement  # item 13
    complementary_body: str
    complementary_billed: bool  # item 15
    completed_on: date  # css:R161-42 10°
    pathway: CarePathway
    attending_doctor_declared: bool | None
    mode: SecurityMode
    card_serial: str
    replaces: SheetIdentity | None = None
    currency: str = "EUR"  # item 14

    @property
    def total_charged_cents(self) -> int:
        """Item 12."""
        return sum(line.charged_cents for line in self.lines)

    @property
    def fund_cents(self) -> int:
        """The compulsory insurer's share: the amount this sheet claims."""
        return sum(line.fund_cents for line in self.lines)

    @property
    def complementary_cents(self) -> int:
        return sum(line.complementary_cents for line in self.lines)

    @property
    def tiers_payant_cents(self) -> int:
        """Item 13: what the fund owes the professional directly."""
        return self.fund_cents if self.settlement is Settlement.TIERS_PAYANT else 0
