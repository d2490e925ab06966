"""The README's commands run as they are written, in order, from a fresh place that looks like the repository."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMISED_CODE = re.compile(r"# exit code ([1-9][0-9]*)$")
BY_CI = "make test"
"""Run by `.ci/run` itself, as its first step: here it would run itself."""


def commands(text: str) -> list[str]:
    """The command lines of the `sh` blocks, without comments, continued lines joined."""
    lines = "\n".join(BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def complaints(line: str, done: "subprocess.CompletedProcess[str]") -> list[str]:
    """What is wrong with how a command ended: a page shows failures on purpose, and says with which exit code."""
    said = done.stdout[-2000:] + done.stderr[-2000:]
    promised = PROMISED_CODE.search(line)
    found = []
    if done.returncode:
        found.append(f"{line}: ends with {done.returncode}\n{said}")
    if "Traceback" in said:
        found.append(f"{line}: a traceback\n{said}")
    if not done.stdout.strip():
        found.append(f"{line}: it shows nothing")
    if "||" in line and promised is None:
        found.append(f"{line}: a failure that is hidden must be promised: # exit code N")
    if promised is not None and done.stdout.strip().splitlines()[-1:] != [f"exit code {promised[1]}"]:
        found.append(f"{line}: did not end with exit code {promised[1]}\n{said}")
    return found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo fine", ""),
        ('sh -c "echo bad; exit 1" || echo "exit code $?"  # exit code 1', ""),
        ('echo undetected || echo "exit code $?"  # exit code 1', "did not end with exit code 1"),
        ('sh -c "exit 4" || echo "exit code $?"  # exit code 1', "did not end with exit code 1"),
        ('sh -c "exit 1" || echo "exit code $?"', "must be promised"),
        ("echo bad; exit 3", "ends with 3"),
        ("echo Traceback", "a traceback"),
        ("true", "it shows nothing"),
    ],
)
def test_a_failure_cannot_hide(line: str, said: str) -> None:
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    found = complaints(line, done)
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_blocks_become_commands() -> None:
    text = "a\n```sh\n# say\nmake demo\nvaguemestre x \\\n  --y\n```\n```json\nno\n```\n```sh\nlast\n```\n"
    assert commands(text) == ["make demo", "vaguemestre x    --y", "last"]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert BY_CI in commands((ROOT / "README.md").read_text("utf-8"))
    first_step = next(
        line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line.startswith("step ")
    )
    assert first_step.endswith("make --no-print-directory test")


@pytest.mark.slow
def test_the_readme_runs_as_written(tmp_path: Path) -> None:
    for name in (
        "README.md",
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
        "requirements-dev.lock",
        "src",
        "tests",
        "docs",
    ):
        (tmp_path / name).symlink_to(ROOT / name)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "VAGUEMESTRE_", "MAKE"))
    }
    # an environment older than the locks would be installed anew from the copy, and point there for ever after
    subprocess.run(["make", "setup"], cwd=ROOT, env=kept, capture_output=True, timeout=600, check=True)
    # the repository's own, never the one that runs this test: `make demo` may install the copy into it
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    written = [line for line in commands((ROOT / "README.md").read_text("utf-8")) if line != BY_CI]
    assert "make demo" in written
    for line in written:
        done = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=120, check=False
        )
        assert complaints(line, done) == []
