"""A small town in one process: practices, two mail operators, a payer with two funds, their patients, and a clock moved by hand.

Everything is real but mail, which is in memory (the twin passes the same contract tests as the real servers), so a story
takes a second. At its end the independent auditor reads what people did, the wires and the stores.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives import serialization
from kit_caisse import Caisse, FundKeys
from kit_clinic import PASSWORD, Clinic, care_of

from seal_kit import POOL
from vaguemestre.audit.facts import Deed, append_deeds
from vaguemestre.audit.inquiry import Evidence, Inquiry, inquire
from vaguemestre.core.calendar import Territory, add_working_days
from vaguemestre.core.caresheet import BirthDate, DraftSheet, Exemption, Settlement
from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Verb, holder
from vaguemestre.core.mail.delivery import SmtpStage
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.mail.operator_policy import Service
from vaguemestre.core.parties import Destination, Performer
from vaguemestre.core.payer.registry import Payee, Professional, StationRecord
from vaguemestre.core.seal.sealing import Role
from vaguemestre.edge.clock import ManualClock
from vaguemestre.edge.mail.memory_mail import MemoryOperator
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity, issue
from vaguemestre.edge.seal.keys import FileDecryptionKey, FileSigner
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.role.payer.holds import type_paper_sheet
from vaguemestre.role.payer.register import enrol, oppose_card, set_mandates
from vaguemestre.sim.credentials import Credentials, KeyPair
from vaguemestre.sim.people import FUNDS, GENERAL_FUND, Person, make_person
from vaguemestre.sim.practices import BY_KEY, PRACTICES, Practice, station_of
from vaguemestre.sim.rights import insured_of, issued_card_of
from vaguemestre.sim.sample_day import PARIS
from vaguemestre.sim.worldfiles import WorldFiles

DAY = date(2022, 4, 27)
MORNING = datetime(2022, 4, 27, 9, tzinfo=PARIS)
_SETTLES_ROUNDS_MAX = 40


def patient(number: int, **changes: object) -> Person:
    """An adult of the general fund, reimbursed at the ordinary rate: a consultation claims 17.50 euros."""
    ordinary = make_person(Random(number), number)
    adult = replace(
        ordinary,
        beneficiary=replace(ordinary.beneficiary, birth_date=BirthDate(1980, 3, 1 + number % 28)),
        destination=GENERAL_FUND,
        exemption=Exemption.NONE,
        complementary_body="",
    )
    return replace(adult, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class TappedOperator(MemoryOperator):
    """An operator whose every message is copied for the auditor."""

    wire: Path = Path()
    _seen: int = 0

    def accept(self, envelope: Envelope, login: str | None) -> tuple[SmtpStage, str]:
        self._seen += 1
        (self.wire / f"{self._seen:05d}.eml").write_bytes(envelope.message)
        return MemoryOperator.accept(self, envelope, login)


class Town:
    """`practices` by key, `people` with their cards. Validities may be given to the professionals' cards and the funds' keys."""

    def __init__(
        self,
        root: Path,
        people: Sequence[Person],
        practices: Sequence[str] = ("gp",),
        *,
        professional_validity: Validity | None = None,
        encryption_validity: Validity | None = None,
    ) -> None:
        self.files = WorldFiles(root)
        self.clock = ManualClock(MORNING)
        self.people = list(people)
        self.deeds: list[Deed] = []
        self.pockets = {person.number: person for person in people}  # whose card is in whose pocket today
        self.files.record.mkdir(parents=True)
        self.credentials = Credentials(self.files.pki, MORNING, POOL, card_keys=4)
        self._professional_validity = professional_validity
        self.operators: dict[str, MemoryOperator] = {name: self._operator(name) for name in ("a", "b")}
        self.payer = Caisse(self, tuple(self._fund(fund, encryption_validity) for fund in FUNDS))
        self.clinics = {key: self._clinic(BY_KEY[key]) for key in practices}
        self._enrol(people)
        self._issue_cards(people)
        for person in people:
            if person.opposed:
                self._replaces_card(person)
        self.publish()

    @property
    def gp(self) -> Clinic:
        return self.clinics["gp"]

    @property
    def a(self) -> MemoryOperator:
        return self.operators["a"]

    @property
    def b(self) -> MemoryOperator:
        return self.operators["b"]

    # --- founding

    def trust(self) -> TrustStore:
        """The authorities that everybody believes; each actor keeps its own."""
        return TrustStore(self.credentials.authorities.certificates)

    def card_of(self, performer: Performer) -> FileSigner:
        """A professional's card."""
        return self.issue_card(performer, self._professional_validity)

    def issue_card(self, performer: Performer, validity: Validity | None) -> FileSigner:
        """A card with the professional's key, valid as long as everything else unless said otherwise."""
        pair = self.credentials.professional(performer)
        der = pair.der if validity is None else self._reissued(Role.PROFESSIONAL, pair, performer.rpps, validity)
        return FileSigner(pair.key, der, self.credentials.authorities.by_role[Role.PROFESSIONAL].chain_der)

    def encryption_key(
        self, fund: Destination, validity: Validity | None, key_of: Destination | None = None
    ) -> tuple[FileDecryptionKey, PublishedCertificate]:
        """A fund's encryption key with its certificate; `key_of` lends another fund's key pair, as a new one."""
        pair = self.credentials.fund(key_of or fund, Usage.ENCRYPT)
        certificate = pair.certificate
        dates = validity or Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        der = self._reissued(Role.FUND, pair, fund.code, dates, Usage.ENCRYPT)
        public = PublishedCertificate(CertificateUse.ENCRYPT, der, dates.not_before, dates.not_after)
        return FileDecryptionKey(pair.key, der), public  # type: ignore[arg-type]

    def _reissued(self, role: Role, pair: KeyPair, number: str, validity: Validity, usage: Usage = Usage.SIGN) -> bytes:
        authority = self.credentials.authorities.by_role[role]
        subject = Subject(number, f"Titulaire {number}")
        made = issue(authority, role, subject, pair.key.public_key(), usage, validity)
        return made.public_bytes(serialization.Encoding.DER)

    def _fund(self, fund: Destination, validity: Validity | None) -> FundKeys:
        own = self.credentials.fund(fund, Usage.SIGN)
        signer = FileSigner(own.key, own.der, self.credentials.fund_chain)
        certificate = own.certificate
        dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        key, public = self.encryption_key(fund, validity)
        return FundKeys(fund, signer, [key], [PublishedCertificate(CertificateUse.SIGN, own.der, *dates), public])

    def _operator(self, name: str) -> MemoryOperator:
        wire = self.files.operator(name)
        wire.mkdir(parents=True)
        operator = TappedOperator(name, (f"{name}.example",), clock=self.clock, wire=wire)
        operator.add_accounts([(f"{practice.mailbox}@{name}.example", PASSWORD) for practice in PRACTICES])
        return operator

    def _clinic(self, practice: Practice) -> Clinic:
        station = station_of(practice.billing_number)
        pair = self.credentials.station(station.number, PRACTICES.index(practice))
        return Clinic(self, practice, FileDecryptionKey(pair.key, pair.der))  # type: ignore[arg-type]

    def _issue_cards(self, people: Sequence[Person]) -> None:
        """Each gets a card in the pocket, and the payer's register knows it."""
        fingerprints = self.credentials.write_cards(people, self.files.cards)
        enrol(
            self.payer.edges,
            cards=[issued_card_of(person, fingerprints[person.card_serial]) for person in people],
        )

    def _replaces_card(self, person: Person) -> None:
        """A new card in place of an opposed one: it opens the statement."""
        new = self.pockets[person.number] = person.replacement_card()
        self._issue_cards([new])

    def _enrol(self, people: Sequence[Person]) -> None:
        practices = [clinic.practice for clinic in self.clinics.values()]
        since = MORNING - timedelta(days=365)
        enrol(
            self.payer.edges,
            persons=[insured_of(person) for person in people],
            professionals=[
                Professional(entry.rpps, entry.billing_number, practice.name, "", entry.specialty)
                for practice in practices
                for entry in practice.performers
            ],
            payees=[Payee(practice.billing_number, practice.name) for practice in practices],
            stations=[
                StationRecord(
                    clinic.station,
                    PublishedCertificate(
                        CertificateUse.ENCRYPT, clinic.station_key.certificate_der, since, since + timedelta(days=2000)
                    ),
                )
                for clinic in self.clinics.values()
            ],
        )
        rights = [mandate(practice, rank) for practice in practices for rank in range(len(practice.performers))]
        set_mandates(self.payer.edges, rights, MORNING)

    def publish(self) -> None:
        """The payer's next bundle reaches every practice."""
        signed = self.payer.publishes()
        for clinic in self.clinics.values():
            assert clinic.takes_bundle(signed) == []

    def opposes(self, person: Person) -> None:
        """The person lost the card and gets another: practices learn of it with the next bundle."""
        assert oppose_card(self.payer.edges, person.card_serial, self.today, "lost")
        self._replaces_card(person)

    def registers(self, person: Person) -> None:
        """The payer's register says something new of a person; the card in their pocket does not know it."""
        enrol(self.payer.edges, persons=[insured_of(person)])

    def cuts_off(self) -> None:
        """Both operators are out of reach: nothing leaves, nothing comes."""
        for operator in self.operators.values():
            operator.unreachable = True

    def comes_back(self) -> None:
        for operator in self.operators.values():
            operator.unreachable = False

    def clerk_types(self, person: Person, draft: DraftSheet, serial: int) -> list[str]:
        """An ordinary paper sheet reaches the payer and a clerk types it; the codes of what was said."""
        sheet, found = type_paper_sheet(self.payer.edges, draft, serial, self.now)
        assert sheet is not None, [str(item) for item in found]
        name = f"{draft.billing_number}/{draft.completed_on}/P{serial:04d}"
        tiers_payant = sheet.settlement is Settlement.TIERS_PAYANT
        care = care_of(person, draft)
        self.deeds.append(Deed(name, "paper", name, tiers_payant, sheet.fund_cents, care, outside=True))
        return [item.code.code for item in found]

    # --- time

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    def later(self, **duration: float) -> datetime:
        return self.clock.advance(timedelta(**duration))

    def goes_to(self, day: date, hour: int = 9) -> datetime:
        return self.clock.move_to(datetime(day.year, day.month, day.day, hour, tzinfo=PARIS))

    def round(self) -> None:
        """Everybody works once: practices send, operators pass on, the payer works, practices collect."""
        for clinic in self.clinics.values():
            clinic.works()
        self.passes_on()
        self.payer.works()
        self.passes_on()
        for clinic in self.clinics.values():
            clinic.works()

    def passes_on(self) -> None:
        """Operators relay what they hold; what nobody takes stays with them."""
        for operator in self.operators.values():
            operator.flush()

    def settles(self) -> None:
        """Mornings of working days go by until nothing is awaited any more, at the payer or in a practice's post."""
        for _ in range(_SETTLES_ROUNDS_MAX):
            self.round()
            books = self.payer.books()
            if not (books.unpaid or books.waiting or self.payer.status().outbox.get("waiting")) and not self._awaits():
                return
            self.goes_to(add_working_days(self.today, 1, Territory.METROPOLITAN))
        raise AssertionError(f"{[clinic.states() for clinic in self.clinics.values()]}, {self.payer.status()}")

    def _awaits(self) -> bool:
        ended = {"settled", "rejected", "cancelled"}
        return any(
            row.state.value not in ended
            and not (row.state.value == "acknowledged" and row.settlement == "patient_paid")
            for clinic in self.clinics.values()
            for row in clinic.rows()
        )

    def days_pass(self, count: int) -> None:
        """So many days with a round each morning, week-ends too: machines do not rest."""
        for _ in range(count):
            self.later(days=1)
            self.round()

    # --- the auditor

    def inquire(self, stores: Iterable[Path] | None = None) -> Inquiry:
        """The whole inquiry; `stores` of the practices, when they are not those of the town."""
        files = self.files
        files.deeds.unlink(missing_ok=True)
        append_deeds(files.deeds, self.deeds)
        files.shown.write_text(json.dumps(self.payer.shown_to(self.pockets.values())), encoding="utf-8")
        secrets = [person.told_to_auditor() for person in self.people]
        files.secrets.write_text(json.dumps(secrets, ensure_ascii=False), encoding="utf-8")
        return inquire(
            Evidence(
                deeds=files.deeds,
                shown=files.shown,
                people=files.secrets,
                practice_stores=list(stores or files.practice_stores()),
                payer_store=files.payer_store,
                wires=[files.operators],
                at_rest=[files.practices, files.payer, files.root / "second-place"],
            )
        )

    def audited(self, **amounts_cents: int) -> Inquiry:
        """The inquiry holds, the payer's own books balance, and these amounts are right to the cent."""
        made = self.inquire()
        assert made.breaches == ()
        assert made.leaks == ()
        assert self.payer.status().balanced
        found = {name: made.account.amounts_cents[name] for name in amounts_cents}
        assert found == amounts_cents
        return made


def mandate(practice: Practice, rank: int = 0, since: datetime = MORNING - timedelta(days=365)) -> Mandate:
    """The right of one performer of a practice to sign, send and collect for its billing number."""
    who = holder(HolderKind.PROFESSIONAL, practice.performers[rank].rpps)
    verbs = (Verb.SIGN, Verb.SEND, Verb.COLLECT)
    return Mandate(who, practice.billing_number, MandateKind.ONESELF, verbs, since)


__all__ = ["DAY", "MORNING", "Caisse", "Clinic", "Service", "Town", "mandate", "patient"]
