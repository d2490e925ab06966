"""Where a mistake of an entered sheet stands in the file that it came from: file, line, sheet, act. vgm:entry-format."""

from collections.abc import Iterable
from dataclasses import replace

from vaguemestre.core.entry.drafts import Entered
from vaguemestre.core.findings import Finding, Place
from vaguemestre.tables.entry_columns import BY_NAME


def placed(findings: Iterable[Finding], entered: Entered, source: str) -> tuple[Finding, ...]:
    """The same findings, each with its place in the file `source` ("" for a sheet that was typed, which has no lines).

    The checks of a sheet know its acts by their rank and nothing of files; what speaks of another file (a card) keeps its place
    there and is told with the sheet's mark.
    """
    return tuple(replace(item, place=_placed(item.place, entered, source)) for item in findings)


def _placed(place: Place, entered: Entered, source: str) -> Place:
    if place.source and place.source != source:
        return replace(place, sheet=entered.reference)
    of_file = bool(source) and place.source == source  # said by the reader of the file, with its line
    act = _act(place, entered, of_file=of_file)
    line = place.line if of_file else entered.line
    if not of_file and act is not None and act <= len(entered.act_lines):
        line = entered.act_lines[act - 1]
    return replace(
        place,
        source=source,
        record=entered.rank or None,
        line=line if source else None,
        sheet=entered.reference,
        act=act,
    )


def _act(place: Place, entered: Entered, *, of_file: bool) -> int | None:
    """The act, from its rank, or from its line when that line tells it; a column of the whole sheet has none."""
    column = BY_NAME.get(place.field)
    if place.line is None or (column is not None and not column.per_act):
        return None
    if not of_file:
        return place.line
    if column is not None and entered.act_lines.count(place.line) == 1:
        return entered.act_lines.index(place.line) + 1
    return None
