"""How long a person waits for a sheet to be durable, while another process seals, sends, pays and collects from the same store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

from vaguemestre.bench.figure import Bench, Figure, Unit, percentile
from vaguemestre.bench.sheets import NOW
from vaguemestre.bench.world import Materials, make_materials, open_practice, open_world
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.role.payer import adjudicate, answer, intake, pay
from vaguemestre.role.practice import collect, lots, record, send
from vaguemestre.sim.actor import Actor

TARGET_MS: Final = 10.0
_PEOPLE: Final = 500
_BACKLOG, _RECORDED = 4000, 2000
_QUICK_BACKLOG, _QUICK_RECORDED = 200, 100
_PAUSE_SECONDS: Final = 0.004  # a busy desk, and then some: about 150 sheets a second with the recording itself
_STOP: Final = "stop"


def steps(quick: bool) -> int:
    """How many steps `measure` tells of."""
    return _QUICK_RECORDED if quick else _RECORDED


def measure(bench: Bench) -> Iterator[Figure]:
    """The middle, the 99th centile and the worst wait, and how many sheets the rest of the chain carried meanwhile."""
    backlog, recorded = (_QUICK_BACKLOG, _QUICK_RECORDED) if bench.quick else (_BACKLOG, _RECORDED)
    materials = make_materials(bench.pool, KeyKind.RSA_2048, _PEOPLE)
    practice = open_practice(materials, bench.directory / "practice")
    entries = (practice.entry(rank) for rank in range(backlog))
    for done in record.record_many(practice.edges, entries, NOW):
        if done.sheet is None:
            raise RuntimeError(f"our own sheet is refused: {[str(item) for item in done.findings]}")
    chain = Actor("chain", Chain, materials, bench.directory)
    try:
        chain.begin("work")
        waits = []
        for rank in range(backlog, backlog + recorded):
            entry = practice.entry(rank)
            start = perf_counter()
            done = record.record(practice.edges, entry, NOW)
            waits.append(perf_counter() - start)
            if done.sheet is None:
                raise RuntimeError(f"our own sheet is refused: {[str(item) for item in done.findings]}")
            bench.advance(1)
            sleep(_PAUSE_SECONDS)
        (bench.directory / _STOP).touch()
        carried = chain.result()
    finally:
        chain.stop()
        practice.store.close()
    yield from _figures(waits, carried)


def _figures(waits: list[float], carried: int) -> Iterator[Figure]:
    ms = Unit.MILLISECONDS
    middle, late, worst = (percentile(waits, part) * 1e3 for part in (0.5, 0.99, 1.0))
    yield Figure("record-p50", "enregistrer une feuille, médiane", "record a sheet, median", middle, ms)
    yield Figure(
        "record-p99", "enregistrer une feuille, 99e centile", "record a sheet, p99", late, ms, TARGET_MS, at_least=False
    )
    yield Figure("record-worst", "enregistrer une feuille, au pire", "record a sheet, worst", worst, ms)
    seconds = sum(waits) + len(waits) * _PAUSE_SECONDS
    fr, en = "feuilles portées pendant ce temps", "sheets carried meanwhile"
    yield Figure("record-carried", fr, en, carried / seconds, Unit.PER_SECOND)


class Chain:
    """The rest of the chain, in a process of its own: the same practice's sending and collecting, and its payer."""

    def __init__(self, materials: Materials, directory: Path) -> None:
        self._world = open_world(materials, directory)
        self._stop = directory / _STOP

    def work(self) -> int:
        """Round after round until told to stop; gives how many sheets were registered by the payer."""
        practice, payer, clock = self._world.practice.edges, self._world.payer, self._world.clock
        registered = 0
        while not self._stop.exists():
            now = clock.advance(timedelta(hours=6))
            sealed = lots.close_and_seal(practice, now, count_max=4)
            send.send(practice, now)
            taken = intake.process_inbox(payer, now)
            adjudicate.adjudicate_pending(payer, now)
            pay.pay(payer, now)
            answer.answer(payer, now)
            collect.collect(practice, now)
            registered += taken.registered
            if not sealed.sealed:
                sleep(_PAUSE_SECONDS)
        return registered

    def close(self) -> None:
        self._world.close()
