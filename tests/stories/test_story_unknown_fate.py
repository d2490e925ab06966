"""Unknown is an outcome: what may have arrived goes again, the same bytes; the payer recognises them and answers the same."""

from pathlib import Path

import pytest
from kit import Town, patient
from kit_clinic import CrashError

from vaguemestre.core.seal.mime import read_entity
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome


def sealed_bytes(town: Town) -> list[bytes]:
    """The sealed body of every message that the payer promised, whatever its headers."""
    entities = [read_entity(entry.raw) for entry in town.payer.received]
    return [entity.decoded() or b"" for entity in entities if entity is not None]


def answers_in(town: Town, address: str) -> list[bytes]:
    """The sealed bodies of the acknowledgements that wait in a mailbox."""
    operator = town.operators[address.partition("@")[2].partition(".")[0]]
    answers = [kept.content for kept in operator.mailbox(address) if b"\r\nSubject: ARL/" in kept.content]
    entities = [read_entity(content) for content in answers]
    return [entity.decoded() or b"" for entity in entities if entity is not None]


def test_a_connection_lost_after_the_final_dot_sends_the_same_bytes_by_the_other_operator(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    town.a.drop_after_dot(1)
    assert gp.works() == ["D006"]
    assert gp.state_of(sheet) == "handed over"
    assert [(entry.way, entry.outcome) for entry in gp.life(sheet).attempts] == [
        ("a", DeliveryOutcome.UNKNOWN),
        ("b", DeliveryOutcome.ACCEPTED),
    ]
    first, second = sealed_bytes(town)
    assert first == second

    report = town.payer.works()
    assert (report.messages, report.registered, report.repeated, report.duplicates) == (2, 1, 1, 0)
    for address in gp.edges.return_addresses:
        answers = answers_in(town, address)
        assert len(answers) == 2  # each way gets its answer
        assert len(set(answers)) == 1  # and it is the same acknowledgement
    gp.works()
    assert gp.state_of(sheet) == "acknowledged"
    town.settles()
    assert len(gp.life(sheet).answers) == 2  # one acknowledgement, one return
    town.audited(claimed=1750, paid_practice=1750)


@pytest.mark.parametrize("delivers", [True, False], ids=["after the server had it", "before"])
def test_a_practice_that_dies_between_the_attempt_and_its_outcome_sends_the_same_bytes_again(
    tmp_path: Path, delivers: bool
) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    gp.dies_while_sending(delivers=delivers)
    with pytest.raises(CrashError):
        gp.works()
    assert [entry.outcome for entry in gp.life(sheet).attempts] == [None]  # written before dialling
    gp.crash()
    assert [item.code.code for item in gp.findings] == ["D006"]
    town.later(minutes=1)
    gp.works()
    assert [entry.outcome for entry in gp.life(sheet).attempts] == [DeliveryOutcome.UNKNOWN, DeliveryOutcome.ACCEPTED]
    assert len(gp.life(sheet).sealings) == 1
    assert len(town.payer.received) == (2 if delivers else 1)
    assert len(set(sealed_bytes(town))) == 1

    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)


def test_a_payer_that_is_off_makes_the_operator_wait_and_nobody_else(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    town.payer.stop()
    gp.works()
    town.passes_on()
    assert town.a.figures().queue_length == 1
    assert gp.state_of(sheet) == "handed over"  # the operator promised
    town.later(hours=5)
    town.payer.start()
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)
