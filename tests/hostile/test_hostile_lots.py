"""What a sender with a good card but bad intentions seals for the fund: refused with a reason, and the next lot goes on."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from payer_kit import NOON, sheet
from payer_world import ADDRESSES, GENERAL_ADDRESS, PayerWorld, make_world
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.seal.lotmessage import LOT_MANIFEST_TYPE
from vaguemestre.core.seal.sheetsigning import encode_signature_table, table_of
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.intake import IntakeReport
from vaguemestre.role.payer.status import status


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PayerWorld]:
    made = make_world(tmp_path)
    yield made
    assert made.intake(made.message([sheet(6, 6)], 99)).registered == 1  # whatever happened, the next lot goes on
    assert status(made.edges, NOON).balanced
    made.store.close()


def content_of(world: PayerWorld, **manifest: object) -> bytes:
    made = [sheet(1, 1)]
    invoices = [data for data, _ in map(sheet_to_invoice, made) if data is not None]
    return world.content(made, 1, invoices, encode_signature_table(table_of([])), **manifest)


def refused(report: IntakeReport) -> bool:
    return report.faults == 0 and report.registered == 0 and report.lots_refused + report.set_aside == 1


@pytest.mark.parametrize(
    "bomb",
    [
        b'{"a":' * 200_000,
        b"[" * 2_000_000,
        b'{"version":' + b"9" * 100_000 + b"}",
        b'{"lot_number":1e999}',
        b'{"return_addresses":[' + b'"a@b.example",' * 200_000 + b'"c@d.example"]}',
        b'{"sheets":"\\ud800"}',
        b"\xff\xfe{\x00}\x00",
        b"null",
        b"",
    ],
    ids=["deep object", "deep list", "long number", "infinite", "a crowd", "surrogate", "UTF-16", "null", "empty"],
)
def test_a_manifest_that_is_a_bomb_is_refused(world: PayerWorld, bomb: bytes) -> None:
    whole = content_of(world)
    start = whole.index(b"{", whole.index(LOT_MANIFEST_TYPE.encode()))
    end = whole.index(b"\r\n--", start)
    assert refused(world.intake(world.sealed(whole[:start] + bomb + whole[end:], NOON, GENERAL_ADDRESS)))


@pytest.mark.parametrize(
    "lie",
    [
        {"lot_number": 10**30},
        {"lot_number": -1},
        {"sheet_count": 10**30},
        {"sheet_count": 0},
        {"fund_cents": 10**30},
        {"fund_cents": -1},
        {"station": "../../../etc/passwd"},
        {"station": "\x00\x1b[2J"},
        {"billing_number": "' OR 1=1 --"},
    ],
    ids=lambda lie: "-".join(lie),
)
def test_a_manifest_that_lies_is_refused_whole(world: PayerWorld, lie: dict[str, object]) -> None:
    report = world.intake(world.message([sheet(1, 1)], **lie))
    assert report.faults == 0
    assert report.registered == 0


@pytest.mark.parametrize(
    "address",
    [
        "a@a.example\r\nBcc: thief@evil.example",
        "a@a.example\nRCPT TO:<thief@evil.example>",
        "<a@a.example>,thief@evil.example",
        "a@a.example thief@evil.example",
        "a@a.example\x00",
        "@", "", "x" * 100_000 + "@a.example", "a@" + "é" * 300,
    ],
)  # fmt: skip
def test_a_return_address_never_becomes_a_command(world: PayerWorld, address: str) -> None:
    report = world.intake(world.message([sheet(1, 1)], return_addresses=(ADDRESSES[0], address)))
    assert report.faults == 0
    answer(world.edges, NOON)
    for envelope in world.post.taken:
        assert envelope.rcpt_tos == (ADDRESSES[0],)
        head = envelope.message.partition(b"\r\n\r\n")[0]
        assert b"thief" not in head
        assert b"Bcc" not in head


def test_one_bad_sheet_never_takes_its_lot_with_it(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1), sheet(2, 2), sheet(3, 3)], tampered={2}))
    assert (report.registered, report.refused, report.faults) == (2, 1, 0)


@pytest.mark.parametrize("cut", [3, 40, 400, 2000])
def test_a_message_cut_on_the_way_is_set_aside(world: PayerWorld, cut: int) -> None:
    raw = world.message([sheet(1, 1)])
    assert refused(world.intake(raw[:-cut]))
    assert world.intake(raw).registered == 1


def test_a_bomb_within_a_whole_lot_is_refused(world: PayerWorld) -> None:
    whole = content_of(world)
    start = whole.index(b"\x1f\x8b")
    bomb = gzip.compress(bytes(128 << 20), 9)
    end = whole.index(b"\r\n--", start)
    assert refused(world.intake(world.sealed(whole[:start] + bomb + whole[end:], NOON, GENERAL_ADDRESS)))
