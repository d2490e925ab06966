"""Starting an operator as a process of its own, for the demo, the simulator and the tests, and stopping that very process."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import field, replace
from pathlib import Path

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import finding
from vaguemestre.core.mail.operator_policy import OperatorFigures, Service
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.control import OperatorControl, OperatorPorts, read_running
from vaguemestre.edge.embedded_operator.passwords import hash_password
from vaguemestre.edge.embedded_operator.settings import OperatorSettings, StateFiles, settings_text
from vaguemestre.edge.embedded_operator.store import OperatorStore, put_accounts
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.randomness import SystemRandomness

_POLL_SECONDS = 0.02
_ERROR_CHARS_MAX = 2000
_COPIES = "--copies"  # as `__main__` reads it


class OperatorDidNotStart(Exception):  # noqa: N818 (named for what happened)
    """The process ended, or did not answer in time; the text is what it said, without any message content."""


@dataclass(slots=True)
class OperatorProcess:
    """A running operator: where it listens, the certificate its clients pin, how to steer it."""

    settings: OperatorSettings
    state: Path
    ports: OperatorPorts
    control: OperatorControl
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def ca_file(self) -> Path:
        return StateFiles(self.state).certificate

    def submission(self, address: str, password: str) -> MailServer:
        """What an account's `SmtpSender` needs."""
        return MailServer(self.settings.host, self.ports.submission, Security.TLS, address, password, self.ca_file)

    def pop3(self, address: str, password: str) -> MailServer:
        """What an account's `Pop3Collector` needs."""
        return MailServer(self.settings.host, self.ports.pop3, Security.TLS, address, password, self.ca_file)

    def reception(self) -> MailServer:
        """What another server's `SmtpSender` needs to bring mail to this operator's mailboxes."""
        return MailServer(self.settings.host, self.ports.reception, Security.NONE)

    # --- as `core.mail.operator_policy.MailOperator` -----------------------------------------------------------------------

    def sender(self, address: str, password: str) -> SmtpSender:
        return SmtpSender(self.submission(address, password))

    def collector(self, address: str, password: str) -> Pop3Collector:
        return Pop3Collector(self.pop3(address, password), size_bytes_max=self.settings.size_bytes_max)

    def reception_sender(self) -> SmtpSender:
        return SmtpSender(self.reception())

    def suspend(self, service: Service = Service.POP3) -> None:
        self.control.suspend(service)

    def reopen(self, service: Service = Service.POP3) -> None:
        self.control.reopen(service)

    def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        self.control.add_accounts(accounts)

    def figures(self) -> OperatorFigures:
        return self.control.figures()

    def drop_after_dot(self, count: int) -> None:
        self.control.drop_after_dot(count)

    def flush(self) -> None:
        self.control.flush()

    def wait_until_idle(self, timeout_seconds: float = 60.0) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while self.control.queue_length():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    # --- the process --------------------------------------------------------------------------------------------------

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """End the process, politely, then firmly; by its own process id. Safe to call twice."""
        if self.process.poll() is None:
            try:
                self.control.stop()
                self.process.wait(timeout_seconds)
            except (EnvironmentFault, OSError, subprocess.TimeoutExpired):
                self._end_firmly(timeout_seconds)
        self._close_pipes()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait()
        self._close_pipes()

    def __enter__(self) -> "OperatorProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end_firmly(self, timeout_seconds: float) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _close_pipes(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()


def prepare_operator(
    state: Path,
    settings: OperatorSettings,
    accounts: Iterable[tuple[str, str]] = (),
    routes: Iterable[tuple[str, str, int]] = (),
) -> None:
    """Make or complete the state directory of an operator that does not run: settings, accounts, routes."""
    from vaguemestre.edge.embedded_operator.settings import RouteSettings

    state.mkdir(parents=True, exist_ok=True)
    files = StateFiles(state)
    founding = not files.settings.exists()
    known = (*settings.routes, *(RouteSettings(*route) for route in routes))
    files.settings.write_text(settings_text(replace(settings, routes=known)), encoding="utf-8")
    put_accounts_at_rest(files, settings, accounts, create=founding)


def put_accounts_at_rest(
    files: StateFiles, settings: OperatorSettings, accounts: Iterable[tuple[str, str]], *, create: bool = False
) -> None:
    """Create accounts (address, password), or renew their passwords, in the store of an operator that does not run.

    `create`: the operator is being founded, and its store with it.
    """
    randomness = SystemRandomness()
    hashed = [(address, hash_password(password, settings.scrypt_cost, randomness)) for address, password in accounts]
    store = OperatorStore(files.store, create=create)
    try:
        store.change(put_accounts(hashed)).result()
    finally:
        store.close()


def start_operator(
    state: Path,
    settings: OperatorSettings,
    *,
    accounts: Iterable[tuple[str, str]] = (),
    routes: Iterable[tuple[str, str, int]] = (),
    copies: Path | None = None,
    timeout_seconds: float = 30.0,
) -> OperatorProcess:
    """Prepare the state, start the process, wait until it answers.

    `accounts` are (address, password), `routes` (domain, host, port); `copies`: the file in which the auditor of a simulated world
    will find all that was carried. The process ends with this one, whatever happens to
    it. Raises EnvironmentFault (a port taken, ...) or OperatorDidNotStart.
    """
    prepare_operator(state, settings, accounts, routes)
    return resume_operator(state, settings, copies=copies, timeout_seconds=timeout_seconds)


def resume_operator(
    state: Path, settings: OperatorSettings, *, copies: Path | None = None, timeout_seconds: float = 30.0
) -> OperatorProcess:
    """Start an operator on the state that `prepare_operator` or an earlier run left."""
    files = StateFiles(state)
    before = read_running(files)  # the mark of an earlier run, or of one that still runs: the new process will tell
    kept = () if copies is None else (_COPIES, str(copies))
    with files.log.open("ab") as log:
        said_before = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "vaguemestre.edge.embedded_operator", str(state), "--until-stdin-closes", *kept],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    deadline = time.monotonic() + timeout_seconds
    while (running := read_running(files)) is None or (before is not None and running.token == before.token):
        late = time.monotonic() > deadline
        if late:
            process.kill()
        if late or process.poll() is not None:
            process.communicate()
            raise _did_not_start(files, said_before)
        time.sleep(_POLL_SECONDS)
    return OperatorProcess(settings, state, running.ports, OperatorControl(state), process)


def _did_not_start(files: StateFiles, said_before: int) -> Exception:
    said = files.log.read_bytes()[said_before:].decode("utf-8", "replace")[-_ERROR_CHARS_MAX:].strip()
    try:
        document = json.loads(said.splitlines()[-1])
        return EnvironmentFault(finding(document["code"], **document["values"]))
    except (ValueError, KeyError, IndexError, TypeError):
        return OperatorDidNotStart(said or "the operator did not answer in time")
