"""`check`: everything that can be said of one B2 input, in one run and in flat memory.

`Checking` is the state of a run: it is fed with runs of records (`run`) and faults, in the order of the file. `judge` is the
judgement of such runs, record by record; a long input is judged by columns (`toolkit.b2.columns`), with the same outcome.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Protocol

from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.reader import read_runs
from vaguemestre.core.b2.seen import Seen, key_of
from vaguemestre.core.b2.stream import Assembler, Event, Header, Invoice, LotHead
from vaguemestre.core.bounded import DEFAULT_LIMITS, ReadingLimits
from vaguemestre.core.findings import Finding, FindingCode, Level, finding
from vaguemestre.core.identifiers import check_number, number_is_valid
from vaguemestre.core.wire.records import Record, place_of
from vaguemestre.tables.input_kinds import NOEMIE_FILE
from vaguemestre.toolkit.b2.ranks import ranked
from vaguemestre.toolkit.b2.rowgate import RowGate, as_bytes
from vaguemestre.toolkit.b2.rules import RECORD_RULES, WHOLE_RULES, Around
from vaguemestre.toolkit.b2.rules.parts import at_field
from vaguemestre.toolkit.kinds import Remembered, kind_of, refusal
from vaguemestre.toolkit.report import SHOWN_MAX, CheckReport, FindingsKept, left_unread
from vaguemestre.toolkit.source import Progress, Source, told, unending

LONGEST = 8192
"""Records kept back at most while the end of an invoice is awaited."""
WARM_BYTES, COLD_BYTES = 1 << 14, 1 << 21
"""From how many bytes on columns pay: where numpy is loaded already, and where loading it must be earned back."""
WAITING_MAX = 4096
"""Runs and faults kept back at most until the input shows how long it is."""
_START, _END = ord("2"), b"5"
_KEY_BITS = (1 << 63) - 1
UNCONFIRMED_CODES = frozenset(
    [f"B{number:03d}" for number in (*range(2, 10), *range(30, 36), *range(41, 45))] + ["B102"]
)
"""Findings about what fields of records 000, 1, 6 and 999 hold: our source of these layouts is unconfirmed (vgm:b2-frame-records).
Their order and their length are not in doubt."""


def check_file(
    source: Source, *, limits: ReadingLimits | None = None, shown_max: int = SHOWN_MAX, progress: Progress | None = None
) -> CheckReport:
    """Check one input. `limits` are the source's unless given; `shown_max` findings of each code are kept.

    `progress` is told the number of plain bytes as they are read. Never stops before the end of what can be read.
    """
    bounds = unending(limits or source.limits)
    checking = Checking(source.name, bounds, shown_max)
    head = Remembered(told(source.chunks(), progress))
    for item in read_runs(head, bounds, source.name):
        if isinstance(item, Finding):
            checking.fault(left_unread(item))
        else:
            checking.run(*item)
    report = checking.finish()
    a_return = not report.lots and kind_of(head.head) is NOEMIE_FILE  # its first record is read as B2's
    if not report.findings or (report.recognised and not a_return):
        return report
    why = refusal(report.findings[0], head.head, "B2", source.name)
    return replace(report, recognised=False, findings=(why,), totals={why.level: 1}, omitted={})


class Memory(Protocol):
    """Remembers keys: `core.b2.seen.Seen`, or its like for many at a time."""

    def first(self, key: int, rank: int) -> int | None:
        """Remember that `key` stands at `rank`; the earlier rank if it stood somewhere before, else None."""


class Checking:
    """One run over one input. `assembler` knows the open lot and its sums, `around` its days."""

    def __init__(
        self,
        source: str,
        limits: ReadingLimits = DEFAULT_LIMITS,
        shown_max: int = SHOWN_MAX,
        *,
        columns: bool | None = None,
    ) -> None:
        """`columns`: judge by columns, record by record, or (None) as the input's length asks for."""
        self.source = source
        self.found = FindingsKept(shown_max)
        self.numbers = FileNumbers()
        self.assembler = Assembler(source, limits, numbers=self.numbers)
        self.around, self.last_day = Around(source), b""
        self.gate = RowGate()
        self._contents: Memory = Seen()
        self._lots = Seen()
        self.content_key: Callable[[bytes, bytes], int] = content_key
        self._waiting: list[tuple[int, bytes] | Finding] = []
        self._waiting_bytes = 0
        self._judge: Callable[[bytes, int], int] | None = None
        self._parts: list[bytes] = []  # of a run that is not judged yet
        self._parts_rank, self._parts_bytes, self._enough_bytes = 0, 0, 1
        self._recognised = False
        if columns is not None:
            self._begin(columns=columns)

    # --- what comes in ---

    def run(self, first_rank: int, data: bytes) -> None:
        """Records in a row (128 bytes each, without separator); the start of an invoice whose end is yet to come is kept back."""
        self._recognised = True
        if self._judge is None:
            self._wait((first_rank, data), len(data))
            return
        if not self._parts:
            self._parts_rank = first_rank
        self._parts.append(data)
        self._parts_bytes += len(data)
        if self._parts_bytes >= self._enough_bytes:
            self._judge_parts(self._judge)

    def fault(self, item: Finding) -> None:
        """Something that is no record stands here."""
        if self._judge is None:
            self._wait(item, 0)
            return
        self._flush()
        self.assembler.fault(item)
        self._take_events()

    def finish(self) -> CheckReport:
        """Nothing more comes: the whole report."""
        if self._judge is None:
            self._begin(columns=False)
        self._flush()
        self.assembler.finish()
        self._take_events()
        assembler, found = self.assembler, self.found
        return CheckReport(
            self.source,
            self._recognised,
            found.worst_first(),
            dict(found.omitted),
            dict(found.totals),
            assembler.rank,
            assembler.lot_count,
            assembler.invoice_count,
        )

    # --- for whoever judges ---

    def records(self, first_rank: int, data: bytes) -> None:
        """Walk records one by one, with every check."""
        self.assembler.records(first_rank, data)
        self._take_events()

    def accepts(self, data: bytes) -> bool:
        """Whether an invoice (its records) may be passed now as part of the open lot: it is for the lot's issuer and fund."""
        head = self.assembler.lot.head
        return head is not None and data[1:10] == head.data[1:10] and data[50:53] == head.data[16:19]

    def is_new(self, rank: int, data: bytes) -> bool:
        """Remember an invoice's number and content; False when either stood in the file before: the rules must then look."""
        number = data[29:38]
        if self.numbers.seen.first(key_of(data[1:10] + number), rank) is not None:
            return False
        return self._contents.first(self.content_key(data, number), rank) is None

    def pass_clean(self, last_rank: int, invoices: int, charged_cents: int, fund_cents: int, type3: int = 0) -> None:
        """Count invoices in a row, up to the record `last_rank`, that are accepted, new, and without any finding.

        `type3`: how many of their records are of type 3. Allowed only while `assembler.between_invoices`.
        """
        self.assembler.pass_clean(last_rank, invoices, charged_cents, fund_cents, type3)

    # --- events ---

    def _wait(self, item: tuple[int, bytes] | Finding, size: int) -> None:
        self._waiting.append(item)
        self._waiting_bytes += size
        if self._waiting_bytes >= columns_pay_from() or len(self._waiting) >= WAITING_MAX:
            self._begin(columns=True)

    def _begin(self, *, columns: bool) -> None:
        """Judge this way from now on, and what waited."""
        if columns:
            from vaguemestre.toolkit.b2.columns.judging import ENOUGH_BYTES, ColumnJudge, SeenMany, content_key

            numbers, contents = SeenMany(), SeenMany()
            self.numbers.seen, self._contents, self.content_key = numbers, contents, content_key
            self._judge, self._enough_bytes = ColumnJudge(self, numbers, contents).judge, ENOUGH_BYTES
        else:
            self._judge = lambda data, first_rank: judge(data, first_rank, self)
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            if isinstance(item, Finding):
                self.fault(item)
            else:
                self.run(*item)

    def _judge_parts(self, judge_run: Callable[[bytes, int], int]) -> None:
        data = b"".join(self._parts)
        taken = judge_run(data, self._parts_rank)
        rest = data[taken * RECORD_BYTES :]
        self._parts, self._parts_bytes = [rest] if rest else [], len(rest)
        self._parts_rank += taken

    def _flush(self) -> None:
        """Judge what was kept back: nothing that belongs to it will come."""
        if self._parts and self._judge is not None:
            self._judge_parts(self._judge)
        if self._parts:
            self.records(self._parts_rank, self._parts[0])
            self._parts, self._parts_bytes = [], 0

    def _take_events(self) -> None:
        for event in self.assembler.taken():
            self._event(event)

    def _event(self, event: Event) -> None:
        if isinstance(event, Invoice):
            self.found.take(event.findings)
            self.found.take(self._invoice_findings(event))
            return
        self.found.take(map(unconfirmed, event.findings))
        if isinstance(event, Header):
            self._set_around(replace(self.around, file_day=_day(event.record, "creation_date")))
        elif isinstance(event, LotHead):
            day = _day(event.record, "lot_date") if event.record is not None else None
            self._set_around(replace(self.around, lot_day=day))
            if event.record is not None:
                self.found.take(map(unconfirmed, self._head_findings(event.record, event.rank)))

    def _set_around(self, around: Around) -> None:
        if around != self.around:
            self.around, self.last_day = around, as_bytes(around.last_day)

    def _head_findings(self, head: Record, rank: int) -> Iterable[Finding]:
        entry = head.plan.layout.by_name["provider_number"]
        provider = head.text("provider_number")
        if provider.isdigit() and provider.strip("0") and not number_is_valid(provider):
            expected = check_number(provider, place_of(entry))[0].values["expected"]
            yield at_field("B102", (rank, head), "provider_number", self.source, found=provider, expected=expected)
        number = head.raw("lot_number")
        before = self._lots.first(key_of(head.raw("provider_number") + head.raw("recipient_fund") + number), rank)
        if before is not None:
            found = str(number, "latin-1")
            yield finding(
                "B132", place_of(head.plan.layout.by_name["lot_number"], rank, self.source), found=found, first=before
            )

    def _invoice_findings(self, invoice: Invoice) -> Iterable[Finding]:
        records = ranked(invoice)
        for rule in RECORD_RULES:
            yield from rule(records, self.around)
        elsewhere = self.numbers.elsewhere.pop(invoice.first, None)
        if elsewhere is not None:
            yield at_field("B130", records[0], "invoice_number", self.source, first=elsewhere)
        if not invoice.whole:
            return
        for rule in WHOLE_RULES:
            yield from rule(records, self.around)
        before = self._contents.first(
            self.content_key(invoice.data, records[0][1].raw("invoice_number")), invoice.first
        )
        if before is not None and elsewhere is None and not any(item.code.code == "B027" for item in invoice.findings):
            place = place_of(records[0][1].plan.layout.by_name["invoice_number"], invoice.first, self.source)
            yield finding("B131", place, first=before)


