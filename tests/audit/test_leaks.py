"""The leak search is itself attacked: whatever needs no key to read must be found, and what says nothing of anybody left alone."""

import base64
import contextlib
import gzip
import os
import sqlite3
import zlib
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from vaguemestre.audit import leaks
from vaguemestre.audit.leaks import Search, leaks_in
from vaguemestre.audit.secrets import Person, Secrets

PEOPLE = (
    Person("7", ("1470135991002",), "Hérouard", "Léa", "1947-01-13", ("8000000007",), ("G", "AMI")),
    Person("8", ("190032A990123", "2150699992041"), "Castaing", "Rose", "2015-06-21", ("8000000008",), ("C",)),
    *(Person(str(number), (), f"Vauquelain{number}", "Rose", "1980-03-01", (), ("G",)) for number in range(20, 24)),
)
SECRETS = Secrets(PEOPLE)
NIR = b"1470135991002"
BYTES = Random(1).randbytes


def found(data: bytes) -> set[tuple[str, str]]:
    return {(item.kind, item.subject) for item in Search(SECRETS).in_bytes(data)}


@pytest.mark.parametrize(
    "data",
    [
        b"4751990114 " + NIR + b"63",
        b"99912" + NIR + b"63999",
        b"1 47 01 35 991 002 63",
        b"1.47.01.35.991.002",
        "1\u00a047\u00a001\u00a035\u00a0991\u00a0002".encode(),
        b"nir=" + NIR.hex().encode(),
        b"f" + NIR.hex(" ").encode(),
        base64.b64encode(NIR),
        base64.urlsafe_b64encode(b"\xfb\xff" + NIR),
        b"key/" + base64.b64encode(NIR + b"63"),
        base64.encodebytes(b"x" * 50 + NIR + b"y" * 70).replace(b"\n", b"\r\n"),
        base64.b64encode(gzip.compress(b"records " + NIR + BYTES(60))),
        gzip.compress(base64.encodebytes(gzip.compress(NIR + BYTES(90)))),
        BYTES(50) + zlib.compress(NIR + BYTES(90)) + BYTES(50),
        b"=31=34=37=30=31=33=35=39=39=31=30=30=32",
        NIR.decode().encode("utf-16"),
        b"\x00" + NIR.decode().encode("utf-16-be"),
    ],
)
def test_a_nir_that_needs_no_key_is_found(data: bytes) -> None:
    assert found(data) == {("nir", "7")}


@pytest.mark.parametrize(
    "data",
    [
        "Hérouard Jeanne".encode(),
        "HÉROUARD".encode("latin-1"),
        b"HEROUARD",
        b"nomherouard",
        b"H=C3=A9rou=\r\nard",
        quote("Hérouard").encode(),
        b'{"name": "H\\u00e9rouard"}',
        "Hérouard".encode("utf-16-le"),
        "Hérouard".encode().hex().encode(),
        base64.b64encode("M. Hérouard".encode()),
    ],
)
def test_a_name_that_needs_no_key_is_found(data: bytes) -> None:
    assert found(data) == {("name", "7")}


@pytest.mark.parametrize("nir", [b"190032A990123", b"190032a990123", b"2150699992041"])
def test_a_corsican_nir_and_a_patients_own_are_found(nir: bytes) -> None:
    assert found(nir) == {("nir", "8")}


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        ("patient Léa, née le 13/01/1947", {"identity"}),
        ("LEA;19470113", {"identity"}),
        ('{"first_name": "Léa",\n "act": "G"}', {"care"}),
        ("acte AMI pour Léa 1947-01-13", {"care", "identity"}),
        ("13.01.1947 G", {"care"}),
        ("12345 1947-01-13 G", {"care"}),
        ("card 8000000007 AMI", {"care"}),
        ("8000000007 Léa", {"identity"}),
    ],
)
def test_two_facts_that_say_who_are_found(data: str, kinds: set[str]) -> None:
    assert found(data.encode()) == {(kind, "7") for kind in kinds}
    assert found(base64.b64encode(b"log " + data.encode())) == {(kind, "7") for kind in kinds}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BYTES(200_000),
        base64.encodebytes(BYTES(200_000)),
        b"1470135991003",
        b"Kermadec",
        b"\x1f\x8b\x08 not gzip",
        "sent on 1947-01-13 at 10:00",  # a date alone
        "Léa",  # a first name alone
        "sheet 751990110/2022-04-27/0001 G",  # the printed name of a sheet tells of no person
        "8000000007 1470",  # a card's number beside what is no fact of that person
        "Léa" + " " * 200 + "1947-01-13",  # too far from each other
        "Rose G",  # four of that name had that act: it says who of nobody
        b"\x00\x01 L\xc3\xa9a \x02 1947-01-13 \x03",  # between the bytes of something encrypted
        "G 919470113 13/01/19471",
        "GLéa 19470113x AMIS",  # no words of their own
        "Léa, C",  # the act of somebody else
    ],
)
def test_what_is_no_secret_is_left_alone(data: bytes | str) -> None:
    assert found(data.encode() if isinstance(data, str) else data) == set()


def test_a_secret_across_two_pieces_of_a_file_is_found_once_per_file(tmp_path: Path) -> None:
    piece = 1 << 22
    (tmp_path / "a.sqlite").write_bytes(b"." * (piece - 6) + NIR + b"." * 100)
    lines = base64.encodebytes(BYTES(piece * 3 // 4) + NIR + BYTES(500))
    (tmp_path / "b.eml").write_bytes(lines)
    (tmp_path / "c.log").write_bytes(b"nothing")
    leaks = leaks_in([tmp_path, tmp_path / "gone"], SECRETS)
    assert [(Path(leak.place).name, leak.kind) for leak in leaks] == [("a.sqlite", "nir"), ("b.eml", "nir")]


def test_a_long_cell_of_a_database_is_read_whole(tmp_path: Path) -> None:
    letter = base64.encodebytes(os.urandom(20_001) + NIR + os.urandom(20_000))
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, raw BLOB)")
        connection.execute("INSERT INTO messages (raw) VALUES (?)", (letter,))
    assert {leak.subject for leak in leaks_in([tmp_path], SECRETS)} == {"7"}


@pytest.mark.parametrize(
    ("row", "kinds"), [((int(NIR), "x"), {"nir"}), (("Léa", "AMI"), {"care"}), (("Léa", 19470113), {"identity"})]
)
def test_a_row_of_a_database_is_read_as_one(tmp_path: Path, row: tuple[object, object], kinds: set[str]) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "seen.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE seen (who, what)")
        connection.execute("INSERT INTO seen VALUES (?, ?)", row)
        connection.execute("INSERT INTO seen VALUES ('', x'00ff0a')")
    assert {leak.kind for leak in leaks_in([tmp_path], SECRETS)} == kinds


def test_several_processes_find_what_one_finds_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rank, name in enumerate(("b", "a", "c")):
        (tmp_path / name).write_bytes(b"x" * rank + b" " + next(iter(SECRETS._nirs)) + b"\n")
    (tmp_path / "clean").write_bytes(b"nothing here\n")
    alone = leaks_in([tmp_path], SECRETS)
    assert [Path(leak.place).name for leak in alone] == ["a", "b", "c"]
    monkeypatch.setattr(leaks, "_WORTH_PROCESSES_BYTES", 0)
    monkeypatch.setattr(leaks, "_processors", lambda: 3)
    assert leaks_in([tmp_path], SECRETS) == alone
