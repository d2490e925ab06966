"""Reads certificates and verifies who issued them: bytes in, `CertificateFacts` out, remembered by fingerprint.

Holds the trusted authorities of one actor and the revocations known to it; what they mean is decided in `core.seal.sealing`.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from vaguemestre.core.directory.revocations import decode_revocations
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import AuthorityFacts, CertificateFacts, Revocation, Role, Trust
from vaguemestre.edge.seal.certificates import ROLE_POLICIES, PublicKey
from vaguemestre.edge.seal.keys import key_kind_of, load_certificates

_REMEMBERED_MAX: Final = 10_000
_LEARNED_MAX: Final = 64
_FILE_BYTES_MAX: Final = 64 << 20
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_ROLE_BY_POLICY: Final = {policy: role for role, policy in ROLE_POLICIES.items()}
REVOCATIONS_FILE: Final = "revocations.json"


class TrustStore:
    """The authorities that one actor believes. Not shared between threads."""

    def __init__(self, authorities: Iterable[x509.Certificate], revocations: Iterable[Revocation] = ()) -> None:
        self._authorities: dict[str, x509.Certificate] = {}
        self._known: dict[bytes, tuple[CertificateFacts, PublicKey | None] | None] = {}
        self._learned = 0
        self._revocations = tuple(revocations)
        for certificate in authorities:
            self._add(certificate)
        self._trust = Trust.of(self._facts_of_authorities(), self._revocations)

    @property
    def trust(self) -> Trust:
        """What `core.seal.sealing.judge` asks for; grows when a message brings an authority that a trusted one issued."""
        return self._trust

    def replace_revocations(self, revocations: Iterable[Revocation]) -> None:
        """Take the newest list (the payer's signed bundle); the former one is forgotten."""
        self._revocations = tuple(revocations)
        self._trust = Trust.of(self._trust.authorities.values(), self._revocations)

    def read(self, der: bytes, brought: Sequence[bytes] = ()) -> tuple[CertificateFacts, PublicKey | None] | None:
        """Facts and public key of one certificate, or None when its bytes are no certificate.

        `brought`: other certificates of the same message, among which a missing intermediate authority may stand. The
        public key is None when its kind is not accepted.
        """
        known = self._known.get(der)  # by its very bytes: cheaper than a digest
        if known is not None or der in self._known:
            return known
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.clear()
        found = self._read(der, sha256(der).hexdigest(), brought)
        if found is None or found[0].issuer or not brought:
            self._known[der] = found
        return found

    def _read(
        self, der: bytes, fingerprint: str, brought: Sequence[bytes]
    ) -> tuple[CertificateFacts, PublicKey | None] | None:
        try:
            certificate = x509.load_der_x509_certificate(der)
            public_key = _accepted(certificate)
            issuer = self._issuer_of(certificate) or self._learn(certificate, brought)
            return _facts(certificate, fingerprint, issuer, self._role(issuer), public_key), public_key
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension):
            return None

    def _role(self, issuer: str) -> Role | None:
        return self._trust.authorities[issuer].role if issuer else None

    def _issuer_of(self, certificate: x509.Certificate) -> str:
        """The authority that issued it: another name than its own is refused before any signature is verified."""
        for fingerprint, authority in self._authorities.items():
            if _issued_by(certificate, authority):
                return fingerprint
        return ""

    def _learn(self, certificate: x509.Certificate, brought: Sequence[bytes]) -> str:
        """An authority brought by the message itself, if a trusted one issued it: believed from now on."""
        for der in brought:
            candidate = x509.load_der_x509_certificate(der)
            if not _is_authority(candidate) or not _issued_by(certificate, candidate):
                continue
            issuer = self._issuer_of(candidate)
            above = _constraints(self._authorities[issuer]) if issuer else None
            if above is None or above.path_length == 0 or self._learned >= _LEARNED_MAX:
                continue
            self._learned += 1
            self._add(candidate)
            self._trust = Trust.of(self._facts_of_authorities(), self._revocations)
            return _fingerprint(candidate)
        return ""

    def _add(self, certificate: x509.Certificate) -> None:
        fingerprint = _fingerprint(certificate)
        if fingerprint not in self._authorities:
            self._authorities[fingerprint] = certificate

    def _facts_of_authorities(self) -> list[AuthorityFacts]:
        facts = []
        for fingerprint, certificate in self._authorities.items():
            parent = self._issuer_of(certificate)
            facts.append(
                AuthorityFacts(
                    fingerprint=fingerprint,
                    parent="" if parent == fingerprint else parent,
                    serial=certificate.serial_number,
                    name=_text(certificate.subject, NameOID.COMMON_NAME),
                    role=_policy_role(certificate),
                    not_before=certificate.not_valid_before_utc,
                    not_after=certificate.not_valid_after_utc,
                )
            )
        return facts


