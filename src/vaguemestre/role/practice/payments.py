"""Applying a return: what is expected against what is paid, sheet by sheet, in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime

from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.findings import Finding
from vaguemestre.core.practice.book import FileStage, NewAnswer, NewSheetAnswer, Origin, SheetChange, SheetRow
from vaguemestre.core.practice.reasons import Reason
from vaguemestre.core.practice.reconciliation import SheetAnswer, Verdict
from vaguemestre.core.returns import InvoiceReturn, PaymentState, Return
from vaguemestre.role.practice.book import Book
from vaguemestre.role.practice.reconcile import apply_to_sheet, paper_sheet, unknown_sheet
from vaguemestre.role.practice.strangers import is_twins_sheet


def apply_return(
    given: Return, stations: Sequence[Station], book: Book, mail_id: int, now: datetime
) -> tuple[Finding, ...]:
    """Apply one return inside the open transaction; gives what to tell. Applied once only. `stations`: those of this practice."""
    reference = _reference(given)
    if book.is_applied(given.fund, "return", reference):
        return ()
    numbers = [] if given.paper else [invoice.invoice_number for invoice in given.invoices]
    known = book.sheets_by_invoices(given.payee, numbers)
    matched = [(invoice, _find(known.get(invoice.invoice_number, []), invoice)) for invoice in given.invoices]
    answer_id = book.add_answer(
        NewAnswer(
            mail_id,
            reference,
            "return",
            given.fund,
            given.accounting_date,
            expected_cents=sum(row.fund_cents if row is not None else 0 for _, row in matched),
            paid_cents=given.paid_cents,
        )
    )
    lines: list[NewSheetAnswer] = []
    changes: dict[int, SheetChange] = {}
    found: list[Finding] = []
    lots: set[int] = set()
    for rank, (invoice, row) in enumerate(matched, 1):
        answer = _answer(invoice)
        if row is None:
            lines.append(_without_sheet(given, stations, book, rank, invoice, answer))
            found += lines[-1].findings
            continue
        current = row
        if row.id in changes:  # an invoice that stands twice in one return finds itself already settled
            book.change_sheets(changes.values())
            changes.clear()
            current = book.sheet(row.id) or row
        applied = apply_to_sheet(current, answer, rank, now)
        lines.append(applied.line)
        found += applied.findings
        if applied.change is not None:
            changes[row.id] = applied.change
        if row.lot_id is not None:
            lots.add(row.lot_id)
    book.change_sheets(changes.values())
    book.add_sheet_answers(answer_id, lines, now)
    if lots:
        book.close_ended_lots(sorted(lots))
        _stop_sending(book, lots)
    return tuple(found)


def _without_sheet(
    given: Return, stations: Sequence[Station], book: Book, rank: int, invoice: InvoiceReturn, answer: SheetAnswer
) -> NewSheetAnswer:
    number = invoice.invoice_number
    if given.paper:
        return paper_sheet(rank, given.payee, number, answer)
    twin = is_twins_sheet(book, stations, given.payee, number, given.accounting_date)
    return unknown_sheet(rank, given.payee, number, answer, twin=twin)


def _stop_sending(book: Book, lots: set[int]) -> None:
    """Money is an answer too: a file of which every sheet has ended is not sent again for want of its acknowledgement."""
    for lot_id in lots:
        lot = book.lot(lot_id)
        if lot is None or lot.is_open or lot.answered_at is not None:
            continue
        if not any(other.is_open for other in book.lots_of_file(lot.file_id)):
            book.set_file(lot.file_id, FileStage.DONE)


def _reference(given: Return) -> str:
    """The identity of a return (fund aside): the same one read twice is posted once."""
    return f"{given.payee}/{given.accounting_date.isoformat()}/{given.identifier}"


def _find(candidates: Sequence[SheetRow], invoice: InvoiceReturn) -> SheetRow | None:
    """The sheet of an invoice among those of its payee and number: the same day (ours) or year of care (carried)."""
    if len(candidates) <= 1:
        return next(iter(candidates), None)
    return next((row for row in candidates if _same_day(row, invoice.made_on)), candidates[-1])


def _same_day(row: SheetRow, made_on: date | None) -> bool:
    if made_on is None:
        return row.origin is Origin.OWN
    return row.key.made_on in (made_on.isoformat(), str(made_on.year))


def _answer(invoice: InvoiceReturn) -> SheetAnswer:
    """One invoice of a return as reconciliation reads it. Under tiers payant, what is accepted is what is paid."""
    reasons = tuple(
        Reason(item.code, item.label, item.line or None, item.field, item.next_step) for item in invoice.rejections
    )
    paid, claimed = invoice.paid_cents, invoice.requested_cents
    if paid < 0:
        return SheetAnswer(Verdict.TAKEN_BACK, claimed, None, paid, reasons)
    match invoice.state:
        case PaymentState.DEFERRED:
            return SheetAnswer(Verdict.DEFERRED, claimed, None, None, reasons)
        case PaymentState.REJECTED:
            return SheetAnswer(Verdict.REJECTED, claimed, 0, 0, reasons)
        case PaymentState.PAID:
            return SheetAnswer(Verdict.PAID, claimed, paid, paid, reasons)
