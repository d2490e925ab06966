"""Builds the edges of the world's practices and payer from the world's files: what a person would write in configuration files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from vaguemestre.core.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.delivery import Attempt
from vaguemestre.core.envelope import Envelope, domain_of
from vaguemestre.core.mandates import HolderKind, Station, holder
from vaguemestre.core.parties import Destination
from vaguemestre.core.sealing import Judgement, Role, Signer, Verdict, judge_recipient
from vaguemestre.core.tariff import standard_book
from vaguemestre.edge.backup_place import DirectoryPlace
from vaguemestre.edge.bundlefile import write_bundle
from vaguemestre.edge.cardfile import CardFileReader
from vaguemestre.edge.keys import load_key_file
from vaguemestre.edge.payer_card_proof import CardProofs
from vaguemestre.edge.payer_store import PayerStore
from vaguemestre.edge.pop3 import Pop3Collector
from vaguemestre.edge.practice_directory import BundleDirectory
from vaguemestre.edge.practice_store import open_practice_store
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.sheet_verifier import SheetVerifier
from vaguemestre.edge.smime import Opener, Sealer
from vaguemestre.edge.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.truststore import TrustStore, load_trust
from vaguemestre.edge.vault import Vault, create_key_file, open_key_file
from vaguemestre.role.payer.edges import FundDesk, PayerEdges, PayerPolicy
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, PracticeSettings, WayEdge
from vaguemestre.sim.worldfiles import WorldFiles


@dataclass(frozen=True, slots=True)
class Account:
    """One mail account of a practice at one operator, with the operator's ports."""

    operator: str
    address: str
    password: str
    submission_port: int
    pop3_port: int
    ca_file: str


@dataclass(frozen=True, slots=True)
class PracticeFile:
    """What makes one practice: names and numbers, and the files of its keys."""

    key: str
    name: str
    billing_number: str
    signers: tuple[tuple[str, str], ...]  # RPPS, key file
    decryption_key: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class FundFile:
    """What makes one fund."""

    destination: str
    name: str
    address: str
    signing_key: str
    decryption_key: str


@dataclass(frozen=True, slots=True)
class PayerFile:
    """What makes the payer; `reception_ports` where each operator takes mail for its domain."""

    name: str
    funds: tuple[FundFile, ...]
    reception_ports: Mapping[str, int] = field(default_factory=dict)


class RouteMailer:
    """Hands mail to the server of the recipient's domain, over one lasting connection per domain."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._senders = {
            domain: SmtpSender(MailServer("127.0.0.1", port, Security.NONE)) for domain, port in ports.items()
        }

    def send(self, envelope: Envelope) -> Attempt:
        """Deliver to the domain of the first recipient. Raises KeyError for a domain without a route."""
        return self._senders[domain_of(envelope.rcpt_tos[0])].send(envelope)


def open_practice(files: WorldFiles, told: PracticeFile) -> PracticeEdges:
    """The edges of one practice."""
    trust = open_trust(files)
    randomness = SystemRandomness()
    state = files.practice(told.key)
    vault = open_vault(files.keys / f"{told.key}.key")
    signers = {rpps: _key(path).signer()[0] for rpps, path in told.signers}
    known = {rpps: signer for rpps, signer in signers.items() if signer is not None}
    return PracticeEdges(
        settings=PracticeSettings(told.name, (station_of(told.billing_number),), demo=True),
        store=open_practice_store(state / "practice.sqlite", vault),
        directory=BundleDirectory(trust),
        tariff=standard_book(),
        signers=known,
        lot_cards=[
            LotCard(holder(HolderKind.PROFESSIONAL, rpps), Sealer(signer, randomness)) for rpps, signer in known.items()
        ],
        opener=Opener([_decryption_key(told.decryption_key)], trust, randomness),
        judge_recipient=_recipient_judge(trust),
        ways=tuple(_way(rank, account) for rank, account in enumerate(told.accounts)),
        second_place=DirectoryPlace(files.second_place(told.key), vault, state),
        card_reader=CardFileReader(trust),
    )


def open_payer(files: WorldFiles, told: PayerFile) -> PayerEdges:
    """The edges of the payer."""
    trust = open_trust(files)
    randomness = SystemRandomness()
    desks = [_desk(fund, randomness) for fund in told.funds]
    opener = Opener([_decryption_key(fund.decryption_key) for fund in told.funds], trust, randomness)
    return PayerEdges(
        policy=PayerPolicy(told.name, demo=True),
        store=PayerStore.open(files.payer_store, open_vault(files.keys / "payer.key")),
        funds={desk.destination.code: desk for desk in desks},
        opener=opener,
        verifier=SheetVerifier(trust),
        mailer=RouteMailer(told.reception_ports),
        tariff=standard_book(),
        card_proof=CardProofs(trust),
        randomness=randomness,
        sign_bundle=lambda bundle: write_bundle(bundle, _signer(told.funds[0].signing_key)),
        take_revocations=trust.replace_revocations,
    )


def open_vault(path: Path) -> Vault:
    """The key of a store, made on first use."""
    return open_key_file(path) if path.exists() else create_key_file(path)


def station_of(billing_number: str) -> Station:
    """The one station of a practice of this world, which owns the whole range of serials."""
    return Station(f"{billing_number}-01", billing_number, 1, 9999)


def published(path: Path, use: CertificateUse) -> PublishedCertificate:
    """The certificate of a key file, as a bundle publishes it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = _key(str(path)).certificate
    return PublishedCertificate(
        use, certificate.public_bytes(Encoding.DER), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    )


