"""What `b2 anonymise` does to every field of every B2 record, as one literal table. Fillers are blanked, all of them.

A treatment is decided once per field name; an empty field stays empty whatever its treatment. vgm:anonymised-b2.
"""

from enum import StrEnum


class Treatment(StrEnum):
    """What becomes of a field's content."""

    KEEP = "keep"
    BLANK = "blank"
    NIR = "nir"
    NIR_KEY = "nir-key"
    BIRTH = "birth"
    NUMBER = "number"
    PLACE = "place"
    RPPS = "rpps"
    INVOICE = "invoice"
    DIGITS = "digits"
    NAME = "name"
    ISSUER_NAME = "issuer-name"
    IDENTIFIER = "identifier"
    ACCIDENT = "accident"
    DATE = "date"


MEANINGS: dict[Treatment, tuple[str, str]] = {
    Treatment.KEEP: (
        "gardé tel quel, si c'est un contenu légal de cette zone ; sinon remplacé par un contenu neutre de même défaut",
        "kept as it is, when it is a legal content of this field; else replaced by a neutral content with the same fault",
    ),
    Treatment.BLANK: ("vidé", "blanked"),
    Treatment.NIR: (
        "remplacé par un NIR fictif : même sexe, même année de naissance, commune qui n'existe pas ; un NIR mal formé le reste",
        "replaced by a fictitious NIR: same sex, same year of birth, a commune that does not exist; a malformed NIR stays so",
    ),
    Treatment.NIR_KEY: ("recalculé ; une clé fausse reste fausse", "computed again; a wrong key stays wrong"),
    Treatment.BIRTH: (
        "même année, autre jour et autre mois (celui du NIR fictif s'ils concordaient) ; avant 3 ans, décalée comme les dates",
        "same year, another day and month (the fictitious NIR's, if they agreed); under 3 years, shifted like dates",
    ),
    Treatment.NUMBER: (
        "remplacé par un numéro fictif commençant par 99, clé juste ; un numéro faux reste faux",
        "replaced by a fictitious number starting with 99, with its key; a wrong number stays wrong",
    ),
    Treatment.PLACE: (
        "le numéro à 9 chiffres qu'il contient est remplacé comme partout ; sinon tous ses caractères",
        "the 9-digit number that it holds is replaced as everywhere; else all its characters",
    ),
    Treatment.RPPS: (
        "remplacé par un numéro fictif commençant par 99, clé juste ; un numéro faux reste faux",
        "replaced by a fictitious number starting with 99, with its key; a wrong number stays wrong",
    ),
    Treatment.INVOICE: (
        "remplacé : deux premiers chiffres gardés, sept autres permutés (deux numéros différents le restent)",
        "replaced: first two digits kept, the seven others permuted (two different numbers stay different)",
    ),
    Treatment.DIGITS: (
        "chaque chiffre et chaque lettre remplacés, longueur gardée",
        "every digit and letter replaced, length kept",
    ),
    Treatment.NAME: ("remplacé par un nom inventé", "replaced by an invented name"),
    Treatment.ISSUER_NAME: ("remplacé par EMETTEUR et un numéro", "replaced by EMETTEUR and a number"),
    Treatment.IDENTIFIER: ("remplacé par six caractères", "replaced by six characters"),
    Treatment.ACCIDENT: (
        "une date est décalée ; un numéro est remplacé, clé juste ou fausse comme avant",
        "a date is shifted; a number is replaced, its key right or wrong as before",
    ),
    Treatment.DATE: (
        "décalée du même nombre entier de semaines dans tout le fichier ; une date impossible le reste",
        "shifted by the same whole number of weeks in the whole file; an impossible date stays so",
    ),
}

