"""The end of the keeping time in the practice's store: what tells something of a patient is erased, the numbers stay.

A purged sheet keeps its identity, dates, amounts and outcome, so that its number is never given again and the account still adds
up. Its two bodies become empty; readers take an empty body for one that was purged.
"""

from datetime import datetime
from typing import Final

from vaguemestre.edge.practice import rows
from vaguemestre.edge.practice.view import View

_OPEN_SINCE: Final = (  # sent since the limit, or its lot or its file still waits for something
    "SELECT 1 FROM lot_sheets ls JOIN lots l ON l.id = ls.lot_id JOIN b2_files f ON f.id = l.file_id"
    " WHERE ls.sheet_id = s.id AND (l.is_open = 1 OR f.stage <> 'done' OR l.handed_over_at >= :sent_before)"
)
_CORRECTED: Final = "SELECT 1 FROM sheets c WHERE c.replaces_id = s.id AND c.state <> 'cancelled'"
_CHOOSE: Final = (
    "CREATE TEMP TABLE purged AS SELECT s.id, s.body_id, s.travelling_id FROM sheets s"
    " JOIN sheet_bodies b ON b.id = s.body_id WHERE length(b.sealed) > 0"
    " AND s.ended_at IS NOT NULL AND s.ended_at < :sent_before"
    f" AND NOT EXISTS ({_OPEN_SINCE})"
    f" AND NOT EXISTS ({_CORRECTED} AND (c.ended_at IS NULL OR c.ended_at >= :sent_before))"
    f" AND (s.state <> 'rejected' OR s.completed_on < :lapsed_before OR EXISTS ({_CORRECTED}))"
)
_ERASE: Final = (
    "UPDATE sheet_bodies SET sealed = x'' WHERE id IN (SELECT body_id FROM purged UNION SELECT travelling_id FROM purged)",
    "UPDATE sheets SET patient_index = zeroblob(16), care_index = NULL, entry_index = NULL, on_paper_reason = NULL"
    " WHERE id IN (SELECT id FROM purged)",
    "UPDATE sheet_answers SET told = NULL WHERE sheet_id IN (SELECT id FROM purged)",
    # what was sent: a file of which every sheet is purged
    "CREATE TEMP TABLE purged_files AS SELECT f.id FROM b2_files f WHERE f.stage = 'done' AND EXISTS"
    " (SELECT 1 FROM lots l JOIN lot_sheets ls ON ls.lot_id = l.id JOIN purged p ON p.id = ls.sheet_id WHERE l.file_id = f.id)"
    " AND NOT EXISTS (SELECT 1 FROM lots l JOIN lot_sheets ls ON ls.lot_id = l.id JOIN sheets s ON s.id = ls.sheet_id"
    " JOIN sheet_bodies b ON b.id = s.body_id WHERE l.file_id = f.id AND length(b.sealed) > 0)",
    "UPDATE b2_files SET body = x'' WHERE origin = 'carried' AND id IN (SELECT id FROM purged_files)",
    "UPDATE sealings SET message = x'' WHERE file_id IN (SELECT id FROM purged_files)",
)
_ERASE_LATE: Final = (  # what an answer of that age said of a sheet that was purged before it came
    "UPDATE sheet_answers SET told = NULL WHERE told IS NOT NULL AND applied_at < :sent_before AND sheet_id IN"
    " (SELECT s.id FROM sheets s JOIN sheet_bodies b ON b.id = s.body_id WHERE length(b.sealed) = 0)"
)
_ERASE_MAIL: Final = (  # an answer of that age that speaks of purged sheets alone, a bundle of that age
    "UPDATE inbox SET body = x'', told = NULL WHERE state = 'applied' AND received_at < :sent_before AND length(body) > 0"
    " AND (kind = 'BUNDLE' OR EXISTS (SELECT 1 FROM answers a WHERE a.inbox_id = inbox.id)) AND NOT EXISTS"
    " (SELECT 1 FROM answers a JOIN sheet_answers sa ON sa.answer_id = a.id LEFT JOIN sheets s ON s.id = sa.sheet_id"
    " LEFT JOIN sheet_bodies b ON b.id = s.body_id WHERE a.inbox_id = inbox.id AND (s.id IS NULL OR length(b.sealed) > 0))"
)


class KeepingWriter(View):
    """Erasing what the keeping time has passed for."""

    def purge(self, sent_before: datetime, lapsed_before: str) -> tuple[int, int]:
        """Erase what is known of patients in sheets that ended and were sent before an instant; gives (sheets, messages).

        `lapsed_before`: ISO day; a rejected sheet that nothing corrects stays while care of that day or later is claimed in it.
        """
        given = {"sent_before": rows.stamp(sent_before), "lapsed_before": lapsed_before}
        run = self._driver.execute
        for table in ("purged", "purged_files"):
            run(f"DROP TABLE IF EXISTS temp.{table}")
        run(_CHOOSE, given)
        (sheets,) = run("SELECT count(*) FROM purged").fetchone()
        for statement in _ERASE:
            run(statement)
        run(_ERASE_LATE, given)
        messages = run(_ERASE_MAIL, given).rowcount
        for table in ("purged", "purged_files"):
            run(f"DROP TABLE temp.{table}")
        return int(sheets), int(messages)
