"""Findings about acknowledgements and returns reaching the practice (area R)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
