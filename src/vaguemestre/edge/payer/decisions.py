"""Decisions in the payer's store, one per sheet with its trace, and what of them the practice has still to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from vaguemestre.core.payer.decision import Decision
from vaguemestre.core.payer.intake import DecidedSheet, PayableSheet, ReturnDue, SettledSheet, StoreKey
from vaguemestre.core.trace import Trace
from vaguemestre.edge.payer.sheets import SHEET_CONTEXT, SheetBody
from vaguemestre.edge.payer.unit import PAYMENT_CONTEXT, PayerTable, day, instant, marks, stamp

_DECISION = b"decision"
_CHUNK = 400


class DecisionTable(PayerTable):
    """`decisions`."""

    def add(self, decided: Iterable[DecidedSheet], now: datetime) -> None:
        """Write decisions down. The database refuses a second accepted sheet of one claim."""
        at = stamp(now)
        self._many(
            "INSERT INTO decisions (sheet, claim, fund, settlement, outcome, claimed_cents, accepted_cents, rejected_cents,"
            " decided_at, due_on, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    stored.id,
                    stored.claim,
                    decision.fund.code,
                    stored.sheet.settlement.value,
                    decision.outcome.value,
                    decision.claimed_cents,
                    decision.accepted_cents,
                    decision.rejected_cents,
                    at,
                    None if due_on is None else due_on.isoformat(),
                    self._vault.seal(decision, _DECISION),
                )
                for stored, decision, due_on in decided
            ],
        )

    def of(self, sheets: Sequence[int]) -> dict[int, SettledSheet]:
        """The decisions on these sheets and what was paid of them."""
        found: dict[int, SettledSheet] = {}
        for start in range(0, len(sheets), _CHUNK):
            part = sheets[start : start + _CHUNK]
            found |= {item.sheet: item for item in self._settled(f"d.sheet IN ({marks(len(part))})", part)}
        return found

    def payable(self, sheets: Sequence[int]) -> dict[int, PayableSheet]:
        """Those of these sheets that were accepted and not paid yet, with what was decided: no more is read than paying needs."""
        found: dict[int, PayableSheet] = {}
        for start in range(0, len(sheets), _CHUNK):
            part = sheets[start : start + _CHUNK]
            rows = self._rows(
                "SELECT d.sheet, s.body, d.body FROM decisions d JOIN sheets s ON s.id = d.sheet"
                f" WHERE d.due_on IS NOT NULL AND d.paid_on IS NULL AND d.sheet IN ({marks(len(part))})",
                part,
            )
            for sheet, body, decision in rows:
                found[sheet] = PayableSheet(
                    self._vault.unseal(body, SheetBody, SHEET_CONTEXT).sheet,
                    self._vault.unseal(decision, Decision, _DECISION),
                )
        return found

    def settled_claims(self, claims: Sequence[str]) -> dict[str, str]:
        """Claims of which one sheet was accepted already: claim -> printed identity of that sheet."""
        found: dict[str, str] = {}
        for start in range(0, len(claims), _CHUNK):
            part = claims[start : start + _CHUNK]
            rows = self._rows(
                "SELECT d.claim, s.billing_number, s.invoice_number, s.made_on FROM decisions d JOIN sheets s ON s.id = d.sheet"
                f" WHERE d.outcome <> 'rejected' AND d.claim IN ({marks(len(part))})",
                part,
            )
            found |= {row[0]: str(StoreKey(*row[1:])) for row in rows}
        return found

    def to_return(self) -> list[ReturnDue]:
        """Tiers payant that the practice was not told of: paid, or rejected; by fund, billing number and station ("" for paper)."""
        rows = self._rows(
            "SELECT d.fund, s.billing_number, coalesce(l.station, '') AS station, d.sheet FROM decisions d"
            " JOIN sheets s ON s.id = d.sheet"
            " LEFT JOIN lots l ON l.id = s.lot WHERE d.settlement = 'tiers_payant' AND d.answer IS NULL"
            " AND (d.paid_on IS NOT NULL OR d.outcome = 'rejected') ORDER BY d.fund, s.billing_number, station, d.sheet"
        )
        return [ReturnDue(*row) for row in rows]

    def set_returned(self, sheets: Iterable[int], answer: int) -> None:
        self._many("UPDATE decisions SET answer = ? WHERE sheet = ?", [(answer, sheet) for sheet in sheets])

    def told_by(self, billing_number: str, answer: int) -> list[int]:
        """The sheets of a payee of which one return told."""
        rows = self._rows(
            "SELECT d.sheet FROM sheets s JOIN decisions d ON d.sheet = s.id WHERE s.billing_number = ? AND d.answer = ?"
            " ORDER BY d.sheet",
            (billing_number, answer),
        )
        return [row[0] for row in rows]

    def _settled(self, condition: str, values: Sequence[Any]) -> list[SettledSheet]:
        rows = self._rows(
            "SELECT d.sheet, d.fund, s.billing_number, d.body, d.due_on, d.paid_on, p.paid_cents, p.retained_cents,"
            " p.recovered_cents, p.debt_cents, p.body, d.decided_at, l.lot_number, l.made_on,"
            " l.sealed_digest, l.fund, l.station, d.answer"
            " FROM decisions d JOIN sheets s ON s.id = d.sheet LEFT JOIN lots l ON l.id = s.lot"
            f" LEFT JOIN payments p ON p.sheet = d.sheet WHERE {condition}",
            values,
        )
        return [
            SettledSheet(
                sheet=row[0],
                fund=row[1],
                billing_number=row[2],
                decision=self._vault.unseal(row[3], Decision, _DECISION),
                due_on=day(row[4]),
                paid_on=day(row[5]),
                paid_cents=row[6] or 0,
                retained_cents=row[7] or 0,
                recovered_cents=row[8] or 0,
                debt_cents=row[9] or 0,
                payment_trace=() if row[10] is None else self._vault.unseal(row[10], Trace, PAYMENT_CONTEXT),
                decided_at=instant(row[11]),
                lot_number=int(row[12] or 0),
                lot_made_on=day(row[13] or None),
                lot_digest=row[14] or "",
                lot_fund=row[15] or "",
                station=row[16] or "",
                returned=row[17] is not None,
            )
            for row in rows
        ]
