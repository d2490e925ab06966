"""Sheets as they stand in a JSON file, before any value is read: records cut out one by one, in a stream. vgm:entry-format.

A broken record is its own finding: braces are counted and texts skipped by a reader of our own, so that one mistake does not
take the rest of the file with it. What was cut out is then read by the standard library.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from vaguemestre.core.entry.csv_file import RawSheet, Values, plain_name
from vaguemestre.core.entry.text import REPLACED, read_text
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.tables.entry_columns import ACTS_NAMES, BY_NAME, SHEETS_NAMES

RECORD_CHARACTERS_MAX: Final = 1_000_000
DEPTH_MAX: Final = 32
_TOKEN = re.compile(r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|[{}\[\]\n]|"')
Cut = tuple[int, str, str | None]
"""Line where a record starts, its text, or the problem that stands instead of it."""


def json_sheets(chunks: Iterable[bytes], source: str = "") -> Iterator[RawSheet]:
    """The sheets of a JSON file: a list of records, one record per line, or a record with the list `sheets`."""
    for rank, sheet in enumerate(_json_sheets(chunks, source), 1):
        sheet.rank = rank
        yield sheet


def _json_sheets(chunks: Iterable[bytes], source: str) -> Iterator[RawSheet]:
    some = False
    for line, text, problem in cut_records(read_text(chunks)):
        some = True
        place = Place(source=source, line=line)
        if problem is not None:
            yield RawSheet(line, findings=[_json_finding(problem, place)], spoiled=True)
            continue
        yield from _json_record(text, place)
    if not some:
        yield RawSheet(1, findings=[finding("I113", Place(source=source))], spoiled=True)


def _json_finding(problem: str, place: Place) -> Finding:
    if problem == "truncated":
        return finding("I102", place)
    if problem == "too long":
        return finding("I103", place, limit=RECORD_CHARACTERS_MAX)
    return finding("I112", place, problem=problem)


def _json_record(text: str, place: Place) -> Iterator[RawSheet]:
    line = place.line or 1
    if REPLACED in text:
        yield RawSheet(line, findings=[finding("I100", place, problem=REPLACED)], spoiled=True)
        return
    try:
        record = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "depth"
        yield RawSheet(line, findings=[finding("I112", place, problem=problem)], spoiled=True)
        return
    inner = next((value for key, value in record.items() if plain_name(key) in SHEETS_NAMES), None)
    for entry in inner if isinstance(inner, list) else [record]:
        yield _json_sheet(entry, place)


def _json_sheet(record: Any, place: Place) -> RawSheet:
    sheet = RawSheet(place.line or 1)
    if not isinstance(record, dict):
        sheet.findings.append(finding("I112", place, problem="a record is expected"))
        sheet.spoiled = True
        return sheet
    acts: Any = None
    own: Values = {}
    for key, value in record.items():
        name = plain_name(key)
        if name in ACTS_NAMES:
            acts = value
        else:
            _json_value(name, value, own, sheet, place)
    if acts is None:  # a record of one act, written flat
        acts = [{}]
        sheet.acts.append((sheet.line, {name: value for name, value in own.items() if BY_NAME[name].per_act}))
    sheet.values = {name: value for name, value in own.items() if not BY_NAME[name].per_act}
    if not isinstance(acts, list):
        sheet.findings.append(finding("I112", place, problem="acts is no list"))
        sheet.spoiled = True
        return sheet
    if not acts:
        sheet.findings.append(finding("I050", place))
    for act in acts if not sheet.acts else ():
        if not isinstance(act, dict):
            sheet.findings.append(finding("I112", place, problem="an act is no record"))
            sheet.spoiled = True
            continue
        values: Values = {}
        for key, value in act.items():
            _json_value(plain_name(key), value, values, sheet, place)
        sheet.acts.append((sheet.line, values))
    return sheet


def _json_value(name: str, value: Any, values: Values, sheet: RawSheet, place: Place) -> None:
    column = BY_NAME.get(name)
    if column is None:
        sheet.findings.append(finding("I104", place, found=name[:64]))
        return
    if isinstance(value, bool):
        text = "1" if value else "0"
    elif value is None:
        text = ""
    elif isinstance(value, str):
        text = value.strip()
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = " ".join(value)
    else:
        text = "?"
    if text:
        values[column.name] = text


def cut_records(pieces: Iterable[str]) -> Iterator[Cut]:
    """Cut the records `{...}` out of a stream of characters: (line, text, problem or None), one by one, bounded.

    A line break inside a text, which JSON forbids, ends a broken record, so that the next one is read all the same.
    """
    cutter = _Cutter()
    for piece in pieces:
        yield from cutter.feed(piece)
    yield from cutter.close()


class _Cutter:
    """Where the cutting stands: what was not given yet, how far it was read, and the braces and brackets that are open."""

    def __init__(self) -> None:
        self._buffer = ""
        self._read = 0
        self._open: list[str] = []
        self._last = ""  # last character that is no space
        self._line = 1
        self._start_line = 1
        self._too_long = False
        self._stray = False

    def feed(self, piece: str) -> Iterator[Cut]:
        """The records that end in this piece."""
        self._buffer += piece
        while (match := _TOKEN.search(self._buffer, self._read)) is not None:
            token = match[0]
            if token == '"':
                line_end = self._buffer.find("\n", match.end())
                if line_end < 0:
                    break  # the text may close in the next piece
                yield from self._broken("unclosed text")
                self._drop(line_end)
                continue
            yield from self._between(self._buffer[self._read : match.start()])
            self._read = match.end()
            yield from self._take(token, match.start())
        yield from self._trim(match is not None)

    def close(self) -> Iterator[Cut]:
        """What the end of the file leaves open."""
        if self._open:
            yield self._start_line, "", "truncated"
        else:
            yield from self._between(self._buffer[self._read :])

    def _take(self, token: str, at: int) -> Iterator[Cut]:
        if token == "\n":
            self._line += 1
            return
        inside = bool(self._open)
        if token == "{":
            if inside and not (self._open[-1] == "[" or self._last == ":"):
                yield from self._broken("a record starts inside another")
                inside = False
            if not inside:
                self._begin(at)
        if inside or token == "{":
            if token in "{[":
                self._open.append(token)
            elif token in "}]" and self._open.pop() != ("{" if token == "}" else "["):
                yield from self._broken("braces do not match")
            elif token == "}" and not self._open:
                yield from self._end()
        elif token[0] == '"':
            yield from self._between(token)
        self._last = token[-1]
        if len(self._open) > DEPTH_MAX:
            yield from self._broken("depth")

    def _begin(self, at: int) -> None:
        self._buffer, self._read = self._buffer[at:], self._read - at
        self._start_line, self._stray, self._too_long = self._line, False, False

    def _end(self) -> Iterator[Cut]:
        text = self._buffer[: self._read]
        self._drop(self._read)
        if self._too_long:
            self._too_long = False
        elif len(text) > RECORD_CHARACTERS_MAX:
            yield self._start_line, "", "too long"
        else:
            yield self._start_line, text, None

    def _broken(self, problem: str) -> Iterator[Cut]:
        if self._open or not self._stray:
            yield self._start_line if self._open else self._line, "", problem
        self._open.clear()
        self._stray = True  # what follows until the next record belongs to the broken one

    def _between(self, text: str) -> Iterator[Cut]:
        kept = text.strip(" \t\r\n,")
        if kept:
            self._last = kept[-1]
        elif "," in text:
            self._last = ","
        if kept and not self._open and not self._stray:
            self._stray = True
            yield self._line, "", "text outside records"

    def _trim(self, waiting: bool) -> Iterator[Cut]:
        """Keep only what is still needed; a record beyond the limit is said once and then let go."""
        if not self._open:
            if not waiting:
                yield from self._between(self._buffer[self._read :])
                self._read = len(self._buffer)
            self._drop(self._read)
        elif len(self._buffer) > RECORD_CHARACTERS_MAX:
            if not self._too_long:
                yield self._start_line, "", "too long"
            self._too_long = True
            if waiting and len(self._buffer) - self._read > RECORD_CHARACTERS_MAX:
                self._open.clear()  # one endless text
                self._stray, self._read = True, len(self._buffer)
            self._drop(self._read)

    def _drop(self, count: int) -> None:
        self._buffer, self._read = self._buffer[count:], max(self._read - count, 0)
