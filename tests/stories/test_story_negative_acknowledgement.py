"""Negative acknowledgement: the lot is refused as a whole; its sheets wait again and go in a new lot under the same identities."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from kit import MORNING, Town, mandate, patient

from vaguemestre.core.findings import Finding
from vaguemestre.role.payer.register import set_mandates
from vaguemestre.role.practice.lots import close_lots


def refusal_told(town: Town) -> Finding:
    (said,) = [item for item in town.gp.findings if item.code.code == "R017"]
    return said


def test_a_lot_whose_totals_lie_is_made_again_with_the_same_sheets(tmp_path: Path) -> None:
    people = [patient(number) for number in (1, 2, 3)]
    town = Town(tmp_path, people)
    gp = town.gp
    sheets = [gp.sees(person) for person in people]
    close_lots(gp.edges, town.now)
    with closing(sqlite3.connect(gp.state / "practice.sqlite", isolation_level=None)) as disk:
        disk.execute("UPDATE lots SET fund_cents = fund_cents + 1")  # the disk lies by one cent
    gp.works()
    assert town.payer.works().lots_refused == 1
    assert gp.works() == ["R017"]
    said = refusal_told(town)
    assert "A004" in said.message("fr")
    assert said.next_step("fr")
    assert gp.states() == ["handed over"] * 3  # the same round put them in a new lot and sent it

    town.settles()
    for sheet in sheets:
        assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
        assert [lot.identity.number for lot in gp.life(sheet).lots] == [1, 2]
        assert [lot.state.value for lot in gp.life(sheet).lots] == ["refused", "acknowledged"]
    assert [row.key.invoice_number for row in gp.rows()] == [sheet.identity.invoice_number for sheet in sheets]
    town.audited(claimed=5250, paid_practice=5250, rejected=0)


def test_a_sender_whose_right_has_ended_is_told_and_its_sheets_go_once_it_is_back(tmp_path: Path) -> None:
    """The practice's bundle is older than the end of the right: it seals in good faith, the payer judges by its own table."""
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    tomorrow = MORNING + timedelta(days=1)
    set_mandates(town.payer.edges, [mandate(gp.practice, since=tomorrow)], town.now)
    sheet = gp.sees(camille)
    town.round()
    assert "M002" in refusal_told(town).message("fr")
    assert gp.state_of(sheet) in ("recorded", "handed over")
    assert town.payer.state_of(sheet) == "unknown"

    for _ in range(6):  # the cause stays: it is not met in a loop
        town.later(minutes=10)
        town.round()
    refused = [item for item in gp.findings if item.code.code == "R017"]
    assert len(refused) == 2
    assert len(town.payer.received) == 2

    set_mandates(town.payer.edges, [mandate(gp.practice)], town.now)
    town.settles()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750, rejected=0)
