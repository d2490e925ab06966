"""One practice of a story: its people, its software, its machine. Real roles, store, seals; only its mail is in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Protocol

from vaguemestre.audit.facts import Deed
from vaguemestre.core.caresheet import CareSheet, DraftSheet, SecurityMode, Settlement
from vaguemestre.core.directory.mandates import HolderKind, holder
from vaguemestre.core.entry.drafts import Entered
from vaguemestre.core.findings import Finding
from vaguemestre.core.mail.delivery import Attempt, MailSender
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.parties import Performer
from vaguemestre.core.practice.book import Generation, SheetKey, SheetRow
from vaguemestre.core.seal.sealing import Judgement, Role, judge, judge_recipient
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.edge.mail.memory_mail import MemoryOperator
from vaguemestre.edge.practice.directory import BundleDirectory
from vaguemestre.edge.practice.store import PracticeStore, open_practice_store
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.cardfile import CardFileReader
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.edge.store.backup_place import DirectoryPlace
from vaguemestre.edge.store.vault import Vault
from vaguemestre.role.practice import corrections
from vaguemestre.role.practice.backup import after_restore, back_up
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.role.practice.day import round_of_work
from vaguemestre.role.practice.desk import Desk, Received
from vaguemestre.role.practice.edges import LotCard, PracticeEdges, PracticeSettings, WayEdge
from vaguemestre.role.practice.record import Entry, Recorded, record
from vaguemestre.role.practice.send import conclude_dead_attempts
from vaguemestre.role.practice.status import SheetLife, sheet_life
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import Practice, station_of, visit
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.tables.lifecycles import SheetState

RANDOM = SystemRandomness()
PASSWORD = "mot de passe"
_FUND_ONLY = frozenset({Role.FUND})
_PROFESSIONAL_ONLY = frozenset({Role.PROFESSIONAL})
_OF_THE_DEMO = frozenset({"C014"})  # the cards' keys stand in their files


class CrashError(BaseException):
    """The process dies here: nothing of ours may catch it."""


class Surroundings(Protocol):
    """What a practice needs of its town."""

    files: WorldFiles
    operators: dict[str, MemoryOperator]
    deeds: list[Deed]

    @property
    def now(self) -> datetime: ...
    def trust(self) -> TrustStore: ...
    def card_of(self, performer: Performer) -> FileSigner: ...


@dataclass(frozen=True, slots=True)
class DyingSender:
    """A sender whose process dies while it sends: before the server has the message, or after."""

    inner: MailSender
    delivers: bool

    def send(self, envelope: Envelope) -> Attempt:
        if self.delivers:
            self.inner.send(envelope)
        raise CrashError

    def probe(self) -> Attempt:
        return self.inner.probe()

    def close(self) -> None:
        self.inner.close()


def care_of(person: Person, draft: DraftSheet) -> tuple[str, ...]:
    """One opaque text per act, for the auditor: patient, performer, day, act."""
    return tuple(f"{person.number}/{draft.performer.rpps}/{act.performed_on}/{act.code}" for act in draft.acts)


class Clinic:
    """One practice. `findings` is everything that its software said, in order."""

    def __init__(self, town: Surroundings, practice: Practice, station_key: FileDecryptionKey, name: str = "") -> None:
        self.town, self.practice, self.name = town, practice, name or practice.key
        self.state = town.files.practice(self.name)
        self.state.mkdir(parents=True, exist_ok=True)
        self.vault = Vault(practice.key.encode().ljust(32, b"."))
        self.station = station_of(practice.billing_number)
        self.station_key = station_key
        self.signers = {entry.rpps: town.card_of(entry) for entry in practice.performers}
        self.findings: list[Finding] = []
        self.start()

    # --- its machine

    def start(self) -> None:
        """Open the store and everything around it, as a new process does."""
        self.trust = self.town.trust()
        self.store: PracticeStore = open_practice_store(self.state / "practice.sqlite", self.vault)
        self.edges = self._edges()
        self._tell(conclude_dead_attempts(self.edges, self.town.now, stale_after=timedelta(0)))

    def crash(self) -> None:
        """The machine goes off and on again: nothing that was only in memory survives."""
        self.store.close()
        self.start()

    def copied(self, name: str) -> "Clinic":
        """The same practice on another machine, from a copy of the store made by hand: what nobody should do."""
        state = self.town.files.practice(name)
        state.mkdir(parents=True)
        self.store.copy_to(state / "practice.sqlite")
        return Clinic(self.town, self.practice, self.station_key, name)

    def _edges(self) -> PracticeEdges:
        def judge_fund(certificate: bytes, at: datetime) -> Judgement:
            read = self.trust.read(certificate)
            assert read is not None
            return judge_recipient(read[0], self.trust.trust, now=at, roles=_FUND_ONLY)

        def judge_card(certificate: bytes, at: datetime) -> Judgement:
            read = self.trust.read(certificate)
            assert read is not None
            return judge(read[0], self.trust.trust, signing_time=at, received_at=at, roles=_PROFESSIONAL_ONLY)

        cards = [
            LotCard(holder(HolderKind.PROFESSIONAL, rpps), Sealer(signer, RANDOM), signer.certificate_der)
            for rpps, signer in self.signers.items()
        ]
        return PracticeEdges(
            settings=PracticeSettings(self.practice.name, (self.station,), demo=True),
            store=self.store,
            directory=BundleDirectory(self.trust),
            tariff=standard_book(),
            signers=self.signers,
            lot_cards=cards,
            opener=Opener([self.station_key], self.trust, RANDOM),
            judge_recipient=judge_fund,
            judge_signer=judge_card,
            ways=tuple(self._way(rank, operator) for rank, operator in enumerate(self.town.operators.values())),
            second_place=self.second_place(),
            card_reader=CardFileReader(self.trust),
        )

    def _way(self, rank: int, operator: MemoryOperator) -> WayEdge:
        address = f"{self.practice.mailbox}@{operator.name}.example"
        sender, collector = operator.sender(address, PASSWORD), operator.collector(address, PASSWORD)
        return WayEdge(operator.name, operator.name, address, sender, collector, rank)

    def second_place(self) -> DirectoryPlace:
        return DirectoryPlace(self.town.files.second_place(self.name), self.vault, self.state)

    def dies_while_sending(self, *, delivers: bool) -> None:
        """The next message kills the process that sends it."""
        first, *others = self.edges.ways
        assert first.sender is not None
        self.edges = replace(self.edges, ways=(replace(first, sender=DyingSender(first.sender, delivers)), *others))

    def puts_in_card(self, rpps: str, signer: FileSigner) -> None:
        """A renewed professional's card is put in its reader."""
        self.signers = {**self.signers, rpps: signer}
        self.edges = self._edges()

    def backs_up(self) -> Generation:
        """A copy goes to the second place now."""
        made = back_up(self.edges, self.town.now).generation
        assert made is not None
        return made

    def restores(self, generation: Generation) -> list[str]:
        """Put a backup in the place of a dead disk, as `practice restore` does; the codes of what it says."""
        self.store.close()
        for suffix in ("-wal", "-shm", ""):
            (self.state / f"practice.sqlite{suffix}").unlink(missing_ok=True)
        place = self.second_place()
        assert place.read(generation, self.state / "practice.sqlite")
        row = place.begin_restore(self.edges.today(self.town.now), self.town.now, generation)
        self.trust = self.town.trust()
        self.store = open_practice_store(self.state / "practice.sqlite", self.vault)
        self.edges = self._edges()
        return self._tell(after_restore(self.edges, row, place.restores(), self.town.now))

    # --- its people

    def draft(
        self,
        person: Person,
        *,
        tiers_payant: bool = True,
        card: bool = True,
        day: date | None = None,
        performer: int = 0,
        **changes: object,
    ) -> DraftSheet:
        """An ordinary visit of `person`, as it is typed."""
        alone = replace(self.practice, performers=(self.practice.performers[performer],))
        made = visit(Random(1), alone, person, day or self.edges.today(self.town.now), with_card=card)
        settlement = Settlement.TIERS_PAYANT if tiers_payant else Settlement.PATIENT_PAID
        return replace(made, settlement=settlement, **changes)  # type: ignore[arg-type]

    def sees(self, person: Person, **how: object) -> CareSheet:
        """A visit is recorded (see `draft` for `how`); whatever refuses it fails the story."""
        return self.types(person, self.draft(person, **how))  # type: ignore[arg-type]

    def types(self, person: Person, draft: DraftSheet, claim: str = "") -> CareSheet:
        """A draft meets the card and is recorded. `claim`: the first sheet of its claim, for the auditor."""
        received = self._at_the_desk(person, draft)
        said = self._tell(received.findings)
        assert received.entry is not None, said
        return self._recorded(person, draft, record(self.edges, received.entry, self.town.now), claim)

    def refused(self, person: Person, draft: DraftSheet) -> list[str]:
        """A draft that the desk refuses: the codes of why."""
        received = self._at_the_desk(person, draft)
        assert received.entry is None
        return [item.code.code for item in received.findings]

    def _at_the_desk(self, person: Person, draft: DraftSheet) -> Received:
        handle = str(self.town.files.card(person.card_serial)) if draft.mode is SecurityMode.SECURED else ""
        entered = Entered(draft, (), 0, patient_label=person.label, card_handle=handle)
        return Desk(self.edges, self.town.now).receive(entered)

    def corrects(self, old: CareSheet, person: Person, draft: DraftSheet) -> CareSheet:
        """A rejected sheet is typed again, right this time: a new number that names the old one."""
        entry = Entry(draft, person.label)
        done = corrections.correct(self.edges, SheetKey.of(old.identity), entry, self.town.now, confirmed=True)
        claim = next(deed.claim for deed in self.town.deeds if deed.identity == str(old.identity))
        return self._recorded(person, draft, done, claim)

    def _recorded(self, person: Person, draft: DraftSheet, done: Recorded, claim: str) -> CareSheet:
        sheet = done.sheet
        assert sheet is not None, [str(item) for item in done.findings]
        name = str(sheet.identity)
        tiers_payant = sheet.settlement is Settlement.TIERS_PAYANT
        care = care_of(person, draft)
        self.town.deeds.append(Deed(name, self.practice.key, claim or name, tiers_payant, sheet.fund_cents, care))
        return sheet

    # --- its software

    def works(self) -> list[str]:
        """One round of the day: collect, close lots, seal, send. The codes of what it said. See `backs_up` for copies."""
        return self._tell(round_of_work(self.edges, self.town.now, with_backup=False).findings)

    def takes_bundle(self, signed: bytes) -> list[str]:
        """The payer's bundle comes in, carried by hand."""
        return self._tell(take_bundle(self.edges, signed, self.town.now)[1])

    def _tell(self, findings: Sequence[Finding]) -> list[str]:
        worth = [item for item in findings if item.code.code not in _OF_THE_DEMO]
        self.findings += worth
        return [item.code.code for item in worth]

    # --- what a story looks at

    def row(self, sheet: CareSheet) -> SheetRow:
        with self.store.read() as view:
            row = view.sheet_by_key(SheetKey.of(sheet.identity))
        assert row is not None, "the practice does not know this sheet"
        return row

    def life(self, sheet: CareSheet) -> SheetLife:
        """Everything that happened to one sheet."""
        return sheet_life(self.edges, self.row(sheet))

    def state_of(self, sheet: CareSheet) -> str:
        return self.row(sheet).state.value

    def paid(self, sheet: CareSheet) -> int:
        """What the practice was told that it gets for a sheet, in cents."""
        return self.row(sheet).paid_cents or 0

    def rows(self) -> list[SheetRow]:
        """Every sheet, in the order of recording."""
        with self.store.read() as view:
            rows = [row for state in SheetState for row in view.sheets_in_state(state)]
        return sorted(rows, key=lambda row: row.id)

    def states(self) -> list[str]:
        return [row.state.value for row in self.rows()]
