"""The shapes of Cryptographic Message Syntax (rfc5652) that the project reads and writes, as one table of declarations.

`cryptography`'s declarative ASN.1 reads and writes them as strict DER. Tagged sets are declared as lists: their tag hides
the difference, and another implementation's order does not matter to us.
"""

from typing import Annotated, Final

from cryptography.hazmat import asn1
from cryptography.hazmat.asn1 import TLV, BitString, Explicit, GeneralizedTime, Implicit, Null, SetOf, UTCTime
from cryptography.x509 import ObjectIdentifier

Oid = ObjectIdentifier

ID_DATA: Final = Oid("1.2.840.113549.1.7.1")
ID_SIGNED_DATA: Final = Oid("1.2.840.113549.1.7.2")
ID_ENVELOPED_DATA: Final = Oid("1.2.840.113549.1.7.3")
ID_AUTH_ENVELOPED_DATA: Final = Oid("1.2.840.113549.1.9.16.1.23")

ATTRIBUTE_CONTENT_TYPE: Final = Oid("1.2.840.113549.1.9.3")
ATTRIBUTE_MESSAGE_DIGEST: Final = Oid("1.2.840.113549.1.9.4")
ATTRIBUTE_SIGNING_TIME: Final = Oid("1.2.840.113549.1.9.5")
ATTRIBUTE_SIGNING_CERTIFICATE: Final = Oid("1.2.840.113549.1.9.16.2.47")  # version 2, rfc5035:3

SHA_256: Final = Oid("2.16.840.1.101.3.4.2.1")
SHA_384: Final = Oid("2.16.840.1.101.3.4.2.2")
SHA_512: Final = Oid("2.16.840.1.101.3.4.2.3")

RSA_ENCRYPTION: Final = Oid("1.2.840.113549.1.1.1")
RSA_OAEP: Final = Oid("1.2.840.113549.1.1.7")
MASK_GENERATION_1: Final = Oid("1.2.840.113549.1.1.8")
RSA_PSS: Final = Oid("1.2.840.113549.1.1.10")
RSA_SHA_256: Final = Oid("1.2.840.113549.1.1.11")
RSA_SHA_384: Final = Oid("1.2.840.113549.1.1.12")
RSA_SHA_512: Final = Oid("1.2.840.113549.1.1.13")
ECDSA_SHA_256: Final = Oid("1.2.840.10045.4.3.2")
ECDSA_SHA_384: Final = Oid("1.2.840.10045.4.3.3")
ECDSA_SHA_512: Final = Oid("1.2.840.10045.4.3.4")

AES_128_CBC: Final = Oid("2.16.840.1.101.3.4.1.2")
AES_192_CBC: Final = Oid("2.16.840.1.101.3.4.1.22")
AES_256_CBC: Final = Oid("2.16.840.1.101.3.4.1.42")
AES_128_GCM: Final = Oid("2.16.840.1.101.3.4.1.6")
AES_192_GCM: Final = Oid("2.16.840.1.101.3.4.1.26")
AES_256_GCM: Final = Oid("2.16.840.1.101.3.4.1.46")


@asn1.sequence
class ContentInfo:
    content_type: Oid
    content: Annotated[TLV, Explicit(0)]


@asn1.sequence
class PlainAlgorithm:
    """An algorithm without parameters (or with a NULL): digests, RSA, ECDSA."""

    algorithm: Oid
    parameters: Null | None


@asn1.sequence
class OctetAlgorithm:
    """An algorithm whose parameter is an octet string: AES-CBC and its initialisation vector."""

    algorithm: Oid
    parameters: bytes


@asn1.sequence
class GcmParameters:
    nonce: bytes
    tag_size: Annotated[int, asn1.Default(12)]


@asn1.sequence
class GcmAlgorithm:
    algorithm: Oid
    parameters: GcmParameters


@asn1.sequence
class MaskAlgorithm:
    algorithm: Oid
    parameters: PlainAlgorithm


@asn1.sequence
class PssParameters:
    """RSASSA-PSS (rfc4055:3.1); what is absent means SHA-1, which is refused."""

    digest: Annotated[PlainAlgorithm | None, Explicit(0)]
    mask: Annotated[MaskAlgorithm | None, Explicit(1)]
    salt_size: Annotated[int | None, Explicit(2)]
    trailer: Annotated[int | None, Explicit(3)]


@asn1.sequence
class PssAlgorithm:
    algorithm: Oid
    parameters: PssParameters


