"""Writes a return as NOEMIE entities, in the order of `tables.noemie_order`, with true counts, totals and signs."""

from collections.abc import Iterator
from decimal import Decimal

from vaguemestre.core.b2.writing import RECIPIENT_TYPES
from vaguemestre.core.noemie.codec import encode_entity
from vaguemestre.core.noemie.shape import (
    COMMENT_LENGTH,
    EXTRA_LENGTH,
    LABEL_LENGTH,
    NATURE_LENGTH,
    InvoiceReturn,
    LineReturn,
    PaymentState,
    Rejection,
    Return,
)
from vaguemestre.core.wire.records import Value, plain_text, safe_text, writable_day
from vaguemestre.tables.noemie_order import (
    INVOICE_LEVEL,
    INVOICE_TYPES,
    LOT_LEVEL,
    NATURES,
    RETURN_TYPE_ELECTRONIC,
    RETURN_TYPE_PAPER,
)

LINE_NUMBERS = 100
"""Entity 210 numbers lines on two digits: the reader counts on from the line before."""
_TRANSFER_LABEL_LENGTH = 32
_COEFFICIENT_MAX = Decimal("999.99")  # B2 holds ten times as much; left out rather than cut
_LEVEL: dict[str, Value] = {"break_level": INVOICE_LEVEL}


def encode_return(answer: Return) -> bytes:
    """The whole stream, without newline. Invoices of one lot should stand together: one 080 opens each stretch of them.

    Raises ValueError when an invoice contradicts itself (a state other than paid with an amount, lines that do not add up to what
    is paid), UnwritableError when a value does not fit: both our own fault.
    """
    for invoice in answer.invoices:
        if contradicts(invoice) or not adds_up(invoice):
            raise ValueError(f"invoice {invoice.invoice_number} of a return contradicts itself")
    ends: dict[str, Value] = {
        "sender_type": RECIPIENT_TYPES.get(answer.fund.scheme, "SM"),
        "sender_number": sender_number(answer),
        "recipient_type": "TP",
        "recipient_number": answer.payee.zfill(14),
        "exchange_type": "TR",
        "file_identifier": answer.identifier,
    }
    parts = [*_head(answer, ends)]
    lots = 0
    lot: tuple[object, int] | None = None
    for invoice in answer.invoices:
        if lot != (invoice.lot_date, invoice.lot_number):
            lot = (invoice.lot_date, invoice.lot_number)
            lots += 1
            values: dict[str, Value] = {"lot_date": invoice.lot_date, "lot_number": f"{invoice.lot_number:03d}"}
            parts.append(encode_entity("080", {**values, "break_level": LOT_LEVEL}))
        parts += _invoice(invoice)
    total, sign = _signed(answer.paid_cents)
    closing: dict[str, Value] = {
        "break_identification": answer.payee,
        "lower_level_count": len(answer.invoices),
        "lower_level_total": total,
        "sign": sign,
    }
    parts.append(encode_entity("990", closing))
    counts: dict[str, Value] = {"record_count": len(parts) + 1, "lot_count": lots}
    parts.append(encode_entity("999", {**ends, **counts, "file_total": total, "file_total_sign": sign}))
    return b"".join(parts)


def _head(answer: Return, ends: dict[str, Value]) -> Iterator[bytes]:
    own: dict[str, Value] = {
        "creation_date": answer.created_on,
        "standard": "CP",
        "standard_version": "NO",
        "currency": "U",
        "record_length": "128",
    }
    yield encode_entity("000", {**ends, **own})
    yield encode_entity("040", {"payment_recipient_number": answer.payee})
    transfer: dict[str, Value] = {
        "accounting_or_transfer_date": answer.accounting_date,
        "transfer_label_1": plain_text(answer.transfer_label, _TRANSFER_LABEL_LENGTH),
        "transfer_label_2": plain_text(answer.transfer_label_2, _TRANSFER_LABEL_LENGTH),
        "paying_body": answer.fund.code,
    }
    yield encode_entity("071", transfer)
    yield encode_entity("081", {"return_type_code": RETURN_TYPE_PAPER if answer.paper else RETURN_TYPE_ELECTRONIC})


def sender_number(answer: Return) -> str:
    """The fund as record 000 names it: six zeros, scheme, computing centre (zeros), fund. b2file:000."""
    return f"000000{answer.fund.scheme}000{answer.fund.fund}"


