"""Tests can fail: each one asserts something, in itself or in a helper of its own file that does."""

import ast
from pathlib import Path

import pytest
from source import ROOT, expect_none

Function = ast.FunctionDef | ast.AsyncFunctionDef


def silent_tests(path: str, text: str) -> list[str]:
    """Tests that could only fail by accident: no assertion, no expected exception, no helper that has one."""
    functions = {node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)}
    speaking = {name for name, node in functions.items() if _asserts(node)}
    while True:
        more = {name for name, node in functions.items() if name not in speaking and _calls(node) & speaking}
        if not more:
            break
        speaking |= more
    return [
        f"{path}:{node.lineno}: {name} asserts nothing"
        for name, node in functions.items()
        if name.startswith("test_") and name not in speaking
    ]


def _asserts(function: Function) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    return any(
        name in {"raises", "fail", "warns"} or name.startswith(("assert_", "expect_")) for name in _calls(function)
    )


def _calls(function: Function) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls}


def test_every_test_asserts_something() -> None:
    files = [file for file in sorted((ROOT / "tests").rglob("test_*.py")) if file != Path(__file__)]
    assert files
    expect_none(line for file in files for line in silent_tests(str(file.relative_to(ROOT)), file.read_text("utf-8")))


def test_test_files_have_names_of_their_own() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(
    "text",
    [
        "def test_a():\n    run()",
        "def helper():\n    return 1\ndef test_a():\n    helper()",
        "async def test_a():\n    await run()",
    ],
)
def test_a_silent_test_is_caught(text: str) -> None:
    (line,) = silent_tests("tests/test_x.py", text)
    assert line.endswith("test_a asserts nothing")


@pytest.mark.parametrize(
    "text",
    [
        "def test_a():\n    assert run()",
        "def test_a():\n    with pytest.raises(ValueError):\n        run()",
        "def check(x):\n    assert x\ndef test_a():\n    check(1)",
        "def deep(x):\n    assert x\ndef check(x):\n    deep(x)\ndef test_a():\n    check(1)",
    ],
)
def test_a_speaking_test_passes(text: str) -> None:
    assert silent_tests("tests/test_x.py", text) == []
