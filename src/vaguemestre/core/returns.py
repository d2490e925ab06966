"""The return (NOEMIE) that a fund sends where tiers payant is due: its types, `encode_return` and `decode_return`.

The sequence of entities is a convention (vgm:noemie-return): 000, 040, 071, 081; per lot 080; per invoice 102, 103, 150, 198, 199
when a complementary share is due, 210 per line, 294 per rejection and 295 for its next step; 990, 999.
"""

from vaguemestre.core.noemie.reading import decode_return
from vaguemestre.core.noemie.shape import (
    ComplementaryShare,
    InvoiceReturn,
    LineReturn,
    PaymentState,
    Rejection,
    Return,
    ReturnIdentity,
    line_return,
    rejection_from_finding,
)
from vaguemestre.core.noemie.writing import encode_return

__all__ = [
    "ComplementaryShare",
    "InvoiceReturn",
    "LineReturn",
    "PaymentState",
    "Rejection",
    "Return",
    "ReturnIdentity",
    "decode_return",
    "encode_return",
    "line_return",
    "rejection_from_finding",
]
