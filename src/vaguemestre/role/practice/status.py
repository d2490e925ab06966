"""What a practice shows: its ways with their two healths, every stage, what presses, what alarms; and one sheet's whole life.

Reads only. Everything is data and findings: the command line or a page says it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from vaguemestre.core.calendar import add_working_days
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.directory.bundle import age_days, check_age
from vaguemestre.core.findings import Finding, Place, as_warnings, errors_in, finding, worst_first
from vaguemestre.core.mail.routing import Way, way_findings
from vaguemestre.core.practice.book import (
    AnswerLine,
    AttemptRow,
    BookTotals,
    Generation,
    LotRow,
    MailRow,
    MailState,
    SealingRow,
    SheetBody,
    SheetRow,
    StageCount,
)
from vaguemestre.core.practice.reconciliation import Verdict
from vaguemestre.core.sheet.deadlines import acknowledgement_alarm, payment_due, resend_limit
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.backup import backup_findings
from vaguemestre.role.practice.book import View
from vaguemestre.role.practice.corrections import sheet_in
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.ways import load_ways
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.lifecycles import SheetState

SHOWN_MAX = 10
"""Late sheets, unpaid sheets and quarantined messages are shown up to so many; their counts are whole."""


class HeldSheet(NamedTuple):
    """A sheet that the fund holds for a person, and when this practice was told."""

    row: SheetRow
    since: datetime


@dataclass(frozen=True, slots=True)
class PracticeStatus:
    """Everything that `status` shows at one instant. `nearest` are the waiting sheets that press most.

    `to_correct` are rejected sheets that no other sheet corrects yet; `held` acknowledged ones on which a person at the fund must
    decide, of `held_counts` in all. The findings say why each was rejected or is held.
    """

    name: str
    at: datetime
    ways: tuple[Way, ...]
    totals: BookTotals
    attempts: Mapping[tuple[str, DeliveryOutcome | None], int]
    nearest: tuple[SheetRow, ...]
    to_correct: tuple[SheetRow, ...]
    held: tuple[HeldSheet, ...]
    held_counts: tuple[StageCount, ...]
    quarantined: tuple[MailRow, ...]
    unknown_sheets: int
    bundle_issued_at: datetime | None
    bundle_age_days: int | None
    backup: Generation | None
    next_work_at: datetime | None
    findings: tuple[Finding, ...]


def status(edges: PracticeEdges, now: datetime) -> PracticeStatus:
    """The practice as it stands at `now`."""
    kept, newest = backup_findings(edges, now)
    with edges.store.read() as view:
        published = edges.directory.current(view)
        ways = load_ways(edges, view, now)
        found = [*way_findings(ways), *check_age(published.bundle if published else None, now), *kept]
        to_correct = _to_correct(view)
        found += [item for _, said in to_correct for item in said]
        held = [HeldSheet(row, since) for row, since in view.held_sheets(SHOWN_MAX)]
        found += [item for entry in held for item in _why_held(view, entry)]
        found += _unanswered(edges, view, now)
        found += _late(edges, view, now)
        found += _unpaid(edges, view, now)
        set_aside = view.mails(MailState.QUARANTINED, SHOWN_MAX) + view.mails(MailState.HELD, SHOWN_MAX)
        found += [item.finding() for _, told in set_aside for item in told]
        unknown = view.answers_about_unknown_sheets(SHOWN_MAX)
        found += [item for _, _, line in unknown for item in line.findings]
        return PracticeStatus(
            edges.settings.name,
            now,
            tuple(sorted(ways, key=lambda way: (way.rank, way.name))),
            view.totals(),
            view.attempt_counts(),
            tuple(view.late_sheets(date.max, SHOWN_MAX)),
            tuple(row for row, _ in to_correct),
            tuple(held),
            tuple(view.held_counts()),
            tuple(mail for mail, _ in set_aside),
            len(unknown),
            published.bundle.issued_at if published else None,
            age_days(published.bundle, now) if published else None,
            newest,
            view.next_file_time(),
            tuple(worst_first(as_warnings(found))),
        )


def _late(edges: PracticeEdges, view: View, now: datetime) -> list[Finding]:
    """Sheets whose sending deadline has passed: paper is proposed, attempts go on."""
    return [
        finding("R025", Place(source=str(row.key)), sheet=row.key, deadline=row.deadline, state=row.state.value)
        for row in view.late_sheets(edges.today(now), SHOWN_MAX)
    ]


def _to_correct(view: View) -> list[tuple[SheetRow, list[Finding]]]:
    """Rejected sheets without a correction, with what the payer said of each."""
    found: list[tuple[SheetRow, list[Finding]]] = []
    for row in view.sheets_in_state(SheetState.REJECTED):
        if len(found) == SHOWN_MAX:
            break
        if view.correction_of(row.id) is None:
            said = [item for line in view.answers_of_sheet(row.id) for item in line.findings]
            found.append((row, errors_in(said)))
    return found


def _why_held(view: View, entry: HeldSheet) -> list[Finding]:
    """What the fund said when it held a sheet."""
    said = [line for line in view.answers_of_sheet(entry.row.id) if line.verdict == Verdict.HELD.value]
    return list(said[-1].findings) if said else []


def _unanswered(edges: PracticeEdges, view: View, now: datetime) -> list[Finding]:
    """Lots whose acknowledgement is late (vgm:acknowledgement-alarm)."""
    territory = edges.settings.territory
    found = []
    for lot in view.unanswered_lots(now - timedelta(days=2), SHOWN_MAX):
        if lot.handed_over_at is None or acknowledgement_alarm(lot.handed_over_at, territory) > now:
            continue
        limit = resend_limit(acknowledgement_alarm(lot.handed_over_at, territory), territory)
        name, sent, until = str(lot.identity), edges.today(lot.handed_over_at), edges.today(limit)
        found.append(finding("R018", Place(source=name), lot=name, sent=sent, limit=until))
    return found


def _unpaid(edges: PracticeEdges, view: View, now: datetime) -> list[Finding]:
    """Sheets under tiers payant acknowledged long ago and without a return (css:D161-13-3)."""
    found = []
    today = edges.today(now)
    territory = edges.settings.territory
    for row in view.unpaid_sheets(now - timedelta(days=7), SHOWN_MAX):
        if row.acknowledged_at is None:
            continue
        acknowledged = edges.today(row.acknowledged_at)
        due = payment_due(acknowledged, territory)
        if today > add_working_days(due, 1, territory):  # the return itself travels by mail
            name = str(row.key)
            found.append(finding("R019", Place(source=name), sheet=name, acknowledged=acknowledged, due=due))
    return found


# --- one sheet's life


@dataclass(frozen=True, slots=True)
class SheetLife:
    """One sheet from recording to its end, with everything that happened on the way."""

    row: SheetRow
    sheet: CareSheet | None  # None for a carried one
    body: SheetBody
    lots: tuple[LotRow, ...]
    sealings: tuple[SealingRow, ...]
    attempts: tuple[AttemptRow, ...]
    answers: tuple[AnswerLine, ...]
    replaces: SheetRow | None
    replaced_by: SheetRow | None
    held_since: datetime | None  # by the fund, for a person to decide

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was said of it: at recording, then by each answer."""
        said = [item.finding() for item in self.body.findings]
        return as_warnings((*said, *(item for answer in self.answers for item in answer.findings)))


def sheet_life(edges: PracticeEdges, row: SheetRow) -> SheetLife:
    """Read one sheet's whole life."""
    with edges.store.read() as view:
        lots = view.lots_of_sheet(row.id)
        files = list(dict.fromkeys(lot.file_id for lot in lots))
        travelling = view.travelling(row.id)
        return SheetLife(
            row,
            sheet_in(travelling) if travelling is not None else None,
            view.body(row.id),
            tuple(lots),
            tuple(sealing for file in files for sealing in view.sealings_of_file(file)),
            tuple(attempt for file in files for attempt in view.attempts_of_file(file)),
            tuple(view.answers_of_sheet(row.id)),
            view.sheet(row.replaces_id) if row.replaces_id is not None else None,
            view.correction_of(row.id),
            view.held_since([row.id]).get(row.id),
        )


def awaited(row: SheetRow) -> bool:
    """Whether something is still expected of a sheet."""
    return row.ended_at is None and row.state is not SheetState.CANCELLED
