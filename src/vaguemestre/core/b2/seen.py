"""What was met before, remembered in little memory: a key of 63 bits and a rank each, millions of them in tens of megabytes.

The newest stand in a dictionary; full dictionaries become sorted arrays.
"""

from array import array
from bisect import bisect_left

_RUN_KEYS = 1 << 17
_MASK = (1 << 63) - 1


class Seen:
    """Keys (0 to 2**63 - 1) with the rank (1-based, below 2**32) at which each was met first."""

    __slots__ = ("_new", "_runs")

    def __init__(self) -> None:
        self._new: dict[int, int] = {}
        self._runs: list[tuple[array[int], array[int]]] = []

    def first(self, key: int, rank: int) -> int | None:
        """Remember that `key` stands at `rank`; the earlier rank if it stood somewhere before, else None."""
        before = self._new.setdefault(key, rank)
        if before != rank:
            return before
        if self._runs:
            for keys, ranks in self._runs:
                at = bisect_left(keys, key)
                if at < len(keys) and keys[at] == key:
                    del self._new[key]
                    return ranks[at] if ranks[at] != rank else None
        if len(self._new) >= _RUN_KEYS:
            pairs = sorted(self._new.items())
            self._runs.append((array("Q", [key for key, _ in pairs]), array("I", [at for _, at in pairs])))
            self._new = {}
        return None


def key_of(digits: bytes) -> int:
    """A key for up to 18 digits: the number itself; for anything else, one that no such number has."""
    return int(digits) if digits.isdigit() else hash(digits) & _MASK | 1 << 62
