"""Past returns are sent again to a payee who lost them: the same return, whatever the key it is sealed to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from payer_kit import DAY, GP_NUMBER, NOON, sheet
from payer_world import ADDRESSES, STATION, PayerWorld, box, make_world, published
from seal_kit import RANDOM, trust_store
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.returns import decode_return
from vaguemestre.core.seal.lotmessage import split_answer
from vaguemestre.core.seal.sealing import Role
from vaguemestre.edge.seal.smime import Opener
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.answer_again import answer_again
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.register import enrol

PAY_DAY = NOON + timedelta(days=7)
LATER = NOON + timedelta(days=30)


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    """Two returns were made and delivered."""
    world = make_world(tmp_path)
    for number, at in ((1, NOON), (2, NOON + timedelta(days=10))):
        world.intake(world.message([sheet(number, number)], number, at=at, signed_at=NOON), at)
        adjudicate_pending(world.edges, at)
        pay(world.edges, at + timedelta(days=7))
        answer(world.edges, at + timedelta(days=7))
    assert len(world.returns()) == 2
    return world


def test_the_same_bytes_go_again_and_only_those_asked_for(world: PayerWorld) -> None:
    before = world.returns()
    report = answer_again(world.edges, GP_NUMBER, PAY_DAY.date() + timedelta(days=1), LATER)
    assert (report.returns, report.sealed_anew, report.findings) == (1, 0, [])
    answer(world.edges, LATER)
    for address in ADDRESSES:
        assert world.returns(address) == [*before, before[1]]
    assert answer_again(world.edges, GP_NUMBER, DAY, LATER).returns == 2
    answer(world.edges, LATER)
    assert len(world.returns()) == 5


def test_a_station_with_a_new_key_reads_the_same_return_under_the_same_identity(world: PayerWorld) -> None:
    before = world.returns()
    key, certificate = box(Role.STATION, 6, STATION)
    young = replace(published(certificate), valid_from=LATER)
    enrol(world.edges, stations=[StationRecord(Station(STATION, GP_NUMBER, 1, 9999), young)])
    world.post.taken.clear()
    for _ in range(2):  # asked twice: still the two originals only
        report = answer_again(world.edges, GP_NUMBER, DAY, LATER)
        assert (report.returns, report.sealed_anew) == (2, 2)
    answer(world.edges, LATER)
    opener = Opener([key], trust_store(), RANDOM)
    read = []
    for envelope in world.post.taken:
        if ADDRESSES[0] in envelope.rcpt_tos:
            opened = opener.open(envelope.message, received_at=LATER, roles=frozenset({Role.FUND}))
            assert opened.content is not None
            content, _ = split_answer(opened.content)
            assert content is not None
            made, _ = decode_return(content.data)
            assert made is not None
            read.append(made)
    assert read == before * 2
    assert {one.identity for one in read} == {one.identity for one in before}


def test_what_cannot_be_sent_again_is_told(world: PayerWorld) -> None:
    never = answer_again(world.edges, GP_NUMBER, date(2023, 1, 1), LATER)
    assert [item.code.code for item in never.findings] == ["A035"]
    nobody = answer_again(world.edges, "000000000", DAY, datetime(2022, 6, 1, tzinfo=UTC))
    assert [item.code.code for item in nobody.findings] == ["A035"]
    with world.store.unit() as unit:
        unit._cursor.execute("DELETE FROM places")
    lost = answer_again(world.edges, GP_NUMBER, DAY, LATER)
    assert (lost.returns, [item.code.code for item in lost.findings]) == (0, ["A065"])
