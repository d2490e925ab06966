"""The leak search is itself attacked: whatever needs no key to read must be found."""

import base64
import contextlib
import gzip
import os
import sqlite3
from pathlib import Path

import pytest

from vaguemestre.audit.leaks import Secrets, leaks_in_bytes, leaks_in_tree

SECRETS = Secrets.of([("7", "1470135991002", "Hérouard"), ("8", "190032A990123", "Castaing")])
NIR = b"1470135991002"


@pytest.mark.parametrize(
    "data",
    [
        b"4751990114 " + NIR + b"63",
        b"99912" + NIR + b"63999",
        base64.encodebytes(b"x" * 50 + NIR + b"y" * 70).replace(b"\n", b"\r\n"),
        base64.b64encode(gzip.compress(b"records " + NIR + os.urandom(60))),
        gzip.compress(base64.encodebytes(gzip.compress(NIR + os.urandom(90)))),
        "Hérouard Jeanne".encode(),
        "HÉROUARD".encode("latin-1"),
    ],
)
def test_what_needs_no_key_is_found(data: bytes) -> None:
    assert {leak.subject for leak in leaks_in_bytes(data, "wire", SECRETS)} == {"7"}


def test_a_corsican_nir_is_found() -> None:
    assert [leak.subject for leak in leaks_in_bytes(b"190032A990123", "wire", SECRETS)] == ["8"]


@pytest.mark.parametrize("data", [b"", os.urandom(5000), b"1470135991003", b"Kermadec", b"\x1f\x8b\x08 not gzip"])
def test_what_is_no_secret_is_left_alone(data: bytes) -> None:
    assert list(leaks_in_bytes(data, "wire", SECRETS)) == []


def test_a_secret_across_two_pieces_of_a_file_is_found_once_per_file(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"." * ((1 << 20) - 6) + NIR + b"." * 100)
    (tmp_path / "b.log").write_bytes(b"nothing")
    assert [(Path(leak.place).name, leak.kind) for leak in leaks_in_tree(tmp_path, SECRETS)] == [("a.sqlite", "nir")]


def test_a_long_cell_of_a_database_is_read_whole(tmp_path: Path) -> None:
    letter = base64.encodebytes(os.urandom(20_001) + NIR + os.urandom(20_000))
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, raw BLOB)")
        connection.execute("INSERT INTO messages (raw) VALUES (?)", (letter,))
    assert [leak.subject for leak in leaks_in_tree(tmp_path, SECRETS)] == ["7"]
