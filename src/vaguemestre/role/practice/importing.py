"""What comes in as files: sheets entered as CSV or JSON, B2 files made by other software (carried), the payer's signed bundle.

A carried file travels as it is: it is read only to know which lots and sheets are in it. A bad sheet in it never stops the others;
nothing is taken in of a file that is refused.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from vaguemestre.core.b2.assembly import PAYMENT_RECIPIENT
from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import B2File, Invoice, Lot, parse_file
from vaguemestre.core.caresheet import CareSheet, Settlement
from vaguemestre.core.entry.drafts import Entered, EntryDefaults, EntryFormat, read_entry
from vaguemestre.core.entry.places import placed
from vaguemestre.core.findings import Finding, Place, as_warnings, errors_in, finding
from vaguemestre.core.lot import LotIdentity
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import NewSheet, Origin, SheetBody, SheetKey, told
from vaguemestre.core.sheet.deadlines import lapse_date, sending_deadline
from vaguemestre.core.sheet.sameness import entry_key
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Book
from vaguemestre.role.practice.corrections import other_care
from vaguemestre.role.practice.desk import Desk, Received
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.lots import may_send
from vaguemestre.role.practice.record import Recorded, record_many
from vaguemestre.tables.lifecycles import SheetState


class FileKind(StrEnum):
    """What a file given to `import` is, told by its first bytes."""

    ENTRY_CSV = "csv"
    ENTRY_JSON = "json"
    B2 = "b2"
    BUNDLE = "bundle"


def kind_of(head: bytes) -> FileKind:
    """Told from the first bytes: CMS in DER is a bundle, `000` or gzip a B2 file, a brace or bracket JSON, anything else CSV."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:3] == b"000" or head[:2] == b"\x1f\x8b":  # before DER, whose first byte is the digit 0 too
        return FileKind.B2
    if head[:1] == b"\x30":
        return FileKind.BUNDLE
    if _b2_elsewhere(head):
        return FileKind.B2
    return FileKind.ENTRY_JSON if start[:1] in (b"{", b"[") else FileKind.ENTRY_CSV


def _b2_elsewhere(head: bytes) -> bool:
    """Whether it is B2 in UTF-16 or EBCDIC, in which no practice enters sheets: the B2 reader says so."""
    wide = head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return wide[:6] in (b"0\0" * 3, b"\0" + b"0\0" * 2 + b"0") or head[:3] == b"\xf0" * 3


# --- entered sheets


@dataclass(frozen=True, slots=True)
class Imported:
    """One sheet of a file: where it stood, what the desk made of it, what recording gave (None when it was not tried).

    `findings`: everything to tell about it, once, with the places in the file.
    """

    entered: Entered
    received: Received
    recorded: Recorded | None
    findings: tuple[Finding, ...]


def import_entries(
    edges: PracticeEdges,
    chunks: Iterable[bytes],
    form: EntryFormat,
    defaults: EntryDefaults,
    now: datetime,
    *,
    source: str = "",
    again: Container[str] = (),
) -> Iterator[Imported]:
    """Record every sheet of an entry file, streamed; one bad sheet never takes the others. Each is given once it is on the disk.

    A row that was recorded before, from whatever file, is not recorded a second time: `recorded.already` names its sheet. `again`:
    lines or references of rows to record all the same, once more and no more however often the import is run.
    """
    desk = Desk(edges, now)
    batch: list[tuple[Entered, Received]] = []
    for entered in read_entry(chunks, form, defaults, source=source, cards=desk.read_card):
        batch.append((entered, _marked(edges, desk.receive(entered), entered, again)))
        if len(batch) >= _BATCH:
            yield from _record_received(edges, batch, now, source)
            batch = []
    yield from _record_received(edges, batch, now, source)


_BATCH = 100


def _marked(edges: PracticeEdges, received: Received, entered: Entered, again: Container[str]) -> Received:
    """With what the file says of the sheet, by which the same row is known; a row that corrects a sheet of other care is told."""
    if received.entry is None or entered.draft is None:
        return received
    key = entry_key(entered.draft, entered.reference)
    for name in (entered.reference, str(entered.line)):
        if name and name in again:
            key = f"{key}\nagain {name}"
            break
    entry = replace(received.entry, entry_key=key)
    replaced = entered.draft.replaces
    if replaced is not None:  # the row names it: nothing more is asked
        differing = as_warnings(other_care(edges, SheetKey.of(replaced), entered.draft))
        entry = replace(entry, findings=(*entry.findings, *differing))
    return replace(received, entry=entry)


