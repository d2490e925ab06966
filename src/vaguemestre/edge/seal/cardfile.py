"""The patient's card as a signed file, behind the interface of a real reader: `core.card.passing.CardReader`. vgm:card-file.

A JSON document: the card's content in canonical bytes, the card authority's signature over them, the card's own certificate and,
for the demonstration only, its secret key (or the name of the file beside it that holds it). The content is parsed only once the
signature over it is verified.
"""

import base64
import binascii
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from vaguemestre.core.card.passing import PatientCard, decode_card, encode_card
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import Chain, Role, Signer
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.certificates import Authority, PublicKey, Subject, Usage, Validity, issue
from vaguemestre.edge.seal.keys import FileSigner, SigningKey
from vaguemestre.edge.seal.truststore import TrustStore

FORMAT: Final = "vaguemestre-card-1"
CARD_FILE_BYTES_MAX: Final = 1 << 20
_CARD_FILE_BYTES_USUAL: Final = 16 << 10
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
Reading = tuple[PatientCard | None, Signer | None, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class _Document:
    """The outer document as bytes: nothing believed yet."""

    content: bytes
    signature: bytes
    authority_der: bytes
    certificate_der: bytes
    private_key: bytes
    key_file: str


def write_card(
    card: PatientCard,
    authority: Signer,
    certificate_der: bytes = b"",
    private_key_pem: bytes = b"",
    key_file: str = "",
) -> bytes:
    """The card file: `card` signed by the card authority.

    `certificate_der` is the card's own certificate, whose SHA-256 the card names (b"" for a card that cannot sign). Its key
    stands inside (`private_key_pem`) or in `key_file`, a name in the same directory. Raises ValueError when card and
    certificate disagree.
    """
    if card.key_fingerprint != (sha256(certificate_der).hexdigest() if certificate_der else ""):
        raise ValueError("the card names another key than its certificate's")
    content = encode_card(card)
    parts = {
        "format": FORMAT,
        "card": _text(content),
        "signature": _text(authority.sign(content)),
        "authority": _text(authority.certificate_der),
        "certificate": _text(certificate_der),
        "private_key": private_key_pem.decode("ascii"),
        "key_file": key_file,
    }
    return json.dumps({name: value for name, value in parts.items() if value}, indent=1).encode("ascii") + b"\n"


def issue_card(
    content: PatientCard,
    authority: Authority,
    key: SigningKey,
    validity: Validity,
    *,
    private_key_pem: bytes = b"",
    key_file: str = "",
) -> tuple[PatientCard, bytes]:
    """A card for `key`: its certificate is made, and the content that names it is signed. Gives the content as issued and the file.

    The secret key goes as `write_card` says; the payer registers the content.
    """
    subject = Subject(content.serial, content.serial)
    certificate = issue(authority, Role.CARD, subject, key.public_key(), Usage.SIGN, validity)
    der = certificate.public_bytes(serialization.Encoding.DER)
    issued = replace(content, key_fingerprint=sha256(der).hexdigest())
    return issued, write_card(issued, authority.signer(), der, private_key_pem, key_file)


class CardFileReader:
    """Reads card files for an actor who believes some card authorities: a `core.card.passing.CardReader`."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust

    def read(self, handle: str) -> Reading:
        """The card in the file `handle`, its signing key if it has one, and findings C010 to C015.

        Both are None when nothing may be believed. A card whose key is missing is still given, without signer.
        """
        path = Path(handle)
        place = Place(source=path.name)
        try:
            data = _read_bounded(handle)
        except OSError as error:
            return _refused(finding("C010", place, problem=_unread(error)))
        document, problem = _parse(data)
        if document is None:
            return _refused(finding("C010", place, problem=problem))
        card, found = self._believe(document, place)
        if card is None:
            return None, None, found
        signer, noted = self._signer(card, document, path.parent, place)
        if any(item.code.code == "C013" for item in noted):
            return None, None, noted
        return card, signer, (*found, *noted)

    def _believe(self, document: _Document, place: Place) -> tuple[PatientCard | None, tuple[Finding, ...]]:
        """The content, once the card authority's signature over it is verified and the authority stood at that time."""
        fingerprint = sha256(document.authority_der).hexdigest()
        authority = self._trust.trust.authorities.get(fingerprint)
        read = self._trust.read(document.authority_der)
        if authority is None or authority.role is not Role.CARD or read is None or read[1] is None:
            return None, (finding("C012", place, authority=fingerprint[:16]),)
        if not _verified(read[1], document.signature, document.content):
            return None, (finding("C011", place),)
        card, found = decode_card(document.content, place)
        if card is None:
            return None, found
        chain = self._trust.trust.chains[fingerprint]
        if not stood_on(chain, card.updated_on):
            return None, (finding("C012", place, authority=authority.name),)
        return card, found

    def _signer(
        self, card: PatientCard, document: _Document, directory: Path, place: Place
    ) -> tuple[Signer | None, tuple[Finding, ...]]:
        """The card's own key: bound to the card by its fingerprint, and to the same authority by its certificate."""
        if not card.key_fingerprint:
            return None, ()
        der = document.certificate_der
        mismatch = (finding("C013", place),)
        read = self._trust.read(der, (document.authority_der,)) if der else None
        if read is None or sha256(der).hexdigest() != card.key_fingerprint:
            return None, mismatch
        facts, public_key = read
        if public_key is None or facts.role is not Role.CARD or facts.number != card.serial or not facts.may_sign:
            return None, mismatch
        pem = document.private_key or _beside(directory, document.key_file)
        if not pem:
            return None, ()
        key = _load(pem)
        if key is None or key.public_key() != public_key:
            return None, mismatch
        noted = (finding("C014", place),) if document.private_key else ()
        return FileSigner(key, der, (document.authority_der,)), noted


class MemoryCardReader:
    """The in-memory twin: cards by handle, believed as they were put in."""

    def __init__(self) -> None:
        self._cards: dict[str, tuple[PatientCard, Signer | None]] = {}

    def insert(self, handle: str, card: PatientCard, signer: Signer | None = None) -> None:
        """Make a card readable under `handle`."""
        self._cards[handle] = (card, signer)

    def read(self, handle: str) -> Reading:
        """As `CardFileReader.read`: C010 for an unknown handle."""
        entry = self._cards.get(handle)
        if entry is None:
            return _refused(finding("C010", Place(source=Path(handle).name), problem="the file is not there"))
        return *entry, ()


def _read_bounded(path: Path | str) -> bytes:
    """At most one byte more than a card may have. A card is small: room for the largest is made only for one that needs it."""
    with open(path, "rb") as stream:
        data = stream.read(_CARD_FILE_BYTES_USUAL)
        if len(data) == _CARD_FILE_BYTES_USUAL:
            data += stream.read(CARD_FILE_BYTES_MAX + 1 - len(data))
    return data


def _refused(found: Finding) -> Reading:
    return None, None, (found,)


def _unread(error: OSError) -> str:
    """The machine's own reason, in the words of a finding."""
    return "the file is not there" if isinstance(error, FileNotFoundError) else error.strerror or type(error).__name__


def _parse(data: bytes) -> tuple[_Document | None, str]:
    if len(data) > CARD_FILE_BYTES_MAX:
        return None, "larger than 1 MiB"
    try:
        outer: Any = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        return None, "not JSON"
    if not isinstance(outer, dict) or outer.get("format") != FORMAT:
        return None, "no card file"
    if not all(isinstance(value, str) for value in outer.values()):
        return None, "no card file"
    try:
        return (
            _Document(
                content=_bytes(outer["card"]),
                signature=_bytes(outer["signature"]),
                authority_der=_bytes(outer["authority"]),
                certificate_der=_bytes(outer.get("certificate", "")),
                private_key=outer.get("private_key", "").encode(),
                key_file=outer.get("key_file", ""),
            ),
            "",
        )
    except KeyError as error:
        return None, f"{error.args[0]}: missing"
    except (binascii.Error, ValueError):
        return None, "not base64"


def stood_on(chain: Chain, day: date) -> bool:
    """Whether an authority may have signed on that day: a card says the day of its update, not the hour.

    The day of the authority's own beginning is one; the day of its revocation no longer.
    """
    begins = datetime.combine(day, time(), UTC)
    ends = begins + timedelta(days=1)
    revoked = chain.revoked_at is not None and chain.revoked_at < ends
    return not revoked and chain.not_before < ends and begins <= chain.not_after


def _verified(key: PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, _PKCS1, _SHA256)
        else:
            key.verify(signature, content, _ECDSA)
    except InvalidSignature:
        return False
    return True


def _beside(directory: Path, name: str) -> bytes:
    """The key file named by the card: in the same directory only, whatever the name says."""
    if not name or Path(name).name != name:
        return b""
    try:
        return _read_bounded(directory / name)[:CARD_FILE_BYTES_MAX]
    except OSError:
        return b""


def _load(pem: bytes) -> SigningKey | None:
    try:
        key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
