"""What docs/conversion.md shows runs: its commands and its Python, on a small file."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from vaguemestre.cli import main

sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

from b2_samples import records

PAGE = (Path(__file__).parents[2] / "docs" / "conversion.md").read_text(encoding="utf-8")
SOUND = b"".join(records()).replace(b"258042712345612", b"258042712345607")  # the key that this NIR has


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lot.b2").write_bytes(SOUND)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_the_page_run(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    commands = [re.split(r" {3,}", line)[0] for line in blocks("")[0].splitlines()]
    assert len(commands) == 6
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert (place / "lot-csv" / "4.csv").exists()
    assert (place / "normal.b2.gz").exists()


def test_the_python_of_the_page_runs(place: Path) -> None:
    assert main(["b2", "convert", "lot.b2", "--to", "parquet"]) == 0
    codes = blocks("python")
    assert len(codes) == 2
    for code in codes:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=place)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "221170002 2022-04-27 G 2500 cents" in done.stdout
    assert (place / "new.b2").stat().st_size == 10 * 128, done.stdout
