"""Deadlines of a sheet, computed from the timer sheet of `tables.deadlines`: sending, acknowledgement, payment, keeping, lapse.

A deadline is the last day on which the thing may still be done. Missing one raises priority and proposes paper; it never stops
retries, which end only when the insured's action lapses. Priority is the earliest deadline first (`urgency`).
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from vaguemestre.core.calendar import Territory, add_working_days, local_date, working_days_between
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.values import dataclass
from vaguemestre.tables.deadlines import BY_KEY, Timer, Unit


class Clocked(Protocol):
    """What a deadline needs to know of a sheet: a `DraftSheet` or a `CareSheet` fits."""

    @property
    def settlement(self) -> Settlement: ...
    @property
    def completed_on(self) -> date: ...


class PaymentKind(StrEnum):
    """Which payment delay applies; the values are keys of the timer sheet."""

    TIERS_PAYANT = "pay-tiers-payant"
    C2S = "pay-c2s"
    C2S_PAPER = "pay-c2s-paper"
    PHARMACY = "pay-pharmacy"


@dataclass(frozen=True, slots=True)
class SheetClock:
    """A sheet's clock on one day. `working_days_left` is negative once late; `paper_until` None: the insured posts it."""

    deadline: date
    working_days_left: int
    paper_until: date | None
    lapses_on: date

    @property
    def late(self) -> bool:
        """The deadline passed: raise priority, propose the paper duplicate, keep trying."""
        return self.working_days_left < 0


def timer(key: str, on: date) -> Timer:
    """The timer `key` in force on the day `on`; before its first period, the first one. Raises KeyError on an unknown key."""
    entries = BY_KEY[key]
    for entry in reversed(entries):
        if entry.valid_from <= on:
            return entry
    return entries[0]


def sending_deadline(sheet: Clocked, territory: Territory) -> date:
    """Last day to send: 3 working days after completion when the patient paid, 8 under tiers payant. css:R161-47."""
    patient_paid = sheet.settlement is Settlement.PATIENT_PAID
    return _after("send-patient-paid" if patient_paid else "send-tiers-payant", sheet.completed_on, territory)


def paper_deadline(sheet: Clocked) -> date | None:
    """Last day (calendar) to post the paper under tiers payant; None when the insured posts it. css:R161-47."""
    if sheet.settlement is Settlement.PATIENT_PAID:
        return None
    return _after("paper-tiers-payant", sheet.completed_on, Territory.METROPOLITAN)


def sheet_clock(sheet: Clocked, territory: Territory, now: datetime) -> SheetClock:
    """Everything that a person wants to see of a sheet's clock at `now` (aware)."""
    today = local_date(now, territory)
    deadline = sending_deadline(sheet, territory)
    left = working_days_between(today, deadline, territory)
    if left == 0 and today > deadline:
        left = -1  # late by a week-end only: late all the same
    return SheetClock(deadline, left, paper_deadline(sheet), lapse_date(sheet.completed_on))


def urgency(deadline: date, made_on: date, serial: int) -> tuple[date, date, int]:
    """Sort key of a waiting sheet: earliest deadline first, then oldest. Smaller is more urgent."""
    return deadline, made_on, serial


def collection_deadline(available_on: date, territory: Territory) -> date:
    """Last day for the payer to collect a message. mess9821498a:2."""
    return _after("payer-collects", available_on, territory)


def acknowledgement_alarm(sent_at: datetime, territory: Territory) -> datetime:
    """The instant from which a missing acknowledgement is an alarm: 2 working days later, same hour. vgm:acknowledgement-alarm."""
    return _instant_after("acknowledgement-alarm", sent_at, territory)


def resend_limit(alarm_at: datetime, territory: Territory) -> datetime:
    """Until when to resend after a negative or missing acknowledgement; paper is proposed from then. vgm:acknowledgement-alarm."""
    return _instant_after("resend-window", alarm_at, territory)


def payment_due(start: date, territory: Territory, kind: PaymentKind = PaymentKind.TIERS_PAYANT) -> date:
    """Last day to pay. `start`: day of receipt by the payer, of the acknowledgement for C2S, of sending for its paper.

    vgm:payment-start, css:D861-6.
    """
    return _after(kind.value, start, territory)


def late_penalty_cents(start: date, paid_on: date, fund_cents: int, territory: Territory) -> int:
    """What the fund owes the professional for paying late: 1 euro on working days 8 and 9, then 10 % half-up. css:D161-13-4."""
    rank = working_days_between(start, paid_on, territory)
    if rank >= timer("penalty-rate-first-day", start).value:
        return (fund_cents * timer("penalty-rate", start).value + 50) // 100
    return timer("penalty-flat", start).value if rank >= timer("penalty-flat-first-day", start).value else 0


def lapse_date(care_on: date) -> date:
    """First day on which the insured's action is lapsed: 2 years from the first day of the next quarter. css:L160-11."""
    month = (care_on.month - 1) // 3 * 3 + 4
    start = date(care_on.year + 1, 1, 1) if month > 12 else date(care_on.year, month, 1)
    return _after("claim-lapse", start, Territory.METROPOLITAN)


def practice_keeps_until(sent_on: date) -> date:
    """Last day of the practice's keeping of the double and its acknowledgement (90 days from transmission). css:R161-47."""
    return _after("practice-keeps", sent_on, Territory.METROPOLITAN)


def payer_keeps_until(last_message_on: date) -> date:
    """Last day of the payer's keeping of messages and acknowledgements (3 years). mess9821498a:2."""
    return _after("payer-keeps", last_message_on, Territory.METROPOLITAN)


def duplicate_window(completed_on: date) -> tuple[date, date]:
    """First and last day on which the insured may claim on a duplicate (15 to 90 days). css:R161-47."""
    return (
        _after("duplicate-from", completed_on, Territory.METROPOLITAN),
        _after("duplicate-until", completed_on, Territory.METROPOLITAN),
    )


def card_update_due(updated_on: date) -> date:
    """Last day on which a card updated (or issued) on that day may serve without a new update. css:R161-33-10."""
    return _after("card-update", updated_on, Territory.METROPOLITAN)


def access_answer_due(received_on: date) -> date:
    """Last day for the payer to answer a request of access or rectification. mess9821498a:6."""
    return _after("access-answer", received_on, Territory.METROPOLITAN)


@lru_cache(maxsize=4096)
def _after(key: str, start: date, territory: Territory) -> date:
    entry = timer(key, start)
    match entry.unit:
        case Unit.WORKING_DAYS:
            return add_working_days(start, entry.value, territory)
        case Unit.DAYS:
            return start + timedelta(days=entry.value)
        case Unit.YEARS:
            return _years_after(start, entry.value)
        case Unit.CENTS | Unit.PERCENT:
            raise ValueError(f"{key} is no length of time")


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February: the last day of the month
        return date(day.year + years, 2, 28)


def _instant_after(key: str, start: datetime, territory: Territory) -> datetime:
    day = local_date(start, territory)
    return start + (_after(key, day, territory) - day)
