"""Builds a practice's edges from its state directory: what `practice.toml` names is opened here, and nowhere else.

Also used by whoever hosts several practices in one process.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from vaguemestre.core.directory.mandates import HolderKind, Station, holder
from vaguemestre.core.entry.drafts import EntryDefaults
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.lot import ClosingPolicy
from vaguemestre.core.parties import Performer
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.log import FileLog
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.mail.tls import is_trusted_file
from vaguemestre.edge.practice.directory import BundleDirectory
from vaguemestre.edge.practice.store import PracticeStore, open_practice_store
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.keys import DecryptionKey, load_key_file
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.store.backup_place import DirectoryPlace
from vaguemestre.edge.store.database import MissingStoreError, NewerStateError, is_store
from vaguemestre.edge.store.vault import Vault, VaultError
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, PracticeSettings, WayEdge
from vaguemestre.wiring.judges import recipient_judge, signer_judge
from vaguemestre.wiring.opening import NotReadyError, configuration, is_beside_its_store, jitter_of, trust_in, vault_of
from vaguemestre.wiring.practice_config import CONFIG_NAME, PerformerConfig, PracticeConfig, WayConfig

STORE_NAME: Final = "practice.sqlite"


@dataclass(frozen=True, slots=True)
class Opened:
    """A practice ready to work, and what was remarked on the way (a key beside its store...)."""

    edges: PracticeEdges
    store: PracticeStore
    config: PracticeConfig
    defaults: EntryDefaults
    findings: tuple[Finding, ...]
    password_prints: Mapping[str, str]  # by way: a keyed hash, which tells a renewed password

    def close(self) -> None:
        """Hang up and close the store."""
        for way in self.edges.ways:
            if way.sender is not None:
                way.sender.close()
        self.store.close()


def read_practice_config(state: Path) -> PracticeConfig:
    """The configuration in a state directory. Raises EnvironmentFault when there is none, NotReadyError when it is wrong."""
    return configuration(state / CONFIG_NAME, PracticeConfig, finding("R049", path=state))


def open_vault(state: Path, config: PracticeConfig, passphrase: str | None = None) -> Vault:
    """The store's key; the passphrase comes from the caller or from the environment. Raises EnvironmentFault."""
    key = state / config.store_key
    return vault_of(key, passphrase, finding("R048", path=key))


def open_store(directory: Path, vault: Vault, key: Path, *, create: bool = False) -> PracticeStore:
    """The store in a directory; only founding a practice creates one.

    Raises EnvironmentFault: vanished, of a newer version, or not written with the key that is named.
    """
    return open_store_file(directory / STORE_NAME, vault, key, create=create)


def open_store_file(path: Path, vault: Vault, key: Path, *, create: bool = False) -> PracticeStore:
    """The same for a store under any name: one that a restore kept aside."""
    try:
        return open_practice_store(path, vault, create=create)
    except MissingStoreError:
        raise EnvironmentFault(finding("E014", path=path)) from None
    except NewerStateError as error:
        raise EnvironmentFault(finding("E005", path=path, found=error.found, known=error.known)) from None
    except VaultError:
        raise EnvironmentFault(finding("R048", path=key)) from None


def second_place(state: Path, config: PracticeConfig, vault: Vault) -> DirectoryPlace | None:
    """Where backups go; None when the configuration names no place. What else a new machine needs goes along, encrypted."""
    if not config.backup_directory:
        return None
    beside = [CONFIG_NAME, str(config.trust), *(str(path) for path in config.station_keys)]
    return DirectoryPlace(state / config.backup_directory, vault, state, beside)


