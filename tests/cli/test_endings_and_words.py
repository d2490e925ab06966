"""How commands end when they are asked to, and what they say of the command line: in the reader's language, in JSON too."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vaguemestre.cli import main
from vaguemestre.cli.plainprogress import FIRST_SECONDS, PlainProgress
from vaguemestre.cli.plainstory import PlainStory
from vaguemestre.core.findings import finding
from vaguemestre.sim.snapshot import Snapshot

COMMAND = [sys.executable, "-c", "import sys; from vaguemestre.cli import main; sys.exit(main())"]


def test_sigterm_ends_run_with_130_and_leaves_no_process(tmp_path: Path) -> None:
    begun = [*COMMAND, "run", "--sheets", "3000", "--state", str(tmp_path / "world"), "--quiet"]
    with subprocess.Popen(begun, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        running = tmp_path / "world" / "operators"
        for _ in range(600):
            if list(tmp_path.glob("world/**/operator-running.json")):
                break
            time.sleep(0.1)
        pids = [json.loads(path.read_text())["pid"] for path in tmp_path.glob("world/**/operator-running.json")]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, (running, said)
    assert "Traceback" not in said
    assert pids
    for _ in range(100):  # an operator that was just starting ends by itself
        left = [pid for pid in pids if _runs(pid)]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(f"still running: {left}")


def _runs(pid: int) -> bool:
    """Whether the process works: one that has ended may stay listed until somebody reads how."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return sys.platform != "linux"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["practice", "status", "--now", "hier"], "n'est pas une date de la forme 'AAAA-MM-JJTHH:MM'"),
        (["payer", "answer", "--again"], "--again va avec --payee et --since"),
        (["run", "--sheets", "5", "--close-pop-after", "9"], "--sheets est 5"),
    ],
)
def test_usage_errors_are_french_and_json_when_asked(
    given: list[str], expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAGUEMESTRE_LANG", "fr")
    assert main([*given, "--json"]) == 2
    shown = capsys.readouterr()
    for text in (shown.err, json.loads(shown.out)["usage"]):
        assert expected in text
        for english in ("Value error", "Invalid value", "does not match", "env var", "%Y"):
            assert english not in text
    assert json.loads(shown.out)["exit_code"] == 2


def test_a_variable_with_a_wrong_value_is_named_in_french(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAGUEMESTRE_LANG", "xx")
    assert main(["practice", "status"]) == 2
    said = capsys.readouterr().err
    assert "(variable VAGUEMESTRE_LANG)" in said
    assert "env var" not in said


def test_an_instant_may_have_seconds_or_none(tmp_path: Path) -> None:
    for now in ("2022-05-09", "2022-05-09T10:30", "2022-05-09T10:30:15"):
        assert main(["practice", "status", "--state", str(tmp_path), "--now", now]) == 4  # no practice there: not usage


def test_problems_with_a_document_are_said_in_french() -> None:
    told = finding("C010", problem="beneficiaries[0].rights: not a list")
    assert told.message("fr").endswith("beneficiaries[0].rights : ce n'est pas une liste.")
    assert told.message("en").endswith("beneficiaries[0].rights: not a list.")
    assert "le fichier n'est pas là" in finding("C010", problem="the file is not there").message("fr")


def test_a_world_is_founded_in_a_directory_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept").write_text("a person's")
    assert main(["run", "--sheets", "5", "--state", str(tmp_path)]) == 4
    assert "E021" in capsys.readouterr().err
    (tmp_path / "record").mkdir()
    (tmp_path / "payer").mkdir()
    assert main(["demo", "--state", str(tmp_path)]) == 4
    assert "E022" in capsys.readouterr().err
    assert (tmp_path / "kept").read_text() == "a person's"


def test_a_secret_off_a_terminal_is_one_line_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "operator.toml").write_text('name = "a"\ndomains = ["a.example"]\n')
    given = [*COMMAND, "operator", "account", "x@a.example", "--state", str(tmp_path), "--lang", "en"]
    done = subprocess.run(given, input="", capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "GetPassWarning" in done.stderr) == (2, False), done.stderr
    assert "give the secret on standard input" in done.stderr


def test_each_event_of_the_story_is_one_line_once() -> None:
    lines: list[str] = []
    story = PlainStory("en", lines.append)
    at = datetime(2022, 4, 27, 12, 30, tzinfo=UTC)
    events = tuple((f"fait {rank}", f"event {rank}") for rank in range(6))
    for shown in ((), events[:2], events[:2], events[1:4], events[3:6]):
        story(Snapshot(at, events=shown))
    assert lines == [f"04-27 12:30 › event {rank}" for rank in range(6)]


def test_progress_off_a_terminal_ends_with_where_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    line = PlainProgress(138, "Sheets", sys.stderr, clock=lambda: now[0])
    now[0] = FIRST_SECONDS
    line.advance(1)
    line.advance(137)
    line.end()
    line.end()
    assert [text.rpartition("%")[2] for text in capsys.readouterr().err.splitlines()] == [" (1/138)", " (138/138)"]


def test_every_group_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("practice", "payer", "operator", "patient", "tariff", "pki"):
        main([group, "--help"])
        shown = capsys.readouterr().out
        assert "Exemple" in shown or "Example" in shown, group
