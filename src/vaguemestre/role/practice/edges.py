"""What a practice is handed: its settings, its store, its cards, its ways, its second place. Each outside thing is a Protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from vaguemestre.core.calendar import Territory, local_date
from vaguemestre.core.card.passing import CardReader
from vaguemestre.core.directory.bundle import Bundle
from vaguemestre.core.directory.mandates import MandateTable, Station
from vaguemestre.core.directory.opposition import OppositionList
from vaguemestre.core.findings import Finding
from vaguemestre.core.lot import ClosingPolicy
from vaguemestre.core.mail.delivery import MailCollector, MailSender
from vaguemestre.core.mail.routing import WayKind
from vaguemestre.core.practice.book import Generation, RestoreRow
from vaguemestre.core.seal.sealing import Judgement, Opened, Role, Sealed, Signer
from vaguemestre.core.tariff.book import TariffBook
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.book import Store, View


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """What a person decided for this practice; plain data.

    `stations`: the range of serials that this machine owns, one per billing number that it serves.
    """

    name: str
    stations: tuple[Station, ...]
    territory: Territory = Territory.METROPOLITAN
    closing: ClosingPolicy = field(default_factory=ClosingPolicy)
    software: str = "Vaguemestre"
    software_version: str = "0"
    demo: bool = False

    def station(self, billing_number: str) -> Station | None:
        """The station that numbers for a billing number; None when this machine does not."""
        return next((entry for entry in self.stations if entry.billing_number == billing_number), None)


class Published(Protocol):
    """The payer's bundle in force, ready for look-ups."""

    @property
    def bundle(self) -> Bundle: ...
    @property
    def mandates(self) -> MandateTable: ...
    @property
    def opposition_list(self) -> OppositionList: ...
    @property
    def received_at(self) -> datetime: ...


class Directory(Protocol):
    """What the payer publishes, as last received; the last good bundle is used whatever its age."""

    def current(self, view: View) -> Published | None:
        """The bundle in force in the store."""
        ...

    def verify(self, signed: bytes, now: datetime) -> tuple[Bundle | None, tuple[Finding, ...]]:
        """A candidate whose signature is that of a trusted fund, else why not."""
        ...


class Sealer(Protocol):
    """Signs a lot with one card and encrypts it."""

    def seal(self, content: bytes, recipients: Sequence[bytes], signing_time: datetime) -> Sealed: ...


class Opener(Protocol):
    """Opens what was sealed to this station, and says whether to believe who signed it."""

    def open(
        self, message: bytes, *, received_at: datetime, roles: frozenset[Role] | None, source: str = ""
    ) -> Opened: ...


@dataclass(frozen=True, slots=True)
class LotCard:
    """A card that may sign lots: `holder` as mandates name it (`rpps/...`, `card/...`), its sealer, its certificate (DER)."""

    holder: str
    sealer: Sealer
    certificate_der: bytes


@dataclass(frozen=True, slots=True)
class WayEdge:
    """One way of reaching the payer: where answers come back, and its two legs; None for a leg that it does not have."""

    name: str
    operator: str
    address: str
    sender: MailSender | None
    collector: MailCollector | None
    rank: int = 0
    kind: WayKind = WayKind.OPERATOR


class SecondPlace(Protocol):
    """Where the store is copied, encrypted: another disk, a share. It counts restores, whatever backup is restored."""

    @property
    def name(self) -> str:
        """For a person."""
        ...

    def restores(self) -> list[RestoreRow]:
        """Every restore ever begun from here, oldest first. Raises OSError when the place is out of reach."""
        ...

    def begin_restore(self, restored_on: date, restored_at: datetime, backup: Generation) -> RestoreRow:
        """Count one more restore, durably, before anything is restored. Raises OSError."""
        ...

    def write(self, store: Store, taken_at: datetime, restores: int) -> Generation:
        """Copy the whole store as a new generation, then drop those no longer wanted. Raises OSError."""
        ...

    def generations(self) -> list[Generation]:
        """Those that can be restored, newest first. Raises OSError."""
        ...

    def read(self, generation: Generation, target: Path) -> bool:
        """Write the store of a generation to a new file; False when it cannot be read with this key, or is cut short."""
        ...


@dataclass(frozen=True, slots=True)
class PracticeEdges:
    """Everything a practice is handed. Functions of this package take it first; several live side by side in one process.

    `signers`: professional's cards by RPPS. `lot_cards` in order of preference. `judge_recipient` and `judge_signer` say whether to
    encrypt to a certificate (DER), or to sign with it, at an instant. `jitter` draws chance in [0, 1).
    """

    settings: PracticeSettings
    store: Store
    directory: Directory
    tariff: TariffBook
    signers: Mapping[str, Signer]
    lot_cards: Sequence[LotCard]
    opener: Opener
    judge_recipient: Callable[[bytes, datetime], Judgement]
    judge_signer: Callable[[bytes, datetime], Judgement]
    ways: tuple[WayEdge, ...]
    second_place: SecondPlace | None = None
    card_reader: CardReader | None = None
    jitter: Callable[[], float] = lambda: 0.0
    log: Callable[..., None] = lambda event, **fields: None

    @property
    def return_addresses(self) -> tuple[str, ...]:
        """Where the payer answers, in order of preference: every way that collects."""
        collecting = [way for way in self.ways if way.collector is not None]
        return tuple(way.address for way in sorted(collecting, key=lambda way: (way.rank, way.name)))

    def today(self, now: datetime) -> date:
        """The practice's local day."""
        return local_date(now, self.settings.territory)
