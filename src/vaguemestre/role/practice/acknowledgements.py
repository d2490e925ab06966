"""Applying an acknowledgement: which sheets of the lot it takes, refuses, holds or sends back, in one transaction.

The acknowledgement names only the sheets that are not plainly registered; every other sheet of the lot is. What it says of a lot or
a sheet unknown here (a restored store) is kept and shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lot import LotEvent, LotIdentity, LotState, after
from vaguemestre.core.practice.book import FileStage, LotRow, NewAnswer, NewSheetAnswer, Origin, SheetChange
from vaguemestre.core.practice.reasons import Reason, understood
from vaguemestre.core.practice.reconciliation import SheetAnswer, Verdict
from vaguemestre.core.seal.lotmessage import AnswerManifest
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    Acknowledgement,
    AcknowledgementKind,
    FirstRegistration,
)
from vaguemestre.role.practice.book import Book, View
from vaguemestre.role.practice.reconcile import apply_to_sheet, unknown_sheet
from vaguemestre.role.practice.strangers import is_twins_lot, is_twins_sheet

_VERDICTS = {
    AcknowledgedOutcome.REGISTERED: Verdict.REGISTERED,
    AcknowledgedOutcome.DUPLICATE: Verdict.DUPLICATE,
    AcknowledgedOutcome.CONFLICT: Verdict.CONFLICT,
    AcknowledgedOutcome.HELD: Verdict.HELD,
    AcknowledgedOutcome.REFUSED: Verdict.REFUSED,
}
_FORWARDED_VERDICTS = {
    **_VERDICTS,
    AcknowledgedOutcome.FORWARDED: Verdict.FORWARDED,
    AcknowledgedOutcome.REGISTERED: Verdict.TAKEN_OVER,
    AcknowledgedOutcome.CONFLICT: Verdict.REJECTED,  # its lot was acknowledged before: this ends it as a return would
    AcknowledgedOutcome.REFUSED: Verdict.REJECTED,
}
_TAKEN = frozenset({Verdict.REGISTERED, Verdict.DUPLICATE, Verdict.HELD})
_WAIT_AFTER_REFUSALS = (timedelta(0), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""How long the sheets of one pair wait after the n-th refused lot in a row: a cause that stays would be met again at once."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What an acknowledgement is about, here: its lot when it is known, and whether it speaks of the sealing in force."""

    lot: LotRow | None
    name: str
    current: bool


def apply_acknowledgement(
    manifest: AnswerManifest,
    answer: Acknowledgement,
    stations: Sequence[Station],
    book: Book,
    mail_id: int,
    now: datetime,
) -> tuple[Finding, ...]:
    """Apply one acknowledgement inside the open transaction; gives what to tell. Applied once only.

    `stations`: those of this practice.
    """
    reference = str(manifest.number)
    if book.is_applied(manifest.fund, "acknowledgement", reference):
        return ()
    target = _target(book, manifest, answer, stations)
    lot = target.lot
    answer_id = book.add_answer(
        NewAnswer(
            mail_id,
            reference,
            "acknowledgement",
            manifest.fund,
            answer.acknowledged_at.date(),
            lot.identity if lot is not None else _identity(answer),
            lot.id if lot is not None else None,
        )
    )
    if answer.kind is AcknowledgementKind.FORWARDED:
        lines, said = _apply_forwarded(book, answer, stations, now)
        book.add_sheet_answers(answer_id, lines, now)
        return said
    if lot is None:
        lines, said = _about_unknown_lot(book, answer, stations, target.name)
        book.add_sheet_answers(answer_id, lines, now)
        return said
    lines, said = _apply_to_lot(book, lot, target, answer, stations, now)
    book.add_sheet_answers(answer_id, lines, now)
    return said


