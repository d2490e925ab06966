"""The SMTP server protocol shared by the payer's intake and the embedded operator: aiosmtpd with a bounded, fast DATA.

aiosmtpd reads DATA line by line through a 2 KB buffer, which halves the speed at 25 KB, and reads to its end whatever is too
big. Here DATA is read in chunks, memory is counted over all connections, and what is too big is refused before it has all come.
"""

import asyncio
import logging
import re
from dataclasses import field
from typing import Any

from aiosmtpd.smtp import SMTP

from vaguemestre.core.values import dataclass

_LOG = logging.getLogger(__name__)
_CHUNK_BYTES = 1024 * 1024  # more than the stream ever holds: one read empties it
_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9_.+=-]{1,64}@[A-Za-z0-9.-]{1,180})>(?: (.*))?")
_END = b"\r\n.\r\n"
_REFUSED_DRAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """What one server accepts at most. Beyond: 552 for the message, 452 for the moment, 421 for the connection."""

    size_bytes_max: int = 20 * 1024 * 1024  # vgm:message-size
    memory_bytes_max: int = 256 * 1024 * 1024  # messages being received, all connections together
    connections_max: int = 200
    recipients_max: int = 100
    idle_seconds: float = 300.0


@dataclass(slots=True)
class SmtpLoad:
    """What one server carries at this moment; shared by its connections, touched only on its event loop."""

    limits: SmtpLimits
    memory_bytes: int = 0
    connections: set["BoundedSmtp"] = field(default_factory=set)

    def room_for(self, size_bytes: int) -> bool:
        return self.memory_bytes + size_bytes <= self.limits.memory_bytes_max


class BoundedSmtp(SMTP):
    """One connection. `handler` has aiosmtpd's hooks; `handle_DATA` finds `envelope.content` as bytes, exact."""

    line_length_limit = 64 * 1024  # the stream's buffer: commands stay limited to 512 bytes by `command_size_limit`

    def __init__(self, handler: Any, load: SmtpLoad, **settings: Any) -> None:
        super().__init__(
            handler,
            data_size_limit=load.limits.size_bytes_max,
            enable_SMTPUTF8=False,
            timeout=load.limits.idle_seconds,
            **settings,
        )
        self._load = load

    @property
    def limits(self) -> SmtpLimits:
        """What this server accepts at most."""
        return self._load.limits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; one too many is told 421 and closed."""
        load = self._load
        if self not in load.connections and len(load.connections) >= load.limits.connections_max:
            self._too_many(transport)
            return
        load.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        if self in self._load.connections:
            self._load.connections.discard(self)
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the reader, except on a connection already refused."""
        if self in self._load.connections:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The peer has no more to say."""
        return super().eof_received() if self in self._load.connections else False

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """aiosmtpd's parser, which is a full one for headers, is left to addresses that are not plain."""
        plain = _PLAIN_ADDRESS.fullmatch(arg)
        return (plain[1], plain[2] or "") if plain else super()._getaddr(arg)

    def _too_many(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 (aiosmtpd's name)
        """Read one message, give it to `handle_DATA`, answer what that says."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        buffer = bytearray(b"\r\n")  # so that a message may begin with its end, and a first dot is a line's first
        try:
            refusal, ended = await self._fill(buffer)
            if refusal:
                tail = bytes(buffer[-len(_END) + 1 :])
                self._load.memory_bytes -= len(buffer) - 2
                del buffer[2:]
                await self._refuse(refusal, ended, tail)
                return
            self.envelope.content = self.envelope.original_content = bytes(buffer).replace(b"\r\n.", b"\r\n")[2:]
            status = await self._call_handler_hook("DATA")
        finally:
            self._load.memory_bytes -= len(buffer) - 2
        self._forget_transaction()
        await self.push(status)

    def _forget_transaction(self) -> None:
        self.envelope = self._create_envelope()

    async def _fill(self, buffer: bytearray) -> tuple[str, bool]:
        """Read up to the final dot, which is left out: a refusal (or ""), and whether the dot came. What is behind goes back."""
        load, searched = self._load, 0
        while True:
            chunk = await self._reader.read(_CHUNK_BYTES)
            if not chunk:
                raise asyncio.CancelledError  # the peer hung up before the final dot: nothing was handed over
            room = load.room_for(len(chunk))
            buffer += chunk
            load.memory_bytes += len(chunk)
            end = buffer.find(_END, searched)
            if end >= 0:
                self._give_back(bytes(buffer[end + len(_END) :]))
                load.memory_bytes -= len(buffer) - (end + 2)
                del buffer[end + 2 :]
            if not room:
                return "452 4.3.1 Insufficient system storage, try again later", end >= 0
            if len(buffer) > load.limits.size_bytes_max + len(_END):
                return f"552 5.3.4 Message too big, at most {load.limits.size_bytes_max} bytes", end >= 0
            if end >= 0:
                return "", True
            searched = max(0, len(buffer) - len(_END) + 1)

    def _give_back(self, behind: bytes) -> None:
        """Commands sent without waiting (rfc2920) go first in the stream again: it is empty, since one read takes all."""
        if behind:
            self._reader.feed_data(behind)

    async def _refuse(self, refusal: str, ended: bool, tail: bytes) -> None:
        """Answer at once. If the message has ended or soon ends, the connection goes on; else swallow a little of what is in
        flight, so that closing does not destroy the answer, and hang up."""
        self._forget_transaction()
        await self.push(refusal)
        if ended:
            return
        drained = 0
        try:
            async with asyncio.timeout(_REFUSED_DRAIN_SECONDS):
                while drained <= self._load.limits.size_bytes_max:
                    chunk = await self._reader.read(_CHUNK_BYTES)
                    drained += len(chunk)
                    found = (tail + chunk).find(_END)
                    if found >= 0:
                        self._give_back((tail + chunk)[found + len(_END) :])
                        return
                    if not chunk:
                        break
                    tail = (tail + chunk)[-len(_END) + 1 :]
        except TimeoutError:
            pass
        if self.transport is not None:
            self.transport.close()


class Hooks:
    """What every handler of `BoundedSmtp` does alike."""

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, and offer to take several commands at once: the stream is read in order anyway (rfc2920)."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault, named without what the peer typed."""
        _LOG.error("a connection failed: %s", type(error).__name__)
        return f"451 4.3.0 Internal error ({type(error).__name__}), try again later"


def silence_library_logs() -> None:
    """aiosmtpd's log lines quote what peers typed: none is written."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
