"""A payer's authorities kept as files: `authorities/` (keys, private), `trust/` (what everybody believes), `issued/`.

For the demo, tests and small payers; a real authority keeps its keys in hardware and only its `trust/` looks the same.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from vaguemestre.core.card.content import PatientCard
from vaguemestre.core.directory.revocations import decode_revocations, encode_revocations
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import check_number, check_rpps
from vaguemestre.core.seal.sealing import KeyKind, Revocation, RevocationReason, Role
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.cardfile import issue_card
from vaguemestre.edge.seal.certificates import (
    AUTHORITY_NAMES,
    NUMBER_FORMS,
    Authority,
    PayerAuthorities,
    Subject,
    Usage,
    Validity,
    create_payer_authorities,
    issue,
)
from vaguemestre.edge.seal.keys import SigningKey, load_certificates, load_key_file
from vaguemestre.edge.seal.truststore import REVOCATIONS_FILE, load_trust

ROOT_NAME: Final = "root"
_PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Issued:
    """The files of one new certificate: `certificate` may be given to anybody, `key` to its holder only."""

    certificate: Path
    key: Path


class PkiDirectory:
    """One payer's directory. Its methods give findings for a user's mistake, OSError for the machine's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def trust(self) -> Path:
        """The directory to hand to everybody who believes this payer."""
        return self._directory / "trust"

    def create(self, payer: str, validity: Validity, passphrase: bytes | None = None) -> list[Finding]:
        """A root and an authority per role, with new RSA-2048 keys. S063 when the directory already holds authorities."""
        authorities = self._directory / "authorities"
        if authorities.exists():
            return [finding("S063", path=authorities)]
        keys: dict[Role | None, SigningKey] = {role: new_key(KeyKind.RSA_2048) for role in (None, *Role)}
        tree = create_payer_authorities(payer, keys, validity)
        unfinished = authorities.with_name("authorities.unfinished")
        try:
            self._write_tree(tree, unfinished, passphrase)
            unfinished.replace(authorities)  # last: an interrupted creation is simply done again
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)  # half-written private keys serve nobody
            raise
        return []

    def _write_tree(self, tree: PayerAuthorities, unfinished: Path, passphrase: bytes | None) -> None:
        for folder in (unfinished, self.trust, self._directory / "issued"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, entry in [(ROOT_NAME, tree.root), *((AUTHORITY_NAMES[role], tree.by_role[role]) for role in Role)]:
            write_key(unfinished / f"{name}.pem", entry.key, [entry.certificate, *entry.parents], passphrase)
            _write(self.trust / f"{name}.crt", entry.certificate.public_bytes(_PEM))
        _write(self.trust / REVOCATIONS_FILE, encode_revocations(()))

    def issue(
        self,
        role: Role,
        subject: Subject,
        usage: Usage,
        kind: KeyKind,
        validity: Validity,
        target: Path,
        *,
        as_pkcs12: bool = False,
        passphrase: bytes | None = None,
        authority_passphrase: bytes | None = None,
    ) -> tuple[Issued | None, list[Finding]]:
        """A new key and its certificate: `target`.crt, and `target`.pem or `target`.p12 with the key.

        Findings: S063, S064, S065, I-codes of a wrong key, S025 (an encryption key that is not RSA), S060 (the authority's key).
        """
        form = NUMBER_FORMS[role]
        if form.pattern.fullmatch(subject.number) is None:
            return None, [finding("S065", number=subject.number, role=role, form=form.shown)]
        mistakes = _number_mistakes(role, subject.number)
        if mistakes:
            return None, mistakes
        if usage is Usage.ENCRYPT and kind is not KeyKind.RSA_2048:
            return None, [finding("S025", number=subject.number)]
        files = Issued(_with_suffix(target, ".crt"), _with_suffix(target, ".p12" if as_pkcs12 else ".pem"))
        taken = [path for path in (files.certificate, files.key) if path.exists()]
        if taken:
            return None, [finding("S063", path=taken[0])]
        authority, findings = self._authority(role, authority_passphrase)
        if authority is None:
            return None, findings
        key = new_key(kind)
        certificate = issue(authority, role, subject, key.public_key(), usage, validity)
        target.parent.mkdir(parents=True, exist_ok=True)
        chain = [certificate, authority.certificate]
        if as_pkcs12:
            _write_private(files.key, _pkcs12(key, chain, passphrase))
        else:
            write_key(files.key, key, chain, passphrase)
        _write(files.certificate, certificate.public_bytes(_PEM))
        kept = self._directory / "issued" / f"{role}-{subject.number}-{certificate.serial_number:x}.crt"
        _write(kept, certificate.public_bytes(_PEM))
        return files, []

    def issue_card(
        self, content: PatientCard, validity: Validity, target: Path, authority_passphrase: bytes | None = None
    ) -> tuple[PatientCard | None, list[Finding]]:
        """A patient's card: `target`.json, and its new key in `target`.key.pem beside it. Gives the content as issued.

        Findings: S063, S064, S060 (the authority's key).
        """
        card_file, key_file = _with_suffix(target, ".json"), _with_suffix(target, ".key.pem")
        taken = [path for path in (card_file, key_file) if path.exists()]
        if taken:
            return None, [finding("S063", path=taken[0])]
        authority, findings = self._authority(Role.CARD, authority_passphrase)
        if authority is None:
            return None, findings
        key = new_key(KeyKind.RSA_2048)
        issued, data = issue_card(content, authority, key, validity, key_file=key_file.name)
        form, clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        _write_private(key_file, key.private_bytes(_PEM, form, clear))
        _write(card_file, data)
        return issued, []

    def revoke(
        self, certificate: Path, revoked_at: datetime, reason: RevocationReason
    ) -> tuple[Revocation | None, list[Finding]]:
        """Put one revocation into `trust/revocations.json`: once for each certificate, at the earliest instant that was given.

        Findings: S064, S062, S066, S051 (a list that cannot be read is kept).
        """
        if not self.trust.is_dir():
            return None, [finding("S064", path=self._directory)]
        found = load_certificates(certificate.read_bytes())
        place = Place(source=certificate.name)
        if not found:
            return None, [finding("S062", place, file=certificate.name)]
        store, _ = load_trust(self.trust)
        read = store.read(found[0].public_bytes(serialization.Encoding.DER))
        if read is None or not read[0].issuer:
            return None, [finding("S066", place, file=certificate.name)]
        listed = self.trust / REVOCATIONS_FILE
        known, findings = decode_revocations(listed.read_bytes() if listed.is_file() else encode_revocations(()))
        if findings:
            return None, findings
        revocation = Revocation(read[0].issuer, read[0].serial, revoked_at.replace(microsecond=0), reason)
        same = [item for item in known if (item.issuer, item.serial) == (revocation.issuer, revocation.serial)]
        earliest = min((*same, revocation), key=lambda item: item.revoked_at)
        others = [item for item in known if item not in same]
        _write(listed, encode_revocations((*others, earliest)))
        return earliest, []

    def _authority(self, role: Role, passphrase: bytes | None) -> tuple[Authority | None, list[Finding]]:
        path = self._directory / "authorities" / f"{AUTHORITY_NAMES[role]}.pem"
        if not path.is_file():
            return None, [finding("S064", path=self._directory)]
        held, findings = load_key_file(path, passphrase)
        if held is None:
            return None, findings
        if not isinstance(held.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            return None, [finding("S020", number=path.name)]
        return Authority(held.certificate, held.key, held.chain), []


def _number_mistakes(role: Role, number: str) -> list[Finding]:
    """Numbers that carry a key are checked by it: an RPPS, the billing number in a station's."""
    place = Place(source=number)
    if role is Role.PROFESSIONAL and number.isdigit():
        return list(check_rpps(number, place))
    return list(check_number(number[:9], place)) if role is Role.STATION else []


def new_key(kind: KeyKind) -> SigningKey:
    """A new private key from the operating system's randomness."""
    if kind is KeyKind.P_256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def write_key(
    path: Path, key: SigningKey, certificates: list[x509.Certificate], passphrase: bytes | None = None
) -> None:
    """One PEM file with the certificates, then the key (PKCS#8, encrypted under `passphrase` if any), readable by its owner."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase)
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, encryption)
    _write_private(path, b"".join(entry.public_bytes(_PEM) for entry in certificates) + private)


def _pkcs12(key: SigningKey, chain: list[x509.Certificate], passphrase: bytes | None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase)
    return pkcs12.serialize_key_and_certificates(b"vaguemestre", key, chain[0], chain[1:], encryption)


def _with_suffix(target: Path, suffix: str) -> Path:
    """`dr.martin` keeps its dot: the suffix is added, never put in place of one."""
    return target.with_name(target.name + suffix)


def _write_private(path: Path, data: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with _nothing_left(partial):
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        partial.replace(path)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    with _nothing_left(partial):
        partial.write_bytes(data)
        partial.replace(path)


@contextmanager
def _nothing_left(partial: Path) -> Iterator[None]:
    """A disk that is full leaves no half of a file behind."""
    try:
        yield
    except OSError:
        partial.unlink(missing_ok=True)
        raise