def open_practice(
    state: Path, *, passphrase: str | None = None, store_directory: Path | None = None, create: bool = False
) -> Opened:
    """Everything that the state directory describes, opened. Raises EnvironmentFault or NotReadyError.

    `store_directory`: where the store stands when it is not in the state directory (while it is being restored).
    `create`: the practice is being founded; a store that should be there and is not is never made anew.
    """
    config = read_practice_config(state)
    store_path = (store_directory or state) / STORE_NAME
    if not create and not is_store(store_path):  # said before whatever else is missing
        raise EnvironmentFault(finding("E014", path=store_path))
    vault = open_vault(state, config, passphrase)
    findings: list[Finding] = []
    trust = trust_in(state / config.trust, findings)
    signers = {entry.rpps: signer for entry in config.performers if (signer := _signer(state, entry, findings))}
    billing_number = config.stations[0].billing_number if config.stations else "NUMBER"
    keys = [key for path in config.station_keys if (key := _decryption_key(state / path, billing_number, findings))]
    ways = tuple(way for rank, entry in enumerate(config.ways) if (way := _way(state, rank, entry, findings)))
    if errors_in(findings):
        raise NotReadyError(findings)
    if is_beside_its_store(state / config.store_key, state):
        findings.append(finding("R034", path=state / config.store_key))
    store = open_store(store_directory or state, vault, state / config.store_key, create=create)
    randomness = SystemRandomness()
    edges = PracticeEdges(
        settings=_settings(config),
        store=store,
        directory=BundleDirectory(trust),
        tariff=standard_book(),
        signers=signers,
        lot_cards=[
            _lot_card(entry.rpps, signers[entry.rpps], randomness)
            for entry in config.performers
            if entry.signs_lots and entry.rpps in signers
        ],
        opener=Opener(keys, trust, randomness),
        judge_recipient=recipient_judge(trust),
        judge_signer=signer_judge(trust),
        ways=ways,
        second_place=second_place(state, config, vault),
        card_reader=CardFileReader(trust),
        jitter=jitter_of(randomness),
        log=FileLog(state / "practice.log", SystemClock()).write,
    )
    prints = {
        entry.name: vault.blind(f"password {_first_line(state / entry.password_file)}").hex()
        for entry in config.ways
        if (state / entry.password_file).is_file()
    }
    return Opened(edges, store, config, _defaults(config), tuple(findings), prints)


def _settings(config: PracticeConfig) -> PracticeSettings:
    stations = tuple(
        Station(f"{entry.billing_number}-{entry.rank}", entry.billing_number, entry.first, entry.last)
        for entry in config.stations
    )
    return PracticeSettings(
        config.name,
        stations,
        config.territory,
        ClosingPolicy(config.lot_size, timedelta(minutes=config.lot_wait_minutes)),
        software_version=version("vaguemestre"),
        demo=config.demo,
    )


def _defaults(config: PracticeConfig) -> EntryDefaults:
    performers = tuple(
        Performer(entry.rpps, entry.billing_number, entry.specialty, entry.mode) for entry in config.performers
    )
    billing_number = config.stations[0].billing_number if config.stations else ""
    return EntryDefaults(billing_number, performers, config.structure_number)


def _signer(state: Path, entry: PerformerConfig, findings: list[Finding]) -> Signer | None:
    """The card of one professional; a card that is not in its reader is said, and the others go on."""
    path = state / entry.card
    if not path.is_file():
        findings.append(finding("R053", path=path, rpps=entry.rpps))
        return None
    code = _first_line(state / entry.card_passphrase_file) if entry.card_passphrase_file else None
    key, found = load_key_file(path, code.encode() if code else None)
    findings += found
    if key is None:
        return None
    signer, found = key.signer()
    findings += found
    return signer


def _decryption_key(path: Path, billing_number: str, findings: list[Finding]) -> DecryptionKey | None:
    if not path.is_file():
        findings.append(finding("R080", path=path, number=f"{billing_number}-01"))
        return None
    key, found = load_key_file(path)
    findings += found
    if key is None:
        return None
    opener, found = key.decryption_key()
    findings += found
    return opener


def _way(state: Path, rank: int, way: WayConfig, findings: list[Finding]) -> WayEdge | None:
    """One way; without its password it is left out, and the others go on."""
    if not (state / way.password_file).is_file():
        findings.append(finding("R054", way=way.name, path=state / way.password_file))
        return None
    password = _first_line(state / way.password_file)
    ca_file = state / way.ca_file if way.ca_file else None
    mistakes = _way_mistakes(rank, way, ca_file)
    if mistakes:
        findings += mistakes
        return None
    sending = MailServer(
        way.submission_host, way.submission_port, way.submission_security, way.address, password, ca_file
    )
    collecting = MailServer(way.pop3_host, way.pop3_port, username=way.address, password=password, ca_file=ca_file)
    operator = way.operator or way.address.rpartition("@")[2].lower()
    return WayEdge(way.name, operator, way.address, SmtpSender(sending), Pop3Collector(collecting), rank)


def _way_mistakes(rank: int, way: WayConfig, ca_file: Path | None) -> list[Finding]:
    """What would stop this way before it dials: a password in clear, an expected certificate that is not one."""
    found = []
    if way.submission_security is Security.NONE:
        key = f"ways.{rank}.submission_security"
        found.append(finding("E013", Place(CONFIG_NAME, field=key), key=key, expected='"tls" | "starttls"'))
    if ca_file is not None and not is_trusted_file(ca_file):
        found.append(finding("S062", Place(CONFIG_NAME, field=f"ways.{rank}.ca_file"), file=ca_file))
    return found


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")


def _lot_card(rpps: str, signer: Signer, randomness: SystemRandomness) -> LotCard:
    return LotCard(holder(HolderKind.PROFESSIONAL, rpps), Sealer(signer, randomness), signer.certificate_der)
