"""When a failing way is tried again: one line per kind of failure, whole seconds (convention vgm:retry-schedule).

No line has a number of tries: retries end with the insured's right, never with a budget.
"""

from dataclasses import dataclass

from vaguemestre.tables.delivery_outcomes import DeliveryOutcome as D


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The wait after the n-th failure in a row is first x 2^(n-1), at most longest, then lengthened by up to spread %.

    Spreading only ever lengthens, so that thousands of practices do not come back in the same second.
    """

    first_seconds: int
    longest_seconds: int
    spread_percent: int


MINUTE = 60
HOUR = 60 * MINUTE

SCHEDULES: dict[D, RetrySchedule] = {
    D.TEMPORARY: RetrySchedule(1 * MINUTE, 1 * HOUR, 25),
    D.UNREACHABLE: RetrySchedule(1 * MINUTE, 30 * MINUTE, 25),
    D.UNKNOWN: RetrySchedule(1 * MINUTE, 30 * MINUTE, 25),
    D.SUSPENDED: RetrySchedule(15 * MINUTE, 1 * HOUR, 50),
    # A refused password tried again and again is what an attacker looks like, and may lock the account for good.
    D.REFUSING_CREDENTIALS: RetrySchedule(30 * MINUTE, 6 * HOUR, 25),
    # This message on this way: perhaps the operator's rule changes. Another way is tried at once.
    D.REFUSED: RetrySchedule(6 * HOUR, 24 * HOUR, 25),
}
