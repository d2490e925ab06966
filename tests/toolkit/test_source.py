"""Any input becomes the same plain bytes: files, folders, patterns, pipes, gzip, messages; what cannot be read says why."""

import gzip
import os
import sys
import threading
import tracemalloc
from email.message import EmailMessage, MIMEPart
from email.mime.multipart import MIMEMultipart
from email.policy import SMTP, Policy, default
from io import BytesIO, RawIOBase
from pathlib import Path
from types import SimpleNamespace
from typing import IO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.findings import Finding
from vaguemestre.toolkit.source import CHUNK_BYTES, TOOLKIT_LIMITS, Source, exit_code, sources

B2 = b"000CB00000012345678".ljust(128) + b"".join(b"%d123456789".ljust(128) % kind for kind in (2, 4, 5)) * 40
RETURN = b"000SM00000001750011111TP00000291991107".ljust(128) + b"04002000000291991107@"


def plain(source: Source) -> tuple[bytes, list[str]]:
    parts = list(source.chunks())
    assert all(0 < len(part) <= CHUNK_BYTES for part in parts if isinstance(part, bytes))
    data = b"".join(part for part in parts if isinstance(part, bytes))
    return data, [part.code.code for part in parts if isinstance(part, Finding)]


def letter(data: bytes, encoding: str, *, kind: str = "EDI-consent", text: bool = True) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@b.example", "017510000@000.01.rss.fr", "IR"
    if text:
        message.set_content("Bonjour,\nvoici le lot : 100 €.\n")
        message.add_attachment(data, maintype="application", subtype=kind, cte=encoding, filename="lot.b2")
    else:
        message.set_content(data, maintype="application", subtype=kind, cte=encoding)
    return message


@pytest.mark.parametrize("policy", [SMTP, default], ids=["CRLF", "LF"])
@pytest.mark.parametrize("text", [False, True], ids=["one part", "multipart"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "7bit", "8bit"])
@pytest.mark.parametrize("data", [B2, RETURN], ids=["B2", "NOEMIE"])
def test_a_message_gives_the_file_it_carries(data: bytes, encoding: str, text: bool, policy: Policy) -> None:
    raw = letter(data, encoding, text=text).as_bytes(policy=policy.clone(max_line_length=None))
    if not text and encoding in ("7bit", "8bit"):
        raw = raw.rstrip(b"\r\n")
    for wrapped in (raw, gzip.compress(raw), b"From x@y.example Wed Apr 27 12:00:00 2022\n" + raw):
        assert plain(Source.of_bytes(wrapped)) == (data, [])


def test_gzip_is_opened_inside_a_message_too() -> None:
    assert plain(Source.of_bytes(letter(gzip.compress(B2), "base64").as_bytes())) == (B2, [])
    assert plain(Source.of_bytes(letter(gzip.compress(B2), "base64", kind="gzip").as_bytes())) == (B2, [])


def test_a_binary_part_and_parts_inside_parts() -> None:
    inner = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + B2
    mixed = b'Content-Type: multipart/mixed; boundary="in"\r\n\r\nold reader\r\n--in\r\n\r\nhello\r\n--in\r\n%b\r\n--in--\r\n'
    outer = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n%b\r\n--out--\r\nbye"
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + letter(B2, "base64").as_bytes(policy=SMTP)
    for part in (inner, mixed % inner, forwarded):
        assert plain(Source.of_bytes(outer % part)) == (B2, [])


