"""Reading certificates and trust directories: roles come from the authority, and unread lines are said."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from seal_kit import AUTHORITY_VALIDITY, NOON, VALIDITY, authorities, professional, rsa_key, stranger_root, trust_store
from vaguemestre.core.directory.revocations import decode_revocations, encode_revocations
from vaguemestre.core.seal.sealing import KeyKind, Revocation, RevocationReason, Role, Verdict, judge
from vaguemestre.edge.seal.certificates import (
    ROLE_POLICIES,
    Subject,
    Usage,
    create_authority,
    create_payer_authorities,
    issue,
)
from vaguemestre.edge.seal.truststore import TrustStore, load_trust

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM


@pytest.mark.parametrize("role", list(Role))
def test_the_role_is_the_authoritys(role: Role) -> None:
    certificate = issue(
        authorities().by_role[role],
        Role.FUND,  # what the leaf itself claims does not count
        Subject("017510000", "x"),
        rsa_key(0).public_key(),
        Usage.SIGN,
        VALIDITY,
    )
    read = trust_store().read(certificate.public_bytes(DER))
    assert read is not None
    assert read[0].role is role


def test_the_facts_of_a_certificate() -> None:
    read = trust_store().read(professional().certificate_der)
    assert read is not None
    facts, key = read
    assert (facts.number, facts.key_kind, facts.may_sign, facts.may_encrypt) == (
        "10101234567",
        KeyKind.RSA_2048,
        True,
        False,
    )
    assert (facts.not_before, facts.not_after) == (VALIDITY.not_before, VALIDITY.not_after)
    assert facts.issuer == trust_store().trust.authorities[facts.issuer].fingerprint
    assert isinstance(key, rsa.RSAPublicKey)


def test_it_is_remembered() -> None:
    store = trust_store()
    assert store.read(professional().certificate_der) is store.read(bytes(professional().certificate_der))


def test_what_is_no_certificate() -> None:
    assert trust_store().read(b"") is None
    assert trust_store().read(professional().certificate_der[:-1]) is None


@given(st.integers(0, len(professional().certificate_der) - 1), st.integers(0, 7))
def test_no_bit_of_a_certificate_can_be_flipped(position: int, bit: int) -> None:
    changed = bytearray(professional().certificate_der)
    changed[position] ^= 1 << bit
    read = trust_store().read(bytes(changed))
    assert read is None or read[0].issuer == ""


def test_weak_keys_are_not_accepted() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    other_curve = ec.generate_private_key(ec.SECP384R1())
    for key in (weak, other_curve):
        certificate = issue(
            authorities().by_role[Role.PROFESSIONAL],
            Role.PROFESSIONAL,
            Subject("10101234567", "x"),
            key.public_key(),
            Usage.SIGN,
            VALIDITY,
        )
        read = trust_store().read(certificate.public_bytes(DER))
        assert read is not None
        assert (read[0].key_kind, read[1]) == (None, None)


def test_a_critical_extension_that_is_not_understood_refuses() -> None:
    issuer = authorities().by_role[Role.PROFESSIONAL]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, "1")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(rsa_key(0).public_key())
        .serial_number(5)
        .not_valid_before(VALIDITY.not_before)
        .not_valid_after(VALIDITY.not_after)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    read = trust_store().read(certificate.public_bytes(DER))
    assert read is not None
    assert not read[0].may_sign


def test_a_leaf_is_no_authority() -> None:
    """Somebody's own certificate issues nothing, even when the message brings it along."""
    leaf = x509.load_der_x509_certificate(professional().certificate_der)
    pretended = replace(stranger_root(), certificate=leaf, key=rsa_key(0))
    forged = issue(pretended, Role.PROFESSIONAL, Subject("1", "x"), rsa_key(3).public_key(), Usage.SIGN, VALIDITY)
    read = trust_store().read(forged.public_bytes(DER), [professional().certificate_der])
    assert read is not None
    assert read[0].issuer == ""


def test_an_issuing_authority_makes_no_further_authority() -> None:
    """Its path length is zero: a sub-authority that it signs is not learned from a message."""
    under = create_authority(
        authorities().by_role[Role.PROFESSIONAL], Role.FUND, "under", rsa_key(4), AUTHORITY_VALIDITY
    )
    forged = issue(under, Role.FUND, Subject("017510000", "x"), rsa_key(3).public_key(), Usage.SIGN, VALIDITY)
    read = trust_store().read(forged.public_bytes(DER), [under.certificate.public_bytes(DER)])
    assert read is not None
    assert read[0].issuer == ""


