"""Recording a sheet: checked, numbered, valued, signed, written down, in one transaction. Signed once and for ever.

A sheet is recorded whole or not at all: a refusal consumes no number. Deadlines start at completion (css:R161-42 10°).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from vaguemestre.core.b2.assembly import header_items, sheet_to_invoice
from vaguemestre.core.card.passing import ProfessionalCardState, professional_finding
from vaguemestre.core.caresheet import CareSheet, DraftSheet, SheetIdentity
from vaguemestre.core.directory.bundle import age_days
from vaguemestre.core.directory.mandates import HolderKind, Verb, holder, may
from vaguemestre.core.findings import Finding, errors_in, finding
from vaguemestre.core.numbering import next_serial
from vaguemestre.core.practice.book import (
    CareKeys,
    NewSheet,
    Numbers,
    Origin,
    SheetBody,
    SheetKey,
    Travelling,
    told,
)
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.seal.sheetsigning import SheetHeader, sign_sheet
from vaguemestre.core.sheet.deadlines import sending_deadline
from vaguemestre.core.sheet.sameness import care_key
from vaguemestre.core.sheet.sheetchecks import check_draft
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.core.trace import Trace
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Book
from vaguemestre.role.practice.cards import performer_card_state
from vaguemestre.role.practice.edges import PracticeEdges, Published
from vaguemestre.tables.lifecycles import SheetState

_GROUP_COMMIT = 100
"""Sheets of an import written in one commit: the disk is asked to sync once for them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. `label` is the practice's own word for the patient; `card` the patient's card when it was read.

    `findings`: what the reading of the card or of a file said; kept with the sheet, they refuse nothing.
    """

    draft: DraftSheet
    label: str = ""
    card: Signer | None = None
    findings: tuple[Finding, ...] = ()
    entry_key: str = ""  # what a file said of it (`core.sheet.sameness`): the same row is then recorded once


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording gave: the sheet with its id in the store, or None and why not.

    `already`: the sheet that the same row of a file gave before; nothing is recorded a second time.
    """

    sheet_id: int | None
    sheet: CareSheet | None
    trace: Trace
    findings: tuple[Finding, ...]
    already: SheetKey | None = None


def record(edges: PracticeEdges, entry: Entry, now: datetime) -> Recorded:
    """Record one sheet; when this returns a sheet, it is on the disk."""
    known = _Known(edges, now)
    prepared = _prepare(known, entry)
    if isinstance(prepared, Recorded):
        return prepared
    try:
        with edges.store.write() as book:
            (care,) = known.look_up(book, [entry])
            return _write(known, book, prepared, care)
    except _RefusedError as refused:
        return refused.outcome


def record_many(edges: PracticeEdges, entries: Iterable[Entry], now: datetime) -> Iterator[Recorded]:
    """Record a stream of sheets, some hundred per commit; each outcome is given once its commit is on the disk."""
    stream = iter(entries)
    while batch := list(islice(stream, _GROUP_COMMIT)):
        yield from _record_batch(edges, batch, now)


def _record_batch(edges: PracticeEdges, batch: list[Entry], now: datetime) -> list[Recorded]:
    """One commit for all; a sheet that is refused while being written is left out before anything of it is written."""
    outcomes: list[Recorded] = []
    known = _Known(edges, now)
    with edges.store.write() as book:
        for entry, care in zip(batch, known.look_up(book, batch), strict=True):
            already = known.entered.get(care) if care.entry else None
            if already is not None:
                outcomes.append(Recorded(None, None, (), (finding("R084", sheet=already),), already))
                continue
            prepared = _prepare(known, entry)
            if isinstance(prepared, Recorded):
                outcomes.append(prepared)
                continue
            try:
                outcomes.append(_write(known, book, prepared, care))
            except _RefusedError as refused:
                outcomes.append(refused.outcome)
    return outcomes


