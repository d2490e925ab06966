"""The columns in which a practice enters sheets, in CSV and JSON. `docs/entry-format.md` is printed from here. vgm:entry-format.

A column is known by its English or its French name; accents, case and spaces do not matter. Sheet columns may be left empty on the
second and following lines of a sheet; act columns belong to their own line.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    NIR = "nir"  # 13 characters and key
    NUMBER = "number"  # health insurance or FINESS number: 8 and key
    DIGITS = "digits"
    DATE = "date"
    BIRTH = "birth"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # euros
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEETH = "teeth"
    LETTERS = "letters"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is the number of digits of a DIGITS column (zeros are added), the most characters of a text one."""

    name: str
    name_fr: str
    kind: Kind
    per_act: bool
    item: str
    fr: str
    en: str
    example: str
    width: int = 64
    choices: tuple[tuple[str, str], ...] = ()  # accepted word -> code


SETTLEMENTS = (
    ("tiers_payant", "tiers_payant"),
    ("tp", "tiers_payant"),
    ("patient_paid", "patient_paid"),
    ("regle", "patient_paid"),
    ("paye", "patient_paid"),
)
MODES = (
    ("secured", "secured"),
    ("securise", "secured"),
    ("without_card", "without_card"),
    ("sans_carte", "without_card"),
    ("degraded", "degraded"),
    ("degrade", "degraded"),
)
NATURES = (
    ("10", "10"),
    ("maladie", "10"),
    ("illness", "10"),
    ("13", "13"),
    ("30", "30"),
    ("maternite", "30"),
    ("maternity", "30"),
    ("41", "41"),
    ("accident_du_travail", "41"),
    ("work_accident", "41"),
    ("90", "90"),
    ("prevention", "90"),
)
EXEMPTIONS = (*((code, code) for code in "01345679"), ("c", "C"), ("ald", "4"))
QUALIFIERS = tuple((code.lower(), code) for code in "NGADE")
PATHWAYS = tuple((code.lower(), code) for code in "TNROMHDUAS")
MAJORATIONS = (("n", "N"), ("nuit", "N"), ("night", "N"), ("f", "F"), ("ferie", "F"), ("holiday", "F"))
PRACTICE_MODES = (("l", "L"), ("s", "S"), ("b", "B"))
ORIGINS = tuple((code.lower(), code) for code in "TOPS")

_T, _N, _NUM, _DIG, _D, _B = Kind.TEXT, Kind.NIR, Kind.NUMBER, Kind.DIGITS, Kind.DATE, Kind.BOOLEAN
_C = Kind.CHOICE

