"""What a check of one input says: its findings, worst first and bounded per code, exact counts, and how a command ends."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vaguemestre.core.findings import Finding, Level, Place, finding, worst_first
from vaguemestre.toolkit.source import exit_code

KEPT_OF_A_CODE_MAX: Final = 1000
"""Findings of one code that are kept; the others are counted. vgm:toolkit-reading."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`recognised`: at least one record was read. `counts`: what was read (records, lots, invoices...). `levels`: findings of each
    level, those left out too. `left_out`: code -> findings that are counted only; a note (F022) says so for each.
    """

    source: str
    recognised: bool
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    levels: Mapping[Level, int]
    left_out: Mapping[str, int]

    def exit_code(self, strict: bool = False) -> int:
        """0 good, 1 errors (`strict`: or warnings), 3 not this format or unreadable, 4 the machine refuses. vgm:exit-codes."""
        if not self.recognised:
            return max((exit_code(item) for item in self.findings), default=3)
        return int(self.levels.get(Level.ERROR, 0) > 0 or (strict and self.levels.get(Level.WARNING, 0) > 0))


@dataclass(slots=True)
class Collector:
    """Takes findings as they come, in flat memory."""

    source: str
    kept_max: int = KEPT_OF_A_CODE_MAX
    counts: Counter[str] = field(default_factory=Counter)
    _met: Counter[str] = field(default_factory=Counter)
    _levels: Counter[Level] = field(default_factory=Counter)
    _kept: list[Finding] = field(default_factory=list)

    def add(self, item: Finding) -> None:
        """Keep a finding, or only count it when there are many of its code."""
        code = item.code.code
        self._met[code] += 1
        self._levels[item.level] += 1
        if self._met[code] <= self.kept_max:
            self._kept.append(item)

    def report(self, recognised: bool) -> CheckReport:
        """Everything so far."""
        left_out = {code: count - self.kept_max for code, count in self._met.items() if count > self.kept_max}
        notes = [finding("F022", Place(self.source), found=code, count=count) for code, count in left_out.items()]
        found = tuple(worst_first([*self._kept, *notes]))
        return CheckReport(self.source, recognised, dict(self.counts), found, dict(self._levels), left_out)
