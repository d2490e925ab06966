"""NOEMIE entities: the same engine as B2's over `tables/layouts/noemie.csv`; a stream without newline, each entity closed by `@`.

000 and 999 have 128 bytes and no `@`; every other entity has its own length. `core.noemie.cutting` finds where they stand.
"""

from collections.abc import Iterator, Mapping

from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits, opened
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.noemie.cutting import SIZES, Cutter, Lost
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import Family, Record, Value

NOEMIE_ENTITIES = Family(NOEMIE)


def encode_entity(name: str, values: Mapping[str, Value]) -> bytes:
    """One entity with its `@`. Values as in `b2.codec.encode_record`; raises UnwritableError, KeyError, TypeError alike."""
    return NOEMIE_ENTITIES.encode(name, values)


def decode_entity(
    data: bytes, number: int | None = None, source: str = ""
) -> tuple[Record | None, tuple[Finding, ...]]:
    """One entity from its bytes, `@` included, and what is wrong with it; None when its type or length is unknown."""
    record, findings = NOEMIE_ENTITIES.decode(data, number, source)
    if record is None:
        place = Place(source, number)
        head, size = str(data[:3], "latin-1"), SIZES.get(data[:3])
        if size is None:
            return None, (finding("B061", place, found=head, offset=1, lost=len(data)),)
        return None, (finding("B060", place, found=head, expected=size, offset=1, lost=len(data)),)
    return record, findings


def read_entities(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> Iterator[tuple[int, Record] | Finding]:
    """Entities with their rank (1-based) and findings, in reading order; reading ends after 999.

    `data` in one piece or in chunks, plain or gzip. An input that holds no entity at all gives one finding.
    """
    held: list[Finding] = []
    recognised = False
    for item in Cutter(opened(data, limits, source), limits, source).cut():
        if isinstance(item, Finding | Lost):
            told = item.finding if isinstance(item, Lost) else item
            if recognised:
                yield told
            else:
                held.append(told)
            continue
        if not recognised:
            recognised = True
            yield from held
        record, findings = decode_entity(item.data, item.rank, source)
        yield from findings
        if record is not None:
            yield item.rank, record
    if not recognised:
        strong = [item for item in held if item.code.code in ("F001", "F011", "F012", "F013", "B060")]
        yield strong[0] if strong else finding("F004", Place(source), expected="NOEMIE")
