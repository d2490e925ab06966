"""The operator's two SMTP counters, as aiosmtpd hooks: submission (TLS, login) and reception from other servers."""

import errno
import logging
from typing import Any

from aiosmtpd.smtp import AuthResult, LoginPassword

from vaguemestre.core.mail.envelope import Envelope, is_address
from vaguemestre.edge.embedded_operator.office import Office
from vaguemestre.edge.mail.smtp_protocol import BoundedSmtp, Hooks, SmtpLoad

_LOG = logging.getLogger(__name__)


class _Counter(Hooks):
    """What both counters do alike: recipients, message, faults."""

    submitted = False

    def __init__(self, office: Office) -> None:
        self._office = office

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= server.limits.recipients_max:
            return "452 4.5.3 Too many recipients"
        if not is_address(address):
            return "553 5.1.3 Not an address"
        refusal = self._office.recipient_refusal(address, submitted=self.submitted)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        login = session.login_data.decode() if self.submitted else None
        content = envelope.content
        if not content.endswith(b"\r\n"):
            return "554 5.6.0 A message ends with a line end"
        try:
            await self._office.accept(Envelope(envelope.mail_from, tuple(envelope.rcpt_tos), content), login)
        except OSError as error:
            _LOG.error("a message could not be stored: %s", type(error).__name__)
            full = error.errno == errno.ENOSPC
            return f"452 4.3.{1 if full else 0} Insufficient system storage, try again later"
        except Exception as error:
            _LOG.error("a message could not be stored: %s", type(error).__name__)
            return "451 4.3.0 Not stored, try again later"
        if self.submitted and self._office.drops > 0:
            self._office.drops -= 1
            server.transport.abort()
        return "250 2.0.0 Stored"


class SubmissionCounter(_Counter):
    """Accounts hand messages over here, after TLS and login, under their own address."""

    submitted = True

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        login = session.login_data.decode() if session.authenticated else None
        refusal = self._office.sender_refusal(login, address)
        if refusal is not None:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """aiosmtpd's authenticator: on success the login is the account's address."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        try:
            address, password = data.login.decode("utf-8"), data.password.decode("utf-8")
        except UnicodeDecodeError:
            return AuthResult(success=False, handled=False)
        refusal = self._office.submission_login(address, password)
        if refusal is not None:
            return AuthResult(success=False, handled=False, message=refusal)
        return AuthResult(success=True, auth_data=data)


class ReceptionCounter(_Counter):
    """Other servers bring mail for our own mailboxes."""


def submission_protocol(office: Office, load: SmtpLoad) -> BoundedSmtp:
    """One connection of the submission port; TLS is outside it, so aiosmtpd must be told not to ask for it again."""
    counter = SubmissionCounter(office)
    return BoundedSmtp(
        counter,
        load,
        hostname=office.settings.name,
        ident="ESMTP",
        auth_require_tls=False,
        authenticator=counter.authenticate,
    )


def reception_protocol(office: Office, load: SmtpLoad) -> BoundedSmtp:
    """One connection of the reception port."""
    return BoundedSmtp(ReceptionCounter(office), load, hostname=office.settings.name, ident="ESMTP")
