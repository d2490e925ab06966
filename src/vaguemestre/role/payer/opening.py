"""Opening a received message, before anything is written: decrypt, verify, judge, check the mandate, then only read the lot.

Gives plain data. What concerns one sheet stays with that sheet; what concerns the lot refuses the lot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.b2.shape import B2File, Invoice, Lot
from vaguemestre.core.calendar import local_date
from vaguemestre.core.caresheet import CareSheet, SecurityMode, Settlement, SheetIdentity
from vaguemestre.core.decision import Motive, motive_of
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.intake import ReceivedMessage, StoreKey, carried_key, store_key
from vaguemestre.core.lotmessage import LotContent, LotManifest, split_lot
from vaguemestre.core.mandates import HolderKind, MandateTable, Verb, holder, may
from vaguemestre.core.parties import Destination
from vaguemestre.core.records import Record
from vaguemestre.core.registry import StationRecord
from vaguemestre.core.sealing import CertificateFacts, Opened, Role, SheetVerdict, Verdict
from vaguemestre.core.sheetchecks import check_sheet
from vaguemestre.core.sheetsigning import SignatureTable, decode_header, decode_signature_table, signed_bytes
from vaguemestre.role.payer.edges import PayerEdges

SENDERS: Final = frozenset({Role.PROFESSIONAL, Role.STATION})
_RPPS_DIGITS: Final = 11


class Directory(NamedTuple):
    """What the payer's register says of those who send: mandates and stations, as of now."""

    mandates: MandateTable
    senders: frozenset[str]  # holders who may send for somebody
    stations: Mapping[str, StationRecord]  # by number


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """One sheet of an opened lot. `refusals` refuse it, `holds` keep it for a person; `sheet` is None when it cannot be read."""

    rank: int
    invoice_number: str
    key: StoreKey
    content: bytes
    sheet: CareSheet | None
    care_year: int
    claimed_cents: int
    settlement: str
    data: bytes
    card_signed: bool = False
    refusals: tuple[Finding, ...] = ()
    holds: tuple[Motive, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedLot:
    """One lot of a message. With `refusal` the whole lot is refused and its sheets are not looked at."""

    part: int
    billing_number: str
    destination: Destination
    made_on: date | None
    number: int
    station: StationRecord | None
    return_addresses: tuple[str, ...]
    carried: bool
    signed_at: datetime
    refusal: Finding | None = None
    sheets: tuple[OpenedSheet, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """What one message turned out to be. Without lots it is set aside with its findings: nobody can be answered."""

    message: ReceivedMessage
    digest: str
    lots: tuple[OpenedLot, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def open_message(
    edges: PayerEdges, directory: Directory, message: ReceivedMessage, received_at: datetime
) -> OpenedMessage:
    """Open one message first received at `received_at`. Writes nothing."""
    source = f"message {message.id}"
    opened = edges.opener.open(message.raw, received_at=received_at, roles=SENDERS, source=source)
    if opened.content is None or opened.signer is None or opened.signing_time is None:
        return OpenedMessage(message, opened.digest, findings=opened.findings)
    sender = holder_of(opened.signer)
    if sender not in directory.senders:
        _, missing = may(directory.mandates, sender, Verb.SEND, "-", opened.signing_time)
        return OpenedMessage(message, opened.digest, findings=missing)
    content, findings = split_lot(opened.content, source=source)
    if content is None:
        return OpenedMessage(message, opened.digest, findings=tuple(findings))
    reader = _LotReader(edges, directory, message, opened, sender, received_at)
    if content.manifest is not None:
        lots: tuple[OpenedLot, ...] = (reader.own_lot(content, content.manifest),)
    else:
        lots, findings = reader.carried_lots(content)
    if any(lot.station is None for lot in lots):
        unknown = finding("A002", Place(source=source))
        return OpenedMessage(message, opened.digest, findings=(unknown, *findings))
    return OpenedMessage(message, opened.digest, lots, tuple(findings))


def holder_of(signer: CertificateFacts) -> str:
    """How mandates name who signed. vgm:mandates."""
    if signer.role is Role.STATION:
        return holder(HolderKind.STATION, signer.number)
    person = len(signer.number) == _RPPS_DIGITS
    return holder(HolderKind.PROFESSIONAL if person else HolderKind.CARD, signer.number)


class _LotReader:
    """Reads the lots of one opened message."""

    def __init__(
        self,
        edges: PayerEdges,
        directory: Directory,
        message: ReceivedMessage,
        opened: Opened,
        sender: str,
        received_at: datetime,
    ) -> None:
        if opened.signing_time is None:
            raise TypeError("an opened message has its signing time")
        self._edges, self._directory, self._message = edges, directory, message
        self._sender, self._received_at, self._signed_at = sender, received_at, opened.signing_time
        self._holds = tuple(motive_of(item) for item in opened.findings) if opened.verdict is Verdict.HOLD else ()
        self._source = f"message {message.id}"
        self._received_on = local_date(received_at, edges.policy.territory)

    # --- lots ------------------------------------------------------------------------------------------------------------

    def own_lot(self, content: LotContent, manifest: LotManifest) -> OpenedLot:
        station = self._directory.stations.get(manifest.station)
        if station is not None and station.station.billing_number != manifest.billing_number:
            station = None
        lot = OpenedLot(
            part=0,
            billing_number=manifest.billing_number,
            destination=manifest.destination,
            made_on=manifest.made_on,
            number=manifest.lot_number,
            station=station,
            return_addresses=manifest.return_addresses,
            carried=False,
            signed_at=self._signed_at,
        )
        refusal = self._sender_refusal(manifest.billing_number, manifest.destination, demo=content.demo)
        if refusal is not None:
            return replace(lot, refusal=refusal)
        file, findings = parse_file(content.b2, source=self._source)
        table, unread = decode_signature_table(content.signatures or b"", self._source)
        refusal = self._whole_refusal(manifest, file, findings, unread)
        if refusal is not None or file is None or table is None:
            return replace(lot, refusal=refusal or finding("A004", Place(source=self._source)))
        return replace(lot, sheets=self._own_sheets(lot, file.lots[0], table))

    def carried_lots(self, content: LotContent) -> tuple[tuple[OpenedLot, ...], list[Finding]]:
        """The lots of a B2 file made by other software, paid under the lot's signature. vgm:carried."""
        file, findings = parse_file(content.b2, source=self._source)
        if file is None or not file.lots:
            return (), list(findings)
        lots = tuple(self._carried_lot(part, lot, file, content.demo) for part, lot in enumerate(file.lots))
        return lots, []

    def _carried_lot(self, part: int, lot: Lot, file: B2File, demo: bool) -> OpenedLot:
        billing_number = lot.billing_number or (lot.invoices[0].billing_number if lot.invoices else "")
        stations = [item for item in self._directory.stations.values() if item.station.billing_number == billing_number]
        first = lot.invoices[0].records[0] if lot.invoices else None
        destination = (
            Destination(first.text("scheme_code"), first.text("fund_code"), first.text("centre_code"))
            if first is not None
            else self._addressed() or Destination("00", "000")
        )
        opened = OpenedLot(
            part=part,
            billing_number=billing_number,
            destination=destination,
            made_on=_lot_day(lot),
            number=int(lot.number) if lot.number.isdigit() else 0,
            station=stations[0] if stations else None,
            return_addresses=(),
            carried=True,
            signed_at=self._signed_at,
        )
        refusal = self._sender_refusal(billing_number, destination, demo=demo)
        wrong = errors_in((*file.findings, *lot.findings))
        if refusal is not None or wrong:
            return replace(opened, refusal=refusal or wrong[0])
        sheets = tuple(self._carried_sheet(rank, invoice, opened) for rank, invoice in enumerate(lot.invoices, 1))
        return replace(opened, sheets=sheets)

    def _addressed(self) -> Destination | None:
        desk = self._edges.addressed(self._message.rcpt_tos)
        return None if desk is None else desk.destination

    def _sender_refusal(self, billing_number: str, destination: Destination, *, demo: bool) -> Finding | None:
        """Mandate first, then the address, then the mark of a test."""
        mandate, missing = may(self._directory.mandates, self._sender, Verb.SEND, billing_number, self._signed_at)
        if mandate is None:
            return missing[0]
        expected = self._addressed()
        if destination.code not in self._edges.funds or (expected is not None and expected != destination):
            shown = expected.code if expected is not None else ", ".join(self._edges.funds)
            return finding("A001", Place(source=self._source), found=destination.code, expected=shown)
        if demo and not self._edges.policy.demo:
            return finding("A007", Place(source=self._source))
        return None

    def _whole_refusal(
        self, manifest: LotManifest, file: B2File | None, findings: Iterable[Finding], unread: list[Finding]
    ) -> Finding | None:
        """What refuses a lot as a whole: an unreadable or contradictory file, totals that lie, no signatures."""
        if file is None:
            return next(iter(errors_in(findings)), finding("A004", Place(source=self._source)))
        wrong = errors_in((*file.findings, *(item for lot in file.lots for item in lot.findings), *unread))
        if wrong:
            return wrong[0]
        invoices = file.invoices
        if len(file.lots) != 1 or len(invoices) != manifest.sheet_count:
            place = Place(source=self._source, field="manifest")
            return finding("A005", place, expected=manifest.sheet_count, found=len(invoices))
        head = file.lots[0]
        if head.number != f"{manifest.lot_number:03d}" or head.billing_number != manifest.billing_number:
            place = Place(source=self._source, field="manifest")
            return finding("A003", place, found=head.billing_number, expected=manifest.billing_number)
        if all(invoice.sound for invoice in invoices):
            total = sum(record.number("amount_payable_by_fund") for record in _acts(invoices))
            if total != manifest.fund_cents:
                return finding("A004", Place(source=self._source, field="manifest"))
        return None

    # --- sheets ----------------------------------------------------------------------------------------------------------

    def _own_sheets(self, lot: OpenedLot, b2: Lot, table: SignatureTable) -> tuple[OpenedSheet, ...]:
        records: dict[str, bytes] = {}
        for invoice in b2.invoices:
            records.setdefault(invoice.number, invoice.data)  # the second of a number is refused by its own finding
        verdicts, _ = self._edges.verifier.verify(table, records, received_at=self._received_at, source=self._source)
        by_number = {verdict.invoice_number: verdict for verdict in verdicts}
        signatures = {entry.invoice_number: entry for entry in table.sheets}
        sheets = []
        for rank, invoice in enumerate(b2.invoices, 1):
            entry = signatures.get(invoice.number)
            header = entry.header if entry is not None else b""
            sheets.append(self._own_sheet(rank, invoice, header, by_number[invoice.number], lot))
        return tuple(sheets)

    def _own_sheet(
        self, rank: int, invoice: Invoice, header_bytes: bytes, verdict: SheetVerdict, lot: OpenedLot
    ) -> OpenedSheet:
        data = invoice.data
        if verdict.verdict is Verdict.REFUSE or verdict.signed_at is None or verdict.professional is None:
            return self._unreadable(rank, invoice, data, verdict.findings)
        content = sha256(signed_bytes(header_bytes, data, verdict.signed_at)).digest()
        header, findings = decode_header(header_bytes, invoice.number, self._source)
        if header is None:
            return self._unreadable(rank, invoice, content, findings)
        sheet, found = invoice_to_sheet(invoice, header.identity, header.items, self._source)
        if sheet is None:
            return self._unreadable(rank, invoice, content, found, store_key(header.identity))
        refusals = [
            *self._belongs(sheet, lot),
            *self._signed_by(sheet, verdict),
            *errors_in(check_sheet(sheet, self._received_on, self._edges.policy.territory)),
        ]
        holds = self._holds
        if verdict.verdict is Verdict.HOLD:
            holds = (*holds, *(motive_of(item) for item in verdict.findings))
        return _read_sheet(rank, sheet, store_key(sheet.identity), content, data, verdict.card, refusals, holds)

    def _carried_sheet(self, rank: int, invoice: Invoice, lot: OpenedLot) -> OpenedSheet:
        data = invoice.data
        content = sha256(data).digest()
        sheet, found = invoice_to_sheet(invoice, None, None, self._source)
        if sheet is None:
            return self._unreadable(rank, invoice, content, found)
        key = carried_key(invoice.billing_number, invoice.number, min(line.performed_on for line in sheet.lines))
        refusals = self._belongs(sheet, lot)
        return _read_sheet(rank, sheet, key, content, data, None, refusals, self._holds)

    def _belongs(self, sheet: CareSheet, lot: OpenedLot) -> list[Finding]:
        """The sheet's own billing number and fund are those of its lot."""
        found = []
        place = Place(source=self._source, field="item:6")
        if sheet.identity.billing_number != lot.billing_number:
            found.append(finding("A003", place, found=sheet.identity.billing_number, expected=lot.billing_number))
        if sheet.destination != lot.destination:
            place = Place(source=self._source, field="item:5")
            found.append(finding("A001", place, found=sheet.destination.code, expected=lot.destination.code))
        return found

    def _signed_by(self, sheet: CareSheet, verdict: SheetVerdict) -> list[Finding]:
        """The performer signed, may sign for this billing number, and the card is the one that the sheet names."""
        signer, signed_at = verdict.professional, verdict.signed_at
        if signer is None or signed_at is None:
            return []
        found: list[Finding] = []
        number = sheet.identity.billing_number
        if signer.number != sheet.performer.rpps:
            place = Place(source=self._source, field="item:16")
            found.append(finding("A008", place, found=signer.number, expected=sheet.performer.rpps))
        mandate, missing = may(self._directory.mandates, holder_of(signer), Verb.SIGN, number, signed_at)
        if mandate is None:
            found += missing
        card = verdict.card
        secured = sheet.mode is SecurityMode.SECURED
        if (card is not None and card.number != sheet.card_serial) or (card is None and secured):
            place = Place(source=self._source, field="item:16")
            found.append(finding("A009", place, expected=sheet.card_serial or "-", found=card.number if card else "-"))
        return found

    def _unreadable(
        self, rank: int, invoice: Invoice, content: bytes, findings: Iterable[Finding], key: StoreKey | None = None
    ) -> OpenedSheet:
        """A sheet that is refused before it could be read as one."""
        number = invoice.number
        year = 2000 + int(number[0:2]) if number[0:2].isdigit() else self._received_on.year
        named = key or self._number_key(invoice, year)
        if len(content) != sha256().digest_size:
            content = sha256(content).digest()
        refusals = tuple(errors_in(findings)) or tuple(findings)
        claimed = sum(record.number("amount_payable_by_fund") for record in _acts([invoice]))
        return OpenedSheet(rank, number, named, content, None, year, claimed, "", invoice.data, refusals=refusals)

    def _number_key(self, invoice: Invoice, year: int) -> StoreKey:
        """The identity that the invoice number alone tells; nothing signed says it."""
        try:
            return store_key(
                SheetIdentity.from_invoice_number(invoice.billing_number, invoice.number, self._received_on)
            )
        except ValueError:
            return StoreKey(invoice.billing_number, invoice.number, str(year))


def _read_sheet(
    rank: int,
    sheet: CareSheet,
    key: StoreKey,
    content: bytes,
    data: bytes,
    card: CertificateFacts | None,
    refusals: list[Finding],
    holds: tuple[Motive, ...],
) -> OpenedSheet:
    return OpenedSheet(
        rank=rank,
        invoice_number=key.invoice_number,
        key=key,
        content=content,
        sheet=sheet,
        care_year=min(line.performed_on for line in sheet.lines).year,
        claimed_cents=sheet.fund_cents,
        settlement=Settlement(sheet.settlement).value,
        data=data,
        card_signed=card is not None,
        refusals=tuple(refusals),
        holds=holds,
    )


def _lot_day(lot: Lot) -> date | None:
    day = lot.head["lot_date"] if lot.head is not None else None
    return day if isinstance(day, date) else None


def _acts(invoices: Iterable[Invoice]) -> Iterable[Record]:
    return (record for invoice in invoices for record in invoice.records if record.name == "4")
