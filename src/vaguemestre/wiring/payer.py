"""Builds a payer's edges from its state directory: what `payer.toml` names is opened here, and nowhere else."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from vaguemestre.core.directory.bundle import Bundle, CertificateUse, PublishedCertificate
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.log import FileLog
from vaguemestre.edge.mail.smtp import MailServer, SmtpSender
from vaguemestre.edge.mail.tls import is_trusted_file
from vaguemestre.edge.payer.card_proof import CardProofs
from vaguemestre.edge.payer.post import DomainPost
from vaguemestre.edge.payer.store import PayerStore
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.keys import DecryptionKey, KeyFile, load_key_file
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.edge.store.database import MissingStoreError, is_store
from vaguemestre.edge.store.vault import Vault, VaultError
from vaguemestre.role.payer.edges import FundDesk, PayerEdges, PayerPolicy
from vaguemestre.wiring.judges import recipient_judge
from vaguemestre.wiring.opening import NotReadyError, configuration, is_beside_its_store, jitter_of, trust_in, vault_of
from vaguemestre.wiring.payer_config import CONFIG_NAME, FundConfig, PayerConfig

STORE_NAME: Final = "payer.sqlite"
ALL_DOMAINS: Final = "*"
_KEY_SUFFIXES: Final = frozenset({".pem", ".p12", ".pfx"})


@dataclass(frozen=True, slots=True)
class OpenedPayer:
    """A payer ready to work, and what was remarked on the way."""

    edges: PayerEdges
    store: PayerStore
    config: PayerConfig
    trust: TrustStore
    findings: tuple[Finding, ...]
    post: DomainPost

    def close(self) -> None:
        """Hang up and close the store."""
        self.post.close()
        self.store.close()


def open_payer(state: Path, *, passphrase: str | None = None, synchronous: str = "FULL") -> PayerEdges:
    """The edges of the payer in a state directory. Raises EnvironmentFault or NotReadyError."""
    return opened_payer(state, passphrase=passphrase, synchronous=synchronous).edges


def opened_payer(
    state: Path, *, passphrase: str | None = None, synchronous: str = "FULL", create: bool = False
) -> OpenedPayer:
    """Everything that the state directory describes, opened. Raises EnvironmentFault or NotReadyError.

    `create`: the payer is being founded; a store that should be there and is not is never made anew.
    """
    config = read_payer_config(state)
    if not create and not is_store(state / STORE_NAME):  # said before whatever else is missing
        raise EnvironmentFault(finding("E015", path=state / STORE_NAME))
    vault = _vault(state, config, passphrase)
    findings: list[Finding] = []
    trust = trust_in(state / config.trust, findings)
    keys: list[DecryptionKey] = []
    desks: list[FundDesk] = []
    signers: list[Signer] = []
    randomness = SystemRandomness()
    for rank, route in enumerate(config.routes):
        if route.ca_file and not is_trusted_file(state / route.ca_file):
            place = Place(CONFIG_NAME, field=f"routes.{rank}.ca_file")
            findings.append(finding("S062", place, file=state / route.ca_file))
    for fund in config.funds:
        signer, certificates = _fund_keys(state, fund, keys, findings)
        if signer is not None:
            signers.append(signer)
            destination = Destination.from_code(fund.code)
            desks.append(FundDesk(destination, fund.name, fund.address, Sealer(signer, randomness), certificates))
    if not config.funds:
        findings.append(finding("E012", key="funds", example="[[funds]]"))
    if errors_in(findings):
        raise NotReadyError(findings)
    if is_beside_its_store(state / config.store_key, state):
        findings.append(finding("A069", path=state / config.store_key))
    store = _open_store(state, config, vault, synchronous, create)
    post = _post(state, config)
    edges = PayerEdges(
        policy=PayerPolicy(
            name=config.name,
            payment_delay_working_days=config.payment_delay_working_days,
            territory=config.territory,
            demo=config.demo,
        ),
        store=store,
        funds={desk.destination.code: desk for desk in desks},
        opener=Opener(keys, trust, randomness),
        verifier=SheetVerifier(trust),
        mailer=post,
        tariff=standard_book(),
        card_proof=CardProofs(trust),
        judge_recipient=recipient_judge(trust),
        randomness=randomness,
        sign_bundle=_bundle_writer(signers[0]),
        take_revocations=trust.replace_revocations,
        jitter=jitter_of(randomness),
        log=FileLog(state / "payer.log", SystemClock()).write,
    )
    return OpenedPayer(edges, store, config, trust, tuple(findings), post)


def create_store(state: Path, config: PayerConfig) -> None:
    """Make the store of a payer that is being founded; one that is there stays. Raises EnvironmentFault."""
    _open_store(state, config, _vault(state, config, None), "FULL", create=True).close()


def _open_store(state: Path, config: PayerConfig, vault: Vault, synchronous: str, create: bool) -> PayerStore:
    try:
        return PayerStore.open(state / STORE_NAME, vault, synchronous=synchronous, create=create)
    except MissingStoreError:
        raise EnvironmentFault(finding("E015", path=state / STORE_NAME)) from None
    except VaultError:
        raise EnvironmentFault(finding("A068", path=state / config.store_key)) from None


def read_payer_config(state: Path) -> PayerConfig:
    """The configuration in a state directory. Raises EnvironmentFault when there is none, NotReadyError when it is wrong."""
    return configuration(state / CONFIG_NAME, PayerConfig, finding("A066", path=state))


def _vault(state: Path, config: PayerConfig, passphrase: str | None) -> Vault:
    key = state / config.store_key
    return vault_of(key, passphrase, finding("A068", path=key))


def _fund_keys(
    state: Path, fund: FundConfig, keys: list[DecryptionKey], findings: list[Finding]
) -> tuple[Signer | None, tuple[PublishedCertificate, ...]]:
    """The fund's signer, every decryption key it ever had, and what it publishes of both."""
    own = _key(state / fund.signing_key, fund, findings)
    signer, found = own.signer() if own is not None else (None, [])
    findings += found
    published = [] if own is None else [_published(own, CertificateUse.SIGN)]
    directory = state / fund.decryption_keys
    files = sorted(path for path in directory.glob("*") if path.suffix in _KEY_SUFFIXES) if directory.is_dir() else []
    if not files:
        findings.append(finding("A064", file=directory, fund=fund.code))
    for path in files:
        held = _key(path, fund, findings)
        key, found = held.decryption_key() if held is not None else (None, [])
        findings += found
        if held is not None and key is not None:
            keys.append(key)
            published.append(_published(held, CertificateUse.ENCRYPT))
    return signer, tuple(published)


def _key(path: Path, fund: FundConfig, findings: list[Finding]) -> KeyFile | None:
    if not path.is_file():
        findings.append(finding("A064", file=path, fund=fund.code))
        return None
    held, found = load_key_file(path)
    findings += found
    return held


def _published(held: KeyFile, use: CertificateUse) -> PublishedCertificate:
    certificate = held.certificate
    return PublishedCertificate(
        use,
        certificate.public_bytes(Encoding.DER),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def _post(state: Path, config: PayerConfig) -> DomainPost:
    senders = {
        route.domain: SmtpSender(
            MailServer(route.host, route.port, route.security, ca_file=state / route.ca_file if route.ca_file else None)
        )
        for route in config.routes
    }
    return DomainPost(senders, senders.get(ALL_DOMAINS))


def _bundle_writer(signer: Signer) -> Callable[[Bundle], bytes]:
    """Signs bundles in the name of the payer's first fund."""

    def write(bundle: Bundle) -> bytes:
        return write_bundle(bundle, signer)

    return write
