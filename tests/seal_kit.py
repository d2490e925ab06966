"""What tests of signature and seal share: one payer's authorities and the certificates of its people, all valid in 2022.

The keys come from a pool kept in the machine's temporary directory: generating them anew would take seconds each session.
"""

import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from vaguemestre.core.seal.sealing import Role
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.certificates import (
    Authority,
    PayerAuthorities,
    Subject,
    Usage,
    Validity,
    create_payer_authorities,
    create_root,
    issue,
)
from vaguemestre.edge.seal.keypool import KeyPool
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner, SigningKey
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore

_USER = os.getuid() if hasattr(os, "getuid") else "all"  # two people of one machine do not share keys
POOL = KeyPool(Path(tempfile.gettempdir()) / f"vaguemestre-test-keys-{_USER}")
NOON = datetime(2022, 4, 27, 12, 0, tzinfo=UTC)
VALIDITY = Validity(datetime(2021, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
AUTHORITY_VALIDITY = Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
RANDOM = SystemRandomness()
PROFESSIONAL = frozenset({Role.PROFESSIONAL})
_AUTHORITY_KEYS = 6


@cache
def rsa_key(position: int) -> rsa.RSAPrivateKey:
    """A key of the pool; the first ones belong to the authorities."""
    return POOL.rsa_keys(_AUTHORITY_KEYS + position + 1)[-1]


@cache
def authorities() -> PayerAuthorities:
    """The one payer of these tests."""
    keys: list[SigningKey] = list(POOL.rsa_keys(5))
    return create_payer_authorities("CPAM", dict(zip((None, *Role), keys, strict=True)), AUTHORITY_VALIDITY)


@cache
def stranger_root() -> Authority:
    """An authority that nobody here believes."""
    return create_root("Autre", POOL.rsa_keys(_AUTHORITY_KEYS)[-1], AUTHORITY_VALIDITY)


def signer(
    role: Role = Role.PROFESSIONAL,
    number: str = "10101234567",
    key: SigningKey | None = None,
    *,
    authority: Authority | None = None,
    validity: Validity = VALIDITY,
    usage: Usage = Usage.SIGN,
    chain: bool = False,
) -> FileSigner:
    """A signer whose certificate one of the payer's authorities issued."""
    used = key or rsa_key(0)
    issuer = authority or authorities().by_role[role]
    certificate = issue(issuer, role, Subject(number, f"Titulaire {number}"), used.public_key(), usage, validity)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return FileSigner(used, der, issuer.chain_der if chain else ())


@cache
def professional() -> FileSigner:
    return signer()


@cache
def card(position: int = 0) -> FileSigner:
    return signer(Role.CARD, f"CARTE{position:04d}", rsa_key(2 + position))


@dataclass(frozen=True)
class Box:
    """A certificate to encrypt to, and its key."""

    key: FileDecryptionKey
    certificate: bytes


@cache
def fund_box(position: int = 1, number: str = "017510000") -> Box:
    key = rsa_key(position)
    subject = Subject(number, f"Caisse {number}")
    certificate = issue(
        authorities().by_role[Role.FUND], Role.FUND, subject, key.public_key(), Usage.ENCRYPT, VALIDITY
    ).public_bytes(serialization.Encoding.DER)
    return Box(FileDecryptionKey(key, certificate), certificate)


def trust_store() -> TrustStore:
    return TrustStore(authorities().certificates)


def opener(store: TrustStore | None = None) -> Opener:
    return Opener([fund_box().key], store or trust_store(), RANDOM)


def seal(content: bytes, *, by: FileSigner | None = None, at: datetime = NOON) -> bytes:
    """A sealed entity for the fund."""
    return Sealer(by or professional(), RANDOM).seal(content, [fund_box().certificate], at).entity


def after(**duration: float) -> datetime:
    """An instant after noon of the day of the tests."""
    return NOON + timedelta(**duration)
