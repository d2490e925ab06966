"""The structured log: one JSON object per line, and no way to write health data into it.

A field is written only when `FIELDS` names it and its value has that field's shape: a NIR, a name or an act has no field, and
fits none. A value of the wrong shape is our own fault, so it raises; the exception names the field, never the value.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol, TextIO

from vaguemestre.core.clock import Clock

COUNT: Final = re.compile(r"-?\d{1,12}")
SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,6})?")
WORD: Final = re.compile(r"[a-z][a-z0-9_.-]{0,47}")
CODE: Final = re.compile(r"[A-Z]\d{3}")
DIGEST: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")  # never 13 or 15 characters, as a NIR
REPLY: Final = re.compile(r"[245]\d\d( [245]\.\d{1,3}\.\d{1,3})?|\+OK|-ERR( \[[A-Z/]{2,20}\])?")
IDENTITY: Final = re.compile(r"\d{9}/\d{4}-\d{2}-\d{2}/\d{4}")

FIELDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "actor": (WORD, "which role writes: practice, payer, operator, patient"),
    "way": (WORD, "the name of a way, as in the configuration"),
    "operation": (WORD, "send, collect, probe..."),
    "outcome": (WORD, "how it ended"),
    "reply": (REPLY, "a server's reply code, without its text"),
    "finding": (CODE, "a finding's code"),
    "sheet": (IDENTITY, "a sheet's identity: billing number, date, serial"),
    "lot": (COUNT, "a lot's number"),
    "message": (DIGEST, "digest of a message identifier"),
    "certificate": (DIGEST, "digest of a certificate"),
    "attempt": (COUNT, "rank of the attempt"),
    "count": (COUNT, "how many"),
    "size_bytes": (COUNT, "a size"),
    "amount_cents": (COUNT, "a total of several sheets, never one sheet's"),
    "seconds": (SECONDS, "a duration"),
    "port": (COUNT, "a local port"),
    "schema": (COUNT, "a store's schema version"),
    "fault": (WORD, "the kind of an internal fault, in lower case"),
}
"""Field -> the shape of its values, and what it means."""

Value = str | int | float


class Log(Protocol):
    """What a role is handed to say what happened."""

    def write(self, event: str, **fields: Value) -> None: ...


class UnloggableFieldError(ValueError):
    """A field that the log does not know, or a value that has not its shape."""


def checked(event: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """The same fields when each may be written; raises `UnloggableFieldError`, which names the field only."""
    if not WORD.fullmatch(event):
        raise UnloggableFieldError("event")
    for name, value in fields.items():
        shape = FIELDS.get(name)
        text = f"{value:.6f}" if isinstance(value, float) else str(value)
        if shape is None or not shape[0].fullmatch(text):
            raise UnloggableFieldError(name)
    return dict(fields)


class StreamLog:
    """Writes each event as one line of JSON to a text stream."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def write(self, event: str, **fields: Value) -> None:
        """One line: instant, event, then the fields as given. Raises `UnloggableFieldError`."""
        line = {"at": self._clock.now().isoformat(timespec="milliseconds"), "event": event, **checked(event, fields)}
        self._stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._stream.flush()


class FileLog:
    """Appends to a file, opened for each event so that it may be rotated by others."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, event: str, **fields: Value) -> None:
        """As `StreamLog.write`; raises OSError when the file cannot be written."""
        with self._path.open("a", encoding="utf-8") as stream:
            StreamLog(stream, self._clock).write(event, **fields)


class MemoryLog:
    """The twin for tests: keeps what it was given, and refuses the same."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Value]]] = []

    def write(self, event: str, **fields: Value) -> None:
        """Keep one event. Raises `UnloggableFieldError`."""
        self.events.append((event, checked(event, fields)))
