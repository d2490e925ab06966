"""Collecting by POP3 over TLS: a mailbox is emptied only of what its owner has committed.

The message given to the caller is byte for byte what the server keeps. Nothing is decided here about its content.
"""

import contextlib
import poplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.mail.delivery import Collection, DeliveryOutcome, Pop3Stage, classify_pop3
from vaguemestre.edge.mail.smtp import MailServer, Security
from vaguemestre.edge.mail.tls import client_context

SIZE_BYTES_MAX = 20 * 1024 * 1024  # vgm:message-size
_REPLY_CHARS_MAX = 500
_LIBRARY_EOF = "-ERR EOF"  # the library's own words for a closed connection: no server said them
_QUIT_SECONDS = 10.0
_LINE_BYTES_MAX = 1024 * 1024  # a longer line is no mail: the session ends


class _Broken(Exception):  # noqa: N818 (an ending, not an error of ours)
    """The session cannot go on: where it was, and what was said."""

    def __init__(self, stage: Pop3Stage, reply: str) -> None:
        super().__init__()
        self.stage, self.reply = stage, reply[:_REPLY_CHARS_MAX]


@dataclass(slots=True)
class _Tally:
    taken: int = 0
    known: int = 0
    left: int = 0
    marked: int = 0


class _RawPop3(poplib.POP3):
    """The library's client, with a RETR that keeps every byte: its own drops line ends and refuses long lines."""

    def retrieve(self, number: int, size_bytes_max: int) -> bytes | None:
        """The message, dot-unstuffed, else as sent; None when it turned out bigger than `size_bytes_max`."""
        self._shortcmd(f"RETR {number}")  # type: ignore[attr-defined]
        stream = self.file
        lines: list[bytes] = []
        size_bytes = 0
        line_starts = True  # a dot after a bare LF is content: servers stuff lines that end in CRLF
        while True:
            line = stream.readline(_LINE_BYTES_MAX)
            if line_starts and line == b".\r\n":
                break
            if not line.endswith(b"\n"):
                raise poplib.error_proto(b"line too long" if line else b"-ERR EOF")
            if line_starts and line.startswith(b"."):
                line = line[1:]
            line_starts = line.endswith(b"\r\n")
            size_bytes += len(line)
            if size_bytes <= size_bytes_max:
                lines.append(line)
            elif lines:
                lines.clear()
        return b"".join(lines) if size_bytes <= size_bytes_max else None


class _RawPop3OverTls(_RawPop3, poplib.POP3_SSL):
    pass


