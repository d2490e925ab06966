"""Which sheets the payer holds for a person, by its answers: asked when somebody looks, never while answers are applied."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Subquery, func, select

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.practice.book import SheetRow, StageCount
from vaguemestre.core.practice.reconciliation import Verdict
from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.schema import sheet_answers, sheets
from vaguemestre.edge.practice.view import View
from vaguemestre.tables.lifecycles import SheetState


def _held() -> Subquery:
    """(sheet_id, since): acknowledged sheets of which the last word is that they are held; being known already is no word."""
    said, later = sheet_answers, sheet_answers.alias("later")
    newer = select(later.c.id).where(
        later.c.sheet_id == said.c.sheet_id, later.c.id > said.c.id, later.c.verdict != Verdict.DUPLICATE.value
    )
    return (
        select(said.c.sheet_id, said.c.applied_at.label("since"))
        .join(sheets, sheets.c.id == said.c.sheet_id)
        .where(
            said.c.verdict == Verdict.HELD.value,
            sheets.c.state == SheetState.ACKNOWLEDGED.value,
            ~newer.exists(),
        )
        .subquery("held")
    )


_HELD: Final = _held()


class HeldReader(View):
    """Looking held sheets up."""

    def held_counts(self) -> list[StageCount]:
        """How many acknowledged sheets are held, and what they claim, by settlement."""
        table = sheets.c
        query = (
            select(table.settlement, func.count(), func.sum(table.fund_cents), func.min(table.deadline))
            .join(_HELD, _HELD.c.sheet_id == table.id)
            .group_by(table.settlement)
            .order_by(table.settlement)
        )
        return [
            StageCount(SheetState.ACKNOWLEDGED, Settlement(row[0]), row[1], int(row[2]), date.fromisoformat(row[3]))
            for row in self._connection.execute(query)
        ]

    def held_sheets(self, count_max: int) -> list[tuple[SheetRow, datetime]]:
        """Held sheets and since when; those that the practice waits to be paid for first, then the oldest hold."""
        query = select(*rows.SHEET_COLUMNS, _HELD.c.since).join(_HELD, _HELD.c.sheet_id == sheets.c.id)
        query = query.order_by(sheets.c.settlement.desc(), _HELD.c.since, sheets.c.id).limit(count_max)
        return [(rows.sheet_row(row[:-1]), rows.instant(row[-1])) for row in self._connection.execute(query)]

    def held_since(self, sheet_ids: Sequence[int]) -> dict[int, datetime]:
        """Those of some sheets that are held, and since when."""
        query = select(_HELD.c.sheet_id, _HELD.c.since).where(_HELD.c.sheet_id.in_(sheet_ids))
        return {row[0]: rows.instant(row[1]) for row in self._connection.execute(query)}
