"""The five practices of the simulated world, who works there, and what an ordinary visit to each looks like."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from vaguemestre.core.caresheet import (
    Act,
    CarePathway,
    CcamDetail,
    Cover,
    DraftSheet,
    Exemption,
    InsuranceNature,
    SecurityMode,
    Settlement,
)
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.identifiers import make_number, make_rpps
from vaguemestre.core.parties import Performer, PracticeMode, Prescriber
from vaguemestre.core.values import dataclass
from vaguemestre.sim.people import Person


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice: its billing number, the performers who sign, the desks that record, and its mailbox name."""

    key: str
    name: str
    billing_number: str
    performers: tuple[Performer, ...]
    mailbox: str
    structure_number: str = ""
    desks: tuple[str, ...] = ("bureau",)


def _performer(order: int, specialty: str, number: str, mode: PracticeMode = PracticeMode.LIBERAL) -> Performer:
    return Performer(make_rpps(1_000_000 + order), make_number(number), specialty, mode)


_CENTRE = make_number("75002990")
PRACTICES: tuple[Practice, ...] = (
    Practice("gp", "Dr Armelle Kerdoncuff, médecin généraliste", make_number("75199011"),
             (_performer(1, "01", "75199011"),), "kerdoncuff"),
    Practice("dentist", "Dr Basile Oriol, chirurgien-dentiste", make_number("75499021"),
             (_performer(2, "19", "75499021"),), "oriol"),
    Practice("nurse", "Mme Solène Queffelec, infirmière", make_number("75699031"),
             (_performer(3, "24", "75699031"), _performer(4, "24", "75699032")), "queffelec"),
    Practice("speech", "M. Vivien Lasserre, orthophoniste", make_number("75899041"),
             (_performer(5, "28", "75899041"),), "lasserre"),
    Practice("centre", "Centre de santé des Quatre-Chemins", _CENTRE,
             (_performer(6, "01", "75199061", PracticeMode.SALARIED),
              _performer(7, "01", "75199062", PracticeMode.SALARIED),
              _performer(8, "24", "75699063", PracticeMode.SALARIED)),
             "quatre-chemins", structure_number=_CENTRE, desks=("accueil-1", "accueil-2")),
)  # fmt: skip
"""The nurse's second performer is her locum: own card, the replaced person's billing number."""

BY_KEY: dict[str, Practice] = {practice.key: practice for practice in PRACTICES}


def station_of(billing_number: str) -> Station:
    """The one station of a practice of this world, which owns the whole range of serials."""
    return Station(f"{billing_number}-01", billing_number, 1, 9999)


_GP = PRACTICES[0].performers[0]


def prescriber_before(day: date) -> Prescriber:
    """The GP's prescription of a week ago, for acts that need one."""
    return Prescriber(_GP.rpps, _GP.billing_number, (day - timedelta(days=7)).isoformat())


def visit(random: Random, practice: Practice, person: Person, day: date, *, with_card: bool = True) -> DraftSheet:
    """An ordinary sheet of this practice for this person on this day; everything random comes from `random`."""
    performer = practice.performers[random.randrange(len(practice.performers))]
    doctor = performer.specialty == "01"
    exempt = person.exemption is not Exemption.NONE
    auxiliary = performer.specialty in ("24", "28")
    tiers_payant = exempt or person.pregnancy_presumed_on is not None or random.random() < (0.8 if auxiliary else 0.4)
    return DraftSheet(
        billing_number=practice.billing_number,
        destination=person.destination,
        beneficiary=person.beneficiary,
        performer=performer,
        acts=_ordinary_acts(random, performer.specialty, person, day),
        settlement=Settlement.TIERS_PAYANT if tiers_payant else Settlement.PATIENT_PAID,
        completed_on=day,
        cover=cover_of(person),
        prescriber=prescriber_before(day) if auxiliary else None,
        pathway=_pathway(practice, performer, person.age_on(day)),
        attending_doctor_declared=True if doctor else None,
        mode=SecurityMode.SECURED if with_card else SecurityMode.DEGRADED,
        card_serial=person.card_serial if with_card else "",
        complementary_body=person.complementary_body,
        structure_number=practice.structure_number,
    )


def _pathway(practice: Practice, performer: Performer, age: int) -> CarePathway:
    """Everybody's attending doctor is the GP, who sends people to the centre's doctors."""
    if performer.specialty != "01" or age < 16:
        return CarePathway.EXCLUDED
    return CarePathway.ATTENDING_DOCTOR if practice.key == "gp" else CarePathway.REFERRED_BY_ATTENDING_DOCTOR


def cover_of(person: Person) -> Cover:
    """What the card says of this person's cover."""
    if person.pregnancy_presumed_on is not None:
        return Cover(InsuranceNature.MATERNITY, pregnancy_presumed_on=person.pregnancy_presumed_on)
    return Cover(InsuranceNature.ILLNESS, exemption=person.exemption)


def _ordinary_acts(random: Random, specialty: str, person: Person, day: date) -> tuple[Act, ...]:
    match specialty:
        case "01":
            acts = (Act(day, "G"),)
            return (*acts, Act(day, "MEG")) if person.age_on(day) < 6 else acts
        case "19":
            return (Act(day, "C"),) if random.random() < 0.5 else (Act(day, "HBJD001", ccam=CcamDetail()),)
        case "24":
            coefficient = random.choice((Decimal("1.5"), Decimal(2), Decimal(3), Decimal(4)))
            lone = (Act(day, "MAU"),) if coefficient == Decimal("1.5") else ()
            return (Act(day, "AMI", coefficient, travel=random.random() < 0.7), *lone)
        case "28":
            return (Act(day, "AMO", random.choice((Decimal("10"), Decimal("12.1"), Decimal("12.2"), Decimal("14")))),)
        case _:
            raise ValueError(f"no ordinary visit is described for specialty {specialty}")
