"""Registered sheets in the payer's store: one row per identity for ever, the acts they claim, what waits for a person."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.payer.decision import Motive, PersonVerdict
from vaguemestre.core.payer.intake import (
    Hold,
    KnownSheet,
    Registration,
    SheetState,
    StoredSheet,
    StoreKey,
    claim_key_texts,
)
from vaguemestre.edge.payer.unit import PayerTable, instant, marks, stamp

SHEET_CONTEXT: Final = b"sheet"
_HOLD = b"hold"
_CHUNK = 400  # SQLite's older builds take 999 values in a statement
_SHEET = (
    "SELECT s.id, s.billing_number, s.invoice_number, s.made_on, s.body, s.claim, s.received_on, s.state, h.decided_by, h.note"
    " FROM sheets s LEFT JOIN holds h ON h.sheet = s.id AND h.verdict = 'accept'"
)


class SheetBody(NamedTuple):
    """What is sealed of a registered sheet."""

    sheet: CareSheet
    card_signed: bool
    carried: bool


class SheetTable(PayerTable):
    """`sheets`, `claim_keys`, `holds`."""

    def claim_indexes(self, sheet: CareSheet) -> tuple[tuple[bytes, int], ...]:
        """The blind indexes by which a probable double is found: (index, act line)."""
        return tuple((self._vault.blind(text), line) for text, line in claim_key_texts(sheet))

    def live_claims(self, indexes: Sequence[bytes]) -> dict[bytes, str]:
        """Which of these acts a live sheet already claims, held ones too: index -> printed identity of the first such sheet."""
        found: dict[bytes, str] = {}
        for start in range(0, len(indexes), _CHUNK):
            part = indexes[start : start + _CHUNK]
            rows = self._rows(
                "SELECT k.key, s.billing_number, s.invoice_number, s.made_on FROM claim_keys k JOIN sheets s ON s.id = k.sheet"
                f" WHERE k.released = 0 AND k.key IN ({marks(len(part))}) ORDER BY k.occurrence DESC",
                part,
            )
            found |= {row[0]: str(StoreKey(*row[1:])) for row in rows}
        return found

    def known(self, key: StoreKey) -> KnownSheet | None:
        """What is registered under this identity."""
        row = self._row(
            "SELECT id, content, state, lot, received_on, claim FROM sheets"
            " WHERE billing_number = ? AND invoice_number = ? AND made_on = ?",
            key,
        )
        if row is None:
            return None
        return KnownSheet(row[0], row[1], SheetState(row[2]), row[3], date.fromisoformat(row[4]), row[5])

    def refused_claim(self, key: StoreKey) -> str | None:
        """The claim of a sheet that its acknowledgement refused; None when no such sheet came."""
        return self._turned_down(key, "refused")

    def is_disputed(self, key: StoreKey) -> bool:
        """Whether another content came under this identity."""
        return self._turned_down(key, "conflict") is not None

    def _turned_down(self, key: StoreKey, outcome: str) -> str | None:
        row = self._row(
            "SELECT claim FROM presentations WHERE outcome IN ('refused', 'conflict') AND outcome = ?"
            " AND billing_number = ? AND invoice_number = ? AND made_on = ? LIMIT 1",
            (outcome, *key),
        )
        return None if row is None else row[0]

    def register(self, entry: Registration, indexes: Sequence[tuple[bytes, int]], now: datetime) -> int | None:
        """Register one sheet; None when its identity is taken: the database decides, not a look before."""
        sheet = entry.sheet
        body = self._vault.seal(SheetBody(sheet, entry.card_signed, entry.carried), SHEET_CONTEXT)
        cursor = self._cursor.execute(
            "INSERT INTO sheets (billing_number, invoice_number, made_on, lot, rank, fund, content, settlement, claimed_cents,"
            " claim, patient, received_on, state, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (billing_number, invoice_number, made_on) DO NOTHING",
            (
                *entry.key,
                entry.lot,
                entry.rank,
                sheet.destination.code,
                entry.content,
                sheet.settlement.value,
                sheet.fund_cents,
                entry.claim,
                self._vault.blind(sheet.beneficiary.key),
                entry.received_on.isoformat(),
                "held" if entry.motives else "registered",
                body,
            ),
        )
        identifier = cursor.lastrowid
        if cursor.rowcount == 0 or identifier is None:
            return None
        if entry.motives:
            self._hold(identifier, entry.motives, now)
            self._claim_beside(identifier, indexes)
            return identifier
        self._many(
            "INSERT INTO claim_keys (key, occurrence, sheet, line, released) VALUES (?, 0, ?, ?, 0)",
            [(index, identifier, line) for index, line in indexes],
        )
        return identifier

    def _claim_beside(self, sheet: int, indexes: Sequence[tuple[bytes, int]]) -> None:
        """A held sheet claims its acts beside whoever else does: what comes after it is a probable double of it."""
        for index, line in indexes:
            row = self._row("SELECT max(occurrence) FROM claim_keys WHERE key = ? AND released = 0", (index,))
            occurrence = 0 if row is None or row[0] is None else row[0] + 1
            self._run(
                "INSERT INTO claim_keys (key, occurrence, sheet, line, released) VALUES (?, ?, ?, ?, 0)",
                (index, occurrence, sheet, line),
            )

    def join_claims(self, old: str, new: str) -> None:
        """Two chains of corrections turn out to be one claim; what was already accepted in both stays as it is."""
        moved = [row[0] for row in self._rows("SELECT id FROM sheets WHERE claim = ?", (old,))]
        for sheet in moved:  # by their sheets: rejected decisions have no index by claim
            self._run("UPDATE sheets SET claim = ? WHERE id = ?", (new, sheet))
            self._run("UPDATE OR IGNORE decisions SET claim = ? WHERE sheet = ? AND claim = ?", (new, sheet, old))
            self._run("UPDATE OR IGNORE payments SET claim = ? WHERE sheet = ? AND claim = ?", (new, sheet, old))

    def to_decide(self, count_max: int, after: int = 0) -> list[StoredSheet]:
        """The oldest registered sheets, in order of registration."""
        rows = self._rows(
            f"{_SHEET} WHERE s.state = 'registered' AND s.id > ? ORDER BY s.id LIMIT ?", (after, count_max)
        )
        return [self._stored(row) for row in rows]

    def sheet(self, identifier: int) -> StoredSheet | None:
        rows = self._rows(f"{_SHEET} WHERE s.id = ?", (identifier,))
        return self._stored(rows[0]) if rows else None

    def sheets(self, identifiers: Sequence[int]) -> list[StoredSheet]:
        """These sheets, oldest first."""
        found: list[StoredSheet] = []
        for start in range(0, len(identifiers), _CHUNK):
            part = identifiers[start : start + _CHUNK]
            found += [self._stored(row) for row in self._rows(f"{_SHEET} WHERE s.id IN ({marks(len(part))})", part)]
        return sorted(found, key=lambda entry: entry.id)

    def of_patients(self, persons: Iterable[str]) -> list[StoredSheet]:
        """Every sheet of these persons (`Beneficiary.key`), oldest first."""
        indexes = [self._vault.blind(person) for person in persons]
        rows = self._rows(f"{_SHEET} WHERE s.patient IN ({marks(len(indexes))}) ORDER BY s.id", indexes)
        return [self._stored(row) for row in rows]

    def set_states(self, states: Iterable[tuple[int, SheetState]]) -> None:
        self._many("UPDATE sheets SET state = ? WHERE id = ?", [(state.value, sheet) for sheet, state in states])

    def release_claims(self, released: Iterable[tuple[int, int]]) -> None:
        """Acts that were refused may be billed again: (sheet, act line)."""
        self._many("UPDATE claim_keys SET released = 1 WHERE sheet = ? AND line = ?", released)

    def counts(self) -> dict[str, int]:
        """How many sheets stand in each state."""
        return dict(self._rows("SELECT state, count(*) FROM sheets GROUP BY state"))

    # --- holds -----------------------------------------------------------------------------------------------------------

    def open_holds(self) -> list[Hold]:
        """What waits for a person, oldest first."""
        return self._holds("h.verdict IS NULL")

    def hold(self, identifier: int) -> Hold | None:
        found = self._holds("h.id = ?", (identifier,))
        return found[0] if found else None

    def decide_hold(self, hold: Hold, accepted: bool, name: str, note: str, now: datetime) -> None:
        """Write a person's decision. Its acts are claimed since it came; refusing it frees them (`release_claims`)."""
        self._run(
            "UPDATE holds SET verdict = ?, decided_by = ?, decided_at = ?, note = ? WHERE id = ? AND verdict IS NULL",
            ("accept" if accepted else "refuse", name, stamp(now), self._vault.seal(note, _HOLD), hold.id),
        )
        stored = self.sheet(hold.sheet)
        if stored is None or not accepted:
            return
        self.set_states([(stored.id, SheetState.REGISTERED)])

    def suspend(self, identifier: int, motives: Sequence[Motive], now: datetime) -> None:
        """Hold a registered sheet for a person; the acts that it claims stay its own."""
        self._hold(identifier, motives, now)
        self.set_states([(identifier, SheetState.HELD)])

    def _hold(self, sheet: int, motives: Sequence[Motive], now: datetime) -> None:
        self._run(
            "INSERT INTO holds (sheet, code, opened_at, body) VALUES (?, ?, ?, ?)",
            (sheet, motives[0].code, stamp(now), self._vault.seal(tuple(motives), _HOLD)),
        )

    def _holds(self, condition: str, values: Sequence[Any] = ()) -> list[Hold]:
        rows = self._rows(
            "SELECT h.id, h.sheet, s.billing_number, s.invoice_number, s.made_on, h.opened_at, h.body, h.verdict, h.decided_by,"
            f" h.note FROM holds h JOIN sheets s ON s.id = h.sheet WHERE {condition} ORDER BY h.id",
            values,
        )
        return [
            Hold(
                row[0],
                row[1],
                str(StoreKey(*row[2:5])),
                instant(row[5]),
                self._vault.unseal(row[6], tuple[Motive, ...], _HOLD),
                row[7] or "",
                row[8] or "",
                "" if row[9] is None else self._vault.unseal(row[9], str, _HOLD),
            )
            for row in rows
        ]

    def _stored(self, row: tuple[Any, ...]) -> StoredSheet:
        body = self._vault.unseal(row[4], SheetBody, SHEET_CONTEXT)
        note = "" if row[9] is None else self._vault.unseal(row[9], str, _HOLD)
        verdict = None if row[8] is None else PersonVerdict(True, row[8], note)
        return StoredSheet(
            row[0],
            StoreKey(*row[1:4]),
            body.sheet,
            row[5],
            date.fromisoformat(row[6]),
            SheetState(row[7]),
            body.card_signed,
            body.carried,
            verdict,
        )
