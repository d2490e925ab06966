"""What acknowledgements and returns share: one answer applied to one stored sheet, written down with what it said."""

from datetime import datetime

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.money import plain
from vaguemestre.core.practice.book import NewSheetAnswer, Origin, SheetChange, SheetRow
from vaguemestre.core.practice.reasons import told_texts
from vaguemestre.core.practice.reconciliation import SheetAnswer, SheetFacts, Verdict, reconcile, takes_back
from vaguemestre.core.values import dataclass
from vaguemestre.tables.lifecycles import SheetState

_WITHOUT_LOT = frozenset({SheetState.RECORDED, SheetState.CANCELLED})


def facts_of(row: SheetRow) -> SheetFacts:
    """A stored sheet as reconciliation reads it."""
    return SheetFacts(
        str(row.key),
        row.state,
        row.settlement,
        row.fund_cents,
        row.origin is Origin.CARRIED,
        row.acknowledged_at is not None,
        row.accepted_cents,
        row.rejected_cents,
        row.paid_cents,
    )


@dataclass(frozen=True, slots=True)
class Applied:
    """One answer applied to one sheet: the line to keep, the change to write (None when nothing moves), what to tell."""

    line: NewSheetAnswer
    change: SheetChange | None
    findings: tuple[Finding, ...]


def apply_to_sheet(row: SheetRow, answer: SheetAnswer, rank: int, now: datetime) -> Applied:
    """Apply one answer to one sheet as it stands; the caller writes line and change in one transaction."""
    before = facts_of(row)
    after, found = reconcile(before, answer) if takes_back(before, answer) else (before, ())
    change = None
    if after != before:
        change = SheetChange(
            row.id,
            after.state,
            None if after.state in _WITHOUT_LOT else row.lot_id,
            now if after.acknowledged else None,
            now if after.is_ended else None,
            after.accepted_cents,
            after.rejected_cents,
            after.paid_cents,
        )
    line = NewSheetAnswer(
        rank,
        row.id,
        row.key.billing_number,
        row.key.invoice_number,
        answer.verdict.value,
        after.state if after.state is not before.state else None,
        answer.claimed_cents,
        answer.accepted_cents,
        None if after.rejected_cents == before.rejected_cents else after.rejected_cents,
        answer.paid_cents,
        found,
    )
    return Applied(line, change, found)


def unknown_sheet(
    rank: int, billing_number: str, invoice_number: str, answer: SheetAnswer, *, twin: bool
) -> NewSheetAnswer:
    """The line to keep of a sheet that this store does not know; `twin`: a copy of this store made it (vgm:store-twin)."""
    name = f"{billing_number}/{invoice_number}"
    paid = plain(answer.paid_cents or 0)
    told = finding("R060" if twin else "R002", Place(source=name), sheet=name, verdict=answer.verdict.value, paid=paid)
    return _without_sheet(rank, billing_number, invoice_number, answer, told)


def paper_sheet(rank: int, billing_number: str, invoice_number: str, answer: SheetAnswer) -> NewSheetAnswer:
    """The line to keep of a sheet sent on paper, which no store here ever held. vgm:paper-answer."""
    name = f"{billing_number}/{invoice_number}"
    paid, why = plain(answer.paid_cents or 0), told_texts(answer.reasons)
    place = Place(source=name)
    if answer.verdict is Verdict.PAID and not answer.reasons:
        told = finding("R058", place, sheet=name, paid=paid)
    else:
        told = finding("R059", place, sheet=name, paid=paid, label_fr=why.fr or "-", label_en=why.en or "-")
    return _without_sheet(rank, billing_number, invoice_number, answer, told)


def _without_sheet(
    rank: int, billing_number: str, invoice_number: str, answer: SheetAnswer, told: Finding
) -> NewSheetAnswer:
    return NewSheetAnswer(
        rank,
        None,
        billing_number,
        invoice_number,
        answer.verdict.value,
        None,
        answer.claimed_cents,
        answer.accepted_cents,
        None,
        answer.paid_cents,
        (told,),
    )
