"""Findings about the ways: sending, collecting, operators (area D)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
