"""What stands inside the signature: a lot and an answer written and read, and each broken one with its finding."""

import gzip
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.filecontent import unwrap_content, wrap_file
from vaguemestre.core.seal.lotmessage import (
    AnswerContent,
    AnsweredLot,
    AnswerKind,
    AnswerManifest,
    LotContent,
    LotManifest,
    compose_answer,
    compose_carried,
    compose_lot,
    mail_subject,
    split_answer,
    split_lot,
)
from vaguemestre.core.seal.mime import compose_multipart

B2 = b"000" + b"0" * 125 + b"999" + b" " * 125
MANIFEST = LotManifest(
    version=1,
    billing_number="751990115",
    station="01",
    destination=Destination("01", "751", "0000"),
    made_on=date(2022, 4, 27),
    lot_number=12,
    sheet_count=50,
    fund_cents=123_456,
    return_addresses=("cabinet@a.example", "cabinet@b.example"),
    software="Vaguemestre",
    software_version="0.1.0",
)
ANSWER = AnswerManifest(
    version=1,
    kind=AnswerKind.ACKNOWLEDGEMENT,
    fund=Destination("01", "751", "0000"),
    number=7,
    made_at=datetime(2022, 4, 27, 18, 0, tzinfo=UTC),
    lots=(AnsweredLot("751990115", Destination("01", "751"), date(2022, 4, 27), 12, "ab" * 32),),
)


def codes(content: bytes, limits: ReadingLimits | None = None) -> list[str]:
    lot, findings = split_lot(content, limits=limits or ReadingLimits())
    assert lot is None
    return [item.code.code for item in findings]


def test_a_lot_written_is_read() -> None:
    lot, findings = split_lot(compose_lot(MANIFEST, B2, b"table"))
    assert findings == []
    assert lot == LotContent(MANIFEST, B2, b"table", demo=False)
    assert lot is not None
    assert not lot.carried
    assert lot.manifest is not None
    assert str(lot.manifest.identity) == "751990115/017510000/2022-04-27/012"


def test_the_same_lot_gives_the_same_bytes() -> None:
    assert compose_lot(MANIFEST, B2, b"table") == compose_lot(MANIFEST, B2, b"table")


@pytest.mark.parametrize(("demo", "description"), [(False, b"IRIS/B2/Z"), (True, b"IRISTEST/B2/Z")])
def test_the_transport_conventions(demo: bool, description: bytes) -> None:
    content = compose_lot(replace(MANIFEST, demo=demo), B2, b"")
    assert b"Content-Type: application/EDI-consent\r\n" in content
    assert b"Content-Description: " + description + b"\r\n" in content
    lot, _ = split_lot(content)
    assert lot is not None
    assert lot.demo is demo


@given(b2=st.binary(max_size=300), signatures=st.binary(max_size=300))
def test_any_bytes_survive(b2: bytes, signatures: bytes) -> None:
    lot, _ = split_lot(compose_lot(MANIFEST, b2, signatures))
    assert lot is not None
    assert (lot.b2, lot.signatures) == (b2, signatures)


PARTS = {
    "manifest": (("Content-Type", "application/vnd.vaguemestre.lot+json"),),
    "b2": (("Content-Type", "application/EDI-consent"), ("Content-Description", "IRIS/B2")),
    "signatures": (("Content-Type", "application/vnd.vaguemestre.sheet-signatures"),),
    "other": (("Content-Type", "application/pdf"),),
}


def parts(**bodies: bytes) -> bytes:
    return compose_multipart([(PARTS[name], body) for name, body in bodies.items()])


GOOD = compose_lot(MANIFEST, B2, b"")
JSON = GOOD[GOOD.find(b"{") : GOOD.find(b"}\r\n--") + 1]


