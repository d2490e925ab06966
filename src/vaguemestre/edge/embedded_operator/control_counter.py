"""The server half of `control.py`, on the operator's event loop: whoever holds the state directory's token may steer."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from vaguemestre.core.mail.operator_policy import Service
from vaguemestre.edge.embedded_operator.control import LINE_BYTES_MAX
from vaguemestre.edge.embedded_operator.office import Office
from vaguemestre.edge.embedded_operator.relay import Relay

_LOG = logging.getLogger(__name__)


class ControlCounter:
    """Answers one request per connection."""

    def __init__(self, office: Office, relay: Relay, token: str, stop: Callable[[], None]) -> None:
        self._office, self._relay, self._token, self._stop = office, relay, token, stop

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """asyncio's client callback."""
        try:
            answer = await self._answer(await reader.readline())
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (ValueError, ConnectionError):
            pass  # a line too long, or a caller gone: nobody to answer
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            token, verb = str(request["token"]), str(request["do"])
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "reason": "not a request"}
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return {"ok": False, "reason": "wrong token"}
        try:
            return {"ok": True, **await self._do(verb, request)}
        except (KeyError, ValueError, TypeError) as error:
            return {"ok": False, "reason": f"request not understood ({type(error).__name__})"}
        except Exception as error:
            _LOG.error("a control request failed: %s", type(error).__name__)
            return {"ok": False, "reason": type(error).__name__}

    async def _do(self, verb: str, request: dict[str, Any]) -> dict[str, Any]:
        match verb:
            case "suspend" | "reopen":
                await self._office.set_service(Service(request["service"]), is_open=verb == "reopen")
            case "queue":
                return {"length": self._office.store.queue_length()}
            case "services":
                return {"services": self._office.services}
            case "figures":
                return {"figures": self._figures()}
            case "cpu":
                return {"seconds": time.process_time()}
            case "routes":
                await self._office.set_routes([(str(d), str(h), int(p)) for d, h, p in request["routes"]])
            case "accounts":
                await self._office.add_accounts([(str(address), str(word)) for address, word in request["accounts"]])
            case "drop":
                self._office.drops = int(request["count"])
            case "flush":
                self._relay.flush()
            case "stop":
                self._stop()
            case _:
                raise ValueError("unknown verb")
        return {}

    def _figures(self) -> dict[str, int]:
        found = self._office.store.figures()
        suspended = found.pop("refused_pop3_suspended", 0)
        credentials = found.pop("refused_pop3_credentials", 0)
        in_use = found.pop("refused_pop3_in_use", 0)
        submission = sum(found.pop(key) for key in [*found] if key.startswith("refused_submission"))
        return {
            **found,
            "refused": suspended + credentials + in_use,
            "refused_suspended": suspended,
            "refused_credentials": credentials,
            "refused_submission": submission,
        }


async def listen(counter: ControlCounter, host: str) -> asyncio.Server:
    """Listen on a free loopback port."""
    return await asyncio.start_server(counter.serve, host, 0, limit=LINE_BYTES_MAX)
