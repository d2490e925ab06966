"""A B2 record as a JSON object and back; what is no record of the table keeps its bytes. vgm:b2-json."""

from typing import Final

from vaguemestre.core.b2.codec import B2_RECORDS, decode_record
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.toolkit.converting.record_form import (
    INVOICE,
    LOT,
    NUMBER,
    RECORD,
    Members,
    RecordForm,
    RefusedError,
    below,
    latin,
)

FORMS: Final = {name: RecordForm(plan) for name, plan in B2_RECORDS.plans.items()}
"""Record type -> its JSON form."""

UNKNOWN: Final = "unknown"
"""In place of `record`: 128 bytes in step with the others that are no record of the table, one character per byte."""


def record_name(data: bytes) -> str | None:
    """The type of 128 bytes, None when they are no record of the table."""
    plan = B2_RECORDS.recognise(data)
    if plan is None:
        return None
    if not plan.accepts(data):
        record, _ = decode_record(data)
        return record.name if record is not None else None
    return plan.name


def members_of(data: bytes, name: str | None) -> Members:
    """128 bytes as a JSON object; `name` as `record_name` gives it."""
    return {UNKNOWN: str(data, "latin-1")} if name is None else FORMS[name].members(data)


def record_of(members: object, place: Place) -> tuple[bytes, tuple[Finding, ...]]:
    """The 128 bytes of a JSON object; with findings, those bytes are not to be used."""
    if not isinstance(members, dict):
        return b"", (finding("J002", place, expected_fr="un enregistrement { … }", expected_en="a record { … }"),)
    if UNKNOWN in members:
        return _unknown(members, place)
    name = members.get(RECORD)
    if not isinstance(name, str):
        expected = {"expected_fr": "« record », un type d'enregistrement", "expected_en": '"record", a type of record'}
        return b"", (finding("J002", place, **expected),)
    form = FORMS.get(name)
    if form is None:
        return b"", (finding("J004", place, found=name[:20], expected=" ".join(FORMS)),)
    return form.encode(members, place)


def _unknown(members: Members, place: Place) -> tuple[bytes, tuple[Finding, ...]]:
    try:
        data = latin(members[UNKNOWN])
    except RefusedError:
        data = b""
    if len(data) == 128 and not set(members) - {UNKNOWN, NUMBER, LOT, INVOICE}:
        return data, ()
    expected = {"expected_fr": "128 caractères d'un octet", "expected_en": "128 characters of one byte"}
    return b"", (finding("J002", below(place, UNKNOWN), **expected),)
