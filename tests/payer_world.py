"""One payer with two funds and one practice around it, with real keys and an in-memory post: what the payer's stories share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from payer_kit import DAY, FARMERS, GENERAL, GP, GP_NUMBER, NOON, card, open_store, payee, person, professional
from seal_kit import RANDOM, VALIDITY, authorities, rsa_key, signer, trust_store
from vaguemestre.core.b2.assembly import header_items, sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import CareSheet, SecurityMode
from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, Received, ReceivedEnvelope, address_message
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.returns import Return, decode_return
from vaguemestre.core.seal.lotmessage import (
    AnswerContent,
    AnswerKind,
    LotManifest,
    compose_carried,
    compose_lot,
    split_answer,
)
from vaguemestre.core.seal.sealing import Revocation, Role
from vaguemestre.core.seal.sheetsigning import SheetHeader, SignatureTable, encode_signature_table, sign_sheet, table_of
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.wire.acknowledgement import Acknowledgement, decode_acknowledgement
from vaguemestre.edge.payer.card_proof import CardProofs
from vaguemestre.edge.payer.store import PayerStore
from vaguemestre.edge.randomness import SeededRandomness
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.certificates import Subject, Usage, issue
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.role.payer.edges import FundDesk, PayerEdges, PayerPolicy
from vaguemestre.role.payer.intake import IntakeReport, process_inbox, receive
from vaguemestre.role.payer.register import enrol, set_mandates
from vaguemestre.wiring.judges import recipient_judge

STATION = f"{GP_NUMBER}-01"
ADDRESSES = ("kerdoncuff@a.example", "kerdoncuff@b.example")
GENERAL_ADDRESS = "01751@751.01.rss.example"
FARMERS_ADDRESS = "02922@922.02.rss.example"


@cache
def box(role: Role, position: int, number: str) -> tuple[FileDecryptionKey, bytes]:
    """An encryption key and its certificate (DER)."""
    key = rsa_key(position)
    made = issue(authorities().by_role[role], role, Subject(number, number), key.public_key(), Usage.ENCRYPT, VALIDITY)
    der = made.public_bytes(serialization.Encoding.DER)
    return FileDecryptionKey(key, der), der


@cache
def gp_card() -> FileSigner:
    return signer(Role.PROFESSIONAL, GP.rpps, rsa_key(0))


@cache
def patient_card(order: int) -> FileSigner:
    return signer(Role.CARD, f"{8_000_000_000 + order}", rsa_key(2))


def published(der: bytes, use: CertificateUse = CertificateUse.ENCRYPT) -> PublishedCertificate:
    return PublishedCertificate(use, der, VALIDITY.not_before, VALIDITY.not_after)


@dataclass
class Post:
    """A mail service that keeps what it takes; `outcome` is what it answers to the addresses of `broken` domains."""

    taken: list[Envelope] = field(default_factory=list)
    broken: dict[str, DeliveryOutcome] = field(default_factory=dict)

    def send(self, envelope: Envelope) -> Attempt:
        domain = envelope.rcpt_tos[0].rpartition("@")[2]
        outcome = self.broken.get(domain, DeliveryOutcome.ACCEPTED)
        if outcome is DeliveryOutcome.ACCEPTED:
            self.taken.append(envelope)
        return Attempt(outcome, outcome.value)


@dataclass
class PayerWorld:
    """A payer's edges and what surrounds them."""

    edges: PayerEdges
    store: PayerStore
    post: Post
    trust: TrustStore
    read: int = 0

    # --- the practice ----------------------------------------------------------------------------------------------------

    def message(
        self,
        sheets: Sequence[CareSheet],
        number: int = 1,
        *,
        at: datetime = NOON,
        signed_at: datetime | None = None,
        to: str = GENERAL_ADDRESS,
        by: FileSigner | None = None,
        tampered: Iterable[int] = (),
        performer: FileSigner | None = None,
        with_cards: bool = True,
        **manifest: object,
    ) -> bytes:
        """A sealed lot ready for the wire, as a practice would send it; sheets whose rank is in `tampered` are altered."""
        spoiled = set(tampered)
        invoices, signed = [], []
        for rank, made in enumerate(sheets, 1):
            data, found = sheet_to_invoice(made)
            assert data is not None, found
            header = SheetHeader(made.identity, header_items(made))
            with_card = (
                patient_card(int(made.card_serial) - 8_000_000_000)
                if with_cards and made.mode is SecurityMode.SECURED
                else None
            )
            entry = sign_sheet(header, data, signed_at or at, performer or gp_card(), with_card)
            invoices.append(data)
            signed.append(replace(entry, signature=bytes(256)) if rank in spoiled else entry)
        content = self.content(sheets, number, invoices, encode_signature_table(table_of(signed)), **manifest)
        return self.sealed(content, at, to, by)

    def content(
        self, sheets: Sequence[CareSheet], number: int, invoices: list[bytes], table: bytes, **changes: object
    ) -> bytes:
        fund = sheets[0].destination
        lot = build_lot(LotHead(GP_NUMBER, fund, number, DAY, "CABINET"), invoices)
        file = build_file(FileHead(GP_NUMBER, fund, f"{number:06d}", DAY), [lot])
        stated = LotManifest(
            1, GP_NUMBER, STATION, fund, DAY, number, len(sheets), sum(one.fund_cents for one in sheets), ADDRESSES, "Test", "1"
        )  # fmt: skip
        return compose_lot(replace(stated, **changes), file, table)  # type: ignore[arg-type]

    def carried(self, sheets: Sequence[CareSheet], number: int = 1) -> bytes:
        """A B2 file of other software, sealed as it is."""
        invoices = [data for data, _ in map(sheet_to_invoice, sheets) if data is not None]
        lot = build_lot(LotHead(GP_NUMBER, sheets[0].destination, number, DAY, "CABINET"), invoices)
        file = build_file(FileHead(GP_NUMBER, sheets[0].destination, f"{number:06d}", DAY), [lot])
        return self.sealed(compose_carried(file), NOON, GENERAL_ADDRESS)

    def sealed(self, content: bytes, at: datetime, to: str, by: FileSigner | None = None) -> bytes:
        fund = GENERAL if to == GENERAL_ADDRESS else FARMERS
        position = 3 if fund == GENERAL else 4
        _, certificate = box(Role.FUND, position, fund.code)
        entity = Sealer(by or gp_card(), RANDOM).seal(content, [certificate], at).entity
        return address_message(entity, mail_from=ADDRESSES[0], rcpt_to=to, subject="IR", message_id="x@y", dated=at)

    # --- the payer -------------------------------------------------------------------------------------------------------

    def take(self, raw: bytes, at: datetime = NOON, to: str = GENERAL_ADDRESS) -> None:
        receive(self.edges, [Received(ReceivedEnvelope(ADDRESSES[0], (to,), "p", at), raw)])

    def intake(self, raw: bytes, at: datetime = NOON, to: str = GENERAL_ADDRESS) -> IntakeReport:
        """Take one message in and process what waits."""
        self.take(raw, at, to)
        return process_inbox(self.edges, at)

    # --- what came back --------------------------------------------------------------------------------------------------

    def answers(self, address: str = ADDRESSES[0]) -> list[AnswerContent]:
        """What the practice reads at an address."""
        key, _ = box(Role.STATION, 5, STATION)
        opener = Opener([key], trust_store(), RANDOM)
        found = []
        for envelope in self.post.taken:
            if address in envelope.rcpt_tos:
                opened = opener.open(
                    envelope.message, received_at=NOON + timedelta(days=2000), roles=frozenset({Role.FUND})
                )
                assert opened.content is not None, opened.findings
                content, findings = split_answer(opened.content)
                assert content is not None, findings
                found.append(content)
        return found

    def acknowledgements(self, address: str = ADDRESSES[0]) -> list[Acknowledgement]:
        found = []
        for content in self.answers(address):
            if content.manifest.kind is AnswerKind.ACKNOWLEDGEMENT:
                made, findings = decode_acknowledgement(content.data)
                assert made is not None, findings
                found.append(made)
        return found

    def returns(self, address: str = ADDRESSES[0]) -> list[Return]:
        found = []
        for content in self.answers(address):
            if content.manifest.kind is AnswerKind.RETURN:
                made, findings = decode_return(content.data)
                assert made is not None, findings
                found.append(made)
        return found


