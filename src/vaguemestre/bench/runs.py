"""How many sheets a second the whole world carries: `run` from end to end, mail servers and disks included, by kind of card."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vaguemestre.audit.inquiry import Evidence, inquire
from vaguemestre.bench.figure import Bench, Figure, Unit
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.sim.director import Director, RunSettings
from vaguemestre.sim.worldfiles import WorldFiles

TARGETS: Final = {KeyKind.RSA_2048: ("rsa", "RSA", 500.0), KeyKind.P_256: ("p256", "P-256", 1000.0)}
"""Kind of the cards' keys -> name, words, sheets per second to reach."""

_SHEETS, _QUICK_SHEETS = 20_000, 100
_SEED: Final = 1


def steps(quick: bool) -> int:
    """How many steps `measure` tells of."""
    return len(TARGETS)


def measure(bench: Bench) -> Iterator[Figure]:
    """Sheets per second by kind of card; a quick run is mostly waiting and has no target.

    Raises RuntimeError when the auditor finds a run wanting: it then has no figure.
    """
    count = _QUICK_SHEETS if bench.quick else _SHEETS
    for kind, (name, words, target) in TARGETS.items():
        root = bench.directory / name
        root.mkdir()
        figures = Director(RunSettings(root, count, _SEED, kind=kind)).run()
        inquiry = inquire(_evidence(root))
        if not inquiry.holds or inquiry.account.sheets != count:
            raise RuntimeError(f"the auditor finds fault with the run: {inquiry.breaches[:3]}")
        fr, en = f"{count} feuilles de bout en bout, cartes {words}", f"{count} sheets from end to end, {words} cards"
        rate = count / figures.seconds
        yield Figure(f"run-{name}", fr, en, rate, Unit.PER_SECOND, None if bench.quick else target)
        bench.advance(1)


def _evidence(root: Path) -> Evidence:
    files = WorldFiles(root)
    return Evidence(
        deeds=files.deeds,
        shown=files.shown,
        people=files.secrets,
        practice_stores=files.practice_stores(),
        payer_store=files.payer_store,
        wires=(files.operators, files.carried),
        at_rest=files.anywhere_else(),
    )
