"""Answers come late, twice and in any order: whatever the order, the practice ends with the same book."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import Service, Town, patient
from kit_clinic import Clinic

from vaguemestre.core.caresheet import BirthDate
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.role.practice.collect import collect
from vaguemestre.role.practice.lots import close_lots

Book = list[tuple[str, str, int | None, int | None, int | None]]


def mailbox(town: Town) -> list[bytes]:
    """The answers that wait at operator `a`; the payer's bundle is none."""
    kept = [entry.content for entry in town.a.mailbox(town.gp.edges.return_addresses[0])]
    return [content for content in kept if b"\r\nSubject: BUNDLE/" not in content]


def take_away(town: Town) -> list[bytes]:
    """Somebody holds back everything that waits at both operators: one copy of each answer."""
    held = mailbox(town)
    for address, operator in zip(town.gp.edges.return_addresses, town.operators.values(), strict=True):
        operator.delete(address, operator.mailbox(address))
    return held


def deliver(town: Town, message: bytes) -> None:
    """One message reaches the mailbox at `a`."""
    to = town.gp.edges.return_addresses[0]
    town.a.reception_sender().send(Envelope(town.payer.funds[0].address, (to,), message))


def test_a_return_that_overtakes_its_acknowledgement_settles_the_sheet_all_the_same(tmp_path: Path) -> None:
    camille = patient(1)
    town = Town(tmp_path, [camille])
    gp = town.gp
    sheet = gp.sees(camille)
    gp.works()
    town.payer.works()
    late = take_away(town)
    assert len(late) == 1  # the acknowledgement stays somewhere on its way
    for _ in range(8):
        town.later(days=1)
        town.payer.works()
    gp.works()
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)

    town.later(days=20)
    before = gp.rows()
    for message in late:
        deliver(town, message)
    assert gp.works() == []
    assert gp.rows() == before
    assert [line.kind for line in gp.life(sheet).answers] == ["return", "acknowledgement"]
    town.audited(claimed=1750, paid_practice=1750)


# --- every order -------------------------------------------------------------------------------------------------------------


class Situation:
    """A practice that sent three lots, and the answers to them, of which it has read none.

    Paid, refused by the return, paid by the patient; a lot whose totals lied; sheets of another day.
    """

    def __init__(self, root: Path) -> None:
        people = [patient(number) for number in range(1, 7)]
        self.town = town = Town(root, people)
        gp = town.gp
        for operator in town.operators.values():
            operator.suspend(Service.POP3)
        gp.sees(people[0])
        typed = replace(people[1].beneficiary, birth_date=BirthDate(1979, 3, 2))
        gp.types(people[1], replace(gp.draft(people[1], card=False), beneficiary=typed))
        gp.sees(people[2], tiers_payant=False)
        gp.works()
        gp.sees(people[3])
        close_lots(gp.edges, town.now)
        with closing(sqlite3.connect(gp.state / "practice.sqlite", isolation_level=None)) as disk:
            disk.execute("UPDATE lots SET fund_cents = fund_cents + 1 WHERE number = 2")
        gp.works()
        town.payer.works()
        town.later(days=1)
        gp.sees(people[4])
        gp.sees(people[5])
        gp.works()
        for _ in range(8):
            town.payer.works()
            town.later(days=1)
        self.answers = take_away(town)
        for operator in town.operators.values():
            operator.reopen(Service.POP3)
        town.later(hours=2)
        self.copies = 0
        self.usual = self.book_after(self.answers)

    def book_after(self, order: list[bytes]) -> Book:
        """The practice as it was, after it read these answers one by one."""
        self.copies += 1
        clinic = self.town.gp.copied(f"gp-{self.copies}")
        for message in order:
            deliver(self.town, message)
            collect(clinic.edges, self.town.now)
        book = book_of(clinic)
        clinic.store.close()
        return book


def book_of(clinic: Clinic) -> Book:
    """What every sheet and lot ended in."""
    rows = [
        (str(row.key), row.state.value, row.accepted_cents, row.rejected_cents, row.paid_cents) for row in clinic.rows()
    ]
    with clinic.store.read() as view:
        lots = [lot for number in range(1, 4) for lot in [view.lot(number)] if lot is not None]
    return [*rows, *((str(lot.identity), lot.state.value, int(lot.is_open), None, None) for lot in lots)]


@pytest.fixture(scope="module")
def situation(tmp_path_factory: pytest.TempPathFactory) -> Situation:
    return Situation(tmp_path_factory.mktemp("order") / "town")


def test_the_usual_order_gives_the_book_that_a_person_expects(situation: Situation) -> None:
    assert len(situation.answers) == 6  # three acknowledgements, a return of the refusal, two of payments
    assert [line[1:] for line in situation.usual] == [
        ("settled", 1750, 0, 1750),
        ("rejected", 0, 1750, 0),
        ("acknowledged", None, None, None),
        ("recorded", None, None, None),  # its lot was refused: it waits for the next one
        ("settled", 1750, 0, 1750),
        ("settled", 1750, 0, 1750),
        ("acknowledged", 0, None, None),
        ("refused", 0, None, None),
        ("acknowledged", 0, None, None),
    ]


@settings(max_examples=12)
@given(st.data())
def test_any_order_and_any_doubles_give_the_same_book(situation: Situation, data: st.DataObject) -> None:
    order = data.draw(st.permutations(situation.answers))
    doubles = data.draw(st.lists(st.sampled_from(situation.answers), max_size=2))
    assert situation.book_after([*order, *doubles]) == situation.usual
