"""A hand that does wrong on purpose, behind every role's back: the auditor must name the sheet it touched.

It writes straight into the stores and on the wire, as a bug or a thief would, and lifts the database's own guards to do so.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from vaguemestre.core.mail.envelope import make_envelope
from vaguemestre.edge.embedded_operator.process import OperatorProcess
from vaguemestre.sim.configuring import password_of
from vaguemestre.sim.practices import PRACTICES
from vaguemestre.sim.worldfiles import WorldFiles


class Sabotage(StrEnum):
    """What may be done wrong."""

    LOSE = "lose"
    PAY_TWICE = "pay-twice"
    UNSEALED = "unsealed"
    WRONG_CENT = "wrong-cent"


def sabotage(kind: Sabotage, files: WorldFiles, operators: Mapping[str, OperatorProcess]) -> None:
    """Do it, on the first sheet that suits. Raises LookupError when the world has none."""
    match kind:
        case Sabotage.LOSE:
            _lose(files)
        case Sabotage.PAY_TWICE:
            _pay_twice(files.payer_store)
        case Sabotage.WRONG_CENT:
            _wrong_cent(files.payer_store)
        case Sabotage.UNSEALED:
            _unsealed(files, operators["b"])


def _lose(files: WorldFiles) -> None:
    """A practice's disk forgets one sheet that was handed over."""
    for store in files.practice_stores():
        with _opened(store) as connection:
            row = connection.execute(
                "SELECT id FROM sheets WHERE state IN ('settled', 'acknowledged', 'handed over') ORDER BY id LIMIT 1"
            ).fetchone()
            if row is not None:
                connection.execute("DELETE FROM sheets WHERE id = ?", row)
                return
    raise LookupError("no sheet was handed over in this world")


def _pay_twice(store: Path) -> None:
    """The ledger pays one sheet again."""
    with _opened(store) as connection:
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name = 'entries_once'")
        for (name,) in guards.fetchall():
            connection.execute(f'DROP INDEX "{name}"')
        columns = [row[1] for row in connection.execute("PRAGMA table_info(entries)") if row[1] != "id"]
        listed = ", ".join(columns)
        done = connection.execute(
            f"INSERT INTO entries ({listed}) SELECT {listed} FROM entries"
            " WHERE movement IN ('pay practice', 'pay patient') ORDER BY id LIMIT 1"
        )
        if done.rowcount != 1:
            raise LookupError("nothing was paid in this world")


def _wrong_cent(store: Path) -> None:
    """One payment is a cent off."""
    with _opened(store) as connection:
        done = connection.execute(
            "UPDATE entries SET amount_cents = amount_cents + 1 WHERE id ="
            " (SELECT id FROM entries WHERE movement IN ('pay practice', 'pay patient') ORDER BY id LIMIT 1)"
        )
        if done.rowcount != 1:
            raise LookupError("nothing was paid in this world")


def _unsealed(files: WorldFiles, operator: OperatorProcess) -> None:
    """Somebody mails a patient's identity in clear, from one practice's account to another's."""
    person = json.loads(files.secrets.read_text(encoding="utf-8"))[0]
    sender, recipient = (f"{practice.mailbox}@b.example" for practice in PRACTICES[:2])
    password = password_of(PRACTICES[0], "b")
    text = (
        f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: feuille\r\n\r\n2{person['nirs'][0]}{person['subject']}\r\n"
    )
    leg = operator.sender(sender, password)
    leg.send(make_envelope(sender, (recipient,), text.encode()))
    leg.close()


@contextlib.contextmanager
def _opened(store: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(store, isolation_level=None)
    try:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection
    finally:
        connection.close()
