"""Sealed messages: what is opened, and each sabotage with its one finding; never a traceback, whatever the bytes."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.asn1 import decode_der, encode_der
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from seal_kit import (
    NOON,
    POOL,
    PROFESSIONAL,
    RANDOM,
    VALIDITY,
    after,
    authorities,
    fund_box,
    opener,
    professional,
    rsa_key,
    seal,
    signer,
    stranger_root,
    trust_store,
)
from vaguemestre.core.seal.sealing import Opened, Revocation, Role, Verdict
from vaguemestre.edge.seal import cms_shapes as cms
from vaguemestre.edge.seal.certificates import Usage, Validity
from vaguemestre.edge.seal.cms_build import Recipient, SignatureWriter, write_envelope
from vaguemestre.edge.seal.keys import FileSigner
from vaguemestre.edge.seal.smime import Opener, OpenLimits, Sealer
from vaguemestre.edge.seal.transport64 import decode_lines, encode_lines
from vaguemestre.edge.seal.truststore import TrustStore

CONTENT = b"Content-Type: application/EDI-consent\r\n\r\n" + bytes(range(256)) * 8
LATER = after(hours=1)


def open_it(message: bytes, store: TrustStore | None = None, received: datetime = LATER) -> Opened:
    return opener(store).open(message, received_at=received, roles=PROFESSIONAL)


def refusal(message: bytes, store: TrustStore | None = None, received: datetime = LATER) -> list[str]:
    """The codes of a message that must be refused without giving its content."""
    opened = open_it(message, store, received)
    assert (opened.verdict, opened.content) == (Verdict.REFUSE, None)
    return [item.code.code for item in opened.findings]


def enveloped(inner: bytes) -> bytes:
    """`inner` encrypted to the fund, in a message."""
    envelope = write_envelope(inner, [Recipient.of(fund_box().certificate)], RANDOM.draw)
    return b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encode_lines(envelope)


def body_of(message: bytes) -> bytes:
    decoded = decode_lines(message.partition(b"\r\n\r\n")[2])
    assert decoded is not None
    return decoded


def test_what_is_sealed_opens_byte_for_byte() -> None:
    opened = open_it(seal(CONTENT))
    assert opened.content == CONTENT
    assert (opened.verdict, opened.findings, opened.signing_time) == (Verdict.ACCEPT, (), NOON)
    assert opened.signer is not None
    assert (opened.signer.number, opened.signer.role) == ("10101234567", Role.PROFESSIONAL)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 255, 4863, 4864, 4865, 20_000])
def test_every_length_survives(size: int) -> None:
    content = bytes(size)
    assert open_it(seal(content)).content == content


def test_p256_signs_too() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert open_it(seal(CONTENT, by=signer(key=key))).content == CONTENT


def test_several_recipients_each_open_it() -> None:
    other = fund_box(7, "027510000")
    sealed = Sealer(professional(), RANDOM).seal(CONTENT, [fund_box().certificate, other.certificate], NOON)
    for box in (fund_box(), other):
        one = Opener([box.key], trust_store(), RANDOM).open(sealed.entity, received_at=LATER, roles=PROFESSIONAL)
        assert one.content == CONTENT
    assert open_it(sealed.entity).digest == sealed.digest


def test_nothing_is_readable_outside() -> None:
    message = seal(b"1840275123456 DURAND" * 50)
    assert b"DURAND" not in message
    assert b"DURAND" not in body_of(message)
    assert b"10101234567" not in body_of(message)  # not even who signed


def test_the_digest_survives_other_headers_and_line_ends() -> None:
    message = seal(CONTENT)
    moved = b"Received: by a\r\nReceived: by b\r\n" + message
    bare = message.replace(b"\r\n", b"\n")
    assert open_it(moved).digest == open_it(bare).digest == open_it(message).digest != ""


def test_bare_der_opens() -> None:
    assert open_it(body_of(seal(CONTENT))).content == CONTENT


def test_keys_are_kept_for_the_claims_life() -> None:
    fresh = Opener([fund_box(7, "027510000").key], trust_store(), RANDOM)
    assert fresh.open(seal(CONTENT), received_at=LATER, roles=None).content is None
    fresh.add_key(fund_box().key)
    assert fresh.open(seal(CONTENT), received_at=LATER, roles=None).content == CONTENT


# --- the envelope


def test_too_large() -> None:
    small = Opener([fund_box().key], trust_store(), RANDOM, OpenLimits(message_bytes_max=1000))
    opened = small.open(seal(CONTENT), received_at=LATER, roles=None)
    assert [item.code.code for item in opened.findings] == ["S001"]


@pytest.mark.parametrize(
    "junk",
    [b"", b"hello", b"Subject: x\r\n\r\ntext", b"Content-Type: text/plain\r\n\r\nx", b"\0" * 99, b"000" + b"1" * 125],
)
def test_not_a_sealed_message(junk: bytes) -> None:
    assert refusal(junk) == ["S002"]


def test_truncated_at_every_tenth() -> None:
    message = seal(CONTENT)
    for tenth in range(3, 10):
        cut = message[: len(message) * tenth // 10]
        assert refusal(cut) == ["S003"]


def test_only_signed_or_only_encrypted() -> None:
    signed = SignatureWriter(professional()).write(CONTENT, NOON)
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert refusal(head + encode_lines(signed)) == ["S004"]
    assert refusal(signed) == ["S004"]
    assert refusal(b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n") == ["S004"]
    assert refusal(enveloped(CONTENT)) == ["S008"]
    assert refusal(enveloped(b"\x30\x82" + CONTENT)) == ["S003"]


def test_triple_des_is_named() -> None:
    envelope = decode_der(cms.ContentInfo, body_of(seal(CONTENT))).content.parse(cms.EnvelopedData)
    algorithm = cms.OctetAlgorithm(algorithm=cms.Oid("1.2.840.113549.3.7"), parameters=bytes(8))
    assert refusal(rewrapped(envelope, algorithm)) == ["S005"]


def rewrapped(envelope: cms.EnvelopedData, algorithm: object) -> bytes:
    """The same envelope under another content encryption algorithm, as bare DER."""
    envelope.content.algorithm = decode_der(cms.TLV, encode_der(algorithm))
    inside = decode_der(cms.TLV, encode_der(envelope))
    return encode_der(cms.ContentInfo(content_type=cms.ID_ENVELOPED_DATA, content=inside))


def test_for_another_fund() -> None:
    sealed = Sealer(professional(), RANDOM).seal(CONTENT, [fund_box(7, "027510000").certificate], NOON)
    assert refusal(sealed.entity) == ["S006"]


def test_damage_in_key_and_content_look_the_same() -> None:
    """A sender must not learn whether the key, the padding or the structure was wrong."""
    envelope = body_of(seal(CONTENT))
    parsed = decode_der(cms.ContentInfo, envelope).content.parse(cms.EnvelopedData)
    wrapped = parsed.recipients.as_list()[0].parse(cms.KeyTransport).encrypted_key
    in_key = envelope.find(wrapped) + 5
    last_block = len(envelope) - 16
    seen = {tuple(refusal(flipped(envelope, position))) for position in (in_key, last_block)}
    assert seen == {("S007",)}


def flipped(data: bytes, position: int, bit: int = 0) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


@given(st.data())
def test_no_bit_can_be_flipped(data: st.DataObject) -> None:
    """One flipped bit anywhere in the envelope: refused, or (in what nothing depends on) the very same content."""
    envelope = body_of(SEALED)
    changed = flipped(envelope, data.draw(st.integers(0, len(envelope) - 1)), data.draw(st.integers(0, 7)))
    opened = open_it(changed)
    assert opened.content in (None, CONTENT)
    assert (opened.content is None) == (opened.verdict is Verdict.REFUSE)


SEALED = seal(CONTENT)


# --- the signature


def test_altered_content_under_the_old_signature() -> None:
    signed = SignatureWriter(professional()).write(CONTENT, NOON)
    at = signed.find(CONTENT)
    assert refusal(enveloped(flipped(signed, at + 60))) == ["S012"]


@given(st.data())
def test_no_bit_of_what_is_signed_can_be_flipped(data: st.DataObject) -> None:
    signed = SIGNED
    changed = flipped(signed, data.draw(st.integers(0, len(signed) - 1)), data.draw(st.integers(0, 7)))
    opened = open_it(enveloped(changed))
    assert opened.content in (None, CONTENT)


SIGNED = SignatureWriter(professional()).write(CONTENT, NOON)


def test_another_certificate_of_the_same_key_does_not_fit() -> None:
    """Issuer and serial of the signature are not signed: the certificate's own digest is."""
    first, second = signer(number="10101234567"), signer(number="10109876543")
    signed = decode_der(cms.ContentInfo, SignatureWriter(first).write(CONTENT, NOON)).content.parse(cms.SignedData)
    other = decode_der(cms.ContentInfo, SignatureWriter(second).write(CONTENT, NOON)).content.parse(cms.SignedData)
    signed.certificates = other.certificates
    signed.signers.as_list()[0].signer = other.signers.as_list()[0].signer
    assert refusal(enveloped(as_message(signed))) == ["S012"]


