"""Putting an operator's counters together on one event loop, and running them until told to stop.

Twisted's reactor is global and tied to one loop: `run_operator` is called once, in a process made for it.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vaguemestre.core.clock import Clock
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.embedded_operator.control import OperatorPorts, Running, read_running, write_running
from vaguemestre.edge.embedded_operator.settings import OperatorSettings, StateFiles
from vaguemestre.edge.embedded_operator.store import require_store
from vaguemestre.edge.mail.listening import listening_finding
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, TlsFiles, ensure_server_certificate
from vaguemestre.edge.randomness import SystemRandomness

_CONTROL_HOST = "127.0.0.1"
_SWITCH_SECONDS = (
    0.0005  # relaying threads answer a socket many times per message: the default 5 ms would be their pace
)


def run_operator(
    settings: OperatorSettings,
    files: StateFiles,
    on_ready: Callable[[Running], None] = lambda running: None,
    copies: Path | None = None,
) -> bool:
    """Serve until SIGINT, SIGTERM or the control's `stop`; True when it was SIGINT, a person at the keyboard.

    `on_ready` is told where it listens; `copies` is where a simulated world keeps what is taken in.
    Raises EnvironmentFault (a port taken, a newer store, one running already).
    """
    from twisted.internet import asyncioreactor

    from vaguemestre.edge.mail.smtp_protocol import silence_library_logs

    _refuse_second(files)
    require_store(files.store)
    silence_library_logs()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # its lines quote what broke a connection
    sys.setswitchinterval(_SWITCH_SECONDS)
    loop = asyncio.SelectorEventLoop()  # Twisted needs a selector loop, on Windows too
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    reactor.startRunning(installSignalHandlers=False)
    operator = _Operator(settings, files, SystemClock(), on_ready)
    if copies is not None:
        operator.copy_to(copies)
    serving = loop.create_task(operator.run())
    try:
        loop.run_until_complete(serving)
    except KeyboardInterrupt:  # where the loop cannot take signals over
        operator.interrupt()
        loop.run_until_complete(serving)
    finally:
        loop.close()
    return operator.interrupted


class _Operator:
    def __init__(
        self, settings: OperatorSettings, files: StateFiles, clock: Clock, on_ready: Callable[[Running], None]
    ) -> None:
        from vaguemestre.edge.embedded_operator.office import Office
        from vaguemestre.edge.embedded_operator.relay import Relay
        from vaguemestre.edge.embedded_operator.store import OperatorStore

        self._settings, self._files = settings, files
        self._tls = ensure_server_certificate(files.directory, (settings.host, *LOOPBACK_NAMES), clock.now())
        self._store = OperatorStore(files.store)
        self._office = Office(settings, self._store, clock, SystemRandomness())
        self._relay = Relay(self._office)
        self._stopping = asyncio.Event()
        self._on_ready = on_ready
        self.interrupted = False
        self._closers: list[asyncio.Server] = []

    def copy_to(self, path: Path) -> None:
        from vaguemestre.edge.embedded_operator.copies import Copies

        self._office.copies = Copies(path)

    def interrupt(self) -> None:
        self.interrupted = True
        self._stopping.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_signal_handler(signal.SIGINT, self.interrupt)
            loop.add_signal_handler(signal.SIGTERM, self._stopping.set)
        except (
            NotImplementedError
        ):  # Windows: Ctrl-C is only seen between two events, so there is one every half second
            loop.create_task(self._tick())  # noqa: RUF006 (ends with the loop)
        try:
            await self._office.set_routes([(route.domain, route.host, route.port) for route in self._settings.routes])
            self._relay.start()
            running = await self._listen()
            write_running(self._files, running)
            self._on_ready(running)
            await self._stopping.wait()
        finally:
            self._files.running.unlink(missing_ok=True)
            for server in self._closers:
                server.close()
            await self._relay.stop()
            if self._office.copies is not None:
                self._office.copies.close()
            await asyncio.to_thread(self._store.close)

    async def _tick(self) -> None:
        while True:  # noqa: ASYNC110 (it waits for nothing: see `run`)
            await asyncio.sleep(0.5)

    async def _listen(self) -> Running:
        from vaguemestre.edge.embedded_operator.control_counter import ControlCounter, listen

        settings, token = self._settings, self._office.randomness.draw(32).hex()
        ports = OperatorPorts(
            submission=await self._listen_smtp(settings.submission_port, secure=True),
            reception=await self._listen_smtp(settings.reception_port, secure=False),
            pop3=self._listen_pop3(settings.pop3_port),
        )
        control = await listen(ControlCounter(self._office, self._relay, token, self._stopping.set), _CONTROL_HOST)
        self._closers.append(control)
        control_port = control.sockets[0].getsockname()[1]
        return Running(settings.host, ports, control_port, token, os.getpid())

    async def _listen_smtp(self, port: int, *, secure: bool) -> int:
        from vaguemestre.edge.embedded_operator.smtp_counters import reception_protocol, submission_protocol
        from vaguemestre.edge.mail.smtp_protocol import SmtpLimits, SmtpLoad
        from vaguemestre.edge.mail.tls import server_context

        load = SmtpLoad(SmtpLimits(size_bytes_max=self._settings.size_bytes_max, connections_max=2000))
        make = partial(submission_protocol if secure else reception_protocol, self._office, load)
        context = server_context(self._tls) if secure else None
        try:
            server = await asyncio.get_running_loop().create_server(
                make, self._settings.host, port, ssl=context, backlog=512
            )
        except OSError as error:
            raise EnvironmentFault(listening_finding(error, self._settings.host, port)) from error
        self._closers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _listen_pop3(self, port: int) -> int:
        from twisted.internet import reactor
        from twisted.internet.error import CannotListenError

        from vaguemestre.edge.embedded_operator.pop3_counter import MailboxFactory

        factory = MailboxFactory(self._office)
        self._office.on_pop3_closed = factory.cut_sessions
        try:
            listening = reactor.listenSSL(
                port, factory, _twisted_context(self._tls), backlog=512, interface=self._settings.host
            )
        except CannotListenError as error:
            raise EnvironmentFault(listening_finding(error.socketError, self._settings.host, port)) from error
        return int(listening.getHost().port)


def _twisted_context(tls: TlsFiles) -> object:
    from twisted.internet.ssl import PrivateCertificate

    pem = tls.key.read_bytes() + tls.certificate.read_bytes()
    return PrivateCertificate.loadPEM(pem).options()  # type: ignore[no-untyped-call]


def _refuse_second(files: StateFiles) -> None:
    """One operator per state directory; the mark left by one that was killed is overwritten."""
    if _answers(files):
        raise EnvironmentFault(_already(files))


def _already(files: StateFiles) -> Finding:
    return finding("D013", Place(files.directory.name), path=files.directory)


def _answers(files: StateFiles) -> bool:
    import socket

    running = read_running(files)
    if running is None:
        return False
    try:
        socket.create_connection((_CONTROL_HOST, running.control_port), 1.0).close()
    except OSError:
        return False
    return True
