"""The tour of docs/toolkit.md: every command runs as written and prints what the page says (`...` stands for what is left out)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"^```sh\n(.*?)^```\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGE = (ROOT / "docs" / "toolkit.md").read_text("utf-8")
STEPS = STEP.findall(PAGE)


def stands(expected: str, printed: str) -> str:
    """The first part of `expected` (cut at `...`) that `printed` does not hold in that order; "" when all stand."""
    at = 0
    for part in expected.split("...\n"):
        if not part.strip():
            continue
        found = printed.find(part, at)
        if found < 0:
            return part
        at = found + len(part)
    return ""


def test_the_comparison_catches() -> None:
    assert stands("a\n...\nc\n", "a\nb\nc\n") == ""
    assert stands("c\n...\na\n", "a\nb\nc\n") == "a\n"
    assert stands("x\n", "a\n") == "x\n"


def test_the_page_has_a_tour() -> None:
    assert len(STEPS) >= 7
    assert PAGE.count("```sh\n") == len(STEPS)


@pytest.mark.parametrize(("command", "expected"), STEPS, ids=[command.splitlines()[0][12:40] for command, _ in STEPS])
def test_a_step_prints_what_the_page_says(command: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vaguemestre").symlink_to(Path(sys.prefix) / "bin" / "vaguemestre")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VAGUEMESTRE_")}
    environment = {**kept, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert stands(expected, done.stdout) == "", done.stdout[:3000] + done.stderr[:2000]


def test_the_python_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lot.b2").write_bytes((ROOT / "docs" / "specimens" / "09-damaged.b2").read_bytes())
    monkeypatch.chdir(tmp_path)
    for block in PYTHON.findall(PAGE):
        exec(compile(block, "toolkit.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "B101 lot.b2, record 3" in printed
    assert "221170011 G 2022-04-27 2500" in printed
