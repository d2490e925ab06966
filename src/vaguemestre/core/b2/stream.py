"""Reads a B2 file as a stream of its parts: head, lots, invoices, ends, each with its records and what is wrong with it.

Memory stays flat whatever the file's size: one invoice is held at a time, a lot and the file are running sums. `core.b2.files`
collects the stream into one value.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from vaguemestre.core.b2.checks import DEVIANTS_MAX, LOT_CHECKS, LotTally, invoice_findings
from vaguemestre.core.b2.codec import RECORD_BYTES, decode_record
from vaguemestre.core.b2.events import Event, Header, Loose, LotHead, LotTail, Trailer
from vaguemestre.core.b2.reader import read_runs
from vaguemestre.core.b2.seen import Seen, key_of
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Level, Place, errors_in, finding
from vaguemestre.core.wire.records import Record, place_of
from vaguemestre.tables.b2_order import FOLLOWS, INVOICE_RECORDS, START

_FOLLOWS = {name: frozenset(after) for name, after in FOLLOWS.items()}
_IN_INVOICE = frozenset(INVOICE_RECORDS)
_SAME_AT_BOTH_ENDS = ("sender_type", "sender_number", "recipient_type", "recipient_number", "file_identifier")
_LOST = None  # in place of a record's name: something unreadable stood here, anything may follow
_BEFORE_AN_INVOICE = frozenset(("1", "5"))


__all__ = [
    "Assembler",
    "Event",
    "Header",
    "Invoice",
    "Loose",
    "LotHead",
    "LotTail",
    "Numbers",
    "Trailer",
    "stream_file",
]


class Numbers(Protocol):
    """Remembers invoice numbers."""

    def lot_opens(self, rank: int) -> None:
        """Another lot begins, at this record."""

    def first(self, start: Record, rank: int) -> int | None:
        """The rank of an earlier invoice of this lot with the number of this one, which starts with `start` at `rank`."""


class NumbersOfLot:
    """The numbers of one lot at a time."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = Seen()

    def lot_opens(self, rank: int) -> None:
        self._seen = Seen()

    def first(self, start: Record, rank: int) -> int | None:
        return self._seen.first(key_of(start.raw("invoice_number")), rank)


def stream_file(data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = "") -> Iterator[Event]:
    """The parts of a file in its order; only `Loose` ones when the input holds no B2 record. b2file:000.

    `data`: all the bytes, or chunks of any size; gzip is opened within `limits`. `source` names the input in places.
    """
    assembler = Assembler(source, limits)
    for item in read_runs(data, limits, source):
        if isinstance(item, Finding):
            assembler.fault(item)
        else:
            assembler.records(*item)
        yield from assembler.taken()
        if assembler.given_up:
            break
    assembler.finish()
    yield from assembler.taken()


