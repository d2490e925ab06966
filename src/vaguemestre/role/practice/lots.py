"""Lots: waiting sheets are put together by billing number and fund, then sealed once. The sealed bytes go again as they are.

Closing a lot only chooses sheets and takes a number; sealing makes the B2 file, the signature table and the manifest. Both are safe
to repeat: a crash in between leaves closed lots that the next round seals. A few lots share each commit.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.card.passing import ProfessionalCardState
from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import Verb, may
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.lot import ClosingPolicy, LotEvent, LotIdentity, LotState, WaitingGroup, after, lots_to_close
from vaguemestre.core.numbering import lot_number_after_restores, next_lot_number
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import FileRow, FileStage, LotRow, NewSealing, Origin, SealingRow
from vaguemestre.core.seal.lotmessage import MANIFEST_VERSION, LotManifest, compose_carried, compose_lot
from vaguemestre.core.seal.sealing import Verdict
from vaguemestre.core.seal.sheetsigning import encode_signature_table, table_of
from vaguemestre.core.sheet.deadlines import lapse_date
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.acknowledgements import refusals_fact, waits_until
from vaguemestre.role.practice.book import Book, View
from vaguemestre.role.practice.cards import card_state
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, Published
from vaguemestre.tables.lifecycles import SheetState

_RETRY_SEALING = timedelta(minutes=5)
"""How long a file that cannot be sealed (no certificate, no card) waits before it is looked at again."""

_LOTS_PER_COMMIT = 8
"""Lots closed, or sealed, in one commit: few enough for their bytes to be held in memory at once."""

_VALID = ProfessionalCardState.VALID
_IN_A_LOT = (SheetState.IN_LOT, SheetState.SEALED, SheetState.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class LotsReport:
    """What one round of closing and sealing did."""

    closed: tuple[LotIdentity, ...] = ()
    sealed: int = 0
    findings: tuple[Finding, ...] = ()


def close_and_seal(
    edges: PracticeEdges, now: datetime, policy: ClosingPolicy | None = None, count_max: int | None = None
) -> LotsReport:
    """Close the lots whose time has come, earliest deadline first, then seal everything that waits for it."""
    closed, found = close_lots(edges, now, policy, count_max)
    sealed, more = seal_files(edges, now)
    return LotsReport(tuple(closed), sealed, (*found, *more))


# --- closing


def close_lots(
    edges: PracticeEdges, now: datetime, policy: ClosingPolicy | None = None, count_max: int | None = None
) -> tuple[list[LotIdentity], list[Finding]]:
    """Put waiting sheets in lots, some lots to a commit."""
    rules = policy or edges.settings.closing
    with edges.store.read() as view:
        groups = [group for group in view.waiting_groups() if not _is_waiting_after_refusals(view, group, now)]
    to_close = lots_to_close(groups, rules, now, edges.today(now))
    wanted = islice((group for group, lots in to_close for _ in range(lots)), count_max)
    closed: list[LotIdentity] = []
    full: dict[WaitingGroup, None] = {}
    while batch := list(islice(wanted, _LOTS_PER_COMMIT)):
        with edges.store.write() as book:
            for group in batch:
                identity = None if group in full else _close_one(edges, book, group, rules.lot_size, now)
                if identity is None:
                    full[group] = None
                else:
                    closed.append(identity)
    return closed, [finding("R022", destination=group.destination.code, count=group.count) for group in full]


def _is_waiting_after_refusals(view: View, group: WaitingGroup, now: datetime) -> bool:
    """Whether lots of this pair were refused in a row, and time is given to whoever must act."""
    until = waits_until(view.fact(refusals_fact(group.billing_number, group.destination.code)))
    return until is not None and now < until


def _close_one(
    edges: PracticeEdges, book: Book, group: WaitingGroup, lot_size: int, now: datetime
) -> LotIdentity | None:
    """One lot of the group's most urgent sheets; None when no lot number is free."""
    billing, destination, today = group.billing_number, group.destination, edges.today(now)
    waiting = book.waiting_sheets(billing, destination, lot_size)
    taken = book.open_lot_numbers(billing, destination) | book.lot_numbers_of_day(billing, destination, today)
    number = next_lot_number(_last_number(book, billing, destination), taken)
    if number is None or not waiting:
        return None
    identity = LotIdentity(billing, destination, today, number)
    file_id = book.add_file(
        billing,
        destination,
        now,
        earliest_deadline=waiting[0][2],
        lapses_on=min(map(lapse_date, {item[3] for item in waiting})),
    )
    lot_id = book.add_lot(file_id, identity, len(waiting), sum(item[1] for item in waiting), now)
    book.put_in_lot(lot_id, [item[0] for item in waiting])
    book.set_last_lot_number(billing, destination, number)
    return identity


