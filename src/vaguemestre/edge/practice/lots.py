"""Lots, the B2 files that hold them, their sealings and the attempts to hand them over, in the practice's store."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnClause, and_, bindparam, exists, func, literal_column, or_, select, update

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.lot import LotIdentity, LotState
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import (
    AttemptRow,
    FileRow,
    FileStage,
    LotRow,
    NewSealing,
    Origin,
    SealingRow,
)
from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.schema import attempts, b2_files, lot_numbering, lot_sheets, lots, sealings, sheets
from vaguemestre.edge.practice.view import Prepared, View
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.lifecycles import SheetState

_OF_FILE = lots.c.file_id == bindparam("file")
_LOTS_OF_FILE = Prepared(select(*rows.LOT_COLUMNS).where(_OF_FILE).order_by(lots.c.id))
_FILE = Prepared(select(*rows.FILE_COLUMNS).where(b2_files.c.id == bindparam("file")))
_IS_CURRENT = and_(sealings.c.file_id == bindparam("file"), sealings.c.is_current == literal_column("1"))
_CURRENT_SEALING = Prepared(select(*rows.SEALING_COLUMNS).where(_IS_CURRENT))
_SUPERSEDE_SEALING = Prepared(update(sealings).where(_IS_CURRENT).values(is_current=literal_column("0")))
_SEALED_MESSAGE = Prepared(select(sealings.c.message).where(sealings.c.id == bindparam("sealing")))
_ATTEMPT_GOING_ON = Prepared(
    select(attempts.c.id).where(attempts.c.sealing_id == bindparam("sealing"), attempts.c.outcome.is_(None))
)
_END_ATTEMPT = Prepared(
    update(attempts)
    .where(attempts.c.id == bindparam("attempt"))
    .values(outcome=bindparam("ended"), reply=bindparam("said"), ended_at=bindparam("at"))
)
_SET_FILE = Prepared(
    update(b2_files)
    .where(b2_files.c.id == bindparam("file"))
    .values(
        stage=bindparam("new_stage"),
        next_try_at=func.coalesce(bindparam("again"), b2_files.c.next_try_at),
        failures=func.coalesce(bindparam("failed"), b2_files.c.failures),
    )
)
_SET_LOT = Prepared(
    update(lots)
    .where(lots.c.id == bindparam("lot"))
    .values(
        state=bindparam("new_state"),
        sealed_at=func.coalesce(lots.c.sealed_at, bindparam("sealed")),
        handed_over_at=func.coalesce(lots.c.handed_over_at, bindparam("handed_over")),
        answered_at=func.coalesce(lots.c.answered_at, bindparam("answered")),
        is_open=func.coalesce(bindparam("open"), lots.c.is_open),
    )
)

_STILL_CARRIED: tuple[ColumnClause[str], ...] = tuple(
    literal_column(f"'{state.value}'") for state in (SheetState.IN_LOT, SheetState.SEALED, SheetState.HANDED_OVER)
)
_GOING_ON = exists().where(
    sheets.c.lot_id == lots.c.id,
    or_(
        sheets.c.state.in_(_STILL_CARRIED),
        and_(
            sheets.c.state == literal_column(f"'{SheetState.ACKNOWLEDGED.value}'"),
            sheets.c.settlement == literal_column(f"'{Settlement.TIERS_PAYANT.value}'"),
        ),
    ),
)
_CLOSE_ENDED = Prepared(
    update(lots)
    .where(lots.c.id == bindparam("lot"), lots.c.is_open == literal_column("1"), ~_GOING_ON)
    .values(is_open=literal_column("0"))
)
_SEALING_BY_DIGEST = Prepared(select(*rows.SEALING_COLUMNS).where(sealings.c.sealed_digest == bindparam("digest")))
_OF_PAIR = and_(lots.c.billing_number == bindparam("billing"), lots.c.destination == bindparam("fund"))
_OPEN_NUMBERS = Prepared(select(lots.c.number).where(_OF_PAIR, lots.c.is_open == literal_column("1")))
_NUMBERS_OF_DAY = Prepared(select(lots.c.number).where(_OF_PAIR, lots.c.made_on == bindparam("day")))
_LOT = Prepared(select(*rows.LOT_COLUMNS).where(lots.c.id == bindparam("lot")))
_LAST_NUMBER = Prepared(
    select(lot_numbering.c.last_number).where(
        lot_numbering.c.billing_number == bindparam("billing"), lot_numbering.c.destination == bindparam("fund")
    )
)
_FILES_DUE = Prepared(
    select(*rows.FILE_COLUMNS)
    .where(b2_files.c.stage == bindparam("at_stage"), b2_files.c.next_try_at <= bindparam("at"))
    .order_by(b2_files.c.earliest_deadline, b2_files.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
)
_ATTEMPTS_OF_FILE = Prepared(
    select(*rows.ATTEMPT_COLUMNS)
    .join(sealings, sealings.c.id == attempts.c.sealing_id)
    .where(sealings.c.file_id == bindparam("file"))
    .order_by(attempts.c.id)
)
_NO_LIMIT = -1  # as SQLite says it


class LotReader(View):
    """Looking lots, files, sealings and attempts up."""

    def open_lot_numbers(self, billing_number: str, destination: Destination) -> set[int]:
        return {row[0] for row in self._rows(_OPEN_NUMBERS, billing=billing_number, fund=destination.code)}

    def lot_numbers_of_day(self, billing_number: str, destination: Destination, day: date) -> set[int]:
        """Numbers of every lot made up that day: a lot's identity holds its day, and never comes again."""
        found = self._rows(_NUMBERS_OF_DAY, billing=billing_number, fund=destination.code, day=day.isoformat())
        return {row[0] for row in found}

    def lot(self, lot_id: int) -> LotRow | None:
        row = self._row(_LOT, lot=lot_id)
        return None if row is None else rows.lot_row(row)

    def lot_by_identity(self, identity: LotIdentity) -> LotRow | None:
        query = select(*rows.LOT_COLUMNS).where(
            lots.c.billing_number == identity.billing_number,
            lots.c.destination == identity.destination.code,
            lots.c.made_on == identity.made_on.isoformat(),
            lots.c.number == identity.number,
        )
        row = self._connection.execute(query).first()
        return None if row is None else rows.lot_row(row)

    def lots_of_file(self, file_id: int) -> list[LotRow]:
        return [rows.lot_row(row) for row in self._rows(_LOTS_OF_FILE, file=file_id)]

    def lots_of_sheet(self, sheet_id: int) -> list[LotRow]:
        """Every lot that held the sheet, oldest first."""
        query = select(*rows.LOT_COLUMNS).join(lot_sheets, lot_sheets.c.lot_id == lots.c.id)
        query = query.where(lot_sheets.c.sheet_id == sheet_id).order_by(lots.c.id)
        return [rows.lot_row(row) for row in self._connection.execute(query)]

    def unanswered_lots(self, handed_over_before: datetime, count_max: int) -> list[LotRow]:
        """Lots handed over before an instant and not answered since, oldest first."""
        query = select(*rows.LOT_COLUMNS).where(
            lots.c.is_open == 1,
            lots.c.state == LotState.HANDED_OVER.value,
            lots.c.handed_over_at < rows.stamp(handed_over_before),
        )
        query = query.order_by(lots.c.handed_over_at).limit(count_max)
        return [rows.lot_row(row) for row in self._connection.execute(query)]

    def file(self, file_id: int) -> FileRow | None:
        row = self._row(_FILE, file=file_id)
        return None if row is None else rows.file_row(row)

    def files_due(self, stage: FileStage, now: datetime, count_max: int | None = None) -> list[FileRow]:
        """Files in one stage whose time has come, earliest deadline first."""
        most = _NO_LIMIT if count_max is None else count_max
        found = self._rows(_FILES_DUE, at_stage=stage.value, at=rows.stamp(now), most=most)
        return [rows.file_row(row) for row in found]

    def files_awaiting_money(self) -> list[FileRow]:
        """Files that were answered, of which at least one lot is still open: a return is to come, or came and was lost."""
        still_open = exists().where(lots.c.file_id == b2_files.c.id, lots.c.is_open == 1)
        query = select(*rows.FILE_COLUMNS).where(b2_files.c.stage == FileStage.DONE.value, still_open)
        return [rows.file_row(row) for row in self._connection.execute(query.order_by(b2_files.c.id))]

    def files_in_stage(self, stage: FileStage) -> int:
        query = select(func.count()).select_from(b2_files).where(b2_files.c.stage == stage.value)
        return int(self._connection.scalar(query) or 0)

    def next_file_time(self) -> datetime | None:
        """When the next file wants work; None when none does."""
        query = select(func.min(b2_files.c.next_try_at)).where(b2_files.c.stage != FileStage.DONE.value)
        return rows.instant_or_none(self._connection.scalar(query))

    def carried_body(self, file_id: int) -> bytes:
        """The bytes of a carried B2 file. Raises LookupError when the file is our own."""
        query = select(b2_files.c.body, b2_files.c.body_digest).where(b2_files.c.id == file_id)
        row = self._connection.execute(query).first()
        if row is None or row[0] is None:
            raise LookupError(f"no carried file {file_id}")
        return self._vault.decrypt(row[0], file_context(row[1]))

    def carried_file(self, digest: str) -> int | None:
        """The carried file with this digest, if it was taken in before."""
        return self._connection.scalar(select(b2_files.c.id).where(b2_files.c.body_digest == digest))

    def current_sealing(self, file_id: int) -> SealingRow | None:
        row = self._row(_CURRENT_SEALING, file=file_id)
        return None if row is None else rows.sealing_row(row)

    def sealings_of_file(self, file_id: int) -> list[SealingRow]:
        query = select(*rows.SEALING_COLUMNS).where(sealings.c.file_id == file_id).order_by(sealings.c.id)
        return [rows.sealing_row(row) for row in self._connection.execute(query)]

    def sealing_by_digest(self, sealed_digest: str) -> SealingRow | None:
        row = self._row(_SEALING_BY_DIGEST, digest=sealed_digest)
        return None if row is None else rows.sealing_row(row)

    def sealed_message(self, sealing_id: int) -> bytes:
        row = self._row(_SEALED_MESSAGE, sealing=sealing_id)
        if row is None:
            raise LookupError(f"no sealing {sealing_id}")
        return bytes(row[0])

    def attempts_of_file(self, file_id: int) -> list[AttemptRow]:
        return [rows.attempt_row(row) for row in self._rows(_ATTEMPTS_OF_FILE, file=file_id)]

    def attempt_counts(self) -> dict[tuple[str, DeliveryOutcome | None], int]:
        """How many attempts ended how, by way; None = not ended."""
        query = select(attempts.c.way, attempts.c.outcome, func.count()).group_by(attempts.c.way, attempts.c.outcome)
        return {
            (row[0], None if row[1] is None else DeliveryOutcome(row[1])): row[2]
            for row in self._connection.execute(query)
        }


