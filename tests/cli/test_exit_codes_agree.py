"""What a command tells and how it ends agree: an error is never told with exit code 0, nor 1 without a reason."""

import ast
import json
from pathlib import Path

import pytest

import vaguemestre.cli
from vaguemestre.cli.shell import ExitCode, agreed_code, exit_code_for, finish, report_findings
from vaguemestre.core.findings import Level, as_warnings, finding
from vaguemestre.tables.finding_codes import ALL

CLI = Path(vaguemestre.cli.__file__).parent
ERROR = finding("E004", path="x")
NOTE = next(finding(entry) for entry in ALL if entry.level is Level.NOTE)


@pytest.mark.parametrize("given", [None, *ExitCode])
def test_an_error_is_never_told_with_exit_code_0(given: ExitCode | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert agreed_code(given, [NOTE, ERROR]) != ExitCode.DONE
    assert report_findings([ERROR], lang="fr", exit_code=given) != ExitCode.DONE
    capsys.readouterr()
    code = finish({}, [], [NOTE, ERROR], lang="fr", as_json=True, exit_code=given)
    assert code == json.loads(capsys.readouterr().out)["exit_code"] != 0


def test_without_an_error_a_command_ends_as_it_says() -> None:
    assert [agreed_code(given, [NOTE]) for given in (None, *ExitCode)] == [ExitCode.DONE, *ExitCode]


def test_what_refuses_nothing_any_more_is_a_warning() -> None:
    lowered = as_warnings([ERROR, NOTE])
    assert [item.level for item in lowered] == [Level.WARNING, Level.NOTE]
    assert exit_code_for(lowered) is ExitCode.DONE
    assert lowered[0].message("fr") == ERROR.message("fr")


def own_zeros(text: str) -> list[int]:
    """Lines of a module that write exit code 0 into a document beside findings of their own."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Dict):
            pairs = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            code, said = pairs.get("exit_code"), pairs.get("findings")
            empty = isinstance(said, ast.List) and not said.elts
            if isinstance(code, ast.Constant) and code.value == 0 and said is not None and not empty:
                found.append(node.lineno)
    return found


def test_no_command_writes_its_own_zero_beside_findings() -> None:
    assert own_zeros('x = {"exit_code": 0, "findings": [a for a in b]}') == [1], "the check can fail"
    assert own_zeros('x = {"exit_code": 0, "findings": []}') == []
    modules = sorted(CLI.glob("*.py"))
    assert {
        module.name: own_zeros(module.read_text("utf-8")) for module in modules if own_zeros(module.read_text("utf-8"))
    } == {}
