"""A care sheet as one B2 invoice: records 2, 2S, then 4, 4S, 4E and, for a CCAM act, 4M per line, then 5.

`core.b2.disassembly` is the way back. What B2 does not carry is named by `header_items`: the signed header holds it.
`tables.b2_private_practice` says what stands in each field that the norm made for hospitals, and why.
"""

from collections.abc import Iterator
from datetime import date

from vaguemestre.core.b2.codec import encode_record
from vaguemestre.core.caresheet import CareSheet, InsuranceNature, SecurityMode, Settlement, SheetLine
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import UnwritableError, Value, place_of
from vaguemestre.tables.b2_private_practice import constants
from vaguemestre.tables.tariff.prices import PRICES

HeaderItem = str | int | bool | None
"""What the signed header may hold: as `sheetsigning.HeaderValue`."""

CCAM_ACT_CODE = "CCAM"
MODIFIERS_MAX = 4
TEETH_MAX = 16
ENTITLEMENT_PROOF = {SecurityMode.SECURED: "4", SecurityMode.WITHOUT_CARD: "0", SecurityMode.DEGRADED: "1"}
PAYMENT_RECIPIENT = {Settlement.TIERS_PAYANT: "00", Settlement.PATIENT_PAID: "01"}
SOLIDARITY_CONTRACT = "89"
_GROUPS = {price.code: price.group for price in PRICES if price.group}
_ALWAYS_2 = constants("2")
_ALWAYS_4S = constants("4S")
_SERIAL_DIGITS, _DEVICE_DIGITS = 5, 14


def sheet_to_invoice(sheet: CareSheet) -> tuple[bytes | None, tuple[Finding, ...]]:
    """The invoice's bytes (n x 128), or None and every value that B2 cannot hold. Amounts in cents come from the sheet's lines.

    A sheet has 1 to 999 lines (b2:06-TF).
    """
    try:
        return b"".join(_records(sheet)), ()
    except UnwritableError as error:
        return None, error.findings


def _records(sheet: CareSheet) -> Iterator[bytes]:
    beneficiary = sheet.beneficiary
    key: dict[str, Value] = {
        "provider_number": sheet.identity.billing_number,
        "insured_nir": beneficiary.insured_nir,
        "insured_nir_key": beneficiary.insured_nir_key,
        "invoice_number": sheet.identity.invoice_number,
    }
    yield encode_record("2", _head(sheet, key))
    yield encode_record(
        "2S",
        {
            **key,
            "sequence_number": 1,
            "payment_recipient": PAYMENT_RECIPIENT[sheet.settlement],
            "beneficiary_nir": beneficiary.nir,
            "beneficiary_nir_key": beneficiary.nir_key,
            "attending_doctor_declared_flag": _flag(sheet.attending_doctor_declared),
            "care_pathway_indicator": sheet.pathway.value,
        },
    )
    complement = encode_record("4S", _complement(sheet, key))
    identities = encode_record("4E", _identities(sheet, key))
    common = _line_common(sheet, key)
    count = 0
    for line in sheet.lines:
        yield encode_record("4", {**common, **_line(line)})
        yield complement
        yield identities
        count += 3
        if line.ccam is not None:
            yield encode_record("4M", _ccam(line, key))
            count += 1
    charged, fund = sheet.total_charged_cents, sheet.fund_cents
    yield encode_record(
        "5",
        {
            **key,
            "line_record_count": count,
            "total_fees": charged,
            "total_fees_fund": fund,
            "total_patient_share": charged - fund,
            "total_fees_complementary": sheet.complementary_cents,
        },
    )


