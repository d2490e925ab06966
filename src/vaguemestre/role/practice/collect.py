"""Collecting: every way whose collecting is open is emptied; a message is deleted over there only once it is committed here.

Two steps, so that a crash between them loses nothing: first the bytes are kept as they came, then each kept message is read and
verified, and applied in one transaction, which a few messages share. What cannot be read or believed stays in quarantine, and is
shown.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256

from vaguemestre.core.directory.bundle import accept
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.mail.bounce import Bounce, read_bounce
from vaguemestre.core.mail.collecting import Collected, Keep, Known
from vaguemestre.core.mail.delivery import DeliveryOutcome, outcome_finding
from vaguemestre.core.mail.routing import after_attempt, choose_collecting_ways
from vaguemestre.core.practice.book import FileStage, MailRow, MailState
from vaguemestre.core.returns import decode_return
from vaguemestre.core.seal.bundlemessage import BUNDLE_KIND, bundle_in
from vaguemestre.core.seal.lotmessage import AnswerContent, AnswerKind, split_answer
from vaguemestre.core.seal.mime import read_entity
from vaguemestre.core.seal.sealing import Opened, Role, Verdict, sealed_digest
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.acknowledgement import decode_acknowledgement
from vaguemestre.role.practice.acknowledgements import apply_acknowledgement
from vaguemestre.role.practice.book import Book
from vaguemestre.role.practice.edges import PracticeEdges, WayEdge
from vaguemestre.role.practice.payments import apply_return
from vaguemestre.role.practice.send import sealed_digest_of
from vaguemestre.role.practice.ways import edge_of, load_ways, save_leg
from vaguemestre.tables.delivery_outcomes import Leg

_FUND = frozenset({Role.FUND})
_SEALED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_MESSAGES_PER_COMMIT = 8
_Apply = Callable[[Book, int, datetime], tuple[Finding, ...]]
_Done = tuple[MailState, tuple[Finding, ...]]
_Step = Callable[[Book], _Done]
"""What a message asks for, read and verified: run inside a transaction, it is applied with the note that it was."""


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What one round of collecting did. `taken` messages were new, `known` had come before, by this way or another."""

    taken: int = 0
    known: int = 0
    left: int = 0
    applied: int = 0
    set_aside: int = 0  # held or in quarantine
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Tally:
    taken: int = 0
    known: int = 0
    left: int = 0


def collect(edges: PracticeEdges, now: datetime, *, count_max: int | None = None) -> CollectReport:
    """Empty every mailbox that is due, then read what was kept."""
    tally = _Tally()
    found: list[Finding] = []
    with edges.store.read() as view:
        ways = choose_collecting_ways(load_ways(edges, view, now), now)
    for way in ways:
        edge = edge_of(edges, way.name)
        if edge.collector is None:
            continue
        collection = edge.collector.collect(_keeper(edges, edge, now, tally), _knower(edges, edge), count_max)
        tally.known += collection.known
        tally.left += collection.left
        found += collection.findings
        health = after_attempt(
            way, Leg.COLLECTING, collection.outcome, now, reply=collection.reply, jitter=edges.jitter()
        )
        with edges.store.write() as book:
            save_leg(book, health, Leg.COLLECTING)
            if (
                collection.deleted and collection.outcome is DeliveryOutcome.ACCEPTED
            ):  # a broken session confirms nothing
                book.forget_deleted(way.name)
        edges.log("collected", way=way.name, outcome=collection.outcome.name.lower(), count=collection.taken)
        if collection.outcome is not DeliveryOutcome.ACCEPTED:
            told = outcome_finding(Leg.COLLECTING, collection.outcome, way.name, collection.reply)
            found += [told] if told is not None else []
    applied, set_aside, said = read_mail(edges, now)
    return CollectReport(tally.taken, tally.known, tally.left, applied, set_aside, (*found, *said))


def _keeper(edges: PracticeEdges, way: WayEdge, now: datetime, tally: _Tally) -> Keep:
    """Commits a few messages together; True lets the mailbox forget one."""

    def keep(messages: Sequence[Collected]) -> list[bool]:
        with edges.store.write() as book:
            kept = [book.keep_mail(message_digest(raw), way.name, uid, raw, now) for uid, raw in messages]
        new = sum(is_new for _, is_new in kept)
        tally.taken += new
        tally.known += len(kept) - new
        return [True] * len(kept)

    return keep


def _knower(edges: PracticeEdges, way: WayEdge) -> Known:
    def known(_: Sequence[str]) -> frozenset[str]:
        with edges.store.read() as view:
            return view.known_messages(way.name)

    return known