def test_two_policies_give_no_role() -> None:
    root = authorities().root
    both = x509.CertificatePolicies(
        [x509.PolicyInformation(policy, None) for policy in list(ROLE_POLICIES.values())[:2]]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "two")]))
        .issuer_name(root.certificate.subject)
        .public_key(rsa_key(4).public_key())
        .serial_number(9)
        .not_valid_before(AUTHORITY_VALIDITY.not_before)
        .not_valid_after(AUTHORITY_VALIDITY.not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(both, critical=False)
        .sign(root.key, hashes.SHA256())
    )
    store = TrustStore([root.certificate, certificate])
    assert {entry.role for entry in store.trust.authorities.values()} == {None}


def test_two_payers_are_believed_side_by_side() -> None:
    keys = {role: rsa_key(3) for role in (None, *Role)}
    other = create_payer_authorities("MSA", keys, AUTHORITY_VALIDITY)  # type: ignore[arg-type]
    store = TrustStore([*authorities().certificates, *other.certificates])
    der = issue(
        other.by_role[Role.FUND], Role.FUND, Subject("027510000", "MSA"), rsa_key(0).public_key(), Usage.SIGN, VALIDITY
    ).public_bytes(DER)
    read = store.read(der)
    assert read is not None
    judged = judge(read[0], store.trust, signing_time=NOON, received_at=NOON, roles=frozenset({Role.FUND}))
    assert judged.verdict is Verdict.ACCEPT


def directory(path: Path) -> Path:
    for number, certificate in enumerate(authorities().certificates):
        (path / f"{number}.crt").write_bytes(certificate.public_bytes(PEM if number % 2 else DER))
    return path


def codes(path: Path) -> list[str]:
    return [item.code.code for item in load_trust(path)[1]]


def test_a_directory_of_pem_and_der(tmp_path: Path) -> None:
    store, findings = load_trust(directory(tmp_path))
    assert findings == []
    assert len(store.trust.authorities) == 5


def test_what_is_wrong_in_a_directory_is_said(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["S052"]
    directory(tmp_path)
    (tmp_path / "README").write_text("not looked at")
    (tmp_path / "8.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "9.pem").write_bytes(professional().certificate_der)
    (tmp_path / "revocations.json").write_text('{"version": 1, "revocations": [{"issuer": "zz"}]}')
    assert codes(tmp_path) == ["S050", "S053", "S051"]


def test_revocations_are_read_from_the_directory(tmp_path: Path) -> None:
    directory(tmp_path)
    facts = trust_store().read(professional().certificate_der)
    assert facts is not None
    entry = Revocation(facts[0].issuer, facts[0].serial, NOON, RevocationReason.KEY_COMPROMISE)
    (tmp_path / "revocations.json").write_bytes(encode_revocations([entry]))
    store, findings = load_trust(tmp_path)
    assert findings == []
    assert store.trust.revocations == {(entry.issuer, entry.serial): entry}


REVOCATIONS = st.builds(
    Revocation,
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    st.integers(1, 2**160),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
        lambda at: at.replace(microsecond=0, fold=0, tzinfo=UTC)
    ),
    st.sampled_from(RevocationReason),
)


@given(st.lists(REVOCATIONS, max_size=5))
def test_a_list_written_is_read(entries: list[Revocation]) -> None:
    read, findings = decode_revocations(encode_revocations(entries))
    assert findings == []
    assert set(read) == set(entries)
    assert encode_revocations(read) == encode_revocations(reversed(entries))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff",
        b'{"version": 2, "revocations": []}',
        b'{"version": 1, "revocations": {}}',
        b'{"version": 1, "revocations": [3]}',
        b'{"version": 1, "revocations": [{"issuer": "'
        + b"a" * 64
        + b'", "serial": "1", "revoked_at": "2022-04-27T12:00:00"}]}',
        b'{"version": 1, "revocations": [{"issuer": "'
        + b"a" * 64
        + b'", "serial": "g", "revoked_at": "2022-04-27T12:00:00Z"}]}',
    ],
)
def test_an_unread_revocation_is_an_error(document: bytes) -> None:
    read, findings = decode_revocations(document)
    assert read == ()
    assert [item.code.code for item in findings] == ["S051"]
