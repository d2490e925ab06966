"""What a figure is, and the two ways of taking one: the fastest of many rounds, and the distribution of single waits."""

from collections.abc import Callable, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Final

from vaguemestre.core.values import dataclass
from vaguemestre.edge.seal.keypool import KeyPool

_WARMING: Final = 5


class Unit(StrEnum):
    """What a figure counts."""

    RATIO = "ratio"
    PER_SECOND = "per second"
    MILLISECONDS = "ms"
    MICROSECONDS = "µs"
    MEBIBYTES = "MiB"
    COUNT = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `target` None only informs; `at_least` says on which side of it the figure must lie."""

    name: str
    fr: str
    en: str
    value: float
    unit: Unit
    target: float | None = None
    at_least: bool = True

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value < self.target


@dataclass(frozen=True, slots=True)
class Bench:
    """What every module is handed: a directory of its own on the disk to measure, ready-made keys, and how long to take.

    `advance` is told of each step done, `quick` asks for smaller numbers: the figures are then rough, and the memory less tried.
    """

    directory: Path
    pool: KeyPool
    quick: bool = False
    advance: Callable[[int], None] = field(default=lambda steps: None)


def fastest(rounds: int, *operations: Callable[[], object]) -> list[float]:
    """Seconds of each operation: the fastest of many rounds, taken in turn so that a busy moment falls on all alike."""
    best = [float("inf")] * len(operations)
    for turn in range(rounds + _WARMING):
        for position, operation in enumerate(operations):
            start = perf_counter()
            operation()
            seconds = perf_counter() - start
            if turn >= _WARMING and seconds < best[position]:
                best[position] = seconds
    return best


def percentile(waits: Sequence[float], part: float) -> float:
    """The wait that `part` (0 to 1) of all do not exceed. Raises ValueError without any."""
    if not waits:
        raise ValueError("nothing was measured")
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
