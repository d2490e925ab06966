"""What a check found: findings bounded in number for each code, with the exact count of those left out, the worst first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from vaguemestre.core.findings import Finding, Level, worst_first
from vaguemestre.core.values import dataclass

SHOWN_MAX = 100
"""Findings of one code that are kept. vgm:toolkit-findings."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The check of one input. `omitted`: code -> findings beyond the first `SHOWN_MAX`; `totals` counts all, by level.

    `recognised` is False when the input holds no record at all: the findings then say why.
    """

    source: str
    recognised: bool
    findings: tuple[Finding, ...] = ()
    omitted: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[Level, int] = field(default_factory=dict)
    records: int = 0
    lots: int = 0
    invoices: int = 0

    def count(self, level: Level) -> int:
        """How many findings of one level there are, shown or not."""
        return self.totals.get(level, 0)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether nothing fails it: no error, and when `strict` no warning either. What is unverified never does."""
        return self.recognised and not self.count(Level.ERROR) and not (strict and self.count(Level.WARNING))


class FindingsKept:
    """Takes findings as they come and keeps the first ones of each code."""

    def __init__(self, shown_max: int = SHOWN_MAX) -> None:
        self._shown_max = shown_max
        self._kept: dict[tuple[str, Level], list[Finding]] = {}
        self.totals: Counter[Level] = Counter()
        self.omitted: Counter[str] = Counter()

    def take(self, found: Iterable[Finding]) -> None:
        for item in found:
            code = item.code
            self.totals[code.level] += 1
            kept = self._kept.setdefault((code.code, code.level), [])
            if len(kept) < self._shown_max:
                kept.append(item)
            else:
                self.omitted[code.code] += 1

    def worst_first(self) -> tuple[Finding, ...]:
        return tuple(worst_first(item for kept in self._kept.values() for item in kept))


def left_unread(item: Finding) -> Finding:
    """Bytes after the end refuse a file here: a second file joined to the first would pass unread."""
    if item.code.code != "F010":
        return item
    return replace(item, code=replace(item.code, level=Level.ERROR))
