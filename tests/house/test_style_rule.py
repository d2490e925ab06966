"""The code keeps the written style, and each rule of it catches a small broken sample."""

import subprocess
import sys
from pathlib import Path

import pytest
from source import ROOT, expect_none, module, modules
from style_rule import style_violations

RUFF = Path(sys.executable).with_name("ruff")
DOCSTRING = '"""A sample."""\n'


def test_the_code_keeps_the_style() -> None:
    expect_none(style_violations(modules()))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("core.lot", "x = 1\n" * 401, "401 lines"),
        ("role.payer", "def f() -> int:\n" + "    x = 1\n" * 58 + "    return x\n", "f has 60 lines"),
        ("core.lot", "class A:\n    async def g(self):\n" + "        x = 1\n" * 60, "g has 61 lines"),
        ("core.money", "x = float('1.5')", "money is integer cents"),
        ("core.money", "def half(total_cents: int) -> int:\n    return int(total_cents / 2)", "/ on cents"),
        ("sim.day", "def pay(amount_cents: float) -> None: ...", "amount_cents is a float"),
        ("cli.run", "class A:\n    due_cents: float | None = None", "due_cents is a float"),
        ("edge.mail.smtp", "try:\n    x = 1\nexcept Exception:\n    pass", "a fault is swallowed"),
        ("core.b2.reader", 'import re\nX = re.compile(b"(?:[1-6]%b){0,%d}+" % (b"x", 4))', "possessive"),
        ("core.b2.reader", 'import re\nX = re.fullmatch(r"(?>ab)c", "abc")', "atomic group"),
        ("core.lot", "from dataclasses import dataclass, field", "core.values"),
        (
            "edge.mail.smtp",
            "for x in ():\n    try:\n        y = 1\n    except BaseException:\n        continue",
            "a fault is swallowed",
        ),
    ],
)
def test_the_rule_catches(name: str, text: str, said: str) -> None:
    (violation,) = style_violations([module(f"vaguemestre.{name}", text)])
    assert said in violation


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tables.layouts", "x = 1\n" * 401),
        ("tables.layouts", "from dataclasses import dataclass"),
        ("core.lot", "from dataclasses import field, replace"),
        ("core.lot", "x = 1\n" * 400),
        ("core.lot", "def f():\n" + "    x = 1\n" * 58),
        ("edge.probe", "x = float('1.5')"),
        ("core.b2.reader", r"""import re; X = re.compile("[*+]+a?[+]+\\++")"""),
        ("edge.mail.smtp", "try:\n    x = 1\nexcept OSError:\n    pass"),
        ("core.money", "def half(total_cents: int) -> int:\n    return total_cents // 2"),
    ],
)
def test_the_rule_lets_pass(name: str, text: str) -> None:
    assert style_violations([module(f"vaguemestre.{name}", text)]) == []


@pytest.mark.parametrize(
    ("room", "text", "rule"),
    [
        ("core", "x = 1\n", "D100"),
        ("core", DOCSTRING + "class Lot:\n    x = 1\n", "D101"),
        ("role", DOCSTRING + "def send() -> None:\n    return\n", "D103"),
        ("core", DOCSTRING + "from os.path import *\n", "F403"),
        ("core", DOCSTRING + "try:\n    X = 1\nexcept:\n    X = 2\n", "E722"),
        ("core", DOCSTRING + "X = 1\nassert X\n", "S101"),
        ("core", DOCSTRING + 'print("x")\n', "T201"),
        ("core", DOCSTRING + "from . import money\n", "TID252"),
        ("core", DOCSTRING + "X = 1\n\n\ndef put() -> None:\n    '''Put.'''\n    global X\n    X = 2\n", "PLW0603"),
        ("core", DOCSTRING + "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n", "TID251"),
        ("role", DOCSTRING + "from datetime import date\n\nTODAY = date.today()\n", "TID251"),
        ("edge", DOCSTRING + "import time\n\nNOW = time.time()\n", "TID251"),
        ("edge", DOCSTRING + "import random\n\nX = random.random()\n", "TID251"),
        ("role", DOCSTRING + "import uuid\n\nX = uuid.uuid4()\n", "TID251"),
        ("role", DOCSTRING + "import os\n\nX = os.urandom(8)\n", "TID251"),
        ("core", DOCSTRING + "X: float = 0.1\nDUE_CENTS = 10_0\n" + "# " + "x" * 131 + "\n", "E501"),
    ],
)
def test_ruff_is_set_to_catch(room: str, text: str, rule: str) -> None:
    sample = f"src/vaguemestre/{room}/sample.py"
    command = [str(RUFF), "check", "--output-format", "concise", "--stdin-filename", sample, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert f" {rule} " in done.stdout
