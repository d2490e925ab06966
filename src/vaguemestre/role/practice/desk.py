"""At the desk: what a person entered meets the patient's card, and becomes what `record` takes.

A card that does not pass never stops care: the sheet is made in the mode that remains, marked as such to the payer, and the
findings say which reason it is and what to do. Only a refused professional's card leaves paper alone.
"""

from dataclasses import replace
from datetime import date, datetime

from vaguemestre.core.card.passing import (
    CardFacts,
    CardVerdict,
    PatientCard,
    ProfessionalCardState,
    check_against_card,
    check_card,
    check_mode,
)
from vaguemestre.core.caresheet import DraftSheet, SecurityMode
from vaguemestre.core.directory.opposition import NO_OPPOSITION, OppositionList
from vaguemestre.core.entry.drafts import Entered
from vaguemestre.core.findings import Finding, as_warnings, errors_in
from vaguemestre.core.mail.routing import ways_to_send
from vaguemestre.core.seal.sealing import Signer
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.cards import performer_card_state
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.record import Entry
from vaguemestre.role.practice.ways import load_ways


@dataclass(frozen=True, slots=True)
class Received:
    """What the desk makes of one entered sheet. `entry` None: it cannot be recorded, the findings say why.

    `verdict` is about the card when one was asked for; `parallel_paper` when a paper sheet must go beside the electronic one.
    """

    entry: Entry | None
    verdict: CardVerdict | None
    findings: tuple[Finding, ...]
    parallel_paper: bool = False


class Desk:
    """One sitting at the desk: what the bundle and the ways say is looked up once, each card is read once."""

    def __init__(self, edges: PracticeEdges, now: datetime) -> None:
        self._edges = edges
        self._now = now
        self._today = edges.today(now)
        with edges.store.read() as view:
            published = edges.directory.current(view)
            ways = load_ways(edges, view, now)
        self._opposition: OppositionList = published.opposition_list if published is not None else NO_OPPOSITION
        open_ways = ways_to_send(ways, now)
        self._facts = CardFacts(transmission_open=bool(open_ways) or not ways)
        self._professionals: dict[str, ProfessionalCardState] = {}
        self._cards: dict[str, tuple[PatientCard | None, Signer | None, tuple[Finding, ...]]] = {}

    def read_card(self, handle: str) -> PatientCard | None:
        """The card behind a handle, read once; None when it cannot be believed."""
        return self._read(handle)[0]

    def _read(self, handle: str) -> tuple[PatientCard | None, Signer | None, tuple[Finding, ...]]:
        known = self._cards.get(handle)
        if known is None:
            reader = self._edges.card_reader
            known = self._cards[handle] = reader.read(handle) if reader is not None else (None, None, ())
        return known

    def receive(self, entered: Entered) -> Received:
        """One entered sheet with its card, if any."""
        if entered.draft is None:
            read = self._read(entered.card_handle)[2] if entered.card_handle else ()
            return Received(None, None, (*read, *entered.findings))
        if not entered.card_handle and entered.draft.mode is not SecurityMode.SECURED:
            return self._without_card(entered, entered.draft)
        return self._with_card(entered, entered.draft)

    def _facts_for(self, draft: DraftSheet) -> CardFacts:
        """What surrounds one sheet: the ways, and the card of the professional who performed."""
        rpps = draft.performer.rpps
        state = self._professionals.get(rpps)
        if state is None:
            state = self._professionals[rpps] = performer_card_state(self._edges, rpps, self._now)
        return self._facts if state is ProfessionalCardState.VALID else replace(self._facts, professional=state)

    def _without_card(self, entered: Entered, draft: DraftSheet) -> Received:
        """No card was read on purpose: the mode that was chosen must be allowed without one."""
        verdict = check_card(None, self._opposition, _care_on(draft), read_on=self._today, facts=self._facts_for(draft))
        refused = check_mode(draft, verdict) if draft.mode is SecurityMode.WITHOUT_CARD else ()
        findings = (*entered.findings, *refused)
        if errors_in(refused):
            return Received(None, verdict, findings)
        parallel = draft.mode is SecurityMode.DEGRADED
        return Received(Entry(draft, entered.patient_label, None, findings), verdict, findings, parallel)

    def _with_card(self, entered: Entered, draft: DraftSheet) -> Received:
        card, signer, read = self._read(entered.card_handle) if entered.card_handle else (None, None, ())
        verdict = check_card(
            card if signer is not None else None,
            self._opposition,
            _care_on(draft),
            read_on=self._today,
            person=draft.beneficiary,
            facts=self._facts_for(draft),
        )
        of_card = (*read, *verdict.findings)
        findings = (*entered.findings, *of_card)
        if verdict.mode is None:
            return Received(None, verdict, findings)
        if not verdict.passes or card is None:
            degraded = replace(draft, mode=SecurityMode.DEGRADED)
            findings = (*entered.findings, *as_warnings(of_card))  # they refuse the card, not the sheet
            return Received(Entry(degraded, entered.patient_label, None, findings), verdict, findings, True)
        disagreeing = check_against_card(draft, card)
        findings = (*findings, *disagreeing)
        if errors_in(disagreeing):
            return Received(None, verdict, findings)
        secured = draft
        if draft.mode is not SecurityMode.SECURED or draft.card_serial != card.serial:
            secured = replace(draft, mode=SecurityMode.SECURED, card_serial=card.serial)
        return Received(Entry(secured, entered.patient_label, signer, findings), verdict, findings)


def _care_on(draft: DraftSheet) -> date:
    return max((act.performed_on for act in draft.acts), default=draft.completed_on)
