"""Handing lots over: earliest deadline first, each attempt written down before dialling, the same sealed bytes on every way.

A failure takes the next way. An unknown ending is neither sent nor unsent: the same bytes go again and the payer recognises them.
A missing acknowledgement makes them go again too. Attempts end only when the insured's right has lapsed.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime, time, timedelta

from vaguemestre.core.directory.bundle import Fund
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lot import LotEvent, LotState, after
from vaguemestre.core.mail.delivery import outcome_finding
from vaguemestre.core.mail.envelope import Envelope, address_message, make_envelope
from vaguemestre.core.mail.routing import Way, after_attempt, next_message_try, ways_to_probe, ways_to_send
from vaguemestre.core.practice.book import FileRow, FileStage, SealingRow
from vaguemestre.core.seal.lotmessage import mail_subject
from vaguemestre.core.sheet.deadlines import acknowledgement_alarm, resend_limit
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Book, View
from vaguemestre.role.practice.edges import PracticeEdges, WayEdge
from vaguemestre.role.practice.lots import seal_again_where_needed
from vaguemestre.role.practice.ways import edge_of, load_ways, save_leg
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.lifecycles import SheetState

_STALE_AFTER = timedelta(minutes=15)
"""An attempt without an end after so long belongs to a process that died: longer than any timeout of an edge."""

_MAY_HAVE_ARRIVED = frozenset({DeliveryOutcome.ACCEPTED, DeliveryOutcome.UNKNOWN})
_NOTHING_TO_SAY = frozenset({DeliveryOutcome.ACCEPTED, DeliveryOutcome.TEMPORARY})


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one round of sending did. `outcomes` counts attempts; `sent` files that a server took over."""

    sent: int = 0
    waiting: int = 0
    outcomes: Mapping[DeliveryOutcome, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def send(
    edges: PracticeEdges,
    now: datetime,
    *,
    count_max: int | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> SendReport:
    """Hand over every file whose time has come. `advance` is told of each file done, for a progress bar."""
    found = [*conclude_dead_attempts(edges, now), *_resend_unanswered(edges, now)]
    with edges.store.read() as view:
        files = view.files_due(FileStage.TO_SEND, now, count_max)
        ways = {way.name: way for way in load_ways(edges, view, now)}
    files, lapsed = _without_lapsed(edges, files, now)
    found += [*lapsed, *seal_again_where_needed(edges, now, files)]
    sending = _Sending(edges, now, ways)
    try:
        for file in files:
            sending.hand_over(file)
            advance(1)
    finally:
        sending.conclude()
    sending.probe_failing_ways()
    return SendReport(sending.sent, sending.waiting, dict(sending.outcomes), (*found, *sending.findings))


class _Sending:
    """One round: the ways' health as it changes from one message to the next.

    How an attempt ended is written in the same commit as the beginning of the next one, or by `conclude`: one sync of the disk for
    both. A crash in between leaves that one attempt without its end, which is what "unknown" is for.
    """

    def __init__(self, edges: PracticeEdges, now: datetime, ways: dict[str, Way]) -> None:
        self._edges = edges
        self._now = now
        self._ways = ways
        self._tried: set[str] = set()
        self._to_write: Callable[[Book], None] | None = None  # the end of the last attempt
        with edges.store.read() as view:
            published = edges.directory.current(view)
        self._funds = {fund.destination: fund for fund in published.bundle.funds} if published is not None else {}
        self.sent = 0
        self.waiting = 0
        self.outcomes: Counter[DeliveryOutcome] = Counter()
        self.findings: list[Finding] = []

    def hand_over(self, file: FileRow) -> None:
        """Try each way that may be tried now, until one server takes the message."""
        fund = self._funds.get(file.destination)
        with self._edges.store.read() as view:
            sealing = view.current_sealing(file.id)
            ways = self._order(view, file)
        if fund is None or sealing is None:
            self.waiting += 1
            return
        for way in ways:
            outcome = self._attempt(file, sealing, fund, way)
            if outcome is DeliveryOutcome.ACCEPTED:
                self.sent += 1
                return
            if outcome is None:
                break
        self.waiting += 1

    def _order(self, view: View, file: FileRow) -> list[Way]:
        """Ways by health and rank; a message that went unanswered takes first one that it has not taken yet."""
        due = ways_to_send(self._ways.values(), self._now)
        if len(due) < 2:
            return list(due)
        taken = Counter(
            attempt.way for attempt in view.attempts_of_file(file.id) if attempt.outcome in _MAY_HAVE_ARRIVED
        )
        return sorted(due, key=lambda way: taken[way.name])

    def conclude(self) -> None:
        """Write down how the last attempt ended."""
        if self._to_write is not None:
            with self._edges.store.write() as book:
                self._write_last(book)
            self._to_write = None

    def _write_last(self, book: Book) -> None:
        if self._to_write is not None:
            self._to_write(book)

    def _attempt(self, file: FileRow, sealing: SealingRow, fund: Fund, way: Way) -> DeliveryOutcome | None:
        """One attempt on one way: written down, dialled, its outcome written down.

        None while another process dials, or when the file moved on since the round began: its lot was taken apart, or answered.
        """
        edges, now = self._edges, self._now
        edge = edge_of(edges, way.name)
        if edge.sender is None:
            return DeliveryOutcome.UNREACHABLE
        with edges.store.write() as book:
            self._write_last(book)
            waits = _still_to_send(book, file, sealing)
            attempt_id = book.begin_attempt(sealing.id, way.name, now) if waits else None
            envelope = None if attempt_id is None else _envelope(edges, book, file, sealing, fund, edge, now)
        self._to_write = None
        if attempt_id is None or envelope is None:
            return None
        attempt = edge.sender.send(envelope)
        self._tried.add(way.name)
        self.outcomes[attempt.outcome] += 1
        health = after_attempt(
            way,
            Leg.SENDING,
            attempt.outcome,
            now,
            reply=attempt.reply,
            jitter=edges.jitter(),
            about_message=attempt.about_message,
        )
        self._ways[way.name] = health

        def end(book: Book) -> None:
            book.end_attempt(attempt_id, attempt.outcome, attempt.reply, now)
            save_leg(book, health, Leg.SENDING)
            _after_outcome(edges, book, file, attempt.outcome, now)

        self._to_write = end
        edges.log("attempt", way=way.name, outcome=attempt.outcome.name.lower(), message=sealing.sealed_digest)
        if attempt.outcome not in _NOTHING_TO_SAY:
            told = outcome_finding(Leg.SENDING, attempt.outcome, way.name, attempt.reply)
            self.findings += [told] if told is not None else []
        return attempt.outcome

    def probe_failing_ways(self) -> None:
        """A login without a message tells whether a failing way works again."""
        edges, now = self._edges, self._now
        for way in ways_to_probe(self._ways.values(), now):
            edge = edge_of(edges, way.name)
            if edge.sender is None or way.name in self._tried:
                continue
            attempt = edge.sender.probe()
            health = after_attempt(way, Leg.SENDING, attempt.outcome, now, reply=attempt.reply, jitter=edges.jitter())
            with edges.store.write() as book:
                save_leg(book, health, Leg.SENDING)


def _still_to_send(book: Book, file: FileRow, sealing: SealingRow) -> bool:
    """Whether these very bytes are still to be sent: a round lasts, and people work meanwhile."""
    current, stands = book.current_sealing(file.id), book.file(file.id)
    return stands is not None and stands.stage is FileStage.TO_SEND and current is not None and current.id == sealing.id


def _envelope(
    edges: PracticeEdges, book: Book, file: FileRow, sealing: SealingRow, fund: Fund, way: WayEdge, now: datetime
) -> Envelope:
    """The sealed entity under the headers of one way: only these differ from one way to another."""
    count = sum(lot.sheet_count for lot in book.lots_of_file(file.id))
    message = address_message(
        book.sealed_message(sealing.id),
        mail_from=way.address,
        rcpt_to=fund.email_address,
        subject=mail_subject(edges.settings.software_version, file.billing_number, sealing.sealed_at, count),
        message_id=message_id(sealing.sealed_digest),
        dated=now,
    )
    return make_envelope(way.address, (fund.email_address,), message)


def message_id(sealed_digest: str) -> str:
    """The Message-ID of sealed bytes, the same on every way, so that an operator's delivery report names them."""
    return f"{sealed_digest}@vaguemestre.invalid"


def sealed_digest_of(identifier: str) -> str:
    """Inverse of `message_id`; "" for a foreign identifier."""
    digest, at, domain = identifier.partition("@")
    return digest if at and domain == "vaguemestre.invalid" else ""


def _after_outcome(edges: PracticeEdges, book: Book, file: FileRow, outcome: DeliveryOutcome, now: datetime) -> None:
    """Where the file and its lots stand after one attempt."""
    lots = book.lots_of_file(file.id) if outcome in _MAY_HAVE_ARRIVED else []
    for lot in lots:
        if lot.state in (LotState.SEALED, LotState.HANDED_OVER):
            book.set_lot(lot.id, after(lot.state, LotEvent.HAND_OVER), handed_over_at=now)
            book.move_sheets(lot.id, (SheetState.SEALED,), SheetState.HANDED_OVER)
    current = book.file(file.id)
    if current is None or current.stage is FileStage.DONE:
        return  # an answer overtook the attempt
    if outcome is DeliveryOutcome.ACCEPTED and all(lot.answered_at is not None for lot in lots):
        book.set_file(file.id, FileStage.DONE)  # sent once more after a restore: its acknowledgement is already here
        return
    if outcome is DeliveryOutcome.ACCEPTED:
        alarm = acknowledgement_alarm(now, edges.settings.territory)
        book.set_file(file.id, FileStage.SENT, next_try_at=alarm, failures=0)
        return
    failures = current.failures + 1
    again = next_message_try(outcome, failures, now, _lapse_instant(file), edges.jitter())
    book.set_file(file.id, FileStage.TO_SEND, next_try_at=again or now, failures=failures)


def _lapse_instant(file: FileRow) -> datetime:
    return datetime.combine(file.lapses_on, time(), UTC)


def conclude_dead_attempts(
    edges: PracticeEdges, now: datetime, *, stale_after: timedelta = _STALE_AFTER
) -> list[Finding]:
    """Attempts whose process died have an unknown fate: the same bytes go again at once. Zero concludes all of them."""
    with edges.store.write() as book:
        dead = book.unfinished_attempts(now - stale_after + timedelta(microseconds=1))
        for attempt, file_id in dead:
            book.end_attempt(attempt.id, DeliveryOutcome.UNKNOWN, "", now)
            file = book.file(file_id)
            if file is not None:
                _after_outcome(edges, book, file, DeliveryOutcome.UNKNOWN, now)
                if file.stage is not FileStage.DONE:
                    book.set_file(file_id, FileStage.TO_SEND, next_try_at=now)
    told = (outcome_finding(Leg.SENDING, DeliveryOutcome.UNKNOWN, attempt.way, "") for attempt, _ in dead)
    return [item for item in told if item is not None]


def _resend_unanswered(edges: PracticeEdges, now: datetime) -> list[Finding]:
    """Files whose acknowledgement is late go again, the same bytes (vgm:acknowledgement-alarm)."""
    found = []
    with edges.store.read() as view:
        late = view.files_due(FileStage.SENT, now)
    if not late:
        return []
    with edges.store.write() as book:
        for file in late:
            stands = book.file(file.id)
            if stands is None or stands.stage is not FileStage.SENT:
                continue  # answered meanwhile
            book.set_file(file.id, FileStage.TO_SEND, next_try_at=now)
            for lot in book.lots_of_file(file.id):
                if lot.state is LotState.HANDED_OVER and lot.handed_over_at is not None:
                    limit = resend_limit(
                        acknowledgement_alarm(lot.handed_over_at, edges.settings.territory), edges.settings.territory
                    )
                    name = str(lot.identity)
                    sent, until = edges.today(lot.handed_over_at), edges.today(limit)
                    found.append(finding("R018", Place(source=name), lot=name, sent=sent, limit=until))
    return found


def _without_lapsed(edges: PracticeEdges, files: list[FileRow], now: datetime) -> tuple[list[FileRow], list[Finding]]:
    """Attempts end when the insured's right has lapsed (css:L160-11), and only then."""
    today = edges.today(now)
    lapsed = [file for file in files if file.lapses_on <= today]
    if not lapsed:
        return files, []
    found = []
    with edges.store.write() as book:
        for file in lapsed:
            book.set_file(file.id, FileStage.DONE)
            for lot in book.lots_of_file(file.id):
                name = str(lot.identity)
                found.append(finding("R043", Place(source=name), lot=name, lapsed=file.lapses_on))
    return [file for file in files if file.lapses_on > today], found
