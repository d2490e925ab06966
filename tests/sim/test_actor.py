"""An actor answers from its own process, reports its failures, and ends when told."""

import os

import pytest

from vaguemestre.sim.actor import Actor, ActorFailedError


class Counter:
    """A subject for these tests."""

    def __init__(self, start: int) -> None:
        self.value = start

    def add(self, step: int) -> int:
        self.value += step
        return self.value

    def process_id(self) -> int:
        return os.getpid()

    def niceness(self) -> int:
        return os.nice(0)

    def crash(self) -> None:
        raise ValueError("the reason")

    def vanish(self) -> None:
        os._exit(3)


def _refuse() -> None:
    raise RuntimeError("cannot be built")


def test_an_actor_keeps_its_state_in_its_own_process() -> None:
    actor = Actor("counter", Counter, 5)
    try:
        actor.begin("add", 2)
        assert actor.result() == 7
        assert actor.call("add", 1) == 8
        assert actor.call("process_id") == actor.process_id != os.getpid()
        with pytest.raises(ActorFailedError, match="the reason"):
            actor.call("crash")
        assert actor.call("add", 1) == 9  # a failed call does not end the actor
    finally:
        actor.stop()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system knows no niceness")
def test_an_actor_that_gives_way_is_nicer_than_one_that_does_not() -> None:
    found = []
    for gives_way in (False, True):
        actor = Actor("counter", Counter, 0, gives_way=gives_way)
        try:
            found.append(actor.call("niceness"))
        finally:
            actor.stop()
    assert found == [os.nice(0), min(19, os.nice(0) + 10)]  # 19 is the nicest there is


def test_a_vanished_or_unbuildable_actor_is_named() -> None:
    gone = Actor("gone", Counter, 0)
    with pytest.raises(ActorFailedError, match=r"gone\.vanish"):
        gone.call("vanish")
    gone.stop()
    unbuildable = Actor("unbuildable", _refuse)
    with pytest.raises(ActorFailedError, match="cannot be built"):
        unbuildable.call("anything")
    unbuildable.stop()
