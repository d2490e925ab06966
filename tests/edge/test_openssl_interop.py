"""The `openssl cms` command opens and verifies ours, and ours opens what it makes: BER, PSS, OAEP, GCM, detached."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from seal_kit import PROFESSIONAL, RANDOM, authorities, fund_box, opener, professional, rsa_key, seal, signer
from vaguemestre.core.seal.sealing import Opened, Role
from vaguemestre.edge.seal.certificates import Validity
from vaguemestre.edge.seal.smime import Sealer

pytestmark = pytest.mark.system("openssl")
TEXT = b"Content-Type: application/EDI-consent\r\n\r\nABC\r\nDEF\r\n"
BINARY = b"Content-Type: application/EDI-consent\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) * 40
WHEN = str(int(datetime(2022, 6, 1, tzinfo=UTC).timestamp()))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A directory with the keys and certificates that openssl needs; the signer's is valid by the wall clock."""
    pem = serialization.Encoding.PEM
    now = datetime.now(UTC)
    current = signer(validity=Validity(now - timedelta(days=1), now + timedelta(days=1)))
    (tmp_path / "signer.crt").write_bytes(load_der_x509_certificate(current.certificate_der).public_bytes(pem))
    (tmp_path / "fund.crt").write_bytes(load_der_x509_certificate(fund_box().certificate).public_bytes(pem))
    for name, position in (("signer", 0), ("fund", 1)):
        key = rsa_key(position).private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (tmp_path / f"{name}.key").write_bytes(key)
    (tmp_path / "root.crt").write_bytes(authorities().root.certificate.public_bytes(pem))
    trusted = b"".join(entry.public_bytes(pem) for entry in authorities().certificates)
    (tmp_path / "all.crt").write_bytes(trusted)
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "binary").write_bytes(BINARY)
    return tmp_path


