"""Reads a whole B2 file: order, counts and totals of its lots and invoices. One bad invoice never takes its lot with it.

Every finding carries the record's rank and, when one field is at fault, its columns; it also stands on the invoice, lot or file
that it is about.
"""

from collections import Counter
from collections.abc import Iterator

from vaguemestre.core.b2.checks import LOT_CHECKS, invoice_findings
from vaguemestre.core.b2.codec import decode_record
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.b2.shape import B2File, Invoice, Lot
from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Level, Place, errors_in, finding
from vaguemestre.core.wire.records import Record, place_of
from vaguemestre.tables.b2_order import FOLLOWS, INVOICE_RECORDS, START

__all__ = ["B2File", "Invoice", "Lot", "parse_file", "parse_invoice"]

_FOLLOWS = {name: frozenset(after) for name, after in FOLLOWS.items()}
_IN_INVOICE = frozenset(INVOICE_RECORDS)
_SAME_AT_BOTH_ENDS = ("sender_type", "sender_number", "recipient_type", "recipient_number", "file_identifier")
_LOST = None  # in place of a record's name: something unreadable stood here, anything may follow


def parse_file(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[B2File | None, tuple[Finding, ...]]:
    """The file and every finding in reading order; None when the input holds no B2 record. b2file:000.

    `data`: all the bytes, or chunks of any size; gzip is opened within `limits`. `source` names the input in places.
    """
    assembler = _Assembler(source, limits)
    for item in read_records(data, limits, source):
        if isinstance(item, Finding):
            assembler.fault(item)
        else:
            assembler.record(*item)
        if assembler.refused >= limits.faults_max:
            assembler.fault(finding("F009", Place(source, assembler.rank), expected=limits.faults_max))
            break
    return assembler.finish()


def parse_invoice(data: bytes, source: str = "") -> tuple[Invoice | None, tuple[Finding, ...]]:
    """One invoice alone, records 2 to 5 without separator, with every check of an invoice. None when no record can be read."""
    if not data:
        return None, (finding("F001", Place(source)),)
    assembler = _Assembler(source, DEFAULT_LIMITS, after="1")
    for start in range(0, len(data), 128):
        piece = data[start : start + 128]
        rank = start // 128 + 1
        if len(piece) < 128:
            assembler.fault(finding("F005", Place(source, rank), found=len(piece), expected=128))
        elif piece[0] not in b"2345":
            assembler.fault(finding("B001", Place(source, rank), found=str(piece[:1], "latin-1")))
        else:
            assembler.record(rank, piece)
    return assembler.single_invoice()


class _Assembler:
    """Puts records where they belong while they come, and remembers what was wrong where."""

    def __init__(self, source: str, limits: ReadingLimits, after: str | None = START) -> None:
        self._source, self._after, self._kept_max = source, after, limits.faults_max
        self.rank, self.refused = 0, 0  # of the last record; records refused so far
        self._kept: Counter[str] = Counter()  # findings that refuse nothing, by code
        self._all: list[Finding] = []
        self._own: list[Finding] = []
        self._pending: list[Finding] = []
        self._header: Record | None = None
        self._trailer: Record | None = None
        self._lots: list[Lot] = []
        self._lost_in_file = False
        self._open_lot(None, 0)
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
            self._all.append(item)
            self._pending.append(item)
        else:
            self._report(item)
        if item.level is Level.ERROR and item.place.record is not None:
            self._lost_in_file = self._lost_in_lot = self._lost_in_invoice = True
            self._after = _LOST

    def record(self, rank: int, data: bytes) -> None:
        """One record of 128 bytes."""
        record, found = decode_record(data, rank, self._source)
        self.rank = rank
        if record is None:
            for item in found:
                self.fault(item)
            return
        if found and errors_in(found):
            self.refused += 1
        name = record.name
        if self._after is not _LOST and name not in _FOLLOWS[self._after]:
            out_of_order = finding("B020", Place(self._source, rank), found=name, after=self._after or "-")
        else:
            out_of_order = None
        self._after = name
        if name in _IN_INVOICE:
            self._take_invoice_record(rank, record, found, out_of_order)
        else:
            self._take_frame_record(rank, record, found, out_of_order)

    def _take_invoice_record(
        self, rank: int, record: Record, found: tuple[Finding, ...], out_of_order: Finding | None
    ) -> None:
        if record.name == "2" and self._records:
            self._end_invoice(finished=False)
        if not self._lot_is_open:
            self._open_lot(None, rank)
        if not self._records:
            self._first = rank
            if record.name != "2" and self._pending:
                self._invoice_findings += self._pending
                self._pending, self._lost_in_invoice = [], True
            self._flush_pending()
        self._records.append(record)
        if out_of_order is not None:
            self._lost_in_invoice = True
            self._report(out_of_order)
        for item in found:
            self._report(item)
        if record.name == "5":
            self._end_invoice(finished=True)

    def _take_frame_record(
        self, rank: int, record: Record, found: tuple[Finding, ...], out_of_order: Finding | None
    ) -> None:
        name = record.name
        if self._records:
            self._end_invoice(finished=False)
        if name != "6" and self._lot_is_open:
            self._end_lot(None)
        if name == "1":
            self._open_lot(record, rank)
        for item in (*((out_of_order,) if out_of_order else ()), *found):
            self._report(item)
        if name == "6":
            if not self._lot_is_open:
                self._open_lot(None, rank)
            self._end_lot(record)
        elif name == "000" and self._header is None:
            self._header = record
        elif name == "999":
            self._trailer = record

    # --- what goes out ---

    def finish(self) -> tuple[B2File | None, tuple[Finding, ...]]:
        if self._records:
            self._end_invoice(finished=False)
        if self._lot_is_open:
            self._end_lot(None)
        if self._header is None and self._trailer is None and not self._lots:
            return None, tuple(self._all)
        for item in self._file_checks():
            self._report(item)
        return B2File(self._header, tuple(self._lots), self._trailer, tuple(self._own)), tuple(self._all)

    def single_invoice(self) -> tuple[Invoice | None, tuple[Finding, ...]]:
        if self._records:
            self._end_invoice(finished=False)
        if len(self._invoices) > 1:
            self._all.append(finding("B020", Place(self._source, self._invoices[1].first), found="2", after="5"))
        return (self._invoices[0] if len(self._invoices) == 1 else None), tuple(self._all)

    def _report(self, item: Finding) -> None:
        if item.level is not Level.ERROR:
            code = item.code.code
            self._kept[code] += 1
            if self._kept[code] > self._kept_max:
                return
            if self._kept[code] == self._kept_max:
                item = finding("F014", item.place, expected=self._kept_max - 1, found=code)
        self._all.append(item)
        if self._records:
            self._invoice_findings.append(item)
        elif self._lot_is_open:
            self._lot_findings.append(item)
        else:
            self._own.append(item)

    def _flush_pending(self) -> None:
        self._lot_findings += self._pending
        self._pending = []

    def _open_lot(self, head: Record | None, rank: int) -> None:
        self._lot_is_open, self._head, self._lot_first = True, head, rank
        self._invoices: list[Invoice] = []
        self._lot_findings: list[Finding] = []
        self._pending = []
        self._numbers: dict[bytes, int] = {}
        self._lost_in_lot = False

    def _close_invoice_state(self) -> None:
        self._records: list[Record] = []
        self._invoice_findings: list[Finding] = []
        self._first, self._lost_in_invoice = 0, False

    def _end_invoice(self, finished: bool) -> None:
        start = self._records[0]
        place = Place(self._source, self._first)
        known = bool(errors_in(self._invoice_findings))
        if start.name != "2" and not known:
            self._report(finding("B038", place))
        elif not finished and not known:
            self._report(finding("B037", place))
        if finished and not self._lost_in_invoice and start.name == "2":
            for item in invoice_findings(Invoice(tuple(self._records), self._first), self._source):
                self._report(item)
        number = start.raw("invoice_number")
        if number in self._numbers:
            entry = start.plan.layout.by_name["invoice_number"]
            self._report(finding("B027", place_of(entry, self._first, self._source), first=self._numbers[number]))
        self._numbers.setdefault(number, self._first)
        if not finished or start.name != "2":
            self._lost_in_lot = True
        self._invoices.append(Invoice(tuple(self._records), self._first, tuple(self._invoice_findings)))
        self._close_invoice_state()

    def _end_lot(self, tail: Record | None) -> None:
        self._flush_pending()
        lot = Lot(self._head, tuple(self._invoices), tail, self._lot_first)
        if tail is None and not self._lost_in_file:
            self._report(finding("B036", Place(self._source, self._lot_first)))
        if not self._lost_in_lot:
            for check in LOT_CHECKS:
                for item in check(lot, self._source):
                    self._report(item)
        self._lots.append(Lot(self._head, lot.invoices, tail, self._lot_first, tuple(self._lot_findings)))
        self._lot_is_open = False

    def _file_checks(self) -> Iterator[Finding]:
        if not self._lots:
            yield finding("B045", Place(self._source))
        if self._trailer is None:
            if not self._lost_in_file:
                yield finding("B040", Place(self._source, self.rank or None))
            return
        yield from _ends_agree(self._header, self._trailer, self.rank, self._source)
        if self._lost_in_file:
            return
        fields = self._trailer.plan.layout.by_name
        truth = {"record_count": ("B041", self.rank), "lot_count": ("B042", len(self._lots))}
        for name, (code, expected) in truth.items():
            found = self._trailer.number(name)
            if found != expected:
                yield finding(code, place_of(fields[name], self.rank, self._source), found=found, expected=expected)
        total = self._trailer.number("file_total")
        sums = [
            sum(lot.tail.number(name) for lot in self._lots if lot.tail)
            for name in ("total_amount_1", "total_amount_2")
        ]
        if total and total not in sums:
            yield finding(
                "B044", place_of(fields["file_total"], self.rank, self._source), found=total, expected=sums[1]
            )


def _ends_agree(header: Record | None, trailer: Record, rank: int, source: str) -> Iterator[Finding]:
    if header is None:
        return
    for name in _SAME_AT_BOTH_ENDS:
        if header.raw(name) != trailer.raw(name):
            entry = trailer.plan.layout.by_name[name]
            yield finding("B043", place_of(entry, rank, source), field=entry.field_id, label=entry.label_fr)
