"""Keys, certificates and cards of the simulated world, from a pool of ready-made keys: a world of 200 cards starts in seconds."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from vaguemestre.core.parties import Destination, Performer
from vaguemestre.core.seal.sealing import KeyKind, Role
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.cardfile import issue_card
from vaguemestre.edge.seal.certificates import (
    PayerAuthorities,
    Subject,
    Usage,
    Validity,
    create_payer_authorities,
    issue,
)
from vaguemestre.edge.seal.keypool import POOL_KEYS_MAX, KeyPool
from vaguemestre.edge.seal.keys import SigningKey
from vaguemestre.edge.seal.pki_directory import write_key
from vaguemestre.sim.people import FUNDS, Person
from vaguemestre.sim.practices import PRACTICES
from vaguemestre.sim.rights import card_of

_ROLES = (None, Role.PROFESSIONAL, Role.CARD, Role.FUND, Role.STATION)
_YEARS_BEFORE, _YEARS = 4, 12


def shared_pool() -> KeyPool:
    """The pool that every world of this user shares, in the user's cache directory; the keys protect nobody real."""
    home = os.environ.get("VAGUEMESTRE_KEY_POOL")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return KeyPool(Path(home) if home else cache / "vaguemestre" / "key-pool")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key with its certificate, and the file that holds both."""

    path: Path
    key: SigningKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


class Credentials:
    """Issues whatever the world needs under `directory`; `now` is the first instant of the world.

    `card_keys` is how many different keys the cards and professionals share at most (1 to 180). `kind` is that of whoever signs
    sheets, lots and answers: cards, professionals, funds. Authorities sign, and everybody decrypts, with RSA.
    """

    def __init__(
        self, directory: Path, now: datetime, pool: KeyPool, *, kind: KeyKind = KeyKind.RSA_2048, card_keys: int = 20
    ) -> None:
        self._directory = directory
        self._validity = Validity.days(now - timedelta(days=365 * _YEARS_BEFORE), 365 * _YEARS)
        self._kind = kind
        performers = [performer for practice in PRACTICES for performer in practice.performers]
        offices = len(_ROLES) + len(FUNDS) + len(PRACTICES)
        signers = len(performers) + len(FUNDS)
        holders = min(signers + card_keys, POOL_KEYS_MAX - offices)
        rsa_keys = pool.rsa_keys(offices + (holders if kind is KeyKind.RSA_2048 else 0))
        self._office_keys: list[SigningKey] = list(rsa_keys[:offices])
        holder_keys: list[SigningKey] = (
            list(rsa_keys[offices:]) if kind is KeyKind.RSA_2048 else list(pool.p256_keys(holders))
        )
        self._performer_keys = dict(zip((performer.rpps for performer in performers), holder_keys, strict=False))
        self._fund_keys = dict(zip(FUNDS, holder_keys[len(performers) : signers], strict=True))
        self._card_keys = holder_keys[signers:]
        authority_keys = dict(zip(_ROLES, self._office_keys, strict=False))
        self.authorities: PayerAuthorities = create_payer_authorities(
            "Caisses de démonstration", authority_keys, self._validity
        )

    @property
    def trust(self) -> Path:
        """The directory to hand to everybody who believes this payer."""
        return self._directory / "trust"

    def write_trust(self) -> Path:
        """Write the authorities' certificates; no revocation yet."""
        self.trust.mkdir(parents=True, exist_ok=True)
        for rank, certificate in enumerate(self.authorities.certificates):
            (self.trust / f"authority-{rank}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return self.trust

    def fund(self, destination: Destination, usage: Usage) -> KeyPair:
        """A fund's signing or encryption key."""
        subject = Subject(destination.code, f"Caisse {destination.fund}")
        if usage is Usage.SIGN:
            return self._write(Role.FUND, subject, usage, self._fund_keys[destination])
        return self._pair(Role.FUND, subject, usage, len(_ROLES) + FUNDS.index(destination))

    @property
    def fund_chain(self) -> tuple[bytes, ...]:
        """What a fund's signature brings along."""
        return self.authorities.by_role[Role.FUND].chain_der

    def station(self, number: str, rank: int) -> KeyPair:
        """A practice station's encryption key; `rank` is the practice's."""
        return self._pair(Role.STATION, Subject(number, number), Usage.ENCRYPT, len(_ROLES) + len(FUNDS) + rank)

    def professional(self, performer: Performer) -> KeyPair:
        """A professional's card: the key that signs sheets and lots."""
        subject = Subject(performer.rpps, f"Professionnel {performer.rpps}")
        return self._write(Role.PROFESSIONAL, subject, Usage.SIGN, self._performer_keys[performer.rpps])

    def write_cards(self, people: Iterable[Person], directory: Path) -> dict[str, str]:
        """One card file per person, as `<serial>.json`; gives serial -> fingerprint of the card's certificate."""
        directory.mkdir(parents=True, exist_ok=True)
        authority = self.authorities.by_role[Role.CARD]
        pem = [_private_pem(key) for key in self._card_keys]
        fingerprints: dict[str, str] = {}
        for person in people:
            position = person.number % len(self._card_keys)
            key = self._card_keys[position]
            card, data = issue_card(card_of(person), authority, key, self._validity, private_key_pem=pem[position])
            fingerprints[person.card_serial] = card.key_fingerprint
            (directory / f"{person.card_serial}.json").write_bytes(data)
        return fingerprints

    def _pair(self, role: Role, subject: Subject, usage: Usage, rank: int) -> KeyPair:
        return self._write(role, subject, usage, self._office_keys[rank])

    def _write(self, role: Role, subject: Subject, usage: Usage, key: SigningKey) -> KeyPair:
        authority = self.authorities.by_role[role]
        certificate = issue(authority, role, subject, key.public_key(), usage, self._validity)
        path = self._directory / "keys" / f"{role.value}-{subject.number}-{usage.value}.pem"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_key(path, key, [certificate, authority.certificate])
        return KeyPair(path, key, certificate)


def _private_pem(key: SigningKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
