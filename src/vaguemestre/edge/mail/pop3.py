"""Collecting by POP3 over TLS: a mailbox is emptied only of what its owner has committed.

The message given to the caller is byte for byte what the server keeps. Nothing is decided here about its content.
"""

import contextlib
import poplib
import ssl
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.mail.collecting import BYTES_PER_KEEP, Keep, Known, in_keeps, none_known
from vaguemestre.core.mail.delivery import Collection, DeliveryOutcome, Pop3Stage, classify_pop3
from vaguemestre.core.values import dataclass
from vaguemestre.edge.mail.smtp import MailServer, Security
from vaguemestre.edge.mail.tls import client_context

SIZE_BYTES_MAX = 20 * 1024 * 1024  # vgm:message-size
_REPLY_CHARS_MAX = 500
_LIBRARY_EOF = "-ERR EOF"  # the library's own words for a closed connection: no server said them
_WORTH_PIPELINING = 3  # for fewer commands, asking whether the server lets its client costs more
_QUIT_SECONDS = 10.0
_UNREADABLE = (ValueError, IndexError)  # the library's, of lists of capabilities that are no list
_LINE_BYTES_MAX = 1024 * 1024  # a longer line is no mail: the session ends


class _Broken(Exception):  # noqa: N818 (an ending, not an error of ours)
    """The session cannot go on: where it was, and what was said."""

    def __init__(self, stage: Pop3Stage, reply: str) -> None:
        super().__init__()
        self.stage, self.reply = stage, reply[:_REPLY_CHARS_MAX]


class _AheadBroken(_Broken):
    """The session broke at what only a client that runs ahead asks for: a more careful one may do better."""


@dataclass(slots=True)
class _Tally:
    taken: int = 0
    known: int = 0
    left: int = 0
    gone: int = 0  # deletions that the server agreed to, which QUIT will confirm


class _Listed(NamedTuple):
    """One message of the listing. `uid` is "" when the server gives none."""

    number: int
    uid: str
    size_bytes: int


class _RawPop3(poplib.POP3):
    """The library's client, with a RETR that keeps every byte: its own drops line ends and refuses long lines.

    `in_step` is False once an answer of the server could be taken for the answer to another command.
    """

    in_step = True

    def pipelines(self) -> bool:
        """Whether the server lets its client send commands before the answers to the former ones (rfc2449:6.6).

        Raises `poplib.error_proto` or OSError when it gives no answer that can be read.
        """
        self.in_step = False
        try:
            lines = self._longcmd("CAPA")[1]  # type: ignore[attr-defined]
        except poplib.error_proto as error:
            if not _is_refusal(error):
                raise
            lines = []
        self.in_step = True
        return any(line.split()[:1] == [b"PIPELINING"] for line in lines)

    def asked(self, verb: str, entries: Sequence[_Listed], *, ahead: bool) -> Iterator[_Listed]:
        """Each message for which the server agreed to `verb`; with `ahead` all are asked at once.

        A message that is refused keeps no other from its turn: the first refusal is raised at the end.
        """
        if ahead:
            self.sock.sendall(b"".join(b"%s %d\r\n" % (verb.encode("ascii"), entry.number) for entry in entries))
        refusal: poplib.error_proto | None = None
        self.in_step = False
        for entry in entries:
            if not ahead:
                self._putcmd(f"{verb} {entry.number}")  # type: ignore[attr-defined]
            try:
                self._getresp()  # type: ignore[attr-defined]
            except poplib.error_proto as error:
                if not _is_refusal(error):
                    raise
                refusal = refusal or error
            else:
                yield entry
        self.in_step = True
        if refusal is not None:
            raise refusal

    def content(self, size_bytes_max: int) -> bytes | None:
        """The message that the server agreed to give, dot-unstuffed, else as sent; None when it turned out too big."""
        stream = self.file
        lines: list[bytes] = []
        size_bytes = 0
        line_starts = True  # a dot after a bare LF is content: servers stuff lines that end in CRLF
        while True:
            line = stream.readline(_LINE_BYTES_MAX)
            if line_starts and line == b".\r\n":
                break
            if not line.endswith(b"\n"):
                raise poplib.error_proto(b"line too long" if line else _LIBRARY_EOF)
            if line_starts and line.startswith(b"."):
                line = line[1:]
            line_starts = line.endswith(b"\r\n")
            size_bytes += len(line)
            if size_bytes <= size_bytes_max:
                lines.append(line)
            elif lines:
                lines.clear()
        return b"".join(lines) if size_bytes <= size_bytes_max else None


