"""Opening what another insurer's fund forwards: one sheet, verified by its own signatures, to be registered here. mess9821498a:7.

The forwarding fund's word is taken for when and from whom the sheet came, and for nothing else.
"""

from dataclasses import replace

from vaguemestre.core.b2.files import parse_invoice
from vaguemestre.core.calendar import local_date
from vaguemestre.core.findings import Place, errors_in, finding
from vaguemestre.core.payer.decision import motive_of
from vaguemestre.core.payer.intake import ReceivedMessage
from vaguemestre.core.seal.forwardmessage import split_forward
from vaguemestre.core.seal.sealing import Opened, Verdict
from vaguemestre.role.payer.edges import FundDesk, PayerEdges
from vaguemestre.role.payer.opened import Directory, OpenedLot, OpenedMessage, OpenedSheet
from vaguemestre.role.payer.opening_sheets import SheetReader


def open_forwarded(edges: PayerEdges, directory: Directory, message: ReceivedMessage, opened: Opened) -> OpenedMessage:
    """One message that a fund signed. What cannot be taken is set aside: no practice is answered about it."""
    source = f"message {message.id}"
    if opened.content is None or opened.signer is None:
        raise TypeError("a forwarded sheet is read once its signature is verified")
    content, findings = split_forward(opened.content, source)
    if content is None:
        return OpenedMessage(message, opened.digest, findings=tuple(findings))
    manifest, place = content.manifest, Place(source=source)
    desk = edges.funds.get(manifest.fund.code)
    if opened.signer.number != manifest.forwarder.code:
        wrong = finding("A034", place, forwarder=manifest.forwarder.code, signer=opened.signer.number)
        return OpenedMessage(message, opened.digest, findings=(wrong,))
    if desk is None:
        wrong = finding("A001", place, found=manifest.fund.code, expected=", ".join(edges.funds))
        return OpenedMessage(message, opened.digest, findings=(wrong,))
    station = directory.stations.get(manifest.station)
    if station is None or station.station.billing_number != manifest.lot.billing_number:
        return OpenedMessage(message, opened.digest, findings=(finding("A002", place),))
    lot = OpenedLot(
        part=0,
        billing_number=manifest.lot.billing_number,
        destination=manifest.lot.destination,
        made_on=manifest.lot.made_on,
        number=manifest.lot.lot_number,
        station=station,
        return_addresses=manifest.return_addresses,
        carried=False,
        signed_at=min(manifest.received_at, message.received_at),
        forwarded=manifest,
    )
    if manifest.demo and not edges.policy.demo:
        return OpenedMessage(message, opened.digest, findings=(finding("A007", place),))
    invoice, found = parse_invoice(content.records, source)
    if invoice is None:
        return OpenedMessage(message, opened.digest, findings=tuple(errors_in(found)))
    holds = tuple(motive_of(item) for item in opened.findings) if opened.verdict is Verdict.HOLD else ()
    received_on = local_date(message.received_at, edges.policy.territory)
    reader = SheetReader(edges, directory, source, message.received_at, received_on, holds)
    sheets = reader.own_sheets(lot, [invoice], content.table, lot.signed_at)
    mine = replace(lot, destination=desk.destination, sheets=tuple(_addressed(sheet, desk) for sheet in sheets))
    return OpenedMessage(message, opened.digest, (mine,))


def _addressed(sheet: OpenedSheet, desk: FundDesk) -> OpenedSheet:
    """The sheet as addressed to the fund that has it now: the recipient is all that forwarding corrects."""
    return sheet if sheet.sheet is None else replace(sheet, sheet=replace(sheet.sheet, destination=desk.destination))
