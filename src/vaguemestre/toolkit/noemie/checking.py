"""Checks anyone's NOEMIE return: every finding in one run, the rest of the file never hidden by one damage."""

from collections.abc import Iterator
from dataclasses import replace

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.noemie_order import INVOICE_HEADS
from vaguemestre.toolkit.b2.report import SHOWN_MAX, CheckReport, FindingsKept
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.noemie.parts import Entity
from vaguemestre.toolkit.noemie.walking import walk
from vaguemestre.toolkit.source import Source

_FRAMES = ("000", "999")
_EARLY_MAX = 1000
_NO_END = 1 << 60
_IDENTITY = slice(3, 61)  # of 000: sender, recipient, exchange, file, day


def check_file(source: Source, known: dict[bytes, str] | None = None, *, shown_max: int = SHOWN_MAX) -> CheckReport:
    """The findings of one input, worst first; `shown_max` of each code are kept, all are counted.

    `known`: identification of a return -> the input that bore it first; pass the same dict for several inputs.
    """
    found, known = FindingsKept(shown_max), {} if known is None else known
    records = lots = invoices = 0
    recognised = False
    for piece in recognised_pieces(source):
        if isinstance(piece, Finding):
            found.take((piece,))
            continue
        recognised = True
        records += 1
        lots += piece.name == "080"
        invoices += piece.name in INVOICE_HEADS
        found.take(piece.findings)
        if piece.name == "000":
            first = known.setdefault(piece.data[_IDENTITY], source.name)
            if first != source.name:
                found.take((finding("N033", Place(source.name, piece.rank), first=first),))
    return CheckReport(
        source.name, recognised, found.worst_first(), dict(found.omitted), dict(found.totals), records, lots, invoices
    )


def recognised_pieces(source: Source) -> Iterator[Entity | Finding]:
    """What `walk` gives of a return; of anything else one finding, in one clear line.

    A return is known by an entity that no B2 file has: 000 and 999 alone are none.
    """
    bounds = replace(
        source, limits=replace(source.limits, faults_max=_NO_END)
    )  # what is kept is bounded, what is read is not
    chunks = Remembered(source.chunks())
    pieces = walk(bounds, chunks)
    early: list[Entity | Finding] = []
    for piece in pieces:
        early.append(piece)
        if isinstance(piece, Entity) and piece.name not in _FRAMES:
            yield from early
            yield from pieces
            return
        if len(early) >= _EARLY_MAX:
            break
    yield _refusal([piece for piece in early if isinstance(piece, Finding)], chunks, source.name)


def _refusal(told: list[Finding], chunks: Remembered, source: str) -> Finding:
    """The reason nearest to its cause."""
    strong = [item for item in told if not item.code.code.startswith(("B06", "N0", "F008", "F009"))]
    given = strong[0] if strong else finding("F004", Place(source), expected="NOEMIE")
    return refusal(given, chunks.head, "NOEMIE", source)
