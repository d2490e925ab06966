"""Canonical JSON of frozen dataclasses, for what is signed as a document: the patient's card and the payer's bundle.

Plain shapes only: text, whole numbers, booleans, dates, instants, bytes (base64), enumerations, tuples, dataclasses, None. Keys
sorted, no space, ASCII. Reading is strict about types and bounds; unknown keys are ignored, so that an older reader survives a
newer writer.
"""

import base64
import binascii
import json
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

DOCUMENT_BYTES_MAX = 64 * 1024 * 1024
_T = TypeVar("_T")
_Reader = Callable[[Any], Any]


class CanonicalError(ValueError):
    """The document is not of the expected shape. `path` names the field (never its value)."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path or 'document'}: {problem}")
        self.path = path
        self.problem = problem

    def inside(self, step: str) -> "CanonicalError":
        """The same problem, seen from the shape that holds this one: `step` is a field's name or `[rank]`."""
        path = self.path
        return CanonicalError(f"{step}.{path}" if path and not path.startswith("[") else f"{step}{path}", self.problem)


def encode(value: object) -> bytes:
    """The canonical bytes of a dataclass. Raises TypeError on a shape that this room does not know: our own fault."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def decode(kind: type[_T], data: bytes) -> _T:
    """The dataclass `kind` read from `data`. Raises CanonicalError, naming the first field that is wrong."""
    if len(data) > DOCUMENT_BYTES_MAX:
        raise CanonicalError("", "larger than 64 MiB")
    try:
        plain = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise CanonicalError("", "not UTF-8") from None
    except CanonicalError:
        raise
    except (ValueError, RecursionError):
        raise CanonicalError("", "not JSON") from None
    return typing.cast(_T, _reader(typing.cast(Any, kind))(plain))


def _no_float(_: str) -> float:
    raise CanonicalError("", "a number with a decimal part")


_DECODER = json.JSONDecoder(
    parse_float=_no_float, parse_constant=_no_float
)  # making one costs more than a small document


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("an instant without zone is never signed")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    raise TypeError(f"{type(value).__name__} has no canonical form")


@cache
def _reader(kind: Any) -> _Reader:
    origin = typing.get_origin(kind)
    if origin is types.UnionType or origin is typing.Union:
        return _optional_reader(kind)
    if origin is tuple:
        return _tuple_reader(kind)
    if is_dataclass(kind):
        return _dataclass_reader(typing.cast(type, kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enumeration_reader(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    raise TypeError(f"{kind!r} has no canonical form")


def _optional_reader(kind: Any) -> _Reader:
    inner = _reader(next(part for part in typing.get_args(kind) if part is not type(None)))
    return lambda value: None if value is None else inner(value)


def _tuple_reader(kind: Any) -> _Reader:
    inner = _reader(typing.get_args(kind)[0])

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise CanonicalError("", "not a list")
        items: list[Any] = []
        try:
            for item in value:
                items.append(inner(item))  # noqa: PERF401 (on an error, their number is the rank of the wrong one)
        except CanonicalError as error:
            raise error.inside(f"[{len(items)}]") from None
        return tuple(items)

    return read


def _dataclass_reader(kind: type) -> _Reader:
    hints = typing.get_type_hints(kind)
    entries = [
        (entry.name, _reader(hints[entry.name]), entry.default is MISSING and entry.default_factory is MISSING)
        for entry in fields(kind)
    ]

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise CanonicalError("", "not an object")
        given: dict[str, Any] = {}
        name = ""
        try:
            for name, reader, needed in entries:
                if name in value:
                    given[name] = reader(value[name])
                elif needed:
                    raise CanonicalError("", "missing")
        except CanonicalError as error:
            raise error.inside(name) from None
        return kind(**given)

    return read


def _enumeration_reader(kind: type[StrEnum]) -> _Reader:
    def read(value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise CanonicalError("", "not in the list of codes") from None

    return read


def _scalar(kind: type, name: str) -> _Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise CanonicalError("", f"not {name}")
        return value

    return read


def _read_date(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise CanonicalError("", "not a date")


def _read_instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise CanonicalError("", "not an instant with its zone")
    return instant.astimezone(UTC)


def _read_bytes(value: Any) -> bytes:
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise CanonicalError("", "not base64")


_SCALARS: dict[Any, _Reader] = {
    str: _scalar(str, "text"),
    int: _scalar(int, "a whole number"),
    bool: _scalar(bool, "a boolean"),
    date: _read_date,
    datetime: _read_instant,
    bytes: _read_bytes,
}
