"""Reads CMS: finds our key, decrypts, reads one signature and verifies it. A peer's mistake is a finding, never an error.

Every failure to decrypt gives the same finding: a sender must not learn whether a key, a padding or a structure was wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256, sha384, sha512
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.asn1 import TLV, GeneralizedTime, SetOf, UTCTime, decode_der, encode_der
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from vaguemestre.core.clock import Randomness
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal import cms_shapes as cms
from vaguemestre.edge.seal.ber import tlv, to_der
from vaguemestre.edge.seal.certificates import PublicKey
from vaguemestre.edge.seal.cms_build import issuer_and_serial
from vaguemestre.edge.seal.keys import DecryptionKey, OaepScheme

RECIPIENTS_MAX: Final = 64
CERTIFICATES_MAX: Final = 16
_SEQUENCE_TAG: Final = b"\x30"
_PRIMITIVE: Final = b"\x80"
_CONSTRUCTED: Final = b"\xa0"
_CBC_KEY_BYTES: Final = {cms.AES_128_CBC: 16, cms.AES_192_CBC: 24, cms.AES_256_CBC: 32}
_GCM_KEY_BYTES: Final = {cms.AES_128_GCM: 16, cms.AES_192_GCM: 24, cms.AES_256_GCM: 32}
_DIGEST_NAMES: Final = {
    cms.Oid("1.3.14.3.2.26"): "sha1",
    cms.SHA_256: "sha256",
    cms.SHA_384: "sha384",
    cms.SHA_512: "sha512",
}
_DIGESTS: Final[Mapping[cms.Oid, tuple[Any, hashes.HashAlgorithm]]] = {
    cms.SHA_256: (sha256, hashes.SHA256()),
    cms.SHA_384: (sha384, hashes.SHA384()),
    cms.SHA_512: (sha512, hashes.SHA512()),
}
_RSA_SIGNATURES: Final = {
    cms.RSA_SHA_256: cms.SHA_256,
    cms.RSA_SHA_384: cms.SHA_384,
    cms.RSA_SHA_512: cms.SHA_512,
}
_ECDSA_SIGNATURES: Final = {
    cms.ECDSA_SHA_256: cms.SHA_256,
    cms.ECDSA_SHA_384: cms.SHA_384,
    cms.ECDSA_SHA_512: cms.SHA_512,
}
_PKCS1: Final = padding.PKCS1v15()
_UNREADABLE: Final = (ValueError, TypeError, OverflowError)
_ENVELOPES: Final[Mapping[cms.Oid, type[Any]]] = {
    cms.ID_ENVELOPED_DATA: cms.EnvelopedData,
    cms.ID_AUTH_ENVELOPED_DATA: cms.AuthEnvelopedData,
}
_SIGNED: Final[Mapping[cms.Oid, type[Any]]] = {cms.ID_SIGNED_DATA: cms.SignedData}


class DecryptionKeys:
    """Every decryption key that one actor keeps, found by what an envelope names: issuer and serial, or key identifier."""

    def __init__(self, keys: Iterable[DecryptionKey]) -> None:
        self._by_name: dict[bytes, DecryptionKey] = {}
        for key in keys:
            self.add(key)

    def add(self, key: DecryptionKey) -> None:
        """Keep one more key; keys are never forgotten for the claim's life."""
        self._by_name[issuer_and_serial(key.certificate_der)] = key
        certificate = x509.load_der_x509_certificate(key.certificate_der)
        try:
            extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return
        self._by_name[extension.value.digest] = key

    def find(self, name: bytes) -> DecryptionKey | None:
        return self._by_name.get(name)


def _read(data: bytes, shapes: Mapping[cms.Oid, type[Any]]) -> tuple[cms.Oid | None, Any]:
    """(content type, its parsed content); (type, None) for a type not among `shapes`, (None, None) when unreadable.

    What is not DER is turned from BER into DER first.
    """
    for convert in (bytes, to_der):
        try:
            info = decode_der(cms.ContentInfo, convert(data))
            shape = shapes.get(info.content_type)
            return info.content_type, None if shape is None else info.content.parse(shape)
        except _UNREADABLE:
            continue
    return None, None


