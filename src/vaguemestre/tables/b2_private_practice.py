"""What a self-employed practice writes in each mandatory field of B2 records made for hospitals, and why (vgm:b2-private-practice).

Replaced as a whole by the annex for self-employed professionals, should it be found. `COMMON` holds for every record of an invoice.
"""

from dataclasses import dataclass

COMMON = "*"


@dataclass(frozen=True, slots=True)
class PracticeField:
    """One field. `constant`: always these characters; None: taken from the sheet, the lot or a count, as `writes` says."""

    record: str
    name: str
    writes: str
    why: str
    constant: str | None = None


_SHEET = "the norm's own meaning"
_NO_STAY = "no stay: the care dates frame the invoice"
_COUNT = "counted by the writer"
_HOSPITAL_SUM = "zero: no record of type 3"
_LIKE_OTHERS = "as the one known writer does"
_NOT_A_HOSPITAL = "the code list describes establishments; zeros say that none applies"

_F = PracticeField
PRIVATE_PRACTICE: tuple[PracticeField, ...] = (
    _F("000", "sender_type", "TP, other partner", "the practice is no establishment and no concentrator", "TP"),
    _F("000", "sender_number", "the billing number after five zeros", _SHEET),
    _F("000", "recipient_type", "the type of the fund's scheme", _SHEET),
    _F("000", "recipient_number", "six zeros, scheme, computing centre, fund", _SHEET),
    _F("000", "file_identifier", "six characters, new for each file", _SHEET),
    _F("000", "creation_date", "the day the file is made", _SHEET),
    _F("000", "standard", "CP", _LIKE_OTHERS, "CP"),
    _F("000", "currency", "U, euro", "the NOEMIE dictionary says U", "U"),
    _F("1", "provider_number", "the billing number", _SHEET),
    _F("1", "recipient_fund", "the fund", _SHEET),
    _F("1", "lot_number", "001 to 999 by destination", _SHEET),
    _F("1", "establishment_category", "zeros", _NOT_A_HOSPITAL, "000"),
    _F("1", "legal_status", "zeros", _NOT_A_HOSPITAL, "00"),
    _F("1", "tariff_mode", "zeros", _NOT_A_HOSPITAL, "00"),
    _F("1", "provider_name", "the practice's name", _SHEET),
    _F("1", "standard_b2", "B2", _LIKE_OTHERS, "B2"),
    _F("1", "lot_date", "the day the lot is made up", _SHEET),
    _F("1", "standard_cp", "CP", _LIKE_OTHERS, "CP"),
    _F("1", "standard_release", "062007", _LIKE_OTHERS, "062007"),
    _F("1", "currency", "U, euro", _LIKE_OTHERS, "U"),
    _F(COMMON, "provider_number", "the billing number, the sheet's identity", _SHEET),
    _F(COMMON, "insured_nir", "the insured person's NIR", _SHEET),
    _F(COMMON, "insured_nir_key", "its key", _SHEET),
    _F(
        COMMON,
        "invoice_number",
        "year, day of the year, serial of that day",
        "one to one with the sheet (vgm:invoice-number)",
    ),
    _F(
        COMMON,
        "beneficiary_rank",
        "000",
        "as hospitals do for the general scheme; birth date and rank name the patient",
        "000",
    ),
    _F(COMMON, "sequence_number", "01, 02... within one act", _SHEET),
    _F("2", "admission_number", "the invoice number again", "no stay: the sheet stands for the visit"),
    _F("2", "scheme_code", "the scheme of the destination", _SHEET),
    _F("2", "fund_code", "the fund of the destination", _SHEET),
    _F("2", "centre_code", "the centre of the destination", _SHEET),
    _F(
        "2",
        "entitlement_proof_nature",
        "4 card read, 0 no card needed, 1 otherwise",
        "4 and 0 as in the norm; 1 stands for a paper proof",
    ),
    _F("2", "insurance_nature", "the cover's nature", _SHEET),
    _F("2", "copay_exemption_code", "the ground valid for the whole sheet, 0 for none", _SHEET),
    _F("2", "hospitalisation_date", "the first care date", _NO_STAY),
    _F("2", "birth_date", "the patient's, month lunar as it is", _SHEET),
    _F("2", "admission_date", "the first care date", _NO_STAY),
    _F("2", "discharge_date", "the last care date", _NO_STAY),
    _F("2", "discharge_hour", "00", "the hour of a visit is not recorded", "00"),
    _F(
        "4",
        "prescriber_number",
        "the prescriber's; without prescription the performer's",
        "one who needs no prescription decides alone",
    ),
    _F(
        "4",
        "performer_number",
        "the performer's own number, even under another's billing number",
        "mandates need who performed",
    ),
    _F("4", "care_date", "the day of the act", _SHEET),
    _F(
        "4",
        "act_code",
        "the key letter and its majoration; for a CCAM act its grouping code, else CCAM",
        "vgm:b2-ccam-act-code",
    ),
    _F("4", "quantity", "the quantity", _SHEET),
    _F("4", "coefficient", "the coefficient; 1.00 for an act without one", _SHEET),
    _F("4", "act_count", "how many acts were done", _SHEET),
    _F("4", "unit_price", "the tariff's price", _SHEET),
    _F("4", "reimbursement_base", "the base", _SHEET),
    _F("4", "reimbursement_rate", "the rate in whole percent", _SHEET),
    _F("4", "amount_payable_by_fund", "the fund's share", _SHEET),
    _F("4", "fee_total", "what was charged, overrun included", "the field's label; item 9d of the order asks for it"),
    _F("4S", "prior_approval_code", "0 not asked, 1 asked", "vgm:b2-prior-agreement"),
    _F("4S", "activity_domain", "M", "no hospital department: medicine, so that the field is filled", "M"),
    _F("4M", "ccam_code", "the CCAM code", _SHEET),
    _F("4M", "activity_code", "the CCAM activity", _SHEET),
    _F("5", "line_record_count", "records of types 3 and 4", _COUNT),
    _F("5", "total_hospital_base", _HOSPITAL_SUM, _COUNT),
    _F("5", "total_hospital_fund", _HOSPITAL_SUM, _COUNT),
    _F("5", "total_fees", "sum of what was charged", _COUNT),
    _F("5", "total_fees_fund", "sum of the fund's share", _COUNT),
    _F("5", "total_patient_share", "charged less the fund's share", _COUNT),
    _F("5", "total_hospital_charge", _HOSPITAL_SUM, _COUNT),
    _F("6", "provider_number", "the billing number", _SHEET),
    _F("6", "invoice_count", "invoices of the lot", _COUNT),
    _F("6", "type3_count", "zero", _COUNT),
    _F("6", "counter_18", "invoices of the lot", _LIKE_OTHERS),
    _F("6", "counter_22", "invoices of the lot", _LIKE_OTHERS),
    _F("6", "total_amount_1", "sum of what was charged", "vgm:b2-lot-totals"),
    _F("6", "total_amount_2", "sum of the fund's share", "vgm:b2-lot-totals"),
    _F("6", "total_amount_3", "zero", _LIKE_OTHERS),
    _F("6", "lot_number", "as in record 1", _SHEET),
    _F("999", "sender_type", "as in 000", _SHEET, "TP"),
    _F("999", "sender_number", "as in 000", _SHEET),
    _F("999", "recipient_type", "as in 000", _SHEET),
    _F("999", "recipient_number", "as in 000", _SHEET),
    _F("999", "file_identifier", "as in 000", _SHEET),
    _F("999", "record_count", "all records, 000 and 999 included", _COUNT),
    _F("999", "lot_count", "lots of the file", _COUNT),
)

