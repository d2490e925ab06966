"""Why no check sees some damages: the reasons behind the survivors of `mutants`, and the page that tells them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final

from mutants import DAMAGES, EMPTY, MALFORMED, Mutant, mutants, sound_file

from vaguemestre.core.findings import Level
from vaguemestre.core.wire.layouts import Absent, Kind
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES
from vaguemestre.toolkit.lexicon import field_label

REASONS: Final[Mapping[str, str]] = {
    "filler": "reserved, and never read: what stands there is no part of the invoice",
    "optional": "the norm lets a file leave it empty",
    "listed": "another code of the list is as legal; nothing else in the file says which one is right",
    "unlisted": "a code whose list was not found in public material: any content of its form is accepted",
    "own": "the issuer's own text or number, or somebody's name: any content of its form is legal",
    "no key": "an identifier whose key, if it has one, no public text at hand describes",
    "day": "another day is as plausible: no other date of the file binds it more closely",
    "unbound": "a count or an amount that no equation of the public material binds",
    "one": "absent, it counts as 1, which is what stood there",
    "price": "an amount without its unit price is not computed again",
    "either": "the number and the RPPS each name the same person: one of them is enough",
    "unconfirmed": "our source of this record is unconfirmed and says no more of this field than its place",
    "patient": "the insured person's NIR need not be the patient's, so a birth date is compared with the days of care alone",
}
"""Reason -> what it says."""

_GROUPS: Final[Mapping[str, str]] = {
    "listed": " ".join(f"4M.tooth_{rank}" for rank in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15)),
    "unlisted": """
        000.exchange_type 000.compression 999.exchange_type 1.establishment_category 1.legal_status 1.tariff_mode 2.centre_code
        2.coverage_issued_by 2.benefit_scheme 2S.payment_recipient 3.act_code 3.daily_charge_coverage_code 3.ghs_number
        3S.prior_approval_code 3S.stay_interruption_nature 4.act_code 4S.coordination_option 4S.prior_approval_code
        4S.amo_override_code 4S.amc_override_code 4S.ghs_number 4S.prevention_flag 4S.prevention_qualifier
        3F.lpp_code 3H.ucd_code 4H.ucd_code 4B.act1_nabm_code 4B.act2_nabm_code 4B.act3_nabm_code 4B.act4_nabm_code
        4B.act5_nabm_code 4M.ccam_code 4M.documentary_extension 4M.activity_code 4M.phase_code 4M.modifier_1 4M.modifier_2
        4M.modifier_3 4M.modifier_4 4M.conditional_reimbursement_flag 4M.practice_cost_supplement
        4M.complementary_modifier_1 4M.complementary_modifier_2 4M.complementary_modifier_3 4M.complementary_modifier_4""",
    "own": """
        000.sender_program 000.recipient_program 000.password 000.message 999.sender_program 999.recipient_program
        1.provider_name 2.admission_number 2S.receipt_number_complement 2S.attending_doctor_last_name
        2S.attending_doctor_first_name 5.vendor_zone 3F.reserved_39 3H.reserved_39 4B.reserved_39 4H.reserved_39
        4M.reserved_39 4S.undescribed_66""",
    "no key": """
        2.complementary_body_number 3S.transfer_or_execution_place 3S.care_network_number 3S.ft_order_number
        3S.equipment_number 3E.prescribing_structure 3F.supplier_siret 4S.execution_place 4S.care_network_number
        4S.ft_order_number 4S.equipment_number 4E.prescribing_structure 4E.performing_structure""",
    "day": "2.work_accident_number",
    "patient": "2.birth_date",
    "unbound": """
        2.birth_rank 2.discharge_hour 3.funding_rate 3F.reference_tariff 3F.total_charge 3F.purchase_unit_price
        4.act_count 4S.theoretical_base 4B.act1_quantity 4B.act2_quantity 4B.act3_quantity 4B.act4_quantity
        4B.act5_quantity 4H.reconstitution_cost 4H.margin 999.file_total_other_currency""",
    "one": "3.quantity: 3.coefficient: 4.quantity:",
    "price": "3F.unit_gap: 3H.unit_gap: 3H.purchase_unit_price: 4H.unit_price:",
    "either": "4E.prescriber_rpps: 4E.performer_rpps:",
    "unconfirmed": """
        000.standard 000.standard_version 000.currency 1.standard_b2 1.standard_cp 1.standard_release 1.currency
        6.counter_18 6.counter_22 6.total_amount_3 999.file_total_sign""",
}
OF_FIELDS: Final[Mapping[str, str]] = {field: reason for reason, fields in _GROUPS.items() for field in fields.split()}
"""`record.field` -> the reason why another value (or, after `record.field:`, none) is not seen, where `reason_of` cannot tell."""


def reason_of(mutant: Mutant) -> str:
    """The key of the reason why it survives; "" when none is known, which fails a test."""
    entry = mutant.entry
    name = f"{mutant.record}.{entry.name}"
    if entry.kind is Kind.FILLER:
        return "filler"
    if mutant.damage == EMPTY:
        return OF_FIELDS.get(f"{name}:", "optional" if entry.absent is Absent.OK else "")
    if mutant.damage == MALFORMED:
        return ""
    if name in OF_FIELDS:
        return OF_FIELDS[name]
    if CODES.get((entry.record, entry.name)) or PUBLIC_CODES.get((entry.record, entry.name)) or entry.codes:
        return "listed"
    return "day" if entry.kind is Kind.DATE else ""


def page(header: str) -> str:
    """docs/mutants.md."""
    found = list(mutants())
    alive = [mutant for mutant in found if mutant.level is None]
    parts = [
        header,
        "# Damages that no check sees\n",
        f"A file of {len(sound_file())} records, one of every type at least, with every field filled that may be, has no finding. "
        "Each field of each record is then damaged in turn, and `vaguemestre b2 check` asked. In the place of what the field holds "
        "stands\n",
        *(f"- **{name}**: {what};" for name, what in DAMAGES.items()),
        "",
        f"{len(found)} damaged files in all: {len(found) - len(alive)} are told of, {len(alive)} are not. A finding that rests on "
        "an unconfirmed source is `unverified`: it is told and fails no file. "
        "Each damage counts once, at the gravest level that is said of it.\n",
        _summary(found),
        "## Why some survive\n",
        *(f"- **{key}**: {why} ({Counter(map(reason_of, alive))[key]})" for key, why in REASONS.items()),
        "\n## The survivors\n",
        *_survivors(alive),
    ]
    return "\n".join(parts)


def _summary(found: Iterable[Mutant]) -> str:
    rows = [
        "| record | fields | damages | error | warning | unverified | no finding |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, group in groupby(found, key=lambda mutant: mutant.record):
        own = list(group)
        told = Counter(mutant.level for mutant in own)
        fields = len({mutant.entry.name for mutant in own})
        levels = " | ".join(str(told[level]) for level in (Level.ERROR, Level.WARNING, Level.UNVERIFIED, None))
        rows.append(f"| {name} | {fields} | {len(own)} | {levels} |")
    return "\n".join(rows) + "\n"


def _survivors(alive: Iterable[Mutant]) -> Iterable[str]:
    for name, group in groupby(alive, key=lambda mutant: mutant.record):
        yield f"### Record {name}\n\n| field | what it is | columns | damage (why) |\n|---|---|---|---|"
        for _, of_field in groupby(group, key=lambda mutant: mutant.entry.name):
            own = list(of_field)
            entry = own[0].entry
            label = "filler" if entry.kind is Kind.FILLER else field_label(entry, "en")
            damages = ", ".join(f"{mutant.damage} ({reason_of(mutant)})" for mutant in own)
            yield f"| `{entry.field_id}` | {label} | {entry.columns[0]}-{entry.columns[1]} | {damages} |"
        yield ""
