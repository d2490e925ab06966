"""Who is who in an invoice: NIR, professionals' and establishments' numbers, RPPS, accident numbers, their keys; one rank."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding
from vaguemestre.core.identifiers import control_key, nir_is_valid, nir_key
from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.core.wire.records import read_date
from vaguemestre.toolkit.b2.rules.parts import Around, at_field, shown

NIR_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "2": (("insured_nir", "insured_nir_key"),),
    "2S": (("beneficiary_nir", "beneficiary_nir_key"),),
}
"""Record -> fields of a NIR and its key. The other records repeat that of the 2, which a check of its own compares."""

NUMBER_FIELDS: dict[str, tuple[str, ...]] = {
    "2": ("provider_number",),
    "2S": ("attending_doctor_number",),
    "3S": ("prescriber_number",),
    "4": ("prescriber_number", "performer_number"),
}
"""Record -> fields of 8 digits and a key: professionals and establishments."""

RPPS_FIELDS: dict[str, tuple[str, ...]] = {"3E": ("prescriber_rpps",), "4E": ("prescriber_rpps", "performer_rpps")}

_RANKED = frozenset(name for name, layout in B2.items() if "beneficiary_rank" in layout.by_name)
_ACCIDENT = B2["2"].by_name["work_accident_number"].where


def nirs_have_their_key(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """A NIR has its form and its key: 97 - (number mod 97), Corsica's 2A as 19 and 2B as 18. fides:07-DICO."""
    for numbered in records:
        record = numbered[1]
        for name, key_name in NIR_FIELDS.get(record.name, ()):
            nir, key = shown(record.raw(name)), shown(record.raw(key_name))
            if nir_is_valid(nir, key) or (_is_empty(nir) and _is_empty(key)):
                continue
            try:
                expected = nir_key(nir)
            except ValueError:
                yield at_field("B100", numbered, name, around.source, found=nir)
            else:
                yield at_field("B101", numbered, key_name, around.source, found=key, expected=expected)


def numbers_have_their_key(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """A number of 9 digits ends with its key; zeros are no number. fides:07-DICO."""
    for numbered in records:
        record = numbered[1]
        for name in NUMBER_FIELDS.get(record.name, ()):
            raw = record.raw(name)
            expected = _known_key(raw)
            if expected:
                yield at_field("B102", numbered, name, around.source, found=shown(raw), expected=expected)


def rpps_have_their_key(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """An RPPS number has 11 digits, the last of which is the key of the others. fides:07-DICO."""
    for numbered in records:
        record = numbered[1]
        for name in RPPS_FIELDS.get(record.name, ()):
            raw = record.raw(name)
            if not raw.isdigit():
                if (
                    not raw.isspace() and record.plan.layout.by_name[name].kind is Kind.TEXT
                ):  # else said already: not numeric
                    yield at_field("B103", numbered, name, around.source, found=shown(raw))
                continue
            expected = _known_key(raw)
            if expected:
                yield at_field("B104", numbered, name, around.source, found=shown(raw), expected=expected)


def accident_number_is_right(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """[0286] is a number with its key, or the accident's date as 000AAMMJJ. b2:0286."""
    numbered = records[0]
    record = numbered[1]
    if record.name != "2":
        return
    raw = record.data[_ACCIDENT]
    expected = _right_key(raw)
    if expected and not (raw.startswith(b"000") and read_date(raw[3:]) is not None):
        yield at_field("B105", numbered, "work_accident_number", around.source, found=shown(raw), expected=expected)


def rank_is_one(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Every record that carries the beneficiary's rank carries the same. b2:0227."""
    first = records[0][1]
    if first.name not in _RANKED:
        return
    rank = first.data[26:29]
    for numbered in records[1:]:
        record = numbered[1]
        if record.name in _RANKED and record.data[26:29] != rank:
            found = shown(record.data[26:29])
            yield at_field("B111", numbered, "beneficiary_rank", around.source, found=found, expected=shown(rank))


def _right_key(raw: bytes) -> str:
    """The key that these digits should end with; "" when they do, or are no number. Not remembered: may be health data."""
    if not raw.isdigit() or not raw.strip(b"0"):
        return ""
    digits = str(raw, "ascii")
    key = control_key(digits[:-1])
    return "" if key == digits[-1] else key


_known_key = lru_cache(maxsize=4096)(_right_key)  # of professionals and establishments


def _is_empty(nir: str) -> bool:
    return not nir.strip(" 0")
