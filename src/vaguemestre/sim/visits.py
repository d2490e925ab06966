"""Who comes to which practice in a seeded run: one visit per practice and rank, always the same for one seed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random

from vaguemestre.core.caresheet import BirthDate, DraftSheet, SecurityMode
from vaguemestre.core.values import dataclass
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import PRACTICES, Practice, visit

_WITH_CARD = 0.5
_MISTYPED = 0.02


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit. `entered` is what was typed, `meant` what should have been: they differ when somebody mistyped."""

    person: Person
    entered: DraftSheet
    meant: DraftSheet

    @property
    def care(self) -> tuple[str, ...]:
        """One opaque text per act, for the auditor: patient, performer, day, act."""
        performer = self.meant.performer.rpps
        return tuple(f"{self.person.number}/{performer}/{act.performed_on}/{act.code}" for act in self.meant.acts)


def people_needed(sheets: int) -> int:
    """Enough people that nobody comes twice in a day to the same practice, and at most 2,000."""
    return max(40, min(2000, sheets // 4))


def planned_visit(seed: int, practice: Practice, rank: int, people: Sequence[Person], day: date) -> PlannedVisit:
    """The visit of this rank (from 0) to this practice; people come in turn, so that nobody comes twice in a round of them all.

    Without a card the patient's identity is typed, and now and then the year of birth is mistyped.
    """
    random = Random(f"{seed}/{practice.key}/{rank}")
    offset = PRACTICES.index(practice) * len(people) // len(PRACTICES)
    person = people[(rank + offset) % len(people)]
    meant = visit(random, practice, person, day, with_card=random.random() < _WITH_CARD)
    if meant.mode is SecurityMode.SECURED or random.random() >= _MISTYPED:
        return PlannedVisit(person, meant, meant)
    birth = meant.beneficiary.birth_date
    mistyped = replace(meant.beneficiary, birth_date=BirthDate(birth.year - 1, birth.month, birth.day))
    return PlannedVisit(person, replace(meant, beneficiary=mistyped), meant)
