"""What a reply means: SMTP and POP3 answers classified by the literal tables, and the finding each outcome deserves.

Pure: a reply's text goes in, one of seven outcomes comes out. Nobody else in the project reads a reply's text.
"""

import re
from functools import lru_cache
from typing import NamedTuple, Protocol

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.mail.collecting import Keep, Known
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.values import dataclass
from vaguemestre.tables import pop3_replies, smtp_replies
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.pop3_replies import Pop3Rule, Pop3Stage
from vaguemestre.tables.smtp_replies import SmtpRule, SmtpStage

__all__ = [
    "Attempt",
    "Collection",
    "DeliveryOutcome",
    "Leg",
    "MailCollector",
    "MailSender",
    "Pop3Stage",
    "SmtpStage",
    "classify_pop3",
    "classify_smtp",
    "outcome_finding",
]

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_RESPONSE_CODE = re.compile(r"^-ERR\s+\[([^\]]{1,80})\]", re.IGNORECASE)
_REPLY_CHARS_MAX = 500  # a reply is kept with its attempt: long enough to help, short enough to store


class Attempt(NamedTuple):
    """How sending one message on one way ended. `reply` is the peer's own words, or the network's, cut to 500 characters;
    `about_message` says that a refusal judged this message, not the way."""

    outcome: DeliveryOutcome
    reply: str
    about_message: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """How collecting one mailbox ended.

    `taken` messages were handed over and committed; `known` were already committed earlier and only deleted; `left` stay in
    the mailbox (not committed, too big, or the session broke). `deleted` says whether the server confirmed the deletions:
    when it did not, the same messages come again and are recognised.
    """

    outcome: DeliveryOutcome
    reply: str
    taken: int = 0
    known: int = 0
    left: int = 0
    deleted: bool = True
    findings: tuple[Finding, ...] = ()


class MailSender(Protocol):
    """The sending leg of a way. The caller writes the attempt down before calling `send`."""

    def send(self, envelope: Envelope) -> Attempt:
        """Hand over one message; every failure of the peer or the network is an outcome, never an exception."""

    def probe(self) -> Attempt:
        """Connect and log in without a message: ACCEPTED when a message could be handed over."""

    def close(self) -> None:
        """Hang up politely; the next `send` connects again."""


class MailCollector(Protocol):
    """The collecting leg of a way."""

    def collect(self, keep: Keep, known: Known = ..., count_max: int | None = None) -> Collection:
        """Give the messages to `keep`, a few at a time, oldest first; only what it committed is deleted over there."""


def classify_smtp(stage: SmtpStage, code: int, text: str) -> DeliveryOutcome:
    """The meaning of the reply `code text` received at `stage`; code -1 when no reply came at all (rfc5321:4.2)."""
    enhanced = _ENHANCED.match(text)
    digits = enhanced.groups() if enhanced else ("", "", "")
    return _classify_smtp(stage, str(code) if 100 <= code <= 999 else "", digits, text[:_REPLY_CHARS_MAX])


@lru_cache(maxsize=512)
def _classify_smtp(stage: SmtpStage, code: str, digits: tuple[str, str, str], text: str) -> DeliveryOutcome:
    for rule in (*smtp_replies.QUIRKS, *smtp_replies.RULES):
        if _smtp_matches(rule, stage, code, digits, text):
            return rule.outcome
    raise LookupError("tables/smtp_replies.py is not total")


def _smtp_matches(rule: SmtpRule, stage: SmtpStage, code: str, digits: tuple[str, str, str], text: str) -> bool:
    if rule.stages and stage not in rule.stages:
        return False
    if not code.startswith(rule.code):
        return False
    if rule.enhanced:
        wanted = rule.enhanced.split(".")
        if any(part not in ("x", digit) for part, digit in zip(wanted, digits, strict=True)) or not digits[0]:
            return False
    return not rule.text or re.search(rule.text, text, re.IGNORECASE) is not None


@lru_cache(maxsize=512)
def classify_pop3(stage: Pop3Stage, reply: str) -> DeliveryOutcome:
    """The meaning of the refusal `reply` (a whole `-ERR ...` line, or the network's words) received at `stage` (rfc3206)."""
    match = _RESPONSE_CODE.match(reply)
    response_code = match.group(1).upper() if match else ""
    for rule in (*pop3_replies.QUIRKS, *pop3_replies.RULES):
        if _pop3_matches(rule, stage, response_code, reply):
            return rule.outcome
    raise LookupError("tables/pop3_replies.py is not total")


def _pop3_matches(rule: Pop3Rule, stage: Pop3Stage, response_code: str, reply: str) -> bool:
    if rule.stages and stage not in rule.stages:
        return False
    if rule.response_code:
        # Response codes nest with slashes: LOGIN-DELAY may come alone or as the head of a longer one (rfc2449:8).
        return response_code == rule.response_code or response_code.startswith(rule.response_code + "/")
    return not rule.text or re.search(rule.text, reply, re.IGNORECASE) is not None


_FINDINGS: dict[tuple[Leg, DeliveryOutcome], str] = {
    (Leg.SENDING, DeliveryOutcome.SUSPENDED): "D002",
    (Leg.COLLECTING, DeliveryOutcome.SUSPENDED): "D003",
    (Leg.SENDING, DeliveryOutcome.REFUSING_CREDENTIALS): "D004",
    (Leg.COLLECTING, DeliveryOutcome.REFUSING_CREDENTIALS): "D004",
    (Leg.SENDING, DeliveryOutcome.UNREACHABLE): "D005",
    (Leg.COLLECTING, DeliveryOutcome.UNREACHABLE): "D005",
    (Leg.SENDING, DeliveryOutcome.UNKNOWN): "D006",
    (Leg.COLLECTING, DeliveryOutcome.UNKNOWN): "D006",
    (Leg.SENDING, DeliveryOutcome.REFUSED): "D007",
    (Leg.COLLECTING, DeliveryOutcome.REFUSED): "D007",
    (Leg.SENDING, DeliveryOutcome.TEMPORARY): "D008",
    (Leg.COLLECTING, DeliveryOutcome.TEMPORARY): "D008",
}
_CERTIFICATE = re.compile(r"certificate", re.IGNORECASE)


def outcome_finding(leg: Leg, outcome: DeliveryOutcome, way_name: str, reply: str) -> Finding | None:
    """What to tell a person about an attempt on the way `way_name`; None when it succeeded."""
    if outcome is DeliveryOutcome.ACCEPTED:
        return None
    code = _FINDINGS[leg, outcome]
    if outcome is DeliveryOutcome.UNREACHABLE and _CERTIFICATE.search(reply):
        code = "D009"
    return finding(code, Place(source=way_name, field=leg.value), way=way_name, reply=reply[:_REPLY_CHARS_MAX])