def _is_refusal(error: poplib.error_proto) -> bool:
    """Whether the server said no, rather than nothing or nonsense."""
    said = error.args[0] if error.args else b""
    return isinstance(said, bytes) and said.startswith(b"-")


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
        self._careful = False  # since a session of this server broke when its client ran ahead

    def collect(self, keep: Keep, known: Known = none_known, count_max: int | None = None) -> Collection:
        """Empty the mailbox through `keep`, which commits a few messages and says which of them may go.

        Those that are `known` were committed by an earlier session whose deletion was not confirmed: they are deleted
        without being read again. An exception of `keep` (our own fault) ends the session without deleting anything more
        and is raised. Of messages read before the session broke, none is lost: they are kept, and known next time. A server
        that breaks the session when its client runs ahead is asked again at once, one command after the other.
        """
        tally = _Tally()
        findings: list[Finding] = []
        try:
            return self._session(keep, known, count_max, tally, findings)
        except _AheadBroken:
            self._careful = True
        again = self._session(keep, known, count_max, _Tally(left=tally.left), [])
        deleted = again.deleted and (again.outcome is DeliveryOutcome.ACCEPTED or not tally.taken)
        known_before = max(0, again.known - tally.taken)
        told = again.findings or tuple(findings)  # the second session meets what the first one met
        return replace(again, taken=again.taken + tally.taken, known=known_before, deleted=deleted, findings=told)

    def _session(
        self, keep: Keep, known: Known, count_max: int | None, tally: _Tally, findings: list[Finding]
    ) -> Collection:
        try:
            client = self._logged_in()
        except _Broken as broken:
            return _told(broken, tally, findings, deleted=True)
        try:
            self._empty(client, keep, known, count_max, tally, findings)
        except _AheadBroken:
            _hang_up(client)
            raise
        except _Broken as broken:
            # What was committed before may still be deleted: only QUIT makes the server forget it.
            confirmed = _quit(client) is None
            done = tally.gone == tally.taken + tally.known and (confirmed or not tally.gone)
            return _told(broken, tally, findings, deleted=done)
        except BaseException:
            _quit(client)
            raise
        refusal = _quit(client)
        if refusal is not None:
            return _told(_Broken(Pop3Stage.QUIT, refusal), tally, findings, deleted=tally.gone == 0)
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
        except (poplib.error_proto, OSError, *_UNREADABLE) as error:
            if client is not None:
                _hang_up(client)
            raise _Broken(Pop3Stage.CONNECT, _words(error)) from None
        return client

    def _empty(
        self,
        client: _RawPop3,
        keep: Keep,
        known: Known,
        count_max: int | None,
        tally: _Tally,
        findings: list[Finding],
    ) -> None:
        listing = self._listing(client)
        tally.left = len(listing)
        listing = listing[:count_max]
        ahead = self._may_run_ahead(client, len(listing))
        before = known([entry.uid for entry in listing]) - {""} if listing else frozenset()
        gone = [entry for entry in listing if entry.uid in before]
        tally.known += len(gone)
        self._delete(client, gone, tally, ahead)
        coming = [entry for entry in listing if entry.uid not in before]
        findings += [self._too_big(entry.size_bytes) for entry in coming if entry.size_bytes > self._size_bytes_max]
        coming = [entry for entry in coming if entry.size_bytes <= self._size_bytes_max]
        for few in in_keeps([entry.size_bytes for entry in coming]):
            self._take(client, [coming[rank] for rank in few], keep, tally, findings, ahead)

    def _may_run_ahead(self, client: _RawPop3, count: int) -> bool:
        """For a few messages, asking whether the server lets its client run ahead costs more than it spares."""
        if self._careful or count < _WORTH_PIPELINING:
            return False
        try:
            return client.pipelines()
        except (poplib.error_proto, OSError) as error:
            raise _AheadBroken(Pop3Stage.TRANSACTION, _words(error)) from None

    def _take(
        self,
        client: _RawPop3,
        entries: Sequence[_Listed],
        keep: Keep,
        tally: _Tally,
        findings: list[Finding],
        ahead: bool,
    ) -> None:
        """Read a few messages, have them committed, then ask for the deletion of those that were."""
        done: list[_Listed] = []
        read: list[tuple[_Listed, bytes]] = []

        def commit() -> None:
            kept = keep([(entry.uid, raw) for entry, raw in read]) if read else ()
            done.extend(entry for (entry, _), committed in zip(read, kept, strict=True) if committed)
            read.clear()

        ending: _Broken | None = None
        try:
            for entry, raw in self._retrieved(client, entries, ahead):
                if raw is None:
                    findings.append(self._too_big(entry.size_bytes))
                    continue
                read.append((entry, raw))
                if sum(len(content) for _, content in read) > BYTES_PER_KEEP:  # whatever the list said of its size
                    commit()
        except _Broken as broken:
            ending = broken
        commit()
        tally.taken += len(done)
        if client.in_step:
            self._delete(client, done, tally, ahead)
        if ending is not None:
            raise ending

    def _listing(self, client: _RawPop3) -> list[_Listed]:
        """Every message, in the server's order. An identifier that stands twice identifies nothing."""
        try:
            sizes = [line.split() for line in client.list()[1]]
            uids = dict(line.split(None, 1) for line in client.uidl()[1]) if sizes else {}
            times = Counter(uids.values())
            named = {number: uid.decode("latin-1") for number, uid in uids.items() if times[uid] == 1}
            return [_Listed(int(entry[0]), named.get(entry[0], ""), int(entry[1])) for entry in sizes]
        except (poplib.error_proto, OSError) as error:
            client.in_step = False
            raise _Broken(Pop3Stage.TRANSACTION, _words(error)) from None
        except (ValueError, IndexError):
            raise _Broken(Pop3Stage.TRANSACTION, "the server's list of messages is not readable") from None

    def _retrieved(
        self, client: _RawPop3, entries: Sequence[_Listed], ahead: bool
    ) -> Iterator[tuple[_Listed, bytes | None]]:
        """Each message as it came; None for one that turned out too big."""
        try:
            for entry in client.asked("RETR", entries, ahead=ahead):
                yield entry, client.content(self._size_bytes_max)
        except (poplib.error_proto, OSError) as error:
            raise _ended(client, error, ahead) from None

    def _delete(self, client: _RawPop3, entries: Sequence[_Listed], tally: _Tally, ahead: bool) -> None:
        try:
            for _ in client.asked("DELE", entries, ahead=ahead):
                tally.gone += 1
                tally.left -= 1
        except (poplib.error_proto, OSError) as error:
            raise _ended(client, error, ahead) from None

    def _too_big(self, size_bytes: int) -> Finding:
        place = Place(source=self._server.host)
        return finding("D010", place, way=self._server.host, size_bytes=size_bytes, size_bytes_max=self._size_bytes_max)


def _ended(client: _RawPop3, error: Exception, ahead: bool) -> _Broken:
    """A refusal ends the session politely; a break while the client ran ahead may be the doing of that."""
    kind = _AheadBroken if ahead and not client.in_step else _Broken
    return kind(Pop3Stage.TRANSACTION, _words(error))


def _told(broken: _Broken, tally: _Tally, findings: list[Finding], *, deleted: bool) -> Collection:
    outcome = classify_pop3(broken.stage, broken.reply)
    return Collection(outcome, broken.reply, tally.taken, tally.known, tally.left, deleted, tuple(findings))


def _quit(client: _RawPop3) -> str | None:
    """Ask for the deletions and hang up; None when the server confirmed, else its words."""
    if not client.in_step:  # the next answer may be to another command than QUIT
        _hang_up(client)
        return "the session broke among several commands"
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
