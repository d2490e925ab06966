"""Lists of codes of B2 records and NOEMIE entities: what each code means in French and English, and where that was read.

Only meanings that a source gives are here: a code without one is shown alone. Schemes and specialties come from their own tables.
"""

from dataclasses import dataclass

from vaguemestre.tables.schemes import SCHEMES
from vaguemestre.tables.specialties import SPECIALTIES


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list. `fields`: the layouts' `name_en` that hold its codes, in the norms of `norms` (b2, noemie)."""

    key: str
    fr: str
    en: str
    citation: str
    fields: tuple[str, ...]
    codes: tuple[Code, ...]
    norms: tuple[str, ...] = ("b2",)


def _codes(*rows: tuple[str, str, str]) -> tuple[Code, ...]:
    return tuple(Code(*row) for row in rows)


_SCHEMES_EN = {
    "01": "General scheme",
    "02": "Agricultural scheme",
    "03": "Self-employed workers",
    "04": "SNCF (railways)",
    "05": "RATP (Paris transport)",
    "06": "Seafarers (ENIM)",
    "07": "Mines",
    "08": "Military",
    "09": "Banque de France",
    "10": "Notaries' clerks and employees",
    "12": "Paris Chamber of Commerce",
    "14": "National Assembly",
    "15": "Senate",
    "16": "Port of Bordeaux",
    "17": "French abroad",
    "80": "War veterans",
    "90": "Religious ministers",
    "91": "MGEN (teachers' mutual)",
    "92": "MG",
    "93": "Police mutual",
    "94": "SLI, MFP",
    "95": "Hospital staff mutual",
    "96": "Aviation and navy",
    "99": "Others",
}
_SPECIALTIES_EN = {
    "01": "General practice",
    "02": "Anaesthesia and intensive care",
    "03": "Cardiology",
    "04": "General surgery",
    "05": "Dermatology",
    "06": "Radiology and imaging",
    "07": "Gynaecology and obstetrics",
    "08": "Gastroenterology",
    "09": "Internal medicine",
    "10": "Neurosurgery",
    "11": "Ear, nose and throat",
    "12": "Paediatrics",
    "13": "Pulmonology",
    "14": "Rheumatology",
    "15": "Ophthalmology",
    "16": "Urology",
    "19": "Dentist",
    "21": "Midwife",
    "22": "General practice, qualified specialist",
    "23": "General practice, specialist recognised by the Order",
    "24": "Nurse",
    "26": "Physiotherapist",
    "27": "Podiatrist",
    "28": "Speech therapist",
    "29": "Orthoptist",
    "30": "Laboratory",
    "33": "Psychiatry",
    "34": "Geriatrics",
    "36": "Dentist, orthodontics",
    "50": "Pharmacy",
    "55": "Ambulance",
    "56": "Taxi",
}
"""Those that have an English word here; the others keep their French one."""

