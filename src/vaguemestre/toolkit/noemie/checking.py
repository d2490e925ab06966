"""Checks anyone's NOEMIE return: every finding in one run, the rest of the file never hidden by one damage."""

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.noemie_order import INVOICE_HEADS
from vaguemestre.toolkit.noemie.reading import recognised_pieces
from vaguemestre.toolkit.report import SHOWN_MAX, CheckReport, FindingsKept
from vaguemestre.toolkit.source import Progress, Source, told

_IDENTITY = slice(3, 61)  # of 000: sender, recipient, exchange, file, day


def check_file(
    source: Source,
    known: dict[bytes, str] | None = None,
    *,
    shown_max: int = SHOWN_MAX,
    progress: Progress | None = None,
) -> CheckReport:
    """The findings of one input, worst first; `shown_max` of each code are kept, all are counted.

    `known`: identification of a return -> the input that bore it first; pass the same dict for several inputs. `progress` is told
    the number of bytes as they are read.
    """
    found, known = FindingsKept(shown_max), {} if known is None else known
    records = lots = invoices = 0
    recognised = False
    for piece in recognised_pieces(source, told(source.chunks(), progress)):
        if isinstance(piece, Finding):
            found.take((piece,))
            continue
        recognised = True
        records += 1
        lots += piece.name == "080"
        invoices += piece.name in INVOICE_HEADS
        found.take(piece.findings)
        if piece.name == "000":
            first = known.setdefault(piece.data[_IDENTITY], source.name)
            if first != source.name:
                found.take((finding("N033", Place(source.name, piece.rank), first=first),))
    return CheckReport(
        source.name, recognised, found.worst_first(), dict(found.omitted), dict(found.totals), records, lots, invoices
    )
