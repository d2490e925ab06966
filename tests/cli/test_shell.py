"""Every way a command can end: exit code, readable findings in both languages, never a traceback."""

import errno
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
import typer

from vaguemestre.cli import main, mount, shell, texts
from vaguemestre.cli.shell import CommandFailed, ExitCode, run_guarded
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Language, Place, finding
from vaguemestre.edge.store.database import open_database

NIR = "2580699345678"


def raising(error: BaseException) -> Callable[[], object]:
    def command() -> object:
        raise error

    return command


@pytest.mark.usefixtures("french")
def test_a_failed_command_shows_its_findings_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [
        finding("E012", Place("a.toml", line=3), key="port", example="25"),
        finding("E010", Place("a.toml"), path="a.toml"),
    ]
    code = run_guarded(raising(CommandFailed(ExitCode.UNREADABLE, findings)), [])
    shown = capsys.readouterr()
    assert code == 3
    assert shown.out == ""
    assert shown.err.index("Erreur E010") < shown.err.index("Erreur E012")
    assert "Où : a.toml, ligne 3" in shown.err
    assert "Que faire : Ajoutez une ligne port, par exemple avec la valeur 25." in shown.err
    assert "Qui doit agir : la personne qui tient cette machine" in shown.err


def test_english_is_one_option_away(capsys: pytest.CaptureFixture[str]) -> None:
    run_guarded(raising(CommandFailed(ExitCode.FINDINGS, [finding("E004", path="x")])), ["--lang", "en"])
    assert "Error E004 x does not exist." in capsys.readouterr().err


