"""The toolkit on anyone's B2: how fast a file is checked and converted, beside pyx12; memory whatever the command; start-up.

Rates are per second of processor time of one core, in a process that is warm; sheets are bench sheets, six records each.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

from vaguemestre.bench import b2_files, x12
from vaguemestre.bench.figure import Bench, Figure, Unit
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.b2.converting.convert import Target, convert
from vaguemestre.toolkit.converting.order import Order
from vaguemestre.toolkit.source import Source

LOT_TARGET: Final = 50_000.0
BATCH_TARGET: Final = 150_000.0
X12_TARGET: Final = 100.0
PARQUET_TARGET: Final = 0.5
MEMORY_TARGET_MIB: Final = 200.0
START_TARGET_MS: Final = 150.0
COMMANDS: Final = ("check", "show", "convert", "diff", "anonymise")
"""The commands that are weighed."""

_COMMAND: Final = "import sys; from vaguemestre.cli import main; sys.exit(main())"
_WEIGHED: Final = """
import sys
from vaguemestre.bench.memory import peak_mib
from vaguemestre.cli import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as report:
    report.write(str(peak_mib()))
sys.exit(code)
"""
"""What another process runs: a command line of ours, or the same and its peak written into the file named first."""
_LOTS: Final = 200
_SHEETS, _QUICK_SHEETS = 250_000, 5_000
_CLAIMS, _QUICK_CLAIMS = 500, 30
_ROUNDS, _QUICK_ROUNDS = 20, 2
_STARTS, _QUICK_STARTS = 15, 3


def steps(quick: bool) -> int:
    """How many steps `measure` tells of."""
    return len(COMMANDS)


def measure(bench: Bench) -> Iterator[Figure]:
    """Rates, ratios, peaks, start-up. Raises RuntimeError when a check says other than it should: it then has no figure."""
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    checked, rest = _rates(rounds)
    yield from rest
    yield from _against_x12(checked, _QUICK_CLAIMS if bench.quick else _CLAIMS)
    yield from _parquet(bench.directory, checked, max(1, rounds // 5))
    yield from _weights(bench, _QUICK_SHEETS if bench.quick else _SHEETS)
    yield _start(bench.directory, _QUICK_STARTS if bench.quick else _STARTS)


def cheapest(rounds: int, work: Callable[[], object]) -> float:
    """Processor seconds of the cheapest of some rounds, after one that counts for nothing."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        work()
        best = min(best, process_time() - start)
    return best


def _checked(data: bytes, sheets: int) -> None:
    report = check_file(Source.of_bytes(data))
    if report.invoices != sheets or report.findings:
        raise RuntimeError(f"our own sheets are not clean: {[str(item) for item in report.findings[:3]]}")


def _rates(rounds: int) -> tuple[float, list[Figure]]:
    """Sheets a second in batches; and what is to be told of it and of one lot."""
    import numpy  # noqa: F401 (a process that is warm has it)

    lot, many = b2_files.LOT_SHEETS, b2_files.LOT_SHEETS * _LOTS
    one, batch = b2_files.b2_file(lot), b2_files.b2_file(many)
    alone = lot / cheapest(10 * rounds, lambda: _checked(one, lot))
    together = many / cheapest(rounds, lambda: _checked(batch, many))
    rate = Unit.PER_SECOND
    return together, [
        Figure(
            "b2-check-lot",
            f"contrôler un lot de {lot} feuilles",
            f"check a lot of {lot} sheets",
            alone,
            rate,
            LOT_TARGET,
        ),
        Figure(
            "b2-check", f"contrôler {_LOTS} lots ensemble", f"check {_LOTS} lots together", together, rate, BATCH_TARGET
        ),
    ]