def columns_pay_from() -> int:
    """The length of an input (bytes) from which it is judged by columns; they read words little end first."""
    if sys.byteorder != "little":
        return sys.maxsize
    return WARM_BYTES if "numpy" in sys.modules else COLD_BYTES


class FileNumbers:
    """Remembers invoice numbers of each issuer in the whole file; those met in an earlier lot are told apart (`elsewhere`)."""

    __slots__ = ("_lot_rank", "elsewhere", "seen")

    def __init__(self) -> None:
        self.seen: Memory = Seen()
        self._lot_rank = 0
        self.elsewhere: dict[int, int] = {}  # rank of an invoice -> rank of the one with its number in an earlier lot

    def lot_opens(self, rank: int) -> None:
        self._lot_rank = rank

    def first(self, start: Record, rank: int) -> int | None:
        before = self.seen.first(key_of(start.data[1:10] + start.raw("invoice_number")), rank)
        if before is not None and before < self._lot_rank:
            self.elsewhere[rank] = before
            return None
        return before


def content_key(data: bytes, number: bytes) -> int:
    """What an invoice says but for its number (9 bytes), as a key. vgm:b2-same-content."""
    stay = data[39:48] if data[39:48] != number else b""  # [0240] repeats the number in a private practice
    parts = [data[at : at + 90] for at in range(RECORD_BYTES + 38, len(data), RECORD_BYTES)]
    return hash(b"".join((stay, data[11:29], data[48:RECORD_BYTES], *parts))) & _KEY_BITS


