"""Specialties and activities of performers (b2:0468), their family, and whether their acts need a prescriber.

Codes: `snds:IR_SPE_V` (doctors) and `snds:IR_ACT_V` (others); 86 appears in the nurses' tariffs only. The names are short forms.
"""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    DOCTOR = "doctor"
    DENTIST = "dentist"
    MIDWIFE = "midwife"
    NURSE = "nurse"
    PHYSIOTHERAPIST = "physiotherapist"
    PODIATRIST = "podiatrist"
    SPEECH_THERAPIST = "speech_therapist"
    ORTHOPTIST = "orthoptist"
    LABORATORY = "laboratory"
    PHARMACY = "pharmacy"
    TRANSPORT = "transport"
    SUPPLIER = "supplier"
    HEALTH_CENTRE = "health_centre"


PRESCRIBED_FAMILIES = frozenset(
    {
        Family.NURSE,
        Family.PHYSIOTHERAPIST,
        Family.PODIATRIST,
        Family.SPEECH_THERAPIST,
        Family.ORTHOPTIST,
        Family.LABORATORY,
        Family.PHARMACY,
        Family.TRANSPORT,
        Family.SUPPLIER,
    }
)
"""Families whose sheets name a prescriber; under direct access the performer names himself. vgm:prescriber-needed."""

AUXILIARY_FAMILIES = frozenset(
    {
        Family.NURSE,
        Family.PHYSIOTHERAPIST,
        Family.PODIATRIST,
        Family.SPEECH_THERAPIST,
        Family.ORTHOPTIST,
    }
)
"""Medical auxiliaries."""


@dataclass(frozen=True, slots=True)
class Specialty:
    """One code (2 digits), its French short name and its family."""

    code: str
    name_fr: str
    family: Family


