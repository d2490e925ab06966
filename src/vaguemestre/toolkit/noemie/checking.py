"""Checks anyone's NOEMIE return: every finding in one run, the rest of the file never hidden by one damage."""

from itertools import chain

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.noemie_order import INVOICE_HEADS
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.noemie.parts import Entity
from vaguemestre.toolkit.noemie.walking import walk
from vaguemestre.toolkit.report import CheckReport, Collector
from vaguemestre.toolkit.source import Source

_FRAMES = ("000", "999")
_HELD_MAX = 1000
_LINES = ("210", "220")
_REJECTIONS = ("290", "294")
_IDENTITY = slice(3, 61)  # 000: sender, recipient, exchange, file, day


def check_file(source: Source, known: dict[bytes, str] | None = None) -> CheckReport:
    """The findings of one input, worst first. Counts: records, payees, lots, invoices, lines, rejections.

    `known`: identification of a return -> the input that bore it first; pass the same dict for several inputs.
    """
    taken = Collector(source.name)
    chunks = Remembered(source.chunks())
    held: list[Entity | Finding] = []  # until an entity that no B2 file has shows that this is a return
    pieces = walk(source, chunks)
    recognised = False
    for piece in pieces:
        held.append(piece)
        if isinstance(piece, Entity) and piece.name not in _FRAMES:
            recognised = True
            break
        if len(held) >= _HELD_MAX:
            break
    if not recognised:
        return _refused(held, taken, chunks)
    for piece in chain(held, pieces):
        _take(piece, taken, {} if known is None else known)
    return taken.report(True)


def _take(piece: Entity | Finding, taken: Collector, known: dict[bytes, str]) -> None:
    if isinstance(piece, Finding):
        taken.add(piece)
        return
    counts, name = taken.counts, piece.name
    counts["records"] += 1
    counts["payees"] += name == "040"
    counts["lots"] += name == "080"
    counts["invoices"] += name in INVOICE_HEADS
    counts["lines"] += name in _LINES
    counts["rejections"] += name in _REJECTIONS
    for item in piece.findings:
        taken.add(item)
    if name == "000":
        first = known.setdefault(piece.data[_IDENTITY], taken.source)
        if first != taken.source:
            taken.add(finding("N033", Place(taken.source, piece.rank), first=first))


def _refused(held: list[Entity | Finding], taken: Collector, chunks: Remembered) -> CheckReport:
    """One clear line for what is no return: the reason nearest to its cause."""
    told = [piece for piece in held if isinstance(piece, Finding)]
    strong = [item for item in told if not item.code.code.startswith(("B06", "N0", "F008", "F009"))]
    given = strong[0] if strong else finding("F004", Place(taken.source), expected="NOEMIE")
    taken.add(refusal(given, chunks.head, "NOEMIE", taken.source))
    return taken.report(False)
