"""Mail in memory: an operator, its senders and collectors, and a payer's intake, without a socket, a process or a wait.

The twins of `embedded_operator`, `smtp`, `pop3` and `smtp_intake`. They decide by the same policy, answer with the same texts and
classify by the same tables; they pass the same contract tests.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field

from vaguemestre.core.clock import Clock
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.mail.bounce import Bounce, build_bounce, message_id_of
from vaguemestre.core.mail.collecting import Keep, Known, in_keeps, none_known
from vaguemestre.core.mail.delivery import (
    Attempt,
    Collection,
    DeliveryOutcome,
    Pop3Stage,
    SmtpStage,
    classify_pop3,
    classify_smtp,
)
from vaguemestre.core.mail.envelope import Envelope, Received, ReceivedEnvelope, domain_of, is_address
from vaguemestre.core.mail.operator_policy import (
    OperatorFigures,
    Service,
    pop3_refusal,
    recipient_refusal,
    sender_refusal,
    submission_refusal,
)
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import SystemClock

Deliver = Callable[[Envelope], Attempt]
_SIZE_BYTES_MAX = 20 * 1024 * 1024


class MemoryIntake:
    """A payer's mail server: `deliver` takes the place of an SMTP dialogue. `commit` and `accepts` as in `SmtpIntake`."""

    def __init__(
        self,
        commit: Callable[[Sequence[Received]], None],
        *,
        accepts: Callable[[str], bool] = is_address,
        clock: Clock | None = None,
    ) -> None:
        self._commit, self._accepts, self._clock = commit, accepts, clock or SystemClock()

    def deliver(self, envelope: Envelope) -> Attempt:
        """What a sender is told about this message."""
        if not all(self._accepts(address) for address in envelope.rcpt_tos):
            return _told(SmtpStage.RCPT, "550 5.1.1 No such recipient here")
        received = ReceivedEnvelope(envelope.mail_from, envelope.rcpt_tos, "memory", self._clock.now())
        try:
            self._commit([Received(received, envelope.message)])
        except Exception:
            return _told(SmtpStage.AFTER_DOT, "451 4.3.0 Not recorded, try again later")
        return _told(SmtpStage.AFTER_DOT, "250 2.0.0 Recorded")


@dataclass(slots=True)
class _Kept:
    """One message in a mailbox."""

    uid: str
    content: bytes