class _RefusedError(Exception):
    """Leaves a transaction that has written nothing yet."""

    def __init__(self, findings: Iterable[Finding], trace: Trace = ()) -> None:
        super().__init__("refused")
        self.outcome = Recorded(None, None, trace, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Prepared:
    entry: Entry
    signer: Signer
    findings: tuple[Finding, ...]


class _Known:
    """What the sheets of one transaction share, looked up once: nobody else writes as long as it is open."""

    def __init__(self, edges: PracticeEdges, now: datetime) -> None:
        self.edges, self.now, self.today = edges, now, edges.today(now)
        self._cards: dict[str, ProfessionalCardState] = {}
        self._published: list[Published | None] = []
        self.numbers: dict[str, Numbers] = {}  # of today, by billing number
        self.entered: dict[CareKeys, SheetKey] = {}  # the first sheet that the same row of a file gave
        self.like: dict[tuple[str, str], SheetKey] = {}  # the first sheet of a patient and a care

    def card_state(self, rpps: str) -> ProfessionalCardState:
        """Whether a performer's card may sign now."""
        state = self._cards.get(rpps)
        if state is None:
            state = self._cards[rpps] = performer_card_state(self.edges, rpps, self.now)
        return state

    def look_up(self, book: Book, entries: Sequence[Entry]) -> list[CareKeys]:
        """What tells each entry's care apart; the store is asked once what it already holds of them all."""
        asked = [CareKeys(one.draft.beneficiary.key, care_key(one.draft), one.entry_key) for one in entries]
        for keys, known in book.known_care(asked).items():
            self.written(keys, known.entered, known.like)
        return asked

    def written(self, keys: CareKeys, entered: SheetKey | None, like: SheetKey) -> None:
        """A sheet of that care is in the store: the next one may be the same. The first one stays."""
        if entered is not None and keys.entry:
            self.entered.setdefault(keys, entered)
        self.like.setdefault((keys.patient, keys.care), like)

    def published(self, book: Book) -> Published | None:
        """The bundle in force."""
        if not self._published:
            self._published.append(self.edges.directory.current(book))
        return self._published[0]


def _prepare(known: _Known, entry: Entry) -> _Prepared | Recorded:
    """Everything that needs no number: the checks of what was entered, the card of who performed."""
    edges = known.edges
    draft, settings = entry.draft, edges.settings
    found = check_draft(draft, known.today, settings.territory)
    signer = edges.signers.get(draft.performer.rpps)
    if signer is None:
        found = (*found, finding("R036", rpps=draft.performer.rpps))
    elif settings.station(draft.billing_number) is None:
        found = (*found, finding("R045", billing_number=draft.billing_number))
    state = known.card_state(draft.performer.rpps)
    if state is not ProfessionalCardState.VALID:
        found = (*found, professional_finding(state))
    if signer is None or errors_in(found):
        return Recorded(None, None, (), (*entry.findings, *found))
    return _Prepared(entry, signer, (*entry.findings, *found))


def _write(known: _Known, book: Book, prepared: _Prepared, care: CareKeys) -> Recorded:
    """Number, value, sign and write one sheet in the open transaction."""
    edges, now, draft = known.edges, known.now, prepared.entry.draft
    published = known.published(book)
    found = prepared.findings
    if published is not None:
        found = (*found, *_mandate_findings(draft, published, now))
    identity = _identity(known, book, draft)
    sheet, trace, valued = value_sheet(draft, identity, edges.tariff)
    found = (*found, *valued)
    if sheet is None:
        raise _RefusedError(found, trace)
    records, unwritable = sheet_to_invoice(sheet)
    if records is None:
        raise _RefusedError((*found, *unwritable), trace)
    header = SheetHeader(identity, header_items(sheet))
    signed = sign_sheet(header, records, now, prepared.signer, prepared.entry.card)
    replaced = _replaced(book, draft)
    key = SheetKey.of(identity)
    like = known.like.get((care.patient, care.care))
    if like is not None and (draft.replaces is None or like != SheetKey.of(draft.replaces)):
        found = (*found, finding("R085", sheet=key, like=like))
    new = NewSheet(
        key,
        Origin.OWN,
        sheet.settlement,
        sheet.destination,
        sheet.fund_cents,
        sheet.completed_on,
        sending_deadline(sheet, edges.settings.territory),
        now,
        care.patient,
        Travelling(records, signed),
        SheetBody(prepared.entry.label, trace, told(found)),
        replaced,
        care.care,
        care.entry,
    )
    sheet_id = book.add_sheet(new)
    known.written(care, key, key)
    known.numbers[identity.billing_number] = known.numbers[identity.billing_number]._replace(
        last_serial=identity.serial
    )
    return Recorded(sheet_id, sheet, trace, found)


def _mandate_findings(draft: DraftSheet, published: Published, now: datetime) -> tuple[Finding, ...]:
    """A right that the bundle does not know is said and refuses nothing: the bundle may be older than the right."""
    who = holder(HolderKind.PROFESSIONAL, draft.performer.rpps)
    mandate, _ = may(published.mandates, who, Verb.SIGN, draft.billing_number, now)
    if mandate is not None:
        return ()
    age = age_days(published.bundle, now)
    return (finding("R046", holder=who, billing_number=draft.billing_number, age_days=age),)


def _identity(known: _Known, book: Book, draft: DraftSheet) -> SheetIdentity:
    """The next number of the day in this station's window."""
    today = known.today
    station = known.edges.settings.station(draft.billing_number)
    if station is None:
        raise _RefusedError([finding("R045", billing_number=draft.billing_number)])
    numbers = known.numbers.get(draft.billing_number)
    if numbers is None:
        numbers = known.numbers[draft.billing_number] = book.numbers_of(draft.billing_number, today)
    if numbers.forked:
        raise _RefusedError([finding("R029", ours="-", theirs="-")])
    window = station.serials.window(numbers.restores)
    serial = next_serial(window, numbers.last_serial)
    if serial is None:
        first, last = (window.first, window.last) if window else (station.first, station.last)
        raise _RefusedError([finding("R023", billing_number=draft.billing_number, day=today, first=first, last=last)])
    return SheetIdentity(draft.billing_number, today, serial)


def _replaced(book: Book, draft: DraftSheet) -> int | None:
    """The id of the rejected sheet that this one corrects, when it names one."""
    if draft.replaces is None:
        return None
    name = str(draft.replaces)
    old = book.sheet_by_key(SheetKey.of(draft.replaces))
    if old is None:
        raise _RefusedError([finding("R040", sheet=name)])
    if old.state is not SheetState.REJECTED:
        raise _RefusedError([finding("R027", sheet=name, state=old.state.value)])
    by = book.correction_of(old.id)
    if by is not None:
        raise _RefusedError([finding("R028", sheet=name, by=by.key)])
    return old.id
