"""What the practice's tests share: a practice with two operators in memory, and a payer just clever enough to answer it.

The payer here opens, verifies nothing but the seal, and says what the test tells it to say; the real one has its own tests.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from seal_kit import AUTHORITY_VALIDITY, RANDOM, VALIDITY, authorities, rsa_key, signer
from sheet_kit import FUND, GP, GP_NUMBER, draft
from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.caresheet import CareSheet, DraftSheet, Settlement
from vaguemestre.core.directory.bundle import Bundle, CertificateUse, Fund, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.mail.envelope import Envelope, Received
from vaguemestre.core.returns import (
    InvoiceReturn,
    PaymentState,
    Rejection,
    Return,
    encode_return,
    line_return,
)
from vaguemestre.core.seal.lotmessage import (
    AnsweredLot,
    AnswerKind,
    AnswerManifest,
    LotContent,
    LotManifest,
    compose_answer,
    split_lot,
)
from vaguemestre.core.seal.sealing import Role, judge_recipient
from vaguemestre.core.seal.sheetsigning import decode_header, decode_signature_table
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    Acknowledgement,
    AcknowledgementKind,
    encode_acknowledgement,
)
from vaguemestre.edge.mail.memory_mail import MemoryIntake, MemoryOperator
from vaguemestre.edge.practice.directory import BundleDirectory
from vaguemestre.edge.practice.store import PracticeStore, open_practice_store
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity, issue
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.edge.store.backup_place import DirectoryPlace
from vaguemestre.edge.store.vault import Vault
from vaguemestre.role.practice.collect import collect, take_bundle
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, PracticeSettings, WayEdge
from vaguemestre.role.practice.record import Entry, record
from vaguemestre.tables.lifecycles import SheetState
from vaguemestre.wiring.judges import signer_judge

NOW = datetime(2022, 4, 27, 10, tzinfo=UTC)
DAY = date(2022, 4, 27)
PAYER_DOMAIN = "751.01.rss.example"
FUND_ADDRESS = f"01751@{PAYER_DOMAIN}"
STATION = f"{GP_NUMBER}-01"
GP_HOLDER = holder(HolderKind.PROFESSIONAL, GP.rpps)
FUND_HOLDER = frozenset({Role.PROFESSIONAL})


@cache
def der(role: Role, number: str, position: int, usage: Usage, validity: Validity = VALIDITY) -> bytes:
    """A certificate of the pool's key at `position`."""
    made = issue(
        authorities().by_role[role],
        role,
        Subject(number, f"Titulaire {number}"),
        rsa_key(position).public_key(),
        usage,
        validity,
    )
    return made.public_bytes(serialization.Encoding.DER)


@cache
def fund_signer() -> FileSigner:
    """The fund's own signature."""
    return signer(Role.FUND, FUND.code, rsa_key(5), validity=AUTHORITY_VALIDITY)


def published(use: CertificateUse, certificate: bytes, validity: Validity = VALIDITY) -> PublishedCertificate:
    return PublishedCertificate(use, certificate, validity.not_before, validity.not_after)


def bundle(
    sequence: int = 1,
    *,
    issued_at: datetime = NOW,
    encryption: Sequence[PublishedCertificate] | None = None,
    mandates: Iterable[Mandate] | None = None,
    funds: Sequence[Fund] | None = None,
    **more: object,
) -> Bundle:
    """What the payer publishes: one fund, the GP's mandate, the GP's station."""
    if encryption is None:
        encryption = [published(CertificateUse.ENCRYPT, der(Role.FUND, FUND.code, 1, Usage.ENCRYPT))]
    since = datetime(2020, 1, 1, tzinfo=UTC)
    own = Mandate(GP_HOLDER, GP_NUMBER, MandateKind.ONESELF, (Verb.SIGN, Verb.SEND, Verb.COLLECT), since)
    fund = Fund(FUND, "CPAM de Paris", FUND_ADDRESS, tuple(encryption))
    return Bundle(
        issuer="payer",
        sequence=sequence,
        issued_at=issued_at,
        funds=tuple(funds) if funds is not None else (fund,),
        mandates=tuple(mandates) if mandates is not None else (own,),
        stations=(Station(STATION, GP_NUMBER, 1, 9999),),
        **more,  # type: ignore[arg-type]
    )


@dataclass
class Lot:
    """One lot as the toy payer read it."""

    content: LotContent
    manifest: LotManifest | None
    digest: str
    sheets: list[CareSheet]
    received_at: datetime


