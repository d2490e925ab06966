"""Issues X.509 certificates: one root per payer, one authority per role, and the certificates of people and machines.

Validity is always a parameter. What a certificate says is read in `truststore.py`; who may do what is decided in core.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.keys import FileSigner, SigningKey
from vaguemestre.edge.x509_parts import frame, key_usage

_POLICY_ARC: Final = "2.25.334142202817358070128577815479087260087"
"""An arc of our own without registration (ITU-T X.667: a UUID under 2.25)."""

ROLE_POLICIES: Final[Mapping[Role, x509.ObjectIdentifier]] = {
    Role.PROFESSIONAL: x509.ObjectIdentifier(f"{_POLICY_ARC}.1"),
    Role.CARD: x509.ObjectIdentifier(f"{_POLICY_ARC}.2"),
    Role.FUND: x509.ObjectIdentifier(f"{_POLICY_ARC}.3"),
    Role.STATION: x509.ObjectIdentifier(f"{_POLICY_ARC}.4"),
}
"""The certificate policy that an authority of each role carries (vgm:authority-role)."""

AUTHORITY_NAMES: Final[Mapping[Role, str]] = {
    Role.PROFESSIONAL: "professionals",
    Role.CARD: "cards",
    Role.FUND: "funds",
    Role.STATION: "stations",
}


class NumberForm(NamedTuple):
    """What a subject's number looks like: `shown` to a person."""

    pattern: re.Pattern[str]
    shown: str


NUMBER_FORMS: Final[Mapping[Role, NumberForm]] = {
    Role.PROFESSIONAL: NumberForm(re.compile(r"\d{11}|E\d{1,13}"), "RPPS: 99999999999, E9..."),
    Role.CARD: NumberForm(re.compile(r"[0-9A-Z]{4,12}"), "A..Z 0..9, 4-12"),  # too short to hold a NIR
    Role.FUND: NumberForm(re.compile(r"\d{9}"), "999999999"),
    Role.STATION: NumberForm(re.compile(r"\d{9}-\d{2}"), "999999999-99"),
}
"""Per role, the form of the subject's serialNumber (vgm:certificate-subject)."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Usage(Enum):
    """What a certificate's key is for: never both."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


@dataclass(frozen=True, slots=True)
class Validity:
    """From `not_before` to `not_after`, aware instants, to the second."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def days(cls, start: datetime, count: int) -> "Validity":
        return cls(start.replace(microsecond=0), start.replace(microsecond=0) + timedelta(days=count))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names (vgm:certificate-subject).

    `number`: professional RPPS (11 digits); card its serial, never a NIR; fund its `Destination.code` (9 digits); station
    billing number and station number (`123456789-01`). `name`: for a card, its serial again.
    """

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority able to issue: its certificate, key, and the authorities above it, nearest first."""

    certificate: x509.Certificate
    key: SigningKey
    parents: tuple[x509.Certificate, ...] = ()

    @property
    def chain_der(self) -> tuple[bytes, ...]:
        """What its holders send along with a signature: this authority alone; roots are known or not believed."""
        return (self.certificate.public_bytes(serialization.Encoding.DER),) if self.parents else ()

    def signer(self) -> FileSigner:
        """The authority's own signature (the payer's card data, its bundle)."""
        return FileSigner(self.key, self.certificate.public_bytes(serialization.Encoding.DER))


@dataclass(frozen=True, slots=True)
class PayerAuthorities:
    """One payer's root and the four authorities below it."""

    root: Authority
    by_role: Mapping[Role, Authority]

    @property
    def certificates(self) -> list[x509.Certificate]:
        """What everybody who believes this payer keeps as trust, root first."""
        return [self.root.certificate, *(entry.certificate for entry in self.by_role.values())]


def create_payer_authorities(
    payer: str, keys: Mapping[Role | None, SigningKey], validity: Validity
) -> PayerAuthorities:
    """The whole tree of one payer; `keys[None]` is the root's."""
    root = create_root(f"{payer} root", keys[None], validity)
    by_role = {
        role: create_authority(root, role, f"{payer} {name}", keys[role], validity)
        for role, name in AUTHORITY_NAMES.items()
    }
    return PayerAuthorities(root, by_role)


def create_root(name: str, key: SigningKey, validity: Validity, serial: int | None = None) -> Authority:
    """A self-signed root that may sign authorities only."""
    subject = _name(name, "")
    builder = _builder(subject, subject, key.public_key(), validity, serial)
    builder = _as_authority(builder, key.public_key(), path_length=1)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def create_authority(
    root: Authority, role: Role, name: str, key: SigningKey, validity: Validity, serial: int | None = None
) -> Authority:
    """An issuing authority; the policy that it carries is the role of everybody it certifies."""
    builder = _builder(_name(name, ""), root.certificate.subject, key.public_key(), validity, serial)
    builder = _as_authority(builder, key.public_key(), path_length=0)
    builder = builder.add_extension(_issuer_key(root), critical=False)
    builder = builder.add_extension(_policies(role), critical=False)
    parents = (root.certificate, *root.parents)
    return Authority(builder.sign(root.key, hashes.SHA256()), key, parents)


def issue(
    authority: Authority,
    role: Role,
    subject: Subject,
    public_key: PublicKey,
    usage: Usage,
    validity: Validity,
    serial: int | None = None,
) -> x509.Certificate:
    """One certificate of a person or a machine. Raises ValueError for an encryption key that is not RSA."""
    if usage is Usage.ENCRYPT and not isinstance(public_key, rsa.RSAPublicKey):
        raise ValueError("encryption certificates are RSA")
    builder = _builder(_name(subject.name, subject.number), authority.certificate.subject, public_key, validity, serial)
    sign = usage is Usage.SIGN
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(sign=sign, commit=sign, encrypt=not sign), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(_issuer_key(authority), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_policies(role), critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, validity: Validity, serial: int | None
) -> x509.CertificateBuilder:
    return frame(subject, issuer, public_key, validity.not_before, validity.not_after, serial)


def _as_authority(builder: x509.CertificateBuilder, public_key: PublicKey, path_length: int) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(key_usage(sign=True, certify=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str, number: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])]
    if number:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, number))
    return x509.Name(parts)


def _policies(role: Role) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ROLE_POLICIES[role], None)])


def _issuer_key(authority: Authority) -> x509.AuthorityKeyIdentifier:
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