def _target(book: View, manifest: AnswerManifest, answer: Acknowledgement, stations: Sequence[Station]) -> _Target:
    """By the sealed bytes that the manifest names, else by the lot's identity: a restored store forgot what it sealed.

    A lot of a day that this store remembers, under bytes that it never sealed, is a twin's of the same number.
    """
    for answered in manifest.lots:
        sealing = book.sealing_by_digest(answered.sealed_digest)
        if sealing is None:
            continue
        lots = book.lots_of_file(sealing.file_id)
        same = [lot for lot in lots if answer.lot_number in (0, lot.identity.number)]
        if same:
            return _Target(same[0], str(same[0].identity), sealing.is_current)
    identity = _identity(answer)
    lot = book.lot_by_identity(identity) if identity is not None else None
    if lot is not None and is_twins_lot(book, stations, answer.billing_number, answer.lot_date):
        lot = None
    return _Target(lot, str(identity) if identity is not None else answer.content_digest[:12], True)


def _identity(answer: Acknowledgement) -> LotIdentity | None:
    if not answer.billing_number or answer.lot_date is None or not 1 <= answer.lot_number <= 999:
        return None
    return LotIdentity(answer.billing_number, answer.destination, answer.lot_date, answer.lot_number)


def _about_unknown_lot(
    book: View, answer: Acknowledgement, stations: Sequence[Station], name: str
) -> tuple[list[NewSheetAnswer], tuple[Finding, ...]]:
    lines = [
        _about_unknown_sheet(book, answer, stations, rank, sheet, _answer_about(sheet, True))
        for rank, sheet in enumerate(answer.sheets, 1)
    ]
    twin = is_twins_lot(book, stations, answer.billing_number, answer.lot_date)
    return lines, (finding("R061" if twin else "R001", Place(source=name), lot=name),)


def _about_unknown_sheet(
    book: View,
    answer: Acknowledgement,
    stations: Sequence[Station],
    rank: int,
    sheet: AcknowledgedSheet,
    said: SheetAnswer,
) -> NewSheetAnswer:
    day = answer.acknowledged_at.date()
    twin = is_twins_sheet(book, stations, answer.billing_number, sheet.invoice_number, day)
    return unknown_sheet(rank, answer.billing_number, sheet.invoice_number, said, twin=twin)


def _apply_forwarded(
    book: Book, answer: Acknowledgement, stations: Sequence[Station], now: datetime
) -> tuple[list[NewSheetAnswer], tuple[Finding, ...]]:
    """Only the sheets named are spoken of: their lot, whatever became of it, stays as it is, and ends with its last sheet.

    vgm:forwarded-sheet.
    """
    known = book.sheets_by_invoices(answer.billing_number, [sheet.invoice_number for sheet in answer.sheets])
    lines: list[NewSheetAnswer] = []
    changes: list[SheetChange] = []
    found: list[Finding] = []
    for rank, sheet in enumerate(answer.sheets, 1):
        said = _answer_about(sheet, True, _FORWARDED_VERDICTS)
        row = next((item for item in known.get(sheet.invoice_number, []) if item.origin is Origin.OWN), None)
        if row is None:
            lines.append(_about_unknown_sheet(book, answer, stations, rank, sheet, said))
            found += lines[-1].findings
            continue
        applied = apply_to_sheet(row, said, rank, now)
        lines.append(applied.line)
        changes += [applied.change] if applied.change is not None else []
        found += applied.findings
    book.change_sheets(changes)
    book.close_ended_lots(sorted({change.lot_id for change in changes if change.lot_id is not None}))
    return lines, tuple(found)


def _apply_to_lot(
    book: Book, lot: LotRow, target: _Target, answer: Acknowledgement, stations: Sequence[Station], now: datetime
) -> tuple[list[NewSheetAnswer], tuple[Finding, ...]]:
    """Every sheet that the lot held gets its verdict; the lot and its file move on."""
    named = {sheet.invoice_number: sheet for sheet in answer.sheets}
    negative = answer.kind is AcknowledgementKind.NEGATIVE
    rest = _rest_of_lot(answer) if negative else SheetAnswer(Verdict.REGISTERED)
    lines: list[NewSheetAnswer] = []
    changes: list[SheetChange] = []
    found: list[Finding] = []
    sent_back = 0
    held = book.sheets_of_lot(lot.id)
    for rank, row in enumerate(held, 1):
        about = named.pop(row.key.invoice_number, None)
        current = row.lot_id == lot.id and target.current
        said = _answer_about(about, current) if about is not None else _about_lot(rest, current)
        applied = apply_to_sheet(row, said, rank, now)
        lines.append(applied.line)
        changes += [applied.change] if applied.change is not None else []
        sent_back += said.verdict is Verdict.LOT_REFUSED and current
        found += applied.findings
    book.change_sheets(changes)
    for rank, sheet in enumerate(named.values(), len(held) + 1):
        said = _answer_about(sheet, True)
        lines.append(_about_unknown_sheet(book, answer, stations, rank, sheet, said))
        found += lines[-1].findings
    if negative and target.current:
        found.insert(0, _lot_refused(lot, answer, sent_back))
        _count_refusal(book, lot, now)
    elif not negative:
        book.set_fact(refusals_fact(lot.identity.billing_number, lot.identity.destination.code), "")
    _move_lot(book, lot, negative, target, now)
    return lines, tuple(found)