def openssl(desk: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", "cms", *arguments], cwd=desk, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)


def opened(path: Path) -> Opened:
    now = datetime.now(UTC) + timedelta(minutes=1)
    return opener().open(path.read_bytes(), received_at=now, roles=PROFESSIONAL)


@pytest.mark.parametrize("chain", [True, False])
def test_openssl_opens_and_verifies_ours(desk: Path, chain: bool) -> None:
    (desk / "ours.eml").write_bytes(seal(BINARY, by=signer(chain=chain)))
    openssl(desk, "-decrypt", "-in", "ours.eml", "-recip", "fund.crt", "-inkey", "fund.key", "-out", "inner")
    authority = "root.crt" if chain else "all.crt"
    openssl(desk, "-verify", "-in", "inner", "-CAfile", authority, "-attime", WHEN, "-out", "content")
    assert (desk / "content").read_bytes() == BINARY


def test_openssl_verifies_our_p256_signature(desk: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    by = signer(key=ec.generate_private_key(ec.SECP256R1()), chain=True)
    (desk / "ours.eml").write_bytes(seal(BINARY, by=by))
    openssl(desk, "-decrypt", "-in", "ours.eml", "-recip", "fund.crt", "-inkey", "fund.key", "-out", "inner")
    openssl(desk, "-verify", "-in", "inner", "-CAfile", "root.crt", "-attime", WHEN, "-out", "content")
    assert (desk / "content").read_bytes() == BINARY


def test_openssl_opens_ours_for_a_second_recipient(desk: Path) -> None:
    other = fund_box(7, "027510000")
    sealed = Sealer(professional(), RANDOM).seal(TEXT, [other.certificate, fund_box().certificate], desk_time())
    (desk / "ours.eml").write_bytes(sealed.entity)
    openssl(desk, "-decrypt", "-in", "ours.eml", "-recip", "fund.crt", "-inkey", "fund.key", "-out", "inner")
    openssl(desk, "-verify", "-in", "inner", "-CAfile", "all.crt", "-attime", WHEN, "-out", "content")
    assert (desk / "content").read_bytes() == TEXT


def desk_time() -> datetime:
    return datetime(2022, 4, 27, 12, 0, tzinfo=UTC)


SIGN = ("-sign", "-signer", "signer.crt", "-inkey", "signer.key")


@pytest.mark.parametrize(
    ("source", "signing", "encrypting"),
    [
        ("binary", ("-nodetach", "-binary"), ("-aes256",)),
        ("binary", ("-nodetach", "-binary", "-stream"), ("-aes256", "-stream")),
        ("binary", ("-nodetach", "-binary", "-keyid"), ("-aes128", "-keyid")),
        ("binary", ("-nodetach", "-binary", "-cades"), ("-aes192",)),
        ("binary", ("-nodetach", "-binary", "-md", "sha512"), ("-aes-256-gcm",)),
        ("binary", ("-nodetach", "-binary", "-md", "sha384"), ("-aes-128-gcm", "-stream")),
        ("binary", ("-nodetach", "-binary", "-keyopt", "rsa_padding_mode:pss"), ("-aes256",)),
        ("binary", ("-nodetach", "-binary", "-outform", "DER"), ("-aes256",)),
        ("binary", ("-nodetach", "-binary", "-outform", "DER", "-stream"), ("-aes256", "-stream")),
        ("binary", ("-nodetach", "-binary", "-certfile", "all.crt"), ("-aes256",)),
        ("text", ("-nodetach",), ("-aes256",)),
        ("text", (), ("-aes256",)),
        ("text", ("-crlfeol",), ("-aes256", "-crlfeol")),
    ],
)
def test_ours_opens_what_openssl_makes(
    desk: Path, source: str, signing: tuple[str, ...], encrypting: tuple[str, ...]
) -> None:
    openssl(desk, *SIGN, *signing, "-in", source, "-out", "signed")
    openssl(desk, "-encrypt", *encrypting, "-binary", "-in", "signed", "-out", "theirs.eml", "fund.crt")
    result = opened(desk / "theirs.eml")
    assert result.findings == ()
    assert result.content == (desk / source).read_bytes()


@pytest.mark.parametrize("digest", [None, "sha256", "sha512"])
def test_ours_opens_oaep(desk: Path, digest: str | None) -> None:
    openssl(desk, *SIGN, "-nodetach", "-binary", "-in", "binary", "-out", "signed")
    options = ["-recip", "fund.crt", "-keyopt", "rsa_padding_mode:oaep"]
    if digest:
        options += ["-keyopt", f"rsa_oaep_md:{digest}"]
    openssl(desk, "-encrypt", "-aes256", "-binary", *options, "-in", "signed", "-out", "theirs.eml")
    assert opened(desk / "theirs.eml").content == BINARY


def test_der_and_indefinite_length_on_the_outside(desk: Path) -> None:
    openssl(desk, *SIGN, "-nodetach", "-binary", "-in", "binary", "-out", "signed")
    for number, options in enumerate((("-outform", "DER"), ("-outform", "DER", "-stream"))):
        name = f"theirs{number}.der"
        openssl(desk, "-encrypt", "-aes256", "-binary", *options, "-in", "signed", "-out", name, "fund.crt")
        assert opened(desk / name).content == BINARY


@pytest.mark.parametrize(
    ("signing", "encrypting", "code"),
    [
        (("-nodetach", "-noattr"), ("-aes256",), "S026"),
        (("-nodetach", "-nocerts"), ("-aes256",), "S011"),
        (("-nodetach", "-md", "sha1"), ("-aes256",), "S010"),
        (("-nodetach",), ("-des3",), "S005"),
    ],
)
def test_what_openssl_makes_too_weak_is_named(
    desk: Path, signing: tuple[str, ...], encrypting: tuple[str, ...], code: str
) -> None:
    openssl(desk, *SIGN, *signing, "-in", "text", "-out", "signed")
    openssl(desk, "-encrypt", *encrypting, "-in", "signed", "-out", "theirs.eml", "fund.crt")
    result = opened(desk / "theirs.eml")
    assert (result.content, [item.code.code for item in result.findings]) == (None, [code])


def test_a_tampered_detached_text_is_refused(desk: Path) -> None:
    openssl(desk, *SIGN, "-in", "text", "-out", "signed")
    signed = (desk / "signed").read_bytes()
    (desk / "signed").write_bytes(signed.replace(b"DEF", b"DEG"))
    openssl(desk, "-encrypt", "-aes256", "-binary", "-in", "signed", "-out", "theirs.eml", "fund.crt")
    result = opened(desk / "theirs.eml")
    assert (result.content, [item.code.code for item in result.findings]) == (None, ["S012"])


def test_the_signer_is_who_openssl_used(desk: Path) -> None:
    openssl(desk, *SIGN, "-nodetach", "-in", "text", "-out", "signed")
    openssl(desk, "-encrypt", "-aes256", "-in", "signed", "-out", "theirs.eml", "fund.crt")
    facts = opened(desk / "theirs.eml").signer
    assert facts is not None
    assert (facts.number, facts.role) == ("10101234567", Role.PROFESSIONAL)