def test_json_is_one_document_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    item = finding("E012", Place("a.toml", line=3, field="port"), key="port", example="25")
    code = run_guarded(raising(CommandFailed(ExitCode.UNREADABLE, [item])), ["--json", "--lang=en"])
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert (code, shown.err, document["exit_code"]) == (3, "", 3)
    assert document["findings"] == [
        {
            "code": "E012",
            "name": "config-missing-key",
            "level": "error",
            "actor": "administrator",
            "citation": "toml:1.0",
            "place": {
                "source": "a.toml",
                "record": None,
                "line": 3,
                "columns": None,
                "field": "port",
                "sheet": None,
                "act": None,
            },
            "message": "The setting port is missing.",
            "next_step": "Add a line port, for example with the value 25.",
        }
    ]


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("error", "exit_code", "shown"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "practice.db"), 4, "E001"),
        (PermissionError(errno.EACCES, "Permission denied", "practice.db"), 4, "E002"),
        (
            OSError(errno.EADDRINUSE, "error while attempting to bind on address ('127.0.0.1', 2525): in use"),
            4,
            "E003 Le port 2525",
        ),
        (FileNotFoundError(errno.ENOENT, "No such file", "feuilles.csv"), 3, "E004"),
        (OSError(errno.EIO, "Input/output error", "practice.db"), 4, "E007"),
        (EnvironmentFault(finding("E005", path="state", found=9, known=3)), 4, "E005"),
        (KeyboardInterrupt(), 130, "Interrompu"),
        (typer.Abort(), 130, "Interrompu"),
    ],
)
def test_what_the_machine_refuses_has_a_finding(
    capsys: pytest.CaptureFixture[str], error: BaseException, exit_code: int, shown: str
) -> None:
    assert run_guarded(raising(error), []) == exit_code
    err = capsys.readouterr().err
    assert shown in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("statement", "prepare", "code"),
    [
        ("INSERT INTO t VALUES (zeroblob(100000))", "PRAGMA max_page_count = 3", "E001"),
        ("INSERT INTO t VALUES (1)", "PRAGMA query_only = ON", "E002"),
    ],
)
def test_what_the_database_refuses_has_a_finding(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, statement: str, prepare: str, code: str
) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'state.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")

    def command() -> object:
        with engine.begin() as connection:
            connection.exec_driver_sql(prepare)
            return connection.exec_driver_sql(statement)

    assert run_guarded(command, ["--lang", "en"]) == 4
    assert f"Error {code}" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_named_as_such(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all, but long enough to be taken for one" * 20)
    assert run_guarded(lambda: open_database(path, sqlalchemy.MetaData()), ["--lang", "en"]) == 4
    assert "Error E009" in capsys.readouterr().err


def test_a_busy_database_and_a_newer_state(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA user_version = 99")
    assert run_guarded(lambda: open_database(path, sqlalchemy.MetaData()), ["--lang", "en"]) == 4
    assert "Error E005" in capsys.readouterr().err
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(path, timeout=0)
    assert run_guarded(lambda: other.execute("BEGIN IMMEDIATE"), ["--lang", "en"]) == 4
    assert "Error E008" in capsys.readouterr().err
    other.close()
    holder.close()


@pytest.mark.usefixtures("french")
def test_our_own_fault_is_one_clear_line_and_a_report_without_health_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def command() -> object:
        patient = NIR
        try:
            int(patient + "x")
        except ValueError as cause:
            raise KeyError(patient) from cause
        return None

    assert run_guarded(command, []) == 1
    err = capsys.readouterr().err
    (report,) = tmp_path.glob("vaguemestre-fault-*.txt")
    assert "E006" in err
    assert str(report) in err
    assert "Traceback" not in err
    text = report.read_text()
    assert "builtins.KeyError" in text
    assert "builtins.ValueError" in text
    assert "in command" in text
    assert NIR not in text + err


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(shell.DEBUG_VARIABLE, "1")
    assert run_guarded(raising(RuntimeError("boom")), []) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_plain_return_is_done_and_a_code_is_kept() -> None:
    assert run_guarded(lambda: None, []) == 0
    assert run_guarded(lambda: ExitCode.FINDINGS, []) == 1


@pytest.mark.parametrize(
    ("arguments", "french", "english"),
    [
        (["no-such-command"], "commande inconnue : 'no-such-command'", "No such command 'no-such-command'"),
        (["--nothing"], "option inconnue : --nothing", "No such option: --nothing"),
        (["--lang"], "l'option '--lang' attend une valeur", "Option '--lang' requires an argument"),
    ],
)
def test_usage_errors_end_with_2_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], french: str, english: str
) -> None:
    for lang, expected in (("fr", french), ("en", english)):
        monkeypatch.setenv(texts.LANGUAGE_VARIABLE, lang)
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert expected in err
        assert "vaguemestre --help" in err


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Missing option '--to'.", "il manque l'option '--to'"),
        ("Missing argument 'IN'.", "il manque l'argument 'IN'"),
        (
            "Invalid value for '--sheets': 'many' is not a valid integer.",
            "'--sheets' attend un nombre entier, pas 'many'",
        ),
        (
            "Invalid value for '--sheets': 0 is not in the range 1<=x<=100000.",
            "'--sheets' : 0 est hors des bornes 1<=x<=100000",
        ),
        ("Got unexpected extra argument (x)", "de trop sur la ligne : x"),
        ("A sentence of tomorrow", "A sentence of tomorrow"),
    ],
)
def test_the_parser_s_sentences_in_french(english: str, french: str) -> None:
    assert texts.usage_message(english, "fr") == french
    assert texts.usage_message(english, "en") == english


def test_no_argument_shows_the_help_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "vaguemestre" in capsys.readouterr().out


