"""Collecting: every way whose collecting is open is emptied; a message is deleted over there only once it is committed here.

Two steps, so that a crash between them loses nothing: first the bytes are kept as they came, then each kept message is read,
verified and applied in one transaction. What cannot be read or believed stays in quarantine, and is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from vaguemestre.core.directory.bundle import accept
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.mail.bounce import Bounce, read_bounce
from vaguemestre.core.mail.delivery import DeliveryOutcome, outcome_finding
from vaguemestre.core.mail.routing import after_attempt, choose_collecting_ways
from vaguemestre.core.practice.book import FileStage, MailState
from vaguemestre.core.returns import decode_return
from vaguemestre.core.seal.lotmessage import AnswerContent, AnswerKind, split_answer
from vaguemestre.core.seal.mime import read_entity, split_multipart
from vaguemestre.core.seal.sealing import Opened, Role, Verdict, sealed_digest
from vaguemestre.core.wire.acknowledgement import decode_acknowledgement
from vaguemestre.role.practice.acknowledgements import apply_acknowledgement
from vaguemestre.role.practice.book import Book
from vaguemestre.role.practice.edges import PracticeEdges, WayEdge
from vaguemestre.role.practice.payments import apply_return
from vaguemestre.role.practice.send import sealed_digest_of
from vaguemestre.role.practice.ways import edge_of, load_ways, save_leg
from vaguemestre.tables.delivery_outcomes import Leg

BUNDLE_DESCRIPTION = "bundle"
_FUND = frozenset({Role.FUND})
_SEALED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PARTS_MAX = 8
_Apply = Callable[[Book, int, datetime], tuple[Finding, ...]]


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
            if collection.deleted:
                book.forget_deleted(way.name)
        edges.log("collected", way=way.name, outcome=collection.outcome.name.lower(), count=collection.taken)
        if collection.outcome is not DeliveryOutcome.ACCEPTED:
            told = outcome_finding(Leg.COLLECTING, collection.outcome, way.name, collection.reply)
            found += [told] if told is not None else []
    applied, set_aside, said = read_mail(edges, now)
    return CollectReport(tally.taken, tally.known, tally.left, applied, set_aside, (*found, *said))


def _keeper(edges: PracticeEdges, way: WayEdge, now: datetime, tally: _Tally) -> Callable[[str, bytes], bool]:
    """Commits one message; True lets the mailbox forget it."""

    def keep(uid: str, raw: bytes) -> bool:
        with edges.store.write() as book:
            _, new = book.keep_mail(message_digest(raw), way.name, uid, raw, now)
        if new:
            tally.taken += 1
        else:
            tally.known += 1
        return True

    return keep


def _knower(edges: PracticeEdges, way: WayEdge) -> Callable[[str], bool]:
    def known(uid: str) -> bool:
        with edges.store.read() as view:
            return view.is_known_message(way.name, uid)

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
    applied = set_aside = 0
    found: list[Finding] = []
    for mail_id in waiting:
        state, said = read_one(edges, mail_id, now)
        applied += state is MailState.APPLIED
        set_aside += state is not MailState.APPLIED
        found += said
    return applied, set_aside, found


def read_one(edges: PracticeEdges, mail_id: int, now: datetime) -> tuple[MailState, tuple[Finding, ...]]:
    """Read one kept message and apply it, in one transaction with the note that it was applied."""
    with edges.store.read() as view:
        mail, raw = view.mail(mail_id)
    bundle = _bundle_in(raw)
    if bundle is not None:
        return take_bundle(edges, bundle, now, mail_id)
    bounce = read_bounce(raw)
    if bounce is not None:
        return _take_bounce(edges, mail_id, bounce, now)
    opened = edges.opener.open(raw, received_at=mail.received_at, roles=_FUND, source=mail.digest[:12])
    content, findings = _answer_in(opened, mail.digest)
    if content is None:
        return _set_aside(edges, mail_id, MailState.QUARANTINED, opened, mail.way, mail.digest, findings, now)
    if opened.verdict is Verdict.HOLD:
        return _set_aside(edges, mail_id, MailState.HELD, opened, mail.way, mail.digest, findings, now)
    manifest = content.manifest
    apply, read = _reading(content)
    with edges.store.write() as book:
        if apply is None:
            state, said = MailState.QUARANTINED, (_not_readable(mail.way, mail.digest, read), *read)
        else:
            state, said = MailState.APPLIED, (*read, *apply(book, mail_id, now))
        told = (*findings, *said)
        book.set_mail(mail_id, state, now, kind=manifest.kind.value, sender=manifest.fund.code, findings=told)
    return state, told


def _reading(content: AnswerContent) -> tuple[_Apply | None, tuple[Finding, ...]]:
    """What an answer says, read before anybody has to wait for the store, and how to apply it; None when it cannot be read."""
    manifest = content.manifest
    if manifest.kind is AnswerKind.ACKNOWLEDGEMENT:
        answer, findings = decode_acknowledgement(content.data, source=f"ARL {manifest.number}")
        return None if answer is None else partial(apply_acknowledgement, manifest, answer), findings
    given, findings = decode_return(content.data, source=f"NOEMIE {manifest.number}")
    return None if given is None else partial(apply_return, given), findings


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
    edges: PracticeEdges,
    mail_id: int,
    state: MailState,
    opened: Opened,
    way: str,
    digest: str,
    findings: tuple[Finding, ...],
    now: datetime,
) -> tuple[MailState, tuple[Finding, ...]]:
    told = (_not_readable(way, digest, findings), *findings) if state is MailState.QUARANTINED else findings
    sender = opened.signer.number if opened.signer is not None else None
    with edges.store.write() as book:
        book.set_mail(mail_id, state, now, kind=None, sender=sender, findings=told)
    return state, told


def _not_readable(way: str, digest: str, findings: tuple[Finding, ...]) -> Finding:
    reason = findings[0].code.code if findings else "-"
    return finding("R020", Place(source=digest[:12]), way=way, digest=digest[:12], reason=reason)


# --- bundles and delivery reports


def _bundle_in(raw: bytes) -> bytes | None:
    """The signed bundle that a message carries as itself or as one part; None when it carries none."""
    entity = read_entity(raw)
    if entity is None:
        return None
    parts = [entity]
    if entity.content_type.startswith("multipart/") and entity.content_type != "multipart/report":
        parts += [part for part in map(read_entity, split_multipart(entity, _PARTS_MAX) or ()) if part is not None]
    for part in parts:
        if part.headers.get("content-description", "").strip().lower() == BUNDLE_DESCRIPTION:
            return part.decoded()
    return None


def take_bundle(
    edges: PracticeEdges, signed: bytes, now: datetime, mail_id: int | None = None
) -> tuple[MailState, tuple[Finding, ...]]:
    """Verify a candidate bundle and put it in force when it is newer; the last good one stays otherwise."""
    candidate, found = edges.directory.verify(signed, now)
    with edges.store.write() as book:
        held = edges.directory.current(book)
        state = MailState.QUARANTINED
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
            book.set_mail(mail_id, state, now, kind="BUNDLE", sender=sender, findings=found)
    return state, found


def _take_bounce(
    edges: PracticeEdges, mail_id: int, bounce: Bounce, now: datetime
) -> tuple[MailState, tuple[Finding, ...]]:
    """An operator returned one of our messages: the same bytes go again at once, first by a way not taken yet."""
    said = (finding("D011", recipient=bounce.recipient, reply=bounce.reply),)
    with edges.store.write() as book:
        _send_again(book, sealed_digest_of(bounce.message_id), now)
        book.set_mail(mail_id, MailState.APPLIED, now, kind="REPORT", sender=None, findings=said)
    return MailState.APPLIED, said


def _send_again(book: Book, sealed: str, now: datetime) -> None:
    sealing = book.sealing_by_digest(sealed) if sealed else None
    file = book.file(sealing.file_id) if sealing is not None else None
    if sealing is not None and sealing.is_current and file is not None and file.stage is FileStage.SENT:
        book.set_file(file.id, FileStage.TO_SEND, next_try_at=now)
