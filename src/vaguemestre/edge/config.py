"""Reading a configuration file (TOML) into a frozen dataclass, with every mistake as a finding: file, line, key.

A setting is a dataclass field; `setting()` gives it its meaning in both languages and an example value, from which the example
configuration is generated. Settings may be plain values, nested dataclasses (tables) or tuples of dataclasses (lists of tables).
A dataclass with a method `mistakes` says there which of its settings do not go together: (name, what is expected) for each.
"""

import dataclasses
import enum
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from vaguemestre.core.findings import Finding, Language, Place, errors_in, finding

T = TypeVar("T")
_KINDS = {int: "42", str: '"..."', bool: "true", float: "1.5", Path: '"..."'}


def setting(
    *,
    fr: str,
    en: str,
    example: str | None = None,
    default: Any = dataclasses.MISSING,
    bounds: tuple[float, float] | None = None,
    form: str | None = None,
) -> Any:
    """A dataclass field with its meaning; `example` is TOML text. Without `default` the setting is mandatory.

    `bounds`: least and greatest value of a number. `form`: the regular expression that a whole text must match; the example
    shows it to people.
    """
    metadata = {"fr": fr, "en": en, "example": example, "bounds": bounds, "form": form}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def read_config(path: Path, shape: type[T]) -> tuple[T | None, list[Finding]]:
    """Read one file into `shape`, a frozen dataclass.

    Gives `(None, findings)` when a finding is an error; all mistakes of the file are reported in one go. An absent or
    forbidden file raises OSError, which the command line reports.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return None, [finding("E010", Place(path.name, line=raw.count(b"\n", 0, error.start) + 1), path=path)]
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return None, [finding("E010", Place(path.name, line=int(found[1]) if found else None), path=path)]
    reader = _Reader(path.name, text)
    built = reader.build(document, shape, ())
    if errors_in(reader.findings):
        return None, reader.findings
    return typing.cast(T, built), reader.findings


class _Reader:
    """One pass over one document; keeps the findings met on the way."""

    def __init__(self, source: str, text: str) -> None:
        self._source = source
        self._lines = text.splitlines()
        self.findings: list[Finding] = []

    def build(self, table: Mapping[str, Any], shape: Any, path: tuple[str, ...]) -> Any:
        """A dataclass from a TOML table, or None when it cannot be built."""
        hints = typing.get_type_hints(shape)
        fields = {entry.name: entry for entry in dataclasses.fields(shape)}
        for key in table:
            if key not in fields:
                self._report("E011", (*path, key), known=", ".join(fields))
        values = {}
        for name, entry in fields.items():
            if name in table:
                values[name] = self._checked(self._value(table[name], hints[name], (*path, name)), entry, (*path, name))
            elif entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING:
                self._report("E012", (*path, name), example=_example_value(entry, hints[name]))
        if errors_in(self.findings):
            return None
        built = shape(**values)
        for name, expected in getattr(built, "mistakes", tuple)():
            self._report("E013", (*path, name), expected=expected)
        return built

    def _value(self, value: Any, hint: Any, path: tuple[str, ...]) -> Any:
        if dataclasses.is_dataclass(hint):
            if isinstance(value, Mapping):
                return self.build(value, hint, path)
            return self._report("E013", path, expected=f"[{'.'.join(path)}]")
        inner = _row_shape(hint)
        if inner is not None:
            if isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
                return tuple(self.build(row, inner, (*path, str(rank))) for rank, row in enumerate(value))
            return self._report("E013", path, expected=f"[[{'.'.join(path)}]]")
        try:
            return msgspec.convert(value, hint, strict=True, dec_hook=_decode)
        except msgspec.ValidationError:
            return self._report("E013", path, expected=_kind_name(hint))

    def _checked(self, value: Any, entry: "dataclasses.Field[Any]", path: tuple[str, ...]) -> Any:
        """The value when it is within its bounds and has its form; a value already refused passes through as None."""
        bounds, form = entry.metadata.get("bounds"), entry.metadata.get("form")
        if bounds is not None and value is not None and not bounds[0] <= value <= bounds[1]:
            return self._report("E013", path, expected=f"{bounds[0]} ... {bounds[1]}")
        if form is not None and isinstance(value, str) and re.fullmatch(form, value) is None:
            return self._report("E013", path, expected=entry.metadata.get("example") or form)
        return value

    def _report(self, code: str, path: tuple[str, ...], **values: object) -> None:
        key = ".".join(path)
        self.findings.append(finding(code, Place(self._source, line=self._line_of(path), field=key), key=key, **values))

    def _line_of(self, path: tuple[str, ...]) -> int | None:
        """The line where a key stands; a missing key's is its table's. The parser gives no positions, so look again."""
        *tables, key = path
        rank = int(tables.pop()) if tables and tables[-1].isdigit() else 0
        header = re.compile(rf"\s*\[\[?\s*{re.escape('.'.join(tables))}\s*\]\]?\s*(#.*)?") if tables else None
        start = seen = 0
        if header is not None:
            for number, line in enumerate(self._lines):
                if header.fullmatch(line):
                    start = number + 1
                    if seen == rank:
                        break
                    seen += 1
        pattern = re.compile(rf"\s*(\[+\s*)?(\S+\.)?{re.escape(key)}\s*[=.\]]")
        for number in range(start, len(self._lines)):
            if pattern.match(self._lines[number]):
                return number + 1
            if header is not None and self._lines[number].lstrip().startswith("["):
                break
        return start or None


def example(shape: type, lang: Language = "fr", table: str = "", *, repeated: bool = False) -> str:
    """A commented example of the configuration, generated from the settings themselves."""
    hints = typing.get_type_hints(shape)
    lines: list[str] = []
    nested: list[str] = []
    if table:
        lines.append(f"[[{table}]]" if repeated else f"[{table}]")
    for entry in dataclasses.fields(shape):
        hint = hints[entry.name]
        name = f"{table}.{entry.name}" if table else entry.name
        inner = _row_shape(hint)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            nested.append(f"# {entry.metadata[lang]}\n" + example(hint, lang, name))
        elif inner is not None:
            nested.append(f"# {entry.metadata[lang]}\n" + example(inner, lang, name, repeated=True))
        else:
            lines += [f"# {entry.metadata[lang]}", f"{entry.name} = {_example_value(entry, hint)}"]
    return "\n".join(lines) + "\n" + "".join(f"\n{part}" for part in nested)


def _row_shape(hint: Any) -> Any:
    """The dataclass inside `tuple[Shape, ...]`, else None."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and arguments and dataclasses.is_dataclass(arguments[0]):
        return arguments[0]
    return None


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"a setting cannot be a {kind.__name__}")


def _kind_name(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return " | ".join(_kind_name(part) for part in typing.get_args(hint) if part is not types.NoneType)
    if isinstance(hint, enum.EnumMeta):
        return " | ".join(f'"{choice.value}"' for choice in typing.cast(Any, hint))
    if typing.get_origin(hint) is typing.Literal:
        return " | ".join(f'"{choice}"' for choice in typing.get_args(hint))
    return _KINDS.get(hint, str(getattr(hint, "__name__", hint)))


def _example_value(entry: "dataclasses.Field[Any]", hint: Any) -> str:
    return str(entry.metadata.get("example") or _kind_name(hint))