CODE_LISTS: tuple[CodeList, ...] = (
    CodeList(
        "scheme", "Grand régime", "Compulsory scheme", "b2:0249", ("scheme_code",),
        tuple(Code(code, name, _SCHEMES_EN[code]) for code, name in SCHEMES.items()),
    ),
    CodeList(
        "specialty", "Spécialité ou activité", "Specialty or activity", "b2:0468",
        ("performer_specialty", "prescriber_specialty"),
        tuple(Code(item.code, item.name_fr, _SPECIALTIES_EN.get(item.code, item.name_fr)) for item in SPECIALTIES),
    ),
    CodeList(
        "insurance-nature", "Nature d'assurance", "Nature of insurance", "b2:0277", ("insurance_nature",),
        _codes(
            ("10", "maladie", "sickness"),
            ("13", "maladie, taux fixé par un régime local (Alsace-Moselle ou frontalier)",
             "sickness, rate set by a local scheme (Alsace-Moselle or cross-border)"),
            ("30", "maternité", "maternity"),
            ("41", "accident du travail ou maladie professionnelle", "work accident or occupational disease"),
            ("90", "prévention", "prevention"),
        ),
    ),
    CodeList(
        "noemie-insurance-nature", "Nature d'assurance (NOEMIE)", "Nature of insurance (NOEMIE)", "noemie:150",
        ("insurance_nature",),
        _codes(
            ("AM", "maternité", "maternity"),
            ("AS", "maladie", "sickness"),
            ("AT", "accident du travail ou maladie professionnelle", "work accident or occupational disease"),
        ),
        ("noemie",),
    ),
    CodeList(
        "exemption", "Justification d'exonération", "Ground for exemption", "b2:0279", ("copay_exemption_code",),
        _codes(
            ("0", "aucune exonération", "no exemption"),
            ("1", "somme des coefficients d'au moins 60", "sum of coefficients of at least 60"),
            ("3", "soins particuliers exonérants", "specific exempting care"),
            ("4", "affection de longue durée (ALD)", "long-term illness (ALD)"),
            ("5", "assuré exonéré", "exempt insured person"),
            ("6", "régime SNCF ou Mines", "SNCF or mines scheme"),
            ("7", "prévention", "prevention"),
            ("9", "allocation de solidarité aux personnes âgées (ASPA)", "solidarity allowance for the elderly (ASPA)"),
            ("C", "acte CCAM exonéré par nature ou par seuil", "CCAM act exempt by nature or by threshold"),
        ),
        ("b2", "noemie"),
    ),
    CodeList(
        "entitlement-proof", "Nature de la pièce justificative", "Kind of proof of entitlement", "b2:0258",
        ("entitlement_proof_nature",),
        _codes(
            ("0", "aucune", "none"),
            ("1", "attestation de droits", "certificate of entitlement"),
            ("2", "ouverture de droits", "opening of entitlement"),
            ("3", "prise en charge", "agreement to cover"),
            ("4", "carte Vitale", "Vitale card"),
            ("5", "CDRi et prise en charge", "CDRi and agreement to cover"),
        ),
    ),
    CodeList(
        "charge-qualifier", "Qualificatif de la dépense", "Qualifier of the charge", "b2:04122", ("charge_qualifier",),
        _codes(
            ("N", "non remboursable", "not reimbursable"),
            ("G", "gratuit", "free of charge"),
            ("A", "dépassement autorisé (DA)", "authorised overrun (DA)"),
            ("D", "entente directe", "direct agreement"),
            ("E", "exigence du patient", "patient's special demand"),
            ("F", "déplacement non prescrit", "travel not prescribed"),
        ),
    ),
    CodeList(
        "care-pathway", "Indicateur de parcours de soins", "Care pathway indicator", "b2:2S121",
        ("care_pathway_indicator",),
        _codes(
            ("T", "médecin traitant", "attending doctor"),
            ("N", "nouveau médecin traitant", "new attending doctor"),
            ("R", "médecin traitant remplacé", "attending doctor replaced"),
            ("O", "orienté par le médecin traitant", "referred by the attending doctor"),
            ("M", "orienté par un autre médecin", "referred by another doctor"),
            ("H", "hors résidence habituelle", "away from home"),
            ("D", "accès direct spécifique", "specific direct access"),
            ("U", "urgence", "emergency"),
            ("A", "acte non concerné (article D162-1-6)", "act not concerned (article D162-1-6)"),
            ("S", "hors parcours de soins", "outside the care pathway"),
            ("B", "généraliste récemment installé en zone déficitaire", "young general practitioner in a deficit zone"),
            ("J", "généraliste primo-installé", "first-installed general practitioner"),
        ),
    ),
    CodeList(
        "yes-no", "Oui ou non", "Yes or no", "b2:2S71", ("attending_doctor_declared_flag", "encryption"),
        _codes(("O", "oui", "yes"), ("N", "non", "no")),
    ),
    CodeList(
        "patient-participation", "Code participation de l'assuré", "Code of the insured person's participation",
        "b2:4S128", ("patient_participation_code",),
        _codes(
            ("R", "prise en charge par le régime", "borne by the scheme"),
            ("A", "à la charge de l'assuré, de l'AMC ou de la C2S", "borne by the insured person, the AMC or C2S"),
            ("L", "régime local d'Alsace-Moselle", "local scheme of Alsace-Moselle"),
        ),
    ),
    CodeList(
        "contract-type", "Type de contrat", "Contract type", "b2:02117", ("complementary_contract_type",),
        _codes(
            ("85", "sortie de CMU-C", "leaving CMU-C"),
            ("87", "sortie de CMU-C", "leaving CMU-C"),
            ("88", "CMU-C ou C2S", "CMU-C or C2S"),
            ("89", "C2S, facturation unique", "C2S, single billing"),
            ("91", "ancienne ACS, contrat A", "former ACS, contract A"),
            ("92", "ancienne ACS, contrat B", "former ACS, contract B"),
            ("93", "ancienne ACS, contrat C", "former ACS, contract C"),
            ("99", "éclaté par le professionnel vers un organisme concentrateur", "split by the professional to a concentrator"),
        ),
    ),
    CodeList(
        "split", "Top éclatement", "Split flag", "b2:0295", ("split_flag",),
        _codes(("F", "part complémentaire envoyée sur sa propre facture", "complementary share sent on its own invoice")),
    ),
    CodeList(
        "practice-mode", "Condition d'exercice", "Mode of practice", "b2:4S39",
        ("performer_practice_mode", "prescriber_practice_mode"),
        _codes(("L", "libéral", "self-employed"), ("S", "salarié", "salaried"), ("B", "bénévole", "volunteer")),
    ),
    CodeList(
        "treatment-mode",
        "Mode de traitement",
        "Mode of treatment",
        "b2:0439",
        ("treatment_mode",),
        _codes(
            ("07", "soins externes", "external care"),
            ("10", "urgence", "emergency"),
            ("19", "traitement ambulatoire", "ambulatory treatment"),
        ),
        ("b2", "noemie"),
    ),
    CodeList(
        "operation", "Nature d'opération", "Nature of the operation", "b2:0239", ("operation_nature",),
        _codes(("1", "seule valeur de la norme", "the norm's only value")),
    ),
    CodeList(
        "sender-type", "Type d'émetteur", "Sender type", "b2file:000", ("sender_type",),
        _codes(
            ("TE", "établissement", "establishment"),
            ("TP", "autre partenaire", "other partner"),
            ("OT", "organisme concentrateur", "concentrator"),
            ("OC", "organisme complémentaire", "complementary insurer"),
            ("CS", "organisme complémentaire", "complementary insurer"),
        ),
        ("b2", "noemie"),
    ),
    CodeList(
        "recipient-type", "Type de destinataire", "Recipient type", "b2file:000", ("recipient_type",),
        _codes(
            ("CT", "régime général", "general scheme"),
            ("MA", "régime agricole", "agricultural scheme"),
            ("SR", "travailleurs indépendants", "self-employed workers"),
            ("CF", "SNCF", "SNCF (railways)"),
            ("RP", "RATP", "RATP (Paris transport)"),
            ("EN", "marins (ENIM)", "seafarers (ENIM)"),
            ("RM", "mines", "mines"),
            ("CM", "militaires", "military"),
            ("CE", "clercs et employés de notaires", "notaries' clerks and employees"),
            ("CI", "chambre de commerce de Paris", "Paris Chamber of Commerce"),
            ("AN", "Assemblée nationale", "National Assembly"),
            ("SE", "Sénat", "Senate"),
            ("PB", "port autonome de Bordeaux", "Port of Bordeaux"),
            ("CC", "cultes", "religious ministers"),
            ("SM", "sections mutualistes (91 à 96, 99)", "mutual sections (91 to 96, 99)"),
            ("TE", "établissement", "establishment"),
            ("TP", "autre partenaire", "other partner"),
            ("OT", "organisme concentrateur", "concentrator"),
        ),
        ("b2", "noemie"),
    ),
    CodeList(
        "flow", "Type de flux", "Flow type", "b2file:000", ("flow_type",),
        _codes(("R", "réel", "real"), ("T", "test", "test"), ("D", "démonstration", "demonstration")),
        ("b2", "noemie"),
    ),
    CodeList(
        "currency", "Unité monétaire", "Currency", "noemie:000", ("currency",),
        _codes(("U", "euro", "euro")),
        ("b2", "noemie"),
    ),
    CodeList(
        "return-type", "Type de retour", "Return type", "noemie:081", ("return_type_code",),
        _codes(
            ("01", "électronique", "electronic"),
            ("02", "papier", "paper"),
            ("03", "forfaitaire", "lump"),
            ("04", "rappel", "recall"),
            ("05", "retenue", "retention"),
        ),
        ("noemie",),
    ),
    CodeList(
        "payment-state", "État de paiement", "State of payment", "noemie:198", ("amo_state", "amc_state"),
        _codes(("P", "payé", "paid"), ("R", "rejeté", "rejected"), ("D", "différé", "deferred")),
        ("noemie",),
    ),
    CodeList(
        "sign", "Signe d'un montant", "Sign of an amount", "noemie:198",
        ("sign", "amo_paid_sign", "amc_paid_sign", "file_total_sign"),
        _codes(("P", "positif", "positive"), ("N", "négatif", "negative")),
        ("noemie",),
    ),
    CodeList(
        "rejection-level", "Niveau de rejet", "Rejection level", "noemie:294", ("rejection_level",),
        _codes(("A", "affiné", "refined"), ("F", "facture", "invoice"), ("L", "ligne", "line")),
        ("noemie",),
    ),
    CodeList(
        "part", "Part concernée", "Share concerned", "noemie:294", ("part",),
        _codes(
            ("O", "part obligatoire (AMO)", "compulsory share (AMO)"),
            ("C", "part complémentaire (AMC)", "complementary share (AMC)"),
        ),
        ("noemie",),
    ),
    CodeList(
        "majoration", "Majoration (5e caractère du code acte ; complément NOEMIE)",
        "Majoration (5th character of the act code; NOEMIE complement)", "fides:04-CF", ("act_nature_complement",),
        _codes(("N", "nuit", "night"), ("F", "dimanche ou jour férié", "Sunday or public holiday")),
        ("noemie",),
    ),
    CodeList(
        "ccam-association", "Code d'association (CCAM)", "Association code (CCAM)", "fides:04-CF", ("association_code",),
        _codes(
            ("1", "100 % du tarif", "100 % of the tariff"),
            ("2", "50 % du tarif", "50 % of the tariff"),
            ("3", "75 % du tarif", "75 % of the tariff"),
            ("4", "100 % du tarif", "100 % of the tariff"),
            ("5", "100 % du tarif", "100 % of the tariff"),
        ),
    ),
)  # fmt: skip
