"""Working days (jours ouvrés) of each territory: Monday to Friday, public holidays excepted. `vgm:working-days`.

Counting never includes the starting day: one working day after a Friday is the next Monday, or Tuesday if that is a holiday.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache

from vaguemestre.tables.holidays import BY_TERRITORY, EASTER_OFFSETS, FIXED_DAYS, TERRITORIES


class Territory(StrEnum):
    """Whose calendar counts. The values are the codes of `tables.holidays`."""

    METROPOLITAN = "metropolitan"
    ALSACE_MOSELLE = "alsace_moselle"
    GUADELOUPE = "guadeloupe"
    MARTINIQUE = "martinique"
    GUYANE = "guyane"
    REUNION = "reunion"
    MAYOTTE = "mayotte"

    @classmethod
    def of_department(cls, department: str) -> "Territory":
        """The territory of a department (`57`, `971`) or postcode (`57000`, `97110`).

        Any other place, as Saint-Martin, gets metropolitan France's calendar, which has the fewest days off. vgm:working-days.
        """
        return cls(_BY_DEPARTMENT.get(department[:3]) or _BY_DEPARTMENT.get(department[:2]) or "metropolitan")

    def name_in(self, lang: str = "fr") -> str:
        """The territory's name for a person."""
        entry = BY_TERRITORY[self.value]
        return entry.name_fr if lang == "fr" else entry.name_en


_BY_DEPARTMENT = {department: entry.code for entry in TERRITORIES for department in entry.departments}


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays_in(year: int, territory: Territory) -> dict[date, str]:
    """The days off of one year in one territory, with their French names. ct:L3133-1, ct:L3134-13, ct:L3422-2."""
    entry = BY_TERRITORY[territory.value]
    easter = easter_sunday(year)
    days = {date(year, month, day): name for month, day, name in (*FIXED_DAYS, *entry.fixed_days)}
    days |= {easter + timedelta(days=offset): name for offset, name in (*EASTER_OFFSETS, *entry.easter_offsets)}
    return dict(sorted(days.items()))


def is_working_day(day: date, territory: Territory) -> bool:
    """True from Monday to Friday when the day is no public holiday of the territory."""
    return day.weekday() < 5 and day not in holidays_in(day.year, territory)


@lru_cache(maxsize=8192)
def add_working_days(day: date, count: int, territory: Territory) -> date:
    """The `count`-th working day after `day`, which itself does not count. `count` >= 0; 0 gives `day` as it is."""
    if count < 0:
        raise ValueError("count of working days below zero")
    while count:
        day += timedelta(days=1)
        if is_working_day(day, territory):
            count -= 1
    return day


def working_days_between(first: date, last: date, territory: Territory) -> int:
    """Working days after `first` up to and including `last`; negative when `last` is before `first`, 0 on the same day.

    Inverse of `add_working_days`: between `day` and `add_working_days(day, n)` there are n. Costs one step per day up to
    five weeks, whole weeks beyond.
    """
    if last < first:
        return -working_days_between(last, first, territory)
    weeks, rest = divmod((last - first).days, 7)
    count = weeks * 5
    count += sum((first + timedelta(days=step)).weekday() < 5 for step in range(1, rest + 1))
    off = (
        day
        for year in range(first.year, last.year + 1)
        for day in holidays_in(year, territory)
        if first < day <= last and day.weekday() < 5
    )
    return count - sum(1 for _ in off)


@lru_cache(maxsize=1024)
def local_date(at: datetime, territory: Territory) -> date:
    """The day that a wall calendar shows in the territory at the instant `at` (aware). Raises ValueError on a naive instant.

    Offsets come from `tables.holidays` and the European summer time rule (last Sundays of March and October, 01:00 UTC), because
    the zone database of the system is not everywhere.
    """
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("an instant without zone")
    utc = at.replace(tzinfo=None) - offset
    entry = BY_TERRITORY[territory.value]
    hours = entry.utc_hours + (1 if entry.summer_time and _is_summer(utc) else 0)
    return (utc + timedelta(hours=hours)).date()


def _is_summer(utc: datetime) -> bool:
    start, end = (_last_sunday(utc.year, month) for month in (3, 10))
    return start + timedelta(hours=1) <= utc < end + timedelta(hours=1)


@lru_cache(maxsize=512)
def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31)  # noqa: DTZ001 - March and October have 31 days; compared with naive UTC only
    return last - timedelta(days=(last.weekday() + 1) % 7)
