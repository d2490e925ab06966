"""What each POP3 refusal means for collecting: one literal table, read from top to bottom, first match wins.

`response_code` is what stands between brackets after `-ERR` (RFC 2449), matched without case; "" matches any reply.
`text` is a regular expression searched in the reply, without case.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vaguemestre.tables.delivery_outcomes import DeliveryOutcome as D


class Pop3Stage(StrEnum):
    """Where in the session the reply came, in order."""

    CONNECT = "CONNECT"
    LOGIN = "LOGIN"
    TRANSACTION = "TRANSACTION"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class Pop3Rule:
    """One line of the table. `peer` and `seen` are for quirks: whose server, and the day the quirk was reported."""

    response_code: str
    text: str
    stages: tuple[Pop3Stage, ...]
    outcome: D
    citation: str
    peer: str = ""
    seen: date | None = None


_CONNECT, _LOGIN = Pop3Stage.CONNECT, Pop3Stage.LOGIN

QUIRKS: tuple[Pop3Rule, ...] = (
    # Logging in too often is told without a response code: waiting is the cure, not a new password.
    Pop3Rule(
        "", r"exceeded the login limit", (_LOGIN,), D.TEMPORARY, "vgm:peer-quirks", "Outlook.com", date(2013, 8, 21)
    ),
)
"""Dated behaviours of named peers that contradict or sharpen the norms: looked up before `RULES`."""

RULES: tuple[Pop3Rule, ...] = (
    # The password was right and yet nobody enters: the event of 27 April 2022.
    Pop3Rule("SYS/TEMP", "", (_CONNECT, _LOGIN), D.SUSPENDED, "rfc3206:4"),
    Pop3Rule("SYS/PERM", "", (_CONNECT, _LOGIN), D.SUSPENDED, "rfc3206:4"),
    Pop3Rule("SYS/TEMP", "", (), D.TEMPORARY, "rfc3206:4"),
    Pop3Rule("SYS/PERM", "", (), D.REFUSED, "rfc3206:4"),
    Pop3Rule("AUTH", "", (), D.REFUSING_CREDENTIALS, "rfc3206:5"),
    Pop3Rule("IN-USE", "", (), D.TEMPORARY, "rfc2449:8.1.2"),
    Pop3Rule("LOGIN-DELAY", "", (), D.TEMPORARY, "rfc2449:8.1.1"),
    # Servers without response codes: words are all there is.
    Pop3Rule(
        "", r"suspend|disabled|not enabled|clos(ed|ure)|maintenance", (_CONNECT, _LOGIN), D.SUSPENDED, "vgm:pop3-words"
    ),
    Pop3Rule("", r"\block(ed)?\b|in use|busy|try again|too many", (), D.TEMPORARY, "vgm:pop3-words"),
    Pop3Rule("", r"-ERR", (_LOGIN,), D.REFUSING_CREDENTIALS, "rfc1939:7"),
    Pop3Rule("", r"-ERR", (_CONNECT,), D.SUSPENDED, "rfc1939:4"),
    Pop3Rule("", r"-ERR", (), D.TEMPORARY, "rfc1939:5"),
    Pop3Rule("", "", (), D.UNREACHABLE, "rfc1939:3"),
)
"""The norms, most precise first. The last line matches anything: the table is total."""
