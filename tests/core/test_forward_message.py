"""A forwarded sheet's message: the same bytes both ways, and nothing read of one that is not whole."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.forwardmessage import (
    FORWARD_MANIFEST_TYPE,
    ForwardManifest,
    compose_forward,
    signed_again,
    split_forward,
)
from vaguemestre.core.seal.lotmessage import AnsweredLot, compose_carried, split_lot
from vaguemestre.core.seal.sealing import SignatureAlgorithm
from vaguemestre.core.seal.sheetsigning import SheetHeader, SignedSheet, encode_header, table_of

NOON = datetime(2022, 4, 27, 10, 0, tzinfo=UTC)
IDENTITY = SheetIdentity("751990110", date(2022, 4, 27), 7)
RSA = SignatureAlgorithm.RSA_SHA256
SHEET = SignedSheet(
    IDENTITY.invoice_number, NOON, encode_header(SheetHeader(IDENTITY, {})), RSA, b"professional", b"s" * 256, RSA,
    b"card", b"c" * 256,
)  # fmt: skip
RECORDS = b"2".ljust(128) + b"5".ljust(128)
LOT = AnsweredLot("751990110", Destination("01", "751"), date(2022, 4, 27), 12, "ab" * 32)
MANIFEST = ForwardManifest(
    1, Destination("01", "751"), Destination("03", "999"), NOON, NOON, "751990110-01", ("a@a.example",), LOT
)


@pytest.mark.parametrize(
    "sheet", [SHEET, replace(SHEET, card_algorithm=None, card_certificate_der=b"", card_signature=b"")]
)
def test_the_archived_sheet_comes_back_with_its_signatures(sheet: SignedSheet) -> None:
    lot = table_of([replace(sheet, invoice_number="221170001"), sheet])
    data = compose_forward(MANIFEST, signed_again(lot.sheets[1], lot), RECORDS)
    assert data == compose_forward(MANIFEST, sheet, RECORDS)
    content, findings = split_forward(data)
    assert findings == []
    assert content is not None
    assert (content.manifest, content.records) == (MANIFEST, RECORDS)
    assert signed_again(content.signature, content.table) == sheet


def test_a_lot_is_no_forwarded_sheet_nor_the_reverse() -> None:
    forward = compose_forward(MANIFEST, SHEET, RECORDS)
    assert split_lot(forward)[0] is None
    content, findings = split_forward(compose_carried(RECORDS))
    assert content is None
    assert [item.code.code for item in findings] == ["S030"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"version":1', b'"version":9', "S035"),
        (b'"lot_number":12', b'"lot_number":0', "S034"),
        (b'"made_on":"2022', b'"made_on":"1922', "S034"),
        (b'"station":', b'"stetion":', "S034"),
        (b"VGMS", b"VGMT", "S040"),
        (FORWARD_MANIFEST_TYPE.encode(), b"application/json", "S032"),
    ],
)
def test_what_is_not_whole_is_told_and_not_read(old: bytes, new: bytes, code: str) -> None:
    content, findings = split_forward(compose_forward(MANIFEST, SHEET, RECORDS).replace(old, new))
    assert content is None
    assert code in [item.code.code for item in findings]
