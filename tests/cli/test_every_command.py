"""Every command that is offered: explained in both languages, with an example, and with the options that all share."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

DESCRIBE = """
import json
from vaguemestre.cli.mount import load, offered

def leaves(command, path):
    children = getattr(command, "commands", {})
    if children:
        for name, child in children.items():
            yield from leaves(child, [*path, name])
    else:
        options = {"/".join(item.opts): (getattr(item, "help", None) or "") for item in command.params}
        yield " ".join(path), (command.help or "") + "\\n" + (command.epilog or ""), options

print(json.dumps([leaf for name in offered() for leaf in leaves(load(name), ["vaguemestre", name])]))
"""


def expect_none(lines: list[str]) -> None:
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def described(lang: str) -> dict[str, tuple[str, dict[str, str]]]:
    environment = {**os.environ, "VAGUEMESTRE_LANG": lang}
    done = subprocess.run([sys.executable, "-c", DESCRIBE], env=environment, capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(done.stdout)
    return {path: (text, options) for path, text, options in found}


@pytest.fixture(scope="module")
def french() -> dict[str, tuple[str, dict[str, str]]]:
    return described("fr")


@pytest.fixture(scope="module")
def english() -> dict[str, tuple[str, dict[str, str]]]:
    return described("en")


Described = dict[str, tuple[str, dict[str, str]]]


def test_every_command_has_an_example(french: Described, english: Described) -> None:
    assert french
    for commands in (french, english):
        expect_none([f"{path}: no example" for path, (text, _) in commands.items() if path not in text])


def test_every_command_is_explained_in_both_languages(french: Described, english: Described) -> None:
    expect_none([f"{path}: one language only" for path, (text, _) in french.items() if text == english[path][0]])


def test_every_option_is_explained_in_both_languages(french: Described, english: Described) -> None:
    silent = [f"{path} {name}" for path, (_, options) in french.items() for name, text in options.items() if not text]
    expect_none(silent)
    same = [
        f"{path} {name}"
        for path, (_, options) in french.items()
        for name, text in options.items()
        if text == english[path][1][name]
    ]
    expect_none(same)


@pytest.mark.parametrize("option", ["--lang", "--json"])
def test_every_command_takes_what_all_share(french: Described, option: str) -> None:
    expect_none([f"{path}: no {option}" for path, (_, options) in french.items() if option not in options])


def test_whoever_works_on_a_state_takes_its_directory_by_the_same_name(french: Described) -> None:
    """An actor's commands, the worlds and the auditor; `run` keeps its world only when it is told where."""
    actors = ("practice", "payer", "operator", "patient", "audit", "demo", "run")
    options = {path: {name for names in given for name in names.split("/")} for path, (_, given) in french.items()}
    lacking = [path for path in options if path.split()[1] in actors and "--state" not in options[path]]
    expect_none([f"{path}: no --state" for path in lacking])
