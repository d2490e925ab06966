"""What was already recorded is looked up once for each commit, through the index, and forgotten with the patient."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from practice_kit import NOW, World, tiers_payant
from vaguemestre.core.practice.book import CareKeys, KnownCare, SheetKey
from vaguemestre.core.sheet.sameness import care_key
from vaguemestre.edge.practice.sameness import CareReader
from vaguemestre.role.practice.keeping import purge
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.record import Entry, record, record_many
from vaguemestre.role.practice.send import send


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    return made


def statements(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that looks care up, as SQLite ran it."""
    asked: list[str] = []
    known_care = CareReader.known_care

    def traced(self: CareReader, keys: Any) -> dict[CareKeys, KnownCare]:
        self._driver.set_trace_callback(asked.append)
        try:
            return known_care(self, keys)
        finally:
            self._driver.set_trace_callback(None)

    monkeypatch.setattr(CareReader, "known_care", traced)
    return asked


def test_one_statement_looks_up_all_the_sheets_of_a_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = statements(world, monkeypatch)
    outcomes = [*record_many(world.edges, (Entry(tiers_payant()) for _ in range(150)), world.now)]
    assert len(outcomes) == 150
    assert len(asked) == 2, "one for each hundred"
    doubles = [item for outcome in outcomes for item in outcome.findings if item.code.code == "R085"]
    first = outcomes[0].sheet
    assert first is not None
    assert (len(doubles), {item.values["like"] for item in doubles}) == (149, {str(first.identity)})


def test_the_look_up_reads_its_own_sheets_only(world: World) -> None:
    world.record()
    with world.store.read() as view:
        asked: list[str] = []
        view._driver.set_trace_callback(asked.append)
        view.known_care([CareKeys("a", "b"), CareKeys("c", "d")])
        view._driver.set_trace_callback(None)
        plan = [row[3] for row in view._driver.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert any("SEARCH s USING INDEX sheets_of_patient (patient_index=? AND care_index=?)" in step for step in plan), (
        plan
    )
    assert not any(step.startswith("SCAN s") for step in plan)


def test_a_row_and_its_care_are_known_each_by_its_own_mark(world: World) -> None:
    made = tiers_payant()
    person, care = made.beneficiary.key, care_key(made)
    (outcome,) = record_many(world.edges, [Entry(made, entry_key="row 1")], world.now)
    assert outcome.sheet is not None
    key = SheetKey.of(outcome.sheet.identity)
    asked = [
        CareKeys(person, care, "row 1"),
        CareKeys(person, care, "row 2"),
        CareKeys(person, care),
        CareKeys("another", care, "row 1"),
    ]
    with world.store.read() as view:
        known = view.known_care(asked)
    assert known == dict(zip(asked, (KnownCare(key, key), KnownCare(None, key), KnownCare(None, key)), strict=False))
    (again,) = record_many(world.edges, [Entry(made, entry_key="row 1")], world.now)
    assert (again.sheet, again.already, [item.code.code for item in again.findings]) == (None, key, ["R084"])


def test_a_correction_does_not_warn_of_the_sheet_that_it_corrects(world: World) -> None:
    (wrong,) = world.record()
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot)
    world.payer.pay(lot, {wrong.identity.invoice_number: 0})
    world.collect()
    corrected = record(world.edges, Entry(tiers_payant(replaces=wrong.identity)), world.now)
    assert corrected.sheet is not None
    assert "R085" not in [item.code.code for item in corrected.findings]


def test_the_marks_of_care_go_with_what_tells_of_the_patient(world: World) -> None:
    (sheet,) = world.record()
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot)
    world.payer.pay(lot)
    world.collect()
    marks = "SELECT count(*) FROM sheets WHERE care_index IS NOT NULL"
    with world.store.read() as view:
        assert view._driver.execute(marks).fetchone() == (1,)
    assert purge(world.edges, NOW + timedelta(days=92)).sheets == 1
    with world.store.read() as view:
        assert view._driver.execute(marks).fetchone() == (0,)
        assert view.sheet_by_key(SheetKey.of(sheet.identity)) is not None
