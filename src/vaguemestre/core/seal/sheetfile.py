"""One sheet as a file of its own: its B2 records and its signatures, verifiable alone, years later or by another fund.

Not sealed by itself: it holds health data, so whoever sends it seals it first (mess9821498a:7).
"""

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.lotmessage import DATA_TYPE, SIGNATURES_TYPE
from vaguemestre.core.seal.mime import compose_multipart, read_entity, split_multipart
from vaguemestre.core.seal.sheetsigning import (
    SheetSignature,
    SignatureTable,
    SignedSheet,
    decode_signature_table,
    encode_signature_table,
    table_of,
)


def compose_sheet(sheet: SignedSheet, records: bytes) -> bytes:
    """The file: a multipart of the sheet's records and a signature table of one sheet."""
    encoding = ("Content-Transfer-Encoding", "binary")
    return compose_multipart(
        (
            ((("Content-Type", DATA_TYPE), encoding, ("Content-Description", "IRIS/B2")), records),
            ((("Content-Type", SIGNATURES_TYPE), encoding), encode_signature_table(table_of([sheet]))),
        )
    )


def split_sheet(
    data: bytes, source: str = ""
) -> tuple[tuple[SheetSignature, SignatureTable, bytes] | None, list[Finding]]:
    """(signatures, their table, records) of such a file; hand them to the verifier. S030 or S040 for anything else."""
    place = Place(source=source)
    entity = read_entity(data)
    raw = split_multipart(entity, 2) if entity is not None else None
    parts = {part.content_type: part for part in map(read_entity, raw or ()) if part is not None}
    if set(parts) != {DATA_TYPE, SIGNATURES_TYPE}:
        return None, [finding("S030", place, reason="multipart")]
    table, findings = decode_signature_table(parts[SIGNATURES_TYPE].body, source)
    if table is None:
        return None, findings
    if len(table.sheets) != 1:
        return None, [finding("S040", place, reason="1")]
    return (table.sheets[0], table, parts[DATA_TYPE].body), []
