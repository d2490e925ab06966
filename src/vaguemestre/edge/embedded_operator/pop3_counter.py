"""The operator's POP3 counter, on Twisted's protocol: what Twisted gets wrong for signed bytes is replaced here.

Messages go out byte for byte (Twisted rewrites line ends), refusals say which one they are (Twisted says "Authentication failed" to
all), deleted messages are not listed, and QUIT answers only when the deletions are durable.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from twisted.internet import defer
from twisted.internet.protocol import ServerFactory
from twisted.mail import pop3

from vaguemestre.edge.embedded_operator.office import Office, OpenMailbox, Pop3Refused
from vaguemestre.edge.embedded_operator.store import MailboxEntry

# Twisted's classes are declared through zope interfaces that mypy cannot follow: as Any, our own lines are still checked.
_Pop3: Any = pop3.POP3
_Factory: Any = ServerFactory
_LOGIN_FAILURES_MAX = 5
_IDLE_SECONDS = 600  # rfc1939:3 asks for ten minutes at least


class MailboxSession(_Pop3):  # type: ignore[misc]
    """One connection."""

    timeOut = _IDLE_SECONDS  # noqa: N815 (Twisted's name)
    magic = b"ready"  # no APOP: the greeting names neither this machine nor a secret
    AUTH_CMDS = [b"CAPA", b"USER", b"PASS", b"QUIT"]  # noqa: RUF012 (Twisted's own shape)
    mbox: OpenMailbox | None
    _userIs: bytes | None  # noqa: N815 (Twisted's)
    _onLogout: Any  # noqa: N815

    def __init__(self, office: Office) -> None:
        self._office = office
        self._deleted: set[int] = set()
        self._login_failures = 0

    # --- session -----------------------------------------------------------------------------------------------------

    def connectionMade(self) -> None:  # noqa: N802
        self.factory.sessions.add(self)
        super().connectionMade()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self.factory.sessions.discard(self)
        super().connectionLost(reason)

    def state_COMMAND(self, line: bytes) -> None:  # noqa: N802
        """One command; whatever is wrong with it gets a plain refusal and no log line, since it may hold a password."""
        try:
            self.processCommand(*line.split(b" "))
        except (ValueError, AttributeError, LookupError, TypeError, pop3.POP3Error):
            self.failResponse(b"Command not understood, or not now")

    def listCapabilities(self) -> list[bytes]:  # noqa: N802
        return [b"USER", b"UIDL", b"TOP", b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING"]

    def authenticateUserPASS(self, user: bytes, password: bytes) -> Any:  # noqa: N802
        return self._later(self._log_in(user, password))

    async def _log_in(self, user: bytes, password: bytes) -> Any:
        mailbox = await self._office.pop3_login(user.decode("utf-8"), password.decode("utf-8"))
        if not self.connected:
            mailbox.release()
        return pop3.IMailbox, mailbox, mailbox.release

    def _ebMailbox(self, failure: Any) -> None:  # noqa: N802
        refusal = failure.check(Pop3Refused, UnicodeDecodeError)
        if refusal is None:
            failure.raiseException()
        self.failResponse(failure.value.text if refusal is Pop3Refused else b"[AUTH] Authentication failed")
        self._login_failures += 1
        if self._login_failures >= _LOGIN_FAILURES_MAX:
            self.transport.loseConnection()

    def _ebUnexpected(self, _failure: Any) -> None:  # noqa: N802
        self.failResponse(b"[SYS/TEMP] Internal error, try again later")
        self.transport.loseConnection()

    def do_PASS(self, password: bytes, *words: bytes) -> None:  # noqa: N802
        """Check the password while later commands wait their turn."""
        if self.mbox is not None or self._userIs is None:
            self.failResponse(b"USER required before PASS")
            return
        user, self._userIs = self._userIs, None
        checked = self.authenticateUserPASS(user, b" ".join((password, *words)))
        checked.addCallbacks(self._cbMailbox, self._ebMailbox, callbackArgs=(user,))
        self._longOperation(checked.addErrback(self._ebUnexpected))

    def do_QUIT(self) -> None:  # noqa: N802
        """Answer +OK once the deletions are durable, and only then hang up."""
        if self.mbox is None or not self._deleted:
            self._goodbye(None)
            return
        deleting = self._later(self.mbox.delete([self.mbox.entries[index] for index in sorted(self._deleted)]))
        self._longOperation(deleting.addCallbacks(self._goodbye, self._ebUnexpected))

    def _goodbye(self, _: object) -> None:
        if self.mbox is not None and self._onLogout is not None:
            # The lock goes before the answer, so that whoever reads the answer finds the mailbox free.
            self._onLogout()
            self._onLogout = None
        self.successResponse(b"Goodbye")
        self.transport.loseConnection()

    def _later(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(coroutine))

    # --- mailbox -----------------------------------------------------------------------------------------------------

    def _entry(self, number: bytes) -> MailboxEntry:
        index = int(number) - 1
        if self.mbox is None or index < 0 or index in self._deleted:
            raise ValueError("no such message")
        return self.mbox.entries[index]

    def _listed(self) -> list[tuple[int, MailboxEntry]]:
        entries = self.mbox.entries if self.mbox is not None else []
        return [(index + 1, entry) for index, entry in enumerate(entries) if index not in self._deleted]

    def _say_lines(self, head: bytes, lines: list[bytes]) -> None:
        self.transport.write(b"+OK " + head + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b".\r\n")

    def do_STAT(self) -> None:  # noqa: N802
        listed = self._listed()
        self.successResponse(b"%d %d" % (len(listed), sum(entry.size_bytes for _, entry in listed)))

    def do_LIST(self, i: bytes | None = None) -> None:  # noqa: N802
        if i is None:
            self._say_lines(b"follows", [b"%d %d" % (number, entry.size_bytes) for number, entry in self._listed()])
        else:
            self.successResponse(b"%d %d" % (int(i), self._entry(i).size_bytes))

    def do_UIDL(self, i: bytes | None = None) -> None:  # noqa: N802
        if i is None:
            self._say_lines(b"follows", [b"%d %s" % (number, entry.uid.encode()) for number, entry in self._listed()])
        else:
            self.successResponse(b"%d %s" % (int(i), self._entry(i).uid.encode()))

    def do_RETR(self, i: bytes) -> None:  # noqa: N802
        """The message's exact bytes; only dots that begin a line are doubled."""
        entry = self._entry(i)
        self._say_content(b"%d octets" % entry.size_bytes, self._body(entry))

    def do_TOP(self, i: bytes, size: bytes) -> None:  # noqa: N802
        """The headers and the first lines."""
        head, separator, content = self._body(self._entry(i)).partition(b"\r\n\r\n")
        lines = content.split(b"\r\n", max(int(size), 0))[: max(int(size), 0)]
        self._say_content(b"follows", head + separator + b"".join(line + b"\r\n" for line in lines))

    def do_DELE(self, i: bytes) -> None:  # noqa: N802
        self._entry(i)
        self._deleted.add(int(i) - 1)
        self.successResponse(b"Marked")

    def do_RSET(self) -> None:  # noqa: N802
        self._deleted.clear()
        self.successResponse(b"Nothing is marked")

    def _body(self, entry: MailboxEntry) -> bytes:
        if self.mbox is None:
            raise ValueError("no mailbox")
        return self.mbox.body(entry)

    def _say_content(self, head: bytes, content: bytes) -> None:
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        first_dot = b"." if stuffed.startswith(b".") else b""
        last_end = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
        self.transport.write(b"".join((b"+OK ", head, b"\r\n", first_dot, stuffed, last_end, b".\r\n")))


class MailboxFactory(_Factory):  # type: ignore[misc]
    """Makes sessions, and can cut them all when POP3 is closed to programs."""

    noisy = False

    def __init__(self, office: Office) -> None:
        self._office = office
        self.sessions: set[MailboxSession] = set()

    def buildProtocol(self, addr: Any) -> MailboxSession:  # noqa: N802
        session = MailboxSession(self._office)
        session.factory = self
        return session

    def cut_sessions(self) -> None:
        """Hang up on everyone, without any deletion."""
        for session in tuple(self.sessions):
            session.transport.abortConnection()
