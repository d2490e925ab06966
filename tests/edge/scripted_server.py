"""A peer that says exactly what a case needs: each connection runs the next script, then the server hangs up.

A script is a list of steps: bytes are sent; `ANY` reads one line, `MESSAGE` reads up to the final dot; `HANG_UP` closes at once.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType

ANY, MESSAGE, HANG_UP = "any", "message", "hang up"
Step = bytes | str

GREETING: tuple[Step, ...] = (b"220 hello\r\n", ANY, b"250-hello\r\n250 SIZE 1000000\r\n")
TRANSACTION: tuple[Step, ...] = (ANY, b"250 ok\r\n", ANY, b"250 ok\r\n", ANY, b"354 go\r\n", MESSAGE)


class ScriptedServer:
    """Listens on a free loopback port; `heard` keeps every line and message read."""

    def __init__(self, *scripts: Sequence[Step], tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.port: int = self._listener.getsockname()[1]
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        with contextlib.suppress(OSError):  # wakes the thread if it still waits for a caller
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(10)
        self._listener.close()

    def _run(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._over:
                connection.close()
                return
            connection.settimeout(10)
            if self._tls is not None:
                try:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                except OSError:
                    continue
            with connection, connection.makefile("rb") as stream:
                for step in script:
                    try:
                        if not self._step(connection, stream, step):
                            break
                    except OSError:
                        break

    def _step(self, connection: socket.socket, stream: object, step: Step) -> bool:
        if isinstance(step, bytes):
            connection.sendall(step)
            return True
        if step == HANG_UP:
            return False
        line = stream.readline()  # type: ignore[attr-defined]
        read = [line]
        while step == MESSAGE and line not in (b".\r\n", b""):
            line = stream.readline()  # type: ignore[attr-defined]
            read.append(line)
        self.heard.append(b"".join(read))
        return bool(line)
