"""What a person changes by hand: cancel before hand-over, correct a rejected sheet, hand out paper, give a copy.

Numbers are never given again. A correction has a new number and names the old sheet: both are one claim. Paper never stops the
electronic attempts: the first to arrive counts.
"""

from dataclasses import replace
from datetime import datetime

from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_invoice
from vaguemestre.core.caresheet import CareSheet, DraftSheet
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lot import LotState
from vaguemestre.core.practice.book import Origin, SheetChange, SheetKey, SheetRow, Travelling
from vaguemestre.core.seal.sheetfile import compose_sheet
from vaguemestre.core.seal.sheetsigning import decode_header
from vaguemestre.core.sheet.paper import duplicate
from vaguemestre.core.sheet.sameness import differences
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Book, View
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.lots import take_apart
from vaguemestre.role.practice.record import Entry, Recorded, record
from vaguemestre.tables.lifecycles import SheetState

_BEFORE_HAND_OVER = frozenset({SheetState.RECORDED, SheetState.IN_LOT, SheetState.SEALED})
_ENDED = frozenset({SheetState.SETTLED, SheetState.REJECTED})
_NOTHING_TO_CLAIM = frozenset({SheetState.SETTLED, SheetState.CANCELLED})
"""A rejected sheet may still be asked for on paper: the electronic one is over."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to print and to sign, with what to tell."""

    text: str
    findings: tuple[Finding, ...] = ()


def cancel(edges: PracticeEdges, key: SheetKey, now: datetime) -> tuple[bool, tuple[Finding, ...]]:
    """Cancel a sheet that the payer cannot have; the other sheets of its lot wait again, under the same numbers."""
    with edges.store.write() as book:
        row = book.sheet_by_key(key)
        if row is None:
            return False, (_no_such_sheet(key),)
        if row.state is SheetState.CANCELLED:
            return True, (finding("R078", Place(source=str(key)), sheet=key),)
        if row.state in _ENDED:
            return False, (finding("R079", Place(source=str(key)), sheet=key, state=row.state.value),)
        if row.state not in _BEFORE_HAND_OVER or not _leave_lot(book, row):
            name = str(key)
            return False, (finding("R026", Place(source=name), sheet=name, state=row.state.value),)
        book.change_sheets([SheetChange(row.id, SheetState.CANCELLED, None, ended_at=now)])
        book.touch(now)
    return True, ()


def _leave_lot(book: Book, row: SheetRow) -> bool:
    """Take the sheet's lot apart unless an attempt goes on; True when the sheet is free."""
    if row.lot_id is None:
        return True
    lot = book.lot(row.lot_id)
    if lot is None or lot.state not in (LotState.CLOSED, LotState.SEALED):
        return False
    file = book.file(lot.file_id)
    if file is None or file.origin is Origin.CARRIED:
        return False  # its bytes are another software's: nothing can be taken out of them
    if any(attempt.outcome is None for attempt in book.attempts_of_file(file.id)):
        return False
    take_apart(book, file.id)
    return True


def correct(edges: PracticeEdges, key: SheetKey, entry: Entry, now: datetime, *, confirmed: bool = False) -> Recorded:
    """Record the corrected sheet of a rejected one: a new number that names the old.

    Of another patient, performer or day it is refused (R090) unless a person `confirmed` that this is what was wrong.
    """
    identity = key.identity
    if identity is None:
        return Recorded(None, None, (), (_no_such_sheet(key),))
    differing = () if confirmed else other_care(edges, key, entry.draft)
    if differing:
        return Recorded(None, None, (), (*entry.findings, *differing))
    return record(edges, replace(entry, draft=replace(entry.draft, replaces=identity)), now)


