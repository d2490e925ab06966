"""Twins of `rules.lists`: codes of published lists, the form of CCAM codes, teeth, treatments."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.wire.layouts import B2, Field
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES, TOOTH_CODES, TREATMENTS, Codes
from vaguemestre.toolkit.b2.columns.batch import Batch
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import TYPE_INDEX, WORD, Bytes, Flags, Words, left_window
from vaguemestre.toolkit.b2.rules import lists
from vaguemestre.toolkit.b2.rules.lists import TOOTH_FIELDS

_SESSION: Final = TYPE_INDEX["4M"]


class CodeList:
    """Tells which rows show a code of a list, or spaces, or zeros, in one field of 8 bytes at most."""

    def __init__(self, entry: Field, codes: Iterable[str]) -> None:
        """Raises ValueError for a longer field."""
        if entry.length > WORD:
            raise ValueError(f"{entry.field_id}: a list of codes of more than {WORD} letters was not planned for")
        legal = {code.encode() for code in codes} | {b" " * entry.length, b"0" * entry.length}
        window = left_window(entry.position - 1, entry.length)
        self.start, self.mask = np.array([window.start], np.intp), np.array([[window.mask]], np.uint64)
        before = entry.position - 1 - window.start
        self.legal: Words = np.unique(
            [int.from_bytes(b"\0" * before + code, "little") for code in legal if len(code) == entry.length]
        ).astype(np.uint64)

    def holds(self, batch: Batch, kind: int) -> Flags:
        """By row of the type."""
        words = batch.words(kind, self.start, self.mask)[0]
        places = np.searchsorted(self.legal, words)
        found: Flags = np.equal(self.legal.take(places, mode="clip"), words)
        return found


class LetterList:
    """As `CodeList`, for several fields of one letter of one record."""

    def __init__(self, entries: Iterable[tuple[Field, Iterable[str]]]) -> None:
        columns, tables = [], []
        for entry, codes in entries:
            table = np.zeros(256, np.bool_)
            table[[ord(code) for code in (*codes, " ", "0") if len(code) == 1]] = True
            columns.append(entry.position - 1)
            tables.append(table)
        self._columns = np.array(columns, np.intp)
        self._steps = np.arange(len(columns), dtype=np.intp) * 256
        self._legal = np.concatenate(tables)

    def holds(self, batch: Batch, kind: int) -> Flags:
        """By row of the type: whether all fields do."""
        legal = self._legal.take(batch.records(kind)[:, self._columns] + self._steps)
        found: Flags = np.logical_and.reduce(legal, axis=1)
        return found


def _by_record(codes: Codes) -> dict[int, tuple[CodeList | LetterList, ...]]:
    """Record of an invoice -> its lists."""
    found: dict[int, tuple[CodeList | LetterList, ...]] = {}
    for name in {record for record, _ in codes if record in TYPE_INDEX}:
        fields = [(B2[name].by_name[field], own) for (record, field), own in sorted(codes.items()) if record == name]
        letters = [pair for pair in fields if pair[0].length == 1]
        longer = tuple(CodeList(entry, own) for entry, own in fields if entry.length > 1)
        found[TYPE_INDEX[name]] = (*longer, LetterList(letters)) if letters else longer
    return found


_LISTS: Final = _by_record({**CODES, **PUBLIC_CODES})


def codes_are_listed(invoices: Invoices) -> None:
    """Codes of the specification's and of the public lists, spaces or zeros."""
    for kind, own in _LISTS.items():
        if invoices.batch.has(kind):
            for one in own:
                invoices.reject(kind, ~one.holds(invoices.batch, kind))


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
