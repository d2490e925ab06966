"""What a payer knows of the people, professionals, places and cards it pays for: plain facts, each with its dates.

The payer keeps them encrypted; the adjudication is handed the ones it needs. Nothing here is the practice's to see. Rights have the
same shape as on the card, because cards are issued from this register; what a card shows may be older than what the register says.
"""

from datetime import date, datetime

from vaguemestre.core.calendar import Territory
from vaguemestre.core.card.passing import CardBeneficiary, PatientCard, find_beneficiary
from vaguemestre.core.caresheet import Beneficiary, Exemption
from vaguemestre.core.directory.bundle import Fund, PublishedCertificate
from vaguemestre.core.directory.mandates import Mandate, Station
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sealing import Revocation
from vaguemestre.core.values import dataclass


@dataclass(frozen=True, slots=True)
class AttendingDoctor:
    """One declaration of attending doctor; either number names the doctor (a locum bills under the billing number)."""

    since: date
    rpps: str
    billing_number: str = ""


@dataclass(frozen=True, slots=True)
class InsuredPerson:
    """One beneficiary as the payer's register holds them; `record.person.key` names the person."""

    record: CardBeneficiary
    attending_doctors: tuple[AttendingDoctor, ...] = ()

    @property
    def key(self) -> str:
        return self.record.person.key

    def has_exemption(self, ground: Exemption, day: date) -> bool:
        return any(entry.code is ground and entry.period.covers(day) for entry in self.record.exemptions)

    def attending_doctor_on(self, day: date) -> AttendingDoctor | None:
        """The declaration in force on that day; None when the payer knows of none."""
        known = [entry for entry in self.attending_doctors if entry.since <= day]
        return max(known, key=lambda entry: entry.since, default=None)


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """One patient's card: what its chip shows, and since when it is on the opposition list."""

    card: PatientCard
    opposed_on: date | None = None
    reason: str = ""  # lost, stolen, misuse, invalidated, malfunction

    def shows_fund(self, person: Beneficiary, day: date) -> Destination | None:
        """The fund where the chip shows this person's rights open on that day."""
        entry = find_beneficiary(self.card, person)
        return None if entry is None else entry.destination_on(day)


@dataclass(frozen=True, slots=True)
class Professional:
    """One performer. `billing_number` their own; `closed_on` the first day on which they no longer practise."""

    rpps: str
    billing_number: str
    last_name: str
    first_name: str
    specialty: str
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid under one billing number: a practice or a health centre, with the calendar that counts its delays."""

    billing_number: str
    name: str
    territory: Territory = Territory.METROPOLITAN


@dataclass(frozen=True, slots=True)
class StationRecord:
    """One sending post, with the certificate to which its answers are encrypted."""

    station: Station
    certificate: PublishedCertificate


@dataclass(frozen=True, slots=True)
class MandateList:
    """The table of mandates as one dated document."""

    mandates: tuple[Mandate, ...] = ()


@dataclass(frozen=True, slots=True)
class RevocationList:
    """Every revocation known to the payer as one dated document."""

    revocations: tuple[Revocation, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighbourList:
    """Funds of other insurers as their signed bundles publish them: where to forward a sheet. mess9821498a:7."""

    funds: tuple[Fund, ...] = ()

    def fund(self, code: str) -> Fund | None:
        """The fund of that 9-digit code, None when no bundle named it."""
        return next((entry for entry in self.funds if entry.destination.code == code), None)


@dataclass(frozen=True, slots=True)
class Publication:
    """The bundle that was last published, and a digest of what it was made of: as long as it stays, nothing changed."""

    bundle: int  # its sequence number
    issued_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """What a person loads into the register at once. vgm:register-file."""

    persons: tuple[InsuredPerson, ...] = ()
    cards: tuple[IssuedCard, ...] = ()
    professionals: tuple[Professional, ...] = ()
    payees: tuple[Payee, ...] = ()
    stations: tuple[StationRecord, ...] = ()
    mandates: tuple[Mandate, ...] = ()
