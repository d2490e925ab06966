"""Where the records of an invoice stand in their file, when some between them could not be read."""

from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.wire.records import Record

NO_RECORD = frozenset({"F005", "F006", "F007", "B001"})
"""Findings that stand in the place of a record: its rank counts, nothing of it was read."""


def ranked(invoice: Invoice) -> list[tuple[int, Record]]:
    """An invoice's records with their ranks in the file: lost ones in between count."""
    if not invoice.findings:
        return list(enumerate(invoice.records, start=invoice.first))
    lost = {item.place.record for item in invoice.findings if item.code.code in NO_RECORD}
    found, rank = [], invoice.first
    for record in invoice.records:
        while rank in lost:
            rank += 1
        found.append((rank, record))
        rank += 1
    return found
