"""Codes that are in no list: the specification's and the public ones, the form of CCAM codes, teeth, treatments."""

import re
from collections.abc import Iterator, Sequence

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.b2_code_lists import CODES, PUBLIC_CODES, TOOTH_CODES, TREATMENTS, Codes
from vaguemestre.toolkit.b2.rules.parts import Around, at_field, shown

CCAM_CODE = re.compile(rb"[A-Z]{4}[0-9]{3} {6}")
TOOTH_FIELDS = tuple(f"tooth_{rank}" for rank in range(1, 17))


def _by_record(lists: Codes) -> dict[str, tuple[tuple[str, frozenset[bytes], str], ...]]:
    """Record -> field, its codes as bytes, and the list as a message shows it."""
    records: dict[str, tuple[tuple[str, frozenset[bytes], str], ...]] = {}
    for (record, name), codes in lists.items():
        entry = (name, frozenset(code.encode() for code in codes), " ".join(sorted(codes)))
        records[record] = (*records.get(record, ()), entry)
    return records


_CODES, _PUBLIC = _by_record(CODES), _by_record(PUBLIC_CODES)


def codes_are_listed(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Fields whose list the specification gives. fides:07-DICO."""
    for numbered in records:
        for name, codes, expected in _CODES.get(numbered[1].name, ()):
            raw = numbered[1].raw(name)
            if raw not in codes and raw.strip(b" 0"):
                yield at_field("B106", numbered, name, around.source, found=shown(raw), expected=expected)


def codes_are_known(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Fields of which only a public list is at hand. snds:ORAVAL."""
    for numbered in records:
        for name, codes, _ in _PUBLIC.get(numbered[1].name, ()):
            raw = numbered[1].raw(name)
            if raw not in codes and raw.strip(b" 0"):
                yield at_field("B107", numbered, name, around.source, found=shown(raw))


def ccam_codes_have_their_form(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Four letters and three digits. ccam:v81."""
    for numbered in records:
        if numbered[1].name == "4M":
            raw = numbered[1].raw("ccam_code")
            if not CCAM_CODE.fullmatch(raw) and not raw.isspace():
                yield at_field("B108", numbered, "ccam_code", around.source, found=shown(raw))


def teeth_exist(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Teeth, jaws and quadrants of the designation system. iso3950:5."""
    for numbered in records:
        if numbered[1].name != "4M" or numbered[1].data[70:102].isspace():
            continue
        for name in TOOTH_FIELDS:
            found = shown(numbered[1].raw(name))
            if found != " " and found not in TOOTH_CODES:
                yield at_field("B109", numbered, name, around.source, found=found)


def treatments_are_known(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Treatment mode and discipline of lines are among those of external care. b2:0439, b2:0441."""
    for numbered in records:
        record = numbered[1]
        if record.name in ("3", "4"):
            pair = _treatment(record)
            if pair not in TREATMENTS:
                expected = " ".join("/".join(entry) for entry in sorted(TREATMENTS))
                yield at_field(
                    "B137", numbered, "treatment_mode", around.source, found="/".join(pair), expected=expected
                )


def _treatment(record: Record) -> tuple[str, str]:
    return record.text("treatment_mode"), record.text("tariff_discipline")