def as_message(signed: cms.SignedData) -> bytes:
    inside = decode_der(cms.TLV, encode_der(signed))
    return encode_der(cms.ContentInfo(content_type=cms.ID_SIGNED_DATA, content=inside))


def parsed_signature() -> cms.SignedData:
    return decode_der(cms.ContentInfo, SIGNED).content.parse(cms.SignedData)  # type: ignore[no-any-return]


def test_signature_by_another_key() -> None:
    impostor = FileSigner(rsa_key(8), professional().certificate_der)
    assert refusal(seal(CONTENT, by=impostor)) == ["S012"]


def test_two_signers_or_none() -> None:
    signed = parsed_signature()
    one = signed.signers.as_list()[0]
    signed.signers = cms.SetOf([])
    assert refusal(enveloped(as_message(signed))) == ["S009"]
    second = decode_der(cms.ContentInfo, SignatureWriter(signer(number="10109876543")).write(CONTENT, NOON))
    signed.signers = cms.SetOf([one, second.content.parse(cms.SignedData).signers.as_list()[0]])
    assert refusal(enveloped(as_message(signed))) == ["S009"]


def test_sha1_is_named() -> None:
    signed = parsed_signature()
    signed.signers.as_list()[0].digest = cms.PlainAlgorithm(algorithm=cms.Oid("1.3.14.3.2.26"), parameters=None)
    assert refusal(enveloped(as_message(signed))) == ["S010"]