def make_world(directory: Path, *, people: int = 6, policy: PayerPolicy | None = None) -> PayerWorld:
    """A payer that knows one GP, one station and the first `people` of `payer_kit.person`."""
    store, post, trust = open_store(directory), Post(), trust_store()
    general, farmers = box(Role.FUND, 3, GENERAL.code), box(Role.FUND, 4, FARMERS.code)
    desks = {}
    for fund, address, (_, der) in ((GENERAL, GENERAL_ADDRESS, general), (FARMERS, FARMERS_ADDRESS, farmers)):
        own = signer(Role.FUND, fund.code, rsa_key(1))
        certificates = (published(der), published(own.certificate_der, CertificateUse.SIGN))
        desks[fund.code] = FundDesk(fund, f"Caisse {fund.code}", address, Sealer(own, RANDOM), certificates)
    edges = PayerEdges(
        policy=policy or PayerPolicy("CPAM"),
        store=store,
        funds=desks,
        opener=Opener([general[0], farmers[0]], trust, RANDOM),
        verifier=SheetVerifier(trust),
        mailer=post,
        tariff=standard_book(),
        card_proof=CardProofs(trust),
        randomness=SeededRandomness(7, "payer"),
        sign_bundle=lambda bundle: write_bundle(bundle, signer(Role.FUND, GENERAL.code, rsa_key(1))),
        judge_recipient=recipient_judge(trust),
        take_revocations=trust.replace_revocations,
    )
    world = PayerWorld(edges, store, post, trust)
    _, station = box(Role.STATION, 5, STATION)
    enrol(
        edges,
        persons=[person(order) for order in range(1, people + 1)],
        cards=[card(order) for order in range(1, people + 1)],
        professionals=[professional()],
        payees=[payee()],
        stations=[StationRecord(Station(STATION, GP_NUMBER, 1, 9999), published(station))],
    )
    since = datetime(2020, 1, 1, tzinfo=UTC)
    who = holder(HolderKind.PROFESSIONAL, GP.rpps)
    set_mandates(edges, [Mandate(who, GP_NUMBER, MandateKind.ONESELF, (Verb.SIGN, Verb.SEND), since)], since)
    return world


def revocation_of(held: FileSigner, trust: TrustStore, at: datetime) -> Revocation:
    """The revocation of a signer's certificate as of an instant."""
    read = trust.read(held.certificate_der)
    assert read is not None
    return Revocation(read[0].issuer, read[0].serial, at)


__all__ = ["ADDRESSES", "FARMERS_ADDRESS", "PayerWorld", "SignatureTable", "make_world"]
