"""`make test` is honest: what did not run is named last, and is a failure in CI; a machine without venv is told one command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from source import ROOT

SAMPLE = """
import pytest

@pytest.mark.system("sh")
def test_has_what_it_needs():
    assert True

@pytest.mark.system("sh", "no-such-program")
def test_needs_a_program():
    assert False, "never reached"
"""


def run_pytest(folder: Path, *arguments: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  system: needs a program\naddopts = -q --strict-markers\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"CI": ci}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_what_did_not_run_is_named_last(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    closing, title, name = done.stdout.rstrip().splitlines()[-3:]
    assert "1 passed, 1 skipped" in closing
    assert "did not run" in title
    assert name == "test_sample.py::test_needs_a_program: needs no-such-program"


def test_in_ci_a_skip_is_a_failure_across_workers(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    done = run_pytest(tmp_path, "-n", "1", ci="true")
    assert done.returncode == 1
    assert "test_needs_a_program: needs no-such-program" in done.stdout
    assert done.stdout.rstrip().endswith("CI=true: a test that does not run is a failure")


def test_in_ci_any_reason_to_skip_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text('import pytest\n\ndef test_one():\n    pytest.skip("not today")\n')
    assert run_pytest(tmp_path, ci="true").returncode == 1
    assert run_pytest(tmp_path).returncode == 0


def test_a_whole_run_says_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text("def test_one():\n    assert True\n")
    done = run_pytest(tmp_path, ci="true")
    assert done.returncode == 0
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 passed")


def test_the_mark_must_name_its_program(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text("import pytest\n\n@pytest.mark.system\ndef test_one(): ...\n")
    done = run_pytest(tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert 'write system("program")' in done.stderr + done.stdout


def test_every_program_of_a_mark_has_its_debian_package() -> None:
    marked: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        if file != Path(__file__):
            for line in file.read_text("utf-8").splitlines():
                if "mark.system(" in line:
                    marked |= set(
                        line.split("system(", 1)[1].split(")")[0].replace('"', "").replace(" ", "").split(",")
                    )
    lines = (ROOT / "tests" / "debian-packages.txt").read_text("utf-8").splitlines()
    listed = {line.split()[1] for line in lines if line and not line.startswith("#")}
    assert sorted(marked - listed) == []


@pytest.fixture
def makefile(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "setup", f"PYTHON={python}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_without_venv_make_says_the_one_command(makefile: Path) -> None:
    python = makefile / "python-without-venv"
    python.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    done = make(makefile, python)
    assert done.returncode != 0
    assert f"    apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv\n" in done.stderr
    assert not (makefile / ".venv").exists()


def test_without_a_recent_python_make_says_so(makefile: Path) -> None:
    done = make(makefile, "")
    assert done.returncode != 0
    assert "Python 3.11" in done.stderr


def run_ci(folder: Path, failing: str) -> subprocess.CompletedProcess[str]:
    """`.ci/run` among stand-ins for make and python: each says what it was asked, and fails when asked for `failing`."""
    for name in (".ci/run", "bin/make", ".venv/bin/python"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    for name in ("bin/make", ".venv/bin/python"):
        (folder / name).write_text(f'#!/bin/sh\necho "asked: $* CI=$CI"\ncase "$*" in *{failing}*) exit 3;; esac\n')
        (folder / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "CI": ""}
    return subprocess.run([folder / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)


def test_ci_runs_every_step_without_any_skip_allowed(tmp_path: Path) -> None:
    done = run_ci(tmp_path, "nothing")
    assert done.returncode == 0, done.stderr
    asked = [line for line in done.stdout.splitlines() if line.startswith("asked: ")]
    assert all(line.endswith("CI=true") for line in asked)
    assert [line.split()[-2] for line in asked] == [
        "test",
        "lint",
        "types",
        "tests/house/test_import_rule.py",
        "docs-check",
    ]
    assert "all steps passed in " in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("failing", ["test", "lint", "types", "test_import_rule", "docs-check"])
def test_ci_stops_at_the_first_failure_and_names_it(tmp_path: Path, failing: str) -> None:
    done = run_ci(tmp_path, failing)
    assert done.returncode == 1
    assert "== FAILED at " in done.stderr
    assert failing in done.stderr
    last = [line for line in done.stdout.splitlines() if line.startswith("asked: ")][-1]
    assert failing in last
