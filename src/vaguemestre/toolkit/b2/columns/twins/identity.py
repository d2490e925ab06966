"""Twins of `rules.identity`: NIR, professionals', establishments' and accident numbers with their keys; one rank."""

from typing import Final

import numpy as np

from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.toolkit.b2.columns.invoices import Invoices, Twins, Wanted
from vaguemestre.toolkit.b2.columns.keys import Text, luhn_is_right, nir_is_right
from vaguemestre.toolkit.b2.columns.plan import START, TYPE_INDEX, TYPES, WORD
from vaguemestre.toolkit.b2.rules import identity
from vaguemestre.toolkit.b2.rules.identity import NIR_FIELDS, NUMBER_FIELDS, RPPS_FIELDS


def nirs_have_their_key(invoices: Invoices) -> None:
    """A NIR has its form and its key, or is empty."""
    batch = invoices.batch
    for name, pairs in NIR_FIELDS.items():
        kind = TYPE_INDEX[name]
        if batch.has(kind):
            for nir, key in pairs:
                start = B2[name].by_name[nir].position - 1
                invoices.reject(kind, ~nir_is_right(batch, kind, start, batch.number(kind, key)))


def numbers_have_their_key(invoices: Invoices) -> None:
    """A number of 9 digits ends with its key; zeros are no number."""
    batch = invoices.batch
    for name, fields in NUMBER_FIELDS.items():
        kind = TYPE_INDEX[name]
        if batch.has(kind):
            for field in fields:
                invoices.reject(kind, ~luhn_is_right(*batch.halves(kind, field)))


def rpps_have_their_key(invoices: Invoices) -> None:
    """11 digits with their key, zeros, or, where the layout takes text, spaces."""
    batch = invoices.batch
    for name, fields in RPPS_FIELDS.items():
        kind = TYPE_INDEX[name]
        if not batch.has(kind):
            continue
        for field in fields:
            entry = B2[name].by_name[field]
            if entry.kind is Kind.TEXT:
                text = Text(batch, kind, entry.position - 1, entry.length)
                blank, digits = text.is_blank(), text.is_digits()
                invoices.reject(kind, ~(blank | (digits & luhn_is_right(*text.read()))))
            else:
                invoices.reject(kind, ~luhn_is_right(*batch.halves(kind, field)))


def accident_number_is_right(invoices: Invoices) -> None:
    """A number with its key, zeros, or 000 and a date."""
    batch = invoices.batch
    low, high = batch.halves(START, "work_accident_number")
    wrong = ~luhn_is_right(low, high)
    if np.count_nonzero(wrong):
        wrong &= (low >= 1_000_000) | (high != 0) | ~batch.is_real_date(low)
        invoices.reject(START, wrong)


_RANK_AT, _RANK_END = B2[TYPES[START]].by_name["beneficiary_rank"].columns
_RANKED: Final = np.array(["beneficiary_rank" in B2[name].by_name for name in TYPES] + [False], np.bool_)
_RANK_WORD: Final = (_RANK_AT - 1) // WORD
_RANK_MASK: Final = np.uint64(
    sum(0xFF << 8 * (column - 1 - _RANK_WORD * WORD) for column in range(_RANK_AT, _RANK_END + 1))
)


def rank_is_one(invoices: Invoices) -> None:
    """The rank of record 2, wherever a rank stands."""
    batch = invoices.batch
    ranks = batch.rows[:, _RANK_WORD] & _RANK_MASK
    invoices.reject_rows((ranks != invoices.first_words(ranks)) & _RANKED[batch.types])


def prove_ranks_stand_in_one_place() -> None:
    """The rank has one place in all records that bear it, within one word. Raises ValueError otherwise."""
    places = {B2[name].by_name["beneficiary_rank"].columns for name in TYPES if _RANKED[TYPE_INDEX[name]]}
    if places != {(_RANK_AT, _RANK_END)} or (_RANK_END - 1) // WORD != _RANK_WORD:
        raise ValueError("the beneficiary's rank moves from record to record")


TWINS: Final[Twins] = {
    identity.nirs_have_their_key: nirs_have_their_key,
    identity.numbers_have_their_key: numbers_have_their_key,
    identity.rpps_have_their_key: rpps_have_their_key,
    identity.accident_number_is_right: accident_number_is_right,
    identity.rank_is_one: rank_is_one,
}


def _wanted() -> Wanted:
    found: dict[str, tuple[str, ...]] = {TYPES[START]: ("work_accident_number",)}
    for name, pairs in NIR_FIELDS.items():
        found[name] = (*found.get(name, ()), *(key for _, key in pairs))
    for fields in (NUMBER_FIELDS, RPPS_FIELDS):
        for name, names in fields.items():
            numbers = [one for one in names if B2[name].by_name[one].kind is not Kind.TEXT]
            found[name] = (*found.get(name, ()), *numbers)
    return found


WANTED: Final = _wanted()
