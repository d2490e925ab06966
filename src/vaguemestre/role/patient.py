"""The patient: proves possession of the card, reads the account of its persons, and adds the signed receipts kept at home."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_invoice
from vaguemestre.core.calendar import Territory, local_date
from vaguemestre.core.card.passing import CardReader, PatientCard
from vaguemestre.core.findings import Finding, Language, errors_in, finding
from vaguemestre.core.payer.intake import store_key
from vaguemestre.core.payer.statement import Account, Receipt, Statement, make_statement
from vaguemestre.core.seal.sealing import SheetVerdict, Signer, Verdict
from vaguemestre.core.seal.sheetfile import split_sheet
from vaguemestre.core.seal.sheetsigning import SheetSignature, SignatureTable, decode_header
from vaguemestre.core.values import dataclass


class Counter(Protocol):
    """The payer's counter, as a patient meets it."""

    def challenge(self, now: datetime) -> bytes: ...

    def account_of(
        self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime
    ) -> tuple[Account | None, Sequence[Finding]]: ...


class ReceiptVerifier(Protocol):
    """Verifies the cards' signatures on one sheet alone."""

    def verify_single(
        self, sheet: SheetSignature, table: SignatureTable, records: bytes, *, received_at: datetime, source: str = ""
    ) -> SheetVerdict: ...


@dataclass(frozen=True, slots=True)
class PatientEdges:
    """What a patient is handed. `receipts` gives the files that the practices gave: (name, bytes)."""

    cards: CardReader
    counter: Counter
    verifier: ReceiptVerifier
    receipts: Callable[[], Sequence[tuple[str, bytes]]] = lambda: ()


def statement(
    edges: PatientEdges, card: str, now: datetime, lang: Language = "fr"
) -> tuple[Statement | None, list[Finding]]:
    """The statement of the persons on the card in the file (or reader slot) `card`.

    Findings: area C when the card cannot be read, A070 to A073 when the payer refuses, A072 for a receipt that is not believed.
    """
    read, signer, found = edges.cards.read(card)
    told = list(found)
    if read is None or signer is None:
        return None, told if errors_in(told) else [*told, finding("A070")]
    account, refused = _ask(edges, signer, now)
    told += refused
    if account is None:
        return None, told
    receipts = []
    for name, data in edges.receipts():
        receipt = read_receipt(edges.verifier, name, data, now)
        if receipt is None:
            told.append(finding("A072", file=name))
        elif _is_on(read, receipt):
            receipts.append(receipt)
    today = local_date(now, Territory.METROPOLITAN)
    return make_statement(account, receipts, today, lang), told


def read_receipt(verifier: ReceiptVerifier, name: str, data: bytes, now: datetime) -> Receipt | None:
    """A receipt, once the professional's signature on it is verified; None when it is not believed. vgm:patient-receipt."""
    parts, _ = split_sheet(data, name)
    if parts is None:
        return None
    signature, table, records = parts
    verdict = verifier.verify_single(signature, table, records, received_at=now, source=name)
    if verdict.verdict is not Verdict.ACCEPT or verdict.signed_at is None:
        return None
    header, _ = decode_header(signature.header, signature.invoice_number, name)
    invoice, _ = parse_invoice(records, name)
    if header is None or invoice is None:
        return None
    sheet, _ = invoice_to_sheet(invoice, header.identity, header.items, name)
    if sheet is None:
        return None
    return Receipt(str(store_key(sheet.identity)), sheet, local_date(verdict.signed_at, Territory.METROPOLITAN))


def _ask(edges: PatientEdges, signer: Signer, now: datetime) -> tuple[Account | None, list[Finding]]:
    challenge = edges.counter.challenge(now)
    account, found = edges.counter.account_of(signer.certificate_der, challenge, signer.sign(challenge), now)
    return account, list(found)


def _is_on(card: PatientCard, receipt: Receipt) -> bool:
    """Only the receipts of the card's own persons are shown."""
    return any(entry.person.key == receipt.sheet.beneficiary.key for entry in card.beneficiaries)
