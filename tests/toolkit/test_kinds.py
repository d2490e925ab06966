"""One clear line for what is no B2 and no NOEMIE file: what it is instead."""

import gzip
import io
import tarfile
import zipfile

import pytest

from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.findings import Finding, finding
from vaguemestre.tables.input_kinds import KINDS
from vaguemestre.toolkit.kinds import Remembered, kind_of, refusal
from vaguemestre.toolkit.source import Source

B2 = b"000CB00000012345678".ljust(128)
CLAIM = b"2123456789".ljust(128)


def packed(kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("lot.b2", B2)
    else:
        with tarfile.open(fileobj=target, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("lot.b2"), io.BytesIO(B2))
    return target.getvalue()


SPECIMENS = [
    (b"", "empty"),
    (b"\r\n\r\n", "empty"),
    (bytes(4000), "zeros"),
    (B2 + CLAIM, "b2"),
    (b"\xef\xbb\xbf" + B2 + b"\r\n" + CLAIM, "b2"),
    (CLAIM, "b2"),
    (B2, "frame"),
    (B2[:90], "frame"),
    (b"000SM00000001750011".ljust(128) + b"04002000000291991107@", "noemie"),
    (b"000SM00000001750011".ljust(128) + b"\r\n04002000000291991107@", "noemie"),
    (b"15004AS@1980400001750P00001750P@", "noemie"),
    (b"A1P123456789".ljust(128), "arl"),
    (b"%PDF-1.7\n", "pdf"),
    (packed("zip"), "zip"),
    (packed("tar"), "tar"),
    (gzip.compress(B2), "gzip"),
    ("000CB 12345678901234".encode("utf-16"), "utf-16"),
    ("000CB 12345678901234".encode("utf-16-le"), "utf-16"),
    ("000CB 12345678901234".encode("utf-16-be"), "utf-16"),
    ("000CB".encode("utf-32"), "utf-32"),
    (b"\xf0\xf0\xf0\xc3\xc2", "ebcdic"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"<?xml version='1.0'?><a/>", "xml"),
    (b"\xef\xbb\xbf  <lot/>", "xml"),
    (b"<!DOCTYPE html>", "html"),
    (b' {"a": 1}', "json"),
    (b"-----BEGIN CERTIFICATE-----", "pem"),
    (b"\x30\x82\x01\x0a", "der"),
    ("Chère équipe, voilà le texte".encode("latin-1"), "text"),
    ("Chère équipe".encode(), "text"),
    (b"\x01\x02\x03\x04hello", "binary"),
]


@pytest.mark.parametrize(("data", "name"), SPECIMENS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_an_input_is(data: bytes, name: str) -> None:
    assert kind_of(data[:512]).name == name


def test_every_kind_of_the_table_is_found_by_its_mark() -> None:
    for kind in KINDS:
        for mark in kind.marks:
            assert kind_of((bytes(kind.offset) or b"") + mark + b"\x01" * 20).name == kind.name
        assert kind.fr != kind.en


@pytest.mark.parametrize(("data", "name"), SPECIMENS, ids=lambda value: value if isinstance(value, str) else "")
def test_one_line_says_it(data: bytes, name: str) -> None:
    chunks = Remembered(Source.of_bytes(data, "x").chunks())
    first = next(read_records(chunks, source="x"))
    if name in ("b2", "frame"):
        assert not isinstance(first, Finding) or first.code.code in ("F003", "F005")
        return
    if isinstance(first, Finding):
        said = refusal(first, chunks.head, "B2", "x")
        wanted = {"empty": "F001", "text": "F004", "gzip": first.code.code}.get(name, "F015")
        assert said.code.code == wanted
        assert said.place.source == "x"


@pytest.mark.parametrize("lot", [B2 + CLAIM, CLAIM, B2 + b"175"])
def test_a_lot_given_as_a_return(lot: bytes) -> None:
    said = refusal(finding("F004", expected="NOEMIE"), lot, "NOEMIE")
    assert said.code.code == "F015"
    assert "vaguemestre b2" in said.message("fr")
    assert "vaguemestre b2" in said.message("en")


def test_a_return_given_as_a_lot() -> None:
    said = refusal(finding("F004", expected="B2"), b"000SM00000001750011".ljust(128) + b"04002?!04002@", "B2")
    assert "vaguemestre noemie" in said.message("fr")
