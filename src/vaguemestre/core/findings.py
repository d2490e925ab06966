"""Findings: a peer's or a user's mistake as a value, never an exception.

Our own fault is an exception that stops one unit of work and names it; everybody else's is a `Finding`, and all of them
are reported in one go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal

from vaguemestre.core.values import dataclass
from vaguemestre.tables.finding_codes import AREAS, BY_CODE, Actor, FindingCode, Level
from vaguemestre.tables.spoken import FIELDS_FR, VALUES_FR

Language = Literal["fr", "en"]
_AREA_RANK = {letter: rank for rank, letter in enumerate(AREAS)}
_LEVEL_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.UNVERIFIED: 2, Level.NOTE: 3}

__all__ = [
    "Actor",
    "Finding",
    "FindingCode",
    "Language",
    "Level",
    "Place",
    "as_warnings",
    "errors_in",
    "finding",
    "worst_first",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands. Every part is optional; `columns` are 1-based and inclusive, as in a layout table."""

    source: str = ""  # a file's name, a message's identifier: never health data
    record: int | None = None  # 1-based record number
    line: int | None = None  # 1-based line of a text file, or act line of a sheet
    columns: tuple[int, int] | None = None
    field: str = ""  # a layout field id or a sheet item, as "[0212]" or "item:3"
    sheet: str = ""  # the file's own mark of a sheet: its author may have put a name in it, so it never goes to a log
    act: int | None = None  # 1-based act of that sheet

    def describe(self, lang: Language = "fr") -> str:
        """One readable phrase, as `lot.b2, enregistrement 3, colonnes 12-24, [0212]`."""
        return ", ".join(self._parts(lang, (f"feuille {self.sheet}" if lang == "fr" else f"sheet {self.sheet}")))

    def logged(self) -> str:
        """The same without the mark of the sheet."""
        return ", ".join(self._parts("en", ""))

    def _parts(self, lang: Language, sheet: str) -> list[str]:
        record, line, column = ("enregistrement", "ligne", "colonne") if lang == "fr" else ("record", "line", "column")
        parts = [self.source] if self.source else []
        if self.record is not None:
            parts.append(f"{record} {self.record}")
        if self.line is not None:
            parts.append(f"{line} {self.line}")
        if self.sheet and sheet:
            parts.append(sheet)
        if self.act is not None:
            parts.append(f"{'acte' if lang == 'fr' else 'act'} {self.act}")
        if self.columns is not None:
            first, last = self.columns
            parts.append(f"{column} {first}" if first == last else f"{column}s {first}-{last}")
        if self.field:
            parts.append(FIELDS_FR.get(self.field, self.field) if lang == "fr" else self.field)
        return parts


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: code, place, the values that fill its message.

    `values` may hold health data (what was read): `message()` is for the person concerned, `str()` is safe for a log.
    """

    code: FindingCode
    place: Place = field(default_factory=Place)
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return self.code.level

    def message(self, lang: Language = "fr") -> str:
        if lang == "fr":
            return self.code.fr.format_map(_French(self.values))
        return self.code.en.format_map(_Blank(self.values))

    def next_step(self, lang: Language = "fr") -> str:
        if lang == "fr":
            return self.code.next_fr.format_map(_French(self.values))
        return self.code.next_en.format_map(_Blank(self.values))

    def __str__(self) -> str:
        return f"{self.code.code} {self.code.name} ({self.place.logged()})"


class _Blank(dict[str, str]):
    """Shows `?` for a value that a finding was not given, so that a message is never lost to a missing key.

    A value asked in one language (`label_fr`) that was kept in one form for both (`label`) is shown in that form.
    """

    def __missing__(self, key: str) -> str:
        name, _, language = key.rpartition("_")
        return self.get(name, "?") if language in ("fr", "en") else "?"


class _French(_Blank):
    """Says our own codes (a stage, a verdict, a role) in French words: what a finding keeps is the code."""

    def __getitem__(self, key: str) -> str:
        value = super().__getitem__(key)
        words = VALUES_FR.get(key)
        if words is None:
            return value
        where, mark, what = value.rpartition(": ")  # a problem may follow the name of the field that has it
        return words.get(value) or f"{where}{' : ' if mark else ''}{words.get(what, what)}"


def finding(code: FindingCode | str, place: Place | None = None, **values: object) -> Finding:
    """Build a finding from its code (the entry itself, or its 4 characters) and the values of its message."""
    entry = BY_CODE[code] if isinstance(code, str) else code
    return Finding(entry, place or Place(), {key: str(value) for key, value in values.items()})


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those findings that refuse what they are about."""
    return [item for item in findings if item.level is Level.ERROR]


def as_warnings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same findings where they refuse nothing any more: a card does not pass and the sheet goes on without it, a refusal of
    yesterday is shown today. What is told as an error ends a command with exit code 1 (vgm:exit-codes)."""
    return tuple(
        replace(item, code=replace(item.code, level=Level.WARNING)) if item.level is Level.ERROR else item
        for item in findings
    )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Order by level, then by the order of the code list, then by place: the order in which a person should read them."""
    return sorted(
        findings,
        key=lambda item: (
            _LEVEL_RANK[item.level],
            _AREA_RANK.get(item.code.code[:1], len(_AREA_RANK)),
            item.code.code,
            item.place.record or 0,
            item.place.line or 0,
        ),
    )
