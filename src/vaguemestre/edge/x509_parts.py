"""Parts of any X.509 certificate made here, the transport's and the chain's: its frame, and what its key may do."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes


def frame(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    not_before: datetime,
    not_after: datetime,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    """What every certificate says, without any extension; `serial` is drawn unless given."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def key_usage(
    *, sign: bool = False, commit: bool = False, encrypt: bool = False, certify: bool = False
) -> x509.KeyUsage:
    """What the key may do: sign what passes by, commit to contents, encrypt keys, certify and revoke."""
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=commit,
        key_encipherment=encrypt,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )
