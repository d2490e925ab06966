"""SmtpSender against peers that misbehave: every ending is an outcome, and nothing after the final dot is taken for granted."""

import socket
from pathlib import Path

import pytest
from scripted_server import ANY, GREETING, HANG_UP, MESSAGE, TRANSACTION, ScriptedServer, Step

from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender, SmtpTimeouts
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, ensure_server_certificate

QUICK = SmtpTimeouts(connect_seconds=2, command_seconds=2, final_seconds=2)
LETTER = Envelope("dr@a.example", ("caisse@fund.example",), b"Subject: x\r\n\r\n.dot\r\nend\r\n")


def sender(port: int, timeouts: SmtpTimeouts = QUICK) -> SmtpSender:
    return SmtpSender(MailServer("127.0.0.1", port, Security.NONE), timeouts=timeouts)


@pytest.mark.parametrize(
    ("script", "outcome", "about_message"),
    [
        ((*GREETING, *TRANSACTION, b"250 stored\r\n"), DeliveryOutcome.ACCEPTED, False),
        ((*GREETING, *TRANSACTION, HANG_UP), DeliveryOutcome.UNKNOWN, False),
        ((*GREETING, *TRANSACTION, b"451 later\r\n"), DeliveryOutcome.TEMPORARY, True),
        ((*GREETING, *TRANSACTION, b"554 no\r\n"), DeliveryOutcome.REFUSED, True),
        ((*GREETING, *TRANSACTION, b"421 closing\r\n"), DeliveryOutcome.TEMPORARY, False),
        ((*GREETING, ANY, b"250 ok\r\n", ANY, b"250 ok\r\n", ANY, HANG_UP), DeliveryOutcome.UNREACHABLE, False),
        ((*GREETING, ANY, b"250 ok\r\n", ANY, b"550 5.1.1 who\r\n", ANY), DeliveryOutcome.REFUSED, True),
        ((*GREETING, ANY, b"250 ok\r\n", ANY, b"451 greylisted\r\n", ANY), DeliveryOutcome.TEMPORARY, True),
        ((*GREETING, ANY, b"550 5.7.1 not you\r\n", ANY), DeliveryOutcome.REFUSED, False),
        ((*GREETING, ANY, b"552 too big\r\n", ANY), DeliveryOutcome.REFUSED, True),
        ((*GREETING, ANY, b"530 5.7.0 log in\r\n", ANY), DeliveryOutcome.REFUSING_CREDENTIALS, False),
        ((b"421 too busy\r\n",), DeliveryOutcome.TEMPORARY, False),
        ((b"554 5.3.2 closed\r\n",), DeliveryOutcome.SUSPENDED, False),
        ((HANG_UP,), DeliveryOutcome.UNREACHABLE, False),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), DeliveryOutcome.UNREACHABLE, False),
    ],
)
def test_one_ending(script: tuple[Step, ...], outcome: DeliveryOutcome, about_message: bool) -> None:
    with ScriptedServer(script) as server:
        attempt = sender(server.port).send(LETTER)
    assert (attempt.outcome, attempt.about_message) == (outcome, about_message), attempt.reply


def test_silence_after_the_final_dot_is_unknown() -> None:
    impatient = SmtpTimeouts(connect_seconds=2, command_seconds=2, final_seconds=0.2)
    with ScriptedServer((*GREETING, *TRANSACTION, ANY)) as server:
        one = sender(server.port, impatient)
        assert one.send(LETTER).outcome is DeliveryOutcome.UNKNOWN
        one.close()


def test_dots_are_doubled_and_the_rest_untouched() -> None:
    with ScriptedServer((*GREETING, *TRANSACTION, b"250 stored\r\n")) as server:
        assert sender(server.port).send(LETTER).outcome is DeliveryOutcome.ACCEPTED
    assert server.heard[-1] == b"Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n"
    assert server.heard[1] == b"MAIL FROM:<dr@a.example> SIZE=%d\r\n" % len(LETTER.message)


def test_commands_go_together_where_the_server_offers_it() -> None:
    greeting = (b"220 hello\r\n", ANY, b"250-hello\r\n250 PIPELINING\r\n")
    together = (ANY, ANY, ANY, b"250 ok\r\n250 ok\r\n354 go\r\n", MESSAGE, b"250 stored\r\n")
    with ScriptedServer((*greeting, *together)) as server:
        assert sender(server.port).send(LETTER).outcome is DeliveryOutcome.ACCEPTED


