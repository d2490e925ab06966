"""Twins of the checks of `core.b2.checks`: one key, order, numbers, counts and totals of each invoice."""

from typing import Final

import numpy as np

from vaguemestre.core.b2 import checks
from vaguemestre.core.wire.layouts import B2
from vaguemestre.tables.b2_order import COMPLEMENTS, FOLLOWS, LINE_RECORDS, LINES_MAX, REPEATS_MAX
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted, marks
from vaguemestre.toolkit.b2.columns.plan import END, KEY_FIELDS, TYPE_INDEX, TYPES, WORD

# --- one key ---------------------------------------------------------------------------------------------------------


def _shared_bytes() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """The words of a record in which every record of an invoice shows the same key, with the other bytes masked out."""
    row = np.zeros(4 * WORD, np.uint8)
    for name in KEY_FIELDS[:-1]:
        (where,) = {B2[kind].by_name[name].columns for kind in TYPES}
        row[where[0] - 1 : where[1]] = 0xFF
    return row.view(np.uint64)


_SHARED: Final = _shared_bytes()
_NUMBER_AT: Final = np.array([B2[name].by_name[KEY_FIELDS[-1]].position - 1 for name in TYPES] + [0], np.intp)
_NUMBER_BYTES: Final = B2[TYPES[0]].by_name[KEY_FIELDS[-1]].length


def invoice_key_is_one(invoices: Invoices) -> None:
    """Each record has the key of the one before it."""
    batch = invoices.batch
    first, last = batch.edges_of(_NUMBER_AT, _NUMBER_BYTES)
    changed = first[1:] ^ first[:-1]
    for column, mask in enumerate(_SHARED):
        word = batch.rows[:, column]
        changed |= (word[1:] ^ word[:-1]) & mask
    other = changed != 0
    other |= last[1:] != last[:-1]
    _reject_pairs(invoices, other)


def order_is_kept(invoices: Invoices) -> None:
    """Each record may follow the one before it. Not a check of one invoice but of the reading itself."""
    types = invoices.batch.types
    _reject_pairs(invoices, ~invoices.tables.follows[types[:-1], types[1:]])


def _reject_pairs(invoices: Invoices, wrong: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """Reject where two neighbours do not agree: `wrong[row]` speaks of a row and the next; the start of a part has no neighbour."""
    rows = np.zeros(len(wrong) + 1, np.bool_)
    np.logical_and(wrong, invoices.inner[1:], out=rows[1:])
    invoices.reject_rows(rows)


# --- numbered, counted -----------------------------------------------------------------------------------------------

_NUMBERED: Final = tuple(TYPE_INDEX[name] for name in TYPES if "sequence_number" in B2[name].by_name)
_NUMBERED_MAX: Final = np.array([REPEATS_MAX.get(name, 1) for name in TYPES] + [0], np.int64)


def prove_repeats_adjoin() -> None:
    """Within one act a complement never comes back after another. Raises ValueError when the order of records allows it.

    Then a number that grows by one from a record to the next of its type, and starts from 1, is what the norm asks for.
    """
    for name in TYPES:
        seen: set[str] = set()
        waiting = [after for after in FOLLOWS[name] if after != name]
        while waiting:
            after = waiting.pop()
            if after in LINE_RECORDS or after not in TYPE_INDEX or after in seen:
                continue
            if after == name:
                raise ValueError(f"record {name} may come back within one act")
            seen.add(after)
            waiting += FOLLOWS[after]


def complements_are_numbered(invoices: Invoices) -> None:
    """The number of a complement is one more than that of the same record just before it, else 1."""
    batch = invoices.batch
    for kind in _NUMBERED:
        if batch.has(kind):
            rows, own = batch.rows_of(kind), batch.number(kind, "sequence_number")
            expected = np.ones(len(rows), np.int64)
            expected[1:] += own[:-1] * (rows[1:] - rows[:-1] == 1)
            invoices.reject(kind, (own != expected) | (own > _NUMBERED_MAX[kind]))


_LINES: Final = marks(*LINE_RECORDS)
_COUNTED: Final = marks(*LINE_RECORDS, *COMPLEMENTS)


def lines_are_counted(invoices: Invoices) -> None:
    """1 to 999 lines, and the count of record 5."""
    lines = invoices.counted(_LINES)
    invoices.bad |= (lines < 1) | (lines > LINES_MAX)
    invoices.bad |= invoices.counted(_COUNTED) != invoices.value(END, "line_record_count")


# --- totals ----------------------------------------------------------------------------------------------------------

_HOSPITAL: Final = TYPE_INDEX["3"]
_FEES: Final = TYPE_INDEX["4"]


def totals_add_up(invoices: Invoices) -> None:
    """The totals of record 5 are the sums of the lines."""
    fees, fees_fund = invoices.total(_FEES, "fee_total"), invoices.total(_FEES, "amount_payable_by_fund")
    charge, fund = invoices.total(_HOSPITAL, "total_charge"), invoices.total(_HOSPITAL, "amount_payable_by_fund")
    truth = {
        "total_hospital_base": invoices.total(_HOSPITAL, "reimbursement_base"),
        "total_hospital_fund": fund,
        "total_fees": fees,
        "total_fees_fund": fees_fund,
        "total_patient_share": charge - fund + fees - fees_fund,
        "total_hospital_complementary": invoices.total(_HOSPITAL, "amount_payable_by_complementary"),
        "total_fees_complementary": invoices.total(_FEES, "amount_payable_by_complementary"),
        "total_hospital_charge": charge,
    }
    for name, expected in truth.items():
        invoices.bad |= invoices.value(END, name) != expected


TWINS: Final[Twins] = {
    checks.invoice_key_is_one: invoice_key_is_one,
    checks.complements_are_numbered: complements_are_numbered,
    checks.lines_are_counted: lines_are_counted,
    checks.totals_add_up: totals_add_up,
}

_AMOUNTS = ("amount_payable_by_fund", "amount_payable_by_complementary")
WANTED: Final[Wanted] = {
    **{TYPES[kind]: ("sequence_number",) for kind in _NUMBERED},
    "3": ("reimbursement_base", "total_charge", *_AMOUNTS),
    "4": ("fee_total", *_AMOUNTS),
    "5": ("line_record_count", *(entry.name for entry in B2["5"].fields if entry.name.startswith("total_"))),
}
