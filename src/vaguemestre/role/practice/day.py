"""One round of a practice's day: collect, close lots, seal, send, copy to the second place. `serve` is rounds, sleeping between."""

from datetime import datetime, timedelta

from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.routing import next_opportunity
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.backup import BackupReport, back_up
from vaguemestre.role.practice.collect import CollectReport, collect
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.lots import LotsReport, close_and_seal
from vaguemestre.role.practice.send import SendReport, send
from vaguemestre.role.practice.ways import load_ways
from vaguemestre.tables.delivery_outcomes import Leg

SLEEP_MIN = timedelta(seconds=2)
SLEEP_MAX = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What one round did."""

    collected: CollectReport
    lots: LotsReport
    sent: SendReport
    backup: BackupReport | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything to tell, in the order of the work."""
        kept = self.backup.findings if self.backup is not None else ()
        return (*self.collected.findings, *self.lots.findings, *self.sent.findings, *kept)

    @property
    def worked(self) -> bool:
        """Whether anything moved."""
        return bool(self.collected.taken or self.lots.closed or self.lots.sealed or self.sent.outcomes)


def round_of_work(edges: PracticeEdges, now: datetime, *, with_backup: bool = True) -> RoundReport:
    """Collect first: an answer may free a lot number or bring a bundle. Failing to collect never stops sending."""
    collected = collect(edges, now)
    lots = close_and_seal(edges, now)
    sent = send(edges, now)
    backup = back_up(edges, now, only_if_changed=True) if with_backup and edges.second_place is not None else None
    return RoundReport(collected, lots, sent, backup)


def sleep_after(edges: PracticeEdges, now: datetime) -> timedelta:
    """How long to sleep before the next round: until something is due, within bounds."""
    with edges.store.read() as view:
        ways = load_ways(edges, view, now)
        times = [view.next_file_time(), next_opportunity(ways, Leg.COLLECTING)]
    due = min((moment for moment in times if moment is not None and moment > now), default=now + SLEEP_MAX)
    return min(max(due - now, SLEEP_MIN), SLEEP_MAX)
