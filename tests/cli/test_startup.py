"""A command answers at once: it loads its own room only, and reads its values as Typer would."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer._coercion import build_runtime_param

from vaguemestre.cli.mount import COMMANDS, load, offered
from vaguemestre.cli.quickvalues import lighten

HEAVY = {
    "pydantic",  # Typer's validation
    "rich",  # tables and live views
    "sqlalchemy",
    "cryptography",
    "twisted",
    "aiosmtpd",
    "babel",
    "numpy",
    "pyarrow",
}
VALUES = {
    "bool": [True, False, "1", "no"],
    "str": ["", "a b", "é"],
    "int": ["1", "0", "-3", "999999999", "1.5", "x", " 7", "١"],
    "float": ["1", "2.5", "0", "nan", "1e3"],
    "Path": ["/nowhere/at/all", "/", "relative", "~/a", "//a/../b", "a\x00b"],
    "datetime": ["2022-04-27", "2022-04-27T10:30", "2022-04-27T10:30:05", "27/04/2022", ""],
    "Literal": ["fr", "en", "de", "FR"],
    "list": [["a"], ["/tmp", "b"], []],
}


def modules_after(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom vaguemestre.cli import main\n"
        f"code = main({list(arguments)!r})\n"
        "sys.stdout.write('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}) + f' exit-{code}')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rsplit("\n", 1)[1].split())


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["tariff", "show", "AMI", "--on", "2022-04-27"], ["tariff", "show", "NOTHING"], ["nothing"]],
    ids=" ".join,
)
def test_a_small_command_loads_nothing_heavy(arguments: list[str]) -> None:
    assert modules_after(*arguments) & HEAVY == set()


def test_the_measure_sees_what_is_loaded() -> None:
    assert {"rich", "exit-0"} <= modules_after("--help")


def parameters() -> Iterator[tuple[str, Any]]:
    def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        for parameter in command.params:
            yield f"{path} {parameter.name}", parameter
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, f"{path} {name}")

    for name in offered():
        yield from walk(load(name), name)


def outcome(read: Any, parameter: Any, value: Any) -> object:
    try:
        given = read(value, param=parameter, ctx=None)
    except Exception as refusal:
        return type(refusal).__name__, str(refusal)
    return type(given).__name__, given


def test_values_are_read_as_typer_reads_them() -> None:
    seen = 0
    for place, parameter in parameters():
        described = parameter.type_descriptor
        shape = str(getattr(described.annotation, "__name__", described.annotation))
        kind = next((kind for kind in VALUES if shape.startswith(kind)), "")
        values = [*VALUES.get(kind, [member.value for member in described.annotation] if not kind else []), None, "zz"]
        for value in values:
            parameter._runtime_param = None
            lighten([parameter])
            assert parameter._runtime_param is not None, "this Typer keeps its readers elsewhere: see quickvalues.py"
            quick = outcome(parameter.get_runtime_param().coerce, parameter, value)
            assert quick == outcome(build_runtime_param(described).coerce, parameter, value), (place, value)
            seen += 1
    assert seen > 500


def test_an_unreadable_file_is_refused_as_typer_does(tmp_path: Path) -> None:
    assert COMMANDS["seal"].module == "vaguemestre.cli.seal"
    locked = tmp_path / "locked"
    locked.write_text("x")
    locked.chmod(0)
    for _, parameter in parameters():
        if parameter.type_descriptor.annotation is Path:
            typers_own = outcome(build_runtime_param(parameter.type_descriptor).coerce, parameter, str(locked))
            lighten([parameter])
            assert outcome(parameter.get_runtime_param().coerce, parameter, str(locked)) == typers_own
            return
