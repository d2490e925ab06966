"""Findings about a care sheet's content and identifiers (area I)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
