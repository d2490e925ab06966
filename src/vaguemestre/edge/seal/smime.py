"""S/MIME (rfc8551): seals content as signed, then encrypted MIME; opens it again and says whether to believe the signer.

Content stays opaque bytes here: nothing inside is parsed before signature, authority, validity and revocation at signing
time are verified, and the caller checks the mandate before it parses anything either.

The signed entity inside is base64 although binary would be smaller: `openssl cms -verify` reads no other encoding.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from vaguemestre.core.clock import Randomness
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.mime import Entity, read_entity, split_multipart
from vaguemestre.core.seal.sealing import Opened, Role, Sealed, Signer, Verdict, judge, sealed_digest
from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.cms_build import Recipient, SignatureWriter, write_envelope
from vaguemestre.edge.seal.cms_open import DecryptionKeys, Signed, decrypt, read_signed
from vaguemestre.edge.seal.keys import DecryptionKey
from vaguemestre.edge.seal.transport64 import decode_lines, encode_lines
from vaguemestre.edge.seal.truststore import TrustStore

_OUTER_HEAD: Final = (
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"
)
_INNER_HEAD: Final = (
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n"
)
_PKCS7: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_RECIPIENTS_REMEMBERED_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class OpenLimits:
    """How much of a stranger's message is read. vgm:bounded-reading."""

    message_bytes_max: int = 64 << 20


DEFAULT_LIMITS: Final = OpenLimits()
_ALLOCATION_BYTES: Final = 4 << 20


class Sealer:
    """Seals in the name of one signer; reuse it."""

    def __init__(self, signer: Signer, randomness: Randomness) -> None:
        self._writer = SignatureWriter(signer)
        self._randomness = randomness
        self._recipients: dict[bytes, Recipient] = {}

    def seal(self, content: bytes, recipients: Sequence[bytes], signing_time: datetime) -> Sealed:
        """Sign `content` as of `signing_time`, encrypt it to the certificates (DER) of `recipients`.

        Raises ValueError when there is no recipient or one cannot be encrypted to (`core.seal.sealing.judge_recipient` says so
        beforehand as findings).
        """
        readers = [self._recipient(der) for der in recipients]
        inner = _INNER_HEAD + encode_lines(self._writer.write(content, signing_time))
        envelope = write_envelope(inner, readers, self._randomness.draw)
        return Sealed(_OUTER_HEAD + encode_lines(envelope), sealed_digest(envelope))

    def _recipient(self, der: bytes) -> Recipient:
        known = self._recipients.get(der)
        if known is None:
            if len(self._recipients) >= _RECIPIENTS_REMEMBERED_MAX:
                self._recipients.clear()
            known = self._recipients[der] = Recipient.of(der)
        return known


class Opener:
    """Opens for the holder of some decryption keys who believes some authorities; reuse it. Not shared between threads."""

    def __init__(
        self,
        keys: Iterable[DecryptionKey],
        trust: TrustStore,
        randomness: Randomness,
        limits: OpenLimits = DEFAULT_LIMITS,
    ) -> None:
        self._keys = DecryptionKeys(keys)
        self._trust = trust
        self._randomness = randomness
        self._limits = limits
        _keep_memory_between_messages()

    def add_key(self, key: DecryptionKey) -> None:
        """Keep one more decryption key beside the former ones."""
        self._keys.add(key)

    def open(self, message: bytes, *, received_at: datetime, roles: frozenset[Role] | None, source: str = "") -> Opened:
        """Open a message (with or without transport headers, or bare DER) first received at `received_at`.

        `roles`: who may have signed; None asks for no role. Whatever is wrong is a finding (area S).
        """
        place = Place(source=source)
        envelope, findings = self._envelope(message, place)
        if envelope is None:
            return _refused(b"", findings)
        inner, findings = decrypt(envelope, self._keys, self._randomness, place)
        if inner is None:
            return _refused(envelope, findings)
        signed, content, findings = _signed_content(inner, place)
        if signed is None or content is None:
            return _refused(envelope, findings)
        return self._believe(signed, content, envelope, received_at, roles, place)

    def _envelope(self, message: bytes, place: Place) -> tuple[bytes | None, list[Finding]]:
        """The CMS envelope inside the message's transport encoding."""
        if len(message) > self._limits.message_bytes_max:
            return None, [finding("S001", place, size=len(message), limit=self._limits.message_bytes_max)]
        if _is_bare(message):
            return message, []
        entity = read_entity(message)
        if entity is None or entity.content_type not in _PKCS7:
            return None, [finding("S004" if _is_signed_only(entity) else "S002", place)]
        if _is_signed_only(entity):
            return None, [finding("S004", place)]
        envelope = _decoded(entity)
        return (envelope, []) if envelope else (None, [finding("S003", place)])

    def _believe(
        self,
        signed: Signed,
        content: bytes,
        envelope: bytes,
        received_at: datetime,
        roles: frozenset[Role] | None,
        place: Place,
    ) -> Opened:
        """Verify the signature, then judge its certificate at signing time."""
        read = self._trust.read(signed.certificate_der, signed.brought)
        if read is None:
            return _refused(envelope, [finding("S011", place)])
        facts, key = read
        if key is None:
            return _refused(envelope, [finding("S020", place, number=facts.number or facts.fingerprint[:16])])
        verified = signed.verify(key)
        if isinstance(verified, str):
            return _refused(envelope, [finding("S010", place, algorithm=verified)])
        if not verified:
            return _refused(envelope, [finding("S012", place)])
        judgement = judge(
            facts,
            self._trust.trust,
            signing_time=signed.signing_time,
            received_at=received_at,
            roles=roles,
            place=place,
        )
        given = None if judgement.verdict is Verdict.REFUSE else content
        return Opened(judgement.verdict, given, facts, signed.signing_time, envelope, judgement.findings)