def decrypt(
    data: bytes, keys: DecryptionKeys, randomness: Randomness, place: Place
) -> tuple[bytes | None, list[Finding]]:
    """The content of an envelope (DER or BER) addressed to one of `keys`, or the finding that says why not."""
    kind, envelope = _read(data, _ENVELOPES)
    if kind is None:
        return None, [finding("S003", place)]
    if envelope is None:
        return None, [finding("S004", place)]
    try:
        found, refusal = _our_key(envelope, keys, place)
        if found is None:
            return None, [refusal] if refusal is not None else [finding("S006", place)]
        decrypted = _decrypt_content(envelope, found, randomness)
    except _UNREADABLE:
        return None, [finding("S003", place)]
    if isinstance(decrypted, str):
        return None, [finding("S005", place, algorithm=decrypted)]
    return decrypted, [] if decrypted is not None else [finding("S007", place)]


@dataclass(frozen=True, slots=True)
class _Wrapped:
    key: DecryptionKey
    scheme: OaepScheme | None
    encrypted_key: bytes


def _our_key(envelope: Any, keys: DecryptionKeys, place: Place) -> tuple[_Wrapped | None, Finding | None]:
    """The first transport addressed to one of our keys; a finding when ours uses an algorithm that is not read."""
    for entry in envelope.recipients.as_list()[:RECIPIENTS_MAX]:
        if entry.tag_bytes != _SEQUENCE_TAG:
            continue  # key agreement, passwords: not ours
        transport = entry.parse(cms.KeyTransport)
        named = transport.recipient
        key = keys.find(named if isinstance(named, bytes) else encode_der(named))
        if key is None:
            continue
        scheme = _transport_scheme(transport.algorithm)
        if isinstance(scheme, str):
            return None, finding("S005", place, algorithm=scheme)
        return _Wrapped(key, scheme, transport.encrypted_key), None
    return None, None


def _transport_scheme(algorithm: TLV) -> OaepScheme | str | None:
    """None for PKCS#1 v1.5, a scheme for OAEP, or the name of an algorithm that is not read."""
    name = _algorithm_name(algorithm)
    if name == cms.RSA_ENCRYPTION:
        return None
    if name != cms.RSA_OAEP:
        return name.dotted_string
    parameters = algorithm.parse(cms.OaepAlgorithm).parameters
    digest = _DIGEST_NAMES.get(parameters.digest.algorithm) if parameters.digest else "sha1"
    mask = _DIGEST_NAMES.get(parameters.mask.parameters.algorithm) if parameters.mask else "sha1"
    if digest is None or mask is None or (parameters.mask and parameters.mask.algorithm != cms.MASK_GENERATION_1):
        return name.dotted_string
    return OaepScheme(digest, mask, parameters.source.parameters if parameters.source else b"")


def _algorithm_name(algorithm: TLV) -> cms.Oid:
    try:
        return algorithm.parse(cms.PlainAlgorithm).algorithm  # type: ignore[no-any-return]
    except ValueError:
        return algorithm.parse(cms.AnyAlgorithm).algorithm  # type: ignore[no-any-return]


def _decrypt_content(envelope: Any, wrapped: _Wrapped, randomness: Randomness) -> bytes | str | None:
    """The content; the name of an algorithm that is not read; None when it does not decrypt."""
    encrypted = envelope.content
    authenticated = isinstance(envelope, cms.AuthEnvelopedData)
    try:
        algorithm = encrypted.algorithm.parse(cms.GcmAlgorithm if authenticated else cms.OctetAlgorithm)
    except ValueError:
        return _algorithm_name(encrypted.algorithm).dotted_string
    size = (_GCM_KEY_BYTES if authenticated else _CBC_KEY_BYTES).get(algorithm.algorithm)
    if size is None:
        return str(algorithm.algorithm.dotted_string)
    data = _encrypted_bytes(encrypted.content)
    key = wrapped.key.unwrap(wrapped.encrypted_key, wrapped.scheme)
    if key is None or len(key) != size:
        key = randomness.draw(size)  # go on as if it were right: the caller sees one failure, whatever failed
    if authenticated:
        return _open_gcm(envelope, algorithm.parameters, key, data)
    return _open_cbc(key, algorithm.parameters, data)


