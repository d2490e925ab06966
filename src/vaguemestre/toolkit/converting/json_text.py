"""JSON text taken apart in a stream: brackets are walked one by one, each small value is read by the standard library.

Whatever the size of the text, no more than one value and a megabyte is held. A mistake names its line and column.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from vaguemestre.core.bounded import Chunks
from vaguemestre.core.findings import Finding, Place, finding

VALUE_CHARACTERS_MAX: Final = 1 << 20
"""One value (a record, a text) is never longer; a longer one stops the reading."""

_LOOK = 1 << 14  # what is at hand before a value is tried
_BLANKS = " \t\n\r"
_END = ("le texte s'arrête avant la fin", "the text stops before its end")
_REASONS: Final = (
    ("Expecting property name", "un nom entre guillemets est attendu", "a name between quotes is expected"),
    ("Expecting ':'", "« : » est attendu", '":" is expected'),
    ("Expecting ','", "« , » ou la fin est attendu", '"," or the end is expected'),
    ("Illegal trailing comma", "une virgule est de trop", "there is one comma too many"),
    ("Expecting value", "une valeur est attendue", "a value is expected"),
    ("Unterminated string", "un texte n'est pas fermé", "a text is not closed"),
    ("Invalid control", "un texte contient un caractère de commande", "a text holds a control character"),
    ("Invalid \\", "un « \\ » n'est suivi de rien de connu", 'a "\\" is followed by nothing known'),
)
_ELSE = ("ceci n'est pas du JSON", "this is no JSON")


class JsonStopError(Exception):
    """The text cannot be read any further; `finding` says why. It never leaves the reading of one file."""

    def __init__(self, item: Finding) -> None:
        super().__init__(str(item))
        self.finding = item


class _TwiceError(ValueError):
    """A name met twice in one object."""


class _LiteralError(ValueError):
    """NaN or Infinity, which JSON does not know."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return out


def _literal(name: str) -> NoReturn:
    raise _LiteralError(name)


_raw_decode: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_literal).raw_decode


class JsonText:
    """The text at hand and where one stands in it. The readers raise JsonStopError."""

    def __init__(self, chunks: Chunks, source: str) -> None:
        self._chunks, self._source = iter(chunks), source
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._buffer, self._at, self._ended = "", 0, False
        self._line, self._counted, self._column = (
            1,
            0,
            0,
        )  # line at `_counted`; characters of its line already forgotten

    @property
    def line(self) -> int:
        """The line where one stands, 1-based."""
        self._line += self._buffer.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            buffer, at = self._buffer, self._at
            size = len(buffer)
            while at < size and buffer[at] in _BLANKS:
                at += 1
            self._at = at
            if at < size:
                return buffer[at]
            if not self._more():
                return ""

    def first_name(self) -> str:
        """The first name of the object that comes, without moving; "" when there is none."""
        self._fill(_LOOK)
        start = self._at + 1
        while start < len(self._buffer) and self._buffer[start] in _BLANKS:
            start += 1
        if self._buffer[start : start + 1] != '"':
            return ""
        end = self._buffer.find('"', start + 1)
        return self._buffer[start + 1 : end] if end >= 0 else ""

    def value(self) -> Any:
        """The next value."""
        self.peek()
        self._fill(_LOOK)
        while True:
            try:
                value, self._at = _raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if not self._ended and len(self._buffer) - self._at <= VALUE_CHARACTERS_MAX:
                    self._fill(2 * (len(self._buffer) - self._at))
                    continue
                self._refuse_syntax(error)
            except _TwiceError as error:
                raise JsonStopError(finding("J003", self._place(), name=str(error)[:60])) from None
            except _LiteralError:
                self.stop(("NaN et Infinity ne sont pas des nombres", "NaN and Infinity are no numbers"))
            except (ValueError, RecursionError):  # thousands of digits, thousands of brackets
                self.stop(("une valeur est démesurée", "a value is out of all proportion"))
            if self._at == len(self._buffer) and not self._ended and type(value) in (int, float):
                self._at -= len(repr(value))  # a number may go on in the next chunk
            return value

    def take(self, wanted: str) -> bool:
        """Step over `wanted` if it comes next."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def members(self) -> Iterator[str]:
        """The names of the object that comes; the caller reads each value before it asks for the next name."""
        self._expect("{")
        if self.take("}"):
            return
        seen: set[str] = set()
        while True:
            if self.peek() != '"':
                self._missing(_REASONS[0][1:])
            name = self.value()
            if name in seen:
                raise JsonStopError(finding("J003", self._place(), name=name[:60]))
            seen.add(name)
            self._expect(":")
            yield name
            if self.take("}"):
                return
            self._expect(",")

    def elements(self) -> Iterator[int]:
        """The ranks (from 0) of the list that comes; the caller reads each value before it asks for the next."""
        self._expect("[")
        if self.take("]"):
            return
        rank = 0
        while True:
            yield rank
            if self.take("]"):
                return
            self._expect(",")
            rank += 1

    def stop(self, reason: tuple[str, str]) -> NoReturn:
        """End the reading here."""
        raise JsonStopError(
            finding("J001", self._place(), column=self._column_of(self._at), reason_fr=reason[0], reason_en=reason[1])
        )

    def _expect(self, wanted: str) -> None:
        if not self.take(wanted):
            self._missing((f"« {wanted} » est attendu", f'"{wanted}" is expected'))

    def _missing(self, reason: tuple[str, str]) -> NoReturn:
        self.stop(reason if self.peek() else _END)

    def _refuse_syntax(self, error: json.JSONDecodeError) -> NoReturn:
        reason = next(((fr, en) for start, fr, en in _REASONS if error.msg.startswith(start)), _ELSE)
        if self._ended and not self._buffer[error.pos :].strip():
            reason = _END
        elif not self._ended:
            reason = ("une valeur est démesurée", "a value is out of all proportion")
        self._at = min(error.pos, len(self._buffer))
        self.stop(reason)

    def _place(self) -> Place:
        return Place(self._source, None, self.line)

    def _column_of(self, at: int) -> int:
        start = self._buffer.rfind("\n", 0, at)
        return at - start if start >= 0 else self._column + at + 1

    def _fill(self, wanted: int) -> None:
        while len(self._buffer) - self._at < wanted and self._more():
            pass

    def _more(self) -> bool:
        """Take one more chunk, and forget what was passed; False at the end."""
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        if isinstance(chunk, Finding):
            raise JsonStopError(chunk)
        self._ended = not chunk
        try:
            text = self._decode(chunk, self._ended)
        except UnicodeDecodeError:
            self.stop(("un octet n'est pas de l'UTF-8", "a byte is no UTF-8"))
        here = self.line
        self._column = self._column_of(self._at) - 1
        self._buffer = self._buffer[self._at :] + text
        self._at, self._counted, self._line = 0, 0, here
        return bool(text) or not self._ended
