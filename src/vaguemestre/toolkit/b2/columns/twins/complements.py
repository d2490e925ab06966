"""Twins of `rules.complements`: sessions in order, biology acts whole, identifiers there, unit amounts that make totals."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import TYPE_INDEX, TYPES, Flags, Words, left_window
from vaguemestre.toolkit.b2.columns.twins.amounts import half_up, letter
from vaguemestre.toolkit.b2.columns.twins.days import in_order
from vaguemestre.toolkit.b2.rules import complements
from vaguemestre.toolkit.b2.rules.complements import BIOLOGY_ACTS, COMPLETING_ACTS, RPPS_RECORDS, UNIT_TOTALS

_SESSION: Final = TYPE_INDEX["4M"]
_BIOLOGY: Final = TYPE_INDEX["4B"]
_BIOLOGY_FIELDS: Final = tuple(
    tuple(f"act{rank}_{name}" for rank in range(1, BIOLOGY_ACTS + 1)) for name in ("date", "quantity", "nabm_code")
)
_LINES: Final = (TYPE_INDEX["3"], TYPE_INDEX["4"])
_FIRST_LINE: Final = 2  # records before the first line: 2, 2S
_WHOLE: Final = 10_000
_ACT_LETTERS: Final = 5


def _act_window(kind: int) -> tuple[NDArray[np.intp], Words]:
    window = left_window(B2[TYPES[kind]].by_name["act_code"].position - 1, _ACT_LETTERS)
    return np.array([window.start], np.intp), np.array([[window.mask]], np.uint64)


_ACTS: Final = {kind: _act_window(kind) for kind in _LINES}
_CODES: Final = [
    np.uint64(int.from_bytes(code.ljust(_ACT_LETTERS).encode(), "little")) for code in sorted(COMPLETING_ACTS)
]


def sessions_are_in_order(invoices: Invoices) -> None:
    """A 4M right after another is not of an earlier day; where only one of both has a day, it is left to the rule."""
    batch = invoices.batch
    if not batch.has(_SESSION):
        return
    rows, day = batch.rows_of(_SESSION), batch.number(_SESSION, "session_date")
    wrong = np.zeros(len(rows), np.bool_)
    wrong[1:] = ((day[1:] == 0) != (day[:-1] == 0)) | (in_order(day[1:]) < in_order(day[:-1]))
    wrong[1:] &= rows[1:] - rows[:-1] == 1
    invoices.reject(_SESSION, wrong)


def biology_acts_are_whole(invoices: Invoices) -> None:
    """An act of a 4B has date, quantity and code, or nothing, and no empty one stands before it."""
    batch = invoices.batch
    if not batch.has(_BIOLOGY):
        return
    dates, quantities, codes = (
        np.stack([batch.number(_BIOLOGY, name) for name in names]) != 0 for names in _BIOLOGY_FIELDS
    )
    whole = (dates == quantities) & (dates == codes)
    whole[1:] &= dates[:-1] >= dates[1:]
    invoices.reject(_BIOLOGY, ~whole.all(axis=0))


def identifiers_are_there(invoices: Invoices) -> None:
    """A 3E or a 4E bears a number."""
    batch = invoices.batch
    for name, fields in RPPS_RECORDS.items():
        kind = TYPE_INDEX[name]
        if not batch.has(kind):
            continue
        there = np.zeros(len(batch.rows_of(kind)), np.bool_)
        for field in fields:
            entry = B2[name].by_name[field]
            if entry.kind is Kind.TEXT:
                held = batch.records(kind)[:, entry.where]
                there |= ((held != ord(" ")) & (held != ord("0"))).any(axis=1)
            else:
                there |= batch.whole_number(kind, field) != 0
        invoices.reject(kind, ~there)


def completing_acts_follow(invoices: Invoices) -> None:
    """The first line bears no act that completes another, nor one that begins with a space."""
    batch = invoices.batch
    for kind in _LINES:
        if batch.has(kind):
            codes = batch.words(kind, *_ACTS[kind])[0]
            completing: Flags = letter(batch, kind, "act_code") == ord(" ")
            for code in _CODES:
                completing |= codes == code
            if np.count_nonzero(completing):
                first = batch.rows_of(kind) == invoices.of_rows(kind, invoices.starts) + _FIRST_LINE
                invoices.reject(kind, completing & first)


def unit_amounts_make_totals(invoices: Invoices) -> None:
    """Unit amount x quantity, x coefficient; a unit amount of zero says nothing."""
    batch = invoices.batch
    for name, entries in UNIT_TOTALS.items():
        kind = TYPE_INDEX[name]
        if not batch.has(kind):
            continue
        for unit, quantity, total, coefficient in entries:
            price, count = batch.number(kind, unit), batch.number(kind, quantity)
            product = price * np.where(count == 0, 1, count)
            if coefficient:
                share = batch.number(kind, coefficient)
                product = half_up(product * np.where(share == 0, _WHOLE, share), _WHOLE)
            invoices.reject(kind, (price != 0) & (batch.number(kind, total) != product))


TWINS: Final[Twins] = {
    complements.sessions_are_in_order: sessions_are_in_order,
    complements.biology_acts_are_whole: biology_acts_are_whole,
    complements.identifiers_are_there: identifiers_are_there,
    complements.completing_acts_follow: completing_acts_follow,
    complements.unit_amounts_make_totals: unit_amounts_make_totals,
}


def _wanted() -> Wanted:
    found: dict[str, tuple[str, ...]] = {
        "4M": ("session_date",),
        "4B": tuple(name for names in _BIOLOGY_FIELDS for name in names),
    }
    for name, entries in UNIT_TOTALS.items():
        found[name] = tuple(dict.fromkeys(one for entry in entries for one in entry if one))
    for name, fields in RPPS_RECORDS.items():
        numbers = tuple(one for one in fields if B2[name].by_name[one].kind is not Kind.TEXT)
        found[name] = (*found.get(name, ()), *numbers)
    return found


WANTED: Final = _wanted()