def _record_received(
    edges: PracticeEdges, batch: list[tuple[Entered, Received]], now: datetime, source: str
) -> Iterator[Imported]:
    entries = [received.entry for _, received in batch if received.entry is not None]
    outcomes = iter(record_many(edges, entries, now))
    for entered, received in batch:
        recorded = next(outcomes) if received.entry is not None else None
        said = received.findings if recorded is None else recorded.findings
        if received.parallel_paper and recorded is not None and recorded.sheet is not None:
            said = (*said, finding("R052", sheet=recorded.sheet.identity))
        yield Imported(entered, received, recorded, placed(said, entered, source))


# --- carried B2


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A carried file taken in: its lots and how many sheets they hold. Empty when it was refused or known.

    `recognised`: whether it is B2 at all.
    """

    lots: tuple[LotIdentity, ...] = ()
    sheets: int = 0
    fund_cents: int = 0
    recognised: bool = True


class _RefusedError(Exception):
    """Leaves the transaction with nothing written."""

    def __init__(self, item: Finding) -> None:
        super().__init__(str(item))
        self.finding = item


def import_carried(
    edges: PracticeEdges, data: bytes, now: datetime, *, source: str = ""
) -> tuple[CarriedFile, tuple[Finding, ...]]:
    """Take in a B2 file made by other software; refused whole when the file or one of its lots is wrong.

    An invoice that is wrong goes along with the others: nothing can be taken out of another software's bytes. It is said here, and
    the fund's acknowledgement refuses it by its number.
    """
    digest = sha256(data).hexdigest()
    with edges.store.read() as view:
        if view.carried_file(digest) is not None:
            return CarriedFile(), (finding("R038", Place(source=source)),)
    file, findings = parse_file(data, source=source)
    if file is None:
        return CarriedFile(recognised=False), findings
    nothing = finding("R087", Place(source=source), count=len(file.invoices))
    if _wrong_as_a_whole(file, findings):
        return CarriedFile(), (*findings, nothing)
    lots, said, refusal = _read_lots(file, source)
    findings = (*findings, *said)
    if refusal is None and lots:
        refusal = _of_another_practice(edges, lots, source, now)
    if refusal is not None or not lots:
        return CarriedFile(), (*findings, *([refusal] if refusal is not None else []), nothing)
    try:
        with edges.store.write() as book:
            taken = _write_carried(edges, book, data, digest, lots, source, now)
    except _RefusedError as refused:
        return CarriedFile(), (*findings, refused.finding)
    return taken, findings


def _wrong_as_a_whole(file: B2File, findings: Iterable[Finding]) -> bool:
    """Whether something is wrong outside the invoices, or the file was cut: it refuses the file."""
    of_invoices = {id(item) for invoice in file.invoices for item in invoice.findings}
    return not file.complete or any(id(item) not in of_invoices for item in errors_in(findings))


@dataclass(frozen=True, slots=True)
class _CarriedSheet:
    """One invoice as the practice follows it. Of a bad one only what can be read is known; the rest is its lot's."""

    invoice: Invoice
    care_year: int
    settlement: Settlement
    completed_on: date
    fund_cents: int
    patient_key: str


@dataclass(frozen=True, slots=True)
class _CarriedLot:
    identity: LotIdentity
    sheets: tuple[_CarriedSheet, ...]


def _of_another_practice(edges: PracticeEdges, lots: list[_CarriedLot], source: str, now: datetime) -> Finding | None:
    """Why none of its lots could ever leave from here: neither numbered here, nor sent by a card of this practice."""
    with edges.store.read() as view:
        published = edges.directory.current(view)
    for lot in lots:
        number = lot.identity.billing_number
        if edges.settings.station(number) is None and not may_send(edges, published, number, now):
            return finding("R088", Place(source=source), billing_number=number)
    return None


