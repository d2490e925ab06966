"""Sending by SMTP: one persistent connection to one server, and every ending told as one of seven outcomes.

The edge decides nothing: it says what happened, `core.mail.delivery` says what it means, `core.mail.routing` what to do next. The
caller writes the attempt down before calling.
"""

import contextlib
import smtplib
import socket
import ssl
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome, SmtpStage, classify_smtp
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.values import dataclass
from vaguemestre.edge.mail.tls import client_context

_REPLY_CHARS_MAX = 500
_ABOUT_MESSAGE = frozenset({SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.AFTER_DOT})
_JUDGEMENTS = frozenset({DeliveryOutcome.TEMPORARY, DeliveryOutcome.REFUSED})
_TOO_BIG = 552  # rfc1870: about the message even when MAIL is refused
_SERVICE_CLOSING = 421  # rfc5321:4.2.3: about the server, at any stage


class Security(StrEnum):
    """How a connection is protected."""

    TLS = "tls"  # from the first byte (rfc8314), the rule for logins
    STARTTLS = "starttls"
    NONE = "none"  # between servers, for sealed messages only


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how to connect. `ca_file` pins a certificate (else the system's authorities judge)."""

    host: str
    port: int
    security: Security = Security.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """Seconds to wait for a connection, for a command's reply, and for the promise after the final dot (rfc5321:4.5.3.2)."""

    connect_seconds: float = 30.0
    command_seconds: float = 120.0
    final_seconds: float = 600.0


class _Ended(Exception):  # noqa: N818 (an ending, not an error of ours)
    """The attempt is over: what to answer, and whether the connection can serve another message."""

    def __init__(self, stage: SmtpStage, code: int, text: str, outcome: DeliveryOutcome | None = None) -> None:
        super().__init__()
        self.outcome = classify_smtp(stage, code, text) if outcome is None else outcome
        self.code = code
        about = (
            (stage in _ABOUT_MESSAGE or code == _TOO_BIG) and self.outcome in _JUDGEMENTS and code != _SERVICE_CLOSING
        )
        self.attempt = Attempt(self.outcome, f"{code} {text}"[:_REPLY_CHARS_MAX] if code > 0 else text, about)
        self.reusable = code > 0 and code != _SERVICE_CLOSING and stage not in (SmtpStage.CONNECT, SmtpStage.AUTH)


class SmtpSender:
    """The sending leg of one way. Not for several threads at once. Passes the contract of `core.mail.delivery.MailSender`."""

    def __init__(
        self, server: MailServer, *, timeouts: SmtpTimeouts | None = None, hello_name: str = "localhost"
    ) -> None:
        if server.username and server.security is Security.NONE:
            raise ValueError("a password never travels without TLS")
        self._server = server
        self._timeouts = timeouts or SmtpTimeouts()
        self._hello_name = hello_name  # the machine's own name is nobody's business
        self._context = client_context(server.ca_file) if server.security is not Security.NONE else None
        self._client: smtplib.SMTP | None = None
        self._aborted = False

    def send(self, envelope: Envelope) -> Attempt:
        """Hand over one message to all its recipients or to none.

        A kept connection that turns out dead before DATA is replaced once. Whatever happens after the final dot was
        given to the network, without a reply, is UNKNOWN.
        """
        fresh = self._client is None
        try:
            return self._transact(envelope)
        except _Ended as ended:
            dead = ended.code in (-1, _SERVICE_CLOSING) and ended.outcome is not DeliveryOutcome.UNKNOWN
            if fresh or not dead or ended.attempt.about_message:
                return ended.attempt
        try:
            return self._transact(envelope)
        except _Ended as ended:
            return ended.attempt

    def probe(self) -> Attempt:
        """Connect and log in on a new connection, send nothing: ACCEPTED when a message could be handed over."""
        self.close()
        try:
            self._connected()
        except _Ended as ended:
            return ended.attempt
        return Attempt(DeliveryOutcome.ACCEPTED, "")

    def close(self) -> None:
        """QUIT and hang up; never fails."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.docmd("QUIT")
            client.close()

    def abort(self) -> None:
        """Cut the connection for good, from any thread: a send in progress ends at once, later ones are UNREACHABLE."""
        self._aborted = True
        client = self._client
        if client is not None and client.sock is not None:
            with contextlib.suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "SmtpSender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- one attempt -------------------------------------------------------------------------------------------------

    def _transact(self, envelope: Envelope) -> Attempt:
        client = self._connected()
        try:
            self._announce(client, envelope)
            return self._content(client, envelope.message)
        except _Ended as ended:
            if not (ended.reusable and self._reset(client)):
                self._drop()
            raise

    def _announce(self, client: smtplib.SMTP, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA: in one go where the server offers it (rfc2920), else one by one."""
        size = f" SIZE={len(envelope.message)}" if client.has_extn("size") else ""
        commands = [(SmtpStage.MAIL, f"MAIL FROM:<{envelope.mail_from}>{size}")]
        commands += [(SmtpStage.RCPT, f"RCPT TO:<{recipient}>") for recipient in envelope.rcpt_tos]
        commands.append((SmtpStage.DATA, "DATA"))
        groups = [commands] if client.has_extn("pipelining") else [[command] for command in commands]
        for group in groups:
            self._commands(client, group)

    def _commands(self, client: smtplib.SMTP, group: list[tuple[SmtpStage, str]]) -> None:
        """Send commands at once and read all their replies; the first refusal ends the attempt."""
        refused: _Ended | None = None
        stage, code = group[0][0], -1
        try:
            client.send("".join(f"{command}\r\n" for _, command in group).encode("ascii"))
            for stage, _ in group:
                code, text = _reply(client)
                expected = (354,) if stage is SmtpStage.DATA else (250, 251)
                if code not in expected and refused is None:
                    refused = _Ended(stage, code, text)
        except (smtplib.SMTPException, OSError) as error:
            raise refused or _Ended(stage, -1, _words(error)) from None
        if refused is not None:
            # The server waits for a message that must not come: only hanging up says so.
            refused.reusable = refused.reusable and code != 354
            raise refused

    def _content(self, client: smtplib.SMTP, message: bytes) -> Attempt:
        stuffed = message.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        sock = _socket(client)
        try:
            sock.sendall(stuffed)
        except OSError as error:
            self._early_answer(client, error)
        try:
            sock.settimeout(self._timeouts.final_seconds)
            sock.sendall(b".\r\n")
            code, text = _reply(client)
            sock.settimeout(self._timeouts.command_seconds)
        except (smtplib.SMTPException, OSError) as error:
            raise _Ended(SmtpStage.AFTER_DOT, -1, _words(error), DeliveryOutcome.UNKNOWN) from None
        ended = _Ended(SmtpStage.AFTER_DOT, code, text)
        if ended.outcome is not DeliveryOutcome.ACCEPTED:
            raise ended
        return ended.attempt

    def _early_answer(self, client: smtplib.SMTP, error: OSError) -> NoReturn:
        """The server hung up before the final dot: nothing was handed over; perhaps it said why (too big, disk full)."""
        try:
            _socket(client).settimeout(1.0)
            code, text = _reply(client)
        except (smtplib.SMTPException, OSError):
            raise _Ended(SmtpStage.DATA, -1, _words(error)) from None
        ended = _Ended(SmtpStage.DATA, code, text)
        ended.reusable = False
        raise ended

    def _reset(self, client: smtplib.SMTP) -> bool:
        try:
            return client.docmd("RSET")[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _drop(self) -> None:
        client, self._client = self._client, None
        _hang_up(client)

    # --- connecting --------------------------------------------------------------------------------------------------

    def _connected(self) -> smtplib.SMTP:
        if self._aborted:
            raise _Ended(SmtpStage.CONNECT, -1, "this sender was aborted")
        if self._client is None:
            client = self._greeted()
            try:
                self._log_in(client)
            except _Ended:
                client.close()
                raise
            self._client = client
        return self._client

    def _greeted(self) -> smtplib.SMTP:
        server, seconds = self._server, self._timeouts.connect_seconds
        client: smtplib.SMTP | None = None
        try:
            if server.security is Security.TLS:
                client = smtplib.SMTP_SSL(
                    server.host, server.port, self._hello_name, timeout=seconds, context=self._context
                )
            else:
                client = smtplib.SMTP(server.host, server.port, self._hello_name, timeout=seconds)
            # Commands are short and answered one by one: waiting to fill a packet would only add 40 ms to each.
            _socket(client).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _socket(client).settimeout(self._timeouts.command_seconds)
            client.ehlo_or_helo_if_needed()
            if server.security is Security.STARTTLS:
                code, answer = client.starttls(context=self._context)
                if code != 220:
                    raise smtplib.SMTPResponseException(code, answer)
                client.ehlo_or_helo_if_needed()
        except smtplib.SMTPResponseException as error:
            _hang_up(client)
            raise _Ended(SmtpStage.CONNECT, error.smtp_code, _text(error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            _hang_up(client)
            raise _Ended(SmtpStage.CONNECT, -1, _words(error)) from None
        return client

    def _log_in(self, client: smtplib.SMTP) -> None:
        if not self._server.username:
            return
        offered = client.esmtp_features.get("auth", "").upper().split()
        client.user, client.password = self._server.username, self._server.password
        try:
            # One method, once: `login` would try every method offered, and a wrong password would count as several.
            if "PLAIN" in offered:
                client.auth("PLAIN", client.auth_plain)
            elif "LOGIN" in offered:
                client.auth("LOGIN", client.auth_login)
            else:
                raise _Ended(SmtpStage.AUTH, -1, "no login is offered", DeliveryOutcome.SUSPENDED)
        except smtplib.SMTPResponseException as error:
            raise _Ended(SmtpStage.AUTH, error.smtp_code, _text(error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _Ended(SmtpStage.AUTH, -1, _words(error)) from None


def _socket(client: smtplib.SMTP) -> socket.socket:
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    return client.sock


def _hang_up(client: smtplib.SMTP | None) -> None:
    if client is not None:
        client.close()


def _reply(client: smtplib.SMTP) -> tuple[int, str]:
    code, text = client.getreply()
    return code, _text(text)


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:_REPLY_CHARS_MAX]


def _words(error: Exception) -> str:
    """The network's own words, without any of ours: kept with the attempt."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS certificate: {error.verify_message}"
    return _text(str(error)) or type(error).__name__