def test_help_pages_speak_french(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from typer import rich_utils

    for name in ("ARGUMENTS", "OPTIONS", "COMMANDS"):
        monkeypatch.setattr(rich_utils, f"{name}_PANEL_TITLE", "?")  # given back after the test
    for name in ("REQUIRED_LONG", "DEFAULT", "ENVVAR"):
        monkeypatch.setattr(rich_utils, f"{name}_STRING", "?{}")
    monkeypatch.setenv(texts.LANGUAGE_VARIABLE, "fr")
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Cette aide." in shown
    assert "[par défaut : fr]" in shown


def test_language_is_read_from_the_command_line_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(texts.LANGUAGE_VARIABLE, "en")
    assert texts.language() == "en"
    assert texts.language(["--lang", "fr"]) == "fr"
    assert texts.language(["--", "--lang", "fr"]) == "en"
    monkeypatch.delenv(texts.LANGUAGE_VARIABLE)
    assert texts.language() == "fr"


def test_help_loads_no_command_and_nothing_heavy() -> None:
    program = (
        "import sys\nfrom vaguemestre.cli import main\ncode = main(['--help'])\n"
        "heavy = {'cryptography', 'sqlalchemy', 'twisted', 'aiosmtpd', 'aiosmtplib', 'asn1crypto', 'babel', 'msgspec'}\n"
        "from vaguemestre.cli.mount import COMMANDS\n"
        "loaded = sorted(m for m in sys.modules if m in heavy or m in {e.module for e in COMMANDS.values()})\n"
        "sys.exit(f'loaded: {loaded}' if loaded or code else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_command_is_mounted_when_its_module_exists(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sample_commands.py").write_text(
        "import typer\n"
        "from vaguemestre.cli.shell import LangOption, JsonOption\n"
        "app = typer.Typer()\n"
        "@app.command()\ndef one(): ...\n"
        "@app.command()\ndef two(): ...\n"
        "def hello(count: int, lang: LangOption = 'fr', as_json: JsonOption = False) -> int:\n"
        "    print('hello', count, lang, as_json)\n    return 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(texts.LANGUAGE_VARIABLE, "en")
    table = {
        "hello": mount.Mounted("sample_commands:hello", "Bonjour.", "Greets."),
        "group": mount.Mounted("sample_commands:app", "Groupe.", "A group."),
        "later": mount.Mounted("vaguemestre.cli.not_there_yet:app", "Plus tard.", "Later."),
    }
    monkeypatch.setattr(mount, "COMMANDS", table)
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Greets." in shown
    assert "Later." not in shown
    assert main(["hello", "3", "--json"]) == 1
    assert capsys.readouterr().out == "hello 3 en True\n"
    assert main(["group", "--help"]) == 0
    assert "two" in capsys.readouterr().out
    assert main(["group", "two", "-h"]) == 0
    assert "This help." in capsys.readouterr().out
    assert main(["hello", "-h"]) == 0
    assert "<bool>" not in capsys.readouterr().out
    assert main(["helo"]) == 2
    assert "Did you mean 'hello'" in capsys.readouterr().err
    assert main(["hello", "many"]) == 2


def test_progress_is_silent_away_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with shell.progress(3, "Feuilles") as advance:
        advance(3)
    assert stream.getvalue() == ""


def test_progress_is_silent_in_json_mode_even_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    quiet, shown = Terminal(), Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", quiet)
    with shell.progress(3, "Feuilles", as_json=True) as advance:
        advance(3)
    monkeypatch.setattr(sys, "stderr", shown)
    with shell.progress(3, "Feuilles") as advance:
        advance(3)
    assert quiet.getvalue() == ""
    assert "Feuilles" in shown.getvalue()


def test_the_installed_command_runs() -> None:
    command = Path(sys.executable).with_name("vaguemestre")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0
    assert done.stdout.startswith("vaguemestre ")


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("1 feuille(s) prise(s) en compte, 2 message(s)", "fr", "1 feuille prise en compte, 2 messages"),
        ("0 feuille(s), 12 déjà connue(s)", "fr", "0 feuille, 12 déjà connues"),
        ("0 sheet(s) and 1 message(s), 12,50 €", "en", "0 sheets and 1 message, 12,50 €"),
        ("rien à dire", "fr", "rien à dire"),
    ],
)
def test_words_agree_with_their_number(text: str, lang: Language, said: str) -> None:
    assert texts.agreed(text, lang) == said
