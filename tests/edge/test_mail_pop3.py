"""Pop3Collector against servers that misbehave: nothing committed is lost, nothing uncommitted is deleted."""

from pathlib import Path

import pytest
from scripted_server import ANY, HANG_UP, ScriptedServer, Step

from vaguemestre.core.mail.delivery import Collection, DeliveryOutcome
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, TlsFiles, ensure_server_certificate, server_context

LOGIN: tuple[Step, ...] = (b"+OK hi\r\n", ANY, b"+OK\r\n", ANY, b"+OK in\r\n")
TWO: tuple[Step, ...] = (
    *(ANY, b"+OK\r\n1 10\r\n2 12\r\n.\r\n"),
    *(ANY, b"+OK\r\n1 first\r\n2 second\r\n.\r\n"),
)
ONE_READ: tuple[Step, ...] = (ANY, b"+OK\r\nA: 1\r\n\r\none\r\n.\r\n", ANY, b"+OK\r\n")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_server_certificate(tmp_path_factory.mktemp("tls"), LOOPBACK_NAMES, SystemClock().now())


def collect(
    tls: TlsFiles, script: tuple[Step, ...], size_bytes_max: int = 1000
) -> tuple[Collection, list[bytes], list[bytes]]:
    found: list[bytes] = []
    with ScriptedServer(script, tls=server_context(tls)) as server:
        account = MailServer("127.0.0.1", server.port, Security.TLS, "dr@a.example", "secret", tls.certificate)
        collector = Pop3Collector(account, timeout_seconds=2, size_bytes_max=size_bytes_max)
        collection = collector.collect(lambda uid, raw: found.append(raw) is None)
    return collection, found, server.heard


def test_a_whole_session(tls: TlsFiles) -> None:
    second = (ANY, b"+OK\r\n..dot\n.bare\r\n\xff\r\n.\r\n", ANY, b"+OK\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *TWO, *ONE_READ, *second, ANY, b"+OK bye\r\n"))
    assert found == [b"A: 1\r\n\r\none\r\n", b".dot\n.bare\r\n\xff\r\n"]
    assert collection == Collection(DeliveryOutcome.ACCEPTED, "", 2, 0, 0, True, ())
    assert [line.split()[0] for line in heard] == [
        *(b"USER", b"PASS", b"LIST", b"UIDL"),
        *(b"RETR", b"DELE", b"RETR", b"DELE", b"QUIT"),
    ]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ((b"-ERR [SYS/TEMP] later\r\n",), DeliveryOutcome.SUSPENDED),
        ((b"+OK hi\r\n", ANY, b"-ERR [AUTH] who\r\n"), DeliveryOutcome.REFUSING_CREDENTIALS),
        ((b"+OK hi\r\n", ANY, b"+OK\r\n", ANY, b"-ERR [SYS/TEMP] closed\r\n"), DeliveryOutcome.SUSPENDED),
        ((b"+OK hi\r\n", ANY, b"+OK\r\n", ANY, b"-ERR [IN-USE] busy\r\n"), DeliveryOutcome.TEMPORARY),
        ((b"+OK hi\r\n", ANY, HANG_UP), DeliveryOutcome.UNREACHABLE),
        ((HANG_UP,), DeliveryOutcome.UNREACHABLE),
        ((*LOGIN, ANY, b"+OK\r\nnonsense\r\n.\r\n"), DeliveryOutcome.UNREACHABLE),
        ((*LOGIN, ANY, b"-ERR [SYS/TEMP] disk\r\n"), DeliveryOutcome.TEMPORARY),
    ],
)
def test_a_session_that_reads_nothing(tls: TlsFiles, script: tuple[Step, ...], outcome: DeliveryOutcome) -> None:
    collection, found, _ = collect(tls, script)
    assert (collection.outcome, found, collection.deleted) == (outcome, [], True), collection.reply


def test_a_break_in_the_middle_says_that_deletions_are_not_confirmed(tls: TlsFiles) -> None:
    collection, found, _ = collect(tls, (*LOGIN, *TWO, *ONE_READ, ANY, b"+OK\r\nhalf a mess", HANG_UP))
    assert found == [b"A: 1\r\n\r\none\r\n"]
    assert (collection.taken, collection.left, collection.deleted) == (1, 1, False)
    assert collection.outcome is DeliveryOutcome.UNREACHABLE


def test_a_message_that_cannot_be_read_keeps_nobody_from_the_others(tls: TlsFiles) -> None:
    refused = (ANY, b"-ERR [SYS/TEMP] disk trouble\r\n", ANY, b"+OK bye\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *TWO, *ONE_READ, *refused))
    assert found == [b"A: 1\r\n\r\none\r\n"]
    assert (collection.outcome, collection.deleted) == (DeliveryOutcome.TEMPORARY, True)
    assert heard[-1] == b"QUIT\r\n", "what was committed is still deleted"


def test_a_quit_without_answer_confirms_nothing(tls: TlsFiles) -> None:
    collection, found, _ = collect(tls, (*LOGIN, *TWO, *ONE_READ, *ONE_READ, ANY, HANG_UP))
    assert len(found) == 2
    assert (collection.taken, collection.left, collection.deleted) == (2, 0, False)


def test_a_message_too_big_stays_and_is_told(tls: TlsFiles) -> None:
    listing = (ANY, b"+OK\r\n1 10\r\n2 5000\r\n.\r\n", ANY, b"+OK\r\n1 a\r\n2 b\r\n.\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *listing, *ONE_READ, ANY, b"+OK bye\r\n"))
    assert found == [b"A: 1\r\n\r\none\r\n"]
    assert (collection.taken, collection.left) == (1, 1)
    assert [item.code.code for item in collection.findings] == ["D010"]
    assert "5000" in collection.findings[0].message("fr")
    assert not any(line.startswith(b"RETR 2") for line in heard)


def test_a_message_that_grows_is_not_taken(tls: TlsFiles) -> None:
    """The list said ten bytes; the server sends without end."""
    endless = (ANY, b"+OK\r\n" + b"x" * 70 + b"\r\n" + b"y\r\n" * 2000 + b".\r\n")
    listing = (ANY, b"+OK\r\n1 10\r\n.\r\n", ANY, b"+OK\r\n1 a\r\n.\r\n")
    collection, found, _ = collect(tls, (*LOGIN, *listing, *endless, ANY, b"+OK bye\r\n"))
    assert (found, collection.left) == ([], 1)
    assert [item.code.code for item in collection.findings] == ["D010"]


def test_a_line_without_end_ends_the_session(tls: TlsFiles) -> None:
    listing = (ANY, b"+OK\r\n1 10\r\n.\r\n", ANY, b"+OK\r\n1 a\r\n.\r\n")
    collection, found, _ = collect(tls, (*LOGIN, *listing, ANY, b"+OK\r\n" + b"x" * 3_000_000))
    assert (found, collection.outcome) == ([], DeliveryOutcome.UNREACHABLE)


def test_a_password_never_travels_without_tls(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TLS"):
        Pop3Collector(MailServer("127.0.0.1", 110, Security.NONE, "dr@a.example", "secret"))
