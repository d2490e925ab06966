"""The opposition list: cards that may no longer serve, serials ascending. `css:L161-31`, `css:R161-33-3`."""

from bisect import bisect_left
from datetime import date

from vaguemestre.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Opposition:
    """One card: its serial (ten digits) and the first day on which it may no longer serve."""

    serial: str
    since: date


@dataclass(frozen=True, slots=True)
class OppositionList:
    """Looked up by bisection: the list is long and comes sorted. Build unsorted entries with `of`."""

    entries: tuple[Opposition, ...] = ()

    @classmethod
    def of(cls, entries: "tuple[Opposition, ...] | list[Opposition]") -> "OppositionList":
        return cls(tuple(sorted(entries, key=lambda entry: entry.serial)))

    @property
    def ascending(self) -> bool:
        """True when serials strictly ascend, as look-ups need."""
        return all(before.serial < after.serial for before, after in zip(self.entries, self.entries[1:], strict=False))

    def since(self, serial: str) -> date | None:
        """The first day of the card's opposition, None when it is not listed."""
        rank = bisect_left(self.entries, serial, key=lambda entry: entry.serial)
        if rank < len(self.entries) and self.entries[rank].serial == serial:
            return self.entries[rank].since
        return None


NO_OPPOSITION = OppositionList()
