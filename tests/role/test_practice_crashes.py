"""Awkward moments of a practice's round: another hand in the same store, and processes killed between two commits."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from practice_kit import ToyPayer, World
from sheet_kit import codes
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.lot import ClosingPolicy
from vaguemestre.core.mail.collecting import Collected, Keep, Known
from vaguemestre.core.mail.delivery import Attempt, Collection, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.edge.practice.store import open_practice_store
from vaguemestre.role.practice import acknowledgements
from vaguemestre.role.practice.collect import collect
from vaguemestre.role.practice.corrections import cancel
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.lots import close_and_seal, close_lots, seal_files
from vaguemestre.role.practice.send import conclude_dead_attempts, send

ONE_EACH = ClosingPolicy(lot_size=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    return made


def key(sheet: CareSheet) -> SheetKey:
    identity = sheet.identity
    return SheetKey(identity.billing_number, identity.invoice_number, identity.made_on.isoformat())


@dataclass
class Meddling:
    """A sender during whose dialling somebody does something in the same store."""

    inner: Any
    deed: Callable[[], None]

    def send(self, envelope: Envelope) -> Attempt:
        self.deed()
        return self.inner.send(envelope)  # type: ignore[no-any-return]

    def probe(self) -> Attempt:
        return self.inner.probe()  # type: ignore[no-any-return]

    def close(self) -> None:
        self.inner.close()


def with_senders(edges: PracticeEdges, deed: Callable[[], None]) -> PracticeEdges:
    return replace(edges, ways=tuple(replace(way, sender=Meddling(way.sender, deed)) for way in edges.ways))


def test_a_sheet_cancelled_while_an_earlier_lot_is_dialled_never_leaves(world: World) -> None:
    """The round read its list of lots before; the person at the desk was told that the sheet is cancelled."""
    first, second = world.record(count=2)
    close_and_seal(world.edges, world.now, ONE_EACH)
    done: list[bool] = []

    def cancels() -> None:
        if not done:
            done.append(cancel(world.edges, key(second), world.now)[0])

    report = send(with_senders(world.edges, cancels), world.now)
    assert done == [True]
    assert [lot.sheets for lot in world.payer.lots()] == [[first]]
    assert report.sent == 1
    assert sorted(world.states()) == ["cancelled", "handed over"]
    assert send(world.edges, world.later(days=1)).sent == 0


def test_a_sheet_cancelled_while_its_lot_is_being_sealed_never_leaves(world: World) -> None:
    first, second = world.record(count=2)
    close_lots(world.edges, world.now, ONE_EACH)
    done: list[bool] = []
    (card,) = world.edges.lot_cards

    class Sealing:
        def seal(self, *arguments: Any) -> Any:
            if not done:
                done.append(cancel(world.edges, key(second), world.now)[0])
            return card.sealer.seal(*arguments)

    edges = replace(world.edges, lot_cards=(replace(card, sealer=Sealing()),))
    assert seal_files(edges, world.now)[0] == 1
    send(world.edges, world.now)
    assert done == [True]
    assert [lot.sheets for lot in world.payer.lots()] == [[first]]
    assert sorted(world.states()) == ["cancelled", "handed over"]


def test_two_processes_that_seal_one_lot_send_the_same_bytes(world: World) -> None:
    world.record()
    close_lots(world.edges, world.now)
    (card,) = world.edges.lot_cards

    class Slow:
        def seal(self, *arguments: Any) -> Any:
            sealed = card.sealer.seal(*arguments)
            assert seal_files(world.edges, world.now)[0] == 1
            assert send(world.edges, world.now).sent == 1
            return sealed

    edges = replace(world.edges, lot_cards=(replace(card, sealer=Slow()),))
    assert seal_files(edges, world.now)[0] == 0
    assert send(world.edges, world.now).sent == 0
    assert len({lot.digest for lot in world.payer.lots()}) == 1
    assert world.states() == ["handed over"]


# --- killed


def killed(world: World, deed: Callable[[PracticeEdges], object], **changes: Any) -> None:
    """Do something with the same store in a process of its own, which must be killed (-9) while it does it."""
    child = os.fork()
    if child == 0:
        try:
            store = open_practice_store(world.directory / "practice.sqlite", world.vault, create=False)
            deed(replace(world.open(store), **changes))
        finally:
            os._exit(1)  # it was not killed
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process lived on"


def die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def attempts(world: World) -> list[tuple[int, str | None]]:
    with world.store.read() as view:
        query = "SELECT sealing_id, outcome FROM attempts ORDER BY id"
        return [tuple(row) for row in view._connection.exec_driver_sql(query)]


def dying_at(world: World, dial: int) -> tuple[Any, ...]:
    """Ways that hand messages over until the given dialling, in the middle of which the process is killed."""
    dials = iter(range(1, 100))

    def deed() -> None:
        if next(dials) == dial:
            die()

    return with_senders(world.edges, deed).ways


@pytest.mark.parametrize("dial", [1, 2, 9])
def test_killed_while_dialling_the_attempt_was_on_the_disk_before(world: World, dial: int) -> None:
    """Several lots to a commit or not: whatever may have left is known as such, and goes again as the same bytes."""
    sheets = world.record(count=10)
    close_and_seal(world.edges, world.now, ONE_EACH)
    killed(world, lambda edges: send(edges, world.now), ways=dying_at(world, dial))
    ended = [(sealing, "accepted") for sealing in range(1, dial)]
    assert attempts(world) == [*ended, (dial, None)]
    assert codes(conclude_dead_attempts(world.edges, world.now, stale_after=timedelta(0))) == ["D006"]
    assert send(world.edges, world.now).sent == 10 - (dial - 1)
    assert len({lot.digest for lot in world.payer.lots()}) == 10 - (dial - 1)  # the child's own left with its operator
    assert world.states() == ["handed over"] * len(sheets)


def test_killed_after_the_yes_and_before_it_is_written_the_same_bytes_go_again(world: World) -> None:
    """The end of an attempt waits for the next commit: what is lost with it is one yes, never a message."""
    world.record(count=2)
    close_and_seal(world.edges, world.now, ONE_EACH)
    with world.store.read() as view:
        digests = [view.current_sealing(number).sealed_digest for number in (1, 2)]  # type: ignore[union-attr]
    killed(world, lambda edges: send(edges, world.now), log=die)
    assert attempts(world) == [(1, None)]
    conclude_dead_attempts(world.edges, world.now, stale_after=timedelta(0))
    assert send(world.edges, world.now).sent == 2
    assert sorted(lot.digest for lot in world.payer.lots()) == sorted(digests)


def answered(world: World, count: int) -> ToyPayer:
    """Sheets handed over, each in a lot of its own, every one of which the payer has answered by both ways."""
    world.record(count=count)
    close_and_seal(world.edges, world.now, ONE_EACH)
    assert send(world.edges, world.now).sent == count
    for lot in world.payer.lots():
        world.payer.acknowledge(lot)
    return world.payer


@dataclass
class KilledCollector:
    """A mailbox whose reader is killed once one message was taken, before its deletion is asked."""

    inner: Any

    def collect(self, keep: Keep, *rest: Any) -> Collection:
        def keep_and_die(messages: Sequence[Collected]) -> list[bool]:
            assert all(keep(messages[:1]))
            return die()  # type: ignore[no-any-return]

        return self.inner.collect(keep_and_die, *rest)  # type: ignore[no-any-return]


def test_killed_once_a_message_is_taken_it_is_on_the_disk_and_applied_once(world: World) -> None:
    answered(world, 2)
    ways = tuple(replace(way, collector=KilledCollector(way.collector)) for way in world.edges.ways)
    killed(world, lambda edges: collect(edges, world.now), ways=ways)
    with world.store.read() as view:
        assert len(view.mail_to_read()) == 1
        assert view._connection.exec_driver_sql("SELECT count(*) FROM seen_messages").scalar() == 1
    report = collect(world.edges, world.now)
    assert (report.applied, report.left) == (2, 0)
    assert world.states() == ["acknowledged"] * 2
    assert collect(world.edges, world.later(hours=1)).applied == 0


@dataclass
class BrokenCollector:
    """A mailbox whose sessions break in turn: after messages were taken and none deleted, then at the login."""

    inner: Any
    asked: list[set[str]]

    def collect(self, keep: Keep, known: Known, *rest: Any) -> Collection:
        self.asked.append(set(known([])))
        if len(self.asked) > 1:
            return Collection(DeliveryOutcome.SUSPENDED, "-ERR closed")

        def keep_without_a_word(messages: Sequence[Collected]) -> list[bool]:
            return [not committed for committed in keep(messages)]

        self.inner.collect(keep_without_a_word, known, *rest)
        return Collection(DeliveryOutcome.UNREACHABLE, "it broke", taken=2, left=2, deleted=False)


def test_what_a_broken_session_took_is_known_until_a_whole_session_deletes_it(world: World) -> None:
    answered(world, 2)
    asked: list[set[str]] = []
    edges = world.edges
    broken = tuple(replace(way, collector=BrokenCollector(way.collector, asked)) for way in edges.ways[:1])
    first = collect(replace(edges, ways=broken), world.now)
    assert (first.taken, first.applied) == (2, 2)
    collect(replace(edges, ways=broken), world.later(hours=1))
    assert [len(known) for known in asked] == [0, 2], "known, and neither break makes us forget"
    last = collect(edges, world.later(days=1))
    assert (last.taken, last.known, last.left) == (0, 4, 0), (
        "two by their names, their two copies at `b` by their bytes"
    )
    with world.store.read() as view:
        assert not view.known_messages(edges.ways[0].name)


@pytest.mark.parametrize("rank", [1, 3, 9])
def test_killed_while_answers_are_read_every_one_of_them_is_applied_once(world: World, rank: int) -> None:
    """Answers share a commit; the mailboxes are already empty, so what is not applied must still be here."""
    answered(world, 10)
    opener, asked = world.edges.opener, iter(range(1, 100))

    class Dying:
        def open(self, *given: Any, **named: Any) -> Any:
            return die() if next(asked) == rank else opener.open(*given, **named)

    killed(world, lambda edges: collect(edges, world.now), opener=Dying())
    with world.store.read() as view:
        assert len(view.mail_to_read()) == (10 if rank <= 8 else 2)
    for operator in (world.a, world.b):
        operator.unreachable = True
    assert collect(world.edges, world.now).applied == (10 if rank <= 8 else 2)
    assert world.states() == ["acknowledged"] * 10


@pytest.mark.parametrize("rank", [1, 5, 9])
def test_killed_while_sealing_every_lot_is_sealed_once_and_no_number_is_lost(world: World, rank: int) -> None:
    sheets = world.record(count=10)
    (card,) = world.edges.lot_cards
    asked = iter(range(1, 100))

    class Dying:
        def seal(self, *given: Any) -> Any:
            return die() if next(asked) == rank else card.sealer.seal(*given)

    killed(
        world,
        lambda edges: close_and_seal(edges, world.now, ONE_EACH),
        lot_cards=(replace(card, sealer=Dying()),),
    )
    assert close_and_seal(world.edges, world.now, ONE_EACH).closed == ()
    assert send(world.edges, world.now).sent == 10
    lots = world.payer.lots()
    assert sorted(lot.manifest.lot_number for lot in lots if lot.manifest) == list(range(1, 11))
    assert [sheet for lot in lots for sheet in lot.sheets] == sheets


# --- one answer on which our own software fails


def test_an_answer_that_breaks_our_software_keeps_nobody_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(world, 3)
    applied = acknowledgements.apply_acknowledgement

    def fails(manifest: Any, *rest: Any) -> Any:
        if manifest.number == 1:
            raise ZeroDivisionError
        return applied(manifest, *rest)

    monkeypatch.setattr("vaguemestre.role.practice.collect.apply_acknowledgement", fails)
    with pytest.raises(ZeroDivisionError):
        collect(world.edges, world.now)
    assert world.states() == ["handed over", "acknowledged", "acknowledged"]
    monkeypatch.undo()
    assert collect(world.edges, world.now).applied == 1
    assert world.states() == ["acknowledged"] * 3
