"""What each SMTP reply means for a delivery: one literal table, read from top to bottom, first match wins.

`stages` empty means any stage. `code` is matched as a prefix ("5" = the class, "552" = that code); `enhanced` likewise
("5.7.8", "x.7.13" for any class). `text` is a regular expression searched in the reply, without case.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vaguemestre.tables.delivery_outcomes import DeliveryOutcome as D


class SmtpStage(StrEnum):
    """Where in the dialogue the reply came, in order."""

    CONNECT = "CONNECT"  # TCP, TLS, greeting, EHLO
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"  # the reply to DATA, and anything before the final dot
    AFTER_DOT = "AFTER_DOT"


@dataclass(frozen=True, slots=True)
class SmtpRule:
    """One line of the table. `peer` and `seen` are for quirks: whose server, and the day the quirk was reported."""

    code: str
    enhanced: str
    text: str
    stages: tuple[SmtpStage, ...]
    outcome: D
    citation: str
    peer: str = ""
    seen: date | None = None


_CONNECT, _AUTH, _MAIL = SmtpStage.CONNECT, SmtpStage.AUTH, SmtpStage.MAIL
_RCPT, _DATA, _DOT = SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.AFTER_DOT

QUIRKS: tuple[SmtpRule, ...] = (
    # A tenant or a whole service without SMTP AUTH answers as if the password were wrong: renewing it would change nothing.
    SmtpRule(
        "535", "5.7.139", r"is disabled", (_AUTH,), D.SUSPENDED, "vgm:peer-quirks", "Microsoft 365", date(2022, 8, 30)
    ),
    # The embedded operator, and any server that says it in words after a correct password.
    SmtpRule("454", "4.7.0", r"access suspended", (_AUTH,), D.SUSPENDED, "vgm:peer-quirks", "vaguemestre"),
)
"""Dated behaviours of named peers that contradict or sharpen the norms: looked up before `RULES`."""

RULES: tuple[SmtpRule, ...] = (
    # yes: only the reply after the final dot is a promise
    SmtpRule("2", "", "", (_DOT,), D.ACCEPTED, "rfc5321:4.2.5"),
    # the operator closed the account or the service
    SmtpRule("", "x.7.13", "", (), D.SUSPENDED, "rfc5248:525"),
    SmtpRule("525", "", "", (), D.SUSPENDED, "rfc5248:525"),
    SmtpRule("", "5.3.2", "", (_CONNECT, _AUTH, _MAIL), D.SUSPENDED, "rfc3463:3.4"),
    SmtpRule("521", "", "", (_CONNECT, _MAIL), D.SUSPENDED, "rfc7504:3"),
    SmtpRule("554", "", "", (_CONNECT,), D.SUSPENDED, "rfc5321:3.1"),
    # who we are is refused
    SmtpRule("432", "", "", (_AUTH,), D.REFUSING_CREDENTIALS, "rfc4954:4.7.12"),
    SmtpRule("", "x.7.12", "", (), D.REFUSING_CREDENTIALS, "rfc4954:4.7.12"),
    SmtpRule("", "5.7.8", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("", "5.7.9", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("534", "", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("535", "", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("530", "", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("538", "", "", (), D.REFUSING_CREDENTIALS, "rfc4954:6"),
    SmtpRule("5", "", "", (_AUTH,), D.REFUSING_CREDENTIALS, "rfc4954:4"),
    # the disk or the quota over there is full: it passes, although the class says never
    SmtpRule("552", "5.2.2", "", (), D.TEMPORARY, "rfc3463:3.3"),
    # later
    SmtpRule("4", "", "", (), D.TEMPORARY, "rfc5321:4.2.1"),
    # never, as it stands
    SmtpRule("5", "", "", (), D.REFUSED, "rfc5321:4.2.1"),
    # a positive reply where a failure was being classified, or something that is no SMTP: nothing was promised
    SmtpRule("", "", "", (_DOT,), D.UNKNOWN, "rfc5321:4.2.5"),
    SmtpRule("", "", "", (), D.UNREACHABLE, "rfc5321:4.2.5"),
)
"""The norms, most precise first. The last two lines match anything: the table is total."""