def _read_lots(file: B2File, source: str) -> tuple[list[_CarriedLot], list[Finding], Finding | None]:
    """The lots to follow, what is wrong with single sheets, and what refuses the file."""
    lots: list[_CarriedLot] = []
    said: list[Finding] = []
    for lot in file.lots:
        made_on = _made_on(lot)
        read = [(invoice, *invoice_to_sheet(invoice, source=source)) for invoice in lot.invoices]
        said += [item for invoice, _, found in read if invoice.sound for item in found]
        destinations = [sheet.destination for _, sheet, _ in read if sheet is not None]
        if not destinations or made_on is None:
            return [], said, None
        destination = Destination(destinations[0].scheme, destinations[0].fund)
        identity = LotIdentity(lot.billing_number, destination, made_on, int(lot.number))
        sheets = (_carried_sheet(invoice, sheet, made_on) for invoice, sheet, _ in read)
        lots.append(_CarriedLot(identity, tuple(sheet for sheet in sheets if sheet is not None)))
    several = len({lot.identity.destination for lot in lots}) > 1
    return lots, said, finding("R047", Place(source=source)) if several else None


def _carried_sheet(invoice: Invoice, sheet: CareSheet | None, made_on: date) -> _CarriedSheet | None:
    """None for an invoice of which not even the number can be read: it was told, and nothing can follow it."""
    if sheet is not None:
        year, key = sheet.identity.made_on.year, sheet.beneficiary.key
        return _CarriedSheet(invoice, year, sheet.settlement, sheet.completed_on, sheet.fund_cents, key)
    if invoice.records[0].name != "2" or not invoice.number.isdigit():
        return None
    acts = [record for record in invoice.records if record.name == "4"]
    days = [day for record in acts if isinstance(day := record["care_date"], date)]
    second = next((record for record in invoice.records if record.name == "2S"), None)
    paid = second is not None and second.text("payment_recipient") == PAYMENT_RECIPIENT[Settlement.PATIENT_PAID]
    return _CarriedSheet(
        invoice,
        min(days, default=made_on).year,
        Settlement.PATIENT_PAID if paid else Settlement.TIERS_PAYANT,
        max(days, default=made_on),
        sum(record.number("amount_payable_by_fund") for record in acts),
        "",
    )


def _made_on(lot: Lot) -> date | None:
    day = lot.head["lot_date"] if lot.head is not None else None
    return day if isinstance(day, date) else None


def _write_carried(
    edges: PracticeEdges,
    book: Book,
    data: bytes,
    digest: str,
    lots: list[_CarriedLot],
    source: str,
    now: datetime,
) -> CarriedFile:
    sheets = [sheet for lot in lots for sheet in lot.sheets]
    territory = edges.settings.territory
    first = lots[0].identity
    file_id = book.add_file(
        first.billing_number,
        first.destination,
        now,
        earliest_deadline=min(sending_deadline(sheet, territory) for sheet in sheets),
        lapses_on=min(lapse_date(sheet.completed_on) for sheet in sheets),
        carried=data,
        digest=digest,
    )
    for lot in lots:
        _write_lot(edges, book, file_id, lot, source, now)
    return CarriedFile(tuple(lot.identity for lot in lots), len(sheets), sum(sheet.fund_cents for sheet in sheets))


def _write_lot(edges: PracticeEdges, book: Book, file_id: int, lot: _CarriedLot, source: str, now: datetime) -> None:
    identity = lot.identity
    place = Place(source=source)
    if identity.number in book.open_lot_numbers(identity.billing_number, identity.destination) or (
        book.lot_by_identity(identity) is not None
    ):
        raise _RefusedError(finding("R039", place, what_fr="un lot", what_en="a lot", number=str(identity)))
    fund_cents = sum(sheet.fund_cents for sheet in lot.sheets)
    lot_id = book.add_lot(file_id, identity, len(lot.sheets), fund_cents, now)
    ids = []
    for sheet in lot.sheets:
        invoice = sheet.invoice
        key = SheetKey(identity.billing_number, invoice.number, str(sheet.care_year))
        if book.sheet_by_key(key) is not None:
            where = Place(source=source, record=invoice.first)
            raise _RefusedError(finding("R039", where, what_fr="une feuille", what_en="a sheet", number=str(key)))
        new = NewSheet(
            key,
            Origin.CARRIED,
            sheet.settlement,
            identity.destination,
            sheet.fund_cents,
            sheet.completed_on,
            sending_deadline(sheet, edges.settings.territory),
            now,
            sheet.patient_key,
            None,
            SheetBody("", findings=told(invoice.findings), carried_records=invoice.data),
        )
        ids.append(book.add_sheet(new, lot_id, SheetState.IN_LOT))
    book.add_lot_members(lot_id, ids)
