"""Writes CMS: a signature around content, and an envelope for one or more recipients. The signing time is a parameter.

Signed attributes are the content type, the digest, the signing time and the digest of the signer's certificate
(rfc5035:3), so that no other certificate of the same key can be put in its place. What a signer or a recipient always
writes the same is encoded once; a message adds its digest, its time, its signature and its keys.

The envelope is EnvelopedData with AES-256-CBC rather than AuthEnvelopedData: funds' deployed tools and `openssl cms` before
3.0 read only that form. Its integrity comes from the signature inside, verified before anything is parsed.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.asn1 import GeneralizedTime, Null, SetOf, UTCTime, decode_der, encode_der
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from vaguemestre.core.seal.sealing import SignatureAlgorithm, Signer
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal import cms_shapes as cms
from vaguemestre.edge.seal.ber import nested, tlv

_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_OCTET_STRING: Final = 0x04
_TAGGED: Final = 0xA0  # [0], constructed
_BLOCK_BYTES: Final = 16
_KEY_BYTES: Final = 32
_PKCS1: Final = padding.PKCS1v15()

_DATA_OID: Final = encode_der(cms.ID_DATA)
_SIGNED_DATA_OID: Final = encode_der(cms.ID_SIGNED_DATA)
_ENVELOPED_DATA_OID: Final = encode_der(cms.ID_ENVELOPED_DATA)
_DIGEST: Final = encode_der(cms.PlainAlgorithm(algorithm=cms.SHA_256, parameters=None))
_RSA: Final = encode_der(cms.PlainAlgorithm(algorithm=cms.RSA_ENCRYPTION, parameters=Null()))
_ECDSA: Final = encode_der(cms.PlainAlgorithm(algorithm=cms.ECDSA_SHA_256, parameters=None))
_SIGNATURES: Final = {SignatureAlgorithm.RSA_SHA256: _RSA, SignatureAlgorithm.ECDSA_SHA256: _ECDSA}
_CONTENT_TYPE_ATTRIBUTE: Final = encode_der(
    cms.OidAttribute(kind=cms.ATTRIBUTE_CONTENT_TYPE, values=SetOf([cms.ID_DATA]))
)
_VERSION_0: Final = encode_der(0)
_VERSION_1: Final = encode_der(1)


def issuer_and_serial(certificate_der: bytes) -> bytes:
    """DER of IssuerAndSerialNumber, with the issuer's very bytes. Raises ValueError when it is no certificate."""
    body = decode_der(cms.Certificate, certificate_der).body
    return encode_der(cms.IssuerAndSerial(issuer=body.issuer, serial=body.serial))


class SignatureWriter:
    """One signer's SignedData; reuse it, what never changes is encoded once."""

    __slots__ = ("_algorithm", "_certificates", "_name", "_own_attribute", "_signer")

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._name = issuer_and_serial(signer.certificate_der)
        self._certificates = tlv(_TAGGED, b"".join(sorted((signer.certificate_der, *signer.chain_der))))
        self._algorithm = _SIGNATURES[signer.algorithm]
        own = cms.CertificateDigest(
            algorithm=None, digest=sha256(signer.certificate_der).digest(), issuer_and_serial=None
        )
        self._own_attribute = encode_der(
            cms.SigningCertificateAttribute(
                kind=cms.ATTRIBUTE_SIGNING_CERTIFICATE,
                values=SetOf([cms.SigningCertificate(certificates=[own], policies=None)]),
            )
        )

    def write(self, content: bytes, signing_time: datetime) -> bytes:
        """DER of a ContentInfo with opaque SignedData over `content`; the time is kept to the second, in UTC."""
        attributes = [
            _CONTENT_TYPE_ATTRIBUTE,
            encode_der(cms.OctetAttribute(kind=cms.ATTRIBUTE_MESSAGE_DIGEST, values=SetOf([sha256(content).digest()]))),
            encode_der(cms.TimeAttribute(kind=cms.ATTRIBUTE_SIGNING_TIME, values=SetOf([_time(signing_time)]))),
            self._own_attribute,
        ]
        attributes.sort()
        joined = b"".join(attributes)
        signature = self._signer.sign(tlv(_SET, joined))
        signer_info = nested(
            _SEQUENCE,
            _VERSION_1,
            self._name,
            _DIGEST,
            tlv(_TAGGED, joined),
            self._algorithm,
            tlv(_OCTET_STRING, signature),
        )
        encapsulated = nested(_SEQUENCE, _DATA_OID, nested(_TAGGED, nested(_OCTET_STRING, content)))
        signed = nested(
            _SEQUENCE, _VERSION_1, tlv(_SET, _DIGEST), encapsulated, self._certificates, nested(_SET, signer_info)
        )
        return b"".join(nested(_SEQUENCE, _SIGNED_DATA_OID, nested(_TAGGED, signed)))


def _time(moment: datetime) -> UTCTime | GeneralizedTime:
    """rfc5652:11.3: UTCTime until 2049, GeneralizedTime after."""
    moment = moment.astimezone(UTC).replace(microsecond=0)
    return UTCTime(moment) if 1950 <= moment.year < 2050 else GeneralizedTime(moment)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader of an envelope: RSA public key and the DER that names its certificate."""

    public_key: rsa.RSAPublicKey
    name: bytes

    @classmethod
    def of(cls, certificate_der: bytes) -> "Recipient":
        """Raises ValueError when it is no certificate or its key is not RSA."""
        public_key = x509.load_der_x509_certificate(certificate_der).public_key()
        if not isinstance(public_key, rsa.RSAPublicKey):
            raise ValueError("encryption certificates are RSA")
        return cls(public_key, issuer_and_serial(certificate_der))


def write_envelope(content: bytes, recipients: Sequence[Recipient], random_bytes: Callable[[int], bytes]) -> bytes:
    """DER of a ContentInfo with EnvelopedData, AES-256-CBC, one RSA PKCS#1 v1.5 key transport per recipient."""
    if not recipients:
        raise ValueError("an envelope needs a recipient")
    key, vector = random_bytes(_KEY_BYTES), random_bytes(_BLOCK_BYTES)
    transports = [
        b"".join(
            nested(
                _SEQUENCE,
                _VERSION_0,
                recipient.name,
                _RSA,
                tlv(_OCTET_STRING, recipient.public_key.encrypt(key, _PKCS1)),
            )
        )
        for recipient in recipients
    ]
    transports.sort()
    missing = _BLOCK_BYTES - len(content) % _BLOCK_BYTES
    encryptor = Cipher(AES(key), CBC(vector)).encryptor()
    encrypted = nested(0x80, encryptor.update(content), encryptor.update(bytes((missing,)) * missing))
    encryptor.finalize()
    algorithm = encode_der(cms.OctetAlgorithm(algorithm=cms.AES_256_CBC, parameters=vector))
    enveloped = nested(
        _SEQUENCE, _VERSION_0, nested(_SET, *transports), nested(_SEQUENCE, _DATA_OID, algorithm, encrypted)
    )
    return b"".join(nested(_SEQUENCE, _ENVELOPED_DATA_OID, nested(_TAGGED, enveloped)))
