"""What an input is taken for before anything is made of it: a return, by an entity that no B2 file has, or one clear refusal."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from vaguemestre.core.bounded import Chunks, opened
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.noemie.cutting import Cut, Cutter, Lost
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.kinds import Remembered, refusal
from vaguemestre.toolkit.noemie.parts import Entity
from vaguemestre.toolkit.noemie.walking import walk
from vaguemestre.toolkit.source import Source, unending

_Piece = TypeVar("_Piece")

_FRAMES = ("000", "999")
_EARLY_MAX = 1000


def recognised_pieces(source: Source, chunks: Chunks | None = None) -> Iterator[Entity | Finding]:
    """What `walk` gives of a return; of anything else one finding. `chunks`: those of the source, when another looks on."""
    seen = Remembered(source.chunks() if chunks is None else chunks)
    pieces = walk(replace(source, limits=unending(source.limits)), seen)
    return _recognised(pieces, lambda piece: piece.name, seen, source.name)


def recognised_entities(source: Source, chunks: Chunks) -> Iterator[tuple[int, Record] | Finding]:
    """The entities of a return with their rank, unjudged, and what could not be read; of anything else one finding."""
    seen = Remembered(chunks)
    return _recognised(_entities(source, seen), lambda piece: piece[1].name, seen, source.name)


def _entities(source: Source, chunks: Chunks) -> Iterator[tuple[int, Record] | Finding]:
    limits = unending(source.limits)
    for piece in Cutter(opened(chunks, limits, source.name), limits, source.name).cut():
        if isinstance(piece, Cut):
            plan = NOEMIE_ENTITIES.recognise(piece.data)
            if plan is not None:  # the cutter knows the same types
                yield piece.rank, Record(plan, piece.data)
        else:
            yield piece.finding if isinstance(piece, Lost) else piece


def _recognised(
    pieces: Iterator[_Piece | Finding], name_of: Callable[[_Piece], str], chunks: Remembered, source: str
) -> Iterator[_Piece | Finding]:
    """000 and 999 alone are no return: B2 files have them too."""
    early: list[_Piece | Finding] = []
    for piece in pieces:
        early.append(piece)
        if not isinstance(piece, Finding) and name_of(piece) not in _FRAMES:
            yield from early
            yield from pieces
            return
        if len(early) >= _EARLY_MAX:
            break
    yield _refusal([piece for piece in early if isinstance(piece, Finding)], chunks, source)


def _refusal(told: list[Finding], chunks: Remembered, source: str) -> Finding:
    """The reason nearest to its cause."""
    strong = [item for item in told if not item.code.code.startswith(("B06", "N0", "F008", "F009"))]
    given = strong[0] if strong else finding("F004", Place(source), expected="NOEMIE")
    return refusal(given, chunks.head, "NOEMIE", source)
