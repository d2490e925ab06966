"""The bytes that a card signs for one sheet, and the table that carries the signatures of a lot. Pure encoding.

Signed bytes (vgm:sheet-signatures): `VGM-SHEET-1`, the signing time, the header and the sheet's B2 records, each line ended by
a line feed but the records. One sheet stays verifiable alone, years later, on paper or forwarded to another fund (mess9821498a:3).
"""

import json
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from struct import Struct
from typing import Final, NamedTuple

from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import SignatureAlgorithm, Signer
from vaguemestre.core.values import dataclass

DOMAIN: Final = b"VGM-SHEET-1\n"
RECORD_BYTES: Final = 128
HEADER_BYTES_MAX: Final = 8 << 10
TABLE_BYTES_MAX: Final = 16 << 20
TABLE_VERSION: Final = 1
NO_CARD: Final = 0xFFFF
_MAGIC: Final = b"VGMS"
_HEAD: Final = Struct(">4sBHH")  # magic, version, certificates, sheets
_SIZE: Final = Struct(">H")
_SHEET: Final = Struct(">9sIBHHBHHH")
"""Invoice number, seconds since 1970, algorithm, certificate, signature bytes; card's algorithm, certificate, signature bytes;
header bytes."""
_ALGORITHM_CODES: Final = {SignatureAlgorithm.RSA_SHA256: 1, SignatureAlgorithm.ECDSA_SHA256: 2}
_ALGORITHMS: Final = {code: algorithm for algorithm, code in _ALGORITHM_CODES.items()}

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_READ: Final = json.JSONDecoder().decode
HeaderValue = str | int | bool | None


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """Identity of a sheet, and those of the 16 items that its B2 records do not carry (mess9821497a:1), opaque here."""

    identity: SheetIdentity
    items: Mapping[str, HeaderValue]


class SheetSignature(NamedTuple):
    """The signatures of one sheet. Certificates are positions in the table's list; `card_certificate` None without a card.

    Both cards sign the same bytes, so one signing time stands for both; it is kept to the second, in UTC.
    """

    invoice_number: str
    signed_at: datetime
    header: bytes
    head: bytes  # `signed_head` of the two: signed before the records
    algorithm: SignatureAlgorithm
    certificate: int
    signature: bytes
    card_algorithm: SignatureAlgorithm | None = None
    card_certificate: int | None = None
    card_signature: bytes = b""


@dataclass(frozen=True, slots=True)
class SignatureTable:
    """The signatures of a lot's sheets in the lot's order, and each certificate (DER) once."""

    certificates: tuple[bytes, ...]
    sheets: tuple[SheetSignature, ...]


def encode_header(header: SheetHeader) -> bytes:
    """Canonical JSON: keys sorted, no space, ASCII, no line feed. Raises ValueError beyond 8 KB."""
    identity = header.identity
    document = {
        "billing_number": identity.billing_number,
        "items": dict(header.items),
        "made_on": identity.made_on.isoformat(),
        "serial": identity.serial,
    }
    encoded = _CANONICAL(document).encode("ascii")
    if len(encoded) > HEADER_BYTES_MAX:
        raise ValueError(f"a sheet's header holds at most {HEADER_BYTES_MAX} bytes")
    return encoded