def test_signature_algorithm_of_another_key_kind() -> None:
    signed = parsed_signature()
    ecdsa = cms.PlainAlgorithm(algorithm=cms.ECDSA_SHA_256, parameters=None)
    signed.signers.as_list()[0].algorithm = decode_der(cms.TLV, encode_der(ecdsa))
    assert refusal(enveloped(as_message(signed))) == ["S010"]


def test_certificate_missing() -> None:
    signed = parsed_signature()
    signed.certificates = None
    assert refusal(enveloped(as_message(signed))) == ["S011"]


def test_no_signed_attributes_means_no_signing_time() -> None:
    signed = parsed_signature()
    signed.signers.as_list()[0].attributes = None
    assert refusal(enveloped(as_message(signed))) == ["S026"]


def test_an_attribute_that_stands_twice() -> None:
    signed = parsed_signature()
    attributes = signed.signers.as_list()[0].attributes
    assert attributes is not None
    attributes.append(attributes[0])
    assert refusal(enveloped(as_message(signed))) == ["S003"]


# --- the certificate, at signing time


def test_unknown_authority() -> None:
    stranger = signer(authority=stranger_root())
    assert refusal(seal(CONTENT, by=stranger)) == ["S013"]


def test_an_authority_brought_by_the_message_is_believed_only_under_a_trusted_one() -> None:
    only_root = TrustStore([authorities().root.certificate])
    assert open_it(seal(CONTENT, by=signer(chain=True)), only_root).content == CONTENT
    assert refusal(seal(CONTENT, by=signer(chain=False)), TrustStore([authorities().root.certificate])) == ["S013"]
    stranger = signer(authority=replace(stranger_root(), parents=(authorities().root.certificate,)), chain=True)
    assert refusal(seal(CONTENT, by=stranger), TrustStore([authorities().root.certificate])) == ["S013"]


def test_wrong_role() -> None:
    assert refusal(seal(CONTENT, by=signer(Role.CARD, "CARTE0001"))) == ["S014"]


def test_dates() -> None:
    assert refusal(seal(CONTENT, at=VALIDITY.not_before - timedelta(seconds=1))) == ["S015"]
    expired = VALIDITY.not_after + timedelta(seconds=1)
    assert refusal(seal(CONTENT, at=expired), received=expired) == ["S016"]
    assert refusal(seal(CONTENT, at=after(days=1))) == ["S019"]


