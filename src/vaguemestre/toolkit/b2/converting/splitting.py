"""Records of a file told apart by type, many at a time, with the keys that tables are joined on. vgm:b2-tables."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES, decode_record
from vaguemestre.core.b2.reader import Run
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.b2_order import COMPLEMENTS, INVOICE_RECORDS, LINE_RECORDS
from vaguemestre.toolkit.b2.columns.plan import TYPES, UNKNOWN, Recogniser
from vaguemestre.toolkit.b2.converting.columns import Keys, Numbers, Rows, TableForm
from vaguemestre.toolkit.converting.table_shape import Batch
from vaguemestre.toolkit.converting.tally import Tally

ROWS_MAX: Final = 8_192
"""Rows of one type that wait to become a batch: a few megabytes."""

_FRAME_NAMES: Final = tuple(name for name in B2 if name not in TYPES)
_NAMES: Final = (*TYPES, *_FRAME_NAMES)
_NONE: Final = len(_NAMES)
_SUBTYPE_BYTES = (35, 38)
_LOT_START, _INVOICE_START = _NAMES.index("1"), _NAMES.index("2")


def _flags(names: Iterable[str]) -> NDArray[np.bool_]:
    wanted = set(names)
    return np.array([name in wanted for name in (*_NAMES, "")], np.bool_)


_IS_LINE = _flags(LINE_RECORDS)
_HAS_LINE = _flags((*LINE_RECORDS, *COMPLEMENTS))
_HAS_INVOICE = _flags(INVOICE_RECORDS)
_IS_PLAIN = _flags(("2", "3", "4"))
_HAS_LOT = _flags((*INVOICE_RECORDS, "1", "6"))


def batches(runs: Iterable[Run | Finding], tally: Tally, file_name: str) -> Iterator[Batch]:
    """Every record of a file, by type, in the order of the file within each type; counts and findings go to `tally`."""
    splitter = _Splitter(tally, file_name)
    for item in runs:
        if isinstance(item, Finding):
            tally.miss(item)
        else:
            yield from splitter.take(*item)
    yield from splitter.rest()


class _Splitter:
    """What waits to become a batch, and where the file stands: lots and invoices so far, lines of the invoice."""

    def __init__(self, tally: Tally, file_name: str) -> None:
        self._tally, self._file_name = tally, file_name
        self._recogniser = Recogniser.of(B2_RECORDS.plans)
        self._forms: dict[int, TableForm] = {}
        self._waiting: dict[int, list[tuple[Rows, Keys]]] = {}
        self._counts: dict[int, int] = {}
        self._lines = 0

    def take(self, first: int, data: bytes) -> Iterator[Batch]:
        """The batches that are full with these records in a row; `first` is the rank of their first."""
        rows = np.frombuffer(data, np.uint8).reshape(-1, RECORD_BYTES)
        types = self._types(rows)
        numbers = np.arange(first, first + len(rows))
        for row in np.flatnonzero(types == _NONE):
            for item in decode_record(rows[row].tobytes(), int(numbers[row]), self._tally.source)[1]:
                self._tally.miss(item)
        keys = self._keys(types, numbers)
        order = np.argsort(types, kind="stable")
        bounds = [0, *np.cumsum(np.bincount(types, minlength=_NONE + 1)).tolist()]
        for kind in range(_NONE):
            own = order[bounds[kind] : bounds[kind + 1]]
            if len(own):
                self._waiting.setdefault(kind, []).append((rows[own], Keys(*(part[own] for part in keys))))
                self._counts[kind] = self._counts.get(kind, 0) + len(own)
                if self._counts[kind] >= ROWS_MAX:
                    yield self._batch(kind)

    def rest(self) -> Iterator[Batch]:
        """What still waits."""
        for kind in sorted(self._waiting):
            if self._waiting[kind]:
                yield self._batch(kind)

    def _batch(self, kind: int) -> Batch:
        parts = self._waiting[kind]
        self._waiting[kind], self._counts[kind] = [], 0
        rows = np.concatenate([part for part, _ in parts])
        keys = Keys(*(np.concatenate(columns) for columns in zip(*(own for _, own in parts), strict=True)))
        form = self._forms.get(kind)
        if form is None:
            form = self._forms[kind] = TableForm(_NAMES[kind])
        converted = form.convert(rows, keys, self._file_name)
        self._tally.records += len(rows)
        self._tally.doubtful += converted.doubtful
        for item in converted.findings:
            self._tally.add(item)
        return Batch(_NAMES[kind], converted)

    def _types(self, rows: Rows) -> NDArray[np.intp]:
        known = self._recogniser
        first, second, third = (
            table.take(rows[:, column]) for column, table in zip(known.columns, known.classes, strict=True)
        )
        types = known.types.take(first.astype(np.intp) << 8 | second << 4 | third).astype(np.intp)
        types[types == UNKNOWN] = _NONE
        for row in np.flatnonzero(types == _NONE):
            plan = B2_RECORDS.recognise(rows[row].tobytes())
            types[row] = _NONE if plan is None else _NAMES.index(plan.name)
        letters = rows[:, _SUBTYPE_BYTES]
        strange = _IS_PLAIN[types] & ((letters >= ord("A")) & (letters <= ord("Z"))).any(axis=1)
        for row in np.flatnonzero(strange):
            if decode_record(rows[row].tobytes())[0] is None:
                types[row] = _NONE
        return types

    def _keys(self, types: NDArray[np.intp], numbers: Numbers) -> Keys:
        tally = self._tally
        starts = types == _INVOICE_START
        lots = tally.lots + np.cumsum(types == _LOT_START)
        invoices = tally.invoices + np.cumsum(starts)
        lines = self._lines + np.cumsum(_IS_LINE[types])
        lines -= np.maximum.accumulate(np.where(starts, lines, 0))
        if len(types):
            tally.lots, tally.invoices, self._lines = int(lots[-1]), int(invoices[-1]), int(lines[-1])
        lots[~_HAS_LOT[types]] = 0
        lines[~_HAS_LINE[types] | (invoices == 0)] = 0
        invoices[~_HAS_INVOICE[types]] = 0
        return Keys(numbers, lots, invoices, lines)
