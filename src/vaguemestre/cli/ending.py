"""How a command is asked to end: SIGTERM counts as Ctrl-C."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupted_when_asked_to_end() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: what it started is stopped, what it opened is closed, and it ends with 130.

    Processes that it forks keep the system's own way of ending.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = os.getpid()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if os.getpid() == ours:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