def test_a_recipient_refused_in_a_group_sends_nothing() -> None:
    greeting = (b"220 hello\r\n", ANY, b"250-hello\r\n250 PIPELINING\r\n")
    refused = (ANY, ANY, ANY, b"250 ok\r\n550 5.1.1 who\r\n354 go\r\n", MESSAGE, b"250 stored\r\n")
    with ScriptedServer((*greeting, *refused)) as server:
        attempt = sender(server.port).send(LETTER)
    assert (attempt.outcome, attempt.about_message) == (DeliveryOutcome.REFUSED, True)
    assert server.heard[-1] == b"", "the connection must close without a message or a dot"


def test_a_kept_connection_found_dead_is_replaced_once() -> None:
    whole = (*GREETING, *TRANSACTION, b"250 stored\r\n")
    with ScriptedServer((*whole, HANG_UP), whole) as server:
        one = sender(server.port)
        assert one.send(LETTER).outcome is DeliveryOutcome.ACCEPTED
        assert one.send(LETTER).outcome is DeliveryOutcome.ACCEPTED
    assert len([line for line in server.heard if line.startswith(b"Subject")]) == 2


def test_an_unknown_fate_is_not_repeated_behind_the_caller() -> None:
    whole = (*GREETING, *TRANSACTION, b"250 stored\r\n", *TRANSACTION, HANG_UP)
    with ScriptedServer(whole, (*GREETING, *TRANSACTION, b"250 stored\r\n")) as server:
        one = sender(server.port)
        assert one.send(LETTER).outcome is DeliveryOutcome.ACCEPTED
        assert one.send(LETTER).outcome is DeliveryOutcome.UNKNOWN
    assert len([line for line in server.heard if line.startswith(b"Subject")]) == 2


def test_a_refused_message_leaves_the_connection_usable() -> None:
    refused = (ANY, b"250 ok\r\n", ANY, b"550 who\r\n", ANY, b"250 reset\r\n")
    with ScriptedServer((*GREETING, *refused, *TRANSACTION, b"250 stored\r\n")) as server:
        one = sender(server.port)
        assert one.send(LETTER).outcome is DeliveryOutcome.REFUSED
        assert one.send(LETTER).outcome is DeliveryOutcome.ACCEPTED


def test_the_reason_of_an_early_hang_up_is_read() -> None:
    early = (ANY, b"250 ok\r\n", ANY, b"250 ok\r\n", ANY, b"354 go\r\n", ANY, b"552 5.3.4 too big\r\n", HANG_UP)
    big = Envelope(LETTER.mail_from, LETTER.rcpt_tos, b"x\r\n" * 10_000_000)
    with ScriptedServer((*GREETING, *early)) as server:
        attempt = sender(server.port).send(big)
    assert attempt.outcome in (DeliveryOutcome.REFUSED, DeliveryOutcome.UNREACHABLE)
    assert attempt.outcome is not DeliveryOutcome.UNKNOWN


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert sender(port).send(LETTER).outcome is DeliveryOutcome.UNREACHABLE
    assert sender(port).probe().outcome is DeliveryOutcome.UNREACHABLE


def test_a_server_that_speaks_no_tls_is_told_nothing(tmp_path: Path) -> None:
    files = ensure_server_certificate(tmp_path, LOOPBACK_NAMES, SystemClock().now())
    with ScriptedServer((b"220 hello\r\n", ANY)) as server:
        account = MailServer("127.0.0.1", server.port, Security.TLS, "dr@a.example", "secret", files.certificate)
        assert SmtpSender(account, timeouts=QUICK).probe().outcome is DeliveryOutcome.UNREACHABLE
    assert not any(b"secret" in line or b"AUTH" in line for line in server.heard)


def test_a_password_never_travels_without_tls() -> None:
    with pytest.raises(ValueError, match="TLS"):
        SmtpSender(MailServer("127.0.0.1", 25, Security.NONE, "dr@a.example", "secret"))


def test_an_aborted_sender_stays_silent() -> None:
    with ScriptedServer((*GREETING, *TRANSACTION, b"250 stored\r\n")) as server:
        one = sender(server.port)
        one.abort()
        assert one.send(LETTER).outcome is DeliveryOutcome.UNREACHABLE
    assert server.heard == []


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(MailServer("h", 1, Security.TLS, "dr@a.example", "secret"))