@dataclass(slots=True)
class MemoryOperator:
    """The in-memory twin of `OperatorProcess` (as `core.mail.operator_policy.MailOperator`).

    `routes` says who takes the mail of an outside domain; `unreachable` cuts the whole operator off.
    """

    name: str
    domains: tuple[str, ...]
    routes: dict[str, Deliver] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    size_bytes_max: int = _SIZE_BYTES_MAX
    unreachable: bool = False
    _passwords: dict[str, str] = field(default_factory=dict)
    _mailboxes: dict[str, list[_Kept]] = field(default_factory=dict)
    _locked: set[str] = field(default_factory=set)
    _queue: list[tuple[Envelope, bool]] = field(default_factory=list)
    _closed: set[Service] = field(default_factory=set)
    _counts: "Counter[str]" = field(default_factory=Counter)
    _sent: set[str] = field(default_factory=set)
    _collected: set[tuple[str, str]] = field(default_factory=set)
    _drops: int = 0
    _uids: int = 0

    # --- as `MailOperator` ---------------------------------------------------------------------------------------------

    def sender(self, address: str, password: str) -> "MemorySender":
        return MemorySender(self, address, password)

    def collector(self, address: str, password: str) -> "MemoryCollector":
        return MemoryCollector(self, address, password)

    def reception_sender(self) -> "MemorySender":
        return MemorySender(self, None, "")

    def suspend(self, service: Service = Service.POP3) -> None:
        self._closed.add(service)

    def reopen(self, service: Service = Service.POP3) -> None:
        self._closed.discard(service)

    def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        for address, password in accounts:
            self._passwords[address.lower()] = password
            self._mailboxes.setdefault(address.lower(), [])

    def figures(self) -> OperatorFigures:
        counts = self._counts
        return OperatorFigures(
            sent=len(self._sent),
            collected=len(self._collected),
            refused=counts["suspended"] + counts["credentials"] + counts["in use"],
            refused_suspended=counts["suspended"],
            refused_credentials=counts["credentials"],
            refused_submission=counts["submission"],
            queue_length=len(self._queue),
            in_mailboxes=sum(len(box) for box in self._mailboxes.values()),
            relayed=counts["relayed"],
            returned=counts["returned"],
        )

    def drop_after_dot(self, count: int) -> None:
        self._drops = count

    def flush(self) -> None:
        """Relay what is queued, once."""
        waiting, self._queue = self._queue, []
        for envelope, submitted in waiting:
            self._relay(envelope, submitted)

    def wait_until_idle(self, timeout_seconds: float = 60.0) -> bool:
        """One more try: nothing changes by waiting in memory."""
        self.flush()
        return not self._queue

    # --- what senders and collectors ask ---------------------------------------------------------------------------------

    def login_submission(self, address: str, password: str) -> str | None:
        """The refusal of AUTH, None to let in."""
        right = self._passwords.get(address.lower()) == password
        refusal = submission_refusal(right=right, service_open=Service.SUBMISSION not in self._closed)
        if refusal is not None:
            self._counts["submission"] += 1
        return refusal

    def login_pop3(self, address: str, password: str) -> bytes | None:
        """What follows `-ERR `, None to let in; the mailbox is then locked."""
        right = self._passwords.get(address.lower()) == password
        is_open, in_use = Service.POP3 not in self._closed, address.lower() in self._locked
        refusal = pop3_refusal(right=right, service_open=is_open, in_use=in_use)
        if refusal is None:
            self._locked.add(address.lower())
        else:
            self._counts["credentials" if not right else "suspended" if not is_open else "in use"] += 1
        return refusal

    def accept(self, envelope: Envelope, login: str | None) -> tuple[SmtpStage, str]:
        """One message after its login: the stage and the reply that end the dialogue."""
        if login is not None and (refusal := sender_refusal(login=login, mail_from=envelope.mail_from)):
            return SmtpStage.MAIL, refusal
        if len(envelope.message) > self.size_bytes_max:
            return SmtpStage.MAIL, "552 5.3.4 Message too big"
        for recipient in envelope.rcpt_tos:
            domain = domain_of(recipient)
            refusal = recipient_refusal(
                own_domain=domain in self._own,
                mailbox_exists=recipient.lower() in self._mailboxes,
                routed=domain in self.routes,
                submitted=login is not None,
            )
            if refusal is not None:
                return SmtpStage.RCPT, refusal
        if login is not None:
            self._sent.add(envelope.digest)
        for recipient in envelope.rcpt_tos:
            one = Envelope(envelope.mail_from, (recipient,), envelope.message)
            if domain_of(recipient) in self._own:
                self._put(recipient, envelope.message)
            else:
                self._relay(one, login is not None)
        if login is not None and self._drops > 0:
            self._drops -= 1
            return SmtpStage.AFTER_DOT, ""
        return SmtpStage.AFTER_DOT, "250 2.0.0 Stored"

    def mailbox(self, address: str) -> list[_Kept]:
        return list(self._mailboxes[address.lower()])

    def delete(self, address: str, kept: Iterable[_Kept]) -> None:
        gone = {id(message) for message in kept}
        box = self._mailboxes[address.lower()]
        for message in box:
            if id(message) in gone:
                self._collected.add((Envelope("", (), message.content).digest, address.lower()))
        box[:] = [message for message in box if id(message) not in gone]

    def release(self, address: str) -> None:
        self._locked.discard(address.lower())

    @property
    def _own(self) -> frozenset[str]:
        return frozenset(domain.lower() for domain in self.domains)

    def _put(self, recipient: str, content: bytes) -> None:
        self._uids += 1
        digest = Envelope("", (), content).digest
        self._mailboxes[recipient.lower()].append(_Kept(f"{self._uids}.{digest[:32]}", content))

    def _relay(self, envelope: Envelope, submitted: bool) -> None:
        attempt = self.routes[domain_of(envelope.rcpt_tos[0])](envelope)
        if attempt.outcome is DeliveryOutcome.ACCEPTED:
            self._counts["relayed"] += 1
        elif attempt.outcome is DeliveryOutcome.REFUSED:
            self._counts["returned"] += 1
            self._return(envelope, attempt, submitted)
        else:
            self._queue.append((envelope, submitted))

    def _return(self, envelope: Envelope, attempt: Attempt, submitted: bool) -> None:
        sender = envelope.mail_from
        if submitted and sender.lower() in self._mailboxes:
            words = attempt.reply.split()
            status = words[1] if len(words) > 1 else "5.0.0"
            bounce = Bounce(envelope.rcpt_tos[0], status, attempt.reply, message_id_of(envelope.message))
            dated, boundary = self.clock.now(), f"returned-{self._counts['returned']}"
            self._put(
                sender,
                build_bounce(reporter=self.domains[0], sender=sender, bounce=bounce, dated=dated, boundary=boundary),
            )


