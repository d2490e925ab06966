"""Every finding code of the project, as one ordered list: precedence, documentation and tests follow this order."""

from vaguemestre.tables.finding_codes import (
    b2,
    card,
    delivery,
    environment,
    files,
    mandate,
    payer,
    reconciliation,
    seal,
    sheet,
    tariff,
)
from vaguemestre.tables.finding_codes.shape import Actor, FindingCode, Level

AREAS: dict[str, tuple[FindingCode, ...]] = {
    "E": environment.CODES,
    "F": files.CODES,
    "S": seal.CODES,
    "M": mandate.CODES,
    "B": b2.CODES,
    "I": sheet.CODES,
    "C": card.CODES,
    "T": tariff.CODES,
    "A": payer.CODES,
    "D": delivery.CODES,
    "R": reconciliation.CODES,
}
"""Area letter -> its codes, in the order in which a file or message meets the checks."""

ALL: tuple[FindingCode, ...] = tuple(code for codes in AREAS.values() for code in codes)
BY_CODE: dict[str, FindingCode] = {entry.code: entry for entry in ALL}

__all__ = ["ALL", "AREAS", "BY_CODE", "Actor", "FindingCode", "Level"]
