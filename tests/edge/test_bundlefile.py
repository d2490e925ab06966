"""The payer's bundle in its signature: only a trusted fund's is read, and openssl reads it too."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import seal_kit
from sheet_kit import FUND, codes
from vaguemestre.core.canonical import encode
from vaguemestre.core.directory.bundle import Bundle, Fund, encode_bundle
from vaguemestre.core.seal.sealing import Revocation, Role
from vaguemestre.edge.seal.bundlefile import BUNDLE_BYTES_MAX, read_bundle, write_bundle
from vaguemestre.edge.seal.cms_build import SignatureWriter
from vaguemestre.edge.seal.keys import FileSigner
from vaguemestre.edge.seal.truststore import TrustStore

BUNDLE = Bundle(
    "payer.example", 1, seal_kit.NOON, (Fund(FUND, "Caisse", "a@fund.example", ()),), tariff_version="2022-04"
)
LATER = seal_kit.NOON + timedelta(hours=1)


def fund() -> FileSigner:
    return seal_kit.signer(Role.FUND, FUND.code)


def read(data: bytes, store: TrustStore | None = None) -> tuple[Bundle | None, list[str]]:
    bundle, found = read_bundle(data, store or seal_kit.trust_store(), LATER)
    return bundle, codes(found)


def test_a_bundle_that_was_signed_is_read() -> None:
    data = write_bundle(BUNDLE, fund())
    assert read(data) == (BUNDLE, [])
    assert read(data) == read(data)


def test_bytes_that_are_no_bundle() -> None:
    for data in (b"", b"garbage", b"0\x03\x02\x01\x01", b"x" * (BUNDLE_BYTES_MAX + 1)):
        bundle, found = read(data)
        assert bundle is None
        assert found[0] == "M020"


def test_an_unsigned_bundle_is_refused() -> None:
    assert read(encode_bundle(BUNDLE)) == (None, ["M021"])


def test_an_altered_bundle_is_forged() -> None:
    data = write_bundle(BUNDLE, fund())
    altered = data.replace(b"payer.example", b"payez.example")
    assert altered != data
    assert read(altered) == (None, ["M022"])


@pytest.mark.parametrize("role", [Role.PROFESSIONAL, Role.CARD, Role.STATION])
def test_only_a_fund_signs_bundles(role: Role) -> None:
    bundle, found = read(write_bundle(BUNDLE, seal_kit.signer(role, FUND.code)))
    assert bundle is None
    assert found == ["M022", "S014"]


def test_a_stranger_s_fund_is_not_believed() -> None:
    data = write_bundle(BUNDLE, seal_kit.signer(Role.FUND, FUND.code, authority=seal_kit.stranger_root()))
    bundle, found = read(data)
    assert bundle is None
    assert found[:2] == ["M022", "S013"]


@pytest.mark.parametrize(("minutes", "expected"), [(-1, "S017"), (1, "S018")])
def test_a_revoked_fund_key_signs_no_bundle(minutes: int, expected: str) -> None:
    signer = fund()
    certificate = seal_kit.authorities().by_role[Role.FUND].certificate
    read_facts = seal_kit.trust_store().read(signer.certificate_der)
    assert read_facts is not None
    facts = read_facts[0]
    revoked_at = seal_kit.NOON + timedelta(minutes=minutes)
    store = TrustStore(seal_kit.authorities().certificates, [Revocation(facts.issuer, facts.serial, revoked_at)])
    bundle, found = read(write_bundle(BUNDLE, signer), store)
    assert certificate.public_bytes(serialization.Encoding.DER)
    assert bundle is None
    assert found == ["M022", expected]


def test_signed_nonsense_is_still_nonsense() -> None:
    data = SignatureWriter(fund()).write(b"nonsense", seal_kit.NOON)
    assert read(data) == (None, ["M020"])
    wrong = SignatureWriter(fund()).write(encode(Bundle("payer", 0, seal_kit.NOON, ())), seal_kit.NOON)
    assert read(wrong) == (None, ["M026"])


@pytest.mark.system("openssl")
def test_openssl_reads_it(tmp_path: Path) -> None:
    (tmp_path / "bundle.der").write_bytes(write_bundle(BUNDLE, fund()))
    roots = b"".join(entry.public_bytes(serialization.Encoding.PEM) for entry in seal_kit.authorities().certificates)
    (tmp_path / "trust.pem").write_bytes(roots)
    openssl = shutil.which("openssl")
    assert openssl is not None
    command = [
        openssl,
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "bundle.der",
        "-CAfile",
        "trust.pem",
        "-no_check_time",
    ]
    done = subprocess.run([*command, "-out", "content"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "content").read_bytes() == encode_bundle(BUNDLE)
