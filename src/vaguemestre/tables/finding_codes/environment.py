"""Findings about the machine: ports, disk, state directories, keys (area E)."""

from vaguemestre.tables.finding_codes.shape import FindingCode

CODES: tuple[FindingCode, ...] = ()