class LotWriter(LotReader):
    """Writing them down, inside one transaction."""

    def last_lot_number(self, billing_number: str, destination: Destination) -> int:
        """The last number given to a lot of this pair; 0 when none was."""
        row = self._row(_LAST_NUMBER, billing=billing_number, fund=destination.code)
        return 0 if row is None else int(row[0])

    def set_last_lot_number(self, billing_number: str, destination: Destination, number: int) -> None:
        """Goes around after 999, so it may be lower than the one before."""
        self._driver.execute(
            "INSERT INTO lot_numbering (billing_number, destination, last_number) VALUES (?, ?, ?) "
            "ON CONFLICT (billing_number, destination) DO UPDATE SET last_number = excluded.last_number",
            (billing_number, destination.code, number),
        )

    def lot_numberings(self) -> list[tuple[str, Destination, int]]:
        """Every (billing number, destination, last number)."""
        return [
            (row[0], Destination.from_code(row[1]), row[2]) for row in self._connection.execute(select(lot_numbering))
        ]

    def add_file(
        self,
        billing_number: str,
        destination: Destination,
        now: datetime,
        *,
        earliest_deadline: date,
        lapses_on: date,
        carried: bytes | None = None,
        digest: str | None = None,
    ) -> int:
        """A B2 file to seal; `carried` are the bytes of other software's file and `digest` their SHA-256. Gives its id."""
        body = None if carried is None else self._vault.encrypt(carried, file_context(digest or ""))
        values = {
            "origin": (Origin.OWN if carried is None else Origin.CARRIED).value,
            "billing_number": billing_number,
            "destination": destination.code,
            "stage": FileStage.TO_SEAL.value,
            "created_at": rows.stamp(now),
            "earliest_deadline": earliest_deadline.isoformat(),
            "next_try_at": rows.stamp(now),
            "lapses_on": lapses_on.isoformat(),
            "body_digest": digest,
            "body": body,
        }
        return self._inserted(b2_files, values)

    def add_lot(self, file_id: int, identity: LotIdentity, sheet_count: int, fund_cents: int, now: datetime) -> int:
        """A closed lot; gives its id. Raises IntegrityError when its number is still open or its identity was used."""
        values = {
            "file_id": file_id,
            "billing_number": identity.billing_number,
            "destination": identity.destination.code,
            "made_on": identity.made_on.isoformat(),
            "number": identity.number,
            "state": LotState.CLOSED.value,
            "is_open": 1,
            "sheet_count": sheet_count,
            "fund_cents": fund_cents,
            "closed_at": rows.stamp(now),
        }
        return self._inserted(lots, values)

    def set_lot(
        self,
        lot_id: int,
        state: LotState,
        *,
        sealed_at: datetime | None = None,
        handed_over_at: datetime | None = None,
        answered_at: datetime | None = None,
        is_open: bool | None = None,
    ) -> None:
        """Move a lot on; an instant already written stays."""
        values = {
            "lot": lot_id,
            "new_state": state.value,
            "sealed": rows.stamp_or_none(sealed_at),
            "handed_over": rows.stamp_or_none(handed_over_at),
            "answered": rows.stamp_or_none(answered_at),
            "open": is_open,
        }
        self._run(_SET_LOT, values)

    def close_ended_lots(self, lot_ids: Sequence[int]) -> None:
        """Free the number of each of these lots whose sheets have all ended or gone back."""
        self._run_many(_CLOSE_ENDED, [{"lot": lot_id} for lot_id in lot_ids])

    def set_file(
        self, file_id: int, stage: FileStage, *, next_try_at: datetime | None = None, failures: int | None = None
    ) -> None:
        """Move a file on, and say when it wants work again."""
        again = rows.stamp_or_none(next_try_at)
        self._run(_SET_FILE, {"file": file_id, "new_stage": stage.value, "again": again, "failed": failures})

    def add_sealing(self, new: NewSealing) -> int:
        """The current sealed bytes of a file; an earlier sealing stays, no longer current. Gives its id."""
        self._run(_SUPERSEDE_SEALING, {"file": new.file_id})
        values = {
            "file_id": new.file_id,
            "is_current": 1,
            "sealed_at": rows.stamp(new.sealed_at),
            "sealed_digest": new.sealed_digest,
            "signer": new.signer,
            "fund_certificate": new.fund_certificate,
            "readable_until": rows.stamp(new.readable_until),
            "reason": new.reason,
            "message": new.message,
        }
        return self._inserted(sealings, values)

    def begin_attempt(self, sealing_id: int, way: str, now: datetime) -> int | None:
        """Written and committed before dialling; None while another attempt of this sealing goes on."""
        if self._row(_ATTEMPT_GOING_ON, sealing=sealing_id) is not None:
            return None
        values = {"sealing_id": sealing_id, "way": way, "started_at": rows.stamp(now)}
        return self._inserted(attempts, values)

    def end_attempt(self, attempt_id: int, outcome: DeliveryOutcome, reply: str, now: datetime) -> None:
        values = {"attempt": attempt_id, "ended": outcome.value, "said": reply, "at": rows.stamp(now)}
        self._run(_END_ATTEMPT, values)

    def unfinished_attempts(self, started_before: datetime) -> list[tuple[AttemptRow, int]]:
        """Attempts without an outcome that began before an instant, with the id of their file: a process died."""
        query = select(*rows.ATTEMPT_COLUMNS, sealings.c.file_id).join(sealings, sealings.c.id == attempts.c.sealing_id)
        query = query.where(attempts.c.outcome.is_(None), attempts.c.started_at < rows.stamp(started_before))
        return [(rows.attempt_row(row), row[-1]) for row in self._connection.execute(query)]


def file_context(digest: str) -> bytes:
    """What the bytes of a carried file are tied to."""
    return f"carried {digest}".encode()
