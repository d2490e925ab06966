"""What a sheet must hold before it is worth valuing: an act, a prescription where one is needed, dates in their order.

Identifiers and the shape of dates belong to `core.identifiers` and the sheet's own checks; only what the acts need is here.
"""

from collections.abc import Sequence
from datetime import date

from vaguemestre.core.caresheet import Act, CareSheet, DraftSheet, SheetLine
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.specialties import PRESCRIBED_CODES


def completeness(sheet: DraftSheet | CareSheet, today: date) -> tuple[Finding, ...]:
    """Findings about a sheet's acts as a whole; `today` is the day in the practice's (or payer's) territory."""
    acts: Sequence[Act | SheetLine] = sheet.acts if isinstance(sheet, DraftSheet) else sheet.lines
    if not acts:
        return (finding("T080", Place(field="item:9")),)
    found: list[Finding] = []
    for number, act in enumerate(acts, start=1):
        place = Place(line=number)
        if act.performed_on > today:
            found.append(finding("T084", place, act=act.code, on=act.performed_on.isoformat()))
        if act.performed_on > sheet.completed_on:
            found.append(
                finding(
                    "T085",
                    place,
                    act=act.code,
                    on=act.performed_on.isoformat(),
                    completed_on=sheet.completed_on.isoformat(),
                )
            )
    if sheet.performer.specialty in PRESCRIBED_CODES:
        found += _prescription(sheet, acts)
    return tuple(found)


def _prescription(sheet: DraftSheet | CareSheet, acts: Sequence[Act | SheetLine]) -> list[Finding]:
    """css:R161-40; where no prescription is needed the performer names himself (vgm:prescriber-needed)."""
    if sheet.prescriber is None:
        return [finding("T081", Place(line=1), act=acts[0].code)]
    try:
        prescribed_on = date.fromisoformat(sheet.prescriber.prescribed_on_iso)
    except ValueError:
        return [finding("T083", Place(field="item:7"), found=sheet.prescriber.prescribed_on_iso)]
    return [
        finding(
            "T082",
            Place(line=number),
            act=act.code,
            on=act.performed_on.isoformat(),
            prescribed_on=prescribed_on.isoformat(),
        )
        for number, act in enumerate(acts, start=1)
        if act.performed_on < prescribed_on
    ]
