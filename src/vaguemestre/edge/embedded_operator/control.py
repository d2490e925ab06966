"""Steering an operator: one JSON line per request on a loopback port, answered once the thing is done (vgm:operator-control).

The client half needs no server library, so that a simulator or the command line stays light.
"""

import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import finding
from vaguemestre.core.mail.operator_policy import OperatorFigures, Service
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.settings import StateFiles

LINE_BYTES_MAX = 4 * 1024 * 1024


class ControlError(Exception):
    """The operator answered that it could not do what was asked."""


@dataclass(frozen=True, slots=True)
class OperatorPorts:
    """Where a running operator listens."""

    submission: int
    reception: int
    pop3: int


@dataclass(frozen=True, slots=True)
class Running:
    """What a running operator wrote about itself."""

    host: str
    ports: OperatorPorts
    control_port: int
    token: str
    process_id: int


def write_running(files: StateFiles, running: Running) -> None:
    """Say where the operator listens; readable by its owner alone, and complete as soon as it is there."""
    document = {
        "host": running.host,
        "submission": running.ports.submission,
        "reception": running.ports.reception,
        "pop3": running.ports.pop3,
        "control": running.control_port,
        "token": running.token,
        "pid": running.process_id,
    }
    draft = files.running.with_suffix(".new")
    draft.touch(mode=0o600, exist_ok=True)
    draft.write_text(json.dumps(document), encoding="ascii")
    draft.replace(files.running)


def read_running(files: StateFiles) -> Running | None:
    """What `write_running` wrote; None when no operator says it runs."""
    try:
        document = json.loads(files.running.read_text(encoding="ascii"))
        ports = OperatorPorts(document["submission"], document["reception"], document["pop3"])
        return Running(document["host"], ports, document["control"], document["token"], document["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class OperatorControl:
    """The client half. Every method returns once the operator has done it; raises EnvironmentFault (D012) when none runs."""

    def __init__(self, state: Path, *, timeout_seconds: float = 30.0) -> None:
        self._files = StateFiles(state)
        self._timeout_seconds = timeout_seconds

    def suspend(self, service: Service = Service.POP3) -> None:
        """Close a service to every program. Running POP3 sessions are cut; mailboxes and sending stay as they are."""
        self._ask("suspend", service=service.value)

    def reopen(self, service: Service = Service.POP3) -> None:
        """Open it again to everyone."""
        self._ask("reopen", service=service.value)

    def figures(self) -> OperatorFigures:
        return OperatorFigures(**self._ask("figures")["figures"])

    def cpu_seconds(self) -> float:
        """What the operator's process has worked since it began."""
        return float(self._ask("cpu")["seconds"])

    def services(self) -> dict[Service, bool]:
        """Which services are open to programs."""
        return {Service(name): bool(is_open) for name, is_open in self._ask("services")["services"].items()}

    def queue_length(self) -> int:
        """Messages accepted for outside domains and not yet delivered there."""
        return int(self._ask("queue")["length"])

    def set_routes(self, routes: Iterable[tuple[str, str, int]]) -> None:
        """Send mail for these domains (domain, host, port) there from now on."""
        self._ask("routes", routes=[list(route) for route in routes])

    def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Create accounts (address, password), or renew their passwords."""
        self._ask("accounts", accounts=[list(account) for account in accounts])

    def drop_after_dot(self, count: int) -> None:
        """Of the next `count` submitted messages: store each, then hang up instead of answering."""
        self._ask("drop", count=count)

    def flush(self) -> None:
        """Try everything queued now, whatever the waits."""
        self._ask("flush")

    def stop(self) -> None:
        """Ask the operator to end; it answers before it does."""
        self._ask("stop")

    def _ask(self, verb: str, **values: object) -> dict[str, Any]:
        running = read_running(self._files)
        if running is None:
            raise self._absent()
        request = json.dumps({"token": running.token, "do": verb, **values}).encode() + b"\n"
        try:
            with socket.create_connection((running.host, running.control_port), self._timeout_seconds) as connection:
                connection.sendall(request)
                with connection.makefile("rb") as stream:
                    answer = json.loads(stream.readline(LINE_BYTES_MAX) or b"null")
        except ConnectionError as error:
            raise self._absent() from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            reason = answer.get("reason", "") if isinstance(answer, dict) else "no answer"
            raise ControlError(f"the operator could not {verb}: {reason}")
        return answer

    def _absent(self) -> EnvironmentFault:
        return EnvironmentFault(finding("D012", path=self._files.directory))
