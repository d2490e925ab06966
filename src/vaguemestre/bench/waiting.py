"""How much memory a practice's process takes with a hundred thousand sheets waiting, against the same process with none.

Each is a fresh process that shows the state, closes and seals every lot, hands them all over and collects; its peak counts.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from vaguemestre.bench.figure import Bench, Figure, Unit
from vaguemestre.bench.memory import peak_mib
from vaguemestre.bench.sheets import NOW
from vaguemestre.bench.world import Materials, make_materials, make_operator, open_practice, way
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import ManualClock
from vaguemestre.role.practice import collect, lots, record, send, status
from vaguemestre.role.practice.edges import WayEdge
from vaguemestre.sim.actor import Actor

ABOVE_TARGET_MIB: Final = 60.0
WHOLE_TARGET_MIB: Final = 150.0
_SHEETS, _QUICK_SHEETS = 100_000, 5_000
_PEOPLE: Final = 1000
_PER_DAY: Final = 15_000  # what three stations may number in one day, with room to spare
_STEP: Final = 1000


def steps(quick: bool) -> int:
    """How many steps `measure` tells of."""
    return (_QUICK_SHEETS if quick else _SHEETS) // _STEP


def measure(bench: Bench) -> Iterator[Figure]:
    """The peak of the process with the sheets, and what it is above that of the process without."""
    count = _QUICK_SHEETS if bench.quick else _SHEETS
    materials = make_materials(bench.pool, KeyKind.P_256, _PEOPLE)
    _fill(bench, materials, bench.directory / "full", count)
    empty = _peak(materials, bench.directory / "empty")
    full = _peak(materials, bench.directory / "full")
    if (empty.sent, full.waiting) != (0, 0) or full.sent == 0:
        raise RuntimeError("not every lot was handed over")
    mib = Unit.MEBIBYTES
    yield Figure(
        "waiting-whole",
        f"mémoire d'un cabinet, {count} feuilles en attente",
        f"memory of a practice, {count} sheets waiting",
        full.peak_mib, mib, WHOLE_TARGET_MIB, at_least=False,
    )  # fmt: skip
    yield Figure(
        "waiting-above",
        "au-dessus du même cabinet sans feuille",
        "above the same practice without any",
        full.peak_mib - empty.peak_mib, mib, ABOVE_TARGET_MIB, at_least=False,
    )  # fmt: skip
    fr, en = "lots scellés et remis", "lots sealed and handed over"
    yield Figure("waiting-lots", fr, en, full.sent, Unit.COUNT)


def _fill(bench: Bench, materials: Materials, directory: Path, count: int) -> None:
    """Record the sheets, on as many days as their numbers need."""
    practice = open_practice(materials, directory)
    days = -(-count // _PER_DAY)
    for first in range(0, count, _STEP):
        on = NOW - timedelta(days=days - 1 - first // _PER_DAY)
        entries = (practice.entry(rank, on.date()) for rank in range(first, min(first + _STEP, count)))
        for done in record.record_many(practice.edges, entries, on):
            if done.sheet is None:
                raise RuntimeError(f"our own sheet is refused: {[str(item) for item in done.findings]}")
        bench.advance(1)
    practice.store.close()


@dataclass(frozen=True, slots=True)
class Peak:
    """What a process took at its highest, and what it did meanwhile."""

    peak_mib: float
    sent: int
    waiting: int


def _peak(materials: Materials, directory: Path) -> Peak:
    actor = Actor("practice", Office, materials, directory)
    try:
        peak: Peak = actor.call("day")
    finally:
        actor.stop()
    return peak


class _Taker:
    """A server that takes everything over and keeps nothing."""

    def send(self, envelope: Envelope) -> Attempt:
        return Attempt(DeliveryOutcome.ACCEPTED, "250 2.0.0 Taken")

    def probe(self) -> Attempt:
        return Attempt(DeliveryOutcome.ACCEPTED, "235 2.7.0 Welcome")

    def close(self) -> None:
        """Nothing is kept open."""


class Office:
    """A practice in a process of its own."""

    def __init__(self, materials: Materials, directory: Path) -> None:
        mailbox = way(make_operator(ManualClock(NOW)))
        ways = [WayEdge(mailbox.name, mailbox.operator, mailbox.address, _Taker(), mailbox.collector)]
        self._practice = open_practice(materials, directory, ways)

    def day(self) -> Peak:
        """Show, close and seal, send, collect, show again."""
        edges = self._practice.edges
        status.status(edges, NOW)
        lots.close_and_seal(edges, NOW)
        sent = send.send(edges, NOW)
        collect.collect(edges, NOW)
        status.status(edges, NOW)
        return Peak(peak_mib(), sent.sent, sent.waiting)

    def close(self) -> None:
        self._practice.store.close()
