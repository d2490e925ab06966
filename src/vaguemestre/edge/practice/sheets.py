"""The sheets in the practice's store: reading them, and the few ways in which they may change."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import Connection, bindparam, func, insert, literal_column, null, select, update
from sqlalchemy.dialects import sqlite

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.lot import WaitingGroup
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import (
    FORKED_FACT,
    NewSheet,
    Numbers,
    SheetBody,
    SheetChange,
    SheetKey,
    SheetRow,
    Travelling,
)
from vaguemestre.core.seal.sheetsigning import SignedSheet
from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.schema import certificates, lot_sheets, sheet_bodies, sheets
from vaguemestre.edge.practice.view import Prepared, View
from vaguemestre.edge.store.vault import Vault
from vaguemestre.tables.lifecycles import SheetState

_NEW_COLUMNS = (
    "billing_number", "invoice_number", "made_on", "origin", "state", "settlement", "destination", "fund_cents",
    "completed_on", "deadline", "recorded_at", "lot_id", "replaces_id", "patient_index", "care_index", "entry_index",
    "travelling_id", "body_id",
)  # fmt: skip
_DIALECT = sqlite.dialect()
_INSERT_SHEET = str(insert(sheets).values({name: bindparam(name) for name in _NEW_COLUMNS}).compile(dialect=_DIALECT))
_NUMBERS = (
    "SELECT (SELECT invoice_number FROM sheets WHERE billing_number = ? AND invoice_number BETWEEN ? AND ? "
    "AND made_on = ? ORDER BY invoice_number DESC LIMIT 1), "
    "(SELECT count(*) FROM restores WHERE restored_on = ?), EXISTS (SELECT 1 FROM facts WHERE name = ?)"
)
_KEEP_BODY = "INSERT INTO sheet_bodies (sealed) VALUES (?)"
_KEEP_CERTIFICATE = "INSERT INTO certificates (fingerprint, der) VALUES (?, ?) ON CONFLICT DO NOTHING"
"""Recording a sheet is the one thing a person waits for: its statements are compiled once."""

_KEY = (sheets.c.billing_number, sheets.c.invoice_number, sheets.c.made_on)
_ONE = sheets.c.id == bindparam("sheet")
_BODY = Prepared(select(sheet_bodies.c.sealed, *_KEY).join(sheets, sheets.c.body_id == sheet_bodies.c.id).where(_ONE))
_OF_TRAVELLING = select(sheet_bodies.c.sealed, *_KEY).join(sheets, sheets.c.travelling_id == sheet_bodies.c.id)
_TRAVELLING = Prepared(_OF_TRAVELLING.where(_ONE))
_SHEETS_OF_LOT = Prepared(
    select(*rows.SHEET_COLUMNS)
    .join(lot_sheets, lot_sheets.c.sheet_id == sheets.c.id)
    .where(lot_sheets.c.lot_id == bindparam("lot"))
    .order_by(lot_sheets.c.rank)
)
_IN_LOT = update(sheets).where(sheets.c.lot_id == bindparam("lot"), sheets.c.state == bindparam("from"))
_MOVE_IN_LOT = Prepared(_IN_LOT.values(state=bindparam("to")))
_BACK_FROM_LOT = Prepared(_IN_LOT.values(state=bindparam("to"), lot_id=null()))
_WAITING = Prepared(
    select(sheets.c.id, sheets.c.fund_cents, sheets.c.deadline, sheets.c.completed_on)
    .where(
        sheets.c.state == bindparam("waiting"),
        sheets.c.billing_number == bindparam("billing"),
        sheets.c.destination == bindparam("fund"),
    )
    .order_by(sheets.c.deadline, sheets.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
)
_BY_KEY = Prepared(
    select(*rows.SHEET_COLUMNS).where(
        sheets.c.billing_number == bindparam("billing"),
        sheets.c.invoice_number == bindparam("invoice"),
        sheets.c.made_on == bindparam("day"),
    )
)
_BY_INVOICE = Prepared(
    select(*rows.SHEET_COLUMNS)
    .where(sheets.c.billing_number == bindparam("billing"), sheets.c.invoice_number == bindparam("invoice"))
    .order_by(sheets.c.id)
)
_CERTIFICATE = Prepared(select(certificates.c.der).where(certificates.c.fingerprint == bindparam("named")))
_TRAVELLING_OF_LOT = Prepared(
    _OF_TRAVELLING.join(lot_sheets, lot_sheets.c.sheet_id == sheets.c.id)
    .where(lot_sheets.c.lot_id == bindparam("lot"), sheets.c.lot_id == lot_sheets.c.lot_id)
    .order_by(lot_sheets.c.rank)
)


class SheetReader(View):
    """Looking sheets up."""

    def numbers_of(self, billing_number: str, made_on: date) -> Numbers:
        """The last serial given for that billing number and day (0 when none was), and the restores of that day."""
        day, head = made_on.isoformat(), f"{made_on:%y%j}"
        given = (billing_number, f"{head}0000", f"{head}9999", day, day, FORKED_FACT)
        row = self._driver.execute(_NUMBERS, given).fetchone()
        return Numbers(int(row[0][5:9]) if row[0] else 0, int(row[1]), bool(row[2]))

    def sheet(self, sheet_id: int) -> SheetRow | None:
        return self._one_sheet(select(*rows.SHEET_COLUMNS).where(sheets.c.id == sheet_id))

    def sheet_by_key(self, key: SheetKey) -> SheetRow | None:
        row = self._row(_BY_KEY, billing=key.billing_number, invoice=key.invoice_number, day=key.made_on)
        return None if row is None else rows.sheet_row(row)

    def sheets_by_invoices(self, billing_number: str, invoice_numbers: Sequence[str]) -> dict[str, list[SheetRow]]:
        """Every sheet under each invoice number: a return gives no date (a carried number comes again each year)."""
        found: dict[str, list[SheetRow]] = {}
        for invoice in dict.fromkeys(invoice_numbers):
            known = [rows.sheet_row(row) for row in self._rows(_BY_INVOICE, billing=billing_number, invoice=invoice)]
            if known:
                found[invoice] = known
        return found

    def sheets_of_patient(self, patient_key: str) -> list[SheetRow]:
        query = select(*rows.SHEET_COLUMNS).where(sheets.c.patient_index == self._vault.blind(patient_key))
        return [rows.sheet_row(row) for row in self._connection.execute(query.order_by(sheets.c.id))]

    def correction_of(self, sheet_id: int) -> SheetRow | None:
        """The sheet that replaces this one, unless it was cancelled."""
        return self._one_sheet(
            select(*rows.SHEET_COLUMNS).where(
                sheets.c.replaces_id == sheet_id, sheets.c.state != SheetState.CANCELLED.value
            )
        )

    def sheets_of_lot(self, lot_id: int) -> list[SheetRow]:
        """The sheets that a lot held when it was closed, in order; some may have moved on since."""
        return [rows.sheet_row(row) for row in self._rows(_SHEETS_OF_LOT, lot=lot_id)]

    def sheets_in_state(self, state: SheetState, count_max: int | None = None) -> Iterator[SheetRow]:
        """Streamed, earliest deadline first."""
        query = select(*rows.SHEET_COLUMNS).where(sheets.c.state == state.value)
        query = query.order_by(sheets.c.deadline, sheets.c.id).limit(count_max)
        for row in self._stream(query):
            yield rows.sheet_row(row)

    def late_sheets(self, before: date, count_max: int) -> list[SheetRow]:
        """Sheets not yet acknowledged whose deadline lies before a day, most urgent first."""
        waiting = [
            state.value for state in (SheetState.RECORDED, SheetState.IN_LOT, SheetState.SEALED, SheetState.HANDED_OVER)
        ]
        pressing = (
            select(sheets.c.id)
            .where(sheets.c.state.in_(waiting), sheets.c.deadline < before.isoformat())
            .order_by(sheets.c.deadline, sheets.c.id)
            .limit(count_max)
        )
        query = select(*rows.SHEET_COLUMNS).where(sheets.c.id.in_(pressing)).order_by(sheets.c.deadline, sheets.c.id)
        return [rows.sheet_row(row) for row in self._connection.execute(query)]

    def unpaid_sheets(self, acknowledged_before: datetime, count_max: int) -> list[SheetRow]:
        """Sheets under tiers payant acknowledged before an instant and without a return, oldest first."""
        query = select(*rows.SHEET_COLUMNS).where(
            sheets.c.state == SheetState.ACKNOWLEDGED.value,
            sheets.c.settlement == Settlement.TIERS_PAYANT.value,
            sheets.c.acknowledged_at < rows.stamp(acknowledged_before),
        )
        query = query.order_by(sheets.c.acknowledged_at).limit(count_max)
        return [rows.sheet_row(row) for row in self._connection.execute(query)]

    def body(self, sheet_id: int) -> SheetBody:
        """The encrypted part of one sheet. Raises LookupError when there is no such sheet, VaultError with another key."""
        row = self._row(_BODY, sheet=sheet_id)
        if row is None:
            raise LookupError(f"no sheet {sheet_id}")
        if not row[0]:
            return SheetBody("")  # purged: see `keeping`
        return self._vault.unseal(row[0], SheetBody, body_context(row[1], row[2], row[3]))

    def travelling(self, sheet_id: int) -> Travelling | None:
        """The signed bytes of one of our own sheets; None for a carried one, or one whose keeping time has passed."""
        row = self._row(_TRAVELLING, sheet=sheet_id)
        if row is None or not row[0]:
            return None
        (found,) = self._travelling([(row[0], travelling_context(row[1], row[2], row[3]))])
        return found

    def _travelling(self, bodies: Iterable[tuple[bytes, bytes]]) -> list[Travelling]:
        """From (encrypted, context): sheets with their certificates in place of fingerprints, each read once."""
        kept = [self._vault.unseal(body, Travelling, context) for body, context in bodies]
        used = {item.signed.certificate_der for item in kept} | {item.signed.card_certificate_der for item in kept}
        known = self._certificates_of(sorted(used - {b""})) | {b"": b""}
        return [
            Travelling(
                item.records,
                _with_certificates(
                    item.signed, known[item.signed.certificate_der], known[item.signed.card_certificate_der]
                ),
            )
            for item in kept
        ]

    def _certificates_of(self, fingerprints: Sequence[bytes]) -> dict[bytes, bytes]:
        found = ((named, self._row(_CERTIFICATE, named=named)) for named in fingerprints)
        return {named: row[0] for named, row in found if row is not None}

    def travelling_of_lot(self, lot_id: int) -> list[tuple[SheetKey, Travelling]]:
        """What one lot carries, in order; at most 999 sheets."""
        found = self._rows(_TRAVELLING_OF_LOT, lot=lot_id)
        whole = self._travelling((row[0], travelling_context(row[1], row[2], row[3])) for row in found)
        return [(SheetKey(row[1], row[2], row[3]), item) for row, item in zip(found, whole, strict=True)]

    def waiting_groups(self) -> list[WaitingGroup]:
        """The recorded sheets of our own, by billing number and destination."""
        table = sheets.c
        query = (
            select(
                table.billing_number,
                table.destination,
                func.count(),
                func.min(table.deadline),
                func.min(table.recorded_at),
            )
            .where(table.state == SheetState.RECORDED.value)
            .group_by(table.billing_number, table.destination)
        )
        return [
            WaitingGroup(
                row[0], Destination.from_code(row[1]), row[2], date.fromisoformat(row[3]), rows.instant(row[4])
            )
            for row in self._connection.execute(query)
        ]

    def waiting_sheets(
        self, billing_number: str, destination: Destination, count_max: int
    ) -> list[tuple[int, int, date, date]]:
        """(id, fund_cents, deadline, completed_on) of the most urgent waiting sheets of one group."""
        found = self._rows(
            _WAITING, waiting=SheetState.RECORDED.value, billing=billing_number, fund=destination.code, most=count_max
        )
        return [(row[0], row[1], date.fromisoformat(row[2]), date.fromisoformat(row[3])) for row in found]


class SheetWriter(SheetReader):
    """Writing sheets down, inside one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection, vault)
        self._certificates = {b"": b""}  # those that this transaction kept, with their fingerprints

    def add_sheet(self, new: NewSheet, lot_id: int | None = None, state: SheetState = SheetState.RECORDED) -> int:
        """Write one sheet; gives its id. Raises IntegrityError when its identity is already taken."""
        key = new.key
        vault = self._vault
        travelling = None
        if new.travelling is not None:
            without = self._without_certificates(new.travelling)
            travelling = self._keep(vault.seal(without, travelling_context(*key)))
        values = (
            key.billing_number,
            key.invoice_number,
            key.made_on,
            new.origin.value,
            state.value,
            new.settlement.value,
            new.destination.code,
            new.fund_cents,
            new.completed_on.isoformat(),
            new.deadline.isoformat(),
            rows.stamp(new.recorded_at),
            lot_id,
            new.replaces_id,
            self._blind(new.patient_key),
            self._blind(new.care_key) if new.care_key else None,
            self._blind(new.entry_key) if new.entry_key else None,
            travelling,
            self._keep(vault.seal(new.body, body_context(*key))),
        )
        return int(self._driver.execute(_INSERT_SHEET, values).lastrowid)

    def _keep(self, sealed: bytes) -> int:
        return int(self._driver.execute(_KEEP_BODY, (sealed,)).lastrowid)

    def _without_certificates(self, travelling: Travelling) -> Travelling:
        """The same with fingerprints in place of certificates, each of which is kept once for all sheets."""
        signed = travelling.signed
        own, card = self._kept(signed.certificate_der), self._kept(signed.card_certificate_der)
        return Travelling(travelling.records, _with_certificates(signed, own, card))

    def _kept(self, der: bytes) -> bytes:
        """The fingerprint of a certificate, which this transaction keeps once; b"" for none."""
        known = self._certificates.get(der)
        if known is None:
            known = self._certificates[der] = sha256(der).digest()
            self._driver.execute(_KEEP_CERTIFICATE, (known, der))
        return known

    def move_sheets(self, lot_id: int, before: Sequence[SheetState], after: SheetState) -> int:
        """Move the sheets now in a lot from one of some states to another; gives how many moved."""
        statement = _BACK_FROM_LOT if after is SheetState.RECORDED else _MOVE_IN_LOT
        return sum(
            self._run(statement, {"lot": lot_id, "from": state.value, "to": after.value}).rowcount for state in before
        )

    def put_in_lot(self, lot_id: int, sheet_ids: Sequence[int]) -> None:
        """Give recorded sheets their lot, in order."""
        self.add_lot_members(lot_id, sheet_ids)
        step = {"in_lot": lot_id, "before": SheetState.RECORDED.value, "after": SheetState.IN_LOT.value}
        moved = self._run_many(_INTO_LOT, [{**step, "row": item} for item in sheet_ids])
        if moved.rowcount != len(sheet_ids):
            raise LookupError("a sheet was no longer waiting")

    def add_lot_members(self, lot_id: int, sheet_ids: Sequence[int]) -> None:
        """Write the sheets of a lot, in order."""
        members = [{"lot_id": lot_id, "rank": rank, "sheet_id": item} for rank, item in enumerate(sheet_ids, 1)]
        self._insert_many(lot_sheets, members)

    def change_sheets(self, changes: Iterable[SheetChange]) -> None:
        """Write what an answer made of some sheets; None leaves a column as it is, except the lot, always written."""
        parameters = [
            {
                "row": change.sheet_id,
                "new_state": change.state.value,
                "new_lot": change.lot_id,
                "at_acknowledged": rows.stamp_or_none(change.acknowledged_at),
                "at_end": rows.stamp_or_none(change.ended_at),
                "accepted": change.accepted_cents,
                "rejected": change.rejected_cents,
                "paid": change.paid_cents,
            }
            for change in changes
        ]
        if parameters:
            self._run_many(_CHANGE, parameters)

    def mark_on_paper(self, sheet_id: int, at: datetime, reason: str) -> None:
        """A paper duplicate was handed out; the first instant and reason stay."""
        statement = update(sheets).where(sheets.c.id == sheet_id, sheets.c.on_paper_at.is_(None))
        self._connection.execute(statement.values(on_paper_at=rows.stamp(at), on_paper_reason=reason))


