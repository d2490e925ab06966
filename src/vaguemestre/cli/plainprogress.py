"""How far a long command has come, where no bar can be drawn: an occasional plain line on standard error."""

from collections.abc import Callable
from time import monotonic
from typing import Final, TextIO

from vaguemestre.cli.texts import say

FIRST_SECONDS: Final = 2.0
"""What is over sooner says nothing."""
EVERY_SECONDS: Final = 10.0


class PlainProgress:
    """Counts steps; writes `description : 40 % (400/1000)` after two seconds, then every ten seconds, never more often."""

    def __init__(
        self, total: int | None, description: str, stream: TextIO, clock: Callable[[], float] = monotonic
    ) -> None:
        self._total = total
        self._description = description
        self._stream = stream
        self._clock = clock
        self._done = 0
        self._said: int | None = None
        self._next = clock() + FIRST_SECONDS

    def advance(self, steps: int) -> None:
        """So many steps more; a line when one is due."""
        self._done += steps
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        self._say()

    def end(self) -> None:
        """It is over: who has read a line reads how far it came."""
        if self._said not in (None, self._done):
            self._say()

    def _say(self) -> None:
        self._said = self._done
        figure = f"{self._done}"
        if self._total:
            figure = f"{min(100, 100 * self._done // self._total)} % ({self._done}/{self._total})"
        self._stream.write(f"{self._description}{say(' :', ':')} {figure}\n")
        self._stream.flush()