def _move_lot(book: Book, lot: LotRow, negative: bool, target: _Target, now: datetime) -> None:
    if negative and not target.current:
        return  # about former sealed bytes: those in force will have their own answer
    state = after(lot.state, LotEvent.REFUSE if negative else LotEvent.ACKNOWLEDGE)
    undone = state in (LotState.REFUSED, LotState.GIVEN_UP)
    book.set_lot(lot.id, state, answered_at=now, is_open=False if undone else None)
    book.close_ended_lots([lot.id])
    answered = all(
        other.id == lot.id or other.answered_at is not None or not other.is_open
        for other in book.lots_of_file(lot.file_id)
    )
    if answered:
        book.set_file(lot.file_id, FileStage.DONE)


def _rest_of_lot(answer: Acknowledgement) -> SheetAnswer:
    """What a negative acknowledgement says of the sheets that it does not name."""
    reason = Reason(answer.lot_finding_code or "-", "")
    return SheetAnswer(Verdict.LOT_REFUSED, reasons=(reason,))


def _about_lot(rest: SheetAnswer, current: bool) -> SheetAnswer:
    return SheetAnswer(rest.verdict, reasons=rest.reasons, about_current_lot=current)


def _answer_about(
    sheet: AcknowledgedSheet, current: bool, verdicts: Mapping[AcknowledgedOutcome, Verdict] = _VERDICTS
) -> SheetAnswer:
    """One named sheet as reconciliation reads it."""
    place = sheet.field_id
    if sheet.columns is not None:
        place = f"{place} {sheet.columns[0]}-{sheet.columns[1]}".strip()
    reasons = (Reason(sheet.finding_code, sheet.detail, None, place),) if sheet.finding_code else ()
    first = _first(sheet.first) if sheet.first is not None else ""
    return SheetAnswer(verdicts[sheet.outcome], reasons=reasons, about_current_lot=current, first_registered=first)


def _first(first: FirstRegistration) -> str:
    day = first.registered_at.date().isoformat()
    return f"{day}, lot {first.lot_number:03d}" if first.lot_number else day


def _lot_refused(lot: LotRow, answer: Acknowledgement, count: int) -> Finding:
    name = str(lot.identity)
    why = understood(Reason(answer.lot_finding_code or "-", ""))
    place = Place(source=name)
    return finding("R017", place, lot=name, count=count, rule=why.rule, label_fr=why.label.fr, label_en=why.label.en)


def refusals_fact(billing_number: str, destination_code: str) -> str:
    """The name under which refused lots in a row are counted: `count instant`, "" once a lot was taken."""
    return f"refused lots {billing_number} {destination_code}"


def waits_until(value: str | None) -> datetime | None:
    """Until when the sheets of a pair wait after refused lots; None when they need not."""
    return datetime.fromisoformat(value.split(" ", 1)[1]) if value else None


def _count_refusal(book: Book, lot: LotRow, now: datetime) -> None:
    name = refusals_fact(lot.identity.billing_number, lot.identity.destination.code)
    known = book.fact(name)
    count = int(known.split(" ", 1)[0]) if known else 0
    wait = _WAIT_AFTER_REFUSALS[min(count, len(_WAIT_AFTER_REFUSALS) - 1)]
    book.set_fact(name, f"{count + 1} {(now + wait).isoformat()}")
