"""Under the solidarity cover a sheet is paid within seven days of its acknowledgement, holidays or not. css:D861-6."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from payer_kit import GP_NUMBER, line, person, sheet
from payer_world import PayerWorld, make_world
from vaguemestre.core.calendar import Territory
from vaguemestre.core.card.passing import Period
from vaguemestre.core.caresheet import Cover, Exemption, SheetIdentity
from vaguemestre.core.payer.ledger import solidarity_payment_day
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.edges import PayerPolicy
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.register import enrol

TUESDAY = date(
    2022, 5, 24
)  # Ascension is on Thursday 26 May: five working days end on Wednesday 1 June, eight days later
NOON = datetime(2022, 5, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    world = make_world(tmp_path, policy=PayerPolicy("CPAM", payment_delay_working_days=5))
    covered = person(1)
    record = replace(covered.record, solidarity=(Period(date(2022, 1, 1)),))
    enrol(world.edges, persons=[replace(covered, record=record)])
    return world


def test_payment_comes_within_seven_days_although_a_holiday_lengthens_the_working_days(world: PayerWorld) -> None:
    common = {"completed_on": TUESDAY, "lines": (line(on=TUESDAY),)}
    cover = Cover(solidarity=True, exemption=Exemption.SOLIDARITY)
    exempt = (line(on=TUESDAY, rate=100, exemption=Exemption.SOLIDARITY),)
    covered = sheet(1, 1, identity=SheetIdentity(GP_NUMBER, TUESDAY, 1), cover=cover, **{**common, "lines": exempt})
    ordinary = sheet(2, 2, identity=SheetIdentity(GP_NUMBER, TUESDAY, 2), **common)
    report = world.intake(world.message([covered, ordinary], at=NOON), NOON)
    assert report.registered == 2
    adjudicate_pending(world.edges, NOON)
    assert pay(world.edges, NOON + timedelta(days=6)).sheets == 0
    assert pay(world.edges, NOON + timedelta(days=7)).sheets == 1
    assert pay(world.edges, NOON + timedelta(days=8)).sheets == 1


@pytest.mark.parametrize(
    ("start", "paper", "limit"),
    [
        (date(2022, 5, 24), False, date(2022, 5, 31)),
        (date(2022, 5, 19), False, date(2022, 5, 25)),  # the seventh day is Ascension: the day before
        (date(2022, 5, 21), False, date(2022, 5, 27)),  # a Saturday: the Friday before
        (date(2022, 5, 24), True, date(2022, 6, 14)),
    ],
)
def test_the_limit_is_the_last_working_day_that_keeps_the_law(start: date, paper: bool, limit: date) -> None:
    far = date(2022, 12, 1)
    assert solidarity_payment_day(far, start, Territory.METROPOLITAN, paper=paper) == limit
    assert (
        solidarity_payment_day(start, start, Territory.METROPOLITAN, paper=paper) == start
    )  # never later than ordinary
