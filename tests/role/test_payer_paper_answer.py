"""A paper sheet under tiers payant has its answer: by mail to who reads mail, by a letter to who does not. mess9821498a:5."""

from datetime import timedelta
from pathlib import Path

import pytest
from test_payer_holds import paper

from payer_kit import DAY, GENERAL, GP_NUMBER, NOON, sheet
from payer_world import PayerWorld, make_world
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.payer.letter import render_letter
from vaguemestre.core.returns import PaymentState
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.answer_again import answer_again
from vaguemestre.role.payer.holds import type_paper_sheet
from vaguemestre.role.payer.letters import due_letters, mark_printed
from vaguemestre.role.payer.pay import pay

PAY_DAY = NOON + timedelta(days=7)


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    """Two paper sheets were typed and decided: one is paid, one is for a person whom the fund does not know."""
    world = make_world(tmp_path)
    for serial, order in ((1, 1), (2, 9)):
        typed, found = type_paper_sheet(world.edges, paper(order, settlement=Settlement.TIERS_PAYANT), serial, NOON)
        assert typed is not None, found
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    return world


def test_who_reads_answers_gets_a_return_about_paper_apart_from_the_others(world: PayerWorld) -> None:
    world.intake(world.message([sheet(5, 3)]))
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY + timedelta(days=1))
    report = answer(world.edges, PAY_DAY + timedelta(days=1))
    assert (report.returns, report.sheets_returned, report.findings) == (2, 3, [])
    on_paper, electronic = sorted(world.returns(), key=lambda item: not item.paper)
    assert [(item.invoice_number, item.state, item.paid_cents) for item in on_paper.invoices] == [
        ("P0001", PaymentState.PAID, 1750),
        ("P0002", PaymentState.REJECTED, 0),
    ]
    assert [item.code for item in on_paper.invoices[1].rejections] == ["A022"]
    assert (electronic.paper, [item.invoice_number for item in electronic.invoices]) == (False, ["221170005"])
    assert answer(world.edges, PAY_DAY + timedelta(days=2)).returns == 0
    assert due_letters(world.edges) == []
    assert answer_again(world.edges, GP_NUMBER, DAY, PAY_DAY + timedelta(days=3)).returns == 2


def test_who_reads_none_gets_a_letter_that_is_not_written_twice(world: PayerWorld) -> None:
    report = answer(world.edges, PAY_DAY)
    assert (report.returns, [item.code.code for item in report.findings]) == (0, ["A036"])
    (letter,) = due_letters(world.edges)
    assert (letter.fund_code, letter.payee, letter.paid_cents, len(letter.lines)) == (GENERAL.code, GP_NUMBER, 1750, 2)
    assert (letter.fund_name, letter.payee_name) == ("Caisse 017510000", "Cabinet Kerdoncuff")
    text = render_letter(letter, PAY_DAY.date())
    assert f"{GP_NUMBER}/{DAY.isoformat()}/P0001, 17,50" in text
    assert "payés le 04/05/2022" in text
    assert "A022" in text
    assert "En tout : 17,50" in text
    assert "rejected" in render_letter(letter, PAY_DAY.date(), "en")
    nir = paper(1).beneficiary.insured_nir
    assert nir not in text
    mark_printed(world.edges, letter, text, PAY_DAY)
    assert due_letters(world.edges) == []
    assert answer(world.edges, PAY_DAY).findings == []
