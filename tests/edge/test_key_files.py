"""Keys from files: PEM and PKCS#12, with and without passphrase, and what a wrong file gives."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_der_x509_certificate

from seal_kit import authorities, fund_box, professional, rsa_key, signer
from vaguemestre.core.seal.sealing import KeyKind, Role, SignatureAlgorithm
from vaguemestre.edge.seal.keypool import KeyPool
from vaguemestre.edge.seal.keys import FileSigner, KeyFile, OaepScheme, load_key_file

PEM = serialization.Encoding.PEM
CERTIFICATE = load_der_x509_certificate(professional().certificate_der)
CHAIN = authorities().by_role[Role.PROFESSIONAL].certificate


def private(passphrase: bytes | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    return rsa_key(0).private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


def test_pem_with_everything(tmp_path: Path) -> None:
    path = tmp_path / "dr.pem"
    path.write_bytes(CHAIN.public_bytes(PEM) + private() + CERTIFICATE.public_bytes(PEM))
    held, findings = load_key_file(path)
    assert findings == []
    assert held == KeyFile(held.key, CERTIFICATE, (CHAIN,)) if held else False
    signing, findings = held.signer() if held else (None, [])
    assert signing is not None
    assert (signing.key_kind, signing.algorithm) == (KeyKind.RSA_2048, SignatureAlgorithm.RSA_SHA256)
    rsa_key(0).public_key().verify(signing.sign(b"x"), b"x", padding.PKCS1v15(), SHA256())
    assert signing.certificate_der == professional().certificate_der
    assert len(signing.chain_der) == 1


def test_certificate_beside_the_key(tmp_path: Path) -> None:
    (tmp_path / "dr.key").write_bytes(private())
    (tmp_path / "dr.crt").write_bytes(professional().certificate_der)
    held, findings = load_key_file(tmp_path / "dr.key")
    assert findings == []
    assert held is not None
    assert held.certificate == CERTIFICATE


@pytest.mark.parametrize("passphrase", [None, b"secret"])
def test_pkcs12(tmp_path: Path, passphrase: bytes | None) -> None:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    path = tmp_path / "dr.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", rsa_key(0), CERTIFICATE, [CHAIN], encryption))
    held, findings = load_key_file(path, passphrase)
    assert findings == []
    assert held is not None
    assert held.chain == (CHAIN,)
    if passphrase:
        assert load_key_file(path, b"wrong")[1][0].code.code == "S060"


def test_passphrases(tmp_path: Path) -> None:
    path = tmp_path / "dr.pem"
    path.write_bytes(CERTIFICATE.public_bytes(PEM) + private(b"secret"))
    assert load_key_file(path, b"secret")[1] == []
    assert load_key_file(path, b"wrong")[1][0].code.code == "S060"
    assert load_key_file(path)[1][0].code.code == "S060"
    path.write_bytes(CERTIFICATE.public_bytes(PEM) + private())
    assert load_key_file(path, b"needless")[1] == []


@pytest.mark.parametrize(
    "junk", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"0" * 5000]
)
def test_what_is_no_key(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(junk)
    held, findings = load_key_file(path)
    assert held is None
    assert [item.code.code for item in findings] == ["S060"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(private() + bytes(2 << 20))
    assert load_key_file(path)[1][0].code.code == "S060"


def test_a_key_without_its_certificate(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(private() + load_der_x509_certificate(fund_box().certificate).public_bytes(PEM))
    assert load_key_file(path)[1][0].code.code == "S061"
    path.write_bytes(private())
    assert load_key_file(path)[1][0].code.code == "S061"


def test_which_key_does_what() -> None:
    p256 = KeyFile(ec.generate_private_key(ec.SECP256R1()), CERTIFICATE, ())
    signing, findings = p256.signer()
    assert signing is not None
    assert (signing.key_kind, findings) == (KeyKind.P_256, [])
    assert [item.code.code for item in p256.decryption_key()[1]] == ["S025"]
    weak = KeyFile(rsa.generate_private_key(public_exponent=65537, key_size=1024), CERTIFICATE, ())
    assert [item.code.code for item in weak.signer()[1]] == ["S020"]
    other = KeyFile(ed25519.Ed25519PrivateKey.generate(), CERTIFICATE, ())
    assert [item.code.code for item in other.signer()[1]] == ["S020"]
    with pytest.raises(ValueError, match="2048"):
        FileSigner(ec.generate_private_key(ec.SECP384R1()), b"")


def test_unwrapping_never_raises() -> None:
    key = fund_box().key
    for scheme in (
        None,
        OaepScheme("sha256", "sha256"),
        OaepScheme("sha1", "sha1", b"label"),
        OaepScheme("md5", "md5"),
    ):
        for wrapped in (b"", b"x", bytes(256), b"\xff" * 256, bytes(257)):
            unwrapped = key.unwrap(wrapped, scheme)
            assert unwrapped is None or len(unwrapped) < 256


def test_the_pool_gives_the_same_keys_again(tmp_path: Path) -> None:
    first = KeyPool(tmp_path).p256_keys(3)
    again = KeyPool(tmp_path).p256_keys(3)
    assert [key.private_numbers() for key in first] == [key.private_numbers() for key in again]
    assert len({key.private_numbers().private_value for key in first}) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p256-000.der", "p256-001.der", "p256-002.der"]


def test_the_pool_replaces_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "rsa-000.der").write_bytes(b"cut sh")
    (key,) = KeyPool(tmp_path).rsa_keys(1)
    assert key.key_size == 2048
    assert [one.private_numbers() for one in KeyPool(tmp_path).rsa_keys(1)] == [key.private_numbers()]


def test_a_card_signer_sends_no_authority_unless_given() -> None:
    assert signer().chain_der == ()
    assert len(signer(chain=True).chain_der) == 1
