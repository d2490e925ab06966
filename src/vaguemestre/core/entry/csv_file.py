"""Sheets as they stand in a CSV file, before any value is read: lines put together by reference. vgm:entry-format.

A bad line is its own finding. A line that cannot be read spoils the sheet that it may belong to, and no other: a sheet is never
recorded with an act missing.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

from vaguemestre.core.entry.text import Line, read_lines
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.tables.entry_columns import BY_NAME, REQUIRED

FAULTS_IN_A_ROW_MAX: Final = 1000
Values = dict[str, str]


@dataclass(slots=True)
class RawSheet:
    """One sheet as text, from CSV or JSON: its first line, its values, its acts with their lines, what was wrong already.

    `spoiled` when a line of it may be missing: the findings say which.
    """

    line: int
    values: Values = field(default_factory=dict)
    acts: list[tuple[int, Values]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    spoiled: bool = False
    rank: int = 0  # 1-based, of a JSON file, where lines tell little; 0 in CSV


def plain_name(text: str) -> str:
    """A column's name or a word of a list without accents, case, nor spaces around; inner spaces become underscores."""
    folded = unicodedata.normalize("NFKD", text.strip().lower())
    return re.sub(r"[\s-]+", "_", "".join(character for character in folded if not unicodedata.combining(character)))


def csv_sheets(chunks: Iterable[bytes], source: str = "") -> Iterator[RawSheet]:
    """The sheets of a CSV file: one line per act, the first line names the columns, `;` or `,` between values."""
    lines = iter(read_lines(chunks, source))
    header, noted = _read_header(lines, source)
    if header is None:
        yield RawSheet(1, findings=noted, spoiled=True)
        return
    if noted:
        yield RawSheet(1, findings=noted)
    grouping = _Grouping(source)
    faults = 0
    for line in lines:
        if line.text is not None and not line.text.strip(f" \t{header.delimiter}"):
            continue
        values, found = header.read(line, source)
        faults = faults + 1 if values is None else 0
        reference = values.get("reference", "") if values is not None else header.guess_reference(line)
        yield from grouping.add(line.number, reference, values, found)
        if faults > FAULTS_IN_A_ROW_MAX:
            place = Place(source=source, line=line.number)
            yield RawSheet(line.number, findings=[finding("I115", place, limit=FAULTS_IN_A_ROW_MAX)], spoiled=True)
            break
    yield from grouping.close()


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of one file: a name of `COLUMNS` or "" for one that is not read."""

    delimiter: str
    columns: tuple[str, ...]

    def read(self, line: Line, source: str) -> tuple[Values | None, list[Finding]]:
        """The values of a line, or None with the finding that says why."""
        found = list(line.findings)
        place = Place(source=source, line=line.number)
        if line.text is None:
            return None, found
        try:
            cells = next(csv.reader([line.text], delimiter=self.delimiter, strict=True))
        except (csv.Error, StopIteration):
            return None, [*found, finding("I111" if line.ended else "I102", place)]
        count = len(self.columns)
        if len(cells) < count or any(cell.strip() for cell in cells[count:]):
            if not line.ended and len(cells) < count:
                return None, [*found, finding("I102", place)]
            return None, [*found, finding("I110", place, found=len(cells), expected=count)]
        pairs = zip(self.columns, cells, strict=False)
        return {name: cell.strip() for name, cell in pairs if name and cell.strip()}, found

    def guess_reference(self, line: Line) -> str | None:
        """The reference of a line that cannot be read, from its first bytes; None when it cannot be told."""
        if "reference" not in self.columns:
            return ""
        cells = line.head.decode("latin-1").split(self.delimiter)
        rank = self.columns.index("reference")
        return cells[rank].strip().strip('"') if rank < len(cells) - 1 else None


def _missing(name: str, place: Place) -> Finding:
    return finding("I105", place, column_fr=BY_NAME[name].name_fr, column_en=name)


def _read_header(lines: Iterator[Line], source: str) -> tuple[_Header | None, list[Finding]]:
    found: list[Finding] = []
    for line in lines:
        found += line.findings
        if line.text is None:
            return None, found
        if not line.text.strip():
            continue
        place = Place(source=source, line=line.number)
        delimiter = ";" if line.text.count(";") >= line.text.count(",") else ","
        columns: list[str] = []
        for cell in line.text.split(delimiter):
            column = BY_NAME.get(plain_name(cell.strip('" ')))
            fresh = column is not None and column.name not in columns
            columns.append(column.name if column is not None and fresh else "")
            if not fresh and cell.strip():
                found.append(finding("I104", place, found=cell.strip()[:64]))
        missing = sorted(REQUIRED.difference(columns))
        if missing:
            return None, [*found, *(_missing(name, place) for name in missing)]
        return _Header(delimiter, tuple(columns)), found
    return None, [*found, finding("I113", Place(source=source))]


class _Grouping:
    """Puts lines of one sheet together, in order; knows the references that were closed."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._open: RawSheet | None = None
        self._reference: str | None = ""
        self._closed: set[str] = set()
        self._doubt = False

    def add(
        self, number: int, reference: str | None, values: Values | None, found: list[Finding]
    ) -> Iterator[RawSheet]:
        if self._open is None or not reference or reference != self._reference:
            if self._open is not None and reference is None:
                self._open.spoiled = True  # the unreadable line may have been one of its acts
            yield from self.close()
            self._open, self._reference = RawSheet(number, spoiled=self._doubt and bool(reference)), reference
            if reference in self._closed:
                place = Place(source=self._source, line=number, field="reference")
                self._open.findings.append(finding("I109", place, found=reference))
        self._doubt = reference is None
        current = self._open
        current.findings += found
        if values is None:
            current.spoiled = True
            return
        self._merge(current, number, values)

    def _merge(self, current: RawSheet, number: int, values: Values) -> None:
        act: Values = {}
        for name, value in values.items():
            if BY_NAME[name].per_act:
                act[name] = value
            elif not current.acts:
                current.values[name] = value
            elif current.values.get(name) != value:
                place = Place(source=self._source, line=number, field=name)
                current.findings.append(finding("I108", place, column_fr=BY_NAME[name].name_fr, column_en=name))
        current.acts.append((number, act))

    def close(self) -> Iterator[RawSheet]:
        if self._open is not None:
            yield self._open
            if self._reference:
                self._closed.add(self._reference)
            self._open = None
