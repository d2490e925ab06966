"""One sheet forwarded to the fund on which its patient depends: the archived bytes, and who forwards what to whom. mess9821498a:7.

Stands inside the forwarding fund's signature, encrypted to the other fund: a manifest, the sheet's B2 records and its signature
table of one (vgm:forwarded-sheet). Only the recipient differs from what the practice signed, and it stands outside the sheet.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from vaguemestre.core import canonical
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.lotmessage import (
    DATA_TYPE,
    MANIFEST_VERSION,
    SIGNATURES_TYPE,
    AnsweredLot,
    binary_part,
    read_manifest,
    wanted_parts,
)
from vaguemestre.core.seal.mime import compose_multipart, read_entity
from vaguemestre.core.seal.sheetsigning import (
    SheetSignature,
    SignatureTable,
    SignedSheet,
    decode_signature_table,
    encode_signature_table,
    table_of,
)
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import writable_day

FORWARD_MANIFEST_TYPE: Final = "application/vnd.vaguemestre.forward+json"
FORWARD_KIND: Final = "FORWARD"
"""How the post names such a message, beside the two answers."""


@dataclass(frozen=True, slots=True)
class ForwardManifest:
    """What the forwarding fund says of the sheet, under its signature.

    `lot` brought it to `forwarder`, first received at `received_at` from `station`, which reads answers at `return_addresses`.
    """

    version: int
    forwarder: Destination
    fund: Destination
    received_at: datetime
    forwarded_at: datetime
    station: str
    return_addresses: tuple[str, ...]
    lot: AnsweredLot
    demo: bool = False


@dataclass(frozen=True, slots=True)
class ForwardContent:
    """A forwarded sheet taken apart: hand table and records to the verifier."""

    manifest: ForwardManifest
    signature: SheetSignature
    table: SignatureTable
    records: bytes


def signed_again(entry: SheetSignature, table: SignatureTable) -> SignedSheet:
    """One sheet of an archived lot's table as it stands alone: the same signatures, with their certificates."""
    card = entry.card_certificate
    return SignedSheet(
        entry.invoice_number,
        entry.signed_at,
        entry.header,
        entry.algorithm,
        table.certificates[entry.certificate],
        entry.signature,
        entry.card_algorithm,
        b"" if card is None else table.certificates[card],
        entry.card_signature,
    )


def compose_forward(manifest: ForwardManifest, sheet: SignedSheet, records: bytes) -> bytes:
    """The content that the forwarding fund signs. The same arguments always give the same bytes."""
    return compose_multipart(
        (
            (binary_part(FORWARD_MANIFEST_TYPE), canonical.encode(replace(manifest, version=MANIFEST_VERSION))),
            (binary_part(DATA_TYPE, "IRISTEST/B2" if manifest.demo else "IRIS/B2"), records),
            (binary_part(SIGNATURES_TYPE), encode_signature_table(table_of([sheet]))),
        )
    )


def split_forward(content: bytes, source: str = "") -> tuple[ForwardContent | None, list[Finding]]:
    """Take a forwarded sheet apart; None when a finding of error level forbids it. The signatures are still to be verified."""
    place = Place(source=source)
    entity = read_entity(content)
    if entity is None:
        return None, [finding("S030", place, reason="MIME")]
    parts, findings = wanted_parts(entity, (FORWARD_MANIFEST_TYPE, DATA_TYPE, SIGNATURES_TYPE), place)
    if parts is None:
        return None, findings
    manifest, wrong = read_manifest(ForwardManifest, parts[FORWARD_MANIFEST_TYPE], place)
    records, signatures = parts[DATA_TYPE].decoded(), parts[SIGNATURES_TYPE].decoded()
    findings += wrong
    if manifest is None or records is None or signatures is None:
        return None, findings or [finding("S030", place, reason="Content-Transfer-Encoding")]
    table, unread = decode_signature_table(signatures, source)
    if table is None:
        return None, [*findings, *unread]
    if len(table.sheets) != 1:
        return None, [*findings, finding("S040", place, reason="1")]
    if not 1 <= manifest.lot.lot_number <= 999 or writable_day(manifest.lot.made_on) is None:
        return None, [*findings, finding("S034", place, reason="lot")]
    return ForwardContent(manifest, table.sheets[0], table, records), findings