def contradicts(invoice: InvoiceReturn) -> bool:
    """Only a paid invoice moves money."""
    return invoice.state is not PaymentState.PAID and invoice.paid_cents != 0


def adds_up(invoice: InvoiceReturn) -> bool:
    """The lines of an invoice, when they are given, add up to what is paid."""
    return not invoice.lines or sum(line.paid_cents for line in invoice.lines) == invoice.paid_cents


def _signed(cents: int) -> tuple[int, str]:
    return abs(cents), "N" if cents < 0 else "P"


def _invoice(invoice: InvoiceReturn) -> Iterator[bytes]:
    yield encode_entity(
        "102",
        {
            **_LEVEL,
            "invoice_number": safe_text(invoice.invoice_number, 9),
            "lot_number": f"{invoice.lot_number:03d}",
            "lot_creation_date": writable_day(invoice.lot_date),
            "invoice_type": INVOICE_TYPES[invoice.state.value],
            "invoice_date": writable_day(invoice.made_on),
            "insurance_nature": invoice.nature.value,
        },
    )
    yield encode_entity(
        "103",
        {
            **_LEVEL,
            "insured_nir": safe_text(invoice.insured_nir, 13),
            "insured_nir_key": invoice.insured_nir_key,
            "beneficiary_nir": plain_text(invoice.beneficiary_nir, 13),
            "beneficiary_nir_key": invoice.beneficiary_nir_key,
            "birth_date": invoice.birth_aammjj,
            "birth_rank": invoice.birth_rank,
        },
    )
    yield encode_entity("150", {**_LEVEL, "insurance_nature": NATURES[invoice.nature.value]})
    paid, sign = _signed(invoice.paid_cents)
    yield encode_entity(
        "198",
        {
            **_LEVEL,
            "amo_requested": invoice.requested_cents,
            "amo_state": invoice.state.value,
            "amo_paid": paid,
            "amo_paid_sign": sign,
        },
    )
    share = invoice.complementary
    if share is not None:
        body = share.body if share.body.isascii() and share.body.isdigit() else ""
        values: dict[str, Value] = {
            "amc_requested": share.due_cents,
            "amc_paid": 0,
            "amc_paid_sign": "P",
            "amc_number": body,
        }
        yield encode_entity("199", {**_LEVEL, **values})
    for line in invoice.lines:
        yield _line(line)
    for rank, rejection in enumerate(invoice.rejections, start=1):
        yield from _rejection(rank, rejection)


def _line(line: LineReturn) -> bytes:
    paid, sign = _signed(line.paid_cents)
    return encode_entity(
        "210",
        {
            **_LEVEL,
            "line_number": line.number % LINE_NUMBERS,
            "copay_exemption_code": line.exemption.value,
            "care_or_start_date": line.performed_on,
            "end_date": line.performed_on,
            "unit_price": line.unit_price_cents,
            "reimbursement_base": line.base_cents,
            "reimbursement_rate": line.rate_percent,
            "amount_reimbursed": paid,
            "sign": sign,
            "act_nature": plain_text(line.code, NATURE_LENGTH),
            "act_nature_complement": line.majoration.value,
            "quantity": line.quantity,
            "coefficient": line.coefficient if line.coefficient <= _COEFFICIENT_MAX else None,
            "act_count": line.act_count,
            "charge_total": line.charged_cents,
            "complementary_amount": line.complementary_cents,
        },
    )


def _rejection(rank: int, rejection: Rejection) -> Iterator[bytes]:
    yield encode_entity(
        "294",
        {
            **_LEVEL,
            "rejection_code": rejection.code,
            "rejection_label": plain_text(rejection.label, LABEL_LENGTH),
            "rejection_level": "L" if rejection.line else "F",
            "part": "O",
            "act_nature": plain_text(rejection.act_code, 5),
            "care_date": rejection.care_date,
            "performer_number": rejection.performer_number,
            "line_number": rejection.line,
            "rejection_rank": f"{min(rank, 99):02d}",
            "rejection_extra": plain_text(rejection.field, EXTRA_LENGTH),
        },
    )
    if rejection.next_step:
        yield encode_entity("295", {**_LEVEL, "comment": plain_text(rejection.next_step, COMMENT_LENGTH)})
