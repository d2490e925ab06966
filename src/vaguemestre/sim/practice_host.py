"""The practices of the world, as one process hosts them: people act at their desks, the software sends and collects.

Everything goes through the practice's own role functions; this file only plays the people.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from vaguemestre.audit.facts import Deed
from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.caresheet import SecurityMode, Settlement
from vaguemestre.core.entry.drafts import Entered
from vaguemestre.core.findings import Finding
from vaguemestre.core.lot import ClosingPolicy
from vaguemestre.core.practice.book import SheetKey, StageCount
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice import collect, corrections, importing, lots, record, send
from vaguemestre.role.practice.desk import Desk
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.ways import load_ways
from vaguemestre.sim.people import Person
from vaguemestre.sim.plan import day_of
from vaguemestre.sim.practices import BY_KEY, Practice
from vaguemestre.sim.snapshot import PracticeView, WayView
from vaguemestre.sim.visits import PlannedVisit, planned_visit
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.tables.lifecycles import SheetState, WayState
from vaguemestre.wiring.practice import Opened, open_practice

_UNANSWERED = (SheetState.RECORDED, SheetState.IN_LOT, SheetState.SEALED, SheetState.HANDED_OVER)
_AT_ONCE = ClosingPolicy()


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What one phase of a round did in this process."""

    deeds: tuple[Deed, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()  # (practice, finding as a log may show it)


@dataclass(frozen=True, slots=True)
class DayPart:
    """What people do in one round of the sample day: visits and files, each as (practice, what)."""

    visits: tuple[tuple[str, PlannedVisit], ...] = ()
    carried: tuple[tuple[str, bytes], ...] = ()


class PracticeHost:
    """Hosts some practices by key. `seed` and `people` make ordinary visits; the sample day brings its own."""

    def __init__(self, root: Path, keys: Sequence[str], seed: int, people: Sequence[Person]) -> None:
        self._files = WorldFiles(root)
        self._seed = seed
        self._people = people
        self._opened: dict[str, Opened] = {key: open_practice(self._files.practice(key)) for key in keys}
        self._edges: dict[str, PracticeEdges] = {key: opened.edges for key, opened in self._opened.items()}
        self._ranks = dict.fromkeys(keys, 0)
        self._mistyped: dict[tuple[str, SheetKey], PlannedVisit] = {}

    # --- what people do

    def act(self, shares: tuple[tuple[str, int], ...], at: datetime) -> RoundReport:
        """Ordinary visits: each practice records its share of the round, then sends."""
        deeds: list[Deed] = []
        for key, count in shares:
            if key not in self._edges:
                continue
            first = self._ranks[key]
            self._ranks[key] += count
            visits = [
                planned_visit(self._seed, BY_KEY[key], rank, self._people, day_of(at))
                for rank in range(first, first + count)
            ]
            deeds += self._record(BY_KEY[key], visits, at)
        return self._send(at, deeds)

    def act_out(self, told: DayPart, at: datetime) -> RoundReport:
        """Visits told one by one, and files of other software; then each practice sends."""
        deeds: list[Deed] = []
        for key in self._edges:
            deeds += self._record(BY_KEY[key], [visit for practice, visit in told.visits if practice == key], at)
            for practice, data in told.carried:
                if practice == key:
                    deeds += self._import(BY_KEY[key], data, at)
        return self._send(at, deeds)

    def correct(self, _told: None, at: datetime) -> RoundReport:
        """People read the rejections and correct what they mistyped; then each practice sends what is due."""
        deeds: list[Deed] = []
        for (key, sheet), visit in list(self._mistyped.items()):
            edges = self._edges[key]
            with edges.store.read() as view:
                row = view.sheet_by_key(sheet)
            if row is None or row.state is not SheetState.REJECTED:
                continue
            del self._mistyped[key, sheet]
            done = corrections.correct(edges, sheet, record.Entry(visit.meant, visit.person.label), at, confirmed=True)
            deeds.append(_deed(BY_KEY[key], visit, done, claim=str(sheet)))
        return self._send(at, deeds)

    # --- what the software does

    def _send(self, at: datetime, deeds: Sequence[Deed]) -> RoundReport:
        """Close lots, seal them, send what is due; once per practice."""
        findings: list[tuple[str, str]] = []
        for key, edges in self._edges.items():
            closed = lots.close_and_seal(edges, at, _AT_ONCE)
            sent = send.send(edges, at)
            findings += _told(key, (*closed.findings, *sent.findings))
        return RoundReport(tuple(deeds), findings=tuple(findings))

    def collect(self, at: datetime) -> RoundReport:
        """Collect and read what came, by every open way; once per practice."""
        findings: list[tuple[str, str]] = []
        for key, edges in self._edges.items():
            findings += _told(key, collect.collect(edges, at).findings)
        return RoundReport(findings=tuple(findings))

    # --- what is looked at

    def unfinished(self) -> tuple[int, int]:
        """How many sheets still wait for an answer, and how many of those answered for their money under tiers payant."""
        stages = [entry for edges in self._edges.values() for entry in _stages(edges)]
        answer = sum(entry.count for entry in stages if entry.state in _UNANSWERED)
        return answer, sum(entry.count for entry in stages if _waits_for_money(entry))

    def views(self, at: datetime) -> list[PracticeView]:
        """Every practice as the live view draws it."""
        return [self._view(key, edges, at) for key, edges in self._edges.items()]

    def close(self) -> None:
        """Hang up and close the stores."""
        for opened in self._opened.values():
            opened.close()

    def _record(self, practice: Practice, visits: Sequence[PlannedVisit], at: datetime) -> list[Deed]:
        """The visits of a round are one stretch of work of many desks: their sheets share commits, each one synced."""
        edges = self._edges[practice.key]
        desk = Desk(edges, at)
        entries = (self._received(practice, desk, visit) for visit in visits)
        deeds: list[Deed] = []
        for visit, done in zip(visits, record.record_many(edges, entries, at), strict=True):
            deeds.append(_deed(practice, visit, done))
            if visit.entered != visit.meant and done.sheet is not None:
                self._mistyped[practice.key, SheetKey.of(done.sheet.identity)] = visit
        return deeds

    def _received(self, practice: Practice, desk: Desk, visit: PlannedVisit) -> record.Entry:
        received = desk.receive(self._entered(visit))
        if received.entry is None:
            raise RuntimeError(f"{practice.key}: not recordable: {[str(item) for item in received.findings]}")
        return received.entry

    def _import(self, practice: Practice, data: bytes, at: datetime) -> list[Deed]:
        """Take in a B2 file made by other software; the person knows what it claims by reading it."""
        done, found = importing.import_carried(self._edges[practice.key], data, at, source="carried.b2")
        file, _ = parse_file(data)
        if not done.sheets or file is None:
            raise RuntimeError(f"{practice.key}: the file is refused: {[str(item) for item in found]}")
        by_nir = {person.beneficiary.insured_nir: person for person in self._people}
        deeds: list[Deed] = []
        for invoice in file.invoices:
            sheet, _ = invoice_to_sheet(invoice)
            if sheet is not None:
                name = f"{invoice.billing_number}/{day_of(at).year}/{invoice.number}"
                person = by_nir[sheet.beneficiary.insured_nir]
                care = tuple(
                    f"{person.number}/{sheet.performer.rpps}/{line.performed_on}/{line.code}" for line in sheet.lines
                )
                tiers_payant = sheet.settlement is Settlement.TIERS_PAYANT
                deeds.append(Deed(name, practice.key, name, tiers_payant, sheet.fund_cents, care))
        return deeds

    def _entered(self, visit: PlannedVisit) -> Entered:
        card = visit.entered.mode is SecurityMode.SECURED
        handle = str(self._files.card(visit.person.card_serial)) if card else ""
        return Entered(visit.entered, (), 0, patient_label=visit.person.label, card_handle=handle)

    def _view(self, key: str, edges: PracticeEdges, at: datetime) -> PracticeView:
        with edges.store.read() as view:
            ways = load_ways(edges, view, at)
            rows = sorted((row for state in SheetState for row in view.sheets_in_state(state)), key=lambda row: row.id)
        shown = tuple(
            WayView(
                way.name,
                way.sending.state if way.sending else WayState.UNREACHABLE,
                way.collecting.state if way.collecting else WayState.UNREACHABLE,
            )
            for way in ways
        )
        return PracticeView(BY_KEY[key].name, shown, tuple(row.state for row in rows))


def _stages(edges: PracticeEdges) -> tuple[StageCount, ...]:
    with edges.store.read() as view:
        return view.stages()


def _waits_for_money(stage: StageCount) -> bool:
    return stage.state is SheetState.ACKNOWLEDGED and stage.settlement is Settlement.TIERS_PAYANT


def _deed(practice: Practice, visit: PlannedVisit, done: record.Recorded, claim: str = "") -> Deed:
    """What the person did, from what the person saw: the number and the amount that the software showed."""
    if done.sheet is None:
        raise RuntimeError(f"{practice.key}: refused: {[str(item) for item in done.findings]}")
    identity = str(SheetKey.of(done.sheet.identity))
    tiers_payant = done.sheet.settlement is Settlement.TIERS_PAYANT
    return Deed(identity, practice.key, claim or identity, tiers_payant, done.sheet.fund_cents, visit.care)


def _told(key: str, findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(key, str(item)) for item in findings]