@dataclass
class ToyPayer:
    """Opens whatever comes and answers when told to."""

    operators: tuple[MemoryOperator, ...]
    moment: Callable[[], datetime]
    received: list[Received] = field(default_factory=list)
    answers: int = 0
    keys: list[FileDecryptionKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys.append(FileDecryptionKey(rsa_key(1), der(Role.FUND, FUND.code, 1, Usage.ENCRYPT)))
        self.intake = MemoryIntake(self.received.extend)
        for operator in self.operators:
            operator.routes[PAYER_DOMAIN] = self.intake.deliver
        self._sealer = Sealer(fund_signer(), RANDOM)

    def lots(self) -> list[Lot]:
        """Everything received, opened, in order; the same bytes again come again."""
        opener = Opener(self.keys, TrustStore(authorities().certificates), RANDOM)
        found = []
        for item in self.received:
            opened = opener.open(item.raw, received_at=self.moment(), roles=FUND_HOLDER)
            assert opened.content is not None, opened.findings
            content, findings = split_lot(opened.content)
            assert content is not None, findings
            found.append(Lot(content, content.manifest, opened.digest, _sheets(content), self.moment()))
        return found

    def acknowledge(
        self,
        lot: Lot,
        *named: AcknowledgedSheet,
        negative: str = "",
        number: int | None = None,
        to: Sequence[str] | None = None,
    ) -> bytes:
        """Answer one lot and mail the answer to every return address; gives the sealed entity."""
        assert lot.manifest is not None
        identity = lot.manifest.identity
        refused = [s for s in named if s.outcome in (AcknowledgedOutcome.REFUSED, AcknowledgedOutcome.CONFLICT)]
        kind = AcknowledgementKind.MIXED if refused else AcknowledgementKind.POSITIVE
        answer = Acknowledgement(
            AcknowledgementKind.NEGATIVE if negative else kind,
            identity.billing_number,
            identity.destination,
            identity.made_on,
            identity.number,
            lot.digest,
            lot.received_at,
            self.moment(),
            0 if negative else len(lot.sheets) - len(named),
            0 if negative else sum(sheet.fund_cents for sheet in lot.sheets),
            named,
            negative,
        )
        data = encode_acknowledgement(answer)
        return self._answer(AnswerKind.ACKNOWLEDGEMENT, lot, data, number, to)

    def pay(self, lot: Lot, amounts: dict[str, int | None] | None = None, to: Sequence[str] | None = None) -> bytes:
        """Return on every sheet under tiers payant: in full, or as `amounts` says by invoice number (None: deferred)."""
        assert lot.manifest is not None
        invoices = tuple(
            _invoice(lot.manifest, sheet, (amounts or {}).get(sheet.identity.invoice_number, sheet.fund_cents))
            for sheet in lot.sheets
            if sheet.settlement is Settlement.TIERS_PAYANT
        )
        day = self.moment().date()
        given = Return(FUND, lot.manifest.billing_number, f"R{self.answers:05d}", day, day, invoices, "VIREMENT")
        return self._answer(AnswerKind.RETURN, lot, encode_return(given), None, to)

    def mail(self, entity: bytes, to: Sequence[str], headers: bytes = b"") -> None:
        """Put one message in mailboxes."""
        for address in to:
            operator = next(o for o in self.operators if o.domains[0] == address.rpartition("@")[2])
            message = b"From: x@751.01.rss.example\r\nSubject: ARL\r\n" + headers + entity
            operator.reception_sender().send(Envelope(FUND_ADDRESS, (address,), message))

    def _answer(self, kind: AnswerKind, lot: Lot, data: bytes, number: int | None, to: Sequence[str] | None) -> bytes:
        assert lot.manifest is not None
        self.answers += 1
        identity = lot.manifest.identity
        about = AnsweredLot(
            identity.billing_number, identity.destination, identity.made_on, identity.number, lot.digest
        )
        manifest = AnswerManifest(1, kind, FUND, number or self.answers, self.moment(), (about,))
        sealed = self._sealer.seal(
            compose_answer(manifest, data), [der(Role.STATION, STATION, 6, Usage.ENCRYPT)], self.moment()
        )
        self.mail(sealed.entity, lot.manifest.return_addresses if to is None else to)
        return sealed.entity


def _sheets(content: LotContent) -> list[CareSheet]:
    file, findings = parse_file(content.b2)
    assert file is not None
    assert file.sound, findings
    headers = {}
    if content.signatures is not None:
        table, _ = decode_signature_table(content.signatures)
        assert table is not None
        for entry in table.sheets:
            header, _ = decode_header(entry.header)
            assert header is not None
            headers[entry.invoice_number] = header
    sheets = []
    for invoice in file.invoices:
        header = headers.get(invoice.number)
        items = None if header is None else header.items
        sheet, findings = invoice_to_sheet(invoice, None if header is None else header.identity, items)
        assert sheet is not None, findings
        sheets.append(sheet)
    return sheets


def _invoice(manifest: LotManifest, sheet: CareSheet, paid: int | None) -> InvoiceReturn:
    state = PaymentState.DEFERRED if paid is None else PaymentState.PAID if paid else PaymentState.REJECTED
    given = paid or 0
    why = Rejection("T001", "TARIF INCONNU A CETTE DATE", 1, "ITEM:9B", "VERIFIEZ LE CODE")
    rest = given
    lines = []
    for line in sheet.lines:
        part = min(rest, line.fund_cents)
        lines.append(line_return(line, part))
        rest -= part
    return InvoiceReturn(
        sheet.identity.invoice_number,
        manifest.made_on,
        manifest.lot_number,
        sheet.identity.made_on,
        sheet.cover.nature,
        sheet.beneficiary.insured_nir,
        sheet.beneficiary.insured_nir_key,
        sheet.beneficiary.birth_date.b2(),
        sheet.beneficiary.birth_rank,
        sheet.fund_cents,
        state,
        given,
        tuple(lines),
        () if state is PaymentState.DEFERRED or given == sheet.fund_cents else (why,),
    )


@dataclass
class World:
    """One practice, its two operators, its payer, and a clock moved by hand."""

    directory: Path
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.a = MemoryOperator("a", ("a.example",))
        self.b = MemoryOperator("b", ("b.example",))
        self.payer = ToyPayer((self.a, self.b), lambda: self.now)
        for operator in (self.a, self.b):
            operator.add_accounts([(f"cabinet@{operator.name}.example", "secret")])
        self.vault = Vault(b"k" * 32)
        self.store = open_practice_store(self.directory / "practice.sqlite", self.vault)
        self.edges = self.open(self.store)

    def open(self, store: PracticeStore, **changes: object) -> PracticeEdges:
        """The practice's edges around a store."""
        trust = TrustStore(authorities().certificates)
        card = signer(number=GP.rpps)
        station = FileDecryptionKey(rsa_key(6), der(Role.STATION, STATION, 6, Usage.ENCRYPT))

        def judge(certificate: bytes, at: datetime) -> object:
            read = trust.read(certificate)
            assert read is not None
            return judge_recipient(read[0], trust.trust, now=at, roles=frozenset({Role.FUND}))

        given: dict[str, object] = {
            "settings": PracticeSettings("CABINET KERDONCUFF", (Station(STATION, GP_NUMBER, 1, 9999),)),
            "store": store,
            "directory": BundleDirectory(trust),
            "tariff": standard_book(),
            "signers": {GP.rpps: card},
            "lot_cards": (LotCard(GP_HOLDER, Sealer(card, RANDOM), card.certificate_der),),
            "opener": Opener([station], trust, RANDOM),
            "judge_recipient": judge,
            "judge_signer": signer_judge(trust),
            "ways": tuple(self.way(operator, rank) for rank, operator in enumerate((self.a, self.b))),
            "second_place": DirectoryPlace(self.directory / "second", self.vault, self.directory),
            **changes,
        }
        return PracticeEdges(**given)  # type: ignore[arg-type]

    def way(self, operator: MemoryOperator, rank: int, password: str = "secret") -> WayEdge:
        address = f"cabinet@{operator.name}.example"
        return WayEdge(
            operator.name,
            operator.name,
            address,
            operator.sender(address, password),
            operator.collector(address, password),
            rank,
        )

    def later(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now

    def publish(self, given: Bundle | None = None) -> None:
        """Give the practice a bundle by hand."""
        state, findings = take_bundle(self.edges, write_bundle(given or bundle(), fund_signer()), self.now)
        assert state.value == "applied", findings

    def record(self, given: DraftSheet | None = None, count: int = 1) -> list[CareSheet]:
        """Record sheets that are right; raises when one is refused."""
        sheets = []
        for _ in range(count):
            outcome = record(self.edges, Entry(given or tiers_payant(), "Mme C."), self.now)
            assert outcome.sheet is not None, [str(item) for item in outcome.findings]
            sheets.append(outcome.sheet)
        return sheets

    def collect(self) -> list[str]:
        """Collect; gives the codes of what was told."""
        return [item.code.code for item in collect(self.edges, self.now).findings]

    def states(self) -> list[str]:
        """The state of every sheet, in the order of their numbers."""
        with self.store.read() as view:
            return [row.state.value for state in SheetState for row in view.sheets_in_state(state)]


def tiers_payant(**changes: object) -> DraftSheet:
    """A GP's consultation under tiers payant."""
    return draft(settlement=Settlement.TIERS_PAYANT, **changes)
