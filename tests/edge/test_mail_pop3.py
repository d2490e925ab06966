"""Pop3Collector against servers that misbehave: nothing committed is lost, nothing uncommitted is deleted."""

from pathlib import Path

import pytest
from scripted_server import ANY, HANG_UP, ScriptedServer, Step

from mail_kit import each
from vaguemestre.core.mail.delivery import Collection, DeliveryOutcome
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail import pop3
from vaguemestre.edge.mail.pop3 import Pop3Collector
from vaguemestre.edge.mail.smtp import MailServer, Security
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, TlsFiles, ensure_server_certificate, server_context

LOGIN: tuple[Step, ...] = (b"+OK hi\r\n", ANY, b"+OK\r\n", ANY, b"+OK in\r\n")
TWO: tuple[Step, ...] = (
    *(ANY, b"+OK\r\n1 10\r\n2 12\r\n.\r\n"),
    *(ANY, b"+OK\r\n1 first\r\n2 second\r\n.\r\n"),
)
THREE: tuple[Step, ...] = (
    *(ANY, b"+OK\r\n1 5\r\n2 5\r\n3 7\r\n.\r\n"),
    *(ANY, b"+OK\r\n1 first\r\n2 second\r\n3 third\r\n.\r\n"),
)
READ: tuple[Step, ...] = (ANY, b"+OK\r\nA: 1\r\n\r\none\r\n.\r\n")
DELETED: tuple[Step, ...] = (ANY, b"+OK\r\n")
ONE_READ: tuple[Step, ...] = (*READ, *DELETED)
BYE: tuple[Step, ...] = (ANY, b"+OK bye\r\n")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_server_certificate(tmp_path_factory.mktemp("tls"), LOOPBACK_NAMES, SystemClock().now())


def collect(
    tls: TlsFiles, script: tuple[Step, ...], size_bytes_max: int = 1000, again: tuple[Step, ...] | None = None
) -> tuple[Collection, list[bytes], list[bytes]]:
    found: list[bytes] = []
    with ScriptedServer(script, *([again] if again is not None else []), tls=server_context(tls)) as server:
        account = MailServer("127.0.0.1", server.port, Security.TLS, "dr@a.example", "secret", tls.certificate)
        collector = Pop3Collector(account, timeout_seconds=2, size_bytes_max=size_bytes_max)
        collection = collector.collect(each(lambda uid, raw: found.append(raw) is None))
    return collection, found, server.heard


def test_a_whole_session(tls: TlsFiles) -> None:
    first, second = b"+OK\r\nA: 1\r\n\r\none\r\n.\r\n", b"+OK\r\n..dot\n.bare\r\n\xff\r\n.\r\n"
    collection, found, heard = collect(tls, (*LOGIN, *TWO, ANY, first, ANY, second, *DELETED, *DELETED, *BYE))
    assert found == [b"A: 1\r\n\r\none\r\n", b".dot\n.bare\r\n\xff\r\n"]
    assert collection == Collection(DeliveryOutcome.ACCEPTED, "", 2, 0, 0, True, ())
    assert [line.split()[0] for line in heard] == [
        *(b"USER", b"PASS", b"LIST", b"UIDL"),
        *(b"RETR", b"RETR", b"DELE", b"DELE", b"QUIT"),
    ]