SPECIALTIES: tuple[Specialty, ...] = (
    Specialty("01", "Médecine générale", Family.DOCTOR),
    Specialty("02", "Anesthésie-réanimation", Family.DOCTOR),
    Specialty("03", "Cardiologie", Family.DOCTOR),
    Specialty("04", "Chirurgie générale", Family.DOCTOR),
    Specialty("05", "Dermatologie", Family.DOCTOR),
    Specialty("06", "Radiologie et imagerie", Family.DOCTOR),
    Specialty("07", "Gynécologie-obstétrique", Family.DOCTOR),
    Specialty("08", "Gastro-entérologie", Family.DOCTOR),
    Specialty("09", "Médecine interne", Family.DOCTOR),
    Specialty("10", "Neurochirurgie", Family.DOCTOR),
    Specialty("11", "Oto-rhino-laryngologie", Family.DOCTOR),
    Specialty("12", "Pédiatrie", Family.DOCTOR),
    Specialty("13", "Pneumologie", Family.DOCTOR),
    Specialty("14", "Rhumatologie", Family.DOCTOR),
    Specialty("15", "Ophtalmologie", Family.DOCTOR),
    Specialty("16", "Urologie", Family.DOCTOR),
    Specialty("17", "Neuropsychiatrie", Family.DOCTOR),
    Specialty("18", "Stomatologie", Family.DOCTOR),
    Specialty("19", "Chirurgien-dentiste", Family.DENTIST),
    Specialty("20", "Réanimation médicale", Family.DOCTOR),
    Specialty("21", "Sage-femme", Family.MIDWIFE),
    Specialty("22", "Médecine générale, spécialiste diplômé", Family.DOCTOR),
    Specialty("23", "Médecine générale, spécialiste reconnu par l'Ordre", Family.DOCTOR),
    Specialty("24", "Infirmier", Family.NURSE),
    Specialty("26", "Masseur-kinésithérapeute", Family.PHYSIOTHERAPIST),
    Specialty("27", "Pédicure-podologue", Family.PODIATRIST),
    Specialty("28", "Orthophoniste", Family.SPEECH_THERAPIST),
    Specialty("29", "Orthoptiste", Family.ORTHOPTIST),
    Specialty("30", "Laboratoire d'analyses", Family.LABORATORY),
    Specialty("31", "Médecine physique et réadaptation", Family.DOCTOR),
    Specialty("32", "Neurologie", Family.DOCTOR),
    Specialty("33", "Psychiatrie", Family.DOCTOR),
    Specialty("34", "Gériatrie", Family.DOCTOR),
    Specialty("35", "Néphrologie", Family.DOCTOR),
    Specialty("36", "Chirurgien-dentiste, orthodontie", Family.DENTIST),
    Specialty("37", "Anatomie et cytologie pathologiques", Family.DOCTOR),
    Specialty("38", "Médecin directeur de laboratoire", Family.DOCTOR),
    Specialty("39", "Laboratoire polyvalent", Family.LABORATORY),
    Specialty("40", "Laboratoire d'anatomie pathologique", Family.LABORATORY),
    Specialty("41", "Chirurgie orthopédique", Family.DOCTOR),
    Specialty("42", "Endocrinologie", Family.DOCTOR),
    Specialty("43", "Chirurgie infantile", Family.DOCTOR),
    Specialty("44", "Chirurgie maxillo-faciale", Family.DOCTOR),
    Specialty("45", "Chirurgie maxillo-faciale et stomatologie", Family.DOCTOR),
    Specialty("46", "Chirurgie plastique", Family.DOCTOR),
    Specialty("47", "Chirurgie thoracique et cardio-vasculaire", Family.DOCTOR),
    Specialty("48", "Chirurgie vasculaire", Family.DOCTOR),
    Specialty("49", "Chirurgie viscérale", Family.DOCTOR),
    Specialty("50", "Pharmacie d'officine", Family.PHARMACY),
    Specialty("51", "Pharmacie mutualiste", Family.PHARMACY),
    Specialty("52", "Pharmacie hospitalière", Family.PHARMACY),
    Specialty("53", "Chirurgien-dentiste, chirurgie orale", Family.DENTIST),
    Specialty("54", "Chirurgien-dentiste, médecine bucco-dentaire", Family.DENTIST),
    Specialty("55", "Transporteur sanitaire", Family.TRANSPORT),
    Specialty("56", "Taxi", Family.TRANSPORT),
    Specialty("57", "Autre transporteur", Family.TRANSPORT),
    Specialty("60", "Fournisseur, société", Family.SUPPLIER),
    Specialty("61", "Fournisseur, artisan", Family.SUPPLIER),
    Specialty("62", "Fournisseur, association", Family.SUPPLIER),
    Specialty("63", "Fournisseur, orthèses", Family.SUPPLIER),
    Specialty("64", "Fournisseur, optique", Family.SUPPLIER),
    Specialty("65", "Fournisseur, audioprothèses", Family.SUPPLIER),
    Specialty("66", "Fournisseur, prothèses oculaires et faciales", Family.SUPPLIER),
    Specialty("67", "Fournisseur, podo-orthèses", Family.SUPPLIER),
    Specialty("68", "Fournisseur, orthoprothèses", Family.SUPPLIER),
    Specialty("69", "Chirurgie orale", Family.DOCTOR),
    Specialty("70", "Gynécologie médicale", Family.DOCTOR),
    Specialty("71", "Hématologie", Family.DOCTOR),
    Specialty("72", "Médecine nucléaire", Family.DOCTOR),
    Specialty("73", "Oncologie médicale", Family.DOCTOR),
    Specialty("74", "Oncologie radiothérapique", Family.DOCTOR),
    Specialty("75", "Psychiatrie de l'enfant et de l'adolescent", Family.DOCTOR),
    Specialty("76", "Radiothérapie", Family.DOCTOR),
    Specialty("77", "Obstétrique", Family.DOCTOR),
    Specialty("78", "Génétique médicale", Family.DOCTOR),
    Specialty("79", "Gynécologie-obstétrique et gynécologie médicale", Family.DOCTOR),
    Specialty("80", "Santé publique", Family.DOCTOR),
    Specialty("81", "Maladies infectieuses et tropicales", Family.DOCTOR),
    Specialty("82", "Médecine légale", Family.DOCTOR),
    Specialty("83", "Médecine d'urgence", Family.DOCTOR),
    Specialty("84", "Médecine vasculaire", Family.DOCTOR),
    Specialty("85", "Allergologie", Family.DOCTOR),
    Specialty("86", "Infirmier en pratique avancée", Family.NURSE),
    Specialty("92", "Centre de santé", Family.HEALTH_CENTRE),
)

BY_CODE: dict[str, Specialty] = {entry.code: entry for entry in SPECIALTIES}
PRESCRIBED_CODES: frozenset[str] = frozenset(entry.code for entry in SPECIALTIES if entry.family in PRESCRIBED_FAMILIES)
"""Specialty codes whose sheets name a prescriber: the quick test of the hot path."""
