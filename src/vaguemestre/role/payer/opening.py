"""Opening a received message, before anything is written: decrypt, verify, judge, check the mandate, then only read the lot.

Gives plain data. What concerns one sheet stays with that sheet; what concerns the lot refuses the lot.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.b2.shape import B2File, Lot
from vaguemestre.core.calendar import local_date
from vaguemestre.core.directory.mandates import Verb, may
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.decision import motive_of
from vaguemestre.core.payer.intake import ReceivedMessage
from vaguemestre.core.seal.lotmessage import LotContent, LotManifest, split_lot
from vaguemestre.core.seal.sealing import Opened, Role, Verdict
from vaguemestre.core.seal.sheetsigning import decode_signature_table
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.opened import Directory, OpenedLot, OpenedMessage
from vaguemestre.role.payer.opening_forwarded import open_forwarded
from vaguemestre.role.payer.opening_sheets import SheetReader, acts_of, holder_of

SENDERS: Final = frozenset({Role.PROFESSIONAL, Role.STATION})
_SENDERS_AND_FUNDS: Final = SENDERS | {Role.FUND}


def open_message(
    edges: PayerEdges, directory: Directory, message: ReceivedMessage, received_at: datetime
) -> OpenedMessage:
    """Open one message first received at `received_at`. Writes nothing."""
    source = f"message {message.id}"
    opened = edges.opener.open(message.raw, received_at=received_at, roles=_SENDERS_AND_FUNDS, source=source)
    if opened.content is None or opened.signer is None or opened.signing_time is None:
        return OpenedMessage(message, opened.digest, findings=opened.findings)
    if opened.signer.role is Role.FUND:
        return open_forwarded(edges, directory, message, opened)
    sender = holder_of(opened.signer)
    if sender not in directory.senders:
        _, missing = may(directory.mandates, sender, Verb.SEND, "-", opened.signing_time)
        return OpenedMessage(message, opened.digest, findings=missing)
    reader = _LotReader(edges, directory, message, opened, sender, received_at)
    content, findings = split_lot(opened.content, source=source)
    if content is None:
        unread = reader.unreadable_lot(errors_in(findings)[0])
        return OpenedMessage(message, opened.digest, () if unread is None else (unread,), tuple(findings))
    if content.manifest is not None:
        lots: tuple[OpenedLot, ...] = (reader.own_lot(content, content.manifest),)
    else:
        lots, findings = reader.carried_lots(content)
        if not lots:
            unread = reader.unreadable_lot((errors_in(findings) or [finding("B045", Place(source=source))])[0])
            lots = () if unread is None else (unread,)
    if any(lot.station is None for lot in lots):
        unknown = finding("A002", Place(source=source))
        return OpenedMessage(message, opened.digest, findings=(unknown, *findings))
    return OpenedMessage(message, opened.digest, lots, tuple(findings))


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
        holds = tuple(motive_of(item) for item in opened.findings) if opened.verdict is Verdict.HOLD else ()
        self._source = f"message {message.id}"
        received_on = local_date(received_at, edges.policy.territory)
        self._sheets = SheetReader(edges, directory, self._source, received_at, received_on, holds)

    # --- lots ------------------------------------------------------------------------------------------------------------

    def unreadable_lot(self, reason: Finding) -> OpenedLot | None:
        """A lot of which nothing can be read, but whose sender is known: refused as a whole. None when nobody can be answered."""
        numbers = {
            entry.billing_number
            for entry in self._directory.mandates.mandates
            if entry.holder == self._sender and Verb.SEND in entry.verbs and entry.in_force(self._signed_at)
        }
        stations = sorted(self._directory.stations.values(), key=lambda entry: entry.station.number)
        station = next((entry for entry in stations if entry.station.billing_number in numbers), None)
        if station is None:
            return None
        fund = self._addressed() or next(iter(self._edges.funds.values())).destination
        number = station.station.billing_number
        return OpenedLot(0, number, fund, None, 0, station, (), False, self._signed_at, reason)

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
        return replace(lot, sheets=self._sheets.own_sheets(lot, file.lots[0].invoices, table))

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
        if not file.complete and not wrong:
            wrong = [finding("B040", Place(source=self._source))]
        if refusal is not None or wrong:
            return replace(opened, refusal=refusal or wrong[0])
        sheets = tuple(
            self._sheets.carried_sheet(rank, invoice, opened) for rank, invoice in enumerate(lot.invoices, 1)
        )
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
        day = _lot_day(head)
        if day != manifest.made_on:  # also keeps out a day that no answer could write: record 1 has two digits of year
            place = Place(source=self._source, field="manifest")
            return finding("A017", place, found=manifest.made_on, expected="-" if day is None else day)
        if all(invoice.sound for invoice in invoices):
            total = sum(record.number("amount_payable_by_fund") for record in acts_of(invoices))
            if total != manifest.fund_cents:
                return finding("A004", Place(source=self._source, field="manifest"))
        return None


def _lot_day(lot: Lot) -> date | None:
    day = lot.head["lot_date"] if lot.head is not None else None
    return day if isinstance(day, date) else None
