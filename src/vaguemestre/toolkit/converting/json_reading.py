"""JSON back to records of either norm, in a stream: the document, a list of records, or one record per line. vgm:b2-json.

What is the same in both norms stands here; the tree of a document is each norm's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final, Generic, NoReturn, TypeVar

from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.toolkit.converting.json_text import JsonStopError, JsonText
from vaguemestre.toolkit.converting.record_form import INVOICE, LOT, NUMBER, RECORD

_Made = TypeVar("_Made")

_BLANKS = b" \t\r\n"
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def looks_like_json(head: bytes) -> bool:
    """Whether an input that starts so is JSON: B2 and NOEMIE start with a digit."""
    return head.removeprefix(_UTF8_MARK).lstrip(_BLANKS)[:1] in (b"{", b"[")


class JsonReader(ABC, Generic[_Made]):
    """Walks a JSON input in the order in which its records stand in the file. A norm says what a document and a record are."""

    first_names: tuple[str, ...] = (RECORD, NUMBER, LOT, INVOICE)
    """How an object that is a record, not a document, may begin."""

    def __init__(self, chunks: Chunks, source: str) -> None:
        self.text, self._source = JsonText(chunks, source), source
        self._rank = 0

    def read(self, limits: ReadingLimits) -> Iterator[_Made | Finding]:
        """The records, and what cannot be written: errors, each with its line. Ends at a fault of the text itself.

        A finding's place gives the path of the value (`lots[0].invoices[2].records[4].care_date`).
        """
        faults = 0
        try:
            for item in self._records():
                yield item
                if isinstance(item, Finding):
                    faults += 1
                    if faults >= limits.faults_max:
                        yield finding("F009", Place(self._source, None, item.place.line), expected=limits.faults_max)
                        return
        except JsonStopError as stop:
            yield stop.finding

    @abstractmethod
    def document(self) -> Iterator[_Made | Finding]:
        """The records of the document that comes."""

    @abstractmethod
    def made(self, value: object, place: Place) -> Iterable[_Made | Finding]:
        """The record of a JSON value, or why it is none."""

    def record(self, path: str) -> Iterable[_Made | Finding]:
        """The record that comes."""
        self.text.peek()
        self._rank += 1
        place = Place(self._source, self._rank, self.text.line, None, path)
        return self.made(self.text.value(), place)

    def expect(self, name: str, expected: object) -> Iterator[Finding]:
        """The value that comes must be this one."""
        place = Place(self._source, None, self.text.line, None, name)
        value = self.text.value()
        if value != expected or type(value) is not type(expected):
            yield finding("J010", place, found=str(value)[:40], expected=expected)

    def refuse(self, path: str, expected: tuple[str, str]) -> NoReturn:
        """End the reading here: something else was expected (in French, in English)."""
        place = Place(self._source, None, self.text.line, None, path)
        raise JsonStopError(finding("J002", place, expected_fr=expected[0], expected_en=expected[1]))

    def _records(self) -> Iterator[_Made | Finding]:
        text = self.text
        start = text.peek()
        if start == "[":
            for rank in text.elements():
                yield from self.record(f"[{rank}]")
        elif start == "{" and text.first_name() in self.first_names:
            while text.peek():
                yield from self.record("")
            return
        elif start == "{":
            yield from self.document()
        else:
            text.stop(("un objet { … } est attendu", "an object { … } is expected"))
        if text.peek():
            text.stop(("quelque chose suit la fin", "something follows the end"))
