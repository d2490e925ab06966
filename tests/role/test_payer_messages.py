"""Messages set aside at the payer: a named person ends one for good, and every other number says what it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from payer_kit import NOON, sheet
from payer_world import PayerWorld, make_world
from vaguemestre.core.payer.intake import Dismissal
from vaguemestre.role.payer.intake import take_again
from vaguemestre.role.payer.messages import dismiss, list_messages, why_not_held
from vaguemestre.role.payer.register import enrol
from vaguemestre.role.payer.status import status

GARBAGE = b"Subject: x\r\n\r\nbuy now\r\n"
LATER = NOON + timedelta(days=2)


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    return make_world(tmp_path)


def codes_of_numbers(world: PayerWorld) -> list[str]:
    """What the first three numbers are, to who wants to take them again."""
    return [why_not_held(world.edges, number).code.code for number in (1, 2, 3)]


def test_a_message_that_nobody_wants_is_ended_by_a_named_person(world: PayerWorld) -> None:
    world.intake(GARBAGE)
    world.intake(GARBAGE + b"\r\n")
    waiting, ended = list_messages(world.edges)
    assert [(entry.id, entry.received_at) for entry in waiting] == [(1, NOON), (2, NOON)]
    assert all(entry.motives for entry in waiting)
    assert ended == []
    assert dismiss(world.edges, 1, "Mme Roche", "publicité", LATER) is None
    waiting, ended = list_messages(world.edges)
    assert [entry.id for entry in waiting] == [2] == [entry.id for entry in status(world.edges, LATER).set_aside]
    assert ended == [Dismissal(1, "Mme Roche", LATER, "publicité")]
    refused = dismiss(world.edges, 1, "M. Prévost", "encore", LATER)
    assert refused is not None
    assert refused.code.code == "A079"
    assert "Mme Roche" in refused.message("fr")
    assert codes_of_numbers(world) == ["A079", "A078", "A077"]
    assert take_again(world.edges, 1, LATER) is None


def test_a_held_message_that_was_ended_is_refused_and_opened_when_it_comes_again(world: PayerWorld) -> None:
    with world.store.unit() as unit:
        stations = unit.register.stations()
        unit._cursor.execute("DELETE FROM stations")
    raw = world.message([sheet(1, 1)])
    assert world.intake(raw).set_aside == 1
    assert dismiss(world.edges, 1, "Mme Roche", "poste inconnu", NOON) is None
    assert status(world.edges, NOON).messages == {"refused": 1}
    enrol(world.edges, stations=stations)
    assert take_again(world.edges, 1, NOON) is None
    assert world.intake(raw).registered == 1  # its sender sent it again
    assert codes_of_numbers(world) == ["A079", "A078", "A077"]


def test_what_was_answered_is_not_set_aside(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    refused = dismiss(world.edges, 1, "Mme Roche", "par erreur", NOON)
    assert refused is not None
    assert refused.code.code == "A078"
    assert "enregistrées" in refused.message("fr")
    assert list_messages(world.edges) == ([], [])