def test_a_carried_file_in_one_part() -> None:
    for content in (
        compose_carried(B2),
        b"Content-Type: application/EDI-consent\n\n" + B2,
        b"Content-Type: application/EDI-consent\nContent-Description: IRIS/B2/Z\n\n" + zlib.compress(B2),
        b"Content-Type: application/EDI-consent\nContent-Transfer-Encoding: base64\n\nMDAw" + b"MDAw" * 10,
    ):
        lot, findings = split_lot(content)
        assert [item.code.code for item in findings] == ["S036"]
        assert lot is not None
        assert lot.carried
        assert lot.b2.startswith(b"000")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ["S030"]),
        (b"Content-Type: text/plain\r\n\r\nhello", ["S030"]),
        (GOOD[:-10], ["S030"]),
        (parts(manifest=JSON, b2=B2), ["S032"]),
        (parts(other=b""), ["S032", "S032", "S032"]),
        (
            compose_multipart([(PARTS["manifest"], JSON), (PARTS["manifest"], JSON), (PARTS["b2"], B2)]),
            ["S031"],
        ),
        (parts(manifest=b"{", b2=B2, signatures=b""), ["S034"]),
        (parts(manifest=JSON.replace(b'"lot_number":12', b'"lot_number":"x"'), b2=B2, signatures=b""), ["S034"]),
        (parts(manifest=JSON.replace(b'"lot_number":12', b'"lot_number":1000'), b2=B2, signatures=b""), ["S034"]),
        (parts(manifest=JSON.replace(b"123456", b"1234.5"), b2=B2, signatures=b""), ["S034"]),
        (parts(manifest=JSON.replace(b'"version":1', b'"version":2'), b2=B2, signatures=b""), ["S035"]),
        (parts(manifest=JSON, b2=b"\x1f\x8bjunk", signatures=b""), ["F011"]),
        (parts(manifest=JSON, b2=gzip.compress(B2, mtime=0)[:-9], signatures=b""), ["F011"]),
    ],
)
def test_each_broken_lot(content: bytes, expected: list[str]) -> None:
    assert codes(content) == expected


def test_an_unknown_part_is_left_aside() -> None:
    lot, findings = split_lot(parts(manifest=JSON, b2=B2, signatures=b"", other=b"%PDF"))
    assert lot is not None
    assert [item.code.code for item in findings] == ["S033"]


LIMITS = ReadingLimits(size_bytes_max=100_000, ratio_max=20, ratio_from_bytes=10_000)


@pytest.mark.parametrize(
    ("packed", "description", "code"),
    [
        (gzip.compress(bytes(50_000), mtime=0), "IRIS/B2/Z", "F012"),
        (zlib.compress(bytes(50_000)), "IRIS/B2/Z", "F012"),
        (gzip.compress(bytes(50_000_000), mtime=0), "IRIS/B2/Z", "F012"),
        (zlib.compress(bytes(range(256)))[:-5], "IRIS/B2/Z", "F011"),
        (b"\x78junk", "IRIS/B2/Z", "F011"),
        (bytes(100_001), "IRIS/B2", "F013"),
    ],
)
def test_a_bomb_is_a_finding(packed: bytes, description: str, code: str) -> None:
    head = f"Content-Type: application/EDI-consent\r\nContent-Description: {description}\r\n\r\n"
    assert codes(head.encode() + packed, LIMITS) == [code]


@pytest.mark.parametrize("kind", list(AnswerKind))
def test_an_answer_written_is_read(kind: AnswerKind) -> None:
    manifest = replace(ANSWER, kind=kind)
    answer, findings = split_answer(compose_answer(manifest, b"ARL bytes"))
    assert findings == []
    assert answer == AnswerContent(manifest, b"ARL bytes")
    assert answer is not None
    assert answer.manifest.lots[0].identity.number == 12


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "S030"),
        (compose_carried(B2), "S030"),
        (GOOD, "S032"),
        (compose_answer(ANSWER, b"x").replace(b"Content-Description: ARL", b"Content-Description: NOEMIE"), "S034"),
        (compose_answer(ANSWER, b"x").replace(b'"number":7', b'"number":"7"'), "S034"),
        (compose_answer(ANSWER, b"x").replace(b'"version":1', b'"version":9'), "S035"),
    ],
)
def test_each_broken_answer(content: bytes, code: str) -> None:
    answer, findings = split_answer(content)
    assert answer is None
    assert code in [item.code.code for item in findings]


@given(st.binary(max_size=300))
def test_no_bytes_raise(junk: bytes) -> None:
    for content in (
        junk,
        b"Content-Type: application/EDI-consent\r\n\r\n" + junk,
        parts(manifest=junk, b2=junk, signatures=junk),
    ):
        for split in (split_lot, split_answer):
            read, findings = split(content)
            assert read is not None or findings


def test_the_subject_holds_no_health_data_and_fits() -> None:
    subject = mail_subject("010100", "751990115", datetime(2022, 4, 27, 12, 30, 5, tzinfo=UTC), 50)
    assert subject == "IR010100/00000751990115/20220427123005/00050"


@pytest.mark.parametrize("data", [B2, b"any file \xff\0", b"", b"Content-Type: text/plain\r\n\r\nhello"])
def test_one_file_there_and_back(data: bytes) -> None:
    plain, _ = unwrap_content(wrap_file(data))
    assert plain == data


def test_a_lot_opens_as_its_b2_file() -> None:
    assert unwrap_content(compose_lot(MANIFEST, B2, b""))[0] == B2
    assert unwrap_content(b"no mime at all")[0] == b"no mime at all"