def _last_number(book: Book, billing_number: str, destination: Destination) -> int:
    """The last number given; a pair without one begins past what a store lost before the last restore may have given it."""
    last = book.last_lot_number(billing_number, destination)
    if last:
        return last
    return lot_number_after_restores(0, max((row.number for row in book.restores()), default=0))


def take_apart(book: Book, file_id: int) -> None:
    """Give up the lots of a file that was never tried: their sheets wait again, under the same numbers."""
    for lot in book.lots_of_file(file_id):
        book.move_sheets(lot.id, _IN_A_LOT, SheetState.RECORDED)
        book.set_lot(lot.id, after(lot.state, LotEvent.GIVE_UP), is_open=False)
    book.set_file(file_id, FileStage.DONE)


# --- sealing


def seal_files(edges: PracticeEdges, now: datetime) -> tuple[int, list[Finding]]:
    """Seal every file that waits for it; what cannot be sealed stays, with the reason."""
    with edges.store.read() as view:
        files = view.files_due(FileStage.TO_SEAL, now)
        published = edges.directory.current(view)
    sealed: int = 0
    found: list[Finding] = []
    waiting = iter(files)
    while batch := list(islice(waiting, _LOTS_PER_COMMIT)):
        made = [(file, _sealed(edges, file, published, now, reason="first")) for file in batch]
        with edges.store.write() as book:
            for file, done in made:
                if done is None or not _is_unchanged(book, file, None):
                    continue
                if isinstance(done, Finding):
                    found.append(done)
                    book.set_file(file.id, FileStage.TO_SEAL, next_try_at=now + _RETRY_SEALING)
                else:
                    sealed += 1
                    _keep_sealed(book, file, done, now)
    return sealed, _once(found)


def seal_again_where_needed(edges: PracticeEdges, now: datetime, files: Iterable[FileRow]) -> list[Finding]:
    """Before sending: a file sealed to a certificate that the fund has replaced or lost is sealed anew, with the same sheets.

    The former sealing stays, no longer current. A certificate that merely expired is kept while the fund has no other: it keeps its
    decryption keys for the claim's life.
    """
    found = []
    with edges.store.read() as view:
        published = edges.directory.current(view)
        sealings = [(file, view.current_sealing(file.id)) for file in files]
    for file, sealing in sealings:
        reason = None if sealing is None else _why_seal_again(edges, file, sealing, published, now)
        if reason is None or sealing is None:
            continue
        done = _sealed(edges, file, published, now, reason=reason)
        if isinstance(done, Finding):
            found.append(done)
        elif done is not None:
            with edges.store.write() as book:
                if _is_unchanged(book, file, sealing.id):
                    _keep_sealed(book, file, done, now)
    return _once(found)


def _why_seal_again(
    edges: PracticeEdges, file: FileRow, sealing: SealingRow, published: Published | None, now: datetime
) -> str | None:
    certificate = _fund_certificate(published, file, now)
    if certificate is None:
        return None
    if _lot_card(edges, published, file.billing_number, now) is None:
        return None  # what was sealed while a card could is better than nothing: the fund keeps its decryption keys
    judged = edges.judge_recipient(certificate.der, now)
    if judged.verdict is not Verdict.ACCEPT or fingerprint(certificate.der) == sealing.fund_certificate:
        return None
    return "fund certificate expired" if sealing.readable_until <= now else "fund certificate replaced"


def _sealed(
    edges: PracticeEdges, file: FileRow, published: Published | None, now: datetime, *, reason: str
) -> NewSealing | Finding | None:
    """Seal one file; else say why not, or nothing when it has moved on meanwhile. Nothing is written yet."""
    with edges.store.read() as view:
        if not _is_in_stage(view, file):
            return None
        lots = view.lots_of_file(file.id)
        count = sum(lot.sheet_count for lot in lots)
        fund = published.bundle.fund(file.destination) if published is not None else None
        certificate = _fund_certificate(published, file, now)
        if published is not None and fund is None:
            return finding("R041", destination=file.destination.code, count=count)
        if certificate is None or edges.judge_recipient(certificate.der, now).verdict is not Verdict.ACCEPT:
            return finding("R035", destination=file.destination.code, count=count)
        card = _lot_card(edges, published, file.billing_number, now)
        if card is None:
            return _no_card(edges, published, file.billing_number, count, now)
        content = _content(edges, view, file, lots)
    signing_time = now.astimezone(UTC).replace(microsecond=0)
    sealed = card.sealer.seal(content, [certificate.der], signing_time)
    return NewSealing(
        file.id,
        signing_time,
        sealed.digest,
        card.holder,
        fingerprint(certificate.der),
        certificate.valid_until,
        reason,
        sealed.entity,
    )


