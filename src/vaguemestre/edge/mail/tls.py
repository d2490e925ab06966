"""Transport TLS: contexts for mail clients and servers, and a server's self-made certificate that its clients pin.

Only the transport lives here, judged by the wall clock; care sheets and lots have their own certificates and clocks.
"""

import contextlib
import ipaddress
import os
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vaguemestre.core.values import dataclass
from vaguemestre.edge.x509_parts import frame, key_usage

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A server's key and certificate, PEM. Clients pin `certificate` as their only trusted authority."""

    key: Path
    certificate: Path


def ensure_server_certificate(
    directory: Path, names: tuple[str, ...], now: datetime, *, days: int = 3650, basename: str = "tls"
) -> TlsFiles:
    """The server's key and self-signed certificate in `directory`, made once for these DNS names or IP addresses."""
    files = TlsFiles(directory / f"{basename}-key.pem", directory / f"{basename}-cert.pem")
    if not (files.key.exists() and files.certificate.exists()):
        key_pem, certificate_pem = make_server_certificate(names, now, days=days)
        _write_private(files.key, key_pem)
        files.certificate.write_bytes(certificate_pem)
    return files


def make_server_certificate(names: tuple[str, ...], now: datetime, *, days: int = 3650) -> tuple[bytes, bytes]:
    """A P-256 key and a self-signed server certificate for `names`, as two PEMs; valid from a day before `now` (aware).

    P-256 because a handshake costs a signature and most collections are a new connection.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        frame(subject, subject, key.public_key(), now - timedelta(days=1), now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """A verifying client: trusts `ca_file` alone when given (a pinned certificate), else the system's authorities."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        # The pinned certificate is an end certificate and its own root: it may stand alone as the anchor.
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


def is_trusted_file(path: Path) -> bool:
    """Whether a client may pin this file: it exists and holds a PEM certificate."""
    try:
        client_context(path)
    except OSError:  # ssl.SSLError is one
        return False
    return True


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """A server that shows `files.certificate` and asks clients for none."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _write_private(path: Path, content: bytes) -> None:
    """Write a secret readable by its owner alone (on Windows, by whoever may read the directory)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
