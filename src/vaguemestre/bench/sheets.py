"""The bench sheet: one consultation, whose B2 invoice has six records (2, 2S, 4, 4S, 4E, 5); every other one with a card."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from vaguemestre.core.caresheet import Act, CarePathway, DraftSheet, SecurityMode, Settlement
from vaguemestre.core.identifiers import make_number
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import BY_KEY

NOW: Final = datetime(2022, 4, 27, 10, tzinfo=UTC)
PERFORMER: Final = BY_KEY["gp"].performers[0]
NUMBERS: Final = (PERFORMER.billing_number, make_number("75199012"), make_number("75199013"))
"""The billing numbers that share a day's sheets: each numbers 9,999."""


def has_card(rank: int) -> bool:
    """Half of the patients hand their card over."""
    return rank % 2 == 0


def draft_sheet(people: Sequence[Person], rank: int, today: date = NOW.date(), number: str = "") -> DraftSheet:
    """The bench sheet of the `rank`-th visit, for a billing number, or for one of three in turn: see `world.Practice.entry`."""
    turn, position = divmod(rank, len(people))
    person = people[position]
    day = today - timedelta(days=turn % 90)
    return DraftSheet(
        billing_number=number or NUMBERS[rank % len(NUMBERS)],
        destination=person.destination,
        beneficiary=person.beneficiary,
        performer=PERFORMER,
        acts=(Act(day, "G"),),
        settlement=Settlement.TIERS_PAYANT if rank % 4 < 2 else Settlement.PATIENT_PAID,
        completed_on=day,
        pathway=CarePathway.ATTENDING_DOCTOR,
        attending_doctor_declared=True,
        mode=SecurityMode.SECURED if has_card(rank) else SecurityMode.DEGRADED,
        card_serial=person.card_serial if has_card(rank) else "",
    )
