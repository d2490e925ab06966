"""The envelope: what the mail sees of a sealed message (who it goes to, its bytes), and what an intake knows on receipt.

Plain data. An envelope holds no health data: addresses are the practices' and the funds', the message is sealed.
"""

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from vaguemestre.core.values import dataclass

_ADDRESS = re.compile(r"^[^\s@<>\"(),:;\\\x00-\x1f\x7f-\U0010ffff]+@[A-Za-z0-9.-]+$")
_HEADER_UNSAFE = re.compile(r"[\r\n\x00]|[^\x20-\x7e]")


class EnvelopeError(ValueError):
    """Our own fault: bytes or addresses that must not be put on the wire."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message ready for any way: the very same bytes travel by each of them.

    `message` is the whole RFC 5322 message, lines ended by CRLF, the last one too.
    """

    mail_from: str
    rcpt_tos: tuple[str, ...]
    message: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hexadecimal: the identity of the message whatever carried it."""
        return hashlib.sha256(self.message).hexdigest()


@dataclass(frozen=True, slots=True)
class ReceivedEnvelope:
    """What a mail server was told about one message it takes in. `peer` is `host:port`, of no value as proof."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    peer: str
    received_at: datetime


class Received(NamedTuple):
    """One message as it came: what the envelope said, and its bytes."""

    envelope: ReceivedEnvelope
    raw: bytes


def is_address(text: str) -> bool:
    """Whether `text` is a plain ASCII `local@domain` (quoted local parts are not used here; rfc5321:4.1.2)."""
    return len(text) <= 254 and _ADDRESS.match(text) is not None


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses name one mailbox; like every operator met, the local part is compared without case."""
    return one.lower() == other.lower()


def make_envelope(mail_from: str, rcpt_tos: tuple[str, ...], message: bytes) -> Envelope:
    """An envelope checked for the wire: addresses plain, bytes in CRLF lines so that no mail server needs to touch them.

    Raises EnvelopeError.
    """
    for address in (mail_from, *rcpt_tos):
        if not is_address(address):
            raise EnvelopeError("an address is not a plain local@domain")
    if not rcpt_tos:
        raise EnvelopeError("an envelope needs a recipient")
    lines = message.count(b"\r\n")
    if not message.endswith(b"\r\n") or message.count(b"\r") != lines or message.count(b"\n") != lines:
        raise EnvelopeError("a message must be in CRLF lines: a bare CR or LF would not survive the mail")
    return Envelope(mail_from, rcpt_tos, message)


def address_message(
    sealed: bytes, *, mail_from: str, rcpt_to: str, subject: str, message_id: str, dated: datetime
) -> bytes:
    """Put the transport headers before a sealed MIME entity (its own headers and body, CRLF) and give the whole message.

    `message_id` is without angle brackets, `dated` aware. The headers are not sealed: subject and identifier must hold
    no health data. Raises EnvelopeError for anything that could break out of a header.
    """
    headers = (
        ("From", mail_from),
        ("To", rcpt_to),
        ("Subject", subject),
        ("Message-ID", f"<{message_id}>"),
        ("Date", format_datetime(dated)),
    )
    for name, value in headers:
        if _HEADER_UNSAFE.search(value) or len(name) + len(value) > 990:
            raise EnvelopeError(f"the header {name} holds a character that mail does not carry, or is too long")
    own_head = sealed.partition(b"\r\n\r\n")[0].lower()
    version = b"" if b"mime-version:" in own_head else b"MIME-Version: 1.0\r\n"
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii") + version + sealed
