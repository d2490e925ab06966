"""April 2022: operator `a` closes POP3 to every program. Answers come through `b`, nobody touches anything; `a` reopens later."""

from pathlib import Path

from kit import Service, Town, patient

from vaguemestre.tables.delivery_outcomes import Leg
from vaguemestre.tables.lifecycles import WayState


def health(town: Town, way: str, leg: Leg) -> WayState:
    with town.gp.store.read() as view:
        return view.healths()[way, leg].state


def test_answers_come_by_the_other_operator_and_late_doubles_change_nothing(tmp_path: Path) -> None:
    people = [patient(number) for number in range(1, 7)]
    town = Town(tmp_path, people)
    gp = town.gp
    before = [gp.sees(person) for person in people[:3]]
    gp.works()
    town.a.suspend(Service.POP3)  # after the sheets left, before their answers are read
    after = [gp.sees(person, tiers_payant=person.number % 2 == 0) for person in people[3:]]
    town.settles()

    assert [gp.state_of(sheet) for sheet in before] == ["settled"] * 3
    assert [gp.state_of(sheet) for sheet in after] == ["settled", "acknowledged", "settled"]
    assert health(town, "a", Leg.COLLECTING) is WayState.SUSPENDED
    assert health(town, "a", Leg.SENDING) is WayState.OPEN  # sending was never cut: lots still leave by `a`
    assert {item.code.code for item in gp.findings} == {"D003"}
    locked = town.a.figures().in_mailboxes
    assert locked >= 3  # acknowledgements and returns that nobody could read
    rows = gp.rows()

    town.a.reopen(Service.POP3)
    told = len(gp.findings)
    town.days_pass(1)
    assert town.a.figures().in_mailboxes == 0
    assert health(town, "a", Leg.COLLECTING) is WayState.OPEN
    assert gp.rows() == rows
    assert gp.findings[told:] == []
    town.audited(claimed=6 * 1750, paid_practice=5 * 1750, paid_patient=1650, retained=100)


def test_both_mailboxes_closed_only_delay_the_answers(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    town.a.suspend(Service.POP3)
    town.b.suspend(Service.POP3)
    sheet = gp.sees(camille)
    town.days_pass(13)
    assert gp.state_of(sheet) == "handed over"
    assert town.payer.settled(sheet).paid_cents == 1750  # the payer paid; only the news is locked away
    assert {"D003", "R018"} <= {item.code.code for item in gp.findings}
    assert len(town.payer.received) > 1  # a missing acknowledgement makes the same bytes go again
    assert len({entry.raw.rpartition(b"\r\n\r\n")[2] for entry in town.payer.received}) == 1

    town.b.reopen(Service.POP3)
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750)