class Pop3Collector:
    """The collecting leg of one way. Passes the contract of `core.mail.delivery.MailCollector`; never raises for a peer."""

    def __init__(
        self, server: MailServer, *, timeout_seconds: float = 60.0, size_bytes_max: int = SIZE_BYTES_MAX
    ) -> None:
        if server.security is Security.NONE:
            raise ValueError("a password never travels without TLS")
        self._server = server
        self._timeout_seconds = timeout_seconds
        self._size_bytes_max = size_bytes_max
        self._context = client_context(server.ca_file)

    def collect(
        self,
        handle: Callable[[str, bytes], bool],
        known: Callable[[str], bool] = lambda uid: False,
        count_max: int | None = None,
    ) -> Collection:
        """Empty the mailbox through `handle(uid, raw)`, which returns True once the message is committed.

        Messages for which `known(uid)` is True were committed by an earlier session whose deletion was not confirmed:
        they are deleted without being read again. An exception of `handle` (our own fault) ends the session without
        deleting anything more and is raised.
        """
        tally = _Tally()
        findings: list[Finding] = []
        try:
            client = self._logged_in()
        except _Broken as broken:
            return _told(broken, tally, findings, deleted=True)
        try:
            self._empty(client, handle, known, count_max, tally, findings)
        except _Broken as broken:
            # What was committed before may still be deleted: only QUIT makes the server forget it.
            return _told(broken, tally, findings, deleted=tally.marked == 0 or _quit(client) is None)
        except BaseException:
            _quit(client)
            raise
        refusal = _quit(client)
        if refusal is not None:
            return _told(_Broken(Pop3Stage.QUIT, refusal), tally, findings, deleted=tally.marked == 0)
        return Collection(DeliveryOutcome.ACCEPTED, "", tally.taken, tally.known, tally.left, True, tuple(findings))

    # --- one session -------------------------------------------------------------------------------------------------

    def _logged_in(self) -> _RawPop3:
        client = self._connected()
        try:
            client.user(self._server.username)
            client.pass_(self._server.password)
        except (poplib.error_proto, OSError) as error:
            _hang_up(client)
            raise _Broken(Pop3Stage.LOGIN, _words(error)) from None
        return client

    def _connected(self) -> _RawPop3:
        server, seconds = self._server, self._timeout_seconds
        client: _RawPop3 | None = None
        try:
            if server.security is Security.TLS:
                return _RawPop3OverTls(server.host, server.port, timeout=seconds, context=self._context)
            client = _RawPop3(server.host, server.port, timeout=seconds)
            client.stls(context=self._context)
        except (poplib.error_proto, OSError) as error:
            if client is not None:
                _hang_up(client)
            raise _Broken(Pop3Stage.CONNECT, _words(error)) from None
        return client

    def _empty(
        self,
        client: _RawPop3,
        handle: Callable[[str, bytes], bool],
        known: Callable[[str], bool],
        count_max: int | None,
        tally: _Tally,
        findings: list[Finding],
    ) -> None:
        listing = self._listing(client)
        tally.left = len(listing)
        for number, uid, size_bytes in listing if count_max is None else listing[:count_max]:
            if uid and known(uid):
                self._delete(client, number, tally)
                tally.known += 1
                continue
            raw = self._retrieve(client, number, size_bytes)
            if raw is None:
                findings.append(self._too_big(size_bytes))
            elif handle(uid, raw):
                tally.taken += 1
                self._delete(client, number, tally)

    def _listing(self, client: _RawPop3) -> list[tuple[int, str, int]]:
        """(number, unique identifier or "", size) of every message, in the server's order."""
        try:
            sizes = [line.split() for line in client.list()[1]]
            uids = dict(line.split(None, 1) for line in client.uidl()[1]) if sizes else {}
            return [
                (int(entry[0]), uids.get(entry[0], b"").decode("ascii", "replace"), int(entry[1])) for entry in sizes
            ]
        except (poplib.error_proto, OSError) as error:
            raise _Broken(Pop3Stage.TRANSACTION, _words(error)) from None
        except (ValueError, IndexError):
            raise _Broken(Pop3Stage.TRANSACTION, "the server's list of messages is not readable") from None

    def _retrieve(self, client: _RawPop3, number: int, size_bytes: int) -> bytes | None:
        if size_bytes > self._size_bytes_max:
            return None
        try:
            return client.retrieve(number, self._size_bytes_max)
        except (poplib.error_proto, OSError) as error:
            raise _Broken(Pop3Stage.TRANSACTION, _words(error)) from None

    def _delete(self, client: _RawPop3, number: int, tally: _Tally) -> None:
        tally.left -= 1
        tally.marked += 1
        try:
            client.dele(number)
        except (poplib.error_proto, OSError) as error:
            raise _Broken(Pop3Stage.TRANSACTION, _words(error)) from None

    def _too_big(self, size_bytes: int) -> Finding:
        place = Place(source=self._server.host)
        return finding("D010", place, way=self._server.host, size_bytes=size_bytes, size_bytes_max=self._size_bytes_max)


def _told(broken: _Broken, tally: _Tally, findings: list[Finding], *, deleted: bool) -> Collection:
    outcome = classify_pop3(broken.stage, broken.reply)
    return Collection(outcome, broken.reply, tally.taken, tally.known, tally.left, deleted, tuple(findings))


def _quit(client: poplib.POP3) -> str | None:
    """Ask for the deletions and hang up; None when the server confirmed, else its words."""
    try:
        client.sock.settimeout(_QUIT_SECONDS)
        client.quit()
    except (poplib.error_proto, OSError) as error:
        return _words(error)
    finally:
        _hang_up(client)
    return None


def _hang_up(client: poplib.POP3) -> None:
    with contextlib.suppress(OSError):
        client.close()


def _words(error: Exception) -> str:
    """The server's own refusal, or the network's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS certificate: {error.verify_message}"
    said = error.args[0] if isinstance(error, poplib.error_proto) and error.args else str(error)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if text == _LIBRARY_EOF:
        return "the server hung up"
    return " ".join(text.split()) or type(error).__name__
