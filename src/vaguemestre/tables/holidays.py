"""Public holidays by territory, as the law lists them, and the territories' clocks.

Only days off by law stand here: a customary day (Good Friday in Guadeloupe, Victor Schoelcher's day...) is a working day, which
can only make a sender's deadline earlier (`vgm:working-days`). `core.calendar` computes whole years from this table.
"""

from dataclasses import dataclass

LAST_CHECKED = "2026-03-01"

FIXED_DAYS: tuple[tuple[int, int, str], ...] = (
    (1, 1, "Jour de l'an"),
    (5, 1, "Fête du travail"),
    (5, 8, "Victoire de 1945"),
    (7, 14, "Fête nationale"),
    (8, 15, "Assomption"),
    (11, 1, "Toussaint"),
    (11, 11, "Armistice de 1918"),
    (12, 25, "Noël"),
)
"""Month, day, name: everywhere. ct:L3133-1."""

EASTER_OFFSETS: tuple[tuple[int, str], ...] = (
    (1, "Lundi de Pâques"),
    (39, "Ascension"),
    (50, "Lundi de Pentecôte"),
)
"""Days after Easter Sunday: everywhere. ct:L3133-1."""


@dataclass(frozen=True, slots=True)
class TerritoryDays:
    """One territory: its departments, its own days off, its clock.

    `utc_hours` is the winter offset; `summer_time` tells whether the European summer time is kept.
    """

    code: str
    name_fr: str
    name_en: str
    departments: tuple[str, ...]  # () for metropolitan France: every other department
    fixed_days: tuple[tuple[int, int, str], ...]
    easter_offsets: tuple[tuple[int, str], ...]
    utc_hours: int
    summer_time: bool
    citation: str


def _overseas(
    code: str, name_fr: str, name_en: str, department: str, abolition: tuple[int, int], utc_hours: int
) -> TerritoryDays:
    days = ((*abolition, "Abolition de l'esclavage"),)
    return TerritoryDays(code, name_fr, name_en, (department,), days, (), utc_hours, False, "ct:L3422-2")


TERRITORIES: tuple[TerritoryDays, ...] = (
    TerritoryDays("metropolitan", "France métropolitaine", "metropolitan France", (), (), (), 1, True, "ct:L3133-1"),
    TerritoryDays(
        "alsace_moselle",
        "Alsace-Moselle",
        "Alsace-Moselle",
        ("57", "67", "68"),
        ((12, 26, "Saint-Étienne"),),
        ((-2, "Vendredi saint"),),
        1,
        True,
        "ct:L3134-13",
    ),
    _overseas("guadeloupe", "Guadeloupe", "Guadeloupe", "971", (5, 27), -4),
    _overseas("martinique", "Martinique", "Martinique", "972", (5, 22), -4),
    _overseas("guyane", "Guyane", "French Guiana", "973", (6, 10), -3),
    _overseas("reunion", "La Réunion", "Réunion", "974", (12, 20), 4),
    _overseas("mayotte", "Mayotte", "Mayotte", "976", (4, 27), 3),
)
"""Good Friday in Alsace-Moselle is a day off where a Protestant church or a mixed one stands: taken as everywhere there."""

BY_TERRITORY: dict[str, TerritoryDays] = {entry.code: entry for entry in TERRITORIES}
