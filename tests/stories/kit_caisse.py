"""The payer of a story: two funds, its register, its working day, and a mail server that may be off. Real role, store and seals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from kit_clinic import RANDOM

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.clock import Clock
from vaguemestre.core.directory.bundle import PublishedCertificate
from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, Received, domain_of, same_mailbox
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.intake import SettledSheet, StoredSheet, store_key
from vaguemestre.core.payer.ledger import Books
from vaguemestre.core.payer.statement import Account, Statement
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.edge.mail.memory_mail import MemoryIntake, MemoryOperator
from vaguemestre.edge.payer.card_proof import CardProofs
from vaguemestre.edge.payer.store import PayerStore
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.edge.store.vault import Vault
from vaguemestre.role.patient import PatientEdges, statement
from vaguemestre.role.payer import adjudicate, answer, counter, intake, pay
from vaguemestre.role.payer.edges import FundDesk, PayerEdges, PayerPolicy
from vaguemestre.role.payer.publish import publish
from vaguemestre.role.payer.status import PayerStatus, status
from vaguemestre.sim.people import Person
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.wiring.judges import recipient_judge


@dataclass
class FundKeys:
    """One fund's keys: its own signature, and every decryption key that it ever had, the published ones with their certificates."""

    destination: Destination
    signer: FileSigner
    decryption: list[FileDecryptionKey]
    certificates: list[PublishedCertificate]

    @property
    def address(self) -> str:
        return f"{self.destination.scheme}{self.destination.fund}@{self.destination.fund}.{self.destination.scheme}.rss.example"


class Surroundings(Protocol):
    """What a payer needs of its town."""

    files: WorldFiles
    operators: dict[str, MemoryOperator]
    clock: Clock

    @property
    def now(self) -> datetime: ...
    def trust(self) -> TrustStore: ...


@dataclass(frozen=True, slots=True)
class RouteMailer:
    """Hands mail to the operator of the recipient's domain."""

    operators: Mapping[str, MemoryOperator]

    def send(self, envelope: Envelope) -> Attempt:
        name = domain_of(envelope.rcpt_tos[0]).partition(".")[0]
        return self.operators[name].reception_sender().send(envelope)


@dataclass(frozen=True, slots=True)
class Counter:
    """The payer's counter as a patient meets it."""

    edges: PayerEdges

    def challenge(self, now: datetime) -> bytes:
        return counter.challenge(self.edges, now)

    def account_of(
        self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime
    ) -> tuple[Account | None, Sequence[Finding]]:
        return counter.account_of(self.edges, counter.CardAnswer(certificate_der, challenge, signature), now)


@dataclass
class Caisse:
    """The payer. `received` is every message that its mail server promised, in order of arrival."""

    town: Surroundings
    funds: tuple[FundKeys, ...]
    received: list[Received] = field(default_factory=list)
    server: MemoryIntake | None = None

    def __post_init__(self) -> None:
        self.town.files.payer.mkdir(parents=True)
        for operator in self.town.operators.values():
            for fund in self.funds:
                operator.routes[domain_of(fund.address)] = self._deliver
        self.start()

    # --- its machine

    def start(self) -> None:
        """Open the store and everything around it, as a new process does."""
        trust = self.town.trust()
        self.store = PayerStore.open(self.town.files.payer_store, Vault(b"p" * 32))
        desks = [
            FundDesk(
                fund.destination,
                f"Caisse {fund.destination.fund}",
                fund.address,
                Sealer(fund.signer, RANDOM),
                tuple(fund.certificates),
            )
            for fund in self.funds
        ]
        self.edges = PayerEdges(
            policy=PayerPolicy("Caisses de démonstration", demo=True),
            store=self.store,
            funds={desk.destination.code: desk for desk in desks},
            opener=Opener([key for fund in self.funds for key in fund.decryption], trust, RANDOM),
            verifier=SheetVerifier(trust),
            mailer=RouteMailer(self.town.operators),
            tariff=standard_book(),
            card_proof=CardProofs(trust),
            randomness=RANDOM,
            sign_bundle=lambda bundle: write_bundle(bundle, self.funds[0].signer),
            judge_recipient=recipient_judge(trust),
            take_revocations=trust.replace_revocations,
        )
        self.server = MemoryIntake(self._commit, accepts=self._is_ours, clock=self.town.clock)

    def stop(self) -> None:
        """The machine goes off: nothing that was only in memory survives, and no mail is taken."""
        self.store.close()
        self.server = None

    def crash(self) -> None:
        """Off and on again."""
        self.stop()
        self.start()

    def _deliver(self, envelope: Envelope) -> Attempt:
        if self.server is None:
            return Attempt(DeliveryOutcome.UNREACHABLE, "Connection refused")
        return self.server.deliver(envelope)

    def _commit(self, batch: Sequence[Received]) -> None:
        intake.receive(self.edges, [(entry.envelope, entry.raw) for entry in batch])
        self.received += batch

    def _is_ours(self, address: str) -> bool:
        return any(same_mailbox(fund.address, address) for fund in self.funds)

    # --- its working day

    def opens_mail(self) -> intake.IntakeReport:
        return intake.process_inbox(self.edges, self.town.now)

    def decides_and_pays(self) -> None:
        adjudicate.adjudicate_pending(self.edges, self.town.now)
        pay.pay(self.edges, self.town.now)

    def posts(self) -> answer.AnswerReport:
        return answer.answer(self.edges, self.town.now)

    def works(self) -> intake.IntakeReport:
        """A whole round: open what came, decide, pay, answer."""
        report = self.opens_mail()
        self.decides_and_pays()
        told = self.posts()
        assert told.findings == []
        return report

    def publishes(self) -> bytes:
        """The next signed bundle."""
        return publish(self.edges, self.town.now)[1]

    def mailer_dies(self, mailer: object) -> None:
        """Put another mailer in place of the working one, until the next start."""
        self.edges = replace(self.edges, mailer=mailer)  # type: ignore[arg-type]

    # --- what a story looks at

    def statement_of(self, person: Person) -> Statement:
        """What the person reads after proving the card."""
        trust = self.town.trust()
        edges = PatientEdges(CardFileReader(trust), Counter(self.edges), SheetVerifier(trust))
        made, found = statement(edges, str(self.town.files.card(person.card_serial)), self.town.now)
        assert made is not None, [str(item) for item in found]
        return made

    def shown_to(self, people: Iterable[Person]) -> list[tuple[str, int]]:
        """(identity, cents paid to the patient) as every statement prints it."""
        statements = [self.statement_of(person) for person in people]
        return [(entry.name, entry.paid_patient_cents) for made in statements for entry in made.entries]

    def status(self) -> PayerStatus:
        return status(self.edges, self.town.now)

    def books(self) -> Books:
        return self.status().books

    def stored(self, sheet: CareSheet) -> StoredSheet | None:
        """A registered sheet; None when the payer has none under this identity."""
        with self.store.view() as unit:
            known = unit.sheets.known(store_key(sheet.identity))
            return None if known is None else unit.sheets.sheet(known.id)

    def state_of(self, sheet: CareSheet) -> str:
        found = self.stored(sheet)
        return "unknown" if found is None else found.state.value

    def settled(self, sheet: CareSheet) -> SettledSheet:
        """The decision on a sheet and what was paid of it."""
        found = self.stored(sheet)
        assert found is not None
        with self.store.view() as unit:
            return unit.decisions.of([found.id])[found.id]
