"""Sheets forwarded to another insurer's fund, in the payer's store: who has each now."""

from collections.abc import Sequence
from datetime import datetime

from vaguemestre.core.payer.intake import Forwarded, StoreKey
from vaguemestre.edge.payer.unit import PayerTable, instant, marks, stamp

_CHUNK = 400


class ForwardTable(PayerTable):
    """`forwards`."""

    def add(self, sheet: int, fund: str, message: int, notice: int, now: datetime) -> None:
        """A sheet leaves once: the database refuses a second time."""
        self._run(
            "INSERT INTO forwards (sheet, fund, forwarded_at, message, notice) VALUES (?, ?, ?, ?, ?)",
            (sheet, fund, stamp(now), message, notice),
        )

    def of(self, sheets: Sequence[int]) -> dict[int, str]:
        """Which fund has each of these sheets now; those that were not forwarded are left out."""
        found: dict[int, str] = {}
        for start in range(0, len(sheets), _CHUNK):
            part = sheets[start : start + _CHUNK]
            found |= dict(self._rows(f"SELECT sheet, fund FROM forwards WHERE sheet IN ({marks(len(part))})", part))
        return found

    def of_claims(self, claims: Sequence[str]) -> dict[str, str]:
        """The sheet of each of these claims that another insurer has: its printed identity; claims without one are left out."""
        if self._row("SELECT 1 FROM forwards LIMIT 1") is None:
            return {}
        found: dict[str, str] = {}
        for start in range(0, len(claims), _CHUNK):
            part = claims[start : start + _CHUNK]
            rows = self._rows(
                "SELECT s.claim, s.billing_number, s.invoice_number, s.made_on FROM forwards f JOIN sheets s ON s.id = f.sheet"
                f" WHERE s.claim IN ({marks(len(part))})",
                part,
            )
            found |= {row[0]: str(StoreKey(*row[1:])) for row in rows}
        return found

    def all(self) -> list[Forwarded]:
        """Every forwarded sheet that is kept, oldest first."""
        rows = self._rows(
            "SELECT f.sheet, s.billing_number, s.invoice_number, s.made_on, f.fund, f.forwarded_at, EXISTS"
            " (SELECT 1 FROM outbox o WHERE o.answer = f.message AND o.state = 'sent')"
            " FROM forwards f JOIN sheets s ON s.id = f.sheet ORDER BY f.sheet"
        )
        return [Forwarded(row[0], str(StoreKey(*row[1:4])), row[4], instant(row[5]), bool(row[6])) for row in rows]
