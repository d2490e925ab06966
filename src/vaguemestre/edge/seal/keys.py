"""Signing and decryption keys held in files (PEM or PKCS#12), in the shape that a card would give through PKCS#11.

Nothing outside this file touches a private key: the rest of the project sees `core.seal.sealing.Signer` and `DecryptionKey`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import KeyKind, SignatureAlgorithm, Signer
from vaguemestre.core.values import dataclass

KEY_FILE_BYTES_MAX: Final = 1 << 20
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_ECDSA_SHA256: Final = ec.ECDSA(_SHA256)

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class OaepScheme:
    """Names of the digest and of the mask's digest (`sha256`); None instead of a scheme means PKCS#1 v1.5."""

    digest: str
    mask_digest: str
    label: bytes = b""


class DecryptionKey(Protocol):
    """A key that unwraps content keys; it may live in a token."""

    @property
    def certificate_der(self) -> bytes: ...

    def unwrap(self, wrapped: bytes, scheme: OaepScheme | None) -> bytes | None:
        """The content key, or None when it does not unwrap; the caller must not tell the two apart to a peer."""
        ...


def key_kind_of(key: PublicKeyTypes) -> KeyKind | None:
    """Which accepted kind a public key is; None for every other kind or a shorter RSA key."""
    if isinstance(key, rsa.RSAPublicKey):
        return KeyKind.RSA_2048 if 2048 <= key.key_size <= 8192 else None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return KeyKind.P_256
    return None


class FileSigner:
    """A private key in memory with its certificate: `core.seal.sealing.Signer`."""

    __slots__ = ("_key", "algorithm", "certificate_der", "chain_der", "key_kind")

    def __init__(self, key: SigningKey, certificate_der: bytes, chain_der: Sequence[bytes] = ()) -> None:
        """Raises ValueError for a key of another kind than RSA (2048 bits or more) and P-256."""
        kind = key_kind_of(key.public_key())
        if kind is None:
            raise ValueError("signing keys are RSA of 2048 bits or more, or P-256")
        self._key = key
        self.certificate_der = certificate_der
        self.chain_der = tuple(chain_der)
        self.key_kind = kind
        rsa_key = kind is KeyKind.RSA_2048
        self.algorithm = SignatureAlgorithm.RSA_SHA256 if rsa_key else SignatureAlgorithm.ECDSA_SHA256

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 or ECDSA over SHA-256 of `data`: 256 bytes, or a DER pair of at most 72."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PKCS1, _SHA256)
        return self._key.sign(data, _ECDSA_SHA256)


class FileDecryptionKey:
    """An RSA private key in memory with its certificate."""

    __slots__ = ("_key", "certificate_der")

    def __init__(self, key: rsa.RSAPrivateKey, certificate_der: bytes) -> None:
        self._key = key
        self.certificate_der = certificate_der

    def unwrap(self, wrapped: bytes, scheme: OaepScheme | None) -> bytes | None:
        try:
            if scheme is None:
                return self._key.decrypt(wrapped, _PKCS1)
            mask = padding.MGF1(_digest(scheme.mask_digest))
            return self._key.decrypt(wrapped, padding.OAEP(mask, _digest(scheme.digest), scheme.label or None))
        except (ValueError, UnsupportedAlgorithm):
            return None


def _digest(name: str) -> hashes.HashAlgorithm:
    known: dict[str, type[hashes.HashAlgorithm]] = {
        "sha1": hashes.SHA1,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    if name not in known:
        raise ValueError("unknown digest")
    return known[name]()


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file held: one private key, its certificate, the authorities found beside it."""

    key: PrivateKeyTypes
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def signer(self) -> tuple[Signer | None, list[Finding]]:
        """This key as a signer, or the finding that says why it cannot sign."""
        if isinstance(self.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            der = serialization.Encoding.DER
            try:
                chain = [entry.public_bytes(der) for entry in self.chain]
                return FileSigner(self.key, self.certificate.public_bytes(der), chain), []
            except ValueError:
                pass
        return None, [finding("S020", number=f"{self.certificate.serial_number:x}")]

    def decryption_key(self) -> tuple[DecryptionKey | None, list[Finding]]:
        """This key as a decryption key, or the finding that says why it cannot decrypt."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return FileDecryptionKey(self.key, self.certificate.public_bytes(serialization.Encoding.DER)), []
        return None, [finding("S025", number=f"{self.certificate.serial_number:x}")]


def load_key_file(path: Path, passphrase: bytes | None = None) -> tuple[KeyFile | None, list[Finding]]:
    """Read a key with its certificate from PKCS#12 or PEM (certificate in the same file, or beside it as `.crt`).

    Findings: S060 unreadable or wrong passphrase, S061 no certificate of that key. Raises OSError when there is no file.
    """
    place = Place(source=path.name)
    data = _read_bounded(path)
    parsed = None if data is None else _parse_pem(data, passphrase) or _parse_pkcs12(data, passphrase)
    if parsed is None:
        return None, [finding("S060", place, file=path.name)]
    key, certificates = parsed
    beside = path.with_suffix(".crt")
    if beside != path and beside.is_file():
        certificates = [*certificates, *load_certificates(beside.read_bytes()[:KEY_FILE_BYTES_MAX])]
    public = _public_bytes(key.public_key())
    own = [entry for entry in certificates if _public_bytes(entry.public_key()) == public]
    if not own:
        return None, [finding("S061", place, file=path.name)]
    chain = dict.fromkeys(entry for entry in certificates if entry not in own)
    return KeyFile(key, own[0], tuple(chain)), []


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """Every certificate in PEM text, or the one in DER; an empty list when there is none to read."""
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return []


def _read_bounded(path: Path) -> bytes | None:
    with path.open("rb") as stream:
        data = stream.read(KEY_FILE_BYTES_MAX + 1)
    return data if len(data) <= KEY_FILE_BYTES_MAX else None


def _parse_pem(data: bytes, passphrase: bytes | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]] | None:
    begin = data.find(b"PRIVATE KEY-----")
    if begin < 0:
        return None
    start = data.rfind(b"-----BEGIN", 0, begin)
    end = data.find(b"-----END", begin)
    stop = data.find(b"\n", end) if end >= 0 else -1
    block = data[max(start, 0) : stop if stop >= 0 else len(data)]
    try:
        return serialization.load_pem_private_key(block, passphrase), load_certificates(data)
    except TypeError:  # a passphrase that was not needed, or none where one was
        if passphrase is None:
            return None
        return _parse_pem(data, None)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _parse_pkcs12(data: bytes, passphrase: bytes | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]] | None:
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if key is None:
        return None
    return key, [entry for entry in (certificate, *more) if entry is not None]


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