def _against_x12(checked: float, count: int) -> Iterator[Figure]:
    """How many times faster than pyx12; where pyx12 is not installed, a count of 0 claims says so."""
    if not x12.is_there():
        fr, en = "pyx12 n'est pas installé : pas de rapport", "pyx12 is not installed: no ratio"
        yield Figure("b2-x12-claims", fr, en, 0, Unit.COUNT)
        return
    interchange = x12.claims(count)

    def validate() -> None:
        if not x12.validate(interchange):
            raise RuntimeError("pyx12 finds fault with the claims that it is measured on")

    rate = count / cheapest(1, validate)
    fr, en = "pyx12, factures 837 d'une ligne validées", "pyx12, 837 claims of one line validated"
    yield Figure("b2-x12-claims", fr, en, rate, Unit.PER_SECOND)
    fr, en = "contrôler, en nombre de fois pyx12", "check, in times pyx12"
    yield Figure("b2-x12", fr, en, checked / rate, Unit.RATIO, X12_TARGET)


def _parquet(directory: Path, checked: float, rounds: int) -> Iterator[Figure]:
    """Conversion to parquet, all threads counted, and in parts of the rate of checking."""
    sheets = b2_files.LOT_SHEETS * _LOTS
    source = Source.of_bytes(b2_files.b2_file(sheets))
    order = Order(Target.PARQUET, str(directory / "tables"), force=True)

    def work() -> None:
        tally = convert(source, order)
        if tally.findings:
            raise RuntimeError(f"our own sheets are not converted: {[str(item) for item in tally.findings[:3]]}")

    rate = sheets / cheapest(rounds, work)
    yield Figure("b2-parquet-rate", "convertir en parquet", "convert to parquet", rate, Unit.PER_SECOND)
    fr, en = "convertir en parquet, en part du contrôle", "convert to parquet, in parts of checking"
    yield Figure("b2-parquet", fr, en, rate / checked, Unit.RATIO, PARQUET_TARGET)


# --- memory and start-up, in processes of their own


def _weights(bench: Bench, sheets: int) -> Iterator[Figure]:
    large, other = bench.directory / "large.b2", bench.directory / "other.b2"
    b2_files.write_large(large, sheets)
    b2_files.write_large(other, sheets - 1)
    arguments = {
        "check": [str(large)],
        "show": [str(large)],
        "convert": [str(large), "--to", "parquet", "-o", str(bench.directory / "parquet")],
        "diff": [str(large), str(other)],
        "anonymise": [str(large), "-o", str(bench.directory / "anonymous.b2")],
    }
    for name in COMMANDS:
        peak = weigh(bench.directory, ["b2", name, *arguments[name]])
        bench.advance(1)
        fr, en = f"mémoire de b2 {name}, {sheets} feuilles", f"memory of b2 {name}, {sheets} sheets"
        yield Figure(f"b2-memory-{name}", fr, en, peak, Unit.MEBIBYTES, MEMORY_TARGET_MIB, at_least=False)


def weigh(directory: Path, command: list[str]) -> float:
    """The peak (MiB) of a command in a process of its own. Raises RuntimeError when it ends otherwise than 0 or 1."""
    report = directory / "peak"
    done = subprocess.run(
        [sys.executable, "-c", _WEIGHED, str(report), *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command[:2])} ended with {done.returncode}: {done.stderr[-500:].decode()}")
    return float(report.read_text())


def _start(directory: Path, rounds: int) -> Figure:
    """What `b2 check` of a small file takes above a bare Python: the middle of many, taken in turn."""
    path = directory / "small.b2"
    path.write_bytes(b2_files.b2_file(b2_files.LOT_SHEETS))
    bare = [sys.executable, "-c", "pass"]
    ours = [
        sys.executable,
        "-c",
        "import sys; from vaguemestre.cli import main; sys.exit(main())",
        "b2",
        "check",
        str(path),
    ]
    waits: dict[int, list[float]] = {0: [], 1: []}
    for turn in range(2 * rounds):
        start = perf_counter()
        done = subprocess.run((bare, ours)[turn % 2], stdout=subprocess.DEVNULL, env=dict(os.environ), check=False)
        waits[turn % 2].append(perf_counter() - start)
        if done.returncode:
            raise RuntimeError(f"a small clean file ends with {done.returncode}")
    above = (median(waits[1]) - median(waits[0])) * 1e3
    fr, en = "démarrage de b2 check, au-dessus de Python nu", "start-up of b2 check, above a bare Python"
    return Figure("b2-start", fr, en, above, Unit.MILLISECONDS, START_TARGET_MS, at_least=False)
