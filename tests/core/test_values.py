"""Value objects: as in the standard library for whoever uses them, and nothing assigns to one that is declared frozen."""

import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from mypy import api

from vaguemestre.core.values import dataclass

SAMPLE = """
from vaguemestre.core.values import dataclass
@dataclass(frozen=True, slots=True)
class Sample:
    number: int
def change(sample: Sample) -> None:
    sample.number = 3
"""


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """Two attributes."""

    number: int
    name: str = "a"


def test_a_value_is_equal_hashable_ordered_and_replaced_by_its_values() -> None:
    assert {Sample(1), Sample(1)} == {Sample(1, "a")}
    assert Sample(1) < Sample(2)
    assert replace(Sample(1), name="b") == Sample(1, "b")
    assert [entry.name for entry in fields(Sample)] == ["number", "name"]
    assert not hasattr(Sample(1), "__dict__")


def test_the_type_checker_refuses_a_change(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(SAMPLE, encoding="utf-8")
    said, _, code = api.run([str(source), "--strict", "--follow-imports=silent", f"--cache-dir={tmp_path}"])
    assert (code, said.count("error:")) == (1, 1)
    assert 'sample.py:7: error: Property "number" defined in "Sample" is read-only' in said


def in_development_mode(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


def test_development_mode_refuses_a_change_at_run_time() -> None:
    ended = in_development_mode("-c", SAMPLE + "change(Sample(1))")
    assert ended.returncode == 1
    assert "FrozenInstanceError" in ended.stderr


def test_the_whole_chain_changes_none() -> None:
    story = ("--sheets", "40", "--close-pop-after", "20", "--quiet", "--json")
    ended = in_development_mode("-m", "vaguemestre", "run", *story)
    assert ended.returncode == 0, ended.stderr
    account = json.loads(ended.stdout)
    assert account["settled"] + account["acknowledged_patient_paid"] == 40


@pytest.mark.parametrize("options", [{"frozen": True, "eq": False}, {"frozen": False}])
def test_other_options_are_the_library_s(options: dict[str, bool]) -> None:
    made = dataclass(type("Plain", (), {"__annotations__": {"x": int}}), **options)
    assert (made(1) == made(1)) is options.get("eq", True)
