"""The clock: the machine's own, and the one that a test, the demo or the simulator moves by hand."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's wall clock, in UTC."""

    def now(self) -> datetime:
        """The present instant, aware (UTC)."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, and never goes back: what was written must not come later than now."""

    def __init__(self, start: datetime) -> None:
        """`start` must be aware; `ValueError` otherwise."""
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._now = start

    def now(self) -> datetime:
        """The instant at which the clock stands."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move on by a duration, which may be zero, and give the new instant; `ValueError` when it is negative."""
        if by < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += by
        return self._now

    def move_to(self, instant: datetime) -> datetime:
        """Move on to an instant; `ValueError` when it lies before now."""
        return self.advance(instant - self._now)