_T = Treatment
TREATMENTS: dict[str, Treatment] = {
    # people
    "insured_nir": _T.NIR,
    "insured_nir_key": _T.NIR_KEY,
    "beneficiary_nir": _T.NIR,
    "beneficiary_nir_key": _T.NIR_KEY,
    "birth_date": _T.BIRTH,
    "work_accident_number": _T.ACCIDENT,
    "attending_doctor_last_name": _T.NAME,
    "attending_doctor_first_name": _T.NAME,
    "attending_doctor_number": _T.NUMBER,
    "prescriber_number": _T.NUMBER,
    "performer_number": _T.NUMBER,
    "provider_number": _T.NUMBER,
    "prescriber_rpps": _T.RPPS,
    "performer_rpps": _T.RPPS,
    # places and bodies
    "sender_number": _T.PLACE,
    "prescribing_structure": _T.PLACE,
    "performing_structure": _T.PLACE,
    "transfer_or_execution_place": _T.PLACE,
    "execution_place": _T.PLACE,
    "care_network_number": _T.DIGITS,
    "equipment_number": _T.DIGITS,
    "ft_order_number": _T.DIGITS,
    "supplier_siret": _T.DIGITS,
    "complementary_body_number": _T.DIGITS,
    "provider_name": _T.ISSUER_NAME,
    # numbers of documents
    "invoice_number": _T.INVOICE,
    "admission_number": _T.INVOICE,
    "receipt_number_complement": _T.DIGITS,
    "file_identifier": _T.IDENTIFIER,
    # free or undescribed
    "message": _T.BLANK,
    "password": _T.BLANK,
    "sender_program": _T.BLANK,
    "recipient_program": _T.BLANK,
    "vendor_zone": _T.BLANK,
    "reserved_39": _T.BLANK,
    "undescribed_66": _T.BLANK,
    # dates
    **dict.fromkeys(
        (
            "creation_date", "lot_date", "coverage_established_date", "entitlement_valid_from", "hospitalisation_date",
            "admission_date", "discharge_date", "start_date", "end_date", "prescription_date",
            "prior_approval_request_date", "care_date", "session_date",
            "act1_date", "act2_date", "act3_date", "act4_date", "act5_date",
        ),
        _T.DATE,
    ),
    # structure, codes of lists, what was done, what it costs
    **dict.fromkeys(
        (
            "record_type", "record_subtype", "record_length", "sequence_number", "operation_nature", "sender_type",
            "recipient_type", "recipient_number", "exchange_type", "standard", "standard_version", "compression", "encryption",
            "currency", "flow_type", "recipient_fund", "lot_number", "establishment_category", "legal_status", "tariff_mode",
            "standard_b2", "standard_cp", "standard_release", "beneficiary_rank", "scheme_code", "fund_code", "centre_code",
            "entitlement_proof_nature", "coverage_issued_by", "benefit_scheme", "insurance_nature", "copay_exemption_code",
            "split_flag", "birth_rank", "discharge_hour", "complementary_contract_type", "payment_recipient",
            "attending_doctor_declared_flag", "care_pathway_indicator", "treatment_mode", "tariff_discipline", "act_code",
            "quantity", "coefficient", "daily_charge_coverage_code", "hospital_coefficient", "unit_price",
            "reimbursement_base", "reimbursement_rate", "amount_payable_by_fund", "total_charge", "ghs_number",
            "funding_rate", "patient_participation_code", "charge_qualifier", "activity_domain",
            "amount_payable_by_complementary", "prescriber_practice_mode", "prescriber_specialty", "prior_approval_code",
            "stay_interruption_nature", "prescription_origin", "lpp_code", "reference_tariff", "purchase_unit_price",
            "unit_gap", "total_gap", "ucd_code", "split_coefficient", "tariff_zone", "performer_specialty", "act_count",
            "fee_total", "performer_practice_mode", "coordination_option", "theoretical_base", "amo_override_code",
            "amc_override_code", "prevention_flag", "prevention_qualifier",
            *(f"act{rank}_{name}" for rank in range(1, 6) for name in ("quantity", "nabm_code")),
            "reconstitution_cost", "margin", "ccam_code", "documentary_extension", "activity_code", "phase_code",
            *(f"modifier_{rank}" for rank in range(1, 5)), "association_code", "conditional_reimbursement_flag",
            *(f"tooth_{rank}" for rank in range(1, 17)), "practice_cost_supplement",
            *(f"complementary_modifier_{rank}" for rank in range(1, 5)),
            "line_record_count", "total_hospital_base", "total_hospital_fund", "total_fees", "total_fees_fund",
            "total_patient_share", "total_hospital_complementary", "total_fees_complementary", "total_hospital_charge",
            "invoice_count", "type3_count", "counter_18", "counter_22", "total_amount_1", "total_amount_2",
            "total_amount_3", "record_count", "lot_count", "file_total", "file_total_sign", "file_total_other_currency",
        ),
        _T.KEEP,
    ),
}  # fmt: skip
"""Field name -> treatment."""
