"""The page that stands the chain up by commands alone: they run as written, in order, in one shell, on free ports."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "standing-up.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"\b24[0-9]{3}\b")


def free_ports(text: str) -> str:
    """The same commands on ports that nobody uses here."""
    probes = {port: socket.socket() for port in dict.fromkeys(PORT.findall(text))}
    for probe in probes.values():
        probe.bind(("127.0.0.1", 0))
    given = {port: str(probe.getsockname()[1]) for port, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return PORT.sub(lambda found: given[found[0]], text)


@pytest.mark.slow
def test_from_nothing_to_a_first_paid_sheet(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    script = free_ports("set -e\n" + "".join(BLOCK.findall(PAGE.read_text("utf-8"))))
    assert script.count("vaguemestre ") > 15
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "VAGUEMESTRE_"))}
    shell = subprocess.Popen(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=120)
    finally:
        if shell.poll() is None or any(_runs(path) for path in (tmp_path / "site").glob("*.pid")):
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
