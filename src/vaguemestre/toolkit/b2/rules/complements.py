"""What stands in the complements of a line, hospital ones included: sessions in order, biology acts, identifiers, unit amounts."""

from collections.abc import Iterator, Sequence
from datetime import date

from vaguemestre.core.b2.checks import Numbered
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.money import half_up
from vaguemestre.toolkit.b2.rules.parts import Around, amounts, at_field, lines_of, shown

BIOLOGY_ACTS = 5
"""Acts of one 4B. b2:4B49."""
COMPLETING_ACTS = frozenset(("ERI", "ETI", "EMI", "MAR"))
"""Acts written right after the act that they complete. b2:06-TF."""
RPPS_RECORDS: dict[str, tuple[str, ...]] = {"3E": ("prescriber_rpps",), "4E": ("prescriber_rpps", "performer_rpps")}
"""Records that stand only to bear one of these. b2:06-TF."""
UNIT_TOTALS: dict[str, tuple[tuple[str, str, str, str | None], ...]] = {
    "3F": (("unit_gap", "quantity", "total_gap", None),),
    "3H": (
        ("unit_gap", "quantity", "total_gap", None),
        ("purchase_unit_price", "quantity", "total_charge", "split_coefficient"),
    ),
    "4H": (("unit_price", "quantity", "total_charge", "split_coefficient"),),
}
"""Record -> unit amount, quantity, total, and a coefficient of four decimals if there is one. vgm:b2-complement-totals."""
_WHOLE = 10_000


def sessions_are_in_order(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """The 4M of one act follow the dates of their sessions. b2:4M65."""
    for line in lines_of(records):
        before: date | None = None
        for numbered in line.complements:
            if numbered[1].name != "4M":
                continue
            day = numbered[1]["session_date"]
            if not isinstance(day, date):
                continue
            if before is not None and day < before:
                found, expected = day.isoformat(), before.isoformat()
                yield at_field("B133", numbered, "session_date", around.source, found=found, expected=expected)
            before = day


def biology_acts_are_whole(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """An act of a 4B has date, quantity and code, or nothing; acts stand from the first place on. b2:4B49."""
    for numbered in records:
        record = numbered[1]
        if record.name != "4B":
            continue
        gap = False
        for rank in range(1, BIOLOGY_ACTS + 1):
            date_name = f"act{rank}_date"
            parts = [record.raw(name) for name in (date_name, f"act{rank}_quantity", f"act{rank}_nabm_code")]
            filled = [bool(part.strip(b" 0")) for part in parts]
            if any(filled) and (gap or not all(filled)):
                yield at_field("B134", numbered, date_name, around.source, rank=rank)
            gap = gap or not any(filled)


def identifiers_are_there(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """A 3E or a 4E bears an RPPS number. b2:06-TF."""
    for rank, record in records:
        names = RPPS_RECORDS.get(record.name, ())
        if names and not any(record.raw(name).strip(b" 0") for name in names):
            yield finding("B135", Place(around.source, rank), found=record.name)


def completing_acts_follow(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """An act that completes another one is never the first line. b2:06-TF."""
    line = next(lines_of(records), None)
    if line is not None:
        code = shown(line.record.raw("act_code"))
        if code in COMPLETING_ACTS:
            yield at_field("B136", (line.rank, line.record), "act_code", around.source, found=code)


def unit_amounts_make_totals(records: Sequence[Numbered], around: Around) -> Iterator[Finding]:
    """Totals of devices and medicines are unit amount x quantity (x coefficient). vgm:b2-complement-totals."""
    for numbered in records:
        record = numbered[1]
        for unit, quantity, total, coefficient in UNIT_TOTALS.get(record.name, ()):
            read = amounts(record, unit, quantity, total)
            share = amounts(record, coefficient) if coefficient else (_WHOLE,)
            if read is None or share is None or not read[0]:
                continue
            expected = half_up(read[0] * (read[1] or 1) * (share[0] or _WHOLE), _WHOLE)
            if read[2] != expected:
                yield at_field("B128", numbered, total, around.source, found=read[2], expected=expected)