_INTO_LOT = Prepared(
    update(sheets)
    .where(sheets.c.id == bindparam("row"), sheets.c.state == bindparam("before"))
    .values(state=bindparam("after"), lot_id=bindparam("in_lot"))
)
_CHANGE = Prepared(
    update(sheets)
    .where(sheets.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        lot_id=bindparam("new_lot"),
        acknowledged_at=func.coalesce(sheets.c.acknowledged_at, bindparam("at_acknowledged")),
        ended_at=func.coalesce(sheets.c.ended_at, bindparam("at_end")),
        accepted_cents=func.coalesce(bindparam("accepted"), sheets.c.accepted_cents),
        rejected_cents=func.coalesce(bindparam("rejected"), sheets.c.rejected_cents),
        paid_cents=func.coalesce(bindparam("paid"), sheets.c.paid_cents),
    )
)


def _with_certificates(signed: SignedSheet, own: bytes, card: bytes) -> SignedSheet:
    """The same signatures beside other bytes for their certificates: `dataclasses.replace` costs three times as much."""
    return SignedSheet(
        signed.invoice_number,
        signed.signed_at,
        signed.header,
        signed.algorithm,
        own,
        signed.signature,
        signed.card_algorithm,
        card,
        signed.card_signature,
    )


def body_context(billing_number: str, invoice_number: str, made_on: str) -> bytes:
    """What an encrypted body is tied to: it cannot be moved to another row."""
    return f"body {billing_number}/{invoice_number}/{made_on}".encode()


def travelling_context(billing_number: str, invoice_number: str, made_on: str) -> bytes:
    """What the signed bytes of a sheet are tied to."""
    return f"travelling {billing_number}/{invoice_number}/{made_on}".encode()
