"""Findings about opening a sealed message: envelope, signature, certificate, revocation (area S)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