def _is_in_stage(view: View, file: FileRow) -> bool:
    current = view.file(file.id)
    return current is not None and current.stage is file.stage


def _is_unchanged(book: Book, file: FileRow, sealing_id: int | None) -> bool:
    """Whether nobody took the file apart, or sealed it, since it was read: sealing takes its time outside of the transaction."""
    current = book.current_sealing(file.id)
    return _is_in_stage(book, file) and (None if current is None else current.id) == sealing_id


def _keep_sealed(book: Book, file: FileRow, new: NewSealing, now: datetime) -> None:
    """Write the sealed bytes down: from now on the file waits to be sent."""
    book.add_sealing(new)
    for lot in book.lots_of_file(file.id):
        _mark_sealed(book, lot, now)
    book.set_file(file.id, FileStage.TO_SEND, next_try_at=now)


def _mark_sealed(book: Book, lot: LotRow, now: datetime) -> None:
    if lot.state in (LotState.CLOSED, LotState.SEALED, LotState.HANDED_OVER):
        book.set_lot(lot.id, after(lot.state, LotEvent.SEAL), sealed_at=now)
        book.move_sheets(lot.id, (SheetState.IN_LOT,), SheetState.SEALED)


def _fund_certificate(published: Published | None, file: FileRow, now: datetime) -> PublishedCertificate | None:
    fund = published.bundle.fund(file.destination) if published is not None else None
    return fund.certificate(CertificateUse.ENCRYPT, now) if fund is not None else None


def _lot_card(edges: PracticeEdges, published: Published | None, billing_number: str, now: datetime) -> LotCard | None:
    """The first card here that passes and whose mandate says SEND for this billing number at signing time."""
    passing = (card for card in _allowed(edges, published, billing_number, now) if _state(edges, card, now) is _VALID)
    return next(passing, None)


def may_send(edges: PracticeEdges, published: Published | None, billing_number: str, now: datetime) -> bool:
    """Whether some card of this practice may send lots for a billing number, be it out of its reader today."""
    return next(_allowed(edges, published, billing_number, now), None) is not None


def _allowed(
    edges: PracticeEdges, published: Published | None, billing_number: str, now: datetime
) -> Iterator[LotCard]:
    if published is not None:
        for card in edges.lot_cards:
            if may(published.mandates, card.holder, Verb.SEND, billing_number, now)[0] is not None:
                yield card


def _state(edges: PracticeEdges, card: LotCard, now: datetime) -> ProfessionalCardState:
    return card_state(edges, card.certificate_der, now)


def _no_card(
    edges: PracticeEdges, published: Published | None, billing_number: str, count: int, now: datetime
) -> Finding:
    """Why nobody here may send: no right at all, or a card that no longer passes."""
    card = next(_allowed(edges, published, billing_number, now), None)
    if card is None:
        return finding("R037", billing_number=billing_number, count=count)
    state = _state(edges, card, now)
    return finding("R055", billing_number=billing_number, count=count, state_fr=state.fr, state_en=state.value)


def _content(edges: PracticeEdges, view: View, file: FileRow, lots: list[LotRow]) -> bytes:
    """What the lot's signature covers: a carried file as it is, or our sheets' records one after the other."""
    if file.origin is Origin.CARRIED:
        return compose_carried(view.carried_body(file.id), demo=edges.settings.demo)
    (lot,) = lots
    identity, settings = lot.identity, edges.settings
    sheets = [travelling for _, travelling in view.travelling_of_lot(lot.id)]
    head = LotHead(identity.billing_number, identity.destination, identity.number, identity.made_on, settings.name)
    data = build_lot(head, [sheet.records for sheet in sheets])
    file_head = FileHead(
        identity.billing_number,
        identity.destination,
        f"{file.id % 1_000_000:06d}",
        identity.made_on,
        message=f"{settings.software} {settings.software_version}",
        test=settings.demo,
    )
    station = settings.station(identity.billing_number)
    manifest = LotManifest(
        MANIFEST_VERSION,
        identity.billing_number,
        station.number if station is not None else "",
        identity.destination,
        identity.made_on,
        identity.number,
        len(sheets),
        lot.fund_cents,
        edges.return_addresses,
        settings.software,
        settings.software_version,
        settings.demo,
    )
    signatures = encode_signature_table(table_of([sheet.signed for sheet in sheets]))
    return compose_lot(manifest, build_file(file_head, [data]), signatures)


def fingerprint(certificate_der: bytes) -> str:
    """SHA-256 of a certificate, in hexadecimal."""
    return sha256(certificate_der).hexdigest()


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Each different message once: ten lots that wait for one certificate are one thing to tell."""
    seen: dict[tuple[str, str], Finding] = {}
    for item in findings:
        seen.setdefault((item.code.code, item.message("en")), item)
    return list(seen.values())
