"""What was met before, many keys at a time, in little memory: as `core.b2.seen.Seen`, and interchangeable with it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.toolkit.b2.columns.batch import Numbers
from vaguemestre.toolkit.b2.columns.plan import Flags

_NEW_MAX: Final = 1 << 15


class SeenMany:
    """Keys (0 to 2**63 - 1) with the rank (1-based, below 2**32) at which each was met first.

    The newest stand in a dictionary, the others in sorted arrays, each at least twice as long as the next: a few of them, however
    many keys there are.
    """

    __slots__ = ("_new", "_runs")

    def __init__(self) -> None:
        self._new: dict[int, int] = {}
        self._runs: list[tuple[Numbers, NDArray[np.uint32]]] = []

    def first(self, key: int, rank: int) -> int | None:
        """Remember that `key` stands at `rank`; the earlier rank if it stood somewhere before, else None."""
        for keys, ranks in self._runs:
            at = int(np.searchsorted(keys, key))
            if at < len(keys) and keys[at] == key:
                return int(ranks[at]) if ranks[at] != rank else None
        before = self._new.setdefault(key, rank)
        self._settle()
        return before if before != rank else None

    def fresh(self, keys: Numbers, ranks: Numbers) -> Flags:
        """Remember each key at its rank, in this order; which of them stood nowhere before."""
        known = np.zeros(len(keys), np.bool_)
        own = known.copy()  # met before at this very rank
        for run_keys, run_ranks in self._runs:
            at = np.searchsorted(run_keys, keys)
            hit = run_keys.take(at, mode="clip") == keys
            if hit.any():
                known |= hit
                own |= hit & (run_ranks.take(at, mode="clip") == ranks)
        new = np.flatnonzero(~known)
        remember = self._new.setdefault
        before = [remember(key, rank) for key, rank in zip(keys[new].tolist(), ranks[new].tolist(), strict=True)]
        own[new] = np.array(before, np.int64) == ranks[new]
        self._settle()
        return own

    def _settle(self) -> None:
        if len(self._new) < _NEW_MAX:
            return
        keys = np.fromiter(self._new.keys(), np.int64, len(self._new))
        ranks = np.fromiter(self._new.values(), np.uint32, len(self._new))
        self._new = {}
        while True:
            order = np.argsort(keys, kind="stable")
            keys, ranks = keys[order], ranks[order]
            if not self._runs or len(self._runs[-1][0]) >= 2 * len(keys):
                break
            last_keys, last_ranks = self._runs.pop()
            keys, ranks = np.concatenate((last_keys, keys)), np.concatenate((last_ranks, ranks))
        self._runs.append((keys, ranks))