def write_told(path: Path, told: PracticeFile | PayerFile) -> None:
    """Keep what makes an actor beside its state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))


def read_practice(path: Path) -> PracticeFile:
    """Inverse of `write_told`."""

    return msgspec.json.decode(path.read_bytes(), type=PracticeFile)


def read_payer(path: Path) -> PayerFile:
    """Inverse of `write_told`."""

    return msgspec.json.decode(path.read_bytes(), type=PayerFile)


def _desk(fund: FundFile, randomness: Any) -> FundDesk:
    signer = _signer(fund.signing_key)
    certificates = (
        published(Path(fund.signing_key), CertificateUse.SIGN),
        published(Path(fund.decryption_key), CertificateUse.ENCRYPT),
    )
    destination = Destination.from_code(fund.destination)
    return FundDesk(destination, fund.name, fund.address, Sealer(signer, randomness), certificates)


def _way(rank: int, account: Account) -> WayEdge:
    def server(port: int) -> MailServer:
        return MailServer("127.0.0.1", port, Security.TLS, account.address, account.password, Path(account.ca_file))

    return WayEdge(
        account.operator,
        account.operator,
        account.address,
        SmtpSender(server(account.submission_port)),
        Pop3Collector(server(account.pop3_port)),
        rank,
    )


def _recipient_judge(trust: TrustStore) -> Callable[[bytes, datetime], Judgement]:
    def judge(der: bytes, now: datetime) -> Judgement:
        read = trust.read(der)
        if read is None:
            return Judgement(Verdict.REFUSE)
        return judge_recipient(read[0], trust.trust, now=now, roles=frozenset({Role.FUND}))

    return judge


def open_trust(files: WorldFiles) -> TrustStore:
    """The authorities that everybody of this world believes."""
    trust, found = load_trust(files.pki / "trust")
    if found:
        raise ValueError(f"the world's authorities cannot be read: {[str(item) for item in found]}")
    return trust


def _key(path: str) -> Any:
    key, found = load_key_file(Path(path))
    if key is None:
        raise ValueError(f"{path}: {[str(item) for item in found]}")
    return key


def _signer(path: str) -> Signer:
    signer, found = _key(path).signer()
    if signer is None:
        raise ValueError(f"{path}: {[str(item) for item in found]}")
    return cast(Signer, signer)


def _decryption_key(path: str) -> Any:
    key, found = _key(path).decryption_key()
    if key is None:
        raise ValueError(f"{path}: {[str(item) for item in found]}")
    return key
