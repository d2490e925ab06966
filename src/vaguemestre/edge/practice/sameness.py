"""What the store already holds of the same care, or of the same row of a file, by keyed hashes: many sheets in one look."""

from collections.abc import Sequence
from functools import cache

from vaguemestre.core.practice.book import CareKeys, CareMarks, KnownCare, SheetKey
from vaguemestre.edge.practice.view import View
from vaguemestre.tables.lifecycles import SheetState


@cache
def _same_care(count: int) -> str:
    """The earliest sheet of each row of a file, among those of some patients and cares; `count` pairs of hashes."""
    pairs = ", ".join(["(?, ?)"] * count)
    return (
        f"WITH asked (patient, care) AS (VALUES {pairs})"
        " SELECT s.patient_index, s.care_index, s.entry_index, min(s.id), s.billing_number, s.invoice_number, s.made_on"
        " FROM asked CROSS JOIN sheets s ON s.patient_index = asked.patient AND s.care_index = asked.care"  # asked drives
        f" WHERE s.state <> '{SheetState.CANCELLED.value}' GROUP BY 1, 2, 3 ORDER BY 4"
    )


class CareReader(View):
    """Looking up what was already recorded."""

    def known_care(self, asked: Sequence[CareKeys]) -> dict[CareKeys, KnownCare]:
        """What the store already holds of some cares, cancelled sheets left out; silent on others. One statement for all."""
        if not asked:
            return {}
        blind = self._blind
        given = [mark for one in asked for mark in (blind(one.patient), blind(one.care))]
        found = self._driver.execute(_same_care(len(asked)), given).fetchall()
        if not found:
            return {}  # as it should be
        like: dict[tuple[bytes, bytes], SheetKey] = {}
        entered: dict[tuple[bytes, bytes, bytes | None], SheetKey] = {}
        for patient, care, entry, _, *key in found:  # the earliest first
            like.setdefault((patient, care), SheetKey(*key))
            entered[patient, care, entry] = SheetKey(*key)
        known = {}
        for one in asked:
            pair = blind(one.patient), blind(one.care)
            if pair in like:
                known[one] = KnownCare(entered.get((*pair, blind(one.entry))) if one.entry else None, like[pair])
        return known

    def care_marks(self, sheet_id: int) -> CareMarks:
        """The keyed hashes of one sheet, to be kept with the same sheet in another store of the same key."""
        row = self._driver.execute("SELECT care_index, entry_index FROM sheets WHERE id = ?", (sheet_id,)).fetchone()
        return CareMarks(*row) if row is not None else CareMarks(None, None)


class CareWriter(CareReader):
    """Writing down what another store of the same key knew."""

    def keep_care_marks(self, sheet_id: int, marks: CareMarks) -> None:
        """Give a sheet the keyed hashes that it had elsewhere."""
        self._driver.execute("UPDATE sheets SET care_index = ?, entry_index = ? WHERE id = ?", (*marks, sheet_id))
