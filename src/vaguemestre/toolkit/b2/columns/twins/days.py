"""Twins of `rules.days`. What depends on the file's or the lot's day is judged by whoever knows it: see `Stretch.care_days_fit`."""

from typing import Final

import numpy as np

from vaguemestre.toolkit.b2.columns.batch import Numbers
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import START, TYPE_INDEX, TYPES
from vaguemestre.toolkit.b2.rules import days
from vaguemestre.toolkit.b2.rules.days import CARE_DAYS, SPANS

_NONE_FIRST, _NONE_LAST = 10**9, 0
_FEES: Final = TYPE_INDEX["4"]


def in_order(days_read: Numbers) -> Numbers:
    """Days AAMMJJ, of 1970 to 2069, as numbers that grow with time; zero (no day) becomes 300000."""
    return (days_read + 300_000) % 1_000_000


def spans_run_forward(invoices: Invoices) -> None:
    """A last day is not before the first, if both are there."""
    batch = invoices.batch
    for name, pairs in SPANS.items():
        kind = TYPE_INDEX[name]
        if batch.has(kind):
            for first, last in pairs:
                start, end = batch.number(kind, first), batch.number(kind, last)
                invoices.reject(kind, (in_order(end) < in_order(start)) & (start != 0) & (end != 0))


def care_days(invoices: Invoices) -> tuple[Numbers, Numbers]:
    """The first and the last day of care of each part, as `in_order` counts; without any, days that no other is before or after."""
    batch = invoices.batch
    first = np.full(invoices.count + 1, _NONE_FIRST, np.int64)
    last = np.full(invoices.count + 1, _NONE_LAST, np.int64)
    for name, fields in CARE_DAYS.items():
        kind = TYPE_INDEX[name]
        if not batch.has(kind):
            continue
        parts = invoices.parts_of(kind)
        edges = np.flatnonzero(np.diff(parts, prepend=-1))  # the rows of a part lie together
        own = parts[edges]
        for field in fields:
            read = batch.number(kind, field)
            day = in_order(read)
            if len(fields) > 1:  # of several, only the first must be there
                first_day, last_day = np.where(read == 0, _NONE_FIRST, day), np.where(read == 0, _NONE_LAST, day)
            else:
                first_day = last_day = day
            first[own] = np.minimum(first[own], np.minimum.reduceat(first_day, edges))
            last[own] = np.maximum(last[own], np.maximum.reduceat(last_day, edges))
    return first[:-1], last[:-1]


def execution_day_is_one(invoices: Invoices) -> None:
    """Lines 4 that nobody else prescribed are of one day."""
    batch = invoices.batch
    if not batch.has(_FEES):
        return
    prescriber = batch.whole_number(_FEES, "prescriber_number")
    own = np.flatnonzero((prescriber == 0) | (prescriber == batch.whole_number(_FEES, "performer_number")))
    parts, day = invoices.parts_of(_FEES)[own], batch.number(_FEES, "care_date")[own]
    one = np.zeros(invoices.count + 1, np.int64)
    one[parts] = day
    wrong = one[parts] != day
    invoices.bad[parts[wrong & (parts < invoices.count)]] = True


def left_to_the_file(invoices: Invoices) -> None:
    """Judged where the day of the file and of the lot are known."""


TWINS: Final[Twins] = {
    days.spans_run_forward: spans_run_forward,
    days.care_is_before_the_file: left_to_the_file,
    days.care_is_after_birth: left_to_the_file,
    days.execution_day_is_one: execution_day_is_one,
}
WANTED: Final[Wanted] = {
    TYPES[START]: ("birth_date", "admission_date", "discharge_date"),
    "3": ("start_date", "end_date"),
    "4": ("care_date", "prescriber_number", "performer_number"),
    "4B": CARE_DAYS["4B"],
    "4M": CARE_DAYS["4M"],
}