def message_digest(raw: bytes) -> str:
    """What names a message whatever carried it: the digest of its sealed bytes, else of the whole message."""
    entity = read_entity(raw)
    if entity is not None and entity.content_type in _SEALED_TYPES:
        envelope = entity.decoded()
        if envelope:
            return sealed_digest(envelope)
    return sha256(raw).hexdigest()


# --- reading what was kept


def read_mail(edges: PracticeEdges, now: datetime) -> tuple[int, int, list[Finding]]:
    """Read every kept message: how many were applied, how many set aside, and what to tell."""
    with edges.store.read() as view:
        waiting = view.mail_to_read()
    return _read(edges, waiting, now)


def read_again(
    edges: PracticeEdges, mail_ids: Iterable[int], now: datetime, *, vouched: bool = False
) -> tuple[int, int, list[Finding]]:
    """Read messages that were set aside once more, now that what was missing may be there: an authority, a revocation, a bundle.

    `vouched`: a person answers for a signer of whom the certificates alone cannot decide.
    """
    return _read(edges, mail_ids, now, vouched=vouched)


def _read(
    edges: PracticeEdges, waiting: Iterable[int], now: datetime, *, vouched: bool = False
) -> tuple[int, int, list[Finding]]:
    """Raises our own first fault at the end: the message on which our software fails stays, and keeps nobody from the others."""
    applied = set_aside = 0
    found: list[Finding] = []
    faults: list[Exception] = []
    for batch in _batches(edges, waiting, now, vouched):
        for state, said in _apply_all(edges, batch, faults):
            applied += state is MailState.APPLIED
            set_aside += state is not MailState.APPLIED
            found += said
    if faults:
        raise faults[0]
    return applied, set_aside, found


def _batches(edges: PracticeEdges, waiting: Iterable[int], now: datetime, vouched: bool) -> Iterator[list[_Step]]:
    """Messages read and verified, some to a commit; a bundle ends its batch, since it changes whom the next ones may believe."""
    batch: list[_Step] = []
    for mail_id in waiting:
        with edges.store.read() as view:
            mail, raw = view.mail(mail_id)
        bundle = bundle_in(raw)
        if bundle is not None:
            step, is_bundle = _bundle_step(edges, bundle, now, mail_id), True
        else:
            step, is_bundle = _step_or_fault(edges, mail, raw, now, vouched)
        batch.append(step)
        if is_bundle or len(batch) == _MESSAGES_PER_COMMIT:
            yield batch
            batch = []
    if batch:
        yield batch


def _apply_all(edges: PracticeEdges, batch: list[_Step], faults: list[Exception]) -> list[_Done]:
    """Apply a batch in one commit; when our own software fails on one message, the others are applied all the same.

    Raises OSError: a machine that refuses one message refuses them all.
    """
    try:
        with edges.store.write() as book:
            return [step(book) for step in batch]
    except OSError:
        raise
    except Exception as fault:
        if len(batch) == 1:
            faults.append(fault)
            return []
    return [done for step in batch for done in _apply_all(edges, [step], faults)]


def _step_or_fault(edges: PracticeEdges, mail: MailRow, raw: bytes, now: datetime, vouched: bool) -> tuple[_Step, bool]:
    """What one message asks for, and whether it brings a bundle; when our own software fails on reading it, a step that fails
    in turn."""
    try:
        return _sealed_step(edges, mail, raw, now, vouched)
    except OSError:
        raise
    except Exception as fault:
        return partial(_fail, fault), False


def _fail(fault: Exception, _: Book) -> _Done:
    raise fault


def _sealed_step(edges: PracticeEdges, mail: MailRow, raw: bytes, now: datetime, vouched: bool) -> tuple[_Step, bool]:
    """A delivery report, a sealed bundle or an answer, whatever it turns out to be worth; and whether it is a bundle."""
    bounce = read_bounce(raw)
    if bounce is not None:
        return partial(_take_bounce, mail.id, bounce, now), False
    opened = edges.opener.open(raw, received_at=mail.received_at, roles=_FUND, source=mail.digest[:12])
    bundle = bundle_in(opened.content) if opened.content is not None else None
    if bundle is not None:  # whoever sealed it, its own signature says whether to believe it
        return _bundle_step(edges, bundle, now, mail.id), True
    return _answer_step(edges, mail, opened, now, vouched), False


