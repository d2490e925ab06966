"""Keeping times in the payer's store: after them only a keyed hash of identity and content and the outcome remain."""

from datetime import date

from vaguemestre.core.payer.intake import StoreKey
from vaguemestre.edge.payer.unit import PayerTable

_IDENTITY, _CONTENT, _CLAIM = "identity ", "content ", "claim "


class KeepingTable(PayerTable):
    """`tombstones`, and the purge of what they stand for."""

    def any_retired(self) -> bool:
        return self._row("SELECT 1 FROM tombstones LIMIT 1") is not None

    def retired(self, key: StoreKey, content: bytes) -> tuple[str, bool] | None:
        """(outcome, whether the content is the same) of an identity whose keeping time has passed."""
        row = self._row(
            "SELECT outcome, content FROM tombstones WHERE identity = ?", (self._vault.blind(_IDENTITY + str(key)),)
        )
        return None if row is None else (row[0], row[1] == self._vault.blind(_CONTENT + content.hex()))

    def retire_sheets(self, received_before: date, today: date) -> int:
        """Replace ended sheets first received before that day by their hashes; gives how many.

        A sheet that is not ended (held, to decide, to pay) stays. The ledger keeps its amounts under the sheet's former number.
        """
        rows = self._rows(
            "SELECT s.id, s.billing_number, s.invoice_number, s.made_on, s.content, s.claim, s.state FROM sheets s"
            " LEFT JOIN decisions d ON d.sheet = s.id WHERE s.received_on < ? AND (s.state = 'forwarded'"
            " OR s.state IN ('accepted', 'partial', 'rejected') AND (d.due_on IS NULL OR d.paid_on IS NOT NULL)"
            " AND (d.settlement = 'patient_paid' OR d.answer IS NOT NULL OR s.lot = 0))",
            (received_before.isoformat(),),
        )
        self._many(
            "INSERT INTO tombstones (identity, content, claim, outcome, retired_on) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    self._vault.blind(_IDENTITY + str(StoreKey(*row[1:4]))),
                    self._vault.blind(_CONTENT + row[4].hex()),
                    self._vault.blind(_CLAIM + row[5]),
                    row[6],
                    today.isoformat(),
                )
                for row in rows
            ],
        )
        self._many(
            "UPDATE payments SET claim = ? WHERE sheet = ?",
            [(self._vault.blind(_CLAIM + row[5]).hex(), row[0]) for row in rows],
        )
        sheets = [(row[0],) for row in rows]
        self._many(
            "INSERT INTO retired_sums SELECT fund, claimed_cents, accepted_cents, rejected_cents FROM decisions WHERE sheet = ?"
            " ON CONFLICT (fund) DO UPDATE SET claimed_cents = claimed_cents + excluded.claimed_cents, accepted_cents ="
            " accepted_cents + excluded.accepted_cents, rejected_cents = rejected_cents + excluded.rejected_cents",
            sheets,
        )
        for table in ("decisions", "holds", "claim_keys", "presentations", "charges", "forwards"):
            self._many(f"DELETE FROM {table} WHERE sheet = ?", sheets)
        self._many("DELETE FROM sheets WHERE id = ?", sheets)
        return len(sheets)

    def claim_retired(self, claim: str) -> bool:
        """Whether a sheet of this claim was accepted before its keeping time passed."""
        row = self._row(
            "SELECT 1 FROM tombstones WHERE claim = ? AND outcome <> 'rejected'", (self._vault.blind(_CLAIM + claim),)
        )
        return row is not None

    def retire_messages(self, received_before: date) -> int:
        """Erase the bytes of messages and answers of that age whose sheets are all retired; gives how many messages."""
        limit = received_before.isoformat()
        self._run(
            "DELETE FROM presentations WHERE lot IN (SELECT id FROM lots WHERE received_at < ?)"
            " AND (sheet IS NULL OR sheet NOT IN (SELECT id FROM sheets))",
            (limit,),
        )
        count = self._run(
            "UPDATE messages SET raw = x'', findings = NULL WHERE received_at < ? AND raw <> x'' AND state <> 'received'"
            " AND (lot IS NULL OR NOT EXISTS (SELECT 1 FROM sheets s WHERE s.lot = messages.lot))",
            (limit,),
        )
        self._run(
            "UPDATE answers SET sealed = x'' WHERE made_at < ? AND NOT EXISTS"
            " (SELECT 1 FROM outbox o WHERE o.answer = answers.id AND o.state = 'waiting')",
            (limit,),
        )
        return count
