"""Hypothesis strategies: values that the fields of a layout can hold, drawn from the table itself."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from vaguemestre.core.wire.layouts import Absent, Field, Kind, Layout

ALPHABET = "".join(chr(code) for code in range(32, 127) if not chr(code).islower() and chr(code) not in "@`")


def field_values(entry: Field) -> st.SearchStrategy[Any]:
    """Every value a field can hold, but the absent one where the table forbids it."""
    filled = entry.absent is not Absent.OK
    if entry.codes:
        return st.sampled_from([code.zfill(entry.length) if entry.numeric else code for code in entry.codes])
    match entry.kind:
        case Kind.TEXT:
            text = st.text(ALPHABET, max_size=entry.length).map(lambda value: value.rstrip(" "))
            return text.filter(bool) if filled else text
        case Kind.OPAQUE:
            return st.text(ALPHABET, min_size=entry.length, max_size=entry.length)
        case Kind.DIGITS:
            digits = st.text("0123456789", min_size=entry.length, max_size=entry.length)
            return digits.filter(lambda value: value.strip("0") != "") if filled else digits
        case Kind.NUMBER | Kind.CENTS:
            return st.integers(1 if filled else 0, 10**entry.length - 1)
        case Kind.DECIMAL:
            return st.integers(0, 10**entry.length - 1).map(lambda whole: Decimal(whole).scaleb(-entry.decimals))
        case _:
            days = st.dates(date(1970, 1, 1), date(2069, 12, 31))
            return days if filled else st.none() | days


def record_values(layout: Layout) -> st.SearchStrategy[Mapping[str, Any]]:
    """A whole record's values: every mandatory field, any subset of the others."""
    needed, free = {}, {}
    for entry in layout.fields:
        if entry.constant or entry.kind is Kind.FILLER:
            continue
        (free if entry.absent is Absent.OK else needed)[entry.name] = field_values(entry)
    return st.fixed_dictionaries(needed, optional=free)
