"""Messages and lots in the payer's store: what was taken in, what it turned out to be."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from vaguemestre.core.mail.envelope import ReceivedEnvelope
from vaguemestre.core.payer.decision import Motive
from vaguemestre.core.payer.intake import (
    ArchivedLot,
    Dismissal,
    LotRecord,
    Presentation,
    ReceivedMessage,
    SetAside,
    StoredLot,
)
from vaguemestre.edge.payer.unit import PayerTable, day, instant, stamp
from vaguemestre.tables.lifecycles import MessageState

_RAW = b"message"
_FINDINGS = b"message findings"
_BODY = b"presentation"
_NOTE = b"dismissal"


class InboxTable(PayerTable):
    """`messages`, `dismissals`, `lots`, `presentations`."""

    def receive(self, messages: Iterable[tuple[ReceivedEnvelope, bytes]]) -> list[int]:
        """Write messages down as they came; durable when the unit is committed. Gives their ids."""
        return [
            self._insert(
                "INSERT INTO messages (received_at, state, mail_from, rcpt_tos, peer, size_bytes, raw, faults)"
                " VALUES (?, 'received', ?, ?, ?, ?, ?, 0)",
                (
                    stamp(envelope.received_at),
                    envelope.mail_from,
                    " ".join(envelope.rcpt_tos),
                    envelope.peer,
                    len(raw),
                    self._vault.encrypt(raw, _RAW),
                ),
            )
            for envelope, raw in messages
        ]

    def waiting(self, count_max: int, after: int = 0) -> list[ReceivedMessage]:
        """The oldest messages still to be opened, in order of arrival."""
        return self._messages("state = 'received' AND id > ? ORDER BY id LIMIT ?", (after, count_max))

    def message(self, message: int) -> ReceivedMessage | None:
        """One message, whatever its state."""
        found = self._messages("id = ?", (message,))
        return found[0] if found else None

    def message_state(self, message: int) -> MessageState | None:
        """Where a message stands now."""
        row = self._row("SELECT state FROM messages WHERE id = ?", (message,))
        return None if row is None else MessageState(row[0])

    def _messages(self, condition: str, values: Sequence[object]) -> list[ReceivedMessage]:
        rows = self._rows(
            f"SELECT id, received_at, mail_from, rcpt_tos, raw, faults, state FROM messages WHERE {condition}", values
        )
        return [
            ReceivedMessage(
                id=row[0],
                received_at=instant(row[1]),
                mail_from=row[2],
                rcpt_tos=tuple(row[3].split()),
                raw=self._vault.decrypt(row[4], _RAW),
                faults=row[5],
                state=MessageState(row[6]),
            )
            for row in rows
        ]

    def set_message(
        self,
        message: int,
        state: MessageState,
        sealed_digest: str | None = None,
        lot: int | None = None,
        motives: Sequence[Motive] = (),
    ) -> None:
        """Where a message stands after one step of its life."""
        self._run(
            "UPDATE messages SET state = ?, sealed_digest = coalesce(?, sealed_digest), lot = coalesce(?, lot), findings = ?"
            " WHERE id = ?",
            (
                state.value,
                sealed_digest,
                lot,
                self._vault.seal(tuple(motives), _FINDINGS) if motives else None,
                message,
            ),
        )

    def count_fault(self, message: int) -> None:
        """Our own software failed on this message once more."""
        self._run("UPDATE messages SET faults = faults + 1 WHERE id = ?", (message,))

    def message_motives(self, message: int) -> tuple[Motive, ...]:
        row = self._row("SELECT findings FROM messages WHERE id = ?", (message,))
        if row is None or row[0] is None:
            return ()
        return self._vault.unseal(row[0], tuple[Motive, ...], _FINDINGS)

    def set_aside(self) -> list[SetAside]:
        """Messages that no answer could be given to, refused without a lot or held, and that no person has ended."""
        rows = self._rows(
            "SELECT id, state, received_at FROM messages WHERE state IN ('refused', 'held') AND lot IS NULL"
            " AND id NOT IN (SELECT message FROM dismissals) ORDER BY id"
        )
        return [SetAside(row[0], row[1], instant(row[2]), self.message_motives(row[0])) for row in rows]

    def add_dismissal(self, ended: Dismissal) -> None:
        """A person ends a message that was set aside."""
        self._run(
            "INSERT INTO dismissals (message, dismissed_by, dismissed_at, note) VALUES (?, ?, ?, ?)",
            (ended.message, ended.name, stamp(ended.at), self._vault.encrypt(ended.note.encode(), _NOTE)),
        )

    def dismissals(self) -> list[Dismissal]:
        """The messages that a person ended, by number."""
        rows = self._rows("SELECT message, dismissed_by, dismissed_at, note FROM dismissals ORDER BY message")
        return [Dismissal(row[0], row[1], instant(row[2]), self._vault.decrypt(row[3], _NOTE).decode()) for row in rows]

    def message_counts(self) -> dict[str, int]:
        """How many messages stand in each state."""
        return dict(self._rows("SELECT state, count(*) FROM messages GROUP BY state"))

    def lot_counts(self) -> dict[str, int]:
        """How many lots ended in each outcome."""
        return dict(self._rows("SELECT outcome, count(*) FROM lots GROUP BY outcome"))

    def lots_by_digest(self, sealed_digest: str) -> list[StoredLot]:
        """The lots that these sealed bytes already made, in their order; none when the bytes are new."""
        return self._lots("sealed_digest = ?", sealed_digest)

    def lot(self, lot: int) -> StoredLot | None:
        found = self._lots("id = ?", lot)
        return found[0] if found else None

    def archived(self, lot: int) -> ArchivedLot | None:
        """Where a lot's bytes are kept."""
        row = self._row(
            "SELECT message, sealed_digest, station, received_at, billing_number, lot_number, made_on, fund, return_addresses"
            " FROM lots WHERE id = ?",
            (lot,),
        )
        if row is None:
            return None
        return ArchivedLot(
            message=row[0],
            sealed_digest=row[1],
            station=row[2],
            received_at=instant(row[3]),
            billing_number=row[4],
            lot_number=int(row[5]),
            made_on=day(row[6] or None),
            fund=row[7],
            return_addresses=tuple(json.loads(row[8])),
        )

    def add_lot(self, record: LotRecord) -> int:
        """One sealed message that was opened. The database refuses the same bytes twice."""
        return self._insert(
            "INSERT INTO lots (sealed_digest, part, message, fund, billing_number, lot_number, made_on, station, carried,"
            " signed_at, received_at, outcome, sheets, return_addresses) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.sealed_digest,
                record.part,
                record.message,
                record.fund,
                record.billing_number,
                record.lot_number,
                record.made_on,
                record.station,
                int(record.carried),
                stamp(record.signed_at),
                stamp(record.received_at),
                record.outcome.value,
                record.sheets,
                json.dumps(record.return_addresses),
            ),
        )

    def set_lot_outcome(self, lot: int, outcome: str) -> None:
        self._run("UPDATE lots SET outcome = ? WHERE id = ?", (outcome, lot))

    def add_presentations(self, lot: int, presentations: Iterable[Presentation]) -> None:
        """What became of each sheet of the lot."""
        self._many(
            "INSERT INTO presentations (lot, rank, billing_number, invoice_number, made_on, content, outcome, sheet, claimed_cents,"
            " settlement, claim, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    lot,
                    entry.rank,
                    *entry.key,
                    entry.content,
                    entry.outcome.value,
                    entry.sheet,
                    entry.claimed_cents,
                    entry.settlement,
                    entry.claim,
                    None if entry.body is None else self._vault.encrypt(entry.body, _BODY),
                )
                for entry in presentations
            ),
        )

    def last_received_at(self) -> datetime | None:
        row = self._row("SELECT max(received_at) FROM messages")
        return None if row is None or row[0] is None else instant(row[0])

    def _lots(self, condition: str, value: object) -> list[StoredLot]:
        rows = self._rows(
            "SELECT id, fund, billing_number, lot_number, made_on, station, received_at, outcome, return_addresses FROM lots"
            f" WHERE {condition} ORDER BY id",
            (value,),
        )
        return [
            StoredLot(
                id=row[0],
                fund=row[1],
                billing_number=row[2],
                lot_number=int(row[3]),
                made_on=day(row[4] or None),
                station=row[5],
                received_at=instant(row[6]),
                outcome=row[7],
                return_addresses=tuple(json.loads(row[8])),
            )
            for row in rows
        ]
