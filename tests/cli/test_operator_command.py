"""`vaguemestre operator`, run as a person runs it: a process, its exit codes, its words."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mail_kit import take_all
from vaguemestre.cli import main
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.edge.embedded_operator.settings import StateFiles, load_settings
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security

SERVE = [sys.executable, "-c", "import sys; from vaguemestre.cli import main; sys.exit(main())", "operator", "serve"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, int]]]:
    state = tmp_path_factory.mktemp("state")
    command = [*SERVE, "--state", str(state), "--domain", "a.example", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read() if process.stderr else ""
        yield state, json.loads("".join(lines))["ports"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert not StateFiles(state).running.exists()


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["operator", *arguments])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


@pytest.mark.usefixtures("french")
def test_a_day_of_an_operator(
    served: tuple[Path, dict[str, int]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    state, ports = served
    where = ["--state", str(state)]
    secret = tmp_path / "secret"
    secret.write_text("mot de passe\n", encoding="utf-8")
    code, shown = said(capsys, "account", "dr@a.example", *where, "--password-file", str(secret))
    assert (code, shown) == (0, "Compte ouvert : dr@a.example\n")
    account = MailServer(
        "127.0.0.1",
        ports["pop3"],
        Security.TLS,
        "dr@a.example",
        "mot de passe",
        StateFiles(state).certificate,
    )
    assert Pop3Collector(account).collect(take_all).outcome is DeliveryOutcome.ACCEPTED
    code, shown = said(capsys, "suspend", *where)
    assert code == 0
    assert "Lecture des boîtes (POP3) : FERMÉ\nEnvoi (SMTP) : ouvert\n" in shown
    assert Pop3Collector(account).collect(take_all).outcome is DeliveryOutcome.SUSPENDED
    code, shown = said(capsys, "status", *where, "--json")
    document = json.loads(shown)
    assert document["services"] == {"pop3": False, "submission": True}
    assert document["figures"]["refused_suspended"] == 1
    assert said(capsys, "reopen", *where)[0] == 0
    assert Pop3Collector(account).collect(take_all).outcome is DeliveryOutcome.ACCEPTED


@pytest.mark.usefixtures("french")
def test_a_second_one_on_the_same_state_is_refused(served: tuple[Path, dict[str, int]]) -> None:
    ended = subprocess.run([*SERVE, "--state", str(served[0])], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 4
    assert "D013" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.usefixtures("french")
def test_a_port_in_use_ends_with_four(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [*SERVE, "--state", str(tmp_path), "--domain", "a.example", "--pop3-port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 4
    assert f"Le port {port} est déjà pris" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_first_command_line_s_ports_are_kept(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*SERVE, "--state", str(tmp_path), "--domain", "a.example", "--pop3-port", str(port)]
        assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 4
    assert f"pop3_port = {port}" in (tmp_path / "operator.toml").read_text()


def test_usage_and_absence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--state", str(tmp_path), "--lang", "en"]
    assert said(capsys, "serve", *where)[0] == 2
    assert said(capsys, "serve", *where, "--domain", "a.example", "--route", "nonsense")[0] == 2
    for verb in ("suspend", "reopen", "status"):
        code, shown = said(capsys, verb, *where)
        assert code == 4
        assert "Error D012" in shown
    assert said(capsys, "account", "dr@a.example", *where)[0] == 4


def test_an_account_is_opened_before_the_first_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vaguemestre.edge.embedded_operator.process import prepare_operator
    from vaguemestre.edge.embedded_operator.settings import OperatorSettings
    from vaguemestre.edge.embedded_operator.store import OperatorStore

    prepare_operator(tmp_path, OperatorSettings("a", ("a.example",), scrypt_cost=16))
    secret = tmp_path / "secret"
    secret.write_text("x\n", encoding="utf-8")
    where = ["--state", str(tmp_path), "--password-file", str(secret)]
    assert said(capsys, "account", "dr@elsewhere.example", *where)[0] == 2
    assert said(capsys, "account", "dr@a.example", *where)[0] == 0
    store = OperatorStore(StateFiles(tmp_path).store)
    assert store.password("DR@a.example") is not None
    store.close()
    assert load_settings(StateFiles(tmp_path)).name == "a"
