"""Bounded MIME: headers as other software folds them, binary parts byte for byte, and junk that gives None."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.seal.mime import compose_multipart, read_entity, split_multipart


def test_headers_folded_doubled_and_in_any_case() -> None:
    entity = read_entity(
        b'CONTENT-Type:\tMultipart/Mixed;\r\n boundary="a b\\"c"; charset=x\r\nSubject: one\r\nsubject: two\r\n\r\nbody'
    )
    assert entity is not None
    assert entity.content_type == "multipart/mixed"
    assert entity.parameter("boundary") == 'a b"c'
    assert entity.parameter("charset") == "x"
    assert entity.parameter("none") == ""
    assert entity.headers["subject"] == "one"
    assert entity.body == b"body"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends(end: bytes) -> None:
    entity = read_entity(b"A: 1" + end + b"B: 2" + end + end + b"x\r\n\ny")
    assert entity is not None
    assert (entity.headers, entity.body) == ({"a": "1", "b": "2"}, b"x\r\n\ny")


def test_no_header_at_all() -> None:
    for start in (b"\n", b"\r\n"):
        entity = read_entity(start + b"body")
        assert entity is not None
        assert (entity.content_type, entity.body) == ("text/plain", b"body")


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"no header",
        b"no colon\r\n\r\n",
        b"A b: c\r\n\r\n",
        b"\xff\xfe: x\r\n\r\n",
        b"A: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_entity(junk: bytes) -> None:
    assert read_entity(junk) is None


@pytest.mark.parametrize(
    ("encoding", "body", "decoded"),
    [
        ("base64", b"QUJD\r\n", b"ABC"),
        ("BASE64", b"QUJ\r\nD", b"ABC"),
        ("base64", b"QUJ", None),
        ("binary", b"\0\xff", b"\0\xff"),
        ("8bit", b"x", b"x"),
        ("quoted-printable", b"x", None),
        ("", b"x", None),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes, decoded: bytes | None) -> None:
    entity = read_entity(f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body)
    assert entity is not None
    assert entity.decoded() == decoded


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_parts_written_are_read(bodies: list[bytes]) -> None:
    whole = compose_multipart([((("Content-Type", "a/b"),), body) for body in bodies])
    entity = read_entity(whole)
    assert entity is not None
    parts = split_multipart(entity)
    assert parts is not None
    read = [read_entity(part) for part in parts]
    assert [part.body for part in read if part is not None] == bodies
    assert compose_multipart([((("Content-Type", "a/b"),), body) for body in bodies]) == whole


def test_a_boundary_inside_a_part_is_avoided() -> None:
    first = compose_multipart([((), b"")])
    boundary = first.partition(b"boundary=")[2].partition(b"\r\n")[0]
    hostile = compose_multipart([((), b"\r\n--" + boundary + b"--\r\n")])
    entity = read_entity(hostile)
    assert entity is not None
    assert split_multipart(entity) == [b"\r\n\r\n--" + boundary + b"--\r\n"]


def multipart(body: bytes, boundary: bytes = b"x") -> list[bytes] | None:
    entity = read_entity(b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + body)
    assert entity is not None
    return split_multipart(entity, parts_max=3)


def test_other_software() -> None:
    assert multipart(b"preamble\n--x\nA: 1\n\none\n--x\n\ntwo\n--x--\nepilogue") == [b"A: 1\n\none", b"\ntwo"]
    assert multipart(b"--x\r\n\r\none\r\n--x--") == [b"\r\none"]
    assert multipart(b"--x--") == []


@pytest.mark.parametrize(
    "body", [b"", b"x", b"--x", b"--x\r\n", b"--x\r\n\r\none", b"--x\n\n1\n--x\n\n2\n--x\n\n3\n--x\n\n4\n--x--"]
)
def test_multiparts_without_end_or_too_many(body: bytes) -> None:
    assert multipart(body) is None


def test_no_boundary() -> None:
    assert multipart(b"--\r\n\r\n----", b"") is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(junk: bytes) -> None:
    for data in (junk, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x" + junk):
        entity = read_entity(data)
        if entity is not None:
            parts = split_multipart(entity)
            assert parts is None or all(part in data for part in parts)
            assert entity.decoded() is None or len(entity.body) <= len(data)
