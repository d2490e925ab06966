"""Findings of the payer's intake, registration and adjudication (area A)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
