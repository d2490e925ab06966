"""A return about paper sheets: told, counted once, and never taken for an answer about an electronic sheet."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_practice_forwarded import mail, sent

from practice_kit import FUND, World
from vaguemestre.core.returns import PaymentState, Return, decode_return, encode_return
from vaguemestre.core.seal.lotmessage import AnswerKind
from vaguemestre.role.practice.collect import collect


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    return made


def test_paper_sheets_are_told_with_their_money_and_move_no_electronic_sheet(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = sent(world)
    kept: list[bytes] = []
    monkeypatch.setattr(
        type(world.payer), "_answer", lambda self, kind, about, data, number, to: kept.append(data) or b""
    )
    world.payer.pay(lot, {lot.sheets[1].identity.invoice_number: 0})
    made, _ = decode_return(kept[0])
    assert made is not None
    paid, rejected = made.invoices
    assert (paid.state, rejected.state) == (PaymentState.PAID, PaymentState.REJECTED)
    numbered = (replace(paid, invoice_number="P0001"), replace(rejected, invoice_number="P0002"))
    on_paper: Return = replace(made, invoices=numbered, paper=True)
    # an electronic number in a return about paper is not that electronic sheet either
    stray = replace(made, invoices=made.invoices, paper=True, identifier="000777")
    for number, given in ((31, on_paper), (32, on_paper), (33, stray)):
        mail(world, lot, FUND, AnswerKind.RETURN, encode_return(given), number)
    found = collect(world.edges, world.now).findings
    assert sorted(item.code.code for item in found) == ["R058", "R058", "R059", "R059"]
    assert world.states() == ["handed over"] * 2
    with world.store.read() as view:
        rows = view._connection.exec_driver_sql("SELECT invoice_number, paid_cents FROM sheet_answers").fetchall()
    assert [tuple(row) for row in rows[:2]] == [("P0001", 1750), ("P0002", 0)]
    assert len(rows) == 4