def _answer_step(edges: PracticeEdges, mail: MailRow, opened: Opened, now: datetime, vouched: bool) -> _Step:
    """An answer that was opened: applied, or set aside with the reason."""
    content, findings = _answer_in(opened, mail.digest)
    if content is None:
        return partial(_set_aside, mail, MailState.QUARANTINED, opened, findings, now)
    if opened.verdict is Verdict.HOLD and not vouched:
        return partial(_set_aside, mail, MailState.HELD, opened, findings, now)
    manifest = content.manifest
    apply, read = _reading(content, edges.settings.stations)

    def step(book: Book) -> _Done:
        if apply is None:
            state, said = MailState.QUARANTINED, (_not_readable(mail.way, mail.digest, read), *read)
        else:
            state, said = MailState.APPLIED, (*read, *apply(book, mail.id, now))
        told = (*findings, *said)
        book.set_mail(mail.id, state, now, kind=manifest.kind.value, sender=manifest.fund.code, findings=told)
        return state, told

    return step


def _reading(content: AnswerContent, stations: Sequence[Station]) -> tuple[_Apply | None, tuple[Finding, ...]]:
    """What an answer says, read before anybody has to wait for the store, and how to apply it; None when it cannot be read."""
    manifest = content.manifest
    if manifest.kind is AnswerKind.ACKNOWLEDGEMENT:
        answer, findings = decode_acknowledgement(content.data, source=f"ARL {manifest.number}")
        return None if answer is None else partial(apply_acknowledgement, manifest, answer, stations), findings
    given, findings = decode_return(content.data, source=f"NOEMIE {manifest.number}")
    return None if given is None else partial(apply_return, given, stations), findings


def _answer_in(opened: Opened, digest: str) -> tuple[AnswerContent | None, tuple[Finding, ...]]:
    """The answer inside, signed by the very fund for which it speaks."""
    if opened.content is None or opened.signer is None:
        return None, opened.findings
    content, found = split_answer(opened.content, source=digest[:12])
    findings = (*opened.findings, *found)
    if content is None or errors_in(found):
        return None, findings
    manifest = content.manifest
    if manifest.fund.code != opened.signer.number:
        place = Place(source=digest[:12])
        values = {"reference": manifest.number, "signer": opened.signer.number, "fund": manifest.fund.code}
        return None, (*findings, finding("R021", place, **values))
    return content, findings


def _set_aside(
    mail: MailRow, state: MailState, opened: Opened, findings: tuple[Finding, ...], now: datetime, book: Book
) -> _Done:
    told = findings
    if state is MailState.QUARANTINED:
        told = (_not_readable(mail.way, mail.digest, findings), *findings)
    sender = opened.signer.number if opened.signer is not None else None
    book.set_mail(mail.id, state, now, kind=None, sender=sender, findings=told)
    return state, told


def _not_readable(way: str, digest: str, findings: tuple[Finding, ...]) -> Finding:
    reason = findings[0].code.code if findings else "-"
    return finding("R020", Place(source=digest[:12]), way=way, digest=digest[:12], reason=reason)


# --- bundles and delivery reports


def take_bundle(edges: PracticeEdges, signed: bytes, now: datetime) -> _Done:
    """Verify a candidate bundle and put it in force when it is newer; the last good one stays otherwise."""
    step = _bundle_step(edges, signed, now)
    with edges.store.write() as book:
        return step(book)


def _bundle_step(edges: PracticeEdges, signed: bytes, now: datetime, mail_id: int | None = None) -> _Step:
    candidate, verified = edges.directory.verify(signed, now)

    def step(book: Book) -> _Done:
        held = edges.directory.current(book)
        state, found = MailState.QUARANTINED, verified
        if candidate is not None:
            state = MailState.APPLIED
            chosen, said = accept(candidate, held.bundle if held is not None else None, now)
            found = (*found, *said)
            if not errors_in(said):
                book.add_bundle(
                    candidate.issuer,
                    candidate.sequence,
                    candidate.issued_at,
                    now,
                    signed,
                    in_force=chosen is candidate,
                )
        if mail_id is not None:
            sender = candidate.issuer if candidate is not None else None
            book.set_mail(mail_id, state, now, kind=BUNDLE_KIND, sender=sender, findings=found)
        return state, found

    return step


def _take_bounce(mail_id: int, bounce: Bounce, now: datetime, book: Book) -> _Done:
    """An operator returned one of our messages: the same bytes go again at once, first by a way not taken yet."""
    said = (finding("D011", recipient=bounce.recipient, reply=bounce.reply),)
    _send_again(book, sealed_digest_of(bounce.message_id), now)
    book.set_mail(mail_id, MailState.APPLIED, now, kind="REPORT", sender=None, findings=said)
    return MailState.APPLIED, said


def _send_again(book: Book, sealed: str, now: datetime) -> None:
    sealing = book.sealing_by_digest(sealed) if sealed else None
    file = book.file(sealing.file_id) if sealing is not None else None
    if sealing is not None and sealing.is_current and file is not None and file.stage is FileStage.SENT:
        book.set_file(file.id, FileStage.TO_SEND, next_try_at=now)
