"""Findings about reading any input file: encoding, length, compression, format (area F)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
