"""B2 records 000, 1, 2..5, 6, 999: one encoder and one decoder over the same table (`tables/layouts/b2.csv`).

Reading accepts what other software writes and reports it; writing accepts only what the norm holds.
"""

from collections.abc import Mapping

from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import Family, Record, Value

RECORD_BYTES = 128
B2_RECORDS = Family(B2)

_SUBTYPE_COLUMNS = (36, 39)  # where the sources put a letter after the type: 36 without rank, 39 with rank. b2:06-TF
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PLAIN = frozenset(("2", "3", "4"))


def encode_record(name: str, values: Mapping[str, Value]) -> bytes:
    """One record of 128 bytes, ASCII. `values` by the table's `name_en`; what is not given is written absent.

    Amounts are int cents, coefficients Decimal, counts int, identifiers str of digits, dates `date`, texts str already in
    upper case without accent (`records.plain_text`). Raises UnwritableError naming every field that cannot hold its value;
    KeyError or TypeError for a name or type that is our own fault.
    """
    return B2_RECORDS.encode(name, values)


def decode_record(
    data: bytes, number: int | None = None, source: str = ""
) -> tuple[Record | None, tuple[Finding, ...]]:
    """One record from its 128 bytes and what is wrong with it; None when it is no known record or not of that length.

    `number` (1-based rank in its file) and `source` go to the findings' places.
    """
    record, findings = B2_RECORDS.decode(data, number, source)
    if findings and record is not None and record.name in _PLAIN and _unknown_subtype(data):
        return None, (finding("B001", Place(source, number), found=str(data[:1], "latin-1") + _unknown_subtype(data)),)
    return record, findings


def is_sound(data: bytes) -> bool:
    """Whether these bytes are one record that nothing refuses."""
    record, findings = decode_record(data)
    return record is not None and not errors_in(findings)


def _unknown_subtype(data: bytes) -> str:
    """The letter that makes a record 2, 3 or 4 another record than those of the table, "" when there is none."""
    for column in _SUBTYPE_COLUMNS:
        if data[column - 1] in _LETTERS:
            return chr(data[column - 1])
    return ""
