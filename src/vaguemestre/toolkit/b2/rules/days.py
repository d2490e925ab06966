"""Days that cannot follow each other: an end before its start, care before birth or after the file, dates of one invoice."""

from collections.abc import Iterator, Sequence
from datetime import date

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.b2.rules.parts import Around, at_field

SPANS: dict[str, tuple[tuple[str, str], ...]] = {
    "2": (("admission_date", "discharge_date"),),
    "3": (("start_date", "end_date"),),
}
"""Record -> fields of a first and a last day."""

CARE_DAYS: dict[str, tuple[str, ...]] = {
    "3": ("start_date",),
    "4": ("care_date",),
    "4B": ("act1_date", "act2_date", "act3_date", "act4_date", "act5_date"),
    "4M": ("session_date",),
}
"""Record -> the fields of the days on which care was given or began; an empty one says nothing."""


def spans_run_forward(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """A stay or a line does not end before it begins. b2:0350, b2:02109."""
    for numbered in records:
        record = numbered[1]
        for first, last in SPANS.get(record.name, ()):
            start, end = _day(record, first), _day(record, last)
            if start is not None and end is not None and end < start:
                yield at_field("B112", numbered, last, around.source, found=end.isoformat(), expected=start.isoformat())


def care_is_before_the_file(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """No care is later than the day of the file or of the lot. b2file:000, b2file:1."""
    limit = around.last_day
    if limit is None:
        return
    for numbered, name, day in _care(records):
        if day > limit:
            found, expected = day.isoformat(), limit.isoformat()
            yield at_field("B113", numbered, name, around.source, found=found, expected=expected)


def care_is_after_birth(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """No care is earlier than the birth, read in the century that makes the patient less than a hundred. vgm:b2-birth-century."""
    limit = around.last_day
    if limit is None or records[0][1].name != "2":
        return
    born = birth_day(records[0][1].raw("birth_date"), limit)
    if born is None:
        return
    for numbered, name, day in _care(records):
        if day < born:
            found, expected = day.isoformat(), born.isoformat()
            yield at_field("B114", numbered, name, around.source, found=found, expected=expected)


def birth_day(raw: bytes, today: date) -> date | None:
    """A birth date AAMMJJ in the last hundred years before `today`; None for a lunar or unknown one."""
    if not raw.isdigit():
        return None
    year, month, day = int(raw[:2]), int(raw[2:4]), int(raw[4:6])
    century = today.year - today.year % 100
    for whole in (century + year, century - 100 + year):
        try:
            born = date(whole, month, day)
        except ValueError:
            continue  # a lunar date, or 29 February of the other century
        if born <= today:
            return born
    return None


def execution_day_is_one(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Lines that nobody else prescribed are of one day: acts in series are prescribed. vgm:b2-one-execution-date."""
    first: date | None = None
    for numbered in records:
        record = numbered[1]
        if record.name != "4" or is_prescribed(record):
            continue
        day = _day(record, "care_date")
        if day is None:
            continue
        if first is None:
            first = day
        elif day != first:
            found, expected = day.isoformat(), first.isoformat()
            yield at_field("B115", numbered, "care_date", around.source, found=found, expected=expected)


def is_prescribed(record: Record) -> bool:
    """Whether a line 4 names another prescriber than its performer."""
    prescriber = record.raw("prescriber_number")
    return bool(prescriber.strip(b" 0")) and prescriber != record.raw("performer_number")


def _care(records: Sequence[Numbered]) -> Iterator[tuple[Numbered, str, date]]:
    for numbered in records:
        for name in CARE_DAYS.get(numbered[1].name, ()):
            day = _day(numbered[1], name)
            if day is not None:
                yield numbered, name, day


def _day(record: Record, name: str) -> date | None:
    value = record[name]
    return value if isinstance(value, date) else None
