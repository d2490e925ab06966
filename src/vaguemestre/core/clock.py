"""What a role is handed to know the time and to draw randomness. Decisions never ask: they are given `now`.

Only the shapes live here; the real ones and their in-memory twins are edges.
"""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant, always aware of its zone."""

    def now(self) -> datetime: ...


class Randomness(Protocol):
    """Draws bytes fit for keys and identifiers."""

    def draw(self, size_bytes: int) -> bytes: ...