def test_expired_since_but_valid_when_signed() -> None:
    assert open_it(seal(CONTENT), received=datetime(2026, 1, 15, tzinfo=UTC)).content == CONTENT


def test_authority_expired_when_signed() -> None:
    long = Validity(VALIDITY.not_before, datetime(2035, 1, 1, tzinfo=UTC))
    when = datetime(2031, 1, 1, tzinfo=UTC)
    assert refusal(seal(CONTENT, by=signer(validity=long), at=when), received=when) == ["S022"]


def test_encryption_certificate_cannot_sign() -> None:
    wrong = signer(Role.PROFESSIONAL, usage=Usage.ENCRYPT)
    assert refusal(seal(CONTENT, by=wrong)) == ["S021"]


def test_revoked_before_between_and_after() -> None:
    message = seal(CONTENT)
    facts = open_it(message).signer
    assert facts is not None

    def opened(at: datetime) -> Opened:
        store = trust_store()
        store.replace_revocations([Revocation(facts.issuer, facts.serial, at)])
        return open_it(message, store)

    before, between, later = opened(NOON), opened(after(minutes=30)), opened(after(hours=2))
    assert (before.content, [item.code.code for item in before.findings]) == (None, ["S017"])
    assert (between.verdict, between.content) == (Verdict.HOLD, CONTENT)
    assert [item.code.code for item in between.findings] == ["S018"]
    assert (later.verdict, later.findings) == (Verdict.ACCEPT, ())


def test_a_new_list_replaces_the_former() -> None:
    store = trust_store()
    message = seal(CONTENT)
    facts = open_it(message, store).signer
    assert facts is not None
    store.replace_revocations([Revocation(facts.issuer, facts.serial, NOON)])
    assert refusal(message, store) == ["S017"]
    store.replace_revocations([])
    assert open_it(message, store).content == CONTENT


# --- other writers


@pytest.mark.parametrize("encoding", [serialization.Encoding.DER, serialization.Encoding.SMIME])
def test_what_the_library_writes_opens(encoding: serialization.Encoding) -> None:
    """`cryptography`'s own PKCS#7 writer: opaque, then detached; it signs by the wall clock, so it is judged by it."""
    now = datetime.now(UTC)
    current = signer(validity=Validity(now - timedelta(days=1), now + timedelta(days=1)))
    text = b"Content-Type: application/EDI-consent\n\nABC\nDEF\n"
    signed = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(text)
        .add_signer(load_der_x509_certificate(current.certificate_der), rsa_key(0), hashes.SHA256())
        .sign(encoding, [])
    )
    sealed = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(signed)
        .add_recipient(load_der_x509_certificate(fund_box().certificate))
        .encrypt(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.Binary])
    )
    opened = open_it(sealed, received=now + timedelta(minutes=1))
    assert opened.content == text.replace(b"\n", b"\r\n")


@given(st.binary(max_size=400))
def test_no_bytes_raise(junk: bytes) -> None:
    for message in (junk, b"0\x80" + junk, enveloped_head(junk), enveloped(junk), enveloped(b"0\x80" + junk)):
        opened = open_it(message)
        assert opened.content is None
        assert opened.findings


def enveloped_head(junk: bytes) -> bytes:
    return b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(junk)


@given(st.data())
def test_mangled_structures_are_findings(data: st.DataObject) -> None:
    """Bytes cut out of, doubled in, or put into real structures."""
    source = data.draw(st.sampled_from([body_of(SEALED), SIGNED]))
    start = data.draw(st.integers(0, len(source)))
    stop = data.draw(st.integers(start, min(len(source), start + 64)))
    piece = data.draw(st.sampled_from([b"", b"\0\0", b"\x30\x80", source[start:stop] * 2]))
    mangled = source[:start] + piece + source[stop:]
    opened = open_it(mangled if source is not SIGNED else enveloped(mangled))
    assert opened.content in (None, CONTENT)


def test_the_pool_never_grows_beyond_its_bound() -> None:
    with pytest.raises(ValueError, match="200"):
        POOL.rsa_keys(201)


def test_lines_are_76_characters_and_crlf() -> None:
    lines = seal(bytes(9000)).partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert {len(line) for line in lines[:-2]} == {76}
    assert lines[-1] == b""
    assert all(re.fullmatch(rb"[A-Za-z0-9+/=]*", line) for line in lines)
