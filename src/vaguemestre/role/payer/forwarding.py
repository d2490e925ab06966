"""Forwarding a sheet to the fund of another insurer on which its patient depended: archived bytes, sealed, told. mess9821498a:7.

Done inside the transaction that would have refused it: the message, the notice to the practice and the sheet's state are
one commit.
"""

from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.directory.bundle import CertificateUse, Fund
from vaguemestre.core.findings import Place, finding
from vaguemestre.core.mail.outbox import Answer
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.intake import ArchivedLot, StoredSheet
from vaguemestre.core.payer.registry import NeighbourList
from vaguemestre.core.seal.forwardmessage import FORWARD_KIND, ForwardManifest, compose_forward, signed_again
from vaguemestre.core.seal.lotmessage import MANIFEST_VERSION, AnsweredLot, AnswerKind, split_lot
from vaguemestre.core.seal.sealing import Verdict
from vaguemestre.core.seal.sheetsigning import SignedSheet, decode_signature_table, signed_bytes
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    Acknowledgement,
    AcknowledgementKind,
    encode_acknowledgement,
    sheet_from_finding,
)
from vaguemestre.role.payer.acknowledging import answer_addresses, keep_answer
from vaguemestre.role.payer.edges import FundDesk, PayerEdges
from vaguemestre.role.payer.opening import SENDERS
from vaguemestre.role.payer.register import NEIGHBOURS
from vaguemestre.role.payer.unit import Unit


class _Archived(NamedTuple):
    """One sheet as it came: its lot, its records, its signatures."""

    lot: ArchivedLot
    made_on: date
    signed: SignedSheet
    records: bytes


def forward(edges: PayerEdges, unit: Unit, stored: StoredSheet, code: str, now: datetime) -> bool:
    """Forward one registered sheet to the fund `code`; False when it is to be refused as before.

    That is: the fund is unknown or its certificate is not to be used, the sheet is no signed electronic one, or it was itself
    forwarded here. All or nothing: what it wrote is undone when it raises.
    """
    if stored.carried or stored.key.is_paper:
        return False
    neighbours = unit.register.document(NEIGHBOURS, NeighbourList)
    fund = None if neighbours is None else neighbours[1].fund(code)
    certificate = None if fund is None else fund.certificate(CertificateUse.ENCRYPT, now)
    desk = edges.funds.get(stored.sheet.destination.code)
    if fund is None or certificate is None or desk is None:
        return False
    if edges.judge_recipient(certificate.der, now).verdict is Verdict.REFUSE:
        return False
    archived = _from_archive(edges, unit, stored)
    if archived is None:
        return False
    with unit.attempt():
        message = _send(edges, unit, desk, fund, certificate.der, archived, now)
        notice = _tell(edges, unit, desk, fund, stored, archived, now)
        unit.forwards.add(stored.id, code, message, notice, now)
    edges.log("payer.forwarded", actor="payer", fund=code, message=message)
    return True


def _from_archive(edges: PayerEdges, unit: Unit, stored: StoredSheet) -> _Archived | None:
    """The sheet in the message that brought it, which must be the one registered. Raises ValueError when it is not."""
    known = unit.sheets.known(stored.key)
    lot = None if known is None else unit.inbox.archived(known.lot)
    message = None if lot is None else unit.inbox.message(lot.message)
    if known is None or lot is None or lot.made_on is None or message is None:
        return None
    opened = edges.opener.open(message.raw, received_at=lot.received_at, roles=SENDERS)
    if opened.content is None:
        return None  # no longer to be believed, or forwarded here by another fund
    content, _ = split_lot(opened.content)
    file = parse_file(content.b2)[0] if content is not None else None
    table = decode_signature_table(content.signatures or b"")[0] if content is not None else None
    number = stored.key.invoice_number
    invoice: Invoice | None = None
    if file is not None:
        invoice = next((item for item in file.invoices if item.number == number), None)
    entry = next((item for item in table.sheets if item.invoice_number == number), None) if table is not None else None
    if invoice is None or entry is None or table is None:
        return None
    signed, records = signed_again(entry, table), invoice.data
    if sha256(signed_bytes(signed.header, records, signed.signed_at)).digest() != known.content:
        raise ValueError("the archived sheet is not the one that was registered")
    return _Archived(lot, lot.made_on, signed, records)


def _lot_of(archived: _Archived) -> AnsweredLot:
    lot = archived.lot
    fund = Destination.from_code(lot.fund)
    return AnsweredLot(lot.billing_number, fund, archived.made_on, lot.lot_number, lot.sealed_digest)


def _send(
    edges: PayerEdges, unit: Unit, desk: FundDesk, fund: Fund, certificate: bytes, archived: _Archived, now: datetime
) -> int:
    """Seal the sheet to the other fund and queue it; gives the message's number."""
    lot = archived.lot
    manifest = ForwardManifest(
        version=MANIFEST_VERSION,
        forwarder=desk.destination,
        fund=fund.destination,
        received_at=lot.received_at,
        forwarded_at=now,
        station=lot.station,
        return_addresses=lot.return_addresses,
        lot=_lot_of(archived),
        demo=edges.policy.demo,
    )
    sealed = desk.sealer.seal(compose_forward(manifest, archived.signed, archived.records), [certificate], now)
    message_id = f"{sealed.digest[:40]}@{desk.address.rpartition('@')[2]}"
    code = desk.destination.code
    number = unit.answers.add(
        Answer(FORWARD_KIND, code, "", None, lot.billing_number, message_id, sealed.digest, sealed.entity), now
    )
    unit.answers.queue(number, [fund.email_address], now)
    return number


def _tell(
    edges: PayerEdges, unit: Unit, desk: FundDesk, fund: Fund, stored: StoredSheet, archived: _Archived, now: datetime
) -> int:
    """Tell the practice who has its sheet now; gives the notice's number. Raises LookupError when its station is unknown."""
    lot = archived.lot
    stations = {entry.station.number: entry for entry in unit.register.stations()}
    station = stations[lot.station]
    told = finding("A033", Place(source=str(stored.key), field="item:5"), fund=fund.destination.code)
    year = min(line.performed_on for line in stored.sheet.lines).year
    notice = Acknowledgement(
        kind=AcknowledgementKind.FORWARDED,
        billing_number=lot.billing_number,
        destination=desk.destination,
        lot_date=lot.made_on,
        lot_number=lot.lot_number,
        content_digest=lot.sealed_digest,
        received_at=lot.received_at,
        acknowledged_at=now,
        registered_count=0,
        fund_cents=0,
        sheets=(sheet_from_finding(told, stored.key.invoice_number, year, AcknowledgedOutcome.FORWARDED),),
    )
    number = keep_answer(
        unit, desk, AnswerKind.ACKNOWLEDGEMENT, encode_acknowledgement(notice), (_lot_of(archived),), station,
        lot.billing_number, now, demo=edges.policy.demo,
    )  # fmt: skip
    unit.answers.queue(number, answer_addresses(unit, lot, ""), now)
    return number
