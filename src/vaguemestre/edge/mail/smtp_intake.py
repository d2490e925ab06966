"""A payer's SMTP server: it answers 250 only after the message is durable in the payer's own store.

It knows nothing of lots or funds: it takes bytes in, has them committed by the callback, and answers. Concurrent deliveries are
committed together.
"""

import asyncio
import errno
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from vaguemestre.core.clock import Clock
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.mail.envelope import Received, ReceivedEnvelope, is_address
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.listening import listening_finding
from vaguemestre.edge.mail.smtp_protocol import BoundedSmtp, Hooks, SmtpLimits, SmtpLoad, silence_library_logs
from vaguemestre.edge.mail.tls import TlsFiles, server_context
from vaguemestre.edge.store.group_commit import GroupCommitter

_LOG = logging.getLogger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})


class SmtpIntake:
    """A mail server in a thread of its own.

    `commit(batch)` runs in one other thread and returns only when every message of the batch is durable; it raises when
    none is (the batch is then tried one by one; OSError with ENOSPC is told as a full disk). `accepts(address)` says
    which recipients exist. `port` 0 takes a free one.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Received]], None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        accepts: Callable[[str], bool] = is_address,
        limits: SmtpLimits | None = None,
        tls: TlsFiles | None = None,
        clock: Clock | None = None,
        batch_max: int = 64,
    ) -> None:
        self.host, self.port = host, port
        self._accepts, self._clock = accepts, clock or SystemClock()
        self._load = SmtpLoad(limits or SmtpLimits())
        self._tls = server_context(tls) if tls is not None else None
        self._commit, self._batch_max = commit, batch_max
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._started: threading.Event = threading.Event()
        self._failure: Exception | None = None

    def start(self) -> None:
        """Listen. Raises EnvironmentFault: the port is taken (E003), or nothing can listen at that address (E019, E007...)."""
        silence_library_logs()
        self._committer = GroupCommitter(self._commit, batch_max=self._batch_max, name="smtp-intake-commit")
        self._started.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="smtp-intake", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            self._committer.close()
            self._thread = None
            raise EnvironmentFault(self._refusal(self._failure)) from self._failure

    def _refusal(self, failure: Exception) -> Finding:
        if isinstance(failure, OSError):
            return listening_finding(failure, self.host, self.port)
        return finding("E007", path=f"{self.host}:{self.port}", reason=type(failure).__name__)

    def stop(self) -> None:
        """Hang up, commit what was being committed, end both threads. Messages not yet answered were not promised."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._committer.close()
        self._thread = None

    def __enter__(self) -> "SmtpIntake":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._loop, self._stopping, self._failure = asyncio.get_running_loop(), asyncio.Event(), None
        handler = _Handler(self._committer, self._accepts, self._clock)
        try:
            server = await self._loop.create_server(
                lambda: BoundedSmtp(handler, self._load, hostname="localhost", ident="ESMTP", tls_context=self._tls),
                self.host,
                self.port,
            )
        except (
            Exception
        ) as error:  # a port out of range is an OverflowError; whatever it is, `start` must not wait for ever
            self._failure = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for connection in tuple(self._load.connections):
            if connection.transport is not None:
                connection.transport.close()


class _Handler(Hooks):
    """aiosmtpd's hooks for one intake."""

    def __init__(
        self,
        committer: GroupCommitter[Received],
        accepts: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._committer, self._accepts, self._clock = committer, accepts, clock

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= server.limits.recipients_max:
            return "452 4.5.3 Too many recipients"
        if not self._accepts(address):
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        peer = ":".join(str(part) for part in session.peer[:2]) if session.peer else ""
        told = ReceivedEnvelope(envelope.mail_from, tuple(envelope.rcpt_tos), peer, self._clock.now())
        try:
            await asyncio.shield(asyncio.wrap_future(self._committer.submit(Received(told, envelope.content))))
        except OSError as error:
            if error.errno in _NO_ROOM:
                return "452 4.3.1 Insufficient system storage, try again later"
            _LOG.error("a message could not be committed: %s", type(error).__name__)
            return "451 4.3.0 Not recorded, try again later"
        except Exception as error:
            _LOG.error("a message could not be committed: %s", type(error).__name__)
            return "451 4.3.0 Not recorded, try again later"
        return "250 2.0.0 Recorded"
