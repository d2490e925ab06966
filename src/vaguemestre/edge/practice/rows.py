"""Between the rows of the practice's store and the shapes of `core.practice.book`: conversions only, no query."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.lot import LotIdentity, LotState
from vaguemestre.core.mail.routing import Health
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import (
    AttemptRow,
    FileRow,
    FileStage,
    LotRow,
    MailRow,
    MailState,
    Origin,
    SealingRow,
    SheetKey,
    SheetRow,
)
from vaguemestre.edge.practice.schema import attempts, b2_files, inbox, lots, sealings, sheets
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.lifecycles import SheetState, WayState

SHEET_COLUMNS = (
    sheets.c.id,
    sheets.c.billing_number,
    sheets.c.invoice_number,
    sheets.c.made_on,
    sheets.c.origin,
    sheets.c.state,
    sheets.c.settlement,
    sheets.c.destination,
    sheets.c.fund_cents,
    sheets.c.completed_on,
    sheets.c.deadline,
    sheets.c.recorded_at,
    sheets.c.lot_id,
    sheets.c.replaces_id,
    sheets.c.on_paper_at,
    sheets.c.on_paper_reason,
    sheets.c.acknowledged_at,
    sheets.c.ended_at,
    sheets.c.accepted_cents,
    sheets.c.rejected_cents,
    sheets.c.paid_cents,
)
LOT_COLUMNS = (
    lots.c.id,
    lots.c.file_id,
    lots.c.billing_number,
    lots.c.destination,
    lots.c.made_on,
    lots.c.number,
    lots.c.state,
    lots.c.is_open,
    lots.c.sheet_count,
    lots.c.fund_cents,
    lots.c.closed_at,
    lots.c.sealed_at,
    lots.c.handed_over_at,
    lots.c.answered_at,
)
FILE_COLUMNS = (
    b2_files.c.id,
    b2_files.c.origin,
    b2_files.c.billing_number,
    b2_files.c.destination,
    b2_files.c.stage,
    b2_files.c.created_at,
    b2_files.c.earliest_deadline,
    b2_files.c.next_try_at,
    b2_files.c.lapses_on,
    b2_files.c.failures,
)
SEALING_COLUMNS = (
    sealings.c.id,
    sealings.c.file_id,
    sealings.c.is_current,
    sealings.c.sealed_at,
    sealings.c.sealed_digest,
    sealings.c.signer,
    sealings.c.fund_certificate,
    sealings.c.readable_until,
    sealings.c.reason,
)
ATTEMPT_COLUMNS = (
    attempts.c.id,
    attempts.c.sealing_id,
    attempts.c.way,
    attempts.c.started_at,
    attempts.c.ended_at,
    attempts.c.outcome,
    attempts.c.reply,
)
MAIL_COLUMNS = (
    inbox.c.id,
    inbox.c.digest,
    inbox.c.way,
    inbox.c.received_at,
    inbox.c.state,
    inbox.c.kind,
    inbox.c.sender,
    inbox.c.applied_at,
    inbox.c.finding_codes,
)


@lru_cache(maxsize=64)
def stamp(moment: datetime) -> str:
    """An instant as the store writes it: ISO 8601 in UTC to the microsecond, so that text order is time order.

    One instant dates every sheet of an answer, hence the memory.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """Inverse of `stamp`."""
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    """Inverse of `stamp_or_none`."""
    return None if text is None else datetime.fromisoformat(text)


def stamp_or_none(moment: datetime | None) -> str | None:
    """`stamp`, and None for None."""
    return None if moment is None else stamp(moment)


def sheet_row(row: Sequence[Any]) -> SheetRow:
    """From `SHEET_COLUMNS`."""
    return SheetRow(
        row[0],
        SheetKey(row[1], row[2], row[3]),
        Origin(row[4]),
        SheetState(row[5]),
        Settlement(row[6]),
        Destination.from_code(row[7]),
        row[8],
        date.fromisoformat(row[9]),
        date.fromisoformat(row[10]),
        instant(row[11]),
        row[12],
        row[13],
        instant_or_none(row[14]),
        row[15],
        instant_or_none(row[16]),
        instant_or_none(row[17]),
        row[18],
        row[19],
        row[20],
    )


def lot_row(row: Sequence[Any]) -> LotRow:
    """From `LOT_COLUMNS`."""
    return LotRow(
        row[0],
        row[1],
        LotIdentity(row[2], Destination.from_code(row[3]), date.fromisoformat(row[4]), row[5]),
        LotState(row[6]),
        bool(row[7]),
        row[8],
        row[9],
        instant(row[10]),
        instant_or_none(row[11]),
        instant_or_none(row[12]),
        instant_or_none(row[13]),
    )


def file_row(row: Sequence[Any]) -> FileRow:
    """From `FILE_COLUMNS`."""
    return FileRow(
        row[0],
        Origin(row[1]),
        row[2],
        Destination.from_code(row[3]),
        FileStage(row[4]),
        instant(row[5]),
        date.fromisoformat(row[6]),
        instant(row[7]),
        date.fromisoformat(row[8]),
        row[9],
    )


def sealing_row(row: Sequence[Any]) -> SealingRow:
    """From `SEALING_COLUMNS`."""
    return SealingRow(row[0], row[1], bool(row[2]), instant(row[3]), row[4], row[5], row[6], instant(row[7]), row[8])


def attempt_row(row: Sequence[Any]) -> AttemptRow:
    """From `ATTEMPT_COLUMNS`."""
    outcome = None if row[5] is None else DeliveryOutcome(row[5])
    return AttemptRow(row[0], row[1], row[2], instant(row[3]), instant_or_none(row[4]), outcome, row[6])


def mail_row(row: Sequence[Any]) -> MailRow:
    """From `MAIL_COLUMNS`."""
    codes = tuple(row[8].split()) if row[8] else ()
    return MailRow(
        row[0], row[1], row[2], instant(row[3]), MailState(row[4]), row[5], row[6], instant_or_none(row[7]), codes
    )


def health_row(row: Sequence[Any]) -> Health:
    """From state, since, next_try_at, last_success_at, failures, reply."""
    return Health(WayState(row[0]), instant(row[1]), instant(row[2]), instant_or_none(row[3]), row[4], row[5])
