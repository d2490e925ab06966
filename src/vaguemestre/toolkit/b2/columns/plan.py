"""One plan per record of an invoice, generated from its layout: which bytes are legal where, and where its values stand.

What a layout says of a field becomes, for a whole batch at once: a class that every byte must have, a number that must not be
zero, a date that must exist, a letter or a number that must be on a list. A plan is stricter than the layout in one thing: it takes
printable characters only, in fillers too; a record with others is left to the checks record by record.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import B2, Absent, Field, Kind, Layout
from vaguemestre.core.wire.records import Plan
from vaguemestre.tables.b2_order import FOLLOWS, INVOICE_RECORDS

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

WORD: Final = 8
HIGH: Final = ":high"
"""Behind a field's name: the digits before its last eight."""
TYPES: Final = INVOICE_RECORDS
"""The records that the gate knows, by their index in this tuple."""
TYPE_INDEX: Final = {name: rank for rank, name in enumerate(TYPES)}
UNKNOWN: Final = len(TYPES)
"""The index of every record that is none of an invoice: those of the file and the lot, and what is no record."""
START: Final = TYPE_INDEX["2"]
END: Final = TYPE_INDEX["5"]

DIGIT, TEXT, PRINTABLE = (b"0", b"9"), (b" ", b"_"), (b" ", b"~")
"""First and last legal byte of a class. Text also takes the few signs behind the letters, which are left to the records' own check,
and never takes `NO_TEXT`."""
NO_TEXT: Final = b"@"
_TEXT = frozenset(range(0x20, 0x60)) - frozenset(NO_TEXT)
_DIGITS = frozenset(b"0123456789")

KEY_FIELDS: Final = ("provider_number", "insured_nir", "insured_nir_key", "invoice_number")
"""The fields that all records of an invoice share: judged once in its record 2, then compared from record to record."""


@dataclass(frozen=True, slots=True)
class Window:
    """The eight bytes that end with a field, or begin with it: 0-based `start` in the record, and which of them are the field's."""

    start: int
    mask: int


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """How the records of one type are judged, a batch at a time.

    `numbers` are the windows that become numbers: first those that must not be zero, `dates` bounds those that are dates.
    `slots` finds a field's window by name: its last eight digits; with `HIGH` behind the name, what stands before them. `filled`
    are windows of text that must not be blank, `letters` the columns of one letter with the table of what is legal in each.
    """

    name: str
    numbers: NDArray[np.intp]
    masks: Words
    mandatory: int
    dates: slice
    slots: Mapping[str, int]
    listed: tuple[tuple[int, Flags], ...]
    filled: NDArray[np.intp]
    filled_masks: Words
    letters: NDArray[np.intp]
    letter_steps: NDArray[np.intp]
    letters_legal: Flags


def right_window(start: int, length: int) -> Window:
    """The window that ends with the field; a field longer than a word shows its last eight bytes."""
    used = min(length, WORD)
    return Window(start + length - WORD, ((1 << 8 * used) - 1) << 8 * (WORD - used))


def left_window(start: int, length: int) -> Window:
    """The window that begins with the field, or, at the record's end, holds it."""
    used = min(length, WORD)
    first = min(start, RECORD_BYTES - WORD)
    return Window(first, ((1 << 8 * used) - 1) << 8 * (start - first))


def byte_class(entry: Field) -> tuple[bytes, bytes]:
    """The class that each byte of the field must have."""
    if entry.kind in (Kind.FILLER, Kind.OPAQUE):
        return PRINTABLE
    return DIGIT if entry.numeric else TEXT


def plan_of(layout: Layout, wanted: Iterable[str] = ()) -> RecordPlan:
    """The plan of a record of an invoice; `wanted` are the fields whose numbers other checks ask for, by name."""
    judged = [
        entry
        for entry in layout.fields
        if entry.kind is not Kind.FILLER and (entry.name not in KEY_FIELDS or layout.name == TYPES[START])
    ]
    mandatory = [entry for entry in judged if not entry.constant and entry.absent is not Absent.OK]
    needed = [entry for entry in mandatory if entry.numeric and entry.kind is not Kind.DATE]
    needed_dates = [entry for entry in mandatory if entry.kind is Kind.DATE]
    dates = [entry for entry in judged if entry.kind is Kind.DATE and entry.absent is Absent.OK]
    lists = [entry for entry in judged if (entry.codes or entry.constant) and entry.length > 1]
    if any(not entry.numeric or entry.length > 4 for entry in lists):
        raise ValueError(f"record {layout.name}: a list of long codes or of words was not planned for")
    ordered = [*needed, *needed_dates, *dates]
    ordered += [entry for entry in lists if entry not in ordered]
    ordered += [layout.by_name[name] for name in wanted if layout.by_name[name] not in ordered]
    windows = [right_window(entry.position - 1, entry.length) for entry in ordered]
    slots = {entry.name: rank for rank, entry in enumerate(ordered)}
    for entry in ordered:
        if entry.length > WORD:
            slots[entry.name + HIGH] = len(windows)
            windows.append(right_window(entry.position - 1, entry.length - WORD))
    filled = [left_window(one.position - 1, one.length) for one in mandatory if not one.numeric and one.length > 1]
    letters = [one for one in judged if one.length == 1 and (one.codes or one.constant or one in mandatory)]
    return RecordPlan(
        layout.name,
        np.array([window.start for window in windows], np.intp),
        np.array([[window.mask] for window in windows], np.uint64),
        len(needed) + len(needed_dates),
        slice(len(needed), len(needed) + len(needed_dates) + len(dates)),
        slots,
        tuple((slots[entry.name], _legal_numbers(entry)) for entry in lists),
        np.array([window.start for window in filled], np.intp),
        np.array([[window.mask] for window in filled], np.uint64),
        np.array([entry.position - 1 for entry in letters], np.intp),
        np.arange(len(letters), dtype=np.intp) * 256,
        np.array([_legal_letters(entry) for entry in letters], np.bool_).reshape(-1),
    )