def other_care(edges: PracticeEdges, key: SheetKey, draft: DraftSheet) -> tuple[Finding, ...]:
    """R090 when a draft is not of the patient, performer and days of the rejected sheet that it corrects; else nothing."""
    with edges.store.read() as view:
        row = view.sheet_by_key(key)
        is_rejected = row is not None and row.state is SheetState.REJECTED
        travelling = view.travelling(row.id) if row is not None and is_rejected else None
    if travelling is None:
        return ()  # whatever else is wrong with it is for `record` to say
    said = differences(sheet_in(travelling), draft)
    if not said:
        return ()
    what_fr, what_en = (", ".join(part) for part in zip(*said, strict=True))
    return (finding("R090", Place(field="replaces"), sheet=key, what_fr=what_fr, what_en=what_en),)


def paper_duplicate(
    edges: PracticeEdges, key: SheetKey, reason: str, now: datetime, *, patient: str = "", lang: str = "fr"
) -> tuple[Paper | None, tuple[Finding, ...]]:
    """The duplicate to print when a sheet cannot be sent: marked as such, with reason, sheet and lot numbers (css:R161-47).

    The sheet is marked as being on paper and goes on being tried.
    """
    with edges.store.write() as book:
        row = book.sheet_by_key(key)
        travelling = book.travelling(row.id) if row is not None else None
        if row is None:
            return None, (_no_such_sheet(key),)
        if row.state in _NOTHING_TO_CLAIM:
            return None, (finding("R077", Place(source=str(key)), sheet=key, state=row.state.value),)
        if travelling is None:
            return None, (_no_such_sheet(key),)
        lot = book.lot(row.lot_id) if row.lot_id is not None else None
        label = patient or book.body(row.id).label
        found: tuple[Finding, ...] = ()
        if row.on_paper_at is not None:
            name = str(key)
            found = (finding("R044", Place(source=name), sheet=name, day=edges.today(row.on_paper_at)),)
        book.mark_on_paper(row.id, now, reason)
        book.touch(now)
    sheet = sheet_in(travelling)
    number = lot.identity.number if lot is not None else None
    return Paper(duplicate(sheet, reason, number, edges.today(now), label, lang), found), found


def signed_copy(edges: PracticeEdges, key: SheetKey) -> tuple[bytes | None, tuple[Finding, ...]]:
    """One sheet with its signatures as a file of its own, verifiable alone: the copy that the insured may ask for."""
    with edges.store.read() as view:
        row = view.sheet_by_key(key)
        travelling = view.travelling(row.id) if row is not None else None
    if travelling is None:
        return None, (_no_such_sheet(key),)
    return compose_sheet(travelling.signed, travelling.records), ()


def sheet_in(travelling: Travelling) -> CareSheet:
    """The sheet read back from its signed bytes. Raises ValueError when they cannot be read: our own fault."""
    header, _ = decode_header(travelling.signed.header, travelling.signed.invoice_number)
    invoice, _ = parse_invoice(travelling.records)
    if header is not None and invoice is not None:
        sheet, _ = invoice_to_sheet(invoice, header.identity, header.items)
        if sheet is not None:
            return sheet
    raise ValueError("a stored sheet cannot be read back")


def find_sheet(view: View, name: str) -> SheetRow | None:
    """The sheet that a person names: `751990112/2022-04-27/0012`, `751990112/2022/123456789`, or an invoice number alone."""
    key = key_of(name)
    return view.sheet_by_key(key) if key is not None else None


def key_of(name: str) -> SheetKey | None:
    """A printed name as a key; None when it has not the form of one."""
    parts = name.strip().split("/")
    if len(parts) != 3 or not all(parts) or not parts[2].isdigit():
        return None
    billing_number, made_on, last = parts
    if len(made_on) == 4 and made_on.isdigit():
        return SheetKey(billing_number, last.zfill(9), made_on)
    try:
        day = datetime.strptime(made_on, "%Y-%m-%d").date()  # noqa: DTZ007 (a day, no instant)
    except ValueError:
        return None
    return SheetKey(billing_number, f"{day:%y%j}{int(last):04d}", made_on)


def _no_such_sheet(key: SheetKey) -> Finding:
    return finding("R040", Place(source=str(key)), sheet=key)
