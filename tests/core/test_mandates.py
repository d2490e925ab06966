"""Who may do what, judged at signing time; stations and their numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_kit import GP_NUMBER, NURSE, NURSE_NUMBER, codes
from vaguemestre.core.directory.mandates import (
    HolderKind,
    Mandate,
    MandateKind,
    MandateTable,
    Station,
    Verb,
    check_mandates,
    check_serial,
    check_stations,
    holder,
    may,
)
from vaguemestre.core.identifiers import make_rpps

START, END = datetime(2022, 4, 1, tzinfo=UTC), datetime(2022, 5, 1, tzinfo=UTC)
LOCUM = holder(HolderKind.PROFESSIONAL, make_rpps(4))
SELF = holder(HolderKind.PROFESSIONAL, NURSE.rpps)
STATION = holder(HolderKind.STATION, f"{NURSE_NUMBER}-01")
MANDATES = (
    Mandate(
        SELF, NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN, Verb.SEND, Verb.COLLECT), datetime(2015, 1, 1, tzinfo=UTC)
    ),
    Mandate(LOCUM, NURSE_NUMBER, MandateKind.LOCUM, (Verb.SIGN,), START, END),
    Mandate(LOCUM, NURSE_NUMBER, MandateKind.LOCUM, (Verb.SIGN,), END + timedelta(days=30)),
    Mandate(STATION, NURSE_NUMBER, MandateKind.STATION, (Verb.SEND, Verb.COLLECT), START),
)
TABLE = MandateTable.of(MANDATES)


def test_oneself_may_do_everything_under_the_own_number_only() -> None:
    for verb in Verb:
        assert may(TABLE, SELF, verb, NURSE_NUMBER, START) == (MANDATES[0], ())
        mandate, found = may(TABLE, SELF, verb, GP_NUMBER, START)
        assert mandate is None
        assert codes(found) == ["M001"]


def test_a_locum_signs_but_does_not_collect() -> None:
    assert may(TABLE, LOCUM, Verb.SIGN, NURSE_NUMBER, START) == (MANDATES[1], ())
    assert codes(may(TABLE, LOCUM, Verb.COLLECT, NURSE_NUMBER, START)[1]) == ["M001"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - timedelta(seconds=1), ["M002"]),
        (START, []),
        (END - timedelta(seconds=1), []),
        (END, ["M002"]),
        (END + timedelta(days=30), []),
    ],
)
def test_a_mandate_is_judged_at_signing_time(at: datetime, expected: list[str]) -> None:
    mandate, found = may(TABLE, LOCUM, Verb.SIGN, NURSE_NUMBER, at)
    assert codes(found) == expected
    assert (mandate is None) is bool(expected)


def test_the_finding_says_who_what_and_when_in_both_languages() -> None:
    (found,) = may(TABLE, LOCUM, Verb.SIGN, NURSE_NUMBER, END)[1]
    assert "signer" in found.message("fr")
    assert "to sign" in found.message("en")
    assert "2022-05-01" in found.message("fr")
    open_ended = MandateTable.of([Mandate(SELF, NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN,), END)])
    assert "..." in may(open_ended, SELF, Verb.SIGN, NURSE_NUMBER, START)[1][0].message("en")


@pytest.mark.parametrize(
    "wrong",
    [
        Mandate("somebody", NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN,), START),
        Mandate("rpps/", NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN,), START),
        Mandate("person/12", NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN,), START),
        Mandate(SELF, "123456789", MandateKind.ONESELF, (Verb.SIGN,), START),
        Mandate(SELF, NURSE_NUMBER, MandateKind.ONESELF, (), START),
        Mandate(SELF, NURSE_NUMBER, MandateKind.ONESELF, (Verb.SIGN,), END, START),
        Mandate(STATION, NURSE_NUMBER, MandateKind.STATION, (Verb.SIGN,), START),
    ],
)
def test_a_malformed_mandate_gives_no_power_and_the_others_stand(wrong: Mandate) -> None:
    kept, found = check_mandates([MANDATES[0], wrong, MANDATES[1]])
    assert kept == (MANDATES[0], MANDATES[1])
    assert codes(found) == ["M003"]
    assert found[0].place.record == 2


def station(rank: int, first: int, last: int, number: str = NURSE_NUMBER) -> Station:
    return Station(f"{number}-{rank:02d}", number, first, last)


def test_disjoint_stations_are_right_and_overlaps_are_named() -> None:
    assert check_stations([station(1, 1, 5000), station(2, 5001, 9999), station(1, 1, 9999, GP_NUMBER)]) == ()
    found = check_stations([station(1, 1, 5000), station(2, 4990, 9999), station(3, 9000, 9999)])
    assert codes(found) == ["M010", "M010"]
    assert "4990" in found[0].message("fr")


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(40, 999)), min_size=2, max_size=8))
def test_overlap_is_found_exactly_when_two_stations_share_a_number(ranges: list[tuple[int, int]]) -> None:
    stations = [
        station(rank, first, first + size) for rank, (first, size) in enumerate(ranges, 1) if first + size <= 9999
    ]
    owners = [number for entry in stations for number in range(entry.first, entry.last + 1)]
    assert ("M010" in codes(check_stations(stations))) is (len(owners) != len(set(owners)))


@pytest.mark.parametrize(
    "wrong",
    [
        Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 0, 500),
        Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 500, 400),
        Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 1, 10_000),
        Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 1, 5),
        Station("poste-1", NURSE_NUMBER, 1, 500),
        Station("123456789-01", "123456789", 1, 500),
    ],
)
def test_a_badly_defined_station(wrong: Station) -> None:
    assert codes(check_stations([wrong])) == ["M012"]


def test_a_number_belongs_to_one_station() -> None:
    own = station(1, 100, 199)
    assert own.holder == STATION
    assert own.serials.size == 100
    for serial, expected in ((99, ["M011"]), (100, []), (199, []), (200, ["M011"])):
        assert codes(check_serial(own, serial)) == expected