class Trickle(RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = BytesIO(data), step

    def read(self, _size: int = -1) -> bytes:
        return self._data.read(self._step)


@given(st.sampled_from(["base64", "quoted-printable", "7bit"]), st.integers(1, 4000), st.booleans())
def test_however_the_bytes_arrive(encoding: str, step: int, packed: bool) -> None:
    raw = letter(B2[:1152], encoding).as_bytes(policy=SMTP.clone(max_line_length=None))
    stored = gzip.compress(raw) if packed else raw
    source = Source("x", lambda: cast(IO[bytes], Trickle(stored, step)))
    assert plain(source) == (B2[:1152], [])


def sealed() -> bytes:
    part = MIMEPart()
    part["MIME-Version"], part["Subject"] = "1.0", "IR"
    part.set_content(b"\x30\x82\x01\x00" * 40, maintype="application", subtype="pkcs7-mime")
    return part.as_bytes()


def two() -> bytes:
    message = letter(B2, "base64")
    message.add_attachment(RETURN, maintype="application", subtype="octet-stream")
    return message.as_bytes()


def without_boundary() -> bytes:
    message = MIMEMultipart()
    return message.as_bytes().replace(b"boundary=", b"border=")


DAMAGED = {
    "sealed": (sealed(), "F016"),
    "two files": (two(), "F019"),
    "no file": (letter(b"%PDF-1.7 and so on", "base64", kind="pdf").as_bytes(), "F017"),
    "no part": (b"From: a@b.example\nTo: c@d.example\n\nBonjour", "F017"),
    "no boundary": (without_boundary(), "F018"),
    "cut": (letter(B2, "base64").as_bytes()[:-4000], "F018"),
    "half a letter": (
        b"Content-Type: application/EDI-consent\nContent-Transfer-Encoding: base64\n\nMDAwQ0IwM\n",
        "F018",
    ),
    "strange encoding": (letter(B2, "base64").as_bytes().replace(b"Encoding: base64", b"Encoding: x-uue"), "F018"),
    "after padding": (
        b"Content-Type: application/EDI-consent\nContent-Transfer-Encoding: base64\n\nMDAwQ0I=MDAw\n",
        "F018",
    ),
    "headers without end": (b"Content-Type: text/plain\n" + b"X-Long: y\n" * 8000, "F018"),
    "too many parts": (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nA: b\n\nhello\n" * 1100, "F018"),
    "nothing but parts": (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 1100, "F018"),
    "damaged gzip inside": (letter(gzip.compress(B2)[:-20], "base64").as_bytes(), "F011"),
    "damaged gzip": (gzip.compress(B2)[:-20], "F011"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_cannot_be_read_says_why(name: str) -> None:
    raw, code = DAMAGED[name]
    data, codes = plain(Source.of_bytes(raw, "a.eml"))
    assert codes == [code]
    assert (data == B2) == (name == "two files")


def test_parts_within_parts_without_end_are_not_followed() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200))
    assert plain(Source.of_bytes(deep + b"\n\n" + B2)) == (b"", ["F017"])


def test_a_bomb_is_stopped() -> None:
    squeezed = gzip.compress(bytes(1 << 20)) * 90
    data, codes = plain(Source.of_bytes(squeezed))
    assert codes == ["F012"]
    assert len(data) <= TOOLKIT_LIMITS.ratio_from_bytes + CHUNK_BYTES


class Endless(RawIOBase):
    """`size` bytes that are nowhere: records, or base64 lines after a header."""

    def __init__(self, head: bytes, line: bytes, size: int) -> None:
        self._head, self._line, self._left = head, line * (CHUNK_BYTES // len(line)), size

    def read(self, _size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        if self._left <= 0:
            return b""
        self._left -= len(self._line)
        return bytes(bytearray(self._line))  # a new object each time, as a file gives


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (B2[:128], b"2123456789".ljust(128)),
        (b"Content-Type: application/EDI-consent\nContent-Transfer-Encoding: base64\n\n", b"MDAwQ0Iw" * 8 + b"\n"),
        (
            b"Content-Type: application/EDI-consent\nContent-Transfer-Encoding: quoted-printable\n\n",
            b"A=20" * 8 + b"=\n",
        ),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + B2[:128], b"\n--bc but no delimiter".ljust(64)),
    ],
    ids=["plain", "base64", "quoted-printable", "multipart"],
)
def test_memory_stays_flat_whatever_the_size(head: bytes, line: bytes) -> None:
    source = Source("x", lambda: cast(IO[bytes], Endless(head, line, 48 << 20)))
    tracemalloc.start()
    total = sum(len(part) for part in source.chunks() if isinstance(part, bytes))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 8 << 20
    assert peak < 12 << 20


def test_a_file_of_four_gigabytes_that_is_nothing_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "hole"
    with path.open("wb") as stream:
        stream.truncate(4 << 30)
    (source,) = sources([str(path)])
    assert isinstance(source, Source)
    tracemalloc.start()
    (item,) = read_records(source.chunks(), source.limits, source.name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(item, Finding)
    assert item.code.code == "F002"
    assert peak < 12 << 20


def names(*arguments: str) -> list[str]:
    return [
        f"{item.code.code} {item.place.source}" if isinstance(item, Finding) else item.name
        for item in sources(arguments)
    ]


def test_folders_are_read_in_order_without_what_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("d/b.b2", "d/a/z.b2", "d/a/.hidden", "d/.git/x", "d/c.b2", "e/.only"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(B2)
    (tmp_path / "d" / "loop").symlink_to(tmp_path / "d")
    (tmp_path / "d" / "link.b2").symlink_to(tmp_path / "outside.b2")
    (tmp_path / "outside.b2").write_bytes(B2)
    os.mkfifo(tmp_path / "d" / "pipe")
    assert names("d") == ["d/a/z.b2", "d/b.b2", "d/c.b2", "d/link.b2"]
    assert names("d/*.b2", "-", "e", "f/*") == ["d/b.b2", "d/c.b2", "d/link.b2", "-", "F020 e", "F021 f/*"]
    assert names("d/**/z*", "[d]") == ["d/a/z.b2", "d/a/z.b2", "d/b.b2", "d/c.b2", "d/link.b2"]


def test_a_name_with_signs_of_a_pattern_is_a_name_first(tmp_path: Path) -> None:
    path = tmp_path / "lot[1].b2"
    path.write_bytes(B2)
    (source,) = sources([str(path)])
    assert isinstance(source, Source)
    assert plain(source) == (B2, [])


def test_a_missing_file_and_one_that_is_refused(tmp_path: Path) -> None:
    def refuse() -> IO[bytes]:
        raise PermissionError(13, "Permission denied", "secret.b2")

    (missing,) = sources([str(tmp_path / "none.b2")])
    assert isinstance(missing, Source)
    (item,) = missing.chunks()
    assert isinstance(item, Finding)
    assert (item.code.code, exit_code(item)) == ("E004", 3)
    (item,) = Source("secret.b2", refuse).chunks()
    assert isinstance(item, Finding)
    assert (item.code.code, exit_code(item)) == ("E002", 4)
    assert str(tmp_path / "none.b2") in next(iter(missing.chunks())).message()  # type: ignore[union-attr]


def test_a_disk_that_fails_while_it_is_read() -> None:
    class Failing(Trickle):
        def read(self, size: int = -1) -> bytes:
            data = super().read(size)
            if not data:
                raise OSError(5, "Input/output error")
            return data

    data, codes = plain(Source("x.b2", lambda: cast(IO[bytes], Failing(B2, 8192))))
    assert (data, codes) == (B2, ["E007"])


def test_pipes_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(B2)))
    writer.start()
    (source,) = sources([str(pipe)])
    assert isinstance(source, Source)
    assert plain(source) == (B2, [])
    writer.join()
    (given_,) = sources(["-"])
    assert isinstance(given_, Source)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(B2)))
    assert plain(given_) == (B2, [])
    monkeypatch.setattr(sys, "stdin", None)
    assert plain(given_) == (b"", [])