def judge(data: bytes, first_rank: int, checking: Checking) -> int:
    """Judge a run of records one invoice after the other; gives how many records were taken.

    What is left begins with a record 2 whose invoice has no end in the run: hand it in again with what follows.
    """
    types = data[::RECORD_BYTES]
    assembler, gate = checking.assembler, checking.gate
    at, count = 0, len(types)
    while at < count:
        if types[at] != _START or not assembler.between_invoices:
            checking.records(first_rank + at, data[at * RECORD_BYTES : (at + 1) * RECORD_BYTES])
            at += 1
            continue
        end = types.find(_END, at) + 1
        if not end:
            if count - at < LONGEST:
                return at
            checking.records(first_rank + at, data[at * RECORD_BYTES :])
            return count
        invoice = data[at * RECORD_BYTES : end * RECORD_BYTES]
        sums = gate.takes(invoice, checking.last_day) if checking.accepts(invoice) else None
        if sums is not None and checking.is_new(first_rank + at, invoice):
            assembler.pass_clean(first_rank + end - 1, 1, *sums)
        else:
            checking.records(first_rank + at, invoice)
        at = end
    return count


_twins: dict[str, FindingCode] = {}


def unconfirmed(item: Finding) -> Finding:
    """The same finding at a level that never fails a file, when it is about a field of an unconfirmed layout."""
    code = item.code
    if code.code not in UNCONFIRMED_CODES:
        return item
    twin = _twins.get(code.code)
    if twin is None:
        twin = _twins[code.code] = replace(code, level=Level.UNVERIFIED)
    return replace(item, code=twin)


def _day(record: Record, name: str) -> date | None:
    value = record[name]
    return value if isinstance(value, date) else None
