"""Numbers that are never given twice: a sheet's serial within its day, a lot's number while open, and the jump after a restore.

Pure arithmetic on what the store counted. A *station* owns a range of serials, disjoint from any other's; three quarters of it
serve ordinary days, the rest is cut in tranches, one for each restore of that day (vgm:restore-jump).
"""

from collections.abc import Container
from typing import Final

from vaguemestre.core.values import dataclass

SERIAL_MAX: Final = 9999
LOT_NUMBER_MAX: Final = 999
RESTORES_PER_DAY_MAX: Final = 10
LOT_JUMP: Final = 307
"""Lot numbers skipped by one restore; prime to 999, so that repeated jumps never meet again before 999 restores."""

RANGE_SIZE_MIN: Final = 4 * RESTORES_PER_DAY_MAX
"""Fewer serials could not be cut into a day's and one tranche for each restore of that day."""


@dataclass(frozen=True, slots=True)
class SerialWindow:
    """The serials that may be given now, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class StationRange:
    """The serials that one station owns for each day and billing number, both ends included. Raises ValueError when unusable."""

    first: int = 1
    last: int = SERIAL_MAX

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last <= SERIAL_MAX or self.size < RANGE_SIZE_MIN:
            raise ValueError(f"a station's range lies in 1..{SERIAL_MAX} and holds at least {RANGE_SIZE_MIN} serials")

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def window(self, restores_that_day: int) -> SerialWindow | None:
        """The serials for a day that saw so many restores of this station; None when every tranche of the day is used up.

        What an ordinary day could give (before the loss) and what an earlier restore could give are both left behind.
        """
        tranche = self.size // 4 // RESTORES_PER_DAY_MAX
        ordinary = self.size - tranche * RESTORES_PER_DAY_MAX
        if restores_that_day == 0:
            return SerialWindow(self.first, self.first + ordinary - 1)
        if restores_that_day > RESTORES_PER_DAY_MAX:
            return None
        start = self.first + ordinary + tranche * (restores_that_day - 1)
        return SerialWindow(start, start + tranche - 1)

    def overlaps(self, other: "StationRange") -> bool:
        """Whether two stations could give the same serial."""
        return self.first <= other.last and other.first <= self.last


def next_serial(window: SerialWindow | None, last_given: int) -> int | None:
    """The serial after `last_given` (0 when none was given that day) inside the window; None when the day's are used up."""
    if window is None:
        return None
    serial = max(last_given + 1, window.first)
    return serial if serial <= window.last else None


def next_lot_number(last_given: int, still_open: Container[int]) -> int | None:
    """001 to 999 then around again, never a number that is still open; None when all 999 are. `last_given` 0 at the start."""
    for step in range(1, LOT_NUMBER_MAX + 1):
        number = (last_given - 1 + step) % LOT_NUMBER_MAX + 1
        if number not in still_open:
            return number
    return None


def lot_number_after_restores(last_given: int, restores: int) -> int:
    """Where lot numbering goes on after the `restores`-th restore of a store whose backup says `last_given` (0: none was given)."""
    return (last_given - 1 + LOT_JUMP * restores) % LOT_NUMBER_MAX + 1
