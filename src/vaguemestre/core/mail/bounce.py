"""The delivery report by which an operator returns a message (rfc3464): written by ours, read by a practice from anyone's.

A report names addresses, the message's identifier and the peer's words; never the content.
"""

import email
import email.policy
from datetime import datetime
from email.message import Message
from email.utils import format_datetime

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass

_HEAD_BYTES_MAX = 64 * 1024  # a report is small: what is bigger is not read as one
_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says of one recipient. `message_id` is without brackets, "" when the report does not name it."""

    recipient: str
    status: str  # 5.1.1
    reply: str
    message_id: str


def build_bounce(*, reporter: str, sender: str, bounce: Bounce, dated: datetime, boundary: str) -> bytes:
    """The report as a whole message, CRLF, from `postmaster@reporter` to the `sender` of what came back."""
    lines = [
        f"From: postmaster@{reporter}",
        f"To: {sender}",
        "Subject: Undelivered mail returned to sender",
        f"Date: {format_datetime(dated)}",
        f"Message-ID: <{boundary}@{reporter}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message could not be delivered to {bounce.recipient}.",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {reporter}",
        "",
        f"Final-Recipient: rfc822; {bounce.recipient}",
        "Action: failed",
        f"Status: {bounce.status}",
        f"Diagnostic-Code: smtp; {_plain(bounce.reply)}",
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: <{_plain(bounce.message_id)}>",
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii", "replace")


def read_bounce(raw: bytes) -> Bounce | None:
    """The report held by a message, None when it is not a delivery report of a failure. Never raises on a peer's bytes."""
    if len(raw) > _HEAD_BYTES_MAX or b"delivery-status" not in raw:
        return None
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    if message.get_content_type() != "multipart/report":
        return None
    status = _part(message, "message/delivery-status")
    fields = next((block for block in _blocks(status) if block.get("Final-Recipient")), None)
    if fields is None or str(fields.get("Action", "")).strip().lower() != "failed":
        return None
    returned = _part(message, "text/rfc822-headers") or _part(message, "message/rfc822")
    return Bounce(
        _after_type(fields.get("Final-Recipient")),
        _plain(str(fields.get("Status", ""))),
        _after_type(fields.get("Diagnostic-Code")),
        _message_id(returned),
    )


def bounce_finding(bounce: Bounce, way_name: str) -> Finding:
    """What to tell a person about a message that an operator returned."""
    return finding("D011", Place(source=way_name), recipient=bounce.recipient, reply=bounce.reply)


def message_id_of(raw: bytes) -> str:
    """The Message-ID of a message, without brackets; "" when it has none."""
    head = raw[:_HEAD_BYTES_MAX].partition(b"\r\n\r\n")[0]
    found = email.message_from_bytes(head, policy=email.policy.compat32).get("Message-ID", "")
    return _plain(str(found)).strip().strip("<>")


def _part(message: Message, kind: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)


def _blocks(status: Message | None) -> list[Message]:
    payload = status.get_payload() if status is not None else None
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _message_id(returned: Message | None) -> str:
    if returned is None:
        return ""
    payload = returned.get_payload()
    if isinstance(payload, list):
        inner = payload[0] if payload else None
    else:
        inner = email.message_from_string(str(payload), policy=email.policy.compat32)
    found = inner.get("Message-ID", "") if isinstance(inner, Message) else ""
    return _plain(str(found)).strip().strip("<>")


def _after_type(value: object) -> str:
    kind, separator, rest = _plain(str(value or "")).partition(";")
    return (rest if separator else kind).strip()


def _plain(text: str) -> str:
    return " ".join("".join(char if " " <= char <= "~" else " " for char in text).split())[:_CHARS_MAX]
