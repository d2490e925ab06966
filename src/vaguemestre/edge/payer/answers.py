"""Acknowledgements and returns in the payer's store: sealed once, then sent to every return address until each has it."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from vaguemestre.core.mail.delivery import Attempt
from vaguemestre.core.mail.outbox import Answer, BundlePlace, OutboxRow, OutboxState, PastAnswer
from vaguemestre.core.seal.bundlemessage import BUNDLE_KIND
from vaguemestre.edge.payer.unit import PayerTable, instant, marks, stamp


class AnswerTable(PayerTable):
    """`answers`, `outbox`, `attempts`, `places`."""

    def next_number(self) -> int:
        """The number of the next answer: that of its row, so that no two answers share one."""
        row = self._row("SELECT coalesce(max(id), 0) + 1 FROM answers")
        return 1 if row is None else row[0]

    def add(self, answer: Answer, made_at: datetime) -> int:
        """Keep one sealed answer. The database refuses a second acknowledgement of a lot."""
        return self._insert(
            "INSERT INTO answers (kind, fund, station, lot, payee, made_at, message_id, digest, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                answer.kind,
                answer.fund,
                answer.station,
                answer.lot,
                answer.payee,
                stamp(made_at),
                answer.message_id,
                answer.digest,
                answer.sealed,
            ),
        )

    def acknowledgement_of(self, lot: int) -> int | None:
        """The id of the lot's acknowledgement."""
        row = self._row("SELECT id FROM answers WHERE lot = ? AND kind = 'ARL'", (lot,))
        return None if row is None else row[0]

    def returns_about(self, lot: int) -> list[int]:
        """What told of a lot's sheets after its acknowledgement, whichever lot registered them first: ids, oldest first."""
        rows = self._rows(
            "SELECT a.id FROM presentations p JOIN decisions d ON d.sheet = p.sheet JOIN answers a ON a.id = d.answer"
            " WHERE p.lot = ? AND p.outcome IN ('registered', 'duplicate', 'held') AND a.sealed <> x''"
            " UNION SELECT f.notice FROM presentations p JOIN forwards f ON f.sheet = p.sheet JOIN answers a ON a.id = f.notice"
            " WHERE p.lot = ? AND p.outcome IN ('registered', 'duplicate', 'held') AND a.sealed <> x'' ORDER BY 1",
            (lot, lot),
        )
        return [row[0] for row in rows]

    def returns_to(self, payee: str) -> list[PastAnswer]:
        """The returns that told a payee of its sheets, oldest first; copies sealed anew are not among them."""
        rows = self._rows(
            "SELECT DISTINCT a.id, a.fund, a.station, a.made_at, a.sealed <> x'' FROM sheets s JOIN decisions d ON d.sheet = s.id"
            " JOIN answers a ON a.id = d.answer WHERE s.billing_number = ? AND a.kind = 'NOEMIE' ORDER BY a.id",
            (payee,),
        )
        return [PastAnswer(row[0], row[1], row[2], instant(row[3]), bool(row[4])) for row in rows]

    def queue(self, answer: int, addresses: Iterable[str], now: datetime) -> None:
        """Have an answer sent to these addresses, once more if need be."""
        self._many(
            "INSERT INTO outbox (answer, address, queued_at, next_at, state, attempts) VALUES (?, ?, ?, ?, 'waiting', 0)",
            [(answer, address, stamp(now), stamp(now)) for address in addresses],
        )

    def waiting(self, now: datetime, count_max: int) -> list[OutboxRow]:
        """What is to be sent now, oldest first."""
        rows = self._rows(
            "SELECT o.id, o.answer, o.address, o.attempts, o.queued_at, a.kind, a.fund, a.message_id, a.made_at, a.sealed"
            " FROM outbox o JOIN answers a ON a.id = o.answer WHERE o.state = 'waiting' AND o.next_at <= ?"
            " ORDER BY o.next_at, o.id LIMIT ?",
            (stamp(now), count_max),
        )
        return [
            OutboxRow(row[0], row[1], row[2], row[3], instant(row[4]), row[5], row[6], row[7], instant(row[8]), row[9])
            for row in rows
        ]

    def next_sending(self) -> datetime | None:
        """When something is to be sent next; None when nothing waits."""
        row = self._row("SELECT min(next_at) FROM outbox WHERE state = 'waiting'")
        return None if row is None or row[0] is None else instant(row[0])

    def begin_attempts(self, rows: Sequence[OutboxRow], now: datetime) -> list[int]:
        """Write the attempts down before dialling; gives their ids."""
        self._many("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", [(row.id,) for row in rows])
        return [
            self._insert("INSERT INTO attempts (outbox, started_at) VALUES (?, ?)", (row.id, stamp(now)))
            for row in rows
        ]

    def end_attempt(
        self, attempt: int, row: OutboxRow, result: Attempt, state: OutboxState, next_at: datetime, now: datetime
    ) -> None:
        """How one attempt ended, and when the next one is due if the answer still waits."""
        self._run(
            "UPDATE attempts SET ended_at = ?, outcome = ?, reply = ? WHERE id = ?",
            (stamp(now), result.outcome.value, result.reply, attempt),
        )
        self._run("UPDATE outbox SET state = ?, next_at = ? WHERE id = ?", (state.value, stamp(next_at), row.id))

    def set_place(
        self,
        billing_number: str,
        station: str,
        addresses: Sequence[str],
        signed_at: datetime,
        *,
        reads_bundle: bool = False,
    ) -> None:
        """Where a station reads its answers, by its signed lots; an older lot never replaces a newer one's word.

        `reads_bundle`: it writes to this payer itself, so that its bundle is sent there from now on.
        """
        self._run(
            "INSERT INTO places (billing_number, station, return_addresses, signed_at, bundle) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (billing_number, station) DO UPDATE SET return_addresses = excluded.return_addresses,"
            " signed_at = excluded.signed_at, bundle = coalesce(places.bundle, excluded.bundle)"
            " WHERE excluded.signed_at >= places.signed_at",
            (billing_number, station, json.dumps(addresses), stamp(signed_at), 0 if reads_bundle else None),
        )

    def bundle_due(self, bundle: int, count_max: int) -> list[BundlePlace]:
        """Stations that this bundle was not made ready for yet."""
        rows = self._rows(
            "SELECT billing_number, station, return_addresses FROM places WHERE bundle < ? ORDER BY 1, 2 LIMIT ?",
            (bundle, count_max),
        )
        return [BundlePlace(row[0], row[1], tuple(json.loads(row[2]))) for row in rows]

    def begin_bundle(self, place: BundlePlace, bundle: int) -> bool:
        """Note that a station gets this bundle; False when another process was faster.

        The former one is waited for no longer: where it did not arrive, the new one goes instead, and its bytes are not kept.
        """
        key = place.billing_number, place.station
        row = self._row(
            "SELECT bundle_answer FROM places WHERE billing_number = ? AND station = ? AND bundle < ?", (*key, bundle)
        )
        if row is None:
            return False
        self._run("UPDATE places SET bundle = ? WHERE billing_number = ? AND station = ?", (bundle, *key))
        if row[0] is not None:
            self._run(
                "UPDATE outbox INDEXED BY outbox_waiting SET state = 'given up' WHERE state = 'waiting' AND answer = ?",
                row,
            )
            self._run("UPDATE answers SET sealed = x'' WHERE id = ?", row)
        return True

    def set_bundle_answer(self, place: BundlePlace, answer: int) -> None:
        """Which message takes the bundle to a station."""
        self._run(
            "UPDATE places SET bundle_answer = ? WHERE billing_number = ? AND station = ?",
            (answer, place.billing_number, place.station),
        )

    def bundle_counts(self) -> dict[str, int]:
        """How many addresses have the newest bundle made for their station, and how many still wait for it, by outbox state."""
        return dict(
            self._rows(
                "SELECT o.state, count(*) FROM places p JOIN outbox o ON o.answer = p.bundle_answer GROUP BY o.state"
            )
        )

    def place(self, billing_number: str, station: str | None = None) -> tuple[str, tuple[str, ...]] | None:
        """(station, return addresses) last known for a billing number, of one station or of the one that wrote last."""
        condition, values = "billing_number = ?", [billing_number]
        if station is not None:
            condition, values = "billing_number = ? AND station = ?", [billing_number, station]
        row = self._row(
            f"SELECT station, return_addresses FROM places WHERE {condition} ORDER BY signed_at DESC LIMIT 1", values
        )
        return None if row is None else (row[0], tuple(json.loads(row[1])))

    def counts(self) -> dict[str, int]:
        """How many outbox rows stand in each state; bundles, which nobody asked for, are counted apart."""
        return dict(
            self._rows(
                "SELECT o.state, count(*) FROM outbox o JOIN answers a ON a.id = o.answer WHERE a.kind <> ? GROUP BY o.state",
                (BUNDLE_KIND,),
            )
        )

    def sealed(self, answers: Sequence[int]) -> dict[int, bytes]:
        """The bytes of answers, as they were sealed."""
        return dict(self._rows(f"SELECT id, sealed FROM answers WHERE id IN ({marks(len(answers))})", answers))