def _head(sheet: CareSheet, key: dict[str, Value]) -> dict[str, Value]:
    beneficiary, cover = sheet.beneficiary, sheet.cover
    days = [line.performed_on for line in sheet.lines]
    if not days:
        entry = B2["5"].by_name["line_record_count"]
        raise UnwritableError((finding("B022", place_of(entry), found=0, expected=999),))
    first, last = min(days), max(days)
    return {
        **key,
        "admission_number": sheet.identity.invoice_number,
        "scheme_code": sheet.destination.scheme,
        "fund_code": sheet.destination.fund,
        "centre_code": sheet.destination.centre,
        "entitlement_proof_nature": ENTITLEMENT_PROOF[sheet.mode],
        "insurance_nature": cover.nature.value,
        "copay_exemption_code": cover.exemption.value,
        "hospitalisation_date": first,
        "work_accident_number": _accident(sheet),
        "split_flag": "F" if sheet.complementary_billed else "",
        "birth_date": beneficiary.birth_date.b2(),
        "birth_rank": beneficiary.birth_rank,
        "admission_date": first,
        "discharge_date": last,
        "discharge_hour": int(_ALWAYS_2["discharge_hour"]),
        "complementary_contract_type": SOLIDARITY_CONTRACT if cover.solidarity else "00",
        "complementary_body_number": sheet.complementary_body,
    }


def accident_date(sheet: CareSheet) -> date | None:
    """The date that stands in [0286] when no accident number does: the work accident's, or that caused by a third party."""
    cover = sheet.cover
    return cover.work_accident_on if cover.nature is InsuranceNature.WORK_ACCIDENT else cover.third_party_accident_on


def _accident(sheet: CareSheet) -> str:
    """The accident's number under work accident cover; else its date as 000AAMMJJ. b2:0286."""
    if sheet.cover.nature is InsuranceNature.WORK_ACCIDENT and sheet.cover.work_accident_number:
        return sheet.cover.work_accident_number
    day = accident_date(sheet)
    return f"000{day:%y%m%d}" if day is not None else ""


def _flag(declared: bool | None) -> str:
    return "" if declared is None else "O" if declared else "N"


def _line_common(sheet: CareSheet, key: dict[str, Value]) -> dict[str, Value]:
    performer, prescriber = sheet.performer, sheet.prescriber
    common: dict[str, Value] = {
        **key,
        "performer_number": performer.billing_number,
        "performer_specialty": performer.specialty,
        "prescriber_number": performer.billing_number,
    }
    if prescriber is not None:
        common["prescriber_number"] = prescriber.billing_number
        common["prescription_origin"] = prescriber.origin.value
        common["prescriber_specialty"] = prescriber.specialty
    return common


def act_nature(line: SheetLine) -> str:
    """The act code of record 4 without its majoration: the key letter, or a CCAM act's grouping code. vgm:b2-ccam-act-code."""
    return line.code if line.ccam is None else _GROUPS.get(line.code, CCAM_ACT_CODE)


def _line(line: SheetLine) -> dict[str, Value]:
    return {
        "copay_exemption_code": line.exemption.value,
        "care_date": line.performed_on,
        "act_code": f"{act_nature(line):<4}{line.majoration.value}",
        "quantity": line.quantity,
        "coefficient": line.coefficient,
        "act_count": line.act_count,
        "unit_price": line.unit_price_cents,
        "reimbursement_base": line.base_cents,
        "reimbursement_rate": line.rate_percent,
        "amount_payable_by_fund": line.fund_cents,
        "fee_total": line.charged_cents,
        "charge_qualifier": line.qualifier.value,
        "amount_payable_by_complementary": line.complementary_cents,
    }


def _complement(sheet: CareSheet, key: dict[str, Value]) -> dict[str, Value]:
    asked_on = sheet.prior_approval_requested_on
    return {
        **key,
        **_ALWAYS_4S,
        "sequence_number": 1,
        "performer_practice_mode": sheet.performer.mode.value,
        "prescriber_practice_mode": sheet.prescriber.mode.value if sheet.prescriber else "",
        "prior_approval_request_date": asked_on,
        "prior_approval_code": "1" if asked_on else "0",
        "ft_order_number": sheet.imaging_serial if is_plain_number(sheet.imaging_serial, _SERIAL_DIGITS) else "",
        "equipment_number": sheet.imaging_device if is_plain_number(sheet.imaging_device, _DEVICE_DIGITS) else "",
    }


