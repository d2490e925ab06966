"""Reading the sheets of an opened lot, one by one: a bad one is refused alone, a doubtful one is held."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256

from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.caresheet import CareSheet, SecurityMode, SheetIdentity
from vaguemestre.core.directory.mandates import HolderKind, Verb, check_serial, holder, may
from vaguemestre.core.findings import Finding, Level, Place, errors_in, finding
from vaguemestre.core.payer.decision import Motive, motive_of
from vaguemestre.core.payer.intake import StoreKey, carried_key, store_key
from vaguemestre.core.seal.sealing import CertificateFacts, Role, SheetVerdict, Verdict
from vaguemestre.core.seal.sheetsigning import SheetHeader, SheetSignature, SignatureTable, decode_header
from vaguemestre.core.sheet.sheetchecks import check_sheet
from vaguemestre.core.wire.records import Record
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.opened import Directory, OpenedLot, OpenedSheet

_RPPS_DIGITS = 11


def holder_of(signer: CertificateFacts) -> str:
    """How mandates name who signed. vgm:mandates."""
    if signer.role is Role.STATION:
        return holder(HolderKind.STATION, signer.number)
    person = len(signer.number) == _RPPS_DIGITS
    return holder(HolderKind.PROFESSIONAL if person else HolderKind.CARD, signer.number)


class _Reading:
    """One sheet of a lot while it is read: its invoice, who signed it, and what was found so far."""

    __slots__ = ("content", "data", "findings", "header", "invoice", "rank", "sheet", "signed", "verdict")

    def __init__(self, rank: int, invoice: Invoice, signed: SheetSignature | None, verdict: SheetVerdict) -> None:
        self.rank, self.invoice, self.signed, self.verdict = rank, invoice, signed, verdict
        self.data = invoice.data
        self.content = b""
        self.header: SheetHeader | None = None
        self.sheet: CareSheet | None = None
        self.findings: Sequence[Finding] = ()


class SheetReader:
    """Reads the sheets of one message. `holds` keep all of them for a person: the lot's own signature is doubtful."""

    def __init__(
        self,
        edges: PayerEdges,
        directory: Directory,
        source: str,
        received_at: datetime,
        received_on: date,
        holds: tuple[Motive, ...],
    ) -> None:
        self._edges, self._directory, self._source = edges, directory, source
        self._received_at, self._received_on, self._holds = received_at, received_on, holds

    def own_sheets(
        self,
        lot: OpenedLot,
        invoices: Sequence[Invoice],
        table: SignatureTable,
        first_received_at: datetime | None = None,
    ) -> tuple[OpenedSheet, ...]:
        """The signed sheets of a lot; `first_received_at` when another fund had them before."""
        records: dict[str, bytes] = {}
        for invoice in invoices:
            records.setdefault(invoice.number, invoice.data)  # the second of a number is refused by its own finding
        first = first_received_at or self._received_at
        verdicts, _ = self._edges.verifier.verify(table, records, received_at=first, source=self._source)
        by_number = {verdict.invoice_number: verdict for verdict in verdicts}
        signatures = {entry.invoice_number: entry for entry in table.sheets}
        readings = [
            _Reading(rank, invoice, signatures.get(invoice.number), by_number[invoice.number])
            for rank, invoice in enumerate(invoices, 1)
        ]
        # Stage by stage over the whole lot, not sheet by sheet: each stage finds its own instructions still at hand.
        for reading in readings:
            self._read_header(reading)
        for reading in readings:
            self._read_items(reading)
        return tuple([self._own_sheet(reading, lot) for reading in readings])

    def _read_header(self, reading: _Reading) -> None:
        """What both cards signed, and the header in it; nothing when a signature is refused."""
        signed, verdict = reading.signed, reading.verdict
        if signed is None or verdict.verdict is Verdict.REFUSE or verdict.professional is None:
            reading.findings = verdict.findings
            return
        reading.content = sha256(signed.head + reading.data).digest()  # of the very bytes that were signed
        reading.header, reading.findings = decode_header(signed.header, reading.invoice.number, self._source)

    def _read_items(self, reading: _Reading) -> None:
        """The sheet that the records and the signed header are."""
        header = reading.header
        if header is not None:
            reading.sheet, found = invoice_to_sheet(reading.invoice, header.identity, header.items, self._source)
            if reading.sheet is None:
                reading.findings = found

    def _own_sheet(self, reading: _Reading, lot: OpenedLot) -> OpenedSheet:
        """One sheet as it was read, with what refuses or holds it."""
        rank, sheet, verdict, content = reading.rank, reading.sheet, reading.verdict, reading.content
        if sheet is None:
            key = None if reading.header is None else store_key(reading.header.identity)
            return self._unreadable(rank, reading.invoice, content or reading.data, reading.findings, key)
        refusals = [
            *self._belongs(sheet, lot),
            *self._signed_by(sheet, verdict),
            *errors_in(check_sheet(sheet, self._received_on, self._edges.policy.territory)),
        ]
        holds = self._holds
        if verdict.verdict is Verdict.HOLD:
            holds = (*holds, *(motive_of(item) for item in verdict.findings))
        for odd in self._numbered(sheet, lot):
            if odd.code.level is Level.ERROR:
                refusals.append(odd)
            else:
                holds = (*holds, motive_of(odd))
        return _read_sheet(rank, sheet, store_key(sheet.identity), content, reading.data, verdict.card, refusals, holds)

    def carried_sheet(self, rank: int, invoice: Invoice, lot: OpenedLot) -> OpenedSheet:
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
        if sheet.identity.billing_number != lot.billing_number:
            place = Place(source=self._source, field="item:6")
            found.append(finding("A003", place, found=sheet.identity.billing_number, expected=lot.billing_number))
        if sheet.destination != lot.destination:
            place = Place(source=self._source, field="item:5")
            found.append(finding("A001", place, found=sheet.destination.code, expected=lot.destination.code))
        return found

    def _numbered(self, sheet: CareSheet, lot: OpenedLot) -> tuple[Finding, ...]:
        """The serial is one of the sending station's. vgm:station-serials.

        Another station's is refused, so that its owner may still use it; nobody's is held for a person: a range may have been
        changed since the sheet was signed.
        """
        serial, station = sheet.identity.serial, lot.station
        if station is None or station.station.first <= serial <= station.station.last:
            return ()
        number, billing = station.station.number, sheet.identity.billing_number
        for other in self._directory.stations.values():
            owner = other.station
            if owner.billing_number == billing and owner.number != number and owner.first <= serial <= owner.last:
                return check_serial(station.station, serial)
        return (finding("A018", Place(source=self._source, field="item:2"), serial=serial, station=number),)

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
        claimed = sum(record.number("amount_payable_by_fund") for record in acts_of([invoice]))
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
        settlement=sheet.settlement.value,
        data=data,
        card_signed=card is not None,
        refusals=tuple(refusals),
        holds=holds,
    )


def acts_of(invoices: Iterable[Invoice]) -> Iterable[Record]:
    """The act lines (records 4) of invoices."""
    return (record for invoice in invoices for record in invoice.records if record.name == "4")
