"""The page that stands the chain up by commands alone: they run as written, in order, in one shell, on free ports."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from debian_mail import Ports, debian_mail

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "standing-up.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"\b24[0-9]{3}\b")


def free_ports(text: str) -> dict[str, str]:
    """For each port of the page one that nobody uses here."""
    probes = {port: socket.socket() for port in dict.fromkeys(PORT.findall(text))}
    for probe in probes.values():
        probe.bind(("127.0.0.1", 0))
    given = {port: str(probe.getsockname()[1]) for port, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return given


@pytest.mark.slow
def test_from_nothing_to_a_first_paid_sheet(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    _walk(tmp_path, BLOCK.findall(text), free_ports(text))


@pytest.mark.slow
@pytest.mark.system("postfix", "dovecot")
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="their master processes start as root")
def test_the_same_with_postfix_and_dovecot_as_the_operator(tmp_path: Path) -> None:
    """Any operator with SMTP and POP3 over TLS will do, the page says: here Debian's own, in place of the embedded one."""
    text = PAGE.read_text("utf-8")
    ports, password = free_ports(text), "a-long-password"
    blocks = [
        f"echo {password} > site/password.txt\n" if "operator serve" in block else block
        for block in BLOCK.findall(text)
    ]
    blocks[-1] = "kill $(cat site/payer.pid)\n"
    assert sum("operator" in block for block in blocks) == 1  # its certificate, which the practice pins
    operator = tmp_path / "site" / "operator"
    operator.mkdir(parents=True)
    listens = Ports(int(ports["24465"]), int(ports["24025"]), int(ports["24995"]))
    routes = {"751.01.rss.example": int(ports["24525"])}
    with debian_mail(operator, listens, ("cabinet@a.example",), password, routes):
        _walk(tmp_path, blocks, ports)


def _walk(directory: Path, blocks: list[str], ports: dict[str, str]) -> None:
    (directory / "docs").symlink_to(ROOT / "docs")
    (directory / ".venv").symlink_to(sys.prefix)
    script = PORT.sub(lambda found: ports[found[0]], "set -e\n" + "".join(blocks))
    assert script.count("vaguemestre ") > 15
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "VAGUEMESTRE_"))}
    shell = subprocess.Popen(
        ["sh", "-c", script],
        cwd=directory,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=120)
    finally:
        if shell.poll() is None or any(_runs(path) for path in (directory / "site").glob("*.pid")):
            os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, said[-4000:]
    assert "Traceback" not in said
    assert re.search(r"1\s+réglée\s+tiers payant", said), said
    assert "Les comptes tombent juste." in said
    statement = said.partition("Votre relevé")[2]
    assert re.search(r"Feuille 751990110/\S+ .*— payée", statement), statement
    assert "Rose Castaing" in statement


def _runs(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (ValueError, ProcessLookupError):
        return False
    return True