def _encrypted_bytes(content: TLV) -> bytes | memoryview:
    """What is encrypted, in place when it is in one piece. Raises ValueError when it is neither."""
    if content.tag_bytes == _PRIMITIVE:
        return content.data
    if content.tag_bytes != _CONSTRUCTED:
        raise ValueError("encrypted content is [0]")
    return b"".join(decode_der(cms.ContentParts, tlv(0x30, encode_der(content))).parts)


def _open_cbc(key: bytes, vector: bytes, data: bytes | memoryview) -> bytes | None:
    if len(vector) != 16 or not data or len(data) % 16:
        return None
    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    padded = decryptor.update(data)
    decryptor.finalize()
    count = padded[-1]
    if not 1 <= count <= 16 or padded[-count:] != bytes((count,)) * count:
        return None
    return padded[:-count]


def _open_gcm(envelope: Any, parameters: cms.GcmParameters, key: bytes, data: bytes | memoryview) -> bytes | None:
    if not 12 <= parameters.tag_size <= 16 or len(envelope.tag) != parameters.tag_size:
        return None
    decryptor = Cipher(AES(key), GCM(parameters.nonce, envelope.tag, min_tag_length=12)).decryptor()
    if envelope.attributes is not None:
        decryptor.authenticate_additional_data(encode_der(SetOf(envelope.attributes)))
    try:
        return decryptor.update(data) + decryptor.finalize()
    except InvalidTag:
        return None


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature as read: nothing verified yet but the structure."""

    content: bytes | None  # None when the signature is detached
    certificate_der: bytes
    brought: tuple[bytes, ...]
    signing_time: datetime
    _attributes: bytes
    _digest: bytes
    _digest_name: cms.Oid
    _algorithm: TLV
    _signature: bytes

    def covers(self, content: bytes) -> bool:
        """Whether the signed digest is that of `content`."""
        matches: bool = _DIGESTS[self._digest_name][0](content).digest() == self._digest
        return matches

    def verify(self, key: PublicKey) -> bool | str:
        """Whether `key` made this signature; or the name of an algorithm that is not read."""
        name = _algorithm_name(self._algorithm)
        digest = _DIGESTS[self._digest_name][1]
        try:
            if isinstance(key, rsa.RSAPublicKey):
                scheme = _rsa_scheme(name, self._algorithm, self._digest_name)
                if scheme is None:
                    return name.dotted_string
                key.verify(self._signature, self._attributes, scheme, digest)
            elif _ECDSA_SIGNATURES.get(name) == self._digest_name:
                key.verify(self._signature, self._attributes, ec.ECDSA(digest))
            else:
                return name.dotted_string
        except (InvalidSignature, UnsupportedAlgorithm, *_UNREADABLE):
            return False
        return True


def _rsa_scheme(name: cms.Oid, algorithm: TLV, digest_name: cms.Oid) -> padding.AsymmetricPadding | None:
    if name == cms.RSA_ENCRYPTION or _RSA_SIGNATURES.get(name) == digest_name:
        return _PKCS1
    if name != cms.RSA_PSS:
        return None
    parameters = algorithm.parse(cms.PssAlgorithm).parameters
    mask = parameters.mask
    if (
        parameters.digest is None
        or parameters.digest.algorithm != digest_name
        or mask is None
        or mask.algorithm != cms.MASK_GENERATION_1
        or mask.parameters.algorithm not in _DIGESTS
        or not 0 <= (20 if parameters.salt_size is None else parameters.salt_size) <= 256
        or parameters.trailer not in (None, 1)
    ):
        return None
    mask_digest = _DIGESTS[mask.parameters.algorithm][1]
    return padding.PSS(padding.MGF1(mask_digest), 20 if parameters.salt_size is None else parameters.salt_size)


def read_signed(data: bytes, place: Place) -> tuple[Signed | None, list[Finding]]:
    """Read SignedData (DER or BER) with exactly one signer, or the finding that says what is missing."""
    kind, signed = _read(data, _SIGNED)
    if kind is None:
        return None, [finding("S003", place)]
    if signed is None or signed.content.content_type != cms.ID_DATA:
        return None, [finding("S008", place)]
    try:
        return _read_signer(signed, place)
    except _UNREADABLE:
        return None, [finding("S003", place)]


def _read_signer(signed: Any, place: Place) -> tuple[Signed | None, list[Finding]]:
    signers = signed.signers.as_list()
    if len(signers) != 1:
        return None, [finding("S009", place, count=len(signers))]
    signer = signers[0]
    if signer.digest.algorithm not in _DIGESTS:
        return None, [finding("S010", place, algorithm=signer.digest.algorithm.dotted_string)]
    brought = [encode_der(item) for item in signed.certificates or () if item.tag_bytes == _SEQUENCE_TAG]
    certificate = _certificate_of(signer.signer, brought[:CERTIFICATES_MAX])
    if certificate is None:
        return None, [finding("S011", place)]
    values = _attributes(signer.attributes or [])
    digest, signing_time = values.get(cms.ATTRIBUTE_MESSAGE_DIGEST), values.get(cms.ATTRIBUTE_SIGNING_TIME)
    if not isinstance(signing_time, datetime):
        return None, [finding("S026", place)]
    bound = values.get(cms.ATTRIBUTE_SIGNING_CERTIFICATE)
    if (
        not isinstance(digest, bytes)
        or values.get(cms.ATTRIBUTE_CONTENT_TYPE) != cms.ID_DATA
        or (bound is not None and bound != sha256(certificate).digest())
    ):
        return None, [finding("S012", place)]
    found = Signed(
        content=signed.content.content,
        certificate_der=certificate,
        brought=tuple(item for item in brought[:CERTIFICATES_MAX] if item != certificate),
        signing_time=signing_time,
        _attributes=encode_der(SetOf(signer.attributes)),
        _digest=digest,
        _digest_name=signer.digest.algorithm,
        _algorithm=signer.algorithm,
        _signature=signer.signature,
    )
    return found, []


_cached_name = lru_cache(maxsize=4096)(issuer_and_serial)


@lru_cache(maxsize=4096)
def _key_identifier(certificate_der: bytes) -> bytes:
    certificate = x509.load_der_x509_certificate(certificate_der)
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return b""


def _certificate_of(named: Any, brought: list[bytes]) -> bytes | None:
    """The signer's certificate among those of the message."""
    wanted = named if isinstance(named, bytes) else encode_der(named)
    identify = _key_identifier if isinstance(named, bytes) else _cached_name
    for der in brought:
        try:
            if identify(der) == wanted:
                return der
        except _UNREADABLE:
            continue
    return None


def _attributes(attributes: list[cms.Attribute]) -> dict[cms.Oid, object]:
    """The four attributes that are read, by kind. Raises ValueError for one that stands twice or has several values."""
    values: dict[cms.Oid, object] = {}
    for attribute in attributes:
        kind = attribute.kind
        if kind in values:
            raise ValueError("an attribute stands twice")
        held = attribute.values.as_list()
        if kind == cms.ATTRIBUTE_CONTENT_TYPE:
            (item,) = held
            values[kind] = item.parse(cms.Oid)
        elif kind == cms.ATTRIBUTE_MESSAGE_DIGEST:
            (item,) = held
            values[kind] = item.parse(bytes)
        elif kind == cms.ATTRIBUTE_SIGNING_TIME:
            (item,) = held
            moment = item.parse(UTCTime if item.tag_bytes == b"\x17" else GeneralizedTime)
            values[kind] = moment.as_datetime().astimezone(UTC)
        elif kind == cms.ATTRIBUTE_SIGNING_CERTIFICATE:
            (item,) = held
            first = item.parse(cms.SigningCertificate).certificates[0]
            if first.algorithm is None:  # SHA-256; another digest of the certificate is not read
                values[kind] = first.digest
    return values
