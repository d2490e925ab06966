"""Walks any B2 file record by record in flat memory, each record with the findings that stand at it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from vaguemestre.core.b2.events import Event, Header, Trailer
from vaguemestre.core.b2.reader import read_runs
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.b2.stream import stream_file
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.input_kinds import NOEMIE_FILE
from vaguemestre.toolkit.b2.checking import Checking
from vaguemestre.toolkit.b2.ranks import NO_RECORD, ranked
from vaguemestre.toolkit.kinds import Remembered, kind_of, refusal
from vaguemestre.toolkit.report import FindingsKept, left_unread
from vaguemestre.toolkit.source import Source, unending


@dataclass(frozen=True, slots=True)
class Piece:
    """One record: its rank in the file (1-based), and the findings at it."""

    rank: int
    record: Record
    findings: tuple[Finding, ...] = ()


def walk(source: Source) -> Iterator[Piece | Finding]:
    """Records and, where no record stands, findings, in the order of the file; every finding that `check_file` makes.

    An input without any record that a layout knows gives one finding: why it is refused.
    """
    chunks = Remembered(source.chunks())
    found: list[Finding] = []  # until a first record shows that this is B2
    early: list[Piece | Finding] | None = []
    for event, findings in _judged(source, chunks):
        pieces = list(_pieces(event, findings))
        if early is None:
            yield from pieces
            continue
        early += pieces
        if _is_b2(event, chunks.head):
            yield from early
            early = None
        else:
            found += findings
    if early is not None:
        yield _refusal(found, chunks.head, source.name)


Told = tuple[Event, tuple[Finding, ...]]
"""A part of the file, and every finding about it."""


class _Sink(FindingsKept):
    """Takes every finding of one event."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Finding] = []

    def take(self, found: Iterable[Finding]) -> None:
        self.items += found


class _Judge(Checking):
    """The run of a check, told event by event."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.name, unending(source.limits))
        self._told: list[Told] = []

    def tell(self, item: tuple[int, bytes] | Finding | None) -> Iterator[Told]:
        """What a run of records, a fault, or (None) the end of the input completes; nothing waits for a quicker way."""
        if item is None:
            self.assembler.finish()
        elif isinstance(item, Finding):
            self.assembler.fault(left_unread(item))
        else:
            self.assembler.records(*item)
        self._take_events()
        told, self._told = self._told, []
        yield from told

    def _event(self, event: Event) -> None:
        sink = _Sink()
        self.found = sink
        super()._event(event)
        self._told.append((event, tuple(sink.items)))


def _judged(source: Source, chunks: Remembered) -> Iterator[Told]:
    judge = _Judge(source)
    for item in read_runs(chunks, source.limits, source.name):
        yield from judge.tell(item)
    yield from judge.tell(None)


def recognised(source: Source) -> Iterator[Event] | Finding:
    """The events of a source that holds at least one B2 record; else the finding that says why it is refused."""
    chunks = Remembered(source.chunks())
    events = stream_file(chunks, source.limits, source.name)
    held: list[Event] = []
    found: list[Finding] = []
    for event in events:
        held.append(event)
        if _is_b2(event, chunks.head):
            return chain(held, events)
        found += event.findings
    return _refusal(found, chunks.head, source.name)


def _is_b2(event: Event, head: bytes) -> bool:
    """Whether a part of the file shows that it is B2: the first and last records of a NOEMIE return are read as B2's."""
    if isinstance(event, Invoice):
        return True
    framing = isinstance(event, (Header, Trailer))
    return event.record is not None and not (framing and kind_of(head) is NOEMIE_FILE)


def _refusal(found: Sequence[Finding], head: bytes, name: str) -> Finding:
    a_return = kind_of(head) is NOEMIE_FILE  # then what is said of its records as B2 tells nothing
    telling = [
        item for item in found if item.code.code not in NO_RECORD and not (a_return and item.code.code[0] == "B")
    ]
    given = telling[0] if telling else finding("F004", Place(name), expected="B2")
    return refusal(given, head, "B2", name)


def _pieces(event: Event, findings: tuple[Finding, ...]) -> Iterator[Piece | Finding]:
    if isinstance(event, Invoice):
        yield from _placed(ranked(event), findings)
    elif event.record is None:
        yield from findings
    else:
        yield from _placed([(event.rank, event.record)], findings)


def _placed(records: Sequence[tuple[int, Record]], findings: tuple[Finding, ...]) -> Iterator[Piece | Finding]:
    if not findings:
        yield from (Piece(rank, record) for rank, record in records)
        return
    ranks = {rank for rank, _ in records}
    at: dict[int, list[Finding]] = {}
    elsewhere: list[Finding] = []
    for item in findings:
        if item.place.record in ranks:
            at.setdefault(item.place.record or 0, []).append(item)
        else:
            elsewhere.append(item)
    last = records[-1][0]
    for rank, record in records:
        early = [item for item in elsewhere if (item.place.record or last) < rank]
        yield from early
        elsewhere = [item for item in elsewhere if item not in early]
        yield Piece(rank, record, tuple(at.get(rank, ())))
    yield from elsewhere
