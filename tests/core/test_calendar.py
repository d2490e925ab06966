"""Working days of each territory, against a holiday library and by hand around April 2022."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.calendar import (
    Territory,
    add_working_days,
    easter_sunday,
    holidays_in,
    is_working_day,
    local_date,
    working_days_between,
)

SUBDIVISIONS = {
    Territory.METROPOLITAN: None,
    Territory.ALSACE_MOSELLE: "57",
    Territory.GUADELOUPE: "971",
    Territory.MARTINIQUE: "972",
    Territory.GUYANE: "973",
    Territory.REUNION: "974",
    Territory.MAYOTTE: "976",
}
CUSTOMARY = {"Good Friday", "Mi-Careme", "Victor Schoelcher Day"}
"""Days that the library gives to the Antilles and that no law gives: working days here (vgm:working-days)."""
ZONES = {
    Territory.METROPOLITAN: "Europe/Paris",
    Territory.ALSACE_MOSELLE: "Europe/Paris",
    Territory.GUADELOUPE: "America/Guadeloupe",
    Territory.MARTINIQUE: "America/Martinique",
    Territory.GUYANE: "America/Cayenne",
    Territory.REUNION: "Indian/Reunion",
    Territory.MAYOTTE: "Indian/Mayotte",
}
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
territories = st.sampled_from(Territory)


@pytest.mark.parametrize("territory", Territory)
def test_every_holiday_of_2020_to_2035_is_the_library_s(territory: Territory) -> None:
    for year in range(2020, 2036):
        library = holidays.country_holidays("FR", subdiv=SUBDIVISIONS[territory], years=year, language="en_US")
        customary = CUSTOMARY if territory in (Territory.GUADELOUPE, Territory.MARTINIQUE) else set()
        expected = {day for day, name in library.items() if not customary & set(name.split("; "))}
        assert set(holidays_in(year, territory)) == expected, year


def test_easter_over_three_centuries_is_the_library_s() -> None:
    for year in range(1900, 2200):
        assert easter_sunday(year).weekday() == 6
    assert easter_sunday(2022) == date(2022, 4, 17)
    assert easter_sunday(2038) == date(2038, 4, 25)
    assert easter_sunday(1943) == date(1943, 4, 25)


@pytest.mark.parametrize(
    ("start", "count", "territory", "expected"),
    [
        (date(2022, 4, 27), 3, Territory.METROPOLITAN, date(2022, 5, 2)),
        (date(2022, 4, 27), 8, Territory.METROPOLITAN, date(2022, 5, 9)),
        (date(2022, 4, 14), 1, Territory.METROPOLITAN, date(2022, 4, 15)),
        (date(2022, 4, 14), 1, Territory.ALSACE_MOSELLE, date(2022, 4, 19)),
        (date(2022, 4, 26), 1, Territory.MAYOTTE, date(2022, 4, 28)),
        (date(2022, 5, 26), 1, Territory.GUADELOUPE, date(2022, 5, 30)),
        (date(2022, 5, 25), 2, Territory.METROPOLITAN, date(2022, 5, 30)),
        (date(2022, 6, 9), 1, Territory.GUYANE, date(2022, 6, 13)),
        (date(2022, 12, 19), 1, Territory.REUNION, date(2022, 12, 21)),
        (date(2022, 12, 23), 1, Territory.ALSACE_MOSELLE, date(2022, 12, 27)),
        (date(2022, 12, 23), 1, Territory.METROPOLITAN, date(2022, 12, 26)),
        (date(2023, 5, 22), 0, Territory.MARTINIQUE, date(2023, 5, 22)),
        (date(2023, 5, 21), 1, Territory.MARTINIQUE, date(2023, 5, 23)),
    ],
)
def test_counting_by_hand(start: date, count: int, territory: Territory, expected: date) -> None:
    assert add_working_days(start, count, territory) == expected


@given(days, st.integers(0, 60), territories)
def test_between_is_the_inverse_of_adding(day: date, count: int, territory: Territory) -> None:
    end = add_working_days(day, count, territory)
    assert working_days_between(day, end, territory) == count
    assert working_days_between(end, day, territory) == -count
    assert count == 0 or is_working_day(end, territory)


@given(days, days, territories)
def test_between_counts_one_by_one(first: date, last: date, territory: Territory) -> None:
    low, high = min(first, last), min(max(first, last), min(first, last) + timedelta(days=80))
    steps = ((low + timedelta(days=step)) for step in range(1, (high - low).days + 1))
    assert working_days_between(low, high, territory) == sum(is_working_day(day, territory) for day in steps)


def test_counting_backwards_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="below zero"):
        add_working_days(date(2022, 4, 27), -1, Territory.METROPOLITAN)


@pytest.mark.parametrize(
    ("place", "territory"),
    [
        ("57", Territory.ALSACE_MOSELLE),
        ("67000", Territory.ALSACE_MOSELLE),
        ("971", Territory.GUADELOUPE),
        ("97400", Territory.REUNION),
        ("97600", Territory.MAYOTTE),
        ("75", Territory.METROPOLITAN),
        ("2A", Territory.METROPOLITAN),
        ("97150", Territory.GUADELOUPE),
        ("977", Territory.METROPOLITAN),
        ("", Territory.METROPOLITAN),
    ],
)
def test_a_department_or_postcode_has_its_territory(place: str, territory: Territory) -> None:
    assert Territory.of_department(place) is territory
    assert territory.name_in("fr")
    assert territory.name_in("en")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)), territories)
def test_the_local_day_is_that_of_the_zone_database(naive: datetime, territory: Territory) -> None:
    at = naive.replace(tzinfo=UTC)
    assert local_date(at, territory) == at.astimezone(ZoneInfo(ZONES[territory])).date()


@pytest.mark.parametrize("minute", range(-2, 3))
@pytest.mark.parametrize(("month", "day"), [(3, 27), (10, 30)])
def test_the_local_day_around_the_change_of_hour(month: int, day: int, minute: int) -> None:
    at = datetime(2022, month, day, 1, tzinfo=UTC) + timedelta(minutes=minute, hours=21)
    assert local_date(at, Territory.METROPOLITAN) == at.astimezone(ZoneInfo("Europe/Paris")).date()


def test_an_instant_without_zone_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="without zone"):
        local_date(datetime(2022, 4, 27), Territory.METROPOLITAN)
