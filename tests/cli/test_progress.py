"""How far a long command has come: occasional plain lines where no bar can be drawn, nothing with --json or --quiet."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vaguemestre.audit.facts import Deed
from vaguemestre.cli import main, plainprogress
from vaguemestre.cli.plainprogress import EVERY_SECONDS, FIRST_SECONDS, PlainProgress
from vaguemestre.cli.shell import progress
from vaguemestre.sim.director import Director, RunSettings
from vaguemestre.sim.practice_host import RoundReport
from vaguemestre.sim.worldfiles import WorldFiles


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAGUEMESTRE_LANG", "en")


def test_lines_are_few_and_say_how_far() -> None:
    now = [0.0]
    out = io.StringIO()
    line = PlainProgress(1000, "Sheets", out, clock=lambda: now[0])
    for second in range(60):
        now[0] = float(second)
        line.advance(10)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Sheets: 3 % (30/1000)"
    assert len(lines) == 1 + (59 - FIRST_SECONDS) // EVERY_SECONDS


def test_what_is_quick_says_nothing_and_what_has_no_end_counts() -> None:
    now = [0.0]
    out = io.StringIO()
    line = PlainProgress(None, "Messages", out, clock=lambda: now[0])
    line.advance(4)
    assert out.getvalue() == ""
    now[0] = FIRST_SECONDS
    line.advance(4)
    assert out.getvalue() == "Messages: 8\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_off_a_terminal_lines_go_to_standard_error(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plainprogress, "FIRST_SECONDS", 0.0)
    with progress(10, "Sheets", as_json=as_json) as advance:
        advance(5)
    assert capsys.readouterr() == ("", "" if as_json else "Sheets: 50 % (5/10)\n")


class OneRound:
    """In the director's place: it says that 30 sheets are recorded, and stops."""

    def __init__(self, _settings: Any, look: Any = None, recorded: Callable[[int], None] | None = None) -> None:
        self._recorded = recorded

    def run(self) -> None:
        assert self._recorded is not None
        self._recorded(30)
        raise KeyboardInterrupt


@pytest.mark.parametrize("command", ["run", "demo"])
@pytest.mark.parametrize(("option", "expected"), [(None, True), ("--quiet", False), ("--json", False)])
def test_long_stories_say_how_far_they_are(
    command: str,
    option: str | None,
    expected: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(plainprogress, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(f"vaguemestre.cli.{command}.Director", OneRound)
    place = ["--state", str(tmp_path / "world")] if command == "demo" else ["--sheets", "120"]
    assert main([command, *place, *([option] if option else [])]) == 130
    told = capsys.readouterr()
    assert told.out == ""
    assert ("Sheets: " in told.err) is expected


def test_the_director_tells_every_sheet_that_people_record(tmp_path: Path) -> None:
    told: list[int] = []
    director = Director(RunSettings(tmp_path, 2), recorded=told.append)
    WorldFiles(tmp_path).deeds.parent.mkdir(parents=True)
    own, correction = Deed("a", "gp", "a", True, 1), Deed("b", "gp", "a", True, 1)
    director._take_in([RoundReport(deeds=(own, correction)), RoundReport()])
    assert told == [1, 0]