COLUMNS: tuple[Column, ...] = (
    Column("reference", "feuille", _T, False, "",
           "Votre repère de la feuille ; ses lignes se suivent. Vide : une feuille par ligne.",
           "Your own mark of the sheet; its lines follow each other. Empty: one sheet per line.", "F12"),
    Column("patient", "patient", _T, False, "", "Nom pour votre agenda ; il ne part jamais avec la feuille.",
           "Name for your own diary; it never leaves with the sheet.", "MARTIN Rose"),
    Column("card", "carte", _T, False, "item:16",
           "Fichier de la carte lue ; il remplit les colonnes de l'assuré laissées vides.",
           "File of the card that was read; it fills the insured's columns that are empty.", "martin.card", 260),
    Column("billing_number", "numero_facturation", _NUM, False, "item:6",
           "Numéro de facturation, avec sa clé ; vide : celui du cabinet.",
           "Billing number with its key; empty: the practice's.", "751990110"),
    Column("performer_rpps", "rpps_executant", _DIG, False, "item:6", "RPPS de l'exécutant ; vide : le premier du cabinet.",
           "Performer's RPPS; empty: the practice's first.", "10010000015", 11),
    Column("performer_number", "numero_executant", _NUM, False, "item:6", "Numéro d'assurance maladie de l'exécutant.",
           "Performer's health insurance number.", "751990110"),
    Column("specialty", "specialite", _DIG, False, "item:6", "Spécialité de l'exécutant (2 chiffres).",
           "Performer's specialty (2 digits).", "01", 2),
    Column("practice_mode", "condition_exercice", _C, False, "item:6", "L libéral, S salarié, B bénévole ; vide : L.",
           "L self-employed, S salaried, B volunteer; empty: L.", "L", 1, PRACTICE_MODES),
    Column("structure_number", "numero_structure", _NUM, False, "item:6", "FINESS de la structure, s'il y en a une.",
           "FINESS of the structure, if there is one.", "750029902"),
    Column("scheme", "regime", _DIG, False, "item:5", "Grand régime (2 chiffres).", "Scheme (2 digits).", "01", 2),
    Column("fund", "caisse", _DIG, False, "item:5", "Caisse (3 chiffres).", "Fund (3 digits).", "751", 3),
    Column("centre", "centre", _DIG, False, "item:5", "Centre (4 chiffres) ; vide : 0000.", "Centre (4 digits); empty: 0000.",
           "0000", 4),
    Column("insured_nir", "nir_assure", _N, False, "item:3", "NIR de l'assuré : 13 caractères et la clé.",
           "The insured's NIR: 13 characters and the key.", "1 82 09 2A 997 002 86"),
    Column("birth_date", "date_naissance", Kind.BIRTH, False, "item:4", "Naissance du patient ; un mois lunaire est permis.",
           "The patient's birth; a lunar month is allowed.", "1982-09-11"),
    Column("birth_rank", "rang_naissance", Kind.INTEGER, False, "item:4", "Rang de naissance ; vide : 1.",
           "Birth rank; empty: 1.", "1"),
    Column("patient_nir", "nir_patient", _N, False, "item:4", "NIR du patient, s'il n'est pas l'assuré et qu'il est connu.",
           "The patient's NIR, when not the insured and when known.", ""),
    Column("prescriber_rpps", "rpps_prescripteur", _DIG, False, "item:7", "RPPS du prescripteur.", "Prescriber's RPPS.",
           "10010000015", 11),
    Column("prescriber_number", "numero_prescripteur", _NUM, False, "item:7", "Numéro du prescripteur, avec sa clé.",
           "Prescriber's number with its key.", "751990110"),
    Column("prescribed_on", "date_ordonnance", _D, False, "item:7", "Date de l'ordonnance.", "Date of the prescription.",
           "2022-04-20"),
    Column("prescriber_mode", "condition_prescripteur", _C, False, "item:7", "L, S ou B ; vide : L.", "L, S or B; empty: L.",
           "L", 1, PRACTICE_MODES),
    Column("prescriber_specialty", "specialite_prescripteur", _DIG, False, "item:7", "Spécialité d'un prescripteur salarié.",
           "Specialty of a salaried prescriber.", "", 2),
    Column("prescription_origin", "origine_prescription", _C, False, "item:7",
           "T, O, P ou S.", "T, O, P or S.", "", 1, ORIGINS),
    Column("settlement", "reglement", _C, False, "item:13", "tiers_payant, ou regle si le patient a payé.",
           "tiers_payant, or patient_paid.", "tiers_payant", 20, SETTLEMENTS),
    Column("completed_on", "date_realisation", _D, False, "css:R161-42", "Date de réalisation ; vide : celle du dernier acte.",
           "Completion date; empty: that of the last act.", "2022-04-27"),
    Column("nature", "nature_assurance", _C, False, "item:8",
           "10 maladie, 13, 30 maternité, 41 accident du travail, 90 prévention ; vide : 10.",
           "10 illness, 13, 30 maternity, 41 work accident, 90 prevention; empty: 10.", "10", 20, NATURES),
    Column("exemption", "exoneration", _C, False, "item:8", "Motif d'exonération de toute la feuille (0 à 9, C ; ald vaut 4).",
           "Ground of exemption for the whole sheet (0 to 9, C; ald means 4).", "4", 4, EXEMPTIONS),
    Column("third_party_accident_on", "date_accident_tiers", _D, False, "item:8", "Date de l'accident causé par un tiers.",
           "Date of the accident caused by a third party.", ""),
    Column("prevention", "prevention", _B, False, "item:8",
           "Action de prévention : oui ou non.", "Prevention action: yes or no.", ""),
    Column("pregnancy_on", "date_grossesse", _D, False, "item:8",
           "Début présumé de la grossesse.", "Presumed start of pregnancy.", ""),
    Column("delivery_on", "date_accouchement", _D, False, "item:8", "Date d'accouchement ou d'adoption.",
           "Date of delivery or adoption.", ""),
    Column("accident_number", "numero_accident", _DIG, False, "item:8", "Numéro d'accident du travail (8 chiffres et clé).",
           "Work accident number (8 digits and key).", "", 9),
    Column("accident_on", "date_accident", _D, False, "item:8", "Date de l'accident du travail, à défaut du numéro.",
           "Date of the work accident, failing its number.", ""),
    Column("local_scheme", "regime_local", _B, False, "item:8", "Régime local d'Alsace-Moselle : oui ou non.",
           "Local scheme of Alsace-Moselle: yes or no.", ""),
    Column("solidarity", "c2s", _B, False, "item:8",
           "Complémentaire santé solidaire : oui ou non.", "C2S cover: yes or no.", ""),
    Column("pathway", "parcours", _C, False, "", "Indicateur de parcours de soins (T N R O M H D U A S) ; vide : exclu.",
           "Care pathway indicator (T N R O M H D U A S); empty: excluded.", "T", 1, PATHWAYS),
    Column("attending_doctor", "medecin_traitant", _B, False, "", "Médecin traitant déclaré : oui, non, ou vide.",
           "Attending doctor declared: yes, no, or empty.", "oui"),
    Column("mode", "mode", _C, False, "item:16", "securise, sans_carte, degrade ; vide : selon qu'une carte est nommée.",
           "secured, without_card, degraded; empty: depending on whether a card is named.", "securise", 20, MODES),
    Column("card_serial", "numero_carte", _DIG, False, "item:16", "Numéro de la carte lue (10 chiffres).",
           "Serial of the card that was read (10 digits).", "8000000001", 10),
    Column("prior_approval_on", "date_accord_prealable", _D, False, "item:10", "Date de la demande d'accord préalable.",
           "Date of the request for prior approval.", ""),
    Column("imaging_serial", "numero_imagerie", _T, False, "item:11", "Numéro d'ordre de l'acte d'imagerie.",
           "Serial of the imaging act.", "", 20),
    Column("imaging_device", "appareil_imagerie", _T, False, "item:11", "Identification de l'appareil.",
           "Identification of the device.", "", 20),
    Column("complementary_body", "organisme_complementaire", _T, False, "item:15", "Numéro de l'organisme complémentaire.",
           "Number of the complementary body.", "75000003", 10),
    Column("complementary_billed", "complementaire_facturee", _B, False, "item:15",
           "Facture envoyée aussi à la complémentaire.",
           "Also billed to the complementary body.", ""),
    Column("replaces", "remplace", Kind.IDENTITY, False, "", "Feuille rejetée que celle-ci corrige : numéro/date/rang.",
           "Rejected sheet that this one corrects: number/date/serial.", "751990110/2022-04-27/0012"),
    Column("performed_on", "date_acte", _D, True, "item:9a", "Date de l'acte.", "Date of the act.", "2022-04-27"),
    Column("code", "acte", _T, True, "item:9b", "Lettre clé ou code CCAM.", "Key letter or CCAM code.", "G", 7),
    Column("coefficient", "coefficient", Kind.DECIMAL, True, "item:9c",
           "Coefficient ; vide : 1.", "Coefficient; empty: 1.", "1,5"),
    Column("quantity", "quantite", Kind.INTEGER, True, "item:9c", "Quantité ; vide : 1.", "Quantity; empty: 1.", "1"),
    Column("charged", "montant", Kind.MONEY, True, "item:9d", "Montant demandé en euros ; vide : celui du tarif.",
           "Amount charged in euros; empty: the tariff's.", "25,00"),
    Column("majoration", "majoration", _C, True, "item:9c", "nuit ou ferie.", "night or holiday.", "", 8, MAJORATIONS),
    Column("qualifier", "qualificatif", _C, True, "item:9e", "Qualificatif de la dépense (N G A D E).",
           "Qualifier of the charge (N G A D E).", "", 1, QUALIFIERS),
    Column("ground", "motif_acte", _C, True, "item:9h",
           "Motif d'exonération propre à l'acte.", "Ground of exemption of this act.",
           "", 4, EXEMPTIONS),
    Column("teeth", "dents", Kind.TEETH, True, "item:9b", "Numéros de dents, séparés par une espace.",
           "Tooth numbers, separated by a space.", "16 17"),
    Column("activity", "activite_ccam", _T, True, "item:9c",
           "Code activité CCAM ; vide : 1.", "CCAM activity code; empty: 1.", "1", 1),
    Column("phase", "phase_ccam", _T, True, "item:9c", "Code phase CCAM ; vide : 0.", "CCAM phase code; empty: 0.", "0", 1),
    Column("modifiers", "modificateurs_ccam", Kind.LETTERS, True, "item:9c", "Modificateurs CCAM, quatre au plus.",
           "CCAM modifiers, four at most.", "", 4),
    Column("association", "association_ccam", _T, True, "item:9c", "Code association CCAM (1 à 5).",
           "CCAM association code (1 to 5).", "", 1),
    Column("extension", "extension_ccam", _T, True, "item:9c",
           "Extension documentaire CCAM.", "CCAM documentary extension.", "", 1),
    Column("conditional", "remboursement_conditionnel", _T, True, "item:9c", "Remboursement sous condition.",
           "Conditional reimbursement.", "", 1),
    Column("travel", "deplacement", _B, True, "item:9f",
           "Indemnité de déplacement : oui ou non.", "Travel allowance: yes or no.", "oui"),
    Column("kilometres", "kilometres", Kind.INTEGER, True, "item:9g", "Kilomètres au-delà de l'abattement.",
           "Kilometres beyond the abatement.", ""),
    Column("mountain", "montagne", _B, True, "item:9g",
           "Kilomètres de montagne : oui ou non.", "Mountain kilometres: yes or no.", ""),
    Column("pathology", "pathologie", _T, True, "",
           "Distingue deux pathologies (kinésithérapie) ; soin infirmier : perfusion, pansement lourd, insuline, ponction.",
           "Tells apart two pathologies (physiotherapy); nurse's care: perfusion, pansement lourd, insuline, ponction.",
           "", 20),
    Column("sitting", "seance", Kind.INTEGER, True, "",
           "Numéro de la séance du jour : les actes faits ensemble ont le même.",
           "Number of the day's sitting: acts done together have the same.", ""),
)  # fmt: skip

REQUIRED: frozenset[str] = frozenset({"performed_on", "code"})
"""Columns without which a file is no file of sheets."""

BY_NAME: dict[str, Column] = {name: column for column in COLUMNS for name in (column.name, column.name_fr)}
ACTS_NAMES = frozenset({"acts", "actes"})
SHEETS_NAMES = frozenset({"sheets", "feuilles"})
"""JSON only: the list of acts of a sheet, the list of sheets of a document."""
