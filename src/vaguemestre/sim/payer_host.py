"""The payer of the world, as its own process hosts it: a mail server that takes in, and a day's work when the clock says so."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from vaguemestre.core.findings import Finding, errors_in
from vaguemestre.core.mail.envelope import Received, same_mailbox
from vaguemestre.core.payer.statement import Account
from vaguemestre.core.values import dataclass
from vaguemestre.edge.clock import ManualClock
from vaguemestre.edge.mail.smtp_intake import SmtpIntake
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.role.patient import PatientEdges, statement
from vaguemestre.role.payer import adjudicate, answer, counter, holds, intake, pay, status
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.sim.snapshot import PayerView
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.wiring.payer import opened_payer


@dataclass(frozen=True, slots=True)
class WorkReport:
    """What one phase of work did, in counts, and what is worth telling (safe for a log)."""

    messages: int = 0
    findings: tuple[str, ...] = ()


class PayerHost:
    """Hosts the payer whose state is under `root`; `now` is the first instant of the world."""

    def __init__(self, root: Path, now: datetime) -> None:
        self._files = WorldFiles(root)
        self._opened = opened_payer(self._files.payer)
        self._edges = self._opened.edges
        self._clock = ManualClock(now)
        self._intake = SmtpIntake(self._take, accepts=self._is_ours, clock=self._clock)
        self._intake.start()
        self._taken = self._done = 0

    def port(self) -> int:
        """Where the intake listens."""
        return self._intake.port

    def taken(self) -> int:
        """How many messages were promised so far: a round works on those that came before it began."""
        return self._taken

    def set_clock(self, at: datetime) -> None:
        """The world's clock moved on."""
        self._clock.move_to(at)

    def post(self, at: datetime) -> WorkReport:
        """Send the answers that earlier work made."""
        return WorkReport(findings=_told(answer.post(self._edges, at)))

    def work(self, at: datetime, taken: int) -> WorkReport:
        """Open and register the first `taken` messages, decide what can be decided, pay what is due, make the returns.

        Answers wait in the outbox for the next post.
        """
        done = intake.process_inbox(self._edges, at, max(0, taken - self._done))
        self._done += done.messages
        adjudicate.adjudicate_pending(self._edges, at)
        pay.pay(self._edges, at)
        made = answer.answer(self._edges, at, post=False)
        faults = (f"{done.faults} faults of our own",) if done.faults else ()
        return WorkReport(done.messages, (*faults, *_told(made)))

    def open_holds(self) -> int:
        """How many sheets wait for a person."""
        return len(holds.list_holds(self._edges))

    def view(self, at: datetime) -> PayerView:
        """The payer as the live view draws it."""
        told = status.status(self._edges, at)
        books, sheets = told.books, told.sheets
        return PayerView(
            registered=sum(sheets.values()),
            decided=sum(count for state, count in sheets.items() if state not in ("registered", "held")),
            held=told.open_holds,
            paid_practice_cents=books.paid_practice,
            paid_patient_cents=books.paid_patient,
            retained_cents=books.retained,
        )

    def outstanding(self, at: datetime) -> bool:
        """Whether something is still to be decided, paid or answered."""
        told = status.status(self._edges, at)
        return bool(told.books.unpaid or told.books.waiting or told.outbox.get("waiting"))

    def shown_to_patients(self, serials: Sequence[str], at: datetime) -> tuple[list[tuple[str, int]], list[str]]:
        """Each card's holder asks for the statement: (identity, cents paid to the patient) as printed, and what went wrong."""
        edges = self._edges
        trust = self._opened.trust
        patient = PatientEdges(CardFileReader(trust), _Counter(edges), SheetVerifier(trust))
        shown: list[tuple[str, int]] = []
        told: list[str] = []
        for serial in serials:
            printed, found = statement(patient, str(self._files.card(serial)), at)
            told += [str(item) for item in errors_in(found)]
            if printed is not None:
                shown += [(entry.name, entry.paid_patient_cents) for entry in printed.entries]
        return shown, told

    def close(self) -> None:
        """Stop taking mail in, then close the store."""
        self._intake.stop()
        self._opened.close()

    def _take(self, batch: Sequence[Received]) -> None:
        intake.receive(self._edges, [(entry.envelope, entry.raw) for entry in batch])
        self._taken += len(batch)

    def _is_ours(self, address: str) -> bool:
        return any(same_mailbox(desk.address, address) for desk in self._edges.funds.values())


def _told(report: answer.AnswerReport) -> tuple[str, ...]:
    return tuple(str(item) for item in report.findings)


class _Counter:
    """The payer's counter, met in the same process."""

    def __init__(self, edges: PayerEdges) -> None:
        self._edges = edges

    def challenge(self, now: datetime) -> bytes:
        return counter.challenge(self._edges, now)

    def account_of(
        self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime
    ) -> tuple[Account | None, list[Finding]]:
        return counter.account_of(self._edges, counter.CardAnswer(certificate_der, challenge, signature), now)
