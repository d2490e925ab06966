"""Findings about who may sign, send and collect for whom (area M)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
