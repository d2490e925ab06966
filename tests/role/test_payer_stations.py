"""A station owns its serial numbers: what the payer makes of a sheet numbered outside its sender's range."""

from pathlib import Path

import pytest

from payer_kit import GP_NUMBER, NOON, sheet
from payer_world import STATION, PayerWorld, box, make_world, published
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.wire.acknowledgement import AcknowledgedOutcome
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.payer.register import enrol

OTHER = f"{GP_NUMBER}-02"


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    """One billing number, two stations: 1 to 4999, and 5000 to 7999. 8000 to 9999 are nobody's."""
    world = make_world(tmp_path)
    _, certificate = box(Role.STATION, 5, STATION)
    ranges = ((STATION, 1, 4999), (OTHER, 5000, 7999))
    enrol(
        world.edges,
        stations=[
            StationRecord(Station(name, GP_NUMBER, first, last), published(certificate)) for name, first, last in ranges
        ],
    )
    return world


def test_the_ends_of_the_range_are_the_station_s_own(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1), sheet(4999, 2)]))
    assert (report.registered, report.refused, report.held) == (2, 0, 0)
    report = world.intake(world.message([sheet(5000, 3), sheet(7999, 4)], 2, station=OTHER))
    assert (report.registered, report.refused, report.held) == (2, 0, 0)


def test_another_station_s_number_is_refused_and_stays_free_for_its_owner(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1), sheet(5000, 2)]))
    assert (report.registered, report.refused) == (1, 1)
    answer(world.edges, NOON)
    (acknowledged,) = world.acknowledgements()
    (told,) = acknowledged.sheets
    assert (told.invoice_number[-4:], told.outcome, told.finding_code) == ("5000", AcknowledgedOutcome.REFUSED, "M011")
    owner = world.intake(world.message([sheet(5000, 3)], 2, station=OTHER))
    assert (owner.registered, owner.conflicts) == (1, 0)


def test_nobody_s_number_waits_for_a_person(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(8000, 1)]))
    assert (report.registered, report.held, report.refused) == (0, 1, 0)
    (hold,) = list_holds(world.edges)
    assert [item.code for item in hold.motives] == ["A018"]
    done, _ = decide_hold(world.edges, hold.id, True, "Mme Roche", "plage changée", NOON)
    assert done is not None