class MemorySender:
    """The twin of `SmtpSender`; without an address, another server that brings mail."""

    def __init__(self, operator: MemoryOperator, address: str | None, password: str) -> None:
        self._operator, self._address, self._password = operator, address, password

    def send(self, envelope: Envelope) -> Attempt:
        refused = self.probe()
        if refused.outcome is not DeliveryOutcome.ACCEPTED:
            return refused
        stage, reply = self._operator.accept(envelope, self._address)
        if not reply:
            return Attempt(DeliveryOutcome.UNKNOWN, "Connection unexpectedly closed")
        return _told(stage, reply)

    def probe(self) -> Attempt:
        if self._operator.unreachable:
            return Attempt(DeliveryOutcome.UNREACHABLE, "Connection refused")
        if self._address is not None:
            refusal = self._operator.login_submission(self._address, self._password)
            if refusal is not None:
                return _told(SmtpStage.AUTH, refusal)
        return Attempt(DeliveryOutcome.ACCEPTED, "")

    def close(self) -> None:
        """Nothing is open."""


class MemoryCollector:
    """The twin of `Pop3Collector`."""

    def __init__(self, operator: MemoryOperator, address: str, password: str) -> None:
        self._operator, self._address, self._password = operator, address, password

    def collect(self, keep: Keep, known: Known = none_known, count_max: int | None = None) -> Collection:
        operator = self._operator
        if operator.unreachable:
            return Collection(DeliveryOutcome.UNREACHABLE, "Connection refused")
        refusal = operator.login_pop3(self._address, self._password)
        if refusal is not None:
            reply = f"-ERR {refusal.decode()}"
            return Collection(classify_pop3(Pop3Stage.LOGIN, reply), reply)
        done: list[_Kept] = []
        box = operator.mailbox(self._address)
        try:
            listed = box[:count_max]
            before = known([message.uid for message in listed]) & {message.uid for message in listed}
            done += [message for message in listed if message.uid in before]
            coming = [message for message in listed if message.uid not in before]
            findings = [self._too_big(size) for it in coming if (size := len(it.content)) > operator.size_bytes_max]
            coming = [message for message in coming if len(message.content) <= operator.size_bytes_max]
            for few in in_keeps([len(message.content) for message in coming]):
                kept = keep([(coming[rank].uid, coming[rank].content) for rank in few])
                done += [coming[rank] for rank, committed in zip(few, kept, strict=True) if committed]
        finally:
            operator.delete(self._address, done)
            operator.release(self._address)
        taken, left = len(done) - len(before), len(box) - len(done)
        return Collection(DeliveryOutcome.ACCEPTED, "", taken, len(before), left, True, tuple(findings))

    def _too_big(self, size_bytes: int) -> Finding:
        name, limit = self._operator.name, self._operator.size_bytes_max
        return finding("D010", Place(source=name), way=name, size_bytes=size_bytes, size_bytes_max=limit)


def _told(stage: SmtpStage, reply: str) -> Attempt:
    code, text = int(reply[:3]), reply[4:]
    outcome = classify_smtp(stage, code, text)
    judged = outcome in (DeliveryOutcome.REFUSED, DeliveryOutcome.TEMPORARY)
    about = judged and (stage in (SmtpStage.RCPT, SmtpStage.DATA, SmtpStage.AFTER_DOT) or code == 552)
    return Attempt(outcome, reply, about)
