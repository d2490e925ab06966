"""The contract of a mail operator: the same cases walk the embedded one (a process, real SMTP and POP3) and its twin."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mail_kit import each, take_all
from vaguemestre.core.mail.bounce import read_bounce
from vaguemestre.core.mail.collecting import MESSAGES_PER_KEEP, Collected
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, Received, make_envelope
from vaguemestre.core.mail.operator_policy import MailOperator, Service
from vaguemestre.edge.embedded_operator.process import start_operator
from vaguemestre.edge.embedded_operator.settings import OperatorSettings
from vaguemestre.edge.mail.memory_mail import MemoryIntake, MemoryOperator
from vaguemestre.edge.mail.smtp_intake import SmtpIntake

SIZE_BYTES_MAX = 200_000
FUND = "caisse@fund.example"


@dataclass(slots=True)
class Fund:
    """The payer of these cases: what it recorded, and how it fails on demand."""

    recorded: list[Received] = field(default_factory=list)
    refuses: str = ""
    broken: bool = False

    def commit(self, batch: Sequence[Received]) -> None:
        if self.broken:
            raise RuntimeError("the store does not answer")
        self.recorded.extend(batch)

    def accepts(self, address: str) -> bool:
        return address != self.refuses

    def contents(self) -> list[bytes]:
        return [received.raw for received in self.recorded]


@dataclass(slots=True)
class World:
    operator: MailOperator
    fund: Fund
    people: int = 0

    def account(self) -> tuple[str, str]:
        self.people += 1
        account = f"dr{self.people}@a.example", f"secret {self.people}"
        self.operator.add_accounts([account])
        return account


@pytest.fixture(scope="module", params=["memory", "embedded"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    fund = Fund()
    if request.param == "memory":
        intake = MemoryIntake(fund.commit, accepts=fund.accepts)
        routes = {"fund.example": intake.deliver}
        yield World(MemoryOperator("a", ("a.example",), routes, size_bytes_max=SIZE_BYTES_MAX), fund)
        return
    settings = OperatorSettings("a", ("a.example",), scrypt_cost=16, size_bytes_max=SIZE_BYTES_MAX)
    state: Path = tmp_path_factory.mktemp("operator")
    with SmtpIntake(fund.commit, accepts=fund.accepts) as smtp_intake:
        route = ("fund.example", "127.0.0.1", smtp_intake.port)
        with start_operator(state, settings, routes=[route]) as operator:
            yield World(operator, fund)


@pytest.fixture
def world(shared: World) -> World:
    shared.fund.recorded.clear()
    shared.fund.refuses, shared.fund.broken = "", False
    return shared


def message(text: bytes, message_id: str = "m1@a.example") -> bytes:
    return b"Message-ID: <" + message_id.encode() + b">\r\n\r\n" + text


AWKWARD = message(b".\r\n..\r\n.a dot first\r\n\r\n" + b"x" * 5000 + b"\r\nFrom here\r\n\xe9\x00\xff\r\n.\r\n")


def letters(world: World, account: tuple[str, str], *texts: bytes) -> None:
    """The fund writes to this mailbox."""
    sender = world.operator.reception_sender()
    for text in texts:
        attempt = sender.send(make_envelope(FUND, (account[0],), message(text)))
        assert attempt.outcome is DeliveryOutcome.ACCEPTED
    sender.close()


def collect_all(world: World, account: tuple[str, str]) -> list[bytes]:
    found: list[bytes] = []
    world.operator.collector(*account).collect(each(lambda uid, raw: found.append(raw) is None))
    return found


def test_a_message_reaches_the_fund_byte_for_byte(world: World) -> None:
    account = world.account()
    before = world.operator.figures()
    sender = world.operator.sender(*account)
    assert sender.probe().outcome is DeliveryOutcome.ACCEPTED
    for content in (AWKWARD, b".\r\n", b"..first\r\n"):
        assert sender.send(make_envelope(account[0], (FUND,), content)).outcome is DeliveryOutcome.ACCEPTED
    sender.close()
    assert world.operator.wait_until_idle(10)
    assert sorted(world.fund.contents()) == sorted([AWKWARD, b".\r\n", b"..first\r\n"])
    assert {received.envelope.mail_from for received in world.fund.recorded} == {account[0]}
    assert {received.envelope.rcpt_tos for received in world.fund.recorded} == {(FUND,)}
    after = world.operator.figures()
    assert (after.sent - before.sent, after.relayed - before.relayed, after.queue_length) == (3, 3, 0)


def test_a_mailbox_gives_back_every_byte_in_order(world: World) -> None:
    account = world.account()
    before = world.operator.figures()
    letters(world, account, AWKWARD, b"second\r\n")
    found: list[tuple[str, bytes]] = []
    collection = world.operator.collector(*account).collect(each(lambda uid, raw: found.append((uid, raw)) is None))
    assert [raw for _, raw in found] == [message(AWKWARD), message(b"second\r\n")]
    assert len({uid for uid, _ in found}) == 2
    assert (collection.outcome, collection.taken, collection.left) == (DeliveryOutcome.ACCEPTED, 2, 0)
    assert collect_all(world, account) == []
    assert world.operator.figures().collected - before.collected == 2


def test_only_what_was_committed_is_deleted(world: World) -> None:
    account = world.account()
    letters(world, account, b"one\r\n", b"two\r\n", b"three\r\n")
    uids: list[str] = []

    def refuse_two(uid: str, raw: bytes) -> bool:
        uids.append(uid)
        return b"two" not in raw

    collection = world.operator.collector(*account).collect(each(refuse_two))
    assert (collection.taken, collection.left, collection.deleted) == (2, 1, True)
    again: list[str] = []
    collection = world.operator.collector(*account).collect(each(lambda uid, raw: again.append(uid) is not None))
    assert (again, collection.taken, collection.left) == ([uids[1]], 0, 1)
    collection = world.operator.collector(*account).collect(each(lambda uid, raw: False), known=lambda _: {uids[1]})
    assert (collection.known, collection.taken, collection.left) == (1, 0, 0)


def test_a_limit_takes_the_oldest_first(world: World) -> None:
    account = world.account()
    letters(world, account, b"one\r\n", b"two\r\n", b"three\r\n")
    found: list[bytes] = []
    collection = world.operator.collector(*account).collect(
        each(lambda uid, raw: found.append(raw) is None), count_max=2
    )
    assert (found, collection.left) == ([message(b"one\r\n"), message(b"two\r\n")], 1)


def test_our_own_failure_keeps_the_rest_and_frees_the_mailbox(world: World) -> None:
    account = world.account()
    letters(world, account, b"one\r\n", b"two\r\n")

    def fail_on_two(uid: str, raw: bytes) -> bool:
        if b"two" in raw:
            raise ZeroDivisionError
        return True

    with pytest.raises(ZeroDivisionError):
        world.operator.collector(*account).collect(each(fail_on_two))
    assert collect_all(world, account) == [message(b"one\r\n"), message(b"two\r\n")], "they are committed together"


def test_many_messages_are_kept_a_few_at_a_time_and_a_failure_keeps_what_was_committed_before(world: World) -> None:
    account = world.account()
    letters(world, account, *(b"%d\r\n" % number for number in range(MESSAGES_PER_KEEP + 5)))
    sizes: list[int] = []

    def fail_on_the_second_few(messages: Sequence[Collected]) -> list[bool]:
        sizes.append(len(messages))
        if len(sizes) == 2:
            raise ZeroDivisionError
        return [True] * len(messages)

    with pytest.raises(ZeroDivisionError):
        world.operator.collector(*account).collect(fail_on_the_second_few)
    assert sizes == [MESSAGES_PER_KEEP, 5]
    assert collect_all(world, account) == [message(b"%d\r\n" % (MESSAGES_PER_KEEP + number)) for number in range(5)]


def test_a_mailbox_serves_one_session_at_a_time(world: World) -> None:
    account = world.account()
    letters(world, account, b"one\r\n")
    inner: list[DeliveryOutcome] = []

    def look_again(uid: str, raw: bytes) -> bool:
        inner.append(world.operator.collector(*account).collect(take_all).outcome)
        return True

    assert world.operator.collector(*account).collect(each(look_again)).taken == 1
    assert inner == [DeliveryOutcome.TEMPORARY]


def test_the_event_of_2022(world: World) -> None:
    account = world.account()
    letters(world, account, b"an answer\r\n")
    before = world.operator.figures()
    world.operator.suspend()
    try:
        closed = world.operator.collector(*account).collect(take_all)
        assert closed.outcome is DeliveryOutcome.SUSPENDED
        assert closed.reply == "-ERR [SYS/TEMP] POP access suspended"
        stranger = world.operator.collector(account[0], "wrong").collect(take_all)
        assert stranger.outcome is DeliveryOutcome.REFUSING_CREDENTIALS
        assert stranger.reply.startswith("-ERR [AUTH]")
        sender = world.operator.sender(*account)
        assert sender.send(make_envelope(account[0], (FUND,), message(b"sent\r\n"))).outcome is DeliveryOutcome.ACCEPTED
        sender.close()
        letters(world, account, b"another\r\n")
    finally:
        world.operator.reopen()
    after = world.operator.figures()
    assert after.refused - before.refused == 2
    assert after.refused_suspended - before.refused_suspended == 1
    assert after.refused_credentials - before.refused_credentials == 1
    assert collect_all(world, account) == [message(b"an answer\r\n"), message(b"another\r\n")]
    assert world.operator.wait_until_idle(10)


def test_sending_can_be_closed_alone(world: World) -> None:
    account = world.account()
    letters(world, account, b"one\r\n")
    world.operator.suspend(Service.SUBMISSION)
    try:
        attempt = world.operator.sender(*account).send(make_envelope(account[0], (FUND,), message(b"x\r\n")))
        assert attempt.outcome is DeliveryOutcome.SUSPENDED
        assert not attempt.about_message
        wrong = world.operator.sender(account[0], "wrong").probe()
        assert wrong.outcome is DeliveryOutcome.REFUSING_CREDENTIALS
        assert collect_all(world, account) == [message(b"one\r\n")]
    finally:
        world.operator.reopen(Service.SUBMISSION)
    assert world.operator.sender(*account).probe().outcome is DeliveryOutcome.ACCEPTED


def test_a_renewed_password_takes_the_place_of_the_old(world: World) -> None:
    address, old = world.account()
    assert world.operator.sender(address, old).probe().outcome is DeliveryOutcome.ACCEPTED
    world.operator.add_accounts([(address, "new")])
    assert world.operator.sender(address, old).probe().outcome is DeliveryOutcome.REFUSING_CREDENTIALS
    assert world.operator.sender(address, "new").probe().outcome is DeliveryOutcome.ACCEPTED


def test_unknown_is_an_outcome_and_the_same_bytes_go_again(world: World) -> None:
    account = world.account()
    before = world.operator.figures()
    sealed = make_envelope(account[0], (FUND,), message(b"unknown fate\r\n"))
    world.operator.drop_after_dot(1)
    sender = world.operator.sender(*account)
    first = sender.send(sealed)
    assert (first.outcome, first.about_message) == (DeliveryOutcome.UNKNOWN, False)
    assert sender.send(sealed).outcome is DeliveryOutcome.ACCEPTED
    sender.close()
    assert world.operator.wait_until_idle(10)
    assert world.fund.contents() == [sealed.message, sealed.message]
    assert world.operator.figures().sent - before.sent == 1


def test_what_the_fund_cannot_record_waits_with_the_operator(world: World) -> None:
    account = world.account()
    world.fund.broken = True
    sender = world.operator.sender(*account)
    assert sender.send(make_envelope(account[0], (FUND,), message(b"later\r\n"))).outcome is DeliveryOutcome.ACCEPTED
    sender.close()
    assert not world.operator.wait_until_idle(0.2)
    assert world.operator.figures().queue_length == 1
    world.fund.broken = False
    world.operator.flush()
    assert world.operator.wait_until_idle(10)
    assert world.fund.contents() == [message(b"later\r\n")]


def test_what_the_fund_refuses_comes_back_as_a_report(world: World) -> None:
    account = world.account()
    world.fund.refuses = "nobody@fund.example"
    before = world.operator.figures()
    sender = world.operator.sender(*account)
    raw = message(b"x\r\n", "lot-17@cabinet.example")
    attempt = sender.send(make_envelope(account[0], (world.fund.refuses,), raw))
    sender.close()
    assert attempt.outcome is DeliveryOutcome.ACCEPTED
    assert world.operator.wait_until_idle(10)
    assert world.operator.figures().returned - before.returned == 1
    (report,) = collect_all(world, account)
    bounce = read_bounce(report)
    assert bounce is not None
    assert bounce.recipient == "nobody@fund.example"
    assert (bounce.status, bounce.message_id) == ("5.1.1", "lot-17@cabinet.example")
    assert "550 5.1.1 No such recipient here" in bounce.reply


@pytest.mark.parametrize(
    ("mail_from", "recipient", "words"),
    [
        ("{self}", "nobody@a.example", "No such mailbox"),
        ("{self}", "x@unknown.example", "No route"),
        ("other@a.example", FUND, "not yours"),
    ],
)
def test_submission_refuses(world: World, mail_from: str, recipient: str, words: str) -> None:
    account = world.account()
    envelope = make_envelope(mail_from.format(self=account[0]), (recipient,), message(b"x\r\n"))
    sender = world.operator.sender(*account)
    attempt = sender.send(envelope)
    assert attempt.outcome is DeliveryOutcome.REFUSED
    assert words in attempt.reply
    assert sender.send(make_envelope(account[0], (FUND,), message(b"x\r\n"))).outcome is DeliveryOutcome.ACCEPTED
    sender.close()
    assert world.operator.wait_until_idle(10)


@pytest.mark.parametrize("recipient", ["nobody@a.example", FUND])
def test_reception_is_no_open_relay(world: World, recipient: str) -> None:
    sender = world.operator.reception_sender()
    attempt = sender.send(make_envelope("x@elsewhere.example", (recipient,), message(b"x\r\n")))
    sender.close()
    assert (attempt.outcome, attempt.about_message) == (DeliveryOutcome.REFUSED, True)


def test_too_big_is_about_the_message(world: World) -> None:
    account = world.account()
    sender = world.operator.sender(*account)
    big = make_envelope(account[0], (FUND,), message(b"x" * SIZE_BYTES_MAX + b"\r\n"))
    attempt = sender.send(big)
    assert (attempt.outcome, attempt.about_message) == (DeliveryOutcome.REFUSED, True)
    assert sender.send(make_envelope(account[0], (FUND,), message(b"x\r\n"))).outcome is DeliveryOutcome.ACCEPTED
    sender.close()
    assert world.operator.wait_until_idle(10)


def test_many_senders_at_once_lose_nothing(world: World) -> None:
    accounts = [world.account() for _ in range(4)]

    def send_ten(account: tuple[str, str]) -> None:
        sender = world.operator.sender(*account)
        for number in range(10):
            envelope = Envelope(account[0], (FUND,), message(f"{account[0]} {number}\r\n".encode()))
            outcomes.append(sender.send(envelope).outcome)
        sender.close()

    outcomes: list[DeliveryOutcome] = []
    threads = [threading.Thread(target=send_ten, args=(account,)) for account in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {DeliveryOutcome.ACCEPTED}
    assert world.operator.wait_until_idle(10)
    expected = [message(f"{address} {number}\r\n".encode()) for address, _ in accounts for number in range(10)]
    assert sorted(world.fund.contents()) == sorted(expected)
