"""When the payer publishes anew: each thing that a bundle says, and nothing else, makes a new one due. vgm:bundle-sending."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from payer_kit import GENERAL, GP_NUMBER, NOON, card, person, professional, sheet
from payer_world import STATION, PayerWorld, box, make_world, published
from vaguemestre.core.directory.bundle import Bundle
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.sealing import Revocation, Role
from vaguemestre.role.payer.publish import BUNDLE, BundleReport, make_bundle, tell_stations
from vaguemestre.role.payer.register import enrol, oppose_card, revoke, set_mandates

LATER = NOON + timedelta(hours=1)
Change = Callable[[PayerWorld], object]


def opposed(world: PayerWorld) -> object:
    return oppose_card(world.edges, card(1).card.serial, date(2022, 4, 27), "lost")


def revoked(world: PayerWorld) -> object:
    return revoke(world.edges, [Revocation("issuer", 7, LATER)], LATER)


def mandated(world: PayerWorld) -> object:
    who = holder(HolderKind.PROFESSIONAL, "10101234571")
    since = datetime(2020, 1, 1, tzinfo=UTC)
    return set_mandates(world.edges, [Mandate(who, GP_NUMBER, MandateKind.LOCUM, (Verb.SIGN,), since)], LATER)


def new_station(world: PayerWorld) -> object:
    _, der = box(Role.STATION, 6, f"{GP_NUMBER}-02")
    return enrol(world.edges, stations=[StationRecord(Station(f"{GP_NUMBER}-02", GP_NUMBER, 1, 99), published(der))])


def new_key(world: PayerWorld) -> object:
    desk = world.edges.funds[GENERAL.code]
    _, der = box(Role.FUND, 7, GENERAL.code)
    renewed = replace(desk, certificates=(*desk.certificates, published(der)))
    world.edges = replace(world.edges, funds={**world.edges.funds, GENERAL.code: renewed})
    return renewed


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    made = make_world(tmp_path)
    made.intake(made.message([sheet(1, 1)]))
    make_bundle(made.edges, NOON)
    assert tell_stations(made.edges, NOON) == BundleReport(stations=1)
    return made


def in_force(world: PayerWorld) -> Bundle:
    with world.store.view() as unit:
        found = unit.register.document(BUNDLE, Bundle)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("change", [opposed, revoked, mandated, new_station, new_key])
def test_what_changed_is_published_once_and_goes_to_the_station(world: PayerWorld, change: Change) -> None:
    assert tell_stations(world.edges, LATER) == BundleReport()
    before = in_force(world)
    change(world)
    assert tell_stations(world.edges, LATER) == BundleReport(published=2, stations=1)
    assert in_force(world) == replace(
        before,
        sequence=2,
        issued_at=LATER,
        funds=in_force(world).funds,
        revocations=in_force(world).revocations,
        oppositions=in_force(world).oppositions,
        mandates=in_force(world).mandates,
        stations=in_force(world).stations,
        station_certificates=in_force(world).station_certificates,
    )
    assert tell_stations(world.edges, LATER) == BundleReport()


def test_what_no_bundle_says_makes_none(world: PayerWorld) -> None:
    enrol(world.edges, persons=[person(9)], professionals=[professional()])
    assert tell_stations(world.edges, LATER) == BundleReport()
    enrol(world.edges, cards=[card(9)])  # a card that nobody opposes: looked at once, nothing new to say
    assert tell_stations(world.edges, LATER) == BundleReport()
    assert in_force(world).sequence == 1


def test_a_day_later_it_is_published_again(world: PayerWorld) -> None:
    assert tell_stations(world.edges, NOON + timedelta(hours=23, minutes=59)) == BundleReport()
    assert tell_stations(world.edges, NOON + timedelta(days=1)) == BundleReport(published=2, stations=1)


def test_before_a_person_published_once_nothing_is(tmp_path: Path) -> None:
    made = make_world(tmp_path)
    made.intake(made.message([sheet(1, 1)]))
    assert tell_stations(made.edges, NOON) == BundleReport()


def test_two_processes_never_make_the_same_bundle_ready_twice(world: PayerWorld) -> None:
    make_bundle(world.edges, LATER)
    with world.store.unit() as unit:
        (place,) = unit.answers.bundle_due(2, 10)
        assert place.station == STATION
        assert unit.answers.begin_bundle(place, 2)
        assert not unit.answers.begin_bundle(place, 2)
        assert unit.answers.bundle_due(2, 10) == []


def test_who_only_wrote_to_another_insurer_is_sent_nothing_until_it_writes_here(world: PayerWorld) -> None:
    with world.store.unit() as unit:
        unit.answers.set_place(GP_NUMBER, f"{GP_NUMBER}-07", ["k@a.example"], NOON)
        assert unit.answers.bundle_due(1, 10) == []
        unit.answers.set_place(GP_NUMBER, f"{GP_NUMBER}-07", ["k@a.example"], LATER, reads_bundle=True)
        unit.answers.set_place(GP_NUMBER, f"{GP_NUMBER}-07", ["k@a.example"], LATER)
        assert [place.station for place in unit.answers.bundle_due(1, 10)] == [f"{GP_NUMBER}-07"]
