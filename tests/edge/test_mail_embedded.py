"""What only the real operator can get wrong: its process, its disk, its ports, its certificate, its POP3 wire."""

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mail_kit import each, take_all
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.mail.delivery import DeliveryOutcome, Leg, outcome_finding
from vaguemestre.core.mail.envelope import make_envelope
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.embedded_operator.control import ControlError, OperatorControl
from vaguemestre.edge.embedded_operator.process import (
    OperatorProcess,
    prepare_operator,
    resume_operator,
    start_operator,
)
from vaguemestre.edge.embedded_operator.settings import (
    OperatorSettings,
    RouteSettings,
    StateFiles,
    load_settings,
    settings_text,
)
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, client_context, ensure_server_certificate

SETTINGS = OperatorSettings("a", ("a.example",), scrypt_cost=16, relay_first_seconds=0.05)
DOCTOR = ("dr@a.example", "secret word")
LETTER = b"Message-ID: <1@x>\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    with start_operator(tmp_path_factory.mktemp("operator"), SETTINGS, accounts=[DOCTOR]) as running:
        yield running


@contextlib.contextmanager
def pop3(operator: OperatorProcess) -> Iterator["Pop3Dialogue"]:
    context = client_context(operator.ca_file)
    with (
        socket.create_connection(("127.0.0.1", operator.ports.pop3), 10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        session = Pop3Dialogue(connection)
        yield session
        session.close()


class Pop3Dialogue:
    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self.greeting = self.line()

    def close(self) -> None:
        self._stream.close()  # a socket closes with the last stream made from it

    def line(self) -> bytes:
        return self._stream.readline()

    def say(self, command: bytes) -> bytes:
        self._connection.sendall(command + b"\r\n")
        return self.line()

    def lines(self, command: bytes) -> list[bytes]:
        head, rest = self.say(command), []
        assert head.startswith(b"+OK"), head
        while (line := self.line()) != b".\r\n":
            rest.append(line)
        return rest

    def log_in(self) -> bytes:
        self.say(b"USER dr@a.example")
        return self.say(b"PASS secret word")


def empty_the_mailbox(operator: OperatorProcess) -> None:
    for _ in range(100):  # an earlier session's lock goes when the operator notices
        if operator.collector(*DOCTOR).collect(take_all).outcome is DeliveryOutcome.ACCEPTED:
            return
        time.sleep(0.02)
    pytest.fail("the mailbox stayed locked")


def fill(operator: OperatorProcess, *letters: bytes) -> None:
    empty_the_mailbox(operator)
    with operator.reception_sender() as sender:
        for letter in letters:
            attempt = sender.send(make_envelope("caisse@fund.example", (DOCTOR[0],), letter))
            assert attempt.outcome is DeliveryOutcome.ACCEPTED


def test_pop3_speaks_by_the_book(operator: OperatorProcess) -> None:
    fill(operator, b"A: 1\r\n\r\none\r\ntwo\r\n.three\r\n", b"B: 2\r\n\r\nb\r\n")
    with pop3(operator) as session:
        assert session.greeting == b"+OK ready\r\n"
        assert b"AUTH-RESP-CODE\r\n" in session.lines(b"CAPA")
        assert session.say(b"STAT").startswith(b"-ERR")
        assert session.say(b"PASS early").startswith(b"-ERR")
        assert session.log_in().startswith(b"+OK")
        assert session.say(b"STAT") == b"+OK 2 37\r\n"
        assert session.lines(b"LIST") == [b"1 26\r\n", b"2 11\r\n"]
        assert session.say(b"LIST 2") == b"+OK 2 11\r\n"
        uids = session.lines(b"UIDL")
        assert session.say(b"UIDL 1") == b"+OK " + uids[0]
        assert session.lines(b"TOP 1 1") == [b"A: 1\r\n", b"\r\n", b"one\r\n"]
        assert session.lines(b"TOP 1 0") == [b"A: 1\r\n", b"\r\n"]
        assert session.lines(b"RETR 1") == [b"A: 1\r\n", b"\r\n", b"one\r\n", b"two\r\n", b"..three\r\n"]
        for wrong in (b"RETR 9", b"RETR 0", b"RETR x", b"RETR", b"DELE 3", b"NONSENSE", b"LIST 0", b"TOP 1"):
            assert session.say(wrong).startswith(b"-ERR"), wrong
        assert session.say(b"DELE 1").startswith(b"+OK")
        assert session.say(b"RETR 1").startswith(b"-ERR")
        assert session.lines(b"LIST") == [b"2 11\r\n"]
        assert session.say(b"STAT") == b"+OK 1 11\r\n"
        assert session.say(b"RSET").startswith(b"+OK")
        assert session.say(b"STAT") == b"+OK 2 37\r\n"
        assert session.say(b"NOOP").startswith(b"+OK")
        assert session.say(b"DELE 2").startswith(b"+OK")
        assert session.say(b"QUIT").startswith(b"+OK")
        assert session.line() == b""
    with pop3(operator) as session:
        session.log_in()
        assert session.lines(b"UIDL") == [uids[0]], "an identifier stays with its message"


def test_a_session_without_quit_deletes_nothing(operator: OperatorProcess) -> None:
    fill(operator, LETTER)
    with pop3(operator) as session:
        session.log_in()
        assert session.say(b"DELE 1").startswith(b"+OK")
        with pop3(operator) as other:
            assert other.log_in() == b"-ERR [IN-USE] Mailbox is locked by another session\r\n"
    assert operator.figures().in_mailboxes == 1
    empty_the_mailbox(operator)
    assert operator.figures().in_mailboxes == 0


def test_closing_pop3_cuts_running_sessions(operator: OperatorProcess) -> None:
    fill(operator, LETTER)
    try:
        with pop3(operator) as session:
            session.log_in()
            session.say(b"DELE 1")
            operator.suspend()
            with contextlib.suppress(OSError):
                assert session.say(b"QUIT") == b""
    finally:
        operator.reopen()
    assert operator.figures().in_mailboxes == 1


def test_guessing_is_cut_short(operator: OperatorProcess) -> None:
    with pop3(operator) as session:
        for guess in range(5):
            session.say(b"USER dr@a.example")
            assert session.say(b"PASS guess %d" % guess).startswith(b"-ERR [AUTH]")
        assert session.line() == b""


def test_a_wrong_certificate_is_told_nothing(operator: OperatorProcess, tmp_path: Path) -> None:
    other = ensure_server_certificate(tmp_path, LOOPBACK_NAMES, SystemClock().now()).certificate
    before = operator.figures()
    for ca_file in (other, None):
        smtp = SmtpSender(MailServer("127.0.0.1", operator.ports.submission, Security.TLS, *DOCTOR, ca_file))
        attempt = smtp.probe()
        collection = Pop3Collector(
            MailServer("127.0.0.1", operator.ports.pop3, Security.TLS, *DOCTOR, ca_file)
        ).collect(take_all)
        for leg, outcome, reply in (
            (Leg.SENDING, attempt.outcome, attempt.reply),
            (Leg.COLLECTING, collection.outcome, collection.reply),
        ):
            assert outcome is DeliveryOutcome.UNREACHABLE
            told = outcome_finding(leg, outcome, "a", reply)
            assert told is not None
            assert told.code.code == "D009"
    after = operator.figures()
    assert (after.refused, after.refused_submission) == (before.refused, before.refused_submission)


def test_control_needs_the_token(operator: OperatorProcess, tmp_path: Path) -> None:
    said = json.loads(StateFiles(operator.state).running.read_text(encoding="ascii"))
    StateFiles(tmp_path).running.write_text(json.dumps({**said, "token": "guess"}), encoding="ascii")
    with pytest.raises(ControlError, match="wrong token"):
        OperatorControl(tmp_path).suspend()
    empty_the_mailbox(operator)


def test_control_without_an_operator_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        OperatorControl(tmp_path).reopen()
    assert fault.value.finding.code.code == "D012"


def test_one_operator_per_state(operator: OperatorProcess) -> None:
    running = StateFiles(operator.state).running
    command = [sys.executable, "-m", "vaguemestre.edge.embedded_operator", str(operator.state)]
    second = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert (second.returncode, json.loads(second.stderr)["code"]) == (4, "D013")
    with pytest.raises(EnvironmentFault) as fault:
        resume_operator(operator.state, SETTINGS)
    assert fault.value.finding.code.code == "D013"
    assert running.exists()
    assert operator.figures().queue_length == 0


@pytest.mark.parametrize("which", ["submission_port", "reception_port", "pop3_port"])
def test_a_port_in_use_is_a_finding(tmp_path: Path, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = OperatorSettings("a", ("a.example",), scrypt_cost=16, **{which: port})
        with pytest.raises(EnvironmentFault) as fault:
            start_operator(tmp_path, settings)
    assert fault.value.finding.code.code == "E003"
    assert str(port) in fault.value.finding.message("en")


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.7"])
def test_an_address_that_is_not_this_machines_is_no_port_in_use(tmp_path: Path, host: str) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        start_operator(tmp_path, OperatorSettings("a", ("a.example",), host=host, scrypt_cost=16))
    assert fault.value.finding.code.code == "E019"


def test_a_newer_state_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    prepare_operator(tmp_path, SETTINGS)
    connection = sqlite3.connect(StateFiles(tmp_path).store)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(EnvironmentFault) as fault:
        resume_operator(tmp_path, SETTINGS)
    assert fault.value.finding.code.code == "E005"


def test_what_was_promised_survives_a_power_cut(tmp_path: Path) -> None:
    route = ("fund.example", "127.0.0.1", 9)  # nobody listens there: everything stays queued
    running = start_operator(tmp_path, SETTINGS, accounts=[DOCTOR, ("b@a.example", "w")], routes=[route])
    try:
        with running.sender(*DOCTOR) as sender:
            for number in range(20):
                envelope = make_envelope(DOCTOR[0], ("caisse@fund.example", "b@a.example"), b"%d\r\n" % number)
                assert sender.send(envelope).outcome is DeliveryOutcome.ACCEPTED
            running.suspend()
            running.kill()
            assert sender.send(envelope).outcome is DeliveryOutcome.UNREACHABLE
    finally:
        running.stop()
    with resume_operator(tmp_path, SETTINGS) as again:
        figures = again.figures()
        assert (figures.queue_length, figures.in_mailboxes, figures.sent) == (20, 20, 20)
        closed = again.collector("b@a.example", "w").collect(take_all)
        assert closed.outcome is DeliveryOutcome.SUSPENDED, "closed stays closed"
        again.reopen()
        found: list[bytes] = []
        again.collector("b@a.example", "w").collect(each(lambda uid, raw: found.append(raw) is None))
        assert found == [b"%d\r\n" % number for number in range(20)]


def test_the_bytes_go_once_nobody_waits_for_them(tmp_path: Path) -> None:
    with start_operator(tmp_path, SETTINGS, accounts=[DOCTOR]) as running:
        fill(running, b"a word to look for\r\n")
        assert running.collector(*DOCTOR).collect(take_all).taken == 1
    import sqlite3

    connection = sqlite3.connect(StateFiles(tmp_path).store)
    assert connection.execute("SELECT count(*) FROM body").fetchone() == (0,)
    assert connection.execute("SELECT state FROM delivery").fetchall() == [("collected",)]
    connection.close()


def test_the_operator_ends_with_its_parent(tmp_path: Path) -> None:
    running = start_operator(tmp_path, SETTINGS)
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(10) == 0
    running.stop()
    assert not StateFiles(tmp_path).running.exists()


def test_settings_are_read_as_written(tmp_path: Path) -> None:
    settings = OperatorSettings(
        'a "b" \\c',
        ("a.example", "b.example"),
        routes=(RouteSettings("x.example", "::1", 25), RouteSettings("y.example", "h", 26)),
    )
    files = StateFiles(tmp_path)
    files.settings.write_text(settings_text(settings), encoding="utf-8")
    assert load_settings(files) == settings
    files.settings.write_text('name = "a"\n', encoding="utf-8")
    with pytest.raises(EnvironmentFault):
        load_settings(files)
