"""Keeping the store safe: a copy at the second place after work, and the way back with the numbering jump.

After a restore nobody knows which numbers were given since the backup. Numbers of sheets and lots therefore jump past everything
that the payer or a paper could know, by a count that the second place keeps: two restores of one old backup never meet
(vgm:restore-jump).
"""

from datetime import datetime, timedelta

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.numbering import lot_number_after_restores
from vaguemestre.core.practice.book import FORKED_FACT, FileStage, Generation, RestoreRow
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import View
from vaguemestre.role.practice.edges import PracticeEdges, SecondPlace
from vaguemestre.role.practice.send import conclude_dead_attempts

BACKUP_OLD_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What one backup did; `generation` None when nothing was written."""

    generation: Generation | None
    findings: tuple[Finding, ...] = ()


def back_up(edges: PracticeEdges, now: datetime, *, only_if_changed: bool = False) -> BackupReport:
    """Copy the store to the second place. A place out of reach is a finding: work goes on.

    When the second place counts more restores than this store went through, it was restored elsewhere: nothing is written, and
    nothing more is numbered here.
    """
    place = edges.second_place
    if place is None:
        return BackupReport(None, (finding("R032"),))
    try:
        theirs = _restores_counted(place)
        with edges.store.read() as view:
            ours = max((row.number for row in view.restores()), default=0)
            newest = _newest(place)
            unchanged = only_if_changed and newest is not None and not view.changed_since(newest.taken_at)
        if theirs > ours:
            return BackupReport(None, (_forked(edges, ours, theirs),))
        if unchanged:
            return BackupReport(None)
        generation = place.write(edges.store, now, ours)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return BackupReport(None, (finding("R030", directory=place.name, reason=reason),))
    edges.log("backup", count=generation.number, size_bytes=generation.size_bytes)
    return BackupReport(generation)


def _restores_counted(place: SecondPlace) -> int:
    """A second place that was never written to has counted none."""
    try:
        return max((row.number for row in place.restores()), default=0)
    except FileNotFoundError:
        return 0


def _newest(place: SecondPlace) -> Generation | None:
    try:
        return next(iter(place.generations()), None)
    except FileNotFoundError:
        return None


def _forked(edges: PracticeEdges, ours: int, theirs: int) -> Finding:
    with edges.store.write() as book:
        book.set_fact(FORKED_FACT, f"{theirs}")
    return finding("R029", ours=ours, theirs=theirs)


def backup_findings(edges: PracticeEdges, now: datetime) -> tuple[tuple[Finding, ...], Generation | None]:
    """What a person must know of the backups, and the newest one."""
    place = edges.second_place
    if place is None:
        return (finding("R032"),), None
    try:
        newest = _newest(place)
    except OSError as error:
        return (finding("R030", directory=place.name, reason=error.strerror or type(error).__name__),), None
    if newest is None:
        return (finding("R056"),), None
    age = now - newest.taken_at
    if age > BACKUP_OLD_AFTER:
        return (finding("R031", age_hours=int(age / timedelta(hours=1))),), newest
    return (), newest


# --- the way back


def after_restore(
    edges: PracticeEdges, row: RestoreRow, counted: list[RestoreRow], now: datetime
) -> tuple[Finding, ...]:
    """What a restored store must do before anything else, in one transaction: jump its numbers, then resend what is not ended.

    Lots that were answered and not yet paid go again too: a return may have been read by the store that was lost, and the payer
    gives its answers again to who sends again. `row` is this restore, `counted` all that the second place ever counted.
    """
    with edges.store.write() as book:
        for known in counted:
            book.add_restore(known)
        for billing_number, destination, last in book.lot_numberings():
            jumped = lot_number_after_restores(last, row.number)
            book.set_last_lot_number(billing_number, destination, jumped)
        unanswered = book.files_due(FileStage.SENT, datetime.max.replace(tzinfo=now.tzinfo))
        for file in (*unanswered, *book.files_awaiting_money()):
            book.set_file(file.id, FileStage.TO_SEND, next_try_at=now)
        book.finish_restore(row.number)
        book.touch(now)
    conclude_dead_attempts(edges, now, stale_after=timedelta(0))
    with edges.store.read() as view:
        firsts = sorted(_first_serials(edges, view, now))
    taken = row.backup_taken_at.isoformat(timespec="minutes")
    return tuple(finding("R042", taken=taken, first=first) for first in firsts)


def _first_serials(edges: PracticeEdges, view: View, now: datetime) -> set[int]:
    """Where each station's numbers of today go on."""
    today = edges.today(now)
    firsts = set()
    for station in edges.settings.stations:
        window = station.serials.window(view.numbers_of(station.billing_number, today).restores)
        if window is not None:
            firsts.add(window.first)
    return firsts
