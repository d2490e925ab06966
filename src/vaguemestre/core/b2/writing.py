"""Writes B2 lots and files around invoices: records 000, 1, 6 and 999 with their true counts and totals.

An invoice is its records' bytes, one after the other; `core.b2.assembly` makes them from a care sheet.
"""

from collections.abc import Sequence
from datetime import date

from vaguemestre.core.b2.checks import lot_totals
from vaguemestre.core.b2.codec import RECORD_BYTES, encode_record
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Value, plain_text
from vaguemestre.tables.b2_private_practice import constants

INVOICES_MAX = 999
"""Record 6 counts invoices on three digits."""
_ALWAYS_000, _ALWAYS_1 = constants("000"), constants("1")


@dataclass(frozen=True, slots=True)
class LotHead:
    """What record 1 says of a lot: who bills (9 digits with key), to whom, its number (1 to 999) and its day. b2file:1."""

    billing_number: str
    destination: Destination
    number: int
    made_on: date
    provider_name: str


@dataclass(frozen=True, slots=True)
class FileHead:
    """What records 000 and 999 say. `identifier` is 6 characters of the sender's choice. b2file:000.

    `it_centre`: the fund's computing centre (3 digits), part of the recipient number. `test` marks a file that pays nothing.
    """

    billing_number: str
    destination: Destination
    identifier: str
    made_on: date
    it_centre: str = "000"
    message: str = ""
    test: bool = False


RECIPIENT_TYPES: dict[str, str] = {
    "01": "CT",
    "02": "MA",
    "03": "SR",
    "04": "CF",
    "05": "RP",
    "06": "EN",
    "07": "RM",
    "08": "CM",
    "10": "CE",
    "12": "CI",
    "14": "AN",
    "15": "SE",
    "16": "PB",
    "90": "CC",
    **dict.fromkeys(("91", "92", "93", "94", "95", "96", "99"), "SM"),
}
"""Scheme -> recipient type of record 000. b2file:000."""


def build_lot(head: LotHead, invoices: Sequence[bytes]) -> bytes:
    """Record 1, the invoices, record 6 with true counts and totals.

    Raises UnwritableError when a count or total does not fit (more than 999 invoices), ValueError when an invoice is no whole
    number of records.
    """
    if any(len(data) % RECORD_BYTES or not data for data in invoices):
        raise ValueError("an invoice is a whole number of 128-byte records")
    start = encode_record(
        "1",
        {
            **_ALWAYS_1,
            "provider_number": head.billing_number,
            "recipient_fund": head.destination.fund,
            "lot_number": f"{head.number:03d}",
            "provider_name": plain_text(head.provider_name, 40),
            "lot_date": head.made_on,
        },
    )
    totals = lot_totals(invoices)
    end = encode_record(
        "6",
        {
            **totals,
            "provider_number": head.billing_number,
            "counter_18": totals["invoice_count"],
            "counter_22": totals["invoice_count"],
            "lot_number": f"{head.number:03d}",
        },
    )
    return b"".join((start, *invoices, end))


def build_file(head: FileHead, lots: Sequence[bytes]) -> bytes:
    """Record 000, the lots as `build_lot` made them, record 999 with true counts. No separator. Raises UnwritableError."""
    end = file_end(head, sum(len(lot) for lot in lots) // RECORD_BYTES + 2, len(lots))
    return b"".join((file_start(head), *lots, end))


def file_start(head: FileHead) -> bytes:
    """Record 000. Raises UnwritableError."""
    values = {**_ALWAYS_000, **_ends(head), "creation_date": head.made_on, "message": plain_text(head.message, 37)}
    return encode_record("000", values)


def file_end(head: FileHead, records: int, lots: int) -> bytes:
    """Record 999 of a file of so many records, itself and 000 among them, in so many lots. Raises UnwritableError."""
    return encode_record("999", {**_ends(head), "record_count": records, "lot_count": lots})


def _ends(head: FileHead) -> dict[str, Value]:
    """What records 000 and 999 say alike."""
    return {
        "sender_type": _ALWAYS_000["sender_type"],
        "sender_number": head.billing_number.zfill(14),
        "recipient_type": RECIPIENT_TYPES.get(head.destination.scheme, "SM"),
        "recipient_number": f"000000{head.destination.scheme}{head.it_centre}{head.destination.fund}",
        "exchange_type": _ALWAYS_000["exchange_type"],
        "file_identifier": head.identifier,
        "flow_type": "T" if head.test else "",
    }
