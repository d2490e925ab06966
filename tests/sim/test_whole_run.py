"""Whole worlds, as `vaguemestre run` and `vaguemestre demo` play them: they hold, they repeat, and every sabotage is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from vaguemestre.audit.inquiry import inquire
from vaguemestre.cli import main
from vaguemestre.cli.worldreport import document, evidence_of, succeeded
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.sim.director import Director, RunSettings
from vaguemestre.sim.sabotage import Sabotage
from vaguemestre.sim.snapshot import Snapshot
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.tables.lifecycles import SheetState, WayState

pytestmark = pytest.mark.slow
_TIMES = ("founding_seconds", "phase_seconds", "cpu_seconds", "seconds", "sheets_per_second")


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["run", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_run_holds_and_repeats_for_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    code, first = _run(capsys, "--sheets", "40", "--seed", "3", "--close-pop-after", "17")
    assert code == 0
    endings = ("settled", "acknowledged_patient_paid", "rejected", "waiting", "cancelled", "lost")
    assert first["sheets"] == 40 == sum(first[name] for name in endings)
    assert (first["waiting"], first["lost"], first["paid_twice"], first["leaks"]) == (0, 0, 0, 0)
    amounts = first["amounts_cents"]
    assert amounts["claimed"] == amounts["accepted"] + amounts["rejected"] + amounts["waiting"] + amounts["cancelled"]
    assert amounts["accepted"] == amounts["paid_practice"] + amounts["paid_patient"] + amounts["retained"] > 0
    assert amounts["shown_practice"] == amounts["paid_practice"] > 0
    assert amounts["shown_patient"] == amounts["paid_patient"] > 0
    assert first["operators"]["a"]["refused"] > 0 == first["operators"]["b"]["refused"]
    code, again = _run(capsys, "--sheets", "40", "--seed", "3", "--close-pop-after", "17", "--workers", "2")
    assert code == 0
    for name in _TIMES:
        del first[name], again[name]
    assert again == first
    _, other = _run(capsys, "--sheets", "40", "--seed", "4", "--close-pop-after", "17")
    assert other["amounts_cents"] != first["amounts_cents"]


def test_closing_pop3_halfway_makes_nobody_late_and_nothing_go_twice(tmp_path: Path) -> None:
    """An acknowledgement that comes a working day late is an alarm (R018) and a second sending, by the other operator."""
    figures = Director(RunSettings(tmp_path, 300, seed=5, close_pop_after=150, kind=KeyKind.P_256)).run()
    assert [text for _, text in figures.findings if text.startswith("R018")] == []
    assert figures.operators["b"]["sent"] == 0 < figures.operators["a"]["sent"]
    assert figures.operators["b"]["collected"] > figures.operators["a"]["collected"] > 0
    made = inquire(evidence_of(WorldFiles(tmp_path)))
    assert succeeded(made), made.breaches
    assert made.unseen_messages == 0
    copies = sorted((tmp_path / "record" / "carried").iterdir())
    assert [path.name for path in copies] == ["a.eml", "b.eml"]
    assert all(path.stat().st_size for path in copies)


@pytest.mark.parametrize("kind", list(Sabotage))
def test_every_sabotage_is_named(kind: Sabotage, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _run(capsys, "--sheets", "10", "--sabotage", kind.value, "--cards", KeyKind.P_256.value)
    assert code == 1
    match kind:
        case Sabotage.LOSE:
            assert told["lost"] == 1
            named = [breach["sheet"] for breach in told["breaches"] if breach["kind"] == "lost"]
        case Sabotage.PAY_TWICE:
            assert told["paid_twice"] == 1
            named = [breach["sheet"] for breach in told["breaches"] if breach["kind"] == "paid_twice"]
        case Sabotage.WRONG_CENT:
            named = [breach["sheet"] for breach in told["breaches"] if breach["kind"] == "books"]
        case Sabotage.UNSEALED:
            assert told["leaks"] == len(told["leaks_found"]) > 0
            named = [sheet for leak in told["leaks_found"] for sheet in leak["sheets"]]
    assert any(name.count("/") == 2 for name in named)


def test_the_sample_day_goes_on_through_b_while_a_is_closed(tmp_path: Path) -> None:
    seen: list[Snapshot] = []
    figures = Director(RunSettings(tmp_path, None, close_pop_after=66), seen.append).run()
    inquiry = inquire(evidence_of(WorldFiles(tmp_path)))
    assert succeeded(inquiry), inquiry.breaches
    told = document(inquiry, figures)
    assert (told["sheets"], told["rejected"], told["corrections"]) == (138, 3, 2)
    last = seen[-1]
    assert [operator.pop3_open for operator in last.operators] == [False, True]
    for practice in last.practices:
        ways = {way.name: way for way in practice.ways}
        assert (ways["a"].sending, ways["a"].collecting) == (WayState.OPEN, WayState.SUSPENDED)
        assert (ways["b"].sending, ways["b"].collecting) == (WayState.OPEN, WayState.OPEN)
        ended = {SheetState.SETTLED, SheetState.ACKNOWLEDGED, SheetState.REJECTED}
        assert set(practice.stages) <= ended
    half = next(snapshot for snapshot in seen if not snapshot.operators[0].pop3_open)
    assert any(stage is SheetState.HANDED_OVER for practice in half.practices for stage in practice.stages)
    assert half.events
    assert figures.operators["b"]["collected"] > figures.operators["a"]["collected"] > 0
    assert main(["audit", "--state", str(tmp_path)]) == 0
