"""Relaying to outside domains: a few persistent connections per domain, and the queue's own patience.

At least once: a delivery whose fate is unknown goes again. What becomes of a failed one is `core.mail.operator_policy.after_relay`.
"""

import asyncio
import logging
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from vaguemestre.core.mail.bounce import Bounce, build_bounce, message_id_of
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.core.mail.operator_policy import Fate, RelaySettings, after_relay
from vaguemestre.edge.embedded_operator.office import Office
from vaguemestre.edge.embedded_operator.store import Queued, end_deliveries, note_failure
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender, SmtpTimeouts

_LOG = logging.getLogger(__name__)
_TIMEOUTS = SmtpTimeouts(connect_seconds=10.0, command_seconds=60.0, final_seconds=120.0)
_ROUTES_MAX = 64  # threads are made as needed, so this bounds nothing but a mistake


class Relay:
    """The relay of one operator; every method is called on the event loop."""

    def __init__(self, office: Office) -> None:
        settings = office.settings
        self._office = office
        self._patience = RelaySettings(settings.relay_first_seconds, settings.relay_longest_seconds)
        self._lines: dict[str, _Line] = {}
        self._threads = ThreadPoolExecutor(settings.relay_connections * _ROUTES_MAX, thread_name_prefix="relay")

    def start(self) -> None:
        """Take up what an earlier run left queued."""
        self._office.on_queued = self.add
        for domain, delivery_id in self._office.store.all_queued():
            self.add(domain, delivery_id)

    def add(self, domain: str, delivery_id: int) -> None:
        """One more delivery for this domain."""
        line = self._lines.get(domain)
        if line is None:
            line = self._lines[domain] = _Line(domain, self._office, self._patience, self._threads)
        line.add(delivery_id)

    def flush(self) -> None:
        """Try everything now, whatever the waits."""
        for line in self._lines.values():
            line.hurry()

    async def stop(self) -> None:
        """Hang up; what is not acknowledged stays queued in the store."""
        for line in self._lines.values():
            await line.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Line:
    """The queue towards one domain and its connections."""

    def __init__(self, domain: str, office: Office, patience: RelaySettings, threads: ThreadPoolExecutor) -> None:
        self._domain, self._office, self._patience, self._threads = domain, office, patience, threads
        self._waiting: deque[int] = deque()
        self._something = asyncio.Event()
        self._later: dict[int, asyncio.TimerHandle] = {}
        self._failures = 0  # in a row, of the line itself
        self._paused_until = 0.0
        self._senders: set[_Sending] = set()
        self._tasks = [asyncio.create_task(self._serve()) for _ in range(office.settings.relay_connections)]

    def add(self, delivery_id: int) -> None:
        self._later.pop(delivery_id, None)
        self._waiting.append(delivery_id)
        self._something.set()

    def hurry(self) -> None:
        self._paused_until = 0.0
        for delivery_id, timer in tuple(self._later.items()):
            timer.cancel()
            self.add(delivery_id)
        self._something.set()

    async def stop(self) -> None:
        for timer in self._later.values():
            timer.cancel()
        for sending in self._senders:
            sending.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- one connection ----------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        sending = _Sending()
        self._senders.add(sending)
        loop = asyncio.get_running_loop()
        while True:
            delivery_id = await self._next()
            queued = self._office.store.queued(delivery_id)
            route = self._office.routes.get(self._domain)
            if queued is None:
                continue
            if route is None:
                attempt = Attempt(DeliveryOutcome.REFUSED, "550 5.1.2 No route to this domain", True)
            else:
                attempt = await loop.run_in_executor(self._threads, sending.send, route, queued.envelope)
            try:
                await self._conclude(queued, attempt)
            except Exception as error:
                # The store refuses (disk full...): the delivery stays queued there; a later run or flush takes it up.
                _LOG.error("the outcome of a relay could not be stored: %s", type(error).__name__)
                self._retry(delivery_id, self._patience.longest_seconds)

    async def _next(self) -> int:
        loop = asyncio.get_running_loop()
        while True:
            wait = self._paused_until - loop.time()
            if wait <= 0 and self._waiting:
                return self._waiting.popleft()
            self._something.clear()
            try:
                async with asyncio.timeout(wait if wait > 0 else None):
                    await self._something.wait()
            except TimeoutError:
                continue

    async def _conclude(self, queued: Queued, attempt: Attempt) -> None:
        office, now = self._office, self._office.clock.now()
        line_failed = attempt.outcome is not DeliveryOutcome.ACCEPTED and not attempt.about_message
        self._failures = self._failures + 1 if line_failed else 0
        failures = self._failures if line_failed else queued.failures + 1
        fate, wait = after_relay(attempt, failures, queued.received_at, now, self._patience)
        if fate is Fate.DONE:
            # Not awaited: a crash before this commit sends the message twice, which its recipient recognises.
            office.store.change(end_deliveries([(queued.delivery_id, queued.message_id)], "relayed", now))
        elif fate is Fate.RETURN:
            await self._return(queued, attempt)
        else:
            office.store.change(note_failure(queued.delivery_id, attempt.reply))
            if line_failed:
                self._pause(wait)
            self._retry(queued.delivery_id, 0.0 if line_failed else wait.total_seconds())

    def _pause(self, wait: timedelta) -> None:
        loop = asyncio.get_running_loop()
        self._paused_until = max(self._paused_until, loop.time() + wait.total_seconds())

    def _retry(self, delivery_id: int, wait_seconds: float) -> None:
        if wait_seconds <= 0:
            self._waiting.appendleft(delivery_id)
            self._something.set()
        else:
            loop = asyncio.get_running_loop()
            self._later[delivery_id] = loop.call_later(wait_seconds, self.add, delivery_id)

    async def _return(self, queued: Queued, attempt: Attempt) -> None:
        """Give the message up: its sender, who is one of ours, finds a delivery report in the mailbox."""
        office, now = self._office, self._office.clock.now()
        bounce = Bounce(
            queued.envelope.rcpt_tos[0], _status(attempt.reply), attempt.reply, message_id_of(queued.envelope.message)
        )
        sender = queued.envelope.mail_from
        raw = build_bounce(
            reporter=office.settings.domains[0],
            sender=sender,
            bounce=bounce,
            dated=now,
            boundary=office.randomness.draw(12).hex(),
        )
        if queued.submitted_by is not None and office.recipient_refusal(sender, submitted=False) is None:
            await office.accept(Envelope(f"postmaster@{office.settings.domains[0]}", (sender,), raw), None)
        change = end_deliveries([(queued.delivery_id, queued.message_id)], "returned", now, attempt.reply)
        await office.change(change)


class _Sending:
    """One persistent connection, used in a thread, which can be cut from the event loop."""

    def __init__(self) -> None:
        self._route: tuple[str, int] | None = None
        self._sender: SmtpSender | None = None
        self._lock = threading.Lock()

    def send(self, route: tuple[str, int], envelope: Envelope) -> Attempt:
        with self._lock:
            if self._sender is None or self._route != route:
                if self._sender is not None:
                    self._sender.close()
                server = MailServer(route[0], route[1], Security.NONE)
                self._sender, self._route = SmtpSender(server, timeouts=_TIMEOUTS), route
        return self._sender.send(envelope)

    def abort(self) -> None:
        if self._sender is not None:
            self._sender.abort()


def _status(reply: str) -> str:
    words = reply.split()
    second = words[1] if len(words) > 1 else ""
    return second if second[:2] in ("4.", "5.") else "5.0.0"
