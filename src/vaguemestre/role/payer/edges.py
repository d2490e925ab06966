"""What a payer is handed: its funds, its store, its keys, its way out. Each outside thing is a Protocol."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import date, datetime
from typing import Protocol

from vaguemestre.core.calendar import Territory, local_date
from vaguemestre.core.clock import Randomness
from vaguemestre.core.directory.bundle import Bundle, PublishedCertificate
from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.delivery import Attempt
from vaguemestre.core.mail.envelope import Envelope, ReceivedEnvelope, same_mailbox
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sealing import Judgement, Opened, Revocation, Role, Sealed, SheetVerdict
from vaguemestre.core.seal.sheetsigning import SignatureTable
from vaguemestre.core.tariff.book import TariffBook
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.unit import Unit


class Store(Protocol):
    """The payer's store. A unit is one transaction: durable when its block ends, undone when it raises."""

    def unit(self) -> AbstractContextManager[Unit]: ...

    def view(self) -> AbstractContextManager[Unit]:
        """For reading only; waits for nobody."""
        ...

    def receive(self, messages: Sequence[tuple[ReceivedEnvelope, bytes]]) -> list[int]:
        """Make messages durable in one commit; gives their ids."""
        ...


class Sealer(Protocol):
    """Signs with a fund's key and encrypts to a station."""

    def seal(self, content: bytes, recipients: Sequence[bytes], signing_time: datetime) -> Sealed: ...


class Opener(Protocol):
    """Opens what was encrypted to any key that a fund ever had, and says whether to believe who signed it."""

    def open(
        self, message: bytes, *, received_at: datetime, roles: frozenset[Role] | None, source: str = ""
    ) -> Opened: ...


class SheetVerifier(Protocol):
    """Verifies the cards' signatures of a lot."""

    def verify(
        self, table: SignatureTable, records: Mapping[str, bytes], *, received_at: datetime, source: str = ""
    ) -> tuple[list[SheetVerdict], list[Finding]]: ...


class Mailer(Protocol):
    """Hands mail over to whoever serves the recipient's domain; every failure is an outcome."""

    def send(self, envelope: Envelope) -> Attempt: ...


class CardProof(Protocol):
    """Verifies that a card answered a challenge: its key signed these bytes, and its certificate is a card's of this payer."""

    def card_serial(self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime) -> str | None:
        """The serial of the card that signed, None when it cannot be believed."""
        ...


@dataclass(frozen=True, slots=True)
class FundDesk:
    """One fund of this payer: where it reads mail, how it signs, which certificates it publishes."""

    destination: Destination
    name_fr: str
    address: str
    sealer: Sealer
    certificates: tuple[PublishedCertificate, ...] = ()


@dataclass(frozen=True, slots=True)
class PayerPolicy:
    """What a person decided for this payer; plain data.

    An accepted sheet is paid `payment_delay_working_days` after its first receipt (the law allows 7). `messages_per_commit` are
    registered and acknowledged together.
    """

    name: str
    payment_delay_working_days: int = 5
    territory: Territory = Territory.METROPOLITAN
    demo: bool = False
    messages_per_commit: int = 8
    sheets_per_commit: int = 500
    answers_per_round: int = 500
    faults_max: int = 3


@dataclass(frozen=True, slots=True)
class PayerEdges:
    """Everything a payer is handed. Functions of this package take it first; several live side by side in one process.

    `funds` by their 9-digit code. `judge_recipient` says whether to encrypt to another insurer's certificate (DER).
    `take_revocations` tells the opener and the verifier of the newest list. `jitter` draws chance in [0, 1).
    """

    policy: PayerPolicy
    store: Store
    funds: Mapping[str, FundDesk]
    opener: Opener
    verifier: SheetVerifier
    mailer: Mailer
    tariff: TariffBook
    card_proof: CardProof
    randomness: Randomness
    sign_bundle: Callable[[Bundle], bytes]
    judge_recipient: Callable[[bytes, datetime], Judgement]
    take_revocations: Callable[[Sequence[Revocation]], None] = lambda revocations: None
    jitter: Callable[[], float] = lambda: 0.0
    log: Callable[..., None] = field(default=lambda event, **fields: None)

    @property
    def own_funds(self) -> frozenset[Destination]:
        return frozenset(desk.destination for desk in self.funds.values())

    def today(self, now: datetime) -> date:
        """The payer's local day."""
        return local_date(now, self.policy.territory)

    def addressed(self, recipients: Sequence[str]) -> FundDesk | None:
        """The fund whose mailbox is among these addresses."""
        for recipient in recipients:
            for desk in self.funds.values():
                if same_mailbox(desk.address, recipient):
                    return desk
        return None
