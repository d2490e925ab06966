"""Values of the command line, read without the validation library that Typer loads for its first value (90 ms).

Plain, right values are read here; whatever is doubtful (a wrong number, an unknown choice, an unusual type) goes to Typer,
which reads it with the same outcome and words the refusal.
"""

import os
import re
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

_DOUBT: Final = object()
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def lighten(parameters: list[Any]) -> None:
    """Let these parameters read their values here first; a Typer that works in another way is left as it is."""
    for parameter in parameters:
        if getattr(parameter, "_runtime_param", _DOUBT) is None and hasattr(parameter, "type_descriptor"):
            parameter._runtime_param = _QuickValue()


class _QuickValue:
    """Stands where Typer keeps the reader of one parameter, until a value is doubtful."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        described = param.type_descriptor
        quick = _read(described.annotation, described.parameter_info, value, several=param.multiple or param.nargs != 1)
        if quick is not _DOUBT:
            return quick
        param._runtime_param = None  # Typer now makes its own
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _read(annotation: Any, about: Any, value: Any, *, several: bool) -> Any:
    if value is None:
        return () if several else None
    if about.parser is not None:
        return _DOUBT
    if get_origin(annotation) is list:
        if not isinstance(value, list | tuple):
            return _DOUBT
        items = [_read(get_args(annotation)[0], about, item, several=False) for item in value]
        return _DOUBT if any(item is _DOUBT or item is None for item in items) else items
    return _DOUBT if several else _read_one(annotation, about, value)


def _read_one(annotation: Any, about: Any, value: Any) -> Any:
    if annotation is bool or annotation is str:
        return value if type(value) is annotation else _DOUBT
    if annotation is int or annotation is float:
        return _number(annotation, about, value)
    if annotation is Path:
        return _path(about, value)
    if annotation is datetime:
        return _instant(about, value)
    choices: list[Any] = []
    if get_origin(annotation) is Literal:
        choices = [(choice, choice) for choice in get_args(annotation)]
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        choices = [(key, member) for member in annotation for key in (member, member.value)]
    return next((choice for key, choice in choices if type(key) is type(value) and key == value), _DOUBT)


def _number(annotation: type[int] | type[float], about: Any, value: Any) -> Any:
    if isinstance(value, str) and (_WHOLE if annotation is int else _DECIMAL).fullmatch(value):
        value = annotation(value)
    if type(value) is not annotation or about.clamp:
        return _DOUBT
    low = about.min is None or value >= about.min
    return value if low and (about.max is None or value <= about.max) else _DOUBT


def _path(about: Any, value: Any) -> Any:
    unusual = about.exists or about.resolve_path or about.allow_dash or about.writable or about.path_type is not None
    if unusual or not (about.file_okay and about.dir_okay) or not isinstance(value, str | Path):
        return _DOUBT
    path = Path(value)
    try:
        path.stat()
    except OSError:
        return path
    except ValueError:
        return _DOUBT
    return path if not about.readable or os.access(path, os.R_OK) else _DOUBT


def _instant(about: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    for pattern in about.formats or ():
        try:
            return datetime.strptime(value, pattern)  # noqa: DTZ007 (as Typer reads it; the command gives it its zone)
        except (ValueError, TypeError):
            continue
    return _DOUBT