def decode_header(data: bytes, invoice_number: str = "", source: str = "") -> tuple[SheetHeader | None, list[Finding]]:
    """Read a header whose signature was verified. S046: not its canonical form; S047: not the header of that invoice."""
    try:
        document = _READ(str(data, "ascii"))
        items = document["items"]
        if not all(value is None or isinstance(value, (str, int)) for value in items.values()):
            raise ValueError("an item is neither text nor a whole number")
        identity = SheetIdentity(
            document["billing_number"], date.fromisoformat(document["made_on"]), document["serial"]
        )
        header = SheetHeader(identity, items)
        if encode_header(header) == data and isinstance(identity.serial, int) and 1 <= identity.serial <= 9999:
            if invoice_number in ("", identity.invoice_number):
                return header, []
            place = Place(source=source)
            return None, [finding("S047", place, invoice=invoice_number, named=identity.invoice_number)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return None, [finding("S046", Place(source=source), invoice=invoice_number)]


def signed_head(header: bytes, signed_at: datetime) -> bytes:
    """What both cards sign before the sheet's records: domain, signing time (UTC, to the second), header, a line each."""
    moment = signed_at.astimezone(UTC).isoformat()[:19]
    return b"%sZ\n%s\n" % (DOMAIN + moment.encode("ascii"), header)


def signed_bytes(header: bytes, records: bytes, signed_at: datetime) -> bytes:
    """What both cards sign. `header` from `encode_header`, `records` the sheet's n x 128 bytes of B2, in order."""
    return signed_head(header, signed_at) + records


@dataclass(frozen=True, slots=True)
class SignedSheet:
    """One sheet as its practice keeps it from recording on: it is put into any lot as it is, and never signed again."""

    invoice_number: str
    signed_at: datetime
    header: bytes
    algorithm: SignatureAlgorithm
    certificate_der: bytes
    signature: bytes
    card_algorithm: SignatureAlgorithm | None = None
    card_certificate_der: bytes = b""
    card_signature: bytes = b""


def sign_sheet(
    header: SheetHeader, records: bytes, signed_at: datetime, professional: Signer, card: Signer | None
) -> SignedSheet:
    """Sign one sheet with the professional's card and, when it was read, the patient's. The time is cut to the second."""
    moment = signed_at.astimezone(UTC).replace(microsecond=0)
    encoded = encode_header(header)
    data = signed_bytes(encoded, records, moment)
    return SignedSheet(
        header.identity.invoice_number,
        moment,
        encoded,
        professional.algorithm,
        professional.certificate_der,
        professional.sign(data),
        None if card is None else card.algorithm,
        b"" if card is None else card.certificate_der,
        b"" if card is None else card.sign(data),
    )


def table_of(sheets: Sequence[SignedSheet]) -> SignatureTable:
    """The table of a lot: the sheets in order, each certificate once."""
    positions: dict[bytes, int] = {}
    entries = []
    for sheet in sheets:
        with_card = sheet.card_algorithm is not None
        entries.append(
            SheetSignature(
                sheet.invoice_number,
                sheet.signed_at,
                sheet.header,
                signed_head(sheet.header, sheet.signed_at),
                sheet.algorithm,
                positions.setdefault(sheet.certificate_der, len(positions)),
                sheet.signature,
                sheet.card_algorithm,
                positions.setdefault(sheet.card_certificate_der, len(positions)) if with_card else None,
                sheet.card_signature,
            )
        )
    return SignatureTable(tuple(positions), tuple(entries))


def encode_signature_table(table: SignatureTable) -> bytes:
    """The table's bytes. Raises ValueError for what it cannot hold (our own fault)."""
    sheets, certificates = table.sheets, table.certificates
    pieces: list[bytes] = []
    try:
        pieces.append(_HEAD.pack(_MAGIC, TABLE_VERSION, len(certificates), len(sheets)))
        for der in certificates:
            pieces += (_SIZE.pack(len(der)), der)
        for sheet in sheets:
            card = sheet.card_certificate
            fixed = _SHEET.pack(
                sheet.invoice_number.encode("ascii"),
                int(sheet.signed_at.timestamp()),
                _ALGORITHM_CODES[sheet.algorithm],
                sheet.certificate,
                len(sheet.signature),
                0 if sheet.card_algorithm is None else _ALGORITHM_CODES[sheet.card_algorithm],
                NO_CARD if card is None else card,
                len(sheet.card_signature),
                len(sheet.header),
            )
            pieces += (fixed, sheet.signature, sheet.card_signature, sheet.header)
    except struct.error:
        raise ValueError("a signature table cannot hold this") from None
    return b"".join(pieces)


def decode_signature_table(data: bytes, source: str = "") -> tuple[SignatureTable | None, list[Finding]]:
    """Read a table within bounds; S040 when it is cut short, too long, or points outside itself, S041 for another version."""
    place = Place(source=source)
    if len(data) > TABLE_BYTES_MAX:
        return None, [finding("S040", place, reason=f"> {TABLE_BYTES_MAX}")]
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        return None, [finding("S040", place, reason="VGMS")]
    _, version, certificate_count, sheet_count = _HEAD.unpack_from(data)
    if version != TABLE_VERSION:
        return None, [finding("S041", place, version=version, known=TABLE_VERSION)]
    try:
        certificates, position = _decode_certificates(data, _HEAD.size, certificate_count)
        sheets = []
        for _ in range(sheet_count):
            sheet, position = _decode_sheet(data, position, certificate_count)
            sheets.append(sheet)
        if position != len(data) or len({sheet.invoice_number for sheet in sheets}) != len(sheets):
            raise ValueError("bytes after the table, or an invoice twice")
    except (struct.error, ValueError, KeyError):
        return None, [finding("S040", place, reason="structure")]
    return SignatureTable(certificates, tuple(sheets)), []


def _decode_certificates(data: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    certificates = []
    for _ in range(count):
        (size,) = _SIZE.unpack_from(data, position)
        start = position + _SIZE.size
        position = start + size
        if position > len(data):
            raise ValueError("cut short")
        certificates.append(data[start:position])
    return tuple(certificates), position


def _decode_sheet(data: bytes, position: int, certificate_count: int) -> tuple[SheetSignature, int]:
    (
        invoice,
        seconds,
        algorithm,
        certificate,
        size,
        card_algorithm,
        card_certificate,
        card_size,
        header_size,
    ) = _SHEET.unpack_from(data, position)
    start = position + _SHEET.size
    card_start = start + size
    header_start = card_start + card_size
    end = header_start + header_size
    has_card = card_certificate != NO_CARD
    if (
        end > len(data)
        or header_size > HEADER_BYTES_MAX
        or certificate >= certificate_count
        or (has_card and card_certificate >= certificate_count)
        or (not has_card and (card_size or card_algorithm))
        or not invoice.isdigit()
    ):
        raise ValueError("a sheet's entry points outside the table")
    signed_at = datetime.fromtimestamp(seconds, UTC)
    header = data[header_start:end]
    return (
        SheetSignature(
            invoice.decode("ascii"),
            signed_at,
            header,
            signed_head(header, signed_at),
            _ALGORITHMS[algorithm],
            certificate,
            data[start:card_start],
            _ALGORITHMS[card_algorithm] if has_card else None,
            card_certificate if has_card else None,
            data[card_start:header_start],
        ),
        end,
    )
