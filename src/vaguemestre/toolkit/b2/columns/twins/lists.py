"""Twins of `rules.lists`: codes of published lists, the form of CCAM codes, teeth, treatments."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.wire.layouts import B2, Field
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES, TOOTH_CODES, TREATMENTS, Codes
from vaguemestre.toolkit.b2.columns.batch import Batch
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import TYPE_INDEX, Bytes, Flags
from vaguemestre.toolkit.b2.rules import lists
from vaguemestre.toolkit.b2.rules.lists import TOOTH_FIELDS

_SESSION: Final = TYPE_INDEX["4M"]


class CodeLists:
    """Tells which rows of one type show a code of its list, or spaces, or zeros, in each of several fields of 1 or 2 letters."""

    def __init__(self, entries: Iterable[tuple[Field, Iterable[str]]]) -> None:
        """Raises ValueError for a longer field."""
        tables, columns = [], []
        for entry, codes in entries:
            if entry.length > 2:
                raise ValueError(f"{entry.field_id}: a list of codes of more than 2 letters was not planned for")
            legal = [code for code in (*codes, " " * entry.length, "0" * entry.length) if len(code) == entry.length]
            table = np.zeros(1 << 16, np.bool_)
            table[[ord(code[-1]) if entry.length == 1 else ord(code[0]) << 8 | ord(code[1]) for code in legal]] = True
            tables.append(table)
            columns.append((entry.columns[0] - 1, entry.columns[1] - 1))
        self._firsts, self._lasts = np.array(columns, np.intp).T
        self._shifts = np.where(self._firsts == self._lasts, 0, 8)
        self._keeps = np.where(self._firsts == self._lasts, 0, 0xFFFF)
        self._steps = np.arange(len(tables), dtype=np.intp) << 16
        self._legal = np.concatenate(tables)

    def hold(self, batch: Batch, kind: int) -> Flags:
        """By row of the type: whether all fields do."""
        rows = batch.records(kind)
        codes = rows[:, self._firsts].astype(np.intp)
        codes <<= self._shifts
        codes &= self._keeps
        codes |= rows[:, self._lasts]
        codes += self._steps
        held: Flags = np.logical_and.reduce(self._legal.take(codes), axis=1)
        return held


def _by_record(codes: Codes) -> dict[int, CodeLists]:
    """Record of an invoice -> its lists."""
    return {
        TYPE_INDEX[name]: CodeLists(
            (B2[name].by_name[field], own) for (record, field), own in sorted(codes.items()) if record == name
        )
        for name in {record for record, _ in codes if record in TYPE_INDEX}
    }


_LISTS: Final = _by_record({**CODES, **PUBLIC_CODES})


def codes_are_listed(invoices: Invoices) -> None:
    """Codes of the specification's and of the public lists, spaces or zeros."""
    for kind, own in _LISTS.items():
        if invoices.batch.has(kind):
            invoices.reject(kind, ~own.hold(invoices.batch, kind))


_CCAM: Final = B2["4M"].by_name["ccam_code"].where
_CCAM_FORM: Final = ((b"A", b"Z"),) * 4 + ((b"0", b"9"),) * 3 + ((b" ", b" "),) * 6
_CCAM_FROM: Final[Bytes] = np.array([ord(first) for first, _ in _CCAM_FORM], np.uint8)
_CCAM_TO: Final[Bytes] = np.array([ord(last) for _, last in _CCAM_FORM], np.uint8)


def ccam_codes_have_their_form(invoices: Invoices) -> None:
    """Four letters and three digits."""
    if invoices.batch.has(_SESSION):
        codes = invoices.batch.records(_SESSION)[:, _CCAM]
        outside = (codes < _CCAM_FROM) | (codes > _CCAM_TO)
        invoices.reject(_SESSION, np.logical_or.reduce(outside, axis=1))


_TEETH: Final = slice(B2["4M"].by_name[TOOTH_FIELDS[0]].position - 1, B2["4M"].by_name[TOOTH_FIELDS[-1]].columns[1])
_TOOTH: Final = np.zeros(1 << 16, np.bool_)
_TOOTH[[ord(code[0]) << 8 | ord(code[1]) for code in (*TOOTH_CODES, "  ") if len(code) == 2]] = True


def teeth_exist(invoices: Invoices) -> None:
    """Each place is empty or names a tooth, a jaw or a quadrant."""
    if invoices.batch.has(_SESSION):
        pairs = invoices.batch.records(_SESSION)[:, _TEETH].astype(np.intp)
        unknown = ~_TOOTH.take(pairs[:, 0::2] << 8 | pairs[:, 1::2])
        invoices.reject(_SESSION, np.logical_or.reduce(unknown, axis=1))


def _treatments() -> NDArray[np.bool_]:
    table = np.zeros(100_000, np.bool_)
    table[[int(mode) * 1000 + int(discipline) for mode, discipline in TREATMENTS]] = True
    return table


_TREATMENTS: Final = _treatments()


def treatments_are_known(invoices: Invoices) -> None:
    """Treatment mode and discipline of lines go together."""
    batch = invoices.batch
    for name in ("3", "4"):
        kind = TYPE_INDEX[name]
        if batch.has(kind):
            pair = batch.number(kind, "treatment_mode") * 1000 + batch.number(kind, "tariff_discipline")
            known: Flags = _TREATMENTS.take(pair, mode="clip")
            invoices.reject(kind, ~known)


def judged_with_the_other(invoices: Invoices) -> None:
    """`codes_are_listed` judges both checks."""


TWINS: Final[Twins] = {
    lists.codes_are_listed: codes_are_listed,
    lists.codes_are_known: judged_with_the_other,
    lists.ccam_codes_have_their_form: ccam_codes_have_their_form,
    lists.teeth_exist: teeth_exist,
    lists.treatments_are_known: treatments_are_known,
}
WANTED: Final[Wanted] = dict.fromkeys(("3", "4"), ("treatment_mode", "tariff_discipline"))
