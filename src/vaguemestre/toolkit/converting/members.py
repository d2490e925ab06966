"""The names that fields bear outside B2: those of the layout table, amounts ending with their unit."""

from vaguemestre.core.wire.layouts import Field, Kind

CENTS = "_cents"


def member_name(entry: Field) -> str:
    """The name of a field in JSON and tables: `fee_total_cents`, `care_date`. vgm:b2-json."""
    return entry.name + CENTS if entry.kind is Kind.CENTS else entry.name


def is_member(entry: Field) -> bool:
    """Whether the field has a value to show: neither a filler nor a constant."""
    return entry.kind is not Kind.FILLER and not entry.constant
