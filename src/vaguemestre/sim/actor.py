"""An actor: one object living in a process of its own, driven one call at a time over a pipe.

The world gives each role a process as it would have a machine; calls can be begun on several actors and awaited later.
"""

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_STOP = "stop"
_CPU_SECONDS = "cpu seconds"
_JOIN_SECONDS = 20.0
_GIVES_WAY = 10  # niceness: about a tenth of the share of an actor that does not give way
_GC_THRESHOLDS = (50_000, 20, 20)
"""A lot makes thousands of objects that die by themselves: the collector looks for circles of them less often."""


class ActorFailedError(Exception):
    """The actor's own code raised, or its process is gone: names which actor and which call."""


class Actor:
    """A handle on `factory(*arguments)` built in another process.

    `begin` sends a call and `result` awaits it: one call at a time per actor. `call` does both. The factory and the arguments must
    be importable and picklable (the process is spawned afresh, as on every system). Where processors are fewer than actors, one
    that `gives_way` works when the others leave it room.
    """

    def __init__(self, name: str, factory: Callable[..., Any], *arguments: Any, gives_way: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_live, args=(theirs, factory, arguments, gives_way), name=name, daemon=True
        )
        self._process.start()
        theirs.close()
        self._pending = "start"

    @property
    def process_id(self) -> int:
        return self._process.pid or 0

    @property
    def busy(self) -> bool:
        """Whether a call is under way whose result was not asked for."""
        return bool(self._pending)

    def begin(self, method: str, *arguments: Any) -> None:
        """Send a call; `result` must be asked before the next."""
        if self._pending:
            self.result()
        self._pending = method
        self._pipe.send((method, arguments))

    def result(self) -> Any:
        """The value of the call under way. Raises ActorFailedError when it raised there."""
        method, self._pending = self._pending, ""
        try:
            succeeded, value = self._pipe.recv()
        except EOFError as error:
            raise ActorFailedError(f"{self._name}.{method}: the process ended") from error
        if not succeeded:
            raise ActorFailedError(f"{self._name}.{method}: {value}")
        return value

    def call(self, method: str, *arguments: Any) -> Any:
        """`begin` then `result`."""
        self.begin(method, *arguments)
        return self.result()

    def cpu_seconds(self) -> float:
        """What the process has worked since it began, all its threads together."""
        return float(self.call(_CPU_SECONDS))

    def stop(self) -> None:
        """End the process; its object's `close` is called first when it has one."""
        try:
            if self._pending:
                self.result()
            self._pipe.send((_STOP, ()))
        except (ActorFailedError, OSError):
            pass  # already gone: joining below is enough
        self._process.join(_JOIN_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()


def _live(pipe: Connection, factory: Callable[..., Any], arguments: tuple[Any, ...], gives_way: bool) -> None:
    if gives_way and hasattr(os, "nice"):
        os.nice(_GIVES_WAY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the director's to handle: it stops its actors in order
    try:
        subject = factory(*arguments)
    except Exception as error:
        pipe.send((False, _describe(error)))
        return
    gc.collect()
    gc.freeze()  # what is loaded stays loaded: the collector need not walk through it again and again
    gc.set_threshold(*_GC_THRESHOLDS)
    pipe.send((True, None))
    while True:
        try:
            method, values = pipe.recv()
        except EOFError:
            method, values = _STOP, ()
        if method == _STOP:
            break
        if method == _CPU_SECONDS:
            pipe.send((True, time.process_time()))
            continue
        try:
            pipe.send((True, getattr(subject, method)(*values)))
        except Exception as error:
            pipe.send((False, _describe(error)))
    close = getattr(subject, "close", None)
    if close is not None:
        close()


def _describe(error: BaseException) -> str:
    """Types, frames and the text of our own faults: a simulated world holds no real person."""
    import traceback

    return "".join(traceback.format_exception(error))