def load_trust(directory: Path) -> tuple[TrustStore, list[Finding]]:
    """Every authority of a directory (`*.pem`, `*.crt`, `*.cer`, `*.der`) and its `revocations.json`, if any.

    Findings: S050 a file without a readable certificate, S052 no authority at all, S053 a certificate that is no
    authority (ignored), S051 an unreadable revocation. Raises OSError when the directory cannot be listed.
    """
    findings: list[Finding] = []
    authorities: list[x509.Certificate] = []
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        place = Place(source=path.name)
        certificates = load_certificates(_read_bounded(path))
        if not certificates:
            findings.append(finding("S050", place, file=path.name))
        for certificate in certificates:
            if _is_authority(certificate):
                authorities.append(certificate)
            else:
                findings.append(finding("S053", place, file=path.name))
    if not authorities:
        findings.append(finding("S052", Place(source=directory.name), directory=directory.name))
    revocations: tuple[Revocation, ...] = ()
    listed = directory / REVOCATIONS_FILE
    if listed.is_file():
        revocations, unread = decode_revocations(_read_bounded(listed), listed.name)
        findings.extend(unread)
    return TrustStore(authorities, revocations), findings


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(_FILE_BYTES_MAX + 1)
    return data if len(data) <= _FILE_BYTES_MAX else b""


def _facts(
    certificate: x509.Certificate, fingerprint: str, issuer: str, role: Role | None, public_key: PublicKey | None
) -> CertificateFacts:
    usage: x509.KeyUsage | None = None
    understood = True
    for extension in certificate.extensions:
        if extension.oid == ExtensionOID.KEY_USAGE:
            usage = extension.value
        elif extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            understood = False  # rfc5280:4.2: a critical extension that is not understood refuses the certificate
    subject = certificate.subject
    return CertificateFacts(
        fingerprint=fingerprint,
        issuer=issuer,
        serial=certificate.serial_number,
        number=_text(subject, NameOID.SERIAL_NUMBER),
        name=_text(subject, NameOID.COMMON_NAME),
        role=role,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_kind=None if public_key is None else key_kind_of(public_key),
        may_sign=understood and (usage is None or usage.digital_signature or usage.content_commitment),
        may_encrypt=understood
        and isinstance(public_key, rsa.RSAPublicKey)
        and (usage is None or usage.key_encipherment),
    )


def _accepted(certificate: x509.Certificate) -> PublicKey | None:
    key = certificate.public_key()
    if key_kind_of(key) is None or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return None
    return key


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        constraints, usage = _constraints(certificate), _key_usage(certificate)
    except ValueError:
        return False
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _policy_role(certificate: x509.Certificate) -> Role | None:
    """The one role among the certificate's policies; None without any, or with several."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    roles = {
        _ROLE_BY_POLICY[entry.policy_identifier] for entry in policies if entry.policy_identifier in _ROLE_BY_POLICY
    }
    return roles.pop() if len(roles) == 1 else None


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    value = values[0].value if len(values) == 1 else ""
    return value if isinstance(value, str) else ""


def _fingerprint(certificate: x509.Certificate) -> str:
    return sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
