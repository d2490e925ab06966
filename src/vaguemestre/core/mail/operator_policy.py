"""What a mail operator answers and what becomes of a message it could not pass on: pure decisions, no mail library.

The texts are part of the decision: programs read them (`tables/pop3_replies.py`, `tables/smtp_replies.py`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome, MailCollector, MailSender
from vaguemestre.core.values import dataclass


class Service(StrEnum):
    """What an operator may close to programs while its web mail stays open."""

    POP3 = "pop3"
    SUBMISSION = "submission"


@dataclass(frozen=True, slots=True)
class OperatorFigures:
    """What an operator counted since its store was made. Messages are distinct by their bytes."""

    sent: int  # submitted by accounts
    collected: int  # fetched and deleted by POP3
    refused: int  # POP3 logins refused, whatever the reason
    refused_suspended: int
    refused_credentials: int
    refused_submission: int  # SMTP logins refused
    queue_length: int  # accepted for outside domains, not yet delivered there
    in_mailboxes: int
    relayed: int
    returned: int


class MailOperator(Protocol):
    """An operator as a simulator steers it and hands it to its practices: the embedded one and its in-memory twin."""

    def sender(self, address: str, password: str) -> MailSender:
        """An account's sending leg."""

    def collector(self, address: str, password: str) -> MailCollector:
        """An account's collecting leg."""

    def reception_sender(self) -> MailSender:
        """What another server uses to bring mail to this operator's mailboxes."""

    def suspend(self, service: Service = Service.POP3) -> None:
        """Close a service to every program; done when this returns."""

    def reopen(self, service: Service = Service.POP3) -> None:
        """Open it again to everyone."""

    def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Create accounts (address, password), or renew their passwords."""

    def figures(self) -> OperatorFigures:
        """What was counted so far."""

    def drop_after_dot(self, count: int) -> None:
        """Of the next `count` submitted messages: store each, then hang up instead of answering."""

    def flush(self) -> None:
        """Try everything queued for outside domains now."""

    def wait_until_idle(self, timeout_seconds: float = 60.0) -> bool:
        """Wait until nothing is queued for outside domains; False when it still is after the time given."""


POP3_WRONG = b"[AUTH] Authentication failed"
POP3_SUSPENDED = b"[SYS/TEMP] POP access suspended"
POP3_IN_USE = b"[IN-USE] Mailbox is locked by another session"
SUBMISSION_WRONG = "535 5.7.8 Authentication credentials invalid"
SUBMISSION_SUSPENDED = "454 4.7.0 SMTP access suspended"
LOGIN_NEEDED = "530 5.7.0 Authentication required"


def pop3_refusal(*, right: bool, service_open: bool, in_use: bool) -> bytes | None:
    """What follows `-ERR ` at login, None to let in. Only who knows the password learns that access is closed (rfc3206)."""
    if not right:
        return POP3_WRONG
    if not service_open:
        return POP3_SUSPENDED
    return POP3_IN_USE if in_use else None


def submission_refusal(*, right: bool, service_open: bool) -> str | None:
    """The reply to AUTH, None to let in."""
    if not right:
        return SUBMISSION_WRONG
    return None if service_open else SUBMISSION_SUSPENDED


def sender_refusal(*, login: str | None, mail_from: str) -> str | None:
    """The reply to MAIL on the submission port, None to accept: a login sends under its own address only."""
    if login is None:
        return LOGIN_NEEDED
    return None if login.lower() == mail_from.lower() else "553 5.7.1 Sender address is not yours"


def recipient_refusal(*, own_domain: bool, mailbox_exists: bool, routed: bool, submitted: bool) -> str | None:
    """The reply to RCPT, None to accept. Strangers reach only our own mailboxes: an open relay is nobody's friend."""
    if own_domain:
        return None if mailbox_exists else "550 5.1.1 No such mailbox here"
    if not submitted:
        return "550 5.7.1 Relaying denied"
    return None if routed else "550 5.1.2 No route to this domain"


class Fate(StrEnum):
    """What becomes of one queued delivery after an attempt."""

    DONE = "done"
    RETRY = "retry"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Seconds between attempts (doubling, up to the longest) and days before a message goes back to its sender."""

    first_seconds: float = 1.0
    longest_seconds: float = 300.0
    lifetime_days: int = 5  # what common mail software does: the practice's own retries outlive it


def after_relay(
    attempt: Attempt, failures: int, accepted_at: datetime, now: datetime, settings: RelaySettings
) -> tuple[Fate, timedelta]:
    """The fate of a delivery, and how long to wait when it is RETRY. `failures` counts this one."""
    if attempt.outcome is DeliveryOutcome.ACCEPTED:
        return Fate.DONE, timedelta(0)
    expired = now - accepted_at >= timedelta(days=settings.lifetime_days)
    if attempt.outcome is DeliveryOutcome.REFUSED or expired:
        return Fate.RETURN, timedelta(0)
    doubled = settings.first_seconds * 2.0 ** min(max(failures, 1) - 1, 30)
    return Fate.RETRY, timedelta(seconds=min(doubled, settings.longest_seconds))
