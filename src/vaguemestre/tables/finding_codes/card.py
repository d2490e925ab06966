"""Findings about the patient's card, the professional's card and rights (area C)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