def _legal_numbers(entry: Field) -> Flags:
    legal = np.zeros(10**entry.length, np.bool_)
    legal[[int(code) for code in (entry.codes or (entry.constant,))]] = True
    if not entry.constant and entry.absent is Absent.OK:
        legal[0] = True
    return legal


def _legal_letters(entry: Field) -> Flags:
    legal = np.zeros(256, np.bool_)
    blank = b"0"[0] if entry.numeric else b" "[0]
    legal[list(_DIGITS if entry.numeric else _TEXT)] = not entry.codes and not entry.constant
    legal[[ord(code) for code in (entry.codes or tuple(entry.constant))]] = True
    if not entry.constant:
        legal[blank] = entry.absent is Absent.OK
    return legal


# --- which record it is, and what may follow what --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds a record's type from three bytes of it: its first, and the two where a letter may stand.

    `columns` are 0-based; `classes[i][byte]` numbers what that byte may mean, and `types` joins the three.
    """

    columns: tuple[int, ...]
    classes: tuple[Bytes, ...]
    types: NDArray[np.int8]

    @classmethod
    def of(cls, plans: Mapping[str, Plan]) -> "Recogniser":
        """Generated by showing the records' own recognition every combination of marks. Raises ValueError when a mark is long."""
        marks: dict[int, set[int]] = {}
        for name in TYPES:
            for entry in plans[name].layout.fields:
                if entry.constant and entry.name in ("record_type", "record_subtype"):
                    if entry.length != 1:
                        raise ValueError(f"record {name}: a mark of {entry.length} bytes")
                    marks.setdefault(entry.position - 1, set()).add(ord(entry.constant))
        columns = tuple(sorted(marks))
        values = [(0, *sorted(marks[column])) for column in columns]
        if len(columns) != 3 or any(len(value) > 16 for value in values):
            raise ValueError("the records of an invoice bear other marks than were planned for")
        types = np.full(16 * 16 * 16, UNKNOWN, np.int8)
        for first, one in enumerate(values[0]):
            for second, two in enumerate(values[1]):
                for third, three in enumerate(values[2]):
                    sample = bytearray(RECORD_BYTES)
                    sample[columns[0]], sample[columns[1]], sample[columns[2]] = one, two, three
                    found = B2_RECORDS.recognise(bytes(sample))
                    if found is not None and found.name in TYPE_INDEX:
                        types[first << 8 | second << 4 | third] = TYPE_INDEX[found.name]
        return cls(columns, tuple(_classes(value) for value in values), types)


def _classes(values: tuple[int, ...]) -> Bytes:
    table = np.zeros(256, np.uint8)
    for rank, value in enumerate(values):
        table[value] = rank
    return table


def follows() -> Flags:
    """`follows[before, after]`: whether one record of an invoice may follow another within it."""
    table = np.zeros((UNKNOWN + 1, UNKNOWN + 1), np.bool_)
    for before, after in FOLLOWS.items():
        for name in after:
            if before in TYPE_INDEX and name in TYPE_INDEX:
                table[TYPE_INDEX[before], TYPE_INDEX[name]] = True
    return table


def class_tables() -> tuple[Bytes, Bytes]:
    """For each type, the first legal byte of its 128 columns, and how far the last one is. An unknown record may be anything:
    it is never cleared.
    """
    firsts = np.zeros((UNKNOWN + 1, RECORD_BYTES), np.uint8)
    spans = np.full((UNKNOWN + 1, RECORD_BYTES), 0xFF, np.uint8)
    for name, kind in TYPE_INDEX.items():
        for entry in B2[name].fields:
            first, last = byte_class(entry)
            firsts[kind, entry.where] = ord(first)
            spans[kind, entry.where] = ord(last) - ord(first)
    return firsts, spans


def real_dates() -> Flags:
    """`real_dates[aammjj]`: whether that day exists, between 1970 and 2069; zeros are no date and pass here."""
    table = np.zeros((100, 100, 100), np.bool_)
    for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1):
        table[:, month, 1 : days + 1] = True
    table[::4, 2, 29] = True  # 2000 was a leap year; 1900 and 2100 are out of reach
    table[0, 0, 0] = True
    return table.ravel()
