"""Answers on their way to the practices: what is kept of one, what waits, and when it goes again. Pure.

An answer is sealed once; the same bytes go to every return address until each server has taken them. The signed bundle travels
likewise (vgm:bundle-sending).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.routing import next_message_try

KEEP_TRYING: Final = timedelta(days=3 * 366)
"""An answer is sent again as long as the payer keeps it. mess9821498a:4."""


class OutboxState(StrEnum):
    """Where one answer stands for one address."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"


class Answer(NamedTuple):
    """One sealed answer. `lot` for an acknowledgement, None for a return; `payee` the billing number that it is for."""

    kind: str
    fund: str
    station: str
    lot: int | None
    payee: str
    message_id: str
    digest: str
    sealed: bytes


class PastAnswer(NamedTuple):
    """One answer that was made; `kept` says whether its sealed bytes still are."""

    id: int
    fund: str
    station: str
    made_at: datetime
    kept: bool


class BundlePlace(NamedTuple):
    """A station that has not been sent the bundle in force, and where it reads mail."""

    billing_number: str
    station: str
    return_addresses: tuple[str, ...]


class OutboxRow(NamedTuple):
    """One answer to send to one address."""

    id: int
    answer: int
    address: str
    attempts: int
    queued_at: datetime
    kind: str
    fund: str
    message_id: str
    made_at: datetime
    sealed: bytes


def after_sending(
    outcome: DeliveryOutcome, row: OutboxRow, now: datetime, jitter: float = 0.0
) -> tuple[OutboxState, datetime]:
    """Where one answer stands after an attempt, and when it is tried again.

    A refusal of the message is tried again like any failure: the mailbox may be full, the address restored. Unknown is a failure
    too: the practice recognises what it already has.
    """
    if outcome is DeliveryOutcome.ACCEPTED:
        return OutboxState.SENT, now
    again = next_message_try(outcome, row.attempts + 1, now, row.queued_at + KEEP_TRYING, jitter)
    return (OutboxState.GIVEN_UP, now) if again is None else (OutboxState.WAITING, again)
