"""One practice and one payer to measure, with keys from the shared pool, invented patients and mail in memory.

What both need is made once (`make_materials`) and is plain data, so that another process can open the same practice or payer.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vaguemestre.bench.sheets import NOW, NUMBERS, PERFORMER, draft_sheet, has_card
from vaguemestre.core.directory.bundle import Bundle, CertificateUse, Fund, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.mail.envelope import Received
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.registry import Payee, Professional, StationRecord
from vaguemestre.core.practice.book import MailState
from vaguemestre.core.seal.sealing import KeyKind, Role
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import ManualClock
from vaguemestre.edge.mail.memory_mail import MemoryIntake, MemoryOperator
from vaguemestre.edge.payer.card_proof import CardProofs
from vaguemestre.edge.payer.store import PayerStore
from vaguemestre.edge.practice.directory import BundleDirectory
from vaguemestre.edge.practice.store import PracticeStore, open_practice_store
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity, create_payer_authorities, issue
from vaguemestre.edge.seal.keypool import KeyPool
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner, SigningKey, load_certificates
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.edge.store.vault import Vault
from vaguemestre.role.payer import intake, register
from vaguemestre.role.payer.edges import FundDesk, PayerEdges, PayerPolicy
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, PracticeSettings, WayEdge
from vaguemestre.role.practice.record import Entry
from vaguemestre.sim.people import FUNDS, Person, make_people
from vaguemestre.sim.rights import insured_of, issued_card_of
from vaguemestre.wiring.judges import recipient_judge, signer_judge

CARD_KEYS: Final = 10
_PERFORMER_HOLDER: Final = holder(HolderKind.PROFESSIONAL, PERFORMER.rpps)
_ROLES: Final = (None, *Role)
_VALIDITY: Final = Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_OPERATOR, _PASSWORD = "a", "bench"
_SEED: Final = 1
_MASTER_KEY: Final = b"b" * 32
_RANDOM: Final = SystemRandomness()


@dataclass(frozen=True, slots=True)
class KeyAndCertificate:
    """A private key (PKCS#8 DER) and its certificate (DER)."""

    key_der: bytes
    certificate_der: bytes

    def signer(self) -> FileSigner:
        return FileSigner(self._key(), self.certificate_der)

    def decryption_key(self) -> FileDecryptionKey:
        key = self._key()
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("decryption keys are RSA")
        return FileDecryptionKey(key, self.certificate_der)

    def _key(self) -> SigningKey:
        key = serialization.load_der_private_key(self.key_der, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise TypeError("an unknown kind of key")
        return key


@dataclass(frozen=True, slots=True)
class Materials:
    """Keys, certificates and people of one bench. `people` have a card each; `fund_boxes` and `fund_signs` go with `FUNDS`."""

    authorities: tuple[bytes, ...]
    performer: KeyAndCertificate
    cards: tuple[KeyAndCertificate, ...]
    people: tuple[Person, ...]
    fund_signs: tuple[KeyAndCertificate, ...]
    fund_boxes: tuple[KeyAndCertificate, ...]
    station: KeyAndCertificate


def make_materials(pool: KeyPool, kind: KeyKind, people: int) -> Materials:
    """Issue everything; cards and the performer have keys of `kind`, funds and the station RSA ones."""
    offices: list[SigningKey] = list(pool.rsa_keys(len(_ROLES) + 2 * len(FUNDS) + 1))
    holders: list[SigningKey] = (
        list(pool.rsa_keys(len(offices) + CARD_KEYS + 1)[len(offices) :])
        if kind is KeyKind.RSA_2048
        else list(pool.p256_keys(CARD_KEYS + 1))
    )
    tree = create_payer_authorities("Banc d'essai", dict(zip(_ROLES, offices, strict=False)), _VALIDITY)
    ders = {id(key): _private_der(key) for key in (*offices, *holders)}

    def pair(role: Role, number: str, usage: Usage, key: SigningKey) -> KeyAndCertificate:
        made = issue(tree.by_role[role], role, Subject(number, number), key.public_key(), usage, _VALIDITY)
        return KeyAndCertificate(ders[id(key)], made.public_bytes(serialization.Encoding.DER))

    persons = tuple(make_people(_SEED, people))
    desks = offices[len(_ROLES) :]
    return Materials(
        tuple(entry.public_bytes(serialization.Encoding.DER) for entry in tree.certificates),
        pair(Role.PROFESSIONAL, PERFORMER.rpps, Usage.SIGN, holders[0]),
        tuple(pair(Role.CARD, one.card_serial, Usage.SIGN, holders[1 + one.number % CARD_KEYS]) for one in persons),
        persons,
        tuple(pair(Role.FUND, fund.code, Usage.SIGN, desks[rank]) for rank, fund in enumerate(FUNDS)),
        tuple(pair(Role.FUND, fund.code, Usage.ENCRYPT, desks[len(FUNDS) + rank]) for rank, fund in enumerate(FUNDS)),
        pair(Role.STATION, _station(0).number, Usage.ENCRYPT, desks[2 * len(FUNDS)]),
    )


def _private_der(key: SigningKey) -> bytes:
    der, plain = serialization.Encoding.DER, serialization.NoEncryption()
    return key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain)


def _station(rank: int) -> Station:
    return Station(f"{NUMBERS[rank]}-01", NUMBERS[rank], 1, 9999)


def fund_address(fund: Destination) -> str:
    """ETS-DT-001's form."""
    return f"{fund.scheme}{fund.fund}@{fund.fund}.{fund.scheme}.rss.example"


def practice_address() -> str:
    """The practice's only mailbox."""
    return f"banc@{_OPERATOR}.example"


# --- the practice


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice to measure. `entries` makes what a person types; half of the patients hand their card over."""

    edges: PracticeEdges
    store: PracticeStore
    materials: Materials
    cards: tuple[FileSigner, ...]

    def entry(self, rank: int, today: date = NOW.date()) -> Entry:
        """The `rank`-th visit: one consultation, whose six records are 2, 2S, 4, 4S, 4E and 5.

        People come in turn; who comes again came on an earlier day, so that no sheet is a probable double of another. The billing
        number changes with each sheet, so that three stations share a day's numbers.
        """
        position = rank % len(self.materials.people)
        draft = draft_sheet(self.materials.people, rank, today)
        card = self.cards[position] if has_card(rank) else None
        return Entry(draft, self.materials.people[position].label, card)


def open_practice(materials: Materials, directory: Path, ways: Sequence[WayEdge] = ()) -> Practice:
    """Open or create the practice's store under `directory`, and put the payer's bundle in force."""
    store = open_practice_store(directory / "practice.sqlite", Vault(_MASTER_KEY))
    trust = _trust(materials)
    card = materials.performer.signer()
    edges = PracticeEdges(
        settings=PracticeSettings("Banc d'essai", tuple(_station(rank) for rank in range(len(NUMBERS)))),
        store=store,
        directory=BundleDirectory(trust),
        tariff=standard_book(),
        signers={PERFORMER.rpps: card},
        lot_cards=(LotCard(_PERFORMER_HOLDER, Sealer(card, _RANDOM), card.certificate_der),),
        opener=Opener([materials.station.decryption_key()], trust, _RANDOM),
        judge_recipient=recipient_judge(trust),
        judge_signer=signer_judge(trust),
        ways=tuple(ways),
    )
    with store.read() as view:
        known = edges.directory.current(view)
    if known is None:
        state, found = take_bundle(edges, write_bundle(_bundle(materials), materials.fund_signs[0].signer()), NOW)
        if state is not MailState.APPLIED:
            raise RuntimeError(f"our own bundle is not taken: {[str(item) for item in found]}")
    return Practice(edges, store, materials, tuple(pair.signer() for pair in materials.cards))


def _trust(materials: Materials) -> TrustStore:
    return TrustStore([load_certificates(der)[0] for der in materials.authorities])


def _published(certificate: bytes, use: CertificateUse) -> PublishedCertificate:
    return PublishedCertificate(use, certificate, _VALIDITY.not_before, _VALIDITY.not_after)


def _mandates() -> tuple[Mandate, ...]:
    verbs = (Verb.SIGN, Verb.SEND, Verb.COLLECT)
    return tuple(Mandate(_PERFORMER_HOLDER, number, MandateKind.ONESELF, verbs, _SINCE) for number in NUMBERS)


def _bundle(materials: Materials) -> Bundle:
    funds = tuple(
        Fund(
            fund,
            f"Caisse {fund.fund}",
            fund_address(fund),
            (
                _published(materials.fund_boxes[rank].certificate_der, CertificateUse.ENCRYPT),
                _published(materials.fund_signs[rank].certificate_der, CertificateUse.SIGN),
            ),
        )
        for rank, fund in enumerate(FUNDS)
    )
    stations = tuple(_station(rank) for rank in range(len(NUMBERS)))
    return Bundle("payer", 1, NOW, funds, mandates=_mandates(), stations=stations)


# --- the payer


def open_payer(materials: Materials, directory: Path, operator: MemoryOperator) -> tuple[PayerEdges, PayerStore]:
    """Open or create the payer's store under `directory`; it knows everybody, and mails by `operator`."""
    store = PayerStore.open(directory / "payer.sqlite", Vault(_MASTER_KEY))
    trust = _trust(materials)
    desks = {}
    for rank, fund in enumerate(FUNDS):
        sealer = Sealer(materials.fund_signs[rank].signer(), _RANDOM)
        desks[fund.code] = FundDesk(fund, f"Caisse {fund.fund}", fund_address(fund), sealer)
    edges = PayerEdges(
        policy=PayerPolicy("Banc d'essai"),
        store=store,
        funds=desks,
        opener=Opener([pair.decryption_key() for pair in materials.fund_boxes], trust, _RANDOM),
        verifier=SheetVerifier(trust),
        mailer=operator.reception_sender(),
        tariff=standard_book(),
        card_proof=CardProofs(trust),
        randomness=_RANDOM,
        sign_bundle=lambda bundle: write_bundle(bundle, materials.fund_signs[0].signer()),
        judge_recipient=recipient_judge(trust),
        take_revocations=trust.replace_revocations,
    )
    box = _published(materials.station.certificate_der, CertificateUse.ENCRYPT)
    register.enrol(
        edges,
        persons=[insured_of(person) for person in materials.people],
        cards=[issued_card_of(person) for person in materials.people],
        professionals=[
            Professional(PERFORMER.rpps, number, "Banc", "Essai", PERFORMER.specialty) for number in NUMBERS[:1]
        ],
        payees=[Payee(number, "Banc d'essai") for number in NUMBERS],
        stations=[StationRecord(_station(rank), box) for rank in range(len(NUMBERS))],
    )
    register.set_mandates(edges, list(_mandates()), _SINCE)
    return edges, store


# --- both, and the mail between them


@dataclass(frozen=True, slots=True)
class World:
    """A practice and a payer that reach each other through an operator in memory."""

    practice: Practice
    payer: PayerEdges
    payer_store: PayerStore
    operator: MemoryOperator
    clock: ManualClock

    def close(self) -> None:
        self.practice.store.close()
        self.payer_store.close()


def open_world(materials: Materials, directory: Path) -> World:
    """Everything of one bench in this process, under `directory`."""
    clock = ManualClock(NOW)
    operator = make_operator(clock)
    payer, store = open_payer(materials, directory / "payer", operator)
    inbox = MemoryIntake(lambda batch: _take_in(payer, batch), clock=clock)
    for fund in FUNDS:
        operator.routes[fund_address(fund).rpartition("@")[2]] = inbox.deliver
    return World(open_practice(materials, directory / "practice", [way(operator)]), payer, store, operator, clock)


def make_operator(clock: ManualClock) -> MemoryOperator:
    """An operator that keeps the practice's mailbox."""
    operator = MemoryOperator(_OPERATOR, (f"{_OPERATOR}.example",), clock=clock)
    operator.add_accounts([(practice_address(), _PASSWORD)])
    return operator


def way(operator: MemoryOperator) -> WayEdge:
    """The practice's way through this operator."""
    address = practice_address()
    sender, collector = operator.sender(address, _PASSWORD), operator.collector(address, _PASSWORD)
    return WayEdge(_OPERATOR, _OPERATOR, address, sender, collector)


def _take_in(payer: PayerEdges, batch: Sequence[Received]) -> None:
    intake.receive(payer, batch)