OPTIONAL: tuple[PracticeField, ...] = (
    _F("000", "standard_version", "B2", _LIKE_OTHERS, "B2"),
    _F("000", "exchange_type", "TR", _LIKE_OTHERS, "TR"),
    _F("2", "birth_rank", "the patient's rank among twins", _SHEET),
    _F("2S", "payment_recipient", "00 under tiers payant, 01 when the patient paid", "vgm:b2-settlement"),
    _F(
        "2",
        "split_flag",
        "F when the complementary insurer got a document too; [04123] keeps its share",
        "item 15 of the order",
    ),
    _F("2", "work_accident_number", "the accident's number, else 000 and its date", _SHEET),
    _F("2", "complementary_contract_type", "89 under solidarity cover, else 00", _SHEET),
    _F("4E", "performing_structure", "the State structure number", "item 6 of the order"),
    _F(
        "4S",
        "ft_order_number",
        "the imaging serial, when it is a number of five digits at most",
        "item 11 of the order",
    ),
    _F(
        "4S",
        "equipment_number",
        "the imaging device, when it is a number of fourteen digits at most",
        "item 11 of the order",
    ),
)
"""Optional fields that a practice fills, and how."""


def constants(record: str) -> dict[str, str]:
    """Field name -> the characters a practice always writes in that record."""
    return {
        entry.name: entry.constant
        for entry in (*PRIVATE_PRACTICE, *OPTIONAL)
        if entry.record == record and entry.constant is not None
    }
