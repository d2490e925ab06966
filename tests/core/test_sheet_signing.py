"""Signed bytes and signature tables: exact bytes, written then read, and every malformed table as a finding."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.seal.sealing import KeyKind, SignatureAlgorithm
from vaguemestre.core.seal.sheetfile import compose_sheet, split_sheet
from vaguemestre.core.seal.sheetsigning import (
    SheetHeader,
    SignatureTable,
    SignedSheet,
    decode_header,
    decode_signature_table,
    encode_header,
    encode_signature_table,
    sign_sheet,
    signed_bytes,
    table_of,
)

IDENTITY = SheetIdentity("751990115", date(2022, 4, 27), 3)
HEADER = SheetHeader(
    IDENTITY, {"completed_on": "2022-04-27", "complementary_billed": False, "imaging_serial": None, "é": 1}
)
NOON = datetime(2022, 4, 27, 12, 0, 0, 999, tzinfo=UTC)
RECORDS = b"2" * 128 + b"5" * 128


class FakeSigner:
    """Signs by naming itself: enough to see which bytes are signed."""

    def __init__(self, name: bytes, algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256) -> None:
        self.certificate_der = name
        self.chain_der: tuple[bytes, ...] = ()
        self.key_kind = KeyKind.RSA_2048
        self.algorithm = algorithm
        self.seen: list[bytes] = []

    def sign(self, data: bytes) -> bytes:
        self.seen.append(data)
        return b"signed by " + self.certificate_der


def test_the_signed_bytes_are_written_in_stone() -> None:
    """If this changes, no sheet signed before verifies any more: it needs a new domain tag."""
    professional, card = FakeSigner(b"pro"), FakeSigner(b"card")
    sign_sheet(HEADER, RECORDS, NOON, professional, card)
    expected = (
        b"VGM-SHEET-1\n2022-04-27T12:00:00Z\n"
        b'{"billing_number":"751990115","items":{"complementary_billed":false,"completed_on":"2022-04-27",'
        b'"imaging_serial":null,"\\u00e9":1},"made_on":"2022-04-27","serial":3}\n'
    ) + RECORDS
    assert professional.seen == card.seen == [expected]


def test_the_instant_is_signed_in_utc() -> None:
    paris = NOON.astimezone(timezone(timedelta(hours=2)))
    assert signed_bytes(b"h", b"r", paris) == signed_bytes(b"h", b"r", NOON)


def test_a_header_written_is_read() -> None:
    header, findings = decode_header(encode_header(HEADER), IDENTITY.invoice_number)
    assert (header, findings) == (HEADER, [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        encode_header(HEADER).replace(b":3}", b": 3}"),
        encode_header(HEADER).replace(b'"serial":3', b'"serial":"3"'),
        encode_header(HEADER).replace(b'"serial":3', b'"serial":0'),
        encode_header(HEADER).replace(b'"serial":3', b'"serial":10000'),
        encode_header(HEADER).replace(b"null", b"1.5"),
        encode_header(HEADER).replace(b"null", b"[1]"),
        encode_header(HEADER).replace(b'"made_on":"2022-04-27"', b'"made_on":"20220427"'),
        encode_header(HEADER)[:-1] + b',"zz":1}',
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    header, findings = decode_header(data)
    assert (header, [item.code.code for item in findings]) == (None, ["S046"])


def test_the_header_of_another_invoice() -> None:
    header, findings = decode_header(encode_header(HEADER), "221170004")
    assert (header, [item.code.code for item in findings]) == (None, ["S047"])


def test_a_header_is_bounded() -> None:
    with pytest.raises(ValueError, match="8192"):
        encode_header(SheetHeader(IDENTITY, {"x": "y" * 9000}))


def sheet(number: int, certificate: bytes, card: bytes = b"") -> SignedSheet:
    with_card = bool(card)
    return SignedSheet(
        f"22117{number:04d}",
        NOON.replace(microsecond=0) + timedelta(minutes=number),
        b"header %d" % number,
        SignatureAlgorithm.RSA_SHA256,
        certificate,
        bytes(256),
        SignatureAlgorithm.ECDSA_SHA256 if with_card else None,
        card,
        bytes(71) if with_card else b"",
    )


SHEETS = [sheet(1, b"A"), sheet(2, b"A", b"C"), sheet(3, b"B", b"C"), sheet(4, b"A", b"D")]


def test_each_certificate_stands_once() -> None:
    table = table_of(SHEETS)
    assert table.certificates == (b"A", b"C", b"B", b"D")
    assert [(item.certificate, item.card_certificate) for item in table.sheets] == [(0, None), (0, 1), (2, 1), (0, 3)]


certificates = st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=4, unique=True)


@given(
    certificates=certificates, choices=st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 3)), max_size=6)
)
def test_a_table_written_is_read(certificates: list[bytes], choices: list[tuple[int, int | None]]) -> None:
    chosen = [
        sheet(
            number,
            certificates[one % len(certificates)],
            b"" if card is None else certificates[card % len(certificates)],
        )
        for number, (one, card) in enumerate(choices)
    ]
    table = table_of(chosen)
    assert decode_signature_table(encode_signature_table(table)) == (table, [])


ENCODED = encode_signature_table(table_of(SHEETS))


def codes(data: bytes) -> list[str]:
    table, findings = decode_signature_table(data)
    assert table is None
    return [item.code.code for item in findings]


def test_cut_anywhere() -> None:
    for size in range(len(ENCODED)):
        assert codes(ENCODED[:size]) == ["S040"]


def test_bytes_behind_it() -> None:
    assert codes(ENCODED + b"\0") == ["S040"]


def test_another_version() -> None:
    assert codes(ENCODED[:4] + b"\x02" + ENCODED[5:]) == ["S041"]


def test_an_invoice_twice() -> None:
    assert codes(encode_signature_table(table_of([SHEETS[0], SHEETS[0]]))) == ["S040"]


def test_a_position_outside_the_table() -> None:
    wrong = table_of(SHEETS).sheets[0]._replace(certificate=9)
    assert codes(encode_signature_table(SignatureTable((b"A",), (wrong,)))) == ["S040"]
    wrong = table_of(SHEETS).sheets[1]._replace(card_certificate=9)
    assert codes(encode_signature_table(SignatureTable((b"A",), (wrong,)))) == ["S040"]


def test_too_large() -> None:
    assert codes(bytes((16 << 20) + 1)) == ["S040"]


def test_what_the_table_cannot_hold_is_our_fault() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        encode_signature_table(SignatureTable((bytes(70_000),), ()))


@given(st.data())
def test_a_flipped_bit_never_raises(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(ENCODED) - 1))
    changed = bytearray(ENCODED)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    table, findings = decode_signature_table(bytes(changed))
    assert (table is None) == bool(findings)


@given(st.binary(max_size=200))
def test_no_bytes_raise(junk: bytes) -> None:
    for data in (junk, ENCODED[:9] + junk):
        table, findings = decode_signature_table(data)
        assert (table is None) == bool(findings)


def test_one_sheet_as_a_file() -> None:
    found, findings = split_sheet(compose_sheet(SHEETS[1], RECORDS))
    assert findings == []
    assert found is not None
    one, table, records = found
    assert (one.invoice_number, records, table.certificates) == ("221170002", RECORDS, (b"A", b"C"))


@pytest.mark.parametrize("junk", [b"", b"x", compose_sheet(SHEETS[0], RECORDS)[:-9]])
def test_what_is_no_sheet_file(junk: bytes) -> None:
    found, findings = split_sheet(junk)
    assert (found, [item.code.code for item in findings]) == (None, ["S030"])


def test_a_sheet_file_holds_one_sheet() -> None:
    whole = compose_sheet(SHEETS[0], RECORDS)
    one = encode_signature_table(table_of(SHEETS[:1]))
    for table in (encode_signature_table(table_of(SHEETS[:2])), one[:-1]):
        found, findings = split_sheet(whole.replace(one, table))
        assert (found, [item.code.code for item in findings]) == (None, ["S040"])
