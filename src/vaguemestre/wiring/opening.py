"""What opening a practice and a payer share: their configuration, the store's key, the authorities that they believe."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, finding
from vaguemestre.edge.config import read_config
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.truststore import TrustStore, load_trust
from vaguemestre.edge.store.vault import Vault, VaultError, open_key_file

_Config = TypeVar("_Config")

PASSPHRASE_VARIABLE: Final = "VAGUEMESTRE_STORE_PASSPHRASE"


class NotReadyError(Exception):
    """A practice or a payer cannot be opened as it is described; `findings` say each reason."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(", ".join(str(item) for item in findings))
        self.findings = tuple(findings)


def configuration(path: Path, shape: type[_Config], absent: Finding) -> _Config:
    """The configuration in a file. Raises EnvironmentFault (`absent`) when there is none, NotReadyError when it is wrong."""
    if not path.is_file():
        raise EnvironmentFault(absent)
    config, findings = read_config(path, shape)
    if config is None:
        raise NotReadyError(findings)
    return config


def vault_of(key: Path, passphrase: str | None, refused: Finding) -> Vault:
    """The store's key; the passphrase comes from the caller or from the environment. Raises EnvironmentFault (`refused`)."""
    try:
        return open_key_file(key, passphrase or os.environ.get(PASSPHRASE_VARIABLE))
    except VaultError:
        raise EnvironmentFault(refused) from None


def trust_in(directory: Path, findings: list[Finding]) -> TrustStore:
    """The authorities of a directory; what is wrong with them goes to `findings`."""
    if not directory.is_dir():
        findings.append(finding("E004", path=directory))
        return TrustStore(())
    trust, found = load_trust(directory)
    findings += found
    return trust


def is_beside_its_store(key: Path, state: Path) -> bool:
    """Whether the store's key stands in the very directory that it protects."""
    return key.resolve().parent == state.resolve()


def jitter_of(randomness: SystemRandomness) -> Callable[[], float]:
    """Numbers from 0 to 1, 1 excluded: how long a retry waits."""
    return lambda: int.from_bytes(randomness.draw(4), "big") / (1 << 32)
