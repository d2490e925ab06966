"""Real servers: our sender and our collector meet Debian's Postfix and Dovecot, whose words and habits are not ours."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from debian_mail import DebianMail, Ports, debian_mail
from mail_kit import each, take_all
from vaguemestre.core.mail.collecting import MESSAGES_PER_KEEP
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Received, make_envelope
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.mail.smtp_intake import SmtpIntake

pytestmark = [
    pytest.mark.system("postfix", "dovecot"),
    pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="their master processes start as root"),
]
PRACTICE, PASSWORD, FUND = "cabinet@a.example", "secret", "caisse@fund.example"
_PATIENCE_SECONDS = 15


@dataclass(slots=True)
class World:
    """The operator, and what the fund's own server took in."""

    mail: DebianMail
    taken: list[Received]
    laid: int = 0

    def put(self, *contents: bytes) -> None:
        for content in contents:
            self.laid += 1
            self.mail.put(PRACTICE, f"{1_650_000_000 + self.laid}.M{self.laid}P1.host", content)

    def collector(self, password: str = PASSWORD) -> Pop3Collector:
        return Pop3Collector(self._server(self.mail.ports.pop3, password), timeout_seconds=10)

    def sender(self, password: str = PASSWORD) -> SmtpSender:
        return SmtpSender(self._server(self.mail.ports.submission, password))

    def _server(self, port: int, password: str) -> MailServer:
        return MailServer("127.0.0.1", port, Security.TLS, PRACTICE, password, self.mail.tls.certificate)

    def contents(self) -> list[bytes]:
        """Everything in the practice's mailbox; it is empty afterwards."""
        found: list[bytes] = []
        assert self.collector().collect(each(lambda uid, raw: found.append(raw) is None)).deleted
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    taken: list[Received] = []
    with SmtpIntake(taken.extend) as fund:
        root, routes = tmp_path_factory.mktemp("mail"), {"fund.example": fund.port}
        with debian_mail(root, free_ports(), (PRACTICE,), PASSWORD, routes) as mail:
            made = World(mail, taken)
            until(lambda: made.collector().collect(take_all).outcome is DeliveryOutcome.ACCEPTED, mail)
            until(lambda: made.sender().probe().outcome is DeliveryOutcome.ACCEPTED, mail)
            yield made


def free_ports() -> Ports:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in Ports._fields]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return Ports(*ports)


def until(done: Callable[[], object], mail: DebianMail) -> None:
    for _ in range(_PATIENCE_SECONDS * 10):
        if done():
            return
        time.sleep(0.1)
    pytest.fail(mail.logs()[-3000:])


def message(number: int) -> bytes:
    return b"Message-ID: <%d@x>\r\nDate: Wed, 27 Apr 2022 10:00:00 +0200\r\nSubject: %d\r\n\r\n" % (
        number,
        number,
    ) + body(number)


def body(number: int) -> bytes:
    return b".dot\r\n..dots\r\n\r\n" + b"%d\r\n" % number * (number % 7)


def test_what_the_sender_hands_over_reaches_the_fund_whole(world: World) -> None:
    sender = world.sender()
    for number in range(5):
        attempt = sender.send(make_envelope(PRACTICE, (FUND,), message(number)))
        assert attempt.outcome is DeliveryOutcome.ACCEPTED, attempt.reply
    sender.close()
    until(lambda: len(world.taken) == 5, world.mail)
    wanted = sorted(body(number) for number in range(5))
    assert sorted(received.raw.partition(b"\r\n\r\n")[2] for received in world.taken) == wanted
    assert {received.envelope.mail_from for received in world.taken} == {PRACTICE}


def test_refusals_mean_what_they_mean(world: World) -> None:
    def send(recipient: str, password: str = PASSWORD) -> Attempt:
        with world.sender(password) as sender:
            return sender.send(make_envelope(PRACTICE, (recipient,), message(1)))

    unknown = send("personne@a.example")
    assert (unknown.outcome, unknown.about_message) == (DeliveryOutcome.REFUSED, True)
    assert send(FUND, "wrong").outcome is DeliveryOutcome.REFUSING_CREDENTIALS
    assert world.collector("wrong").collect(take_all).outcome is DeliveryOutcome.REFUSING_CREDENTIALS


def test_what_the_fund_answers_reaches_the_mailbox(world: World) -> None:
    with SmtpSender(MailServer("127.0.0.1", world.mail.ports.reception, Security.NONE)) as fund:
        assert fund.send(make_envelope(FUND, (PRACTICE,), message(6))).outcome is DeliveryOutcome.ACCEPTED
    found: list[bytes] = []
    until(lambda: found or found.extend(world.contents()), world.mail)
    assert [raw.partition(b"\r\n\r\n")[2] for raw in found] == [body(6)]


def test_every_byte_comes_in_order_and_goes_once_committed(world: World) -> None:
    wanted = [message(number) for number in range(2 * MESSAGES_PER_KEEP + 3)]
    world.put(*wanted)
    assert world.contents() == wanted
    assert world.contents() == []


def test_what_was_not_committed_stays(world: World) -> None:
    world.put(*(message(number) for number in range(5)))
    uids: list[str] = []

    def refuse_two(uid: str, raw: bytes) -> bool:
        uids.append(uid)
        return b"Subject: 2\r\n" not in raw

    collection = world.collector().collect(each(refuse_two))
    assert (collection.taken, collection.left, collection.deleted) == (4, 1, True)
    assert len(set(uids)) == 5
    collection = world.collector().collect(take_all, known=lambda _: {uids[2]})
    assert (collection.known, collection.taken, collection.left) == (1, 0, 0)
    assert world.contents() == []


def test_our_own_failure_keeps_all_that_was_not_committed(world: World) -> None:
    world.put(*(message(number) for number in range(3)))

    def fail(uid: str, raw: bytes) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.collector().collect(each(fail))
    assert world.contents() == [message(number) for number in range(3)]