@asn1.sequence
class OaepParameters:
    """RSAES-OAEP (rfc4055:4.1); what is absent means SHA-1, allowed here: OAEP does not need its collision resistance."""

    digest: Annotated[PlainAlgorithm | None, Explicit(0)]
    mask: Annotated[MaskAlgorithm | None, Explicit(1)]
    source: Annotated[OctetAlgorithm | None, Explicit(2)]


@asn1.sequence
class OaepAlgorithm:
    algorithm: Oid
    parameters: OaepParameters


@asn1.sequence
class AnyAlgorithm:
    """Only to name an algorithm whose parameters are of no known shape."""

    algorithm: Oid
    parameters: TLV


@asn1.sequence
class IssuerAndSerial:
    issuer: TLV
    serial: int


@asn1.sequence
class Attribute:
    kind: Oid
    values: SetOf[TLV]


@asn1.sequence
class OidAttribute:
    kind: Oid
    values: SetOf[Oid]


@asn1.sequence
class OctetAttribute:
    kind: Oid
    values: SetOf[bytes]


@asn1.sequence
class TimeAttribute:
    kind: Oid
    values: SetOf[UTCTime | GeneralizedTime]


@asn1.sequence
class CertificateDigest:
    """ESSCertIDv2; the absent algorithm means SHA-256 (rfc5035:3)."""

    algorithm: PlainAlgorithm | None
    digest: bytes
    issuer_and_serial: list[TLV] | None


@asn1.sequence
class SigningCertificate:
    certificates: list[CertificateDigest]
    policies: list[TLV] | None


@asn1.sequence
class SigningCertificateAttribute:
    kind: Oid
    values: SetOf[SigningCertificate]


@asn1.sequence
class SignerInfo:
    version: int
    signer: IssuerAndSerial | Annotated[bytes, Implicit(0)]
    digest: PlainAlgorithm
    attributes: Annotated[list[Attribute] | None, Implicit(0)]
    algorithm: TLV
    signature: bytes
    unsigned: Annotated[list[TLV] | None, Implicit(1)]


@asn1.sequence
class EncapsulatedContent:
    content_type: Oid
    content: Annotated[bytes | None, Explicit(0)]


@asn1.sequence
class SignedData:
    version: int
    digests: SetOf[PlainAlgorithm]
    content: EncapsulatedContent
    certificates: Annotated[list[TLV] | None, Implicit(0)]
    revocations: Annotated[list[TLV] | None, Implicit(1)]
    signers: SetOf[SignerInfo]


@asn1.sequence
class KeyTransport:
    version: int
    recipient: IssuerAndSerial | Annotated[bytes, Implicit(0)]
    algorithm: TLV
    encrypted_key: bytes


@asn1.sequence
class EncryptedContent:
    """`content` is [0], primitive; or constructed of octet strings where BER split it. Left unread: it is the bulk."""

    content_type: Oid
    algorithm: TLV
    content: TLV


@asn1.sequence
class ContentParts:
    """The parts of split content, read under a sequence's header."""

    parts: Annotated[list[bytes], Implicit(0)]


@asn1.sequence
class EnvelopedData:
    version: int
    originator: Annotated[list[TLV] | None, Implicit(0)]
    recipients: SetOf[TLV]
    content: EncryptedContent
    unprotected: Annotated[list[TLV] | None, Implicit(1)]


@asn1.sequence
class AuthEnvelopedData:
    """rfc5083: authenticated encryption; its tag follows the content."""

    version: int
    originator: Annotated[list[TLV] | None, Implicit(0)]
    recipients: SetOf[TLV]
    content: EncryptedContent
    attributes: Annotated[list[Attribute] | None, Implicit(1)]
    tag: bytes
    unauthenticated: Annotated[list[TLV] | None, Implicit(2)]


@asn1.sequence
class CertificateBody:
    """The signed part of a certificate (rfc5280:4.1), read only for the exact bytes of its issuer and serial."""

    version: Annotated[int, Explicit(0), asn1.Default(0)]
    serial: int
    algorithm: TLV
    issuer: TLV
    validity: TLV
    subject: TLV
    public_key: TLV
    issuer_identifier: Annotated[BitString | None, Implicit(1)]
    subject_identifier: Annotated[BitString | None, Implicit(2)]
    extensions: Annotated[list[TLV] | None, Explicit(3)]


@asn1.sequence
class Certificate:
    body: CertificateBody
    algorithm: TLV
    signature: BitString
