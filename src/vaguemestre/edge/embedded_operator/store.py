"""The operator's SQLite store: every change goes through one writing thread that commits in groups, synced to disk.

Reads use a second connection, for the event loop only. What may be stored and in which states is `schema.py`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Place, finding
from vaguemestre.core.mail.envelope import Envelope, domain_of
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.passwords import HashedPassword
from vaguemestre.edge.embedded_operator.schema import SCHEMA_VERSION, TABLES
from vaguemestre.edge.store.group_commit import GroupCommitter

Change = Callable[[sqlite3.Connection], None]


class MailboxEntry(NamedTuple):
    """One message waiting in a mailbox."""

    delivery_id: int
    message_id: int
    uid: str
    size_bytes: int


class Queued(NamedTuple):
    """One delivery to an outside domain, with what is needed to attempt it."""

    delivery_id: int
    message_id: int
    envelope: Envelope
    submitted_by: str | None
    received_at: datetime
    failures: int


@dataclass(slots=True)
class Accept:
    """The change that takes one message in: after the commit, `queued` names the deliveries to relay, by domain."""

    envelope: Envelope
    submitted_by: str | None
    received_at: datetime
    own_domains: frozenset[str]
    queued: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, connection: sqlite3.Connection) -> None:
        envelope = self.envelope
        message_id = connection.execute(
            "INSERT INTO message (digest, mail_from, submitted_by, size_bytes, received_at) VALUES (?, ?, ?, ?, ?)",
            (
                envelope.digest,
                envelope.mail_from,
                self.submitted_by,
                len(envelope.message),
                self.received_at.isoformat(),
            ),
        ).lastrowid
        connection.execute("INSERT INTO body VALUES (?, ?)", (message_id, envelope.message))
        self.queued = []
        for recipient in envelope.rcpt_tos:
            domain = domain_of(recipient)
            state = "in mailbox" if domain in self.own_domains else "queued"
            delivery_id = connection.execute(
                "INSERT INTO delivery (message_id, recipient, domain, state) VALUES (?, ?, ?, ?)",
                (message_id, recipient, domain, state),
            ).lastrowid
            if state == "queued" and delivery_id is not None:
                self.queued.append((domain, delivery_id))


def require_store(path: Path) -> None:
    """Raises EnvironmentFault when the store of an operator that was founded is not there, or is empty."""
    if not (path.is_file() and path.stat().st_size):
        raise EnvironmentFault(finding("E016", path=path))


class OperatorStore:
    """Open with `open_store`; `change(...)` is durable when its future ends."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Raises EnvironmentFault: of a newer version, or vanished. Only founding an operator creates a store."""
        if not create:
            require_store(path)
        self._writer = _connect(path)
        _bring_up(self._writer, path)
        self._reader = _connect(path)
        self._committer: GroupCommitter[Change] = GroupCommitter(self._commit, batch_max=128, name="operator-store")

    def change(self, change: Change) -> "Future[None]":
        """Queue one change for the next commit."""
        return self._committer.submit(change)

    def close(self) -> None:
        """Commit what is queued and close."""
        self._committer.close()
        self._writer.close()
        self._reader.close()

    def _commit(self, changes: Sequence[Change]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                change(self._writer)
            self._writer.execute("COMMIT")
        except BaseException as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                raise OSError(28, "disk full") from error
            raise

    # --- reading -----------------------------------------------------------------------------------------------------

    def password(self, address: str) -> HashedPassword | None:
        row = self._reader.execute("SELECT salt, cost, digest FROM account WHERE address = ?", (address,)).fetchone()
        return HashedPassword(*row) if row else None

    def services(self) -> dict[str, bool]:
        return {name: bool(is_open) for name, is_open in self._reader.execute("SELECT name, is_open FROM service")}

    def routes(self) -> dict[str, tuple[str, int]]:
        rows = self._reader.execute("SELECT domain, host, port FROM route")
        return {domain.lower(): (host, port) for domain, host, port in rows}

    def mailbox(self, address: str) -> list[MailboxEntry]:
        rows = self._reader.execute(
            "SELECT d.id, m.id, m.digest, m.size_bytes FROM delivery d JOIN message m ON m.id = d.message_id"
            " WHERE d.recipient = ? AND d.state = 'in mailbox' ORDER BY d.id",
            (address,),
        )
        return [
            MailboxEntry(delivery, message, f"{delivery}.{digest[:32]}", size)
            for delivery, message, digest, size in rows
        ]

    def body(self, message_id: int) -> bytes:
        row = self._reader.execute("SELECT content FROM body WHERE message_id = ?", (message_id,)).fetchone()
        if row is None:
            raise LookupError("the bytes of this message are gone")
        return bytes(row[0])

    def queued(self, delivery_id: int) -> Queued | None:
        row = self._reader.execute(
            "SELECT d.message_id, m.mail_from, d.recipient, b.content, m.submitted_by, m.received_at, d.failures"
            " FROM delivery d JOIN message m ON m.id = d.message_id JOIN body b ON b.message_id = m.id"
            " WHERE d.id = ? AND d.state = 'queued'",
            (delivery_id,),
        ).fetchone()
        if row is None:
            return None
        message_id, mail_from, recipient, content, submitted_by, received_at, failures = row
        envelope = Envelope(mail_from, (recipient,), bytes(content))
        return Queued(delivery_id, message_id, envelope, submitted_by, datetime.fromisoformat(received_at), failures)

    def all_queued(self) -> list[tuple[str, int]]:
        rows = self._reader.execute("SELECT domain, id FROM delivery WHERE state = 'queued' ORDER BY id")
        return [(domain.lower(), delivery_id) for domain, delivery_id in rows]

    def queue_length(self) -> int:
        return int(self._reader.execute("SELECT count(*) FROM delivery WHERE state = 'queued'").fetchone()[0])

    def figures(self) -> dict[str, int]:
        """Distinct messages submitted and collected, refused logins by service and reason, lengths of queue and mailboxes."""
        one = self._reader.execute
        figures = {
            "sent": one("SELECT count(DISTINCT digest) FROM message WHERE submitted_by IS NOT NULL").fetchone()[0],
            "collected": one(
                "SELECT count(*) FROM (SELECT DISTINCT m.digest, d.recipient FROM delivery d"
                " JOIN message m ON m.id = d.message_id WHERE d.state = 'collected')"
            ).fetchone()[0],
            "queue_length": self.queue_length(),
            "in_mailboxes": one("SELECT count(*) FROM delivery WHERE state = 'in mailbox'").fetchone()[0],
            "relayed": one("SELECT count(*) FROM delivery WHERE state = 'relayed'").fetchone()[0],
            "returned": one("SELECT count(*) FROM delivery WHERE state = 'returned'").fetchone()[0],
        }
        for service, reason, attempts in one("SELECT service, reason, attempts FROM refusal"):
            figures[f"refused_{service}_{reason.replace(' ', '_')}"] = attempts
        return figures


# --- changes -----------------------------------------------------------------------------------------------------------


def put_accounts(accounts: Iterable[tuple[str, HashedPassword]]) -> Change:
    """Create these accounts, or renew their passwords."""
    rows = [(address, password.salt, password.cost, password.digest) for address, password in accounts]

    def change(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", rows)

    return change


def put_route(domain: str, host: str, port: int) -> Change:
    """Send mail for `domain` there from now on."""
    return lambda connection: _run(
        connection, "INSERT OR REPLACE INTO route VALUES (?, ?, ?)", (domain.lower(), host, port)
    )


def put_service(name: str, *, is_open: bool) -> Change:
    """Open or close one service to programs."""
    return lambda connection: _run(connection, "UPDATE service SET is_open = ? WHERE name = ?", (int(is_open), name))


def count_refusal(service: str, reason: str) -> Change:
    """One refused login more."""
    sql = "INSERT INTO refusal VALUES (?, ?, 1) ON CONFLICT (service, reason) DO UPDATE SET attempts = attempts + 1"
    return lambda connection: _run(connection, sql, (service, reason))


def end_deliveries(entries: Iterable[tuple[int, int]], state: str, now: datetime, reply: str = "") -> Change:
    """Retire deliveries, each (delivery, message): `collected`, `relayed` or `returned`; bytes nobody waits for go."""
    pairs = list(entries)
    instant = now.isoformat()

    def change(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "UPDATE delivery SET state = ?, ended_at = ?, reply = ? WHERE id = ? AND ended_at IS NULL",
            [(state, instant, reply, delivery_id) for delivery_id, _ in pairs],
        )
        connection.executemany(
            "DELETE FROM body WHERE message_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM delivery WHERE delivery.message_id = body.message_id AND ended_at IS NULL)",
            [(message_id,) for _, message_id in pairs],
        )

    return change


def note_failure(delivery_id: int, reply: str) -> Change:
    """One more failed attempt of a delivery that stays queued."""
    sql = "UPDATE delivery SET failures = failures + 1, reply = ? WHERE id = ?"
    return lambda connection: _run(connection, sql, (reply, delivery_id))


# --- opening -----------------------------------------------------------------------------------------------------------


def _run(connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> None:
    connection.execute(sql, values)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > SCHEMA_VERSION:
        connection.close()
        raise EnvironmentFault(finding("E005", Place(path.name), path=path, found=found, known=SCHEMA_VERSION))
    if found == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
