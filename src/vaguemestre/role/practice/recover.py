"""What a restore would lose, and the way back: sheets that only the former store knows are taken into the present one.

A sheet comes back under its own number, with the bytes that were signed for it, and waits to be sent: the payer, who may have it
already, counts it once and gives its answer again (vgm:restore-asks).
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.practice.book import NewSheet, Origin, SheetKey, SheetRow, Travelling
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Book, Store, View
from vaguemestre.role.practice.corrections import sheet_in
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.importing import import_carried
from vaguemestre.tables.lifecycles import SheetState

_NEVER_SENT = frozenset({SheetState.RECORDED, SheetState.IN_LOT, SheetState.SEALED})


@dataclass(frozen=True, slots=True)
class Loss:
    """What the former store holds and the backup does not: sheets that are not cancelled, how many of them never went."""

    is_newer: bool
    sheets: int
    unsent: int


def loss(former: Store, backup: Store) -> Loss:
    """What putting the backup in the place of the former store would take away."""
    with former.read() as ours, backup.read() as theirs:
        newest, saved = ours.last_change(), theirs.last_change()
        only_here = [row.state in _NEVER_SENT for row in _unknown(ours, theirs)]
    is_newer = bool(only_here) or (newest is not None and (saved is None or newest > saved))
    return Loss(is_newer, len(only_here), sum(only_here))


def _unknown(former: View, present: View) -> Iterator[SheetRow]:
    """The sheets of one store whose identity another does not know. Nobody waits for a cancelled one."""
    for state in SheetState:
        if state is not SheetState.CANCELLED:
            yield from (row for row in former.sheets_in_state(state) if present.sheet_by_key(row.key) is None)


@dataclass(frozen=True, slots=True)
class Recovered:
    """The sheets that came back, how many sheets came back in files of other software, and what stayed behind and why."""

    sheets: tuple[SheetKey, ...]
    carried: int
    findings: tuple[Finding, ...]


def recover(edges: PracticeEdges, former: Store, now: datetime, distinct: Collection[SheetKey] = ()) -> Recovered:
    """Take in what only the former store knows. `distinct`: sheets of which a person says that they were not recorded anew."""
    with former.read() as view:
        with edges.store.write() as book:
            missing = sorted(_unknown(view, book), key=lambda row: row.id)
            back, findings = _take_own(view, book, [row for row in missing if row.origin is Origin.OWN], distinct)
            if back:
                book.touch(now)
        files = _carried_files(view, [row for row in missing if row.origin is Origin.CARRIED])
    carried = 0
    for data in files:
        taken, said = import_carried(edges, data, now)
        carried += taken.sheets
        findings += said
    edges.log("recover", count=len(back) + carried)
    return Recovered(tuple(back), carried, tuple(findings))


def _take_own(
    view: View, book: Book, missing: list[SheetRow], distinct: Collection[SheetKey]
) -> tuple[list[SheetKey], list[Finding]]:
    """Our own sheets, oldest first: a correction follows what it corrects."""
    restored_at = max((row.restored_at for row in book.restores()), default=None)
    back: list[SheetKey] = []
    findings: list[Finding] = []
    for row in missing:
        travelling = view.travelling(row.id)
        if travelling is None:
            continue  # its keeping time has passed: it ended long ago
        new = _new(view, book, row, travelling)
        other = _recorded_anew(book, new, restored_at) if row.key not in distinct else None
        corrected_by = book.correction_of(new.replaces_id) if new.replaces_id is not None else None
        name = str(row.key)
        if corrected_by is not None:
            findings.append(finding("R028", Place(source=name), sheet=name, by=corrected_by.key))
        elif other is not None:
            findings.append(finding("R074", Place(source=name), sheet=name, by=other))
        else:
            book.keep_care_marks(book.add_sheet(new), view.care_marks(row.id))
            back.append(row.key)
    return back, findings


def _new(view: View, book: Book, row: SheetRow, travelling: Travelling) -> NewSheet:
    replaced = view.sheet(row.replaces_id) if row.replaces_id is not None else None
    known = book.sheet_by_key(replaced.key) if replaced is not None else None
    return NewSheet(
        row.key,
        Origin.OWN,
        row.settlement,
        row.destination,
        row.fund_cents,
        row.completed_on,
        row.deadline,
        row.recorded_at,
        sheet_in(travelling).beneficiary.key,
        travelling,
        view.body(row.id),
        known.id if known is not None else None,
    )


def _recorded_anew(book: Book, new: NewSheet, restored_at: datetime | None) -> SheetKey | None:
    """A sheet that was entered again since the restore, from the appointment book."""
    if restored_at is None:
        return None
    what = (new.completed_on, new.fund_cents, new.settlement)
    for other in book.sheets_of_patient(new.patient_key):
        is_same = (other.completed_on, other.fund_cents, other.settlement) == what
        if is_same and other.recorded_at >= restored_at and other.state is not SheetState.CANCELLED:
            return other.key
    return None


def _carried_files(view: View, missing: list[SheetRow]) -> list[bytes]:
    files = dict.fromkeys(lot.file_id for row in missing for lot in view.lots_of_sheet(row.id))
    return [view.carried_body(file_id) for file_id in files]