def is_plain_number(text: str, digits: int) -> bool:
    """Whether a numeric field of that many digits holds `text` without losing anything: no letter, no leading zero."""
    return text.isascii() and text.isdigit() and len(text) <= digits and text[0] != "0"


def _identities(sheet: CareSheet, key: dict[str, Value]) -> dict[str, Value]:
    return {
        **key,
        "sequence_number": 1,
        "prescriber_rpps": sheet.prescriber.rpps if sheet.prescriber else "",
        "performer_rpps": sheet.performer.rpps,
        "performing_structure": sheet.structure_number,
    }


def _ccam(line: SheetLine, key: dict[str, Value]) -> dict[str, Value]:
    detail = line.ccam
    if detail is None:
        raise TypeError("a 4M is for a CCAM act")
    if len(detail.modifiers) > MODIFIERS_MAX:
        entry = B2["4M"].by_name["modifier_4"]
        place = place_of(entry)
        raise UnwritableError(
            (finding("B010", place, field=entry.field_id, label=entry.label_fr, expected=MODIFIERS_MAX),)
        )
    return {
        **key,
        "sequence_number": 1,
        "ccam_code": line.code,
        "documentary_extension": detail.extension,
        "activity_code": detail.activity,
        "phase_code": detail.phase,
        "association_code": detail.association,
        "conditional_reimbursement_flag": detail.conditional,
        **{f"modifier_{rank}": modifier for rank, modifier in enumerate(detail.modifiers, start=1)},
        **{f"tooth_{rank}": tooth for rank, tooth in enumerate(line.teeth[:TEETH_MAX], start=1)},
    }


# --- what B2 does not carry ------------------------------------------------------------------------------------------


def header_items(sheet: CareSheet) -> dict[str, HeaderItem]:
    """Those of the 16 items (and the project's own) that the B2 records do not carry, or not exactly; for the signed header.

    Days are ISO text; an item that is not given is left out, so that most headers are short. mess9821497a:1.
    """
    cover, prescriber = sheet.cover, sheet.prescriber
    items: dict[str, HeaderItem] = {
        "birth_date": sheet.beneficiary.birth_date.iso(),
        "completed_on": sheet.completed_on.isoformat(),
        "currency": sheet.currency,
    }
    _add(items, "card_serial", sheet.card_serial)
    _add(items, "prescribed_on", prescriber.prescribed_on_iso if prescriber else "")
    _add(items, "prevention_action", cover.prevention_action)
    _add(items, "local_scheme", cover.local_scheme)
    _add(items, "pregnancy_presumed_on", _iso(cover.pregnancy_presumed_on))
    _add(items, "delivery_on", _iso(cover.delivery_on))
    _add(items, "third_party_accident_on", _iso(cover.third_party_accident_on))
    _add(items, "work_accident_on", _iso(cover.work_accident_on))
    if cover.nature is not InsuranceNature.WORK_ACCIDENT:
        _add(items, "work_accident_number", cover.work_accident_number)
    if not is_plain_number(sheet.imaging_serial, _SERIAL_DIGITS):
        _add(items, "imaging_serial", sheet.imaging_serial)
    if not is_plain_number(sheet.imaging_device, _DEVICE_DIGITS):
        _add(items, "imaging_device", sheet.imaging_device)
    if sheet.replaces is not None:
        replaced = sheet.replaces
        items["replaces"] = f"{replaced.billing_number}/{replaced.made_on.isoformat()}/{replaced.serial}"
    for rank, line in enumerate(sheet.lines, start=1):
        if line.teeth[TEETH_MAX:] or (line.teeth and line.ccam is None):
            items[f"teeth:{rank}"] = " ".join(line.teeth)
        if line.number != rank:
            items[f"number:{rank}"] = line.number
    return items


def _add(items: dict[str, HeaderItem], name: str, value: HeaderItem) -> None:
    if value:
        items[name] = value


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