def _keep_memory_between_messages() -> None:
    """glibc learns from the first large block that it frees that such blocks come and go: it then keeps up to 8 MiB.

    Without it, the half megabyte of one lot may be given back to the system and faulted in again at each message, a tenth
    of the time of opening. Other allocators are indifferent.
    """
    block = bytes(_ALLOCATION_BYTES)
    del block


def _is_bare(data: bytes) -> bool:
    """CMS without MIME: a sequence of more than 127 bytes or of indefinite length (a B2 file starts with `000`)."""
    return data[:1] == b"\x30" and data[1:2] >= b"\x80"


def _is_signed_only(entity: Entity | None) -> bool:
    if entity is None:
        return False
    return entity.content_type == "multipart/signed" or entity.parameter("smime-type").lower() == "signed-data"


def _decoded(entity: Entity) -> bytes | None:
    """The body without its transfer encoding."""
    if entity.headers.get("content-transfer-encoding", "").strip().lower() == "base64":
        return decode_lines(entity.body_view)
    return entity.decoded()


def _refused(envelope: bytes, findings: list[Finding]) -> Opened:
    return Opened(Verdict.REFUSE, None, None, None, envelope, tuple(findings))


def _signed_content(inner: bytes, place: Place) -> tuple[Signed | None, bytes | None, list[Finding]]:
    """The one signature inside an envelope and the content that its digest covers; the signature is not verified yet."""
    if _is_bare(inner):
        signed, findings = read_signed(inner, place)
        return _attached(signed, findings, place)
    entity = read_entity(inner)
    if entity is not None and entity.content_type == "multipart/signed":
        return _detached(entity, place)
    if entity is None or entity.content_type not in _PKCS7:
        return None, None, [finding("S008", place)]
    signed, findings = read_signed(_decoded(entity) or b"", place)
    return _attached(signed, findings, place)


def _attached(
    signed: Signed | None, findings: list[Finding], place: Place
) -> tuple[Signed | None, bytes | None, list[Finding]]:
    if signed is None:
        return None, None, findings
    if signed.content is None or not signed.covers(signed.content):
        return None, None, [finding("S012", place)]
    return signed, signed.content, []


def _detached(entity: Entity, place: Place) -> tuple[Signed | None, bytes | None, list[Finding]]:
    """rfc8551:3.5.3: the content is the first part, in CRLF lines whatever the mail made of them."""
    parts = split_multipart(entity, parts_max=2)
    signature = read_entity(parts[1]) if parts is not None and len(parts) == 2 else None
    if parts is None or signature is None:
        return None, None, [finding("S003", place)]
    signed, findings = read_signed(_decoded(signature) or b"", place)
    if signed is None:
        return None, None, findings
    for content in (parts[0], re.sub(rb"\r?\n", b"\r\n", parts[0])):
        if signed.covers(content):
            return signed, content, []
    return None, None, [finding("S012", place)]
