"""What a conversion counts while it runs: what went through, what did not, and the findings that say why."""

from collections import Counter
from dataclasses import field

from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding, Level, Place, errors_in, finding
from vaguemestre.core.values import dataclass
from vaguemestre.tables.input_kinds import NOEMIE_FILE
from vaguemestre.toolkit.kinds import Remembered, kind_of
from vaguemestre.toolkit.report import left_unread

KEPT_OF_A_CODE_MAX = 1000
"""Findings of one code that are kept; more of them are counted only."""


@dataclass(slots=True)
class Tally:
    """Counts and findings of one conversion. `unread`: passages that are no record; `doubtful`: records with empty cells.

    `refused`: nothing may be written. `looked`: the start of a B2 input, to tell a NOEMIE return, whose
    first record is read as B2's.
    """

    source: str
    limits: ReadingLimits
    records: int = 0
    lots: int = 0
    invoices: int = 0
    unread: int = 0
    doubtful: int = 0
    refused: bool = False
    looked: Remembered | None = None
    findings: list[Finding] = field(default_factory=list)
    _kept: Counter[str] = field(default_factory=Counter)

    @property
    def recognised(self) -> bool:
        """Whether one record at least was read."""
        if self.looked is None or self.lots or self.invoices:
            return self.records > 0
        return self.records > 0 and kind_of(self.looked.head) is not NOEMIE_FILE

    @property
    def failed(self) -> bool:
        """Whether something was refused."""
        return bool(errors_in(self.findings))

    def add(self, item: Finding) -> None:
        """Keep a finding, as long as there are not too many of its code."""
        self._kept[item.code.code] += 1
        if self._kept[item.code.code] <= KEPT_OF_A_CODE_MAX:
            self.findings.append(item)

    def miss(self, item: Finding) -> None:
        """Keep a finding of the reader; an error is a passage that is not converted."""
        item = left_unread(item)
        self.add(item)
        if item.level is Level.ERROR:
            self.unread += 1

    def close(self) -> None:
        """Say in one line each what was not converted."""
        place = Place(self.source)
        if self.recognised and self.unread:
            self.findings.append(finding("J011", place, count=self.unread))
        if self.doubtful:
            self.findings.append(finding("J012", place, count=self.doubtful))
