"""The patient's card as a signed file: believed only when the card authority signed it, with its own key or without."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

import seal_kit
from sheet_kit import SERIAL, card, codes
from vaguemestre.core.card.passing import CardReader, PatientCard
from vaguemestre.core.seal.sealing import Chain, KeyKind, Revocation, Role
from vaguemestre.edge.seal.cardfile import CARD_FILE_BYTES_MAX, CardFileReader, MemoryCardReader, stood_on, write_card
from vaguemestre.edge.seal.certificates import Usage
from vaguemestre.edge.seal.keys import FileSigner, SigningKey
from vaguemestre.edge.seal.truststore import TrustStore


def authority() -> FileSigner:
    return seal_kit.authorities().by_role[Role.CARD].signer()


@cache
def own_key() -> SigningKey:
    return seal_kit.rsa_key(3)


@cache
def own_signer() -> FileSigner:
    return seal_kit.signer(Role.CARD, SERIAL, own_key())


def pem(key: SigningKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def with_key(der: bytes | None = None) -> PatientCard:
    return card(key_fingerprint=sha256(der or own_signer().certificate_der).hexdigest())


def card_file(**changes: Any) -> bytes:
    """A right card file; `changes` go to the outer document (None removes)."""
    document = json.loads(write_card(with_key(), authority(), own_signer().certificate_der, pem(own_key())))
    document |= changes
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()


def read(tmp_path: Path, data: bytes, store: TrustStore | None = None) -> Any:
    (tmp_path / "rose.card").write_bytes(data)
    return CardFileReader(store or seal_kit.trust_store()).read(str(tmp_path / "rose.card"))


def test_a_card_that_was_written_is_read_with_its_key(tmp_path: Path) -> None:
    shown, signer, found = read(
        tmp_path, write_card(with_key(), authority(), own_signer().certificate_der, pem(own_key()))
    )
    assert shown == with_key()
    assert codes(found) == ["C014"]
    assert signer is not None
    public = own_key().public_key()
    signature = signer.sign(b"sheet")
    assert not isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"sheet", padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"other", padding.PKCS1v15(), hashes.SHA256())
    assert signer.chain_der == (authority().certificate_der,)


def test_a_p256_card_signs_too(tmp_path: Path) -> None:
    key = seal_kit.POOL.p256_keys(1)[0]
    signer = seal_kit.signer(Role.CARD, SERIAL, key)
    data = write_card(with_key(signer.certificate_der), authority(), signer.certificate_der, pem(key))
    shown, own, _ = read(tmp_path, data)
    assert shown is not None
    assert own is not None
    assert own.key_kind is KeyKind.P_256
    key.public_key().verify(own.sign(b"sheet"), b"sheet", ec.ECDSA(hashes.SHA256()))


def test_a_card_that_cannot_sign_is_read_without_signer(tmp_path: Path) -> None:
    assert read(tmp_path, write_card(card(), authority())) == (card(), None, ())


def test_the_key_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "rose.pem").write_bytes(pem(own_key()))
    data = write_card(with_key(), authority(), own_signer().certificate_der, key_file="rose.pem")
    shown, signer, found = read(tmp_path, data)
    assert shown == with_key()
    assert signer is not None
    assert found == ()


@pytest.mark.parametrize("name", ["../rose.pem", "/etc/passwd", "absent.pem", ""])
def test_a_key_file_elsewhere_is_never_opened(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "cards"
    inside.mkdir()
    (tmp_path / "rose.pem").write_bytes(pem(own_key()))
    shown, signer, found = read(inside, card_file(private_key=None, key_file=name or None))
    assert (shown, signer, found) == (with_key(), None, ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"\xff",
        card_file(format="other"),
        card_file(card=None),
        card_file(signature="!"),
        card_file(signature=3),
        b" " * (CARD_FILE_BYTES_MAX + 1),
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_card(tmp_path: Path, data: bytes) -> None:
    shown, signer, found = read(tmp_path, data)
    assert (shown, signer) == (None, None)
    assert codes(found) == ["C010"]
    assert "?" not in found[0].message("fr")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    shown, signer, found = CardFileReader(seal_kit.trust_store()).read(str(tmp_path / "absent.card"))
    assert (shown, signer) == (None, None)
    assert codes(found) == ["C010"]


def test_an_altered_card_is_forged(tmp_path: Path) -> None:
    content = base64.b64decode(json.loads(card_file())["card"])
    altered = content.replace(b'"closes_on":null', b'"closes_on":"2050-01-01"')
    assert altered != content
    shown, signer, found = read(tmp_path, card_file(card=base64.b64encode(altered).decode()))
    assert (shown, signer) == (None, None)
    assert codes(found) == ["C011"]


def test_every_changed_byte_of_the_signature_is_seen(tmp_path: Path) -> None:
    signature = bytearray(base64.b64decode(json.loads(card_file())["signature"]))
    signature[17] ^= 1
    assert codes(read(tmp_path, card_file(signature=base64.b64encode(signature).decode()))[2]) == ["C011"]


def test_only_a_trusted_card_authority_is_believed(tmp_path: Path) -> None:
    stranger = seal_kit.stranger_root().signer()
    fund = seal_kit.authorities().by_role[Role.FUND].signer()
    for signer in (stranger, fund, own_signer()):
        shown, _, found = read(tmp_path, write_card(card(), signer))
        assert shown is None
        assert codes(found) == ["C012"]


@pytest.mark.parametrize(
    ("updated_on", "expected"), [(date(2019, 12, 31), ["C012"]), (date(2020, 1, 2), []), (date(2031, 1, 1), ["C012"])]
)
def test_the_authority_must_have_stood_when_the_card_was_updated(
    tmp_path: Path, updated_on: date, expected: list[str]
) -> None:
    data = write_card(card(updated_on=updated_on), authority())
    assert codes(read(tmp_path, data)[2]) == expected


def test_a_card_updated_on_the_day_of_its_authority_s_first_hour_is_believed() -> None:
    """A card says the day, not the hour: an authority made in the afternoon signs cards that evening."""
    begins = datetime(2022, 4, 27, 15, tzinfo=UTC)
    ends = begins + timedelta(days=30)
    chain = Chain(Role.CARD, begins, ends, None)
    days = [date(2022, 4, 26), date(2022, 4, 27), date(2022, 5, 27), date(2022, 5, 28)]
    assert [stood_on(chain, day) for day in days] == [False, True, True, False]
    taken_back = Chain(Role.CARD, begins, ends, datetime(2022, 5, 3, 8, tzinfo=UTC))
    assert [stood_on(taken_back, date(2022, 5, day)) for day in (2, 3, 4)] == [True, False, False]


@pytest.mark.parametrize(("day", "expected"), [(9, ["C012"]), (10, ["C012"]), (11, [])])
def test_a_revoked_authority_is_believed_for_what_it_signed_before(
    tmp_path: Path, day: int, expected: list[str]
) -> None:
    certificate = seal_kit.authorities().by_role[Role.CARD].certificate
    root = sha256(seal_kit.authorities().root.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    revoked_at = seal_kit.NOON.replace(month=1, day=day)
    store = TrustStore(seal_kit.authorities().certificates, [Revocation(root, certificate.serial_number, revoked_at)])
    assert codes(read(tmp_path, write_card(card(), authority()), store)[2]) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": None},
        {"certificate": base64.b64encode(b"0\x00").decode()},
        {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
        {"private_key": pem(seal_kit.rsa_key(4)).decode()},
    ],
)
def test_a_key_that_is_not_the_card_s(tmp_path: Path, changes: dict[str, Any]) -> None:
    shown, signer, found = read(tmp_path, card_file(**changes))
    assert (shown, signer) == (None, None)
    assert codes(found) == ["C013"]


@pytest.mark.parametrize(
    "signer",
    [
        seal_kit.signer(Role.CARD, "8000000002", seal_kit.rsa_key(3)),
        seal_kit.signer(Role.PROFESSIONAL, SERIAL, seal_kit.rsa_key(3)),
        seal_kit.signer(Role.CARD, SERIAL, seal_kit.rsa_key(3), usage=Usage.ENCRYPT),
        seal_kit.signer(Role.CARD, SERIAL, seal_kit.rsa_key(3), authority=seal_kit.stranger_root()),
    ],
)
def test_a_certificate_that_is_not_this_card_s(tmp_path: Path, signer: FileSigner) -> None:
    der = signer.certificate_der
    shown, own, found = read(tmp_path, write_card(with_key(der), authority(), der, pem(own_key())))
    assert (shown, own) == (None, None)
    assert codes(found) == ["C013"]


def test_a_card_that_contradicts_itself(tmp_path: Path) -> None:
    assert codes(read(tmp_path, write_card(card(serial="1"), authority()))[2]) == ["C015"]


def test_writing_another_certificate_than_the_card_names_is_our_own_fault() -> None:
    for shown, der in ((card(), own_signer().certificate_der), (with_key(), b"")):
        with pytest.raises(ValueError, match="names another key"):
            write_card(shown, authority(), der)


def readers(tmp_path: Path) -> list[CardReader]:
    """The real reader and its twin, holding the same card under the same handle."""
    (tmp_path / "rose.card").write_bytes(card_file(private_key=None))
    twin = MemoryCardReader()
    twin.insert(str(tmp_path / "rose.card"), with_key())
    return [CardFileReader(seal_kit.trust_store()), twin]


@pytest.mark.parametrize("rank", [0, 1])
def test_the_twin_keeps_the_same_contract(tmp_path: Path, rank: int) -> None:
    reader = readers(tmp_path)[rank]
    assert reader.read(str(tmp_path / "rose.card")) == (with_key(), None, ())
    shown, signer, found = reader.read(str(tmp_path / "absent.card"))
    assert (shown, signer) == (None, None)
    assert codes(found) == ["C010"]
    assert str(tmp_path) not in str(found[0])


def test_the_twin_gives_the_signer_it_was_given() -> None:
    twin = MemoryCardReader()
    twin.insert("rose", replace(card(), key_fingerprint="ab"), own_signer())
    assert twin.read("rose")[1] is own_signer()