def test_a_server_that_lets_its_client_run_ahead_is_asked_for_all_at_once(tls: TlsFiles) -> None:
    able = (ANY, b"+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n")
    read = (ANY, ANY, ANY, b"+OK\r\none\r\n.\r\n+OK\r\ntwo\r\n.\r\n+OK\r\nthree\r\n.\r\n")
    deleted = (ANY, ANY, ANY, b"+OK\r\n+OK\r\n+OK\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *THREE, *able, *read, *deleted, *BYE))
    assert found == [b"one\r\n", b"two\r\n", b"three\r\n"]
    assert collection == Collection(DeliveryOutcome.ACCEPTED, "", 3, 0, 0, True, ())
    assert [line.split()[0] for line in heard[4:]] == [b"CAPA", *[b"RETR"] * 3, *[b"DELE"] * 3, b"QUIT"]


ONE_BY_ONE: tuple[Step, ...] = (
    *(ANY, b"+OK\r\none\r\n.\r\n", ANY, b"+OK\r\ntwo\r\n.\r\n", ANY, b"+OK\r\nthree\r\n.\r\n"),
    *DELETED * 3,
    *BYE,
)
ALL_THREE = [b"one\r\n", b"two\r\n", b"three\r\n"]


@pytest.mark.parametrize(
    "said",
    [
        b"+OK\r\nUIDL\r\n.\r\n",
        b"-ERR what\r\n",
        b"+OK\r\n\r\nUIDL\r\n.\r\n",
        b"+OK\r\nIMPLEMENTATION Poste fran\xe7aise\r\n.\r\n",
    ],
)
def test_a_server_that_does_not_is_asked_one_by_one(tls: TlsFiles, said: bytes) -> None:
    collection, found, _ = collect(tls, (*LOGIN, *THREE, ANY, said, *ONE_BY_ONE))
    assert (found, collection.taken, collection.left, collection.deleted) == (ALL_THREE, 3, 0, True)


@pytest.mark.parametrize(
    "said",
    [
        (b"+OK\r\n" + b"X" * 3000 + b"+more\r\nUIDL\r\n.\r\n",),
        (b"+OK\r\n", ANY),
        (b"+OK\r\nPIPELINING\r\n.\r\n", ANY, b"+OK\r\none\r\n.\r\n", HANG_UP),
    ],
    ids=["a line without end", "no list", "it drops what is typed ahead"],
)
def test_a_server_that_breaks_on_running_ahead_is_asked_again_with_more_care(
    tls: TlsFiles, said: tuple[Step, ...]
) -> None:
    collection, found, heard = collect(tls, (*LOGIN, *THREE, ANY, *said), again=(*LOGIN, *THREE, *ONE_BY_ONE))
    assert (found[-3:], collection.left, collection.deleted) == (ALL_THREE, 0, True)
    assert collection.outcome is DeliveryOutcome.ACCEPTED
    assert heard.count(b"CAPA\r\n") == 1


def test_sizes_that_lie_do_not_fill_the_memory(tls: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pop3, "BYTES_PER_KEEP", 7)
    sizes: list[list[bytes]] = []
    with ScriptedServer((*LOGIN, *THREE, ANY, b"-ERR\r\n", *ONE_BY_ONE), tls=server_context(tls)) as server:
        account = MailServer("127.0.0.1", server.port, Security.TLS, "dr@a.example", "secret", tls.certificate)
        collection = Pop3Collector(account, timeout_seconds=2).collect(
            lambda messages: sizes.append([raw for _, raw in messages]) or [True] * len(messages)  # type: ignore[func-returns-value]
        )
    assert sizes == [ALL_THREE[:2], ALL_THREE[2:]]
    assert (collection.taken, collection.left) == (3, 0)


def test_an_identifier_that_stands_twice_identifies_nothing(tls: TlsFiles) -> None:
    """A message that was never read is not deleted because another one bears its name."""
    twice = (ANY, b"+OK\r\n1 5\r\n2 5\r\n.\r\n", ANY, b"+OK\r\n1 same\r\n2 same\r\n.\r\n")
    read = (ANY, b"+OK\r\none\r\n.\r\n", ANY, b"+OK\r\ntwo\r\n.\r\n")
    found: list[tuple[str, bytes]] = []
    with ScriptedServer((*LOGIN, *twice, *read, *DELETED * 2, *BYE), tls=server_context(tls)) as server:
        account = MailServer("127.0.0.1", server.port, Security.TLS, "dr@a.example", "secret", tls.certificate)
        collector = Pop3Collector(account, timeout_seconds=2)
        keep = each(lambda uid, raw: found.append((uid, raw)) is None)
        collection = collector.collect(keep, known=lambda _: {"same"})
    assert found == [("", b"one\r\n"), ("", b"two\r\n")]
    assert (collection.taken, collection.known, collection.left) == (2, 0, 0)


def test_a_deletion_that_is_refused_leaves_the_message_there(tls: TlsFiles) -> None:
    read = (ANY, b"+OK\r\none\r\n.\r\n", ANY, b"+OK\r\ntwo\r\n.\r\n")
    collection, found, _ = collect(tls, (*LOGIN, *TWO, *read, *DELETED, ANY, b"-ERR locked\r\n", *BYE))
    assert len(found) == 2
    assert (collection.taken, collection.left, collection.deleted) == (2, 1, False)


def test_a_refused_message_among_several_keeps_no_other(tls: TlsFiles) -> None:
    able = (ANY, b"+OK\r\nPIPELINING\r\n.\r\n")
    read = (ANY, ANY, ANY, b"+OK\r\none\r\n.\r\n-ERR [SYS/TEMP] disk trouble\r\n+OK\r\nthree\r\n.\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *THREE, *able, *read, *DELETED * 2, *BYE))
    assert found == [b"one\r\n", b"three\r\n"]
    assert [line for line in heard if line.startswith(b"DELE")] == [b"DELE 1\r\n", b"DELE 3\r\n"]
    assert (collection.outcome, collection.taken, collection.left) == (DeliveryOutcome.TEMPORARY, 2, 1)
    assert collection.deleted


def test_a_break_among_several_confirms_no_deletion_and_loses_nothing(tls: TlsFiles) -> None:
    """What was read is committed; QUIT is not asked, since its answer could be that to another command."""
    able = (ANY, b"+OK\r\nPIPELINING\r\n.\r\n")
    read = (ANY, ANY, ANY, b"+OK\r\none\r\n.\r\nnonsense\r\n+OK\r\nthree\r\n.\r\n+OK bye\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *THREE, *able, *read))
    assert found == [b"one\r\n"]
    assert (collection.taken, collection.left) == (1, 3)
    assert not any(line.startswith((b"DELE", b"QUIT")) for line in heard)


def test_deletions_asked_at_once_are_confirmed_only_by_quit(tls: TlsFiles) -> None:
    able = (ANY, b"+OK\r\nPIPELINING\r\n.\r\n")
    read = (ANY, ANY, ANY, b"+OK\r\none\r\n.\r\n+OK\r\ntwo\r\n.\r\n+OK\r\nthree\r\n.\r\n")
    collection, _, _ = collect(tls, (*LOGIN, *THREE, *able, *read, ANY, ANY, ANY, b"+OK\r\nnonsense\r\n+OK\r\n"))
    assert (collection.taken, collection.deleted) == (3, False)


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
    collection, found, _ = collect(tls, (*LOGIN, *TWO, *READ, ANY, b"+OK\r\nhalf a mess", HANG_UP))
    assert found == [b"A: 1\r\n\r\none\r\n"]
    assert (collection.taken, collection.left, collection.deleted) == (1, 2, False), (
        "one was committed, and stays there"
    )
    assert collection.outcome is DeliveryOutcome.UNREACHABLE


def test_a_message_that_cannot_be_read_keeps_nobody_from_the_others(tls: TlsFiles) -> None:
    refused = (ANY, b"-ERR [SYS/TEMP] disk trouble\r\n")
    collection, found, heard = collect(tls, (*LOGIN, *TWO, *READ, *refused, *DELETED, *BYE))
    assert found == [b"A: 1\r\n\r\none\r\n"]
    assert (collection.outcome, collection.deleted) == (DeliveryOutcome.TEMPORARY, True)
    assert heard[-1] == b"QUIT\r\n", "what was committed is still deleted"


def test_a_quit_without_answer_confirms_nothing(tls: TlsFiles) -> None:
    collection, found, _ = collect(tls, (*LOGIN, *TWO, *READ, *READ, *DELETED, *DELETED, ANY, HANG_UP))
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
