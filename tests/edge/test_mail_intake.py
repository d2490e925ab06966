"""The payer's SMTP intake: 250 is a promise, memory is bounded, bytes are exact."""

import errno
import smtplib
import socket
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, Received
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.mail.smtp_intake import SmtpIntake
from vaguemestre.edge.mail.smtp_protocol import SmtpLimits
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, client_context, ensure_server_certificate


class Store:
    """Where messages become durable: commits are counted, and can be held back or made to fail."""

    def __init__(self) -> None:
        self.kept: list[Received] = []
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.poison = b""

    def commit(self, batch: Sequence[Received]) -> None:
        self.gate.wait(10)
        self.batches.append(len(batch))
        if self.error is not None:
            raise self.error
        if self.poison and any(self.poison in received.raw for received in batch):
            raise ValueError("one of these cannot be kept")
        self.kept.extend(batch)


def letter(content: bytes) -> Envelope:
    return Envelope("dr@a.example", ("caisse@fund.example",), content)


def dial(intake: SmtpIntake) -> SmtpSender:
    return SmtpSender(MailServer("127.0.0.1", intake.port, Security.NONE))


@contextmanager
def sending(intake: SmtpIntake) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A connection whose message is awaited, byte by byte; and what it is answered."""
    with socket.create_connection(("127.0.0.1", intake.port), 10) as connection, connection.makefile("rb") as replies:
        connection.sendall(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        while not replies.readline().startswith(b"354"):
            pass
        yield connection, replies


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[SmtpIntake, Store]]:
    store = Store()
    with SmtpIntake(store.commit) as intake:
        yield intake, store


LINE = st.binary(max_size=90).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
DOTTED = st.sampled_from([b"", b".", b"..", b".x", b"...", b"x."])


@given(st.lists(st.one_of(LINE, DOTTED), min_size=1, max_size=40), st.integers(1, 400))
def test_every_byte_is_kept_however_it_arrives(
    running: tuple[SmtpIntake, Store], lines: list[bytes], chunk_bytes: int
) -> None:
    intake, store = running
    content = b"".join(line + b"\r\n" for line in lines)
    store.kept.clear()
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    wire = (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\nQUIT\r\n"
    with socket.create_connection(("127.0.0.1", intake.port), 10) as connection, connection.makefile("rb") as replies:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        while not replies.readline().startswith(b"354"):
            pass
        for start in range(0, len(wire), max(chunk_bytes, len(wire) // 20)):
            connection.sendall(wire[start : start + max(chunk_bytes, len(wire) // 20)])
        assert replies.readline() == b"250 2.0.0 Recorded\r\n"
        assert replies.readline().startswith(b"221")  # what was sent behind the message is answered too
    assert [received.raw for received in store.kept] == [content]


def test_a_yes_waits_for_the_disk() -> None:
    store = Store()
    with SmtpIntake(store.commit) as intake:
        store.gate.clear()
        outcomes: list[DeliveryOutcome] = []
        sending = threading.Thread(target=lambda: outcomes.append(dial(intake).send(letter(b"x\r\n")).outcome))
        sending.start()
        sending.join(0.3)
        assert outcomes == []
        store.gate.set()
        sending.join(10)
        assert outcomes == [DeliveryOutcome.ACCEPTED]
        envelope = store.kept[0].envelope
        assert (envelope.mail_from, envelope.rcpt_tos) == ("dr@a.example", ("caisse@fund.example",))
        assert envelope.peer.startswith("127.0.0.1:")
        assert envelope.received_at.tzinfo is not None


def test_concurrent_deliveries_are_committed_together() -> None:
    store = Store()
    with SmtpIntake(store.commit) as intake:
        store.gate.clear()
        outcomes: list[DeliveryOutcome] = []

        def send(number: int) -> None:
            outcomes.append(dial(intake).send(letter(b"%d\r\n" % number)).outcome)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        threads[0].join(0.5)
        store.gate.set()
        for thread in threads:
            thread.join(10)
    assert outcomes == [DeliveryOutcome.ACCEPTED] * 8
    assert sum(store.batches) == 8
    assert len(store.batches) <= 3, "the first alone, the others with it or together"


def test_one_bad_message_does_not_take_its_batch() -> None:
    store = Store()
    store.poison = b"poison"
    with SmtpIntake(store.commit) as intake:
        store.gate.clear()
        outcomes: dict[bytes, DeliveryOutcome] = {}

        def send(content: bytes) -> None:
            outcomes[content] = dial(intake).send(letter(content)).outcome

        threads = [threading.Thread(target=send, args=(text,)) for text in (b"a\r\n", b"poison\r\n", b"b\r\n")]
        for thread in threads:
            thread.start()
        threads[0].join(0.5)
        store.gate.set()
        for thread in threads:
            thread.join(10)
    assert outcomes == {
        b"a\r\n": DeliveryOutcome.ACCEPTED,
        b"poison\r\n": DeliveryOutcome.TEMPORARY,
        b"b\r\n": DeliveryOutcome.ACCEPTED,
    }


@pytest.mark.parametrize(
    ("error", "reply"), [(ValueError("no"), "451 4.3.0"), (OSError(errno.ENOSPC, "disk full"), "452 4.3.1")]
)
def test_what_is_not_durable_is_asked_again(error: Exception, reply: str) -> None:
    store = Store()
    with SmtpIntake(store.commit) as intake, dial(intake) as sender:
        store.error = error
        attempt = sender.send(letter(b"x\r\n"))
        assert attempt.outcome is DeliveryOutcome.TEMPORARY
        assert attempt.reply.startswith(reply)
        store.error = None
        assert sender.send(letter(b"x\r\n")).outcome is DeliveryOutcome.ACCEPTED


def test_unknown_recipients_are_refused() -> None:
    store = Store()
    with SmtpIntake(store.commit, accepts=lambda address: address == "x@fund.example") as intake:
        attempt = dial(intake).send(letter(b"x\r\n"))
    assert (attempt.outcome, store.kept) == (DeliveryOutcome.REFUSED, [])


def test_a_declared_size_is_refused_before_the_message() -> None:
    store = Store()
    with SmtpIntake(store.commit, limits=SmtpLimits(size_bytes_max=1000)) as intake:
        attempt = dial(intake).send(letter(b"x" * 2000 + b"\r\n"))
        assert (attempt.outcome, attempt.about_message) == (DeliveryOutcome.REFUSED, True)
        assert attempt.reply.startswith("552")
        assert dial(intake).send(letter(b"x" * 900 + b"\r\n")).outcome is DeliveryOutcome.ACCEPTED


def test_an_endless_line_is_refused_early_in_bounded_memory() -> None:
    store = Store()
    limits = SmtpLimits(size_bytes_max=1_000_000)
    line = b"x" * 1_000_000
    with SmtpIntake(store.commit, limits=limits) as intake:
        tracemalloc.start()
        with sending(intake) as (connection, _):
            sent = 0
            with pytest.raises(OSError):  # noqa: PT011 (reset or broken pipe, as the machine likes)
                for _ in range(2000):  # the 2 GB line: hung up long before
                    connection.sendall(line)
                    sent += 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sent < 2000
        assert peak < 12_000_000
        assert dial(intake).send(letter(b"still here\r\n")).outcome is DeliveryOutcome.ACCEPTED


def test_a_slow_sender_reads_why_it_was_refused() -> None:
    store = Store()
    with (
        SmtpIntake(store.commit, limits=SmtpLimits(size_bytes_max=1000)) as intake,
        sending(intake) as (connection, replies),
    ):
        connection.sendall(b"x" * 3000)
        assert replies.readline().startswith(b"552 5.3.4")


def test_memory_is_counted_over_all_connections() -> None:
    store = Store()
    limits = SmtpLimits(size_bytes_max=100_000, memory_bytes_max=50_000)
    with SmtpIntake(store.commit, limits=limits) as intake:
        attempt = dial(intake).send(letter(b"x" * 80_000 + b"\r\n"))
        assert attempt.outcome is DeliveryOutcome.TEMPORARY
        assert attempt.reply.startswith("452 4.3.1")
        assert dial(intake).send(letter(b"x" * 40_000 + b"\r\n")).outcome is DeliveryOutcome.ACCEPTED


def test_one_connection_too_many_is_asked_to_come_again() -> None:
    store = Store()
    with SmtpIntake(store.commit, limits=SmtpLimits(connections_max=1)) as intake:
        first, second = dial(intake), dial(intake)
        assert first.send(letter(b"x\r\n")).outcome is DeliveryOutcome.ACCEPTED
        refused = second.send(letter(b"x\r\n"))
        assert (refused.outcome, refused.reply[:3]) == (DeliveryOutcome.TEMPORARY, "421")
        assert first.send(letter(b"x\r\n")).outcome is DeliveryOutcome.ACCEPTED
        first.close()


def test_a_sender_that_vanishes_in_the_middle_leaves_nothing() -> None:
    store = Store()
    with SmtpIntake(store.commit) as intake:
        with sending(intake) as (connection, _):
            connection.sendall(b"half a mess")
        assert dial(intake).send(letter(b"whole\r\n")).outcome is DeliveryOutcome.ACCEPTED
    assert [received.raw for received in store.kept] == [b"whole\r\n"]


def test_only_a_dot_between_crlf_ends_a_message() -> None:
    store = Store()
    with (
        SmtpIntake(store.commit) as intake,
        sending(intake) as (connection, replies),
    ):
        smuggled = b"one\n.\nMAIL FROM:<evil@b.example>\r\n.\n.\r\r\n"
        connection.sendall(smuggled + b".\r\n")
        assert replies.readline().startswith(b"250")
    assert len(store.kept) == 1
    assert store.kept[0].envelope.mail_from == "a@b.example"


def test_a_port_in_use_is_a_finding() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault) as fault:
            SmtpIntake(Store().commit, port=port).start()
    assert fault.value.finding.code.code == "E003"
    assert str(port) in fault.value.finding.message("fr")


def test_it_starts_again_on_the_port_it_left() -> None:
    store = Store()
    intake = SmtpIntake(store.commit)
    intake.start()
    port = intake.port
    intake.stop()
    intake.stop()
    intake.start()
    assert intake.port == port
    assert dial(intake).send(letter(b"x\r\n")).outcome is DeliveryOutcome.ACCEPTED
    intake.stop()


def test_starttls_with_a_pinned_certificate(tmp_path: Path) -> None:
    files = ensure_server_certificate(tmp_path, LOOPBACK_NAMES, SystemClock().now())
    assert ensure_server_certificate(tmp_path, LOOPBACK_NAMES, SystemClock().now()) == files
    other = ensure_server_certificate(tmp_path / ".", LOOPBACK_NAMES, SystemClock().now(), basename="other")
    store = Store()
    with SmtpIntake(store.commit, tls=files) as intake:
        pinned = MailServer("127.0.0.1", intake.port, Security.STARTTLS, ca_file=files.certificate)
        with SmtpSender(pinned) as sender:
            assert sender.send(letter(b"x\r\n")).outcome is DeliveryOutcome.ACCEPTED
            assert sender.send(letter(b"y\r\n")).outcome is DeliveryOutcome.ACCEPTED
        wrong = MailServer("127.0.0.1", intake.port, Security.STARTTLS, ca_file=other.certificate)
        attempt = SmtpSender(wrong).send(letter(b"z\r\n"))
        assert attempt.outcome is DeliveryOutcome.UNREACHABLE
        assert "certificate" in attempt.reply
    assert [received.raw for received in store.kept] == [b"x\r\n", b"y\r\n"]


def test_an_ordinary_client_is_served() -> None:
    store = Store()
    with SmtpIntake(store.commit) as intake, smtplib.SMTP("127.0.0.1", intake.port, timeout=10) as client:
        client.sendmail("dr@a.example", ["caisse@fund.example"], "Subject: x\r\n\r\n.hello\r\n")
    assert [received.raw for received in store.kept] == [b"Subject: x\r\n\r\n.hello\r\n"]
    assert client_context().verify_mode.name == "CERT_REQUIRED"
