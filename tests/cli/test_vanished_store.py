"""A store that vanished is never made anew in silence: every command stops with exit code 4 and says what to do."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sheet_kit import GP, GP_NUMBER
from vaguemestre.cli import main
from vaguemestre.cli.mount import load
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.edge.embedded_operator.process import prepare_operator
from vaguemestre.edge.embedded_operator.settings import OperatorSettings, StateFiles
from vaguemestre.edge.practice.store import open_practice_store
from vaguemestre.edge.store.database import MissingStoreError
from vaguemestre.edge.store.vault import Vault

SHEET = "751990110/2022-04-27/0001"
WITHOUT_STORE = {"init", "restore"}
VALUES = {
    "sheet": SHEET,
    "serial": "8000000001",
    "nir": "2580764321987",
    "birth": "19580701",
}
READS_FIRST = {"register", "revoke", "paper"}  # the payer's: what a file says is judged before anything is opened
MORE = {"serve": ("--rounds", "1"), "record": ("--act", "G"), "decide": ("--accept",)}


def remove(path: Path) -> None:
    path.unlink()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def remove_store_only(path: Path) -> None:
    """As an overzealous cleaner does: the log stays, useless alone."""
    path.with_name(path.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(28))
    path.unlink()


def empty(path: Path) -> None:
    remove(path)
    path.touch()


def overwrite_by_an_empty_database(path: Path) -> None:
    remove(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


SABOTAGES = (remove, remove_store_only, empty)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def run(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--lang", "en", "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.startswith("{") else {"findings": [], "err": said.err}

    return run


Shell = Callable[..., tuple[int, Any]]


@pytest.fixture
def practice(tmp_path: Path, shell: Shell) -> Path:
    state = tmp_path / "practice"
    number = ("--billing-number", GP_NUMBER, "--rpps", GP.rpps, "--specialty", "01")
    assert shell("practice", "init", *number, "--state", str(state), "--demo")[0] == 0
    assert (state / "practice.sqlite").stat().st_size > 0, "init makes the store: nothing else does"
    return state


@pytest.fixture(scope="module")
def founded_payer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("founded") / "payer"
    assert main(["payer", "init", "--state", str(state), "--demo", "--json"]) == 0
    return state


@pytest.fixture
def payer(founded_payer: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded_payer, tmp_path / "payer"))


def every_command(group: str, state: Path, tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """Each command that needs the store, with what it requires; files are there, so that nothing else stops it."""
    file = tmp_path / "given"
    file.write_bytes(b"")

    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if hasattr(command, "commands"):
            for name, child in command.commands.items():
                yield from walk(child, (*path, name))
        elif path[1] not in WITHOUT_STORE:
            given: list[str] = []
            for item in command.params:
                if item.required:
                    value = VALUES.get(item.name, "1" if item.type_descriptor.annotation is int else str(file))
                    argument, flag = item.param_type_name == "argument", getattr(item, "is_flag", False)
                    given += [value] if argument else item.opts[:1] if flag else [item.opts[0], value]
            yield (*path, *given, *MORE.get(path[-1], ()), "--state", str(state))

    yield from walk(load(group), (group,))


def judge(shell: Shell, lines: Iterator[tuple[str, ...]], expected: str) -> None:
    seen = 0
    for line in lines:
        code, said = shell(*line)
        if code in (2, 3) and line[1] in READS_FIRST:
            continue  # its own file is judged first: this one is empty
        assert (code, [item["code"] for item in said["findings"]]) == (4, [expected]), (line, said)
        assert "restore" in said["findings"][0]["next_step"] or "copy" in said["findings"][0]["next_step"]
        seen += 1
    assert seen > 8


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda it: str(it.__name__))
def test_a_practice_whose_store_vanished(
    practice: Path, tmp_path: Path, shell: Shell, sabotage: Callable[[Path], None]
) -> None:
    store = practice / "practice.sqlite"
    sabotage(store)
    before = store.read_bytes() if store.exists() else None
    judge(shell, every_command("practice", practice, tmp_path), "E014")
    assert (store.read_bytes() if store.exists() else None) == before


@pytest.mark.parametrize("sabotage", [*SABOTAGES, overwrite_by_an_empty_database], ids=lambda it: str(it.__name__))
def test_a_payer_whose_store_vanished(
    payer: Path, tmp_path: Path, shell: Shell, sabotage: Callable[[Path], None]
) -> None:
    store = payer / "payer.sqlite"
    sabotage(store)
    before = store.read_bytes() if store.exists() else None
    judge(shell, every_command("payer", payer, tmp_path), "E015")
    assert (store.read_bytes() if store.exists() else None) == before


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda it: str(it.__name__))
def test_an_operator_whose_mailboxes_vanished(tmp_path: Path, shell: Shell, sabotage: Callable[[Path], None]) -> None:
    prepare_operator(tmp_path, OperatorSettings("a", ("a.example",), scrypt_cost=16), [("x@a.example", "secret")])
    password = tmp_path / "password"
    password.write_text("secret\n")
    sabotage(StateFiles(tmp_path).store)
    state = ("--state", str(tmp_path))
    lines = [
        ("operator", "serve", *state),
        ("operator", "account", "y@a.example", "--password-file", str(password), *state),
    ]
    for line in lines:
        code, said = shell(*line)
        assert (code, [item["code"] for item in said["findings"]]) == (4, ["E016"]), line
    with pytest.raises(EnvironmentFault):
        prepare_operator(tmp_path, OperatorSettings("a", ("a.example",), scrypt_cost=16))


def test_a_practice_founded_by_hand_has_no_store_to_lose(practice: Path, shell: Shell) -> None:
    """The settings alone make no practice: only `init` does, before it writes them."""
    (practice / "practice.toml").rename(practice / "elsewhere.toml")
    code, said = shell("practice", "status", "--state", str(practice))
    assert (code, said["findings"][0]["code"]) == (4, "R049")


def test_an_empty_database_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "practice.sqlite"
    path.touch()
    overwrite_by_an_empty_database(path)
    with pytest.raises(MissingStoreError):
        open_practice_store(path, Vault(bytes(32)), create=False)
    open_practice_store(path, Vault(bytes(32))).close()
    open_practice_store(path, Vault(bytes(32)), create=False).close()