class Assembler:
    """Puts records where they belong while they come, and tells what is complete as events.

    Feed it with `record` and `fault`, in file order, then `finish`; take the events with `taken` at any time.
    """

    def __init__(
        self, source: str, limits: ReadingLimits, after: str | None = START, numbers: Numbers | None = None
    ) -> None:
        self._source, self._after, self._kept_max = source, after, limits.faults_max
        self._numbers: Numbers = numbers or NumbersOfLot()
        self.rank, self.refused, self.given_up = 0, 0, False  # of the last record; records refused so far
        self.lot_count, self.invoice_count = 0, 0
        self.lot = LotTally(None, 0)
        self._events: list[Event] = []
        self._kept: Counter[str] = Counter()  # findings that refuse nothing, by code
        self._pending: list[Finding] = []  # unreadable bytes between two invoices
        self._header: Record | None = None
        self._trailer: tuple[Record, int] | None = None
        self._trailer_findings: list[Finding] = []
        self._tail_totals = [0, 0]
        self._lost_in_file = self._lost_in_lot = False
        self._lot_is_open = False
        self._close_invoice_state()

    # --- what comes in ---

    def fault(self, item: Finding) -> None:
        """Something unreadable: it belongs to the invoice, lot or file that is open.

        Between two invoices it waits for the next record: the rest of an invoice whose start was lost takes it, else the lot
        does, since nobody can tell whose it was.
        """
        self.refused += 1
        if self._lot_is_open and not self._records:
            self._pending.append(item)
        elif self._records:
            self._report(item, self._invoice_findings)
        elif self._trailer is not None:
            self._report(item, self._trailer_findings)
        else:
            self._loose(None, item.place.record or self.rank, self._kept_of((item,)))
        if item.level is Level.ERROR and item.place.record is not None:
            self._lost_in_file = self._lost_in_lot = True
            self._lost_in_invoice = bool(self._records)  # what comes before an invoice takes nothing from it
            self._after = _LOST
        self._give_up_perhaps()

    def records(self, rank: int, run: bytes) -> None:
        """Records in a row, 128 bytes each; `rank` is that of the first."""
        for start in range(0, len(run), RECORD_BYTES):
            if self.given_up:
                return
            self.record(rank, run[start : start + RECORD_BYTES])
            rank += 1

    def record(self, rank: int, data: bytes) -> None:
        """One record of 128 bytes."""
        record, found = decode_record(data, rank, self._source)
        self.rank = rank
        if record is None:
            for item in found:
                self.fault(item)
            return
        name = record.name
        if found and errors_in(found):
            self.refused += 1
        disordered = self._after is not _LOST and name not in _FOLLOWS[self._after]
        if disordered:
            found = (
                finding("B020", Place(self._source, rank), found=name, after=self._after or "start of the file"),
                *found,
            )
        self._after = name
        if name in _IN_INVOICE:
            self._take_invoice_record(rank, record, name, found, disordered)
        else:
            self._take_frame_record(rank, record, found)
        if found:
            self._give_up_perhaps()

    @property
    def between_invoices(self) -> bool:
        """Whether a lot is open, all that came before is settled, and an invoice may start now: `pass_clean` is then allowed."""
        return self._after in _BEFORE_AN_INVOICE and self._lot_is_open and not self._records and not self._pending

    def pass_clean(self, last_rank: int, invoices: int, charged_cents: int, fund_cents: int, type3: int) -> None:
        """Count invoices that stand in a row before `last_rank` included, and that the caller knows to be without any finding.

        They are of the lot's issuer and fund, and their numbers are known to `numbers`. No event comes of them.
        """
        tally = self.lot
        tally.invoice_count += invoices
        tally.type3_count += type3
        tally.charged_cents += charged_cents
        tally.fund_cents += fund_cents
        self.invoice_count += invoices
        self.rank, self._after = last_rank, "5"

    def end_invoice(self) -> None:
        """No record of the open invoice will come any more."""
        if self._records:
            self._end_invoice(finished=False)
        self._flush_pending()

    def finish(self) -> None:
        """The input is at its end."""
        if self._records:
            self._end_invoice(finished=False)
        if self._lot_is_open:
            self._end_lot(None, self.rank, ())
        if self._header is None and self._trailer is None and not self.lot_count:
            return
        kept = [*self._trailer_findings, *self._kept_of(self._file_findings())]
        record, rank = self._trailer or (None, self.rank)
        self._events.append(Trailer(record, rank, tuple(kept)))

    def taken(self) -> list[Event]:
        """The events that came since the last call."""
        events = self._events
        if events:
            self._events = []
        return events

    # --- records ---

    def _take_invoice_record(
        self, rank: int, record: Record, name: str, found: tuple[Finding, ...], disordered: bool
    ) -> None:
        if name == "2" and self._records:
            self._end_invoice(finished=False)
        if not self._lot_is_open:
            self._open_lot(None, rank, ())
        if not self._records:
            self._first = rank
            if name != "2" and self._pending:
                self._invoice_findings += self._pending
                self._pending, self._lost_in_invoice = [], True
            self._flush_pending()
        self._records.append(record)
        self._lost_in_invoice |= disordered
        for item in found:
            self._report(item, self._invoice_findings)
        if name == "5":
            self._end_invoice(finished=True)

    def _take_frame_record(self, rank: int, record: Record, found: tuple[Finding, ...]) -> None:
        name = record.name
        if self._records:
            self._end_invoice(finished=False)
        if name != "6" and self._lot_is_open:
            self._end_lot(None, rank, ())
        if name == "1":
            self._open_lot(record, rank, found)
        elif name == "6":
            if not self._lot_is_open:
                self._loose(None, rank, self._kept_of(found))
                self._open_lot(None, rank, ())
                found = ()
            self._end_lot(record, rank, found)
        elif name == "999":
            self._trailer = (record, rank)
            self._trailer_findings += self._kept_of(found)
        elif self._header is None:
            self._header = record
            self._events.append(Header(record, rank, tuple(self._kept_of(found))))
        else:
            self._events.append(Loose(record, rank, tuple(self._kept_of(found))))

    # --- findings ---

    def _report(self, item: Finding, where: list[Finding]) -> None:
        """Keep a finding, unless too many of its code were kept already that refuse nothing."""
        if item.level is not Level.ERROR:
            code = item.code.code
            self._kept[code] += 1
            if self._kept[code] > self._kept_max:
                return
            if self._kept[code] == self._kept_max:
                item = finding("F014", item.place, expected=self._kept_max - 1, found=code)
        where.append(item)

    def _kept_of(self, found: Iterator[Finding] | tuple[Finding, ...]) -> list[Finding]:
        kept: list[Finding] = []
        for item in found:
            self._report(item, kept)
        return kept

    def _loose(self, record: Record | None, rank: int, found: list[Finding], *, in_lot: bool = False) -> None:
        if found:
            self._events.append(Loose(record, rank, tuple(found), in_lot))

    def _flush_pending(self) -> None:
        if self._pending:
            self._loose(None, self._pending[0].place.record or self.rank, self._pending, in_lot=True)
            self._pending = []

    def _give_up_perhaps(self) -> None:
        if self.refused >= self._kept_max and not self.given_up:
            self.given_up = True
            self.fault(finding("F009", Place(self._source, self.rank), expected=self._kept_max))

    # --- what is complete ---

    def _open_lot(self, head: Record | None, rank: int, found: tuple[Finding, ...]) -> None:
        self._lot_is_open, self.lot = True, LotTally(head, rank)
        self._pending = []
        self._numbers.lot_opens(rank)
        self._lost_in_lot = False
        self._events.append(LotHead(head, rank, tuple(self._kept_of(found))))

    def _close_invoice_state(self) -> None:
        self._records: list[Record] = []
        self._invoice_findings: list[Finding] = []
        self._first, self._lost_in_invoice = 0, False

    def _end_invoice(self, finished: bool) -> None:
        found, records = self._invoice_findings, tuple(self._records)
        start = records[0]
        place = Place(self._source, self._first)
        known = bool(errors_in(found))
        if start.name != "2" and not known:
            self._report(finding("B038", place), found)
        elif not finished and not known:
            self._report(finding("B037", place), found)
        whole = finished and not self._lost_in_invoice and start.name == "2"
        if whole:
            for item in invoice_findings(Invoice(records, self._first), self._source):
                self._report(item, found)
        before = self._numbers.first(start, self._first)
        if before is not None:
            entry = start.plan.layout.by_name["invoice_number"]
            self._report(finding("B027", place_of(entry, self._first, self._source), first=before), found)
        if not finished or start.name != "2":
            self._lost_in_lot = True
        self.lot.take(records, self._first)
        self.invoice_count += 1
        self._events.append(Invoice(records, self._first, tuple(found), whole))
        self._close_invoice_state()

    def _end_lot(self, tail: Record | None, rank: int, found: tuple[Finding, ...]) -> None:
        self._flush_pending()
        lot = self.lot
        lot.tail, lot.tail_rank = tail, rank
        kept = self._kept_of(found)
        if tail is None and not self._lost_in_file:
            self._report(finding("B036", Place(self._source, lot.first)), kept)
        if not self._lost_in_lot:
            for check in LOT_CHECKS:
                for item in check(lot, self._source):
                    self._report(item, kept)
        if lot.left_out:
            kept.append(finding("F014", Place(self._source, rank), expected=DEVIANTS_MAX, found="B030, B035"))
        self._events.append(LotTail(tail, rank, tuple(kept), lot.invoice_count, lot.charged_cents, lot.fund_cents))
        if tail is not None:
            for index, name in enumerate(("total_amount_1", "total_amount_2")):
                self._tail_totals[index] += tail.number(name)
        self.lot_count += 1
        self._lot_is_open = False

    def _file_findings(self) -> Iterator[Finding]:
        if not self.lot_count:
            yield finding("B045", Place(self._source))
        if self._trailer is None:
            if not self._lost_in_file:
                yield finding("B040", Place(self._source, self.rank or None))
            return
        trailer, rank = self._trailer
        yield from _ends_agree(self._header, trailer, rank, self._source)
        if self._lost_in_file:
            return
        fields = trailer.plan.layout.by_name
        truth = {"record_count": ("B041", self.rank), "lot_count": ("B042", self.lot_count)}
        for name, (code, expected) in truth.items():
            found = trailer.number(name)
            if found != expected:
                yield finding(code, place_of(fields[name], rank, self._source), found=found, expected=expected)
        total = trailer.number("file_total")
        if total and total not in self._tail_totals:
            place = place_of(fields["file_total"], rank, self._source)
            yield finding("B044", place, found=total, expected=self._tail_totals[1])


def _ends_agree(header: Record | None, trailer: Record, rank: int, source: str) -> Iterator[Finding]:
    if header is None:
        return
    for name in _SAME_AT_BOTH_ENDS:
        if header.raw(name) != trailer.raw(name):
            entry = trailer.plan.layout.by_name[name]
            yield finding("B043", place_of(entry, rank, source), field=entry.field_id, label=entry.label_fr)
