"""What is doubted of one invoice of anyone's return: a visible list of checks, each from the invoice to its findings.

A check is silent on an invoice of which something could not be read, when what is missing could be what it looks for.
"""

from collections.abc import Callable, Iterator
from datetime import date

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.identifiers import nir_key
from vaguemestre.core.wire.records import place_of
from vaguemestre.toolkit.noemie.parts import Entity, Invoice

_SHARES = {
    "198": ("AMO", "amo_paid", "amo_paid_sign", "amo_state"),
    "199": ("AMC", "amc_paid", "amc_paid_sign", "amc_state"),
}
_LINES = ("210", "220")
_NIRS = (("insured_nir", "insured_nir_key"), ("beneficiary_nir", "beneficiary_nir_key"))


def told(code: str, entity: Entity, name: str, source: str, **values: object) -> Finding:
    """A finding at one field of an entity."""
    entry = entity.record.plan.layout.by_name[name]
    values = {"field": entry.field_id, "label": entry.label_fr, **values}
    return finding(code, place_of(entry, entity.rank, source), **values)


def lines_add_up(invoice: Invoice, source: str) -> Iterator[Finding]:
    """What the fund pays is what its lines say, with or without the local scheme's share; the AMC's part alike. noemie:198."""
    lines = invoice.of(*_LINES)
    if not invoice.whole or not lines:
        return
    paid = sum(line.cents("amount_reimbursed", "sign") for line in lines)
    local = sum(line.record.number("alsace_moselle_amount") for line in lines)
    for share in invoice.of("198"):
        found = share.cents("amo_paid", "amo_paid_sign")
        if share.record.text("amo_state") not in ("R", "D") and found not in (paid, paid + local):
            yield told("N020", share, "amo_paid", source, part="AMO", found=found, expected=paid)
    due = sum(line.record.number("complementary_amount") for line in lines)
    shares = invoice.of("199")
    asked = sum(share.record.number("amc_requested") for share in shares)
    if shares and asked != due:
        yield told("N020", shares[0], "amc_requested", source, part="AMC", found=asked, expected=due)


def state_agrees(invoice: Invoice, source: str) -> Iterator[Finding]:
    """Only what is paid moves money. noemie:198."""
    for share in invoice.of(*_SHARES):
        _, amount, sign, state = _SHARES[share.name]
        found = share.cents(amount, sign)
        letter = share.record.text(state)
        if letter in ("R", "D") and found:
            yield told("N026", share, amount, source, state=letter, found=found)


def rejection_has_a_reason(invoice: Invoice, source: str) -> Iterator[Finding]:
    """A rejected invoice says why. noemie:294."""
    if not invoice.whole or invoice.of("290", "294"):
        return
    for share in invoice.of("198"):
        if share.record.text("amo_state") == "R":
            yield told("N027", share, "amo_state", source)


def rejected_lines_exist(invoice: Invoice, source: str) -> Iterator[Finding]:
    """A line that a rejection names is one of the invoice's, when it has lines. Numbers of 210 have two digits. noemie:294."""
    known = {line.record.number("line_number") for line in invoice.of(*_LINES)}
    if not invoice.whole or not known:
        return
    for rejection in invoice.of("290", "294"):
        number = rejection.record.number("line_number")
        if number and number % 100 not in known:
            expected = " ".join(str(line) for line in sorted(known)[:20])
            yield told("N028", rejection, "line_number", source, found=number, expected=expected)


def identity_is_one(invoice: Invoice, source: str) -> Iterator[Finding]:
    """103 and 110 name the same person; the head names the lot it stands in. noemie:103."""
    people = invoice.of("103", "110")
    for person in people[1:]:
        yield from _differs(person, "insured_nir", people[0], "insured_nir", source)
    if invoice.head.name == "102" and invoice.lot is not None:
        yield from _differs(invoice.head, "lot_number", invoice.lot, "lot_number", source)
        yield from _differs(invoice.head, "lot_creation_date", invoice.lot, "lot_date", source)


def _differs(entity: Entity, name: str, other: Entity, other_name: str, source: str) -> Iterator[Finding]:
    found, expected = entity.record.raw(name), other.record.raw(other_name)
    if found != expected and found.strip(b" 0") and expected.strip(b" 0"):
        yield told("N031", entity, name, source, found=_text(found), expected=_text(expected), other=other.rank)


def keys_hold(invoice: Invoice, source: str) -> Iterator[Finding]:
    """Each NIR has its key. fides:07-DICO."""
    for entity in invoice.of("103", "110"):
        yield from wrong_keys(entity, source)


def wrong_keys(entity: Entity, source: str) -> Iterator[Finding]:
    """The keys of one entity's NIRs that are not theirs; a NIR of another form is left alone, it may be another number."""
    fields = entity.record.plan.layout.by_name
    for name, key in _NIRS:
        if name not in fields:
            continue
        nir, found = entity.record.text(name), entity.record.text(key)
        if not nir.strip("0") or not found.strip("0 "):
            continue
        try:
            expected = nir_key(nir)
        except ValueError:
            continue
        if found != expected:
            yield told("N030", entity, key, source, found=found, expected=expected)


def dates_follow(invoice: Invoice, source: str) -> Iterator[Finding]:
    """Care ends after it starts, and neither care nor invoice is after the file. noemie:210."""
    made = invoice.file.record["creation_date"] if invoice.file is not None else None
    for line in invoice.of(*_LINES):
        start, end = line.record["care_or_start_date"], line.record["end_date"]
        if isinstance(start, date) and isinstance(end, date) and end < start:
            yield told("N035", line, "end_date", source, found=end, expected=start)
    if not isinstance(made, date):
        return
    named = {"102": "invoice_date", "210": "care_or_start_date", "220": "care_or_start_date", "294": "care_date"}
    for entity in invoice.of(*named):
        day = entity.record[named[entity.name]]
        if isinstance(day, date) and day > made:
            yield told("N034", entity, named[entity.name], source, found=day, expected=made)


InvoiceCheck = Callable[[Invoice, str], Iterator[Finding]]

INVOICE_CHECKS: tuple[InvoiceCheck, ...] = (
    lines_add_up,
    state_agrees,
    rejection_has_a_reason,
    rejected_lines_exist,
    identity_is_one,
    keys_hold,
    dates_follow,
)


def _text(raw: bytes) -> str:
    return str(raw, "latin-1").strip()
