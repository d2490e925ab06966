"""JSON back to B2 records, in a stream: the document, a list of records, or one record per line. vgm:b2-json."""

from collections.abc import Iterator
from typing import Final

from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.toolkit.b2.converting.json_text import JsonStopError, JsonText
from vaguemestre.toolkit.b2.converting.json_writing import FORMAT, VERSION
from vaguemestre.toolkit.b2.converting.record_json import INVOICE, LOT, NUMBER, RECORD, record_of

_FILE = ("format", "version", "header", "lots", "trailer")
_LOT = ("head", "invoices", "tail")
_INVOICE = ("records",)
_BLANKS = b" \t\r\n"
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def looks_like_json(head: bytes) -> bool:
    """Whether an input that starts so is JSON: B2 starts with a digit."""
    return head.removeprefix(_UTF8_MARK).lstrip(_BLANKS)[:1] in (b"{", b"[")


def records_in_json(chunks: Chunks, limits: ReadingLimits, source: str = "") -> Iterator[bytes | Finding]:
    """The records of a JSON file, 128 bytes each, and what cannot be written; every finding is an error and names its line.

    A finding's place gives the path of the value (`lots[0].invoices[2].records[4].care_date`). Ends at a fault of the text itself.
    """
    reader = _Reader(JsonText(chunks, source), source)
    faults = 0
    try:
        for item in reader.records():
            yield item
            if isinstance(item, Finding):
                faults += 1
                if faults >= limits.faults_max:
                    yield finding("F009", Place(source, None, item.place.line), expected=limits.faults_max)
                    return
    except JsonStopError as stop:
        yield stop.finding


class _Reader:
    """Walks the tree of a document in the order in which its records stand in the file."""

    def __init__(self, text: JsonText, source: str) -> None:
        self._text, self._source = text, source
        self._rank = 0

    def records(self) -> Iterator[bytes | Finding]:
        text = self._text
        start = text.peek()
        if start == "[":
            for rank in text.elements():
                yield from self._record(f"[{rank}]")
        elif start == "{" and text.first_name() in (RECORD, NUMBER, LOT, INVOICE, "unknown"):
            while text.peek():
                yield from self._record("")
            return
        elif start == "{":
            yield from self._file()
        else:
            text.stop(("un objet { … } est attendu", "an object { … } is expected"))
        if text.peek():
            text.stop(("quelque chose suit la fin", "something follows the end"))

    def _file(self) -> Iterator[bytes | Finding]:
        for name in self._known(_FILE, ""):
            match name:
                case "format":
                    yield from self._same(name, FORMAT)
                case "version":
                    yield from self._same(name, VERSION)
                case "lots":
                    for rank in self._list(name):
                        yield from self._lot(f"lots[{rank}]")
                case _:
                    yield from self._record(name)

    def _lot(self, path: str) -> Iterator[bytes | Finding]:
        for name in self._known(_LOT, path):
            if name != "invoices":
                yield from self._record(f"{path}.{name}")
                continue
            for rank in self._list(f"{path}.{name}"):
                here = f"{path}.invoices[{rank}]"
                for _ in self._known(_INVOICE, here):
                    for index in self._list(f"{here}.records"):
                        yield from self._record(f"{here}.records[{index}]")

    def _record(self, path: str) -> Iterator[bytes | Finding]:
        self._text.peek()
        self._rank += 1
        line = self._text.line
        data, found = record_of(self._text.value(), Place(self._source, self._rank, line, None, path))
        if found:
            yield from found
        else:
            yield data

    def _list(self, path: str) -> Iterator[int]:
        if self._text.peek() != "[":
            self._refuse(path, ("une liste [ … ]", "a list [ … ]"))
        return self._text.elements()

    def _known(self, names: tuple[str, ...], path: str) -> Iterator[str]:
        """The members of the object that comes: only these, in this order, since that is the order of the records."""
        if self._text.peek() != "{":
            self._refuse(path, ("un objet { … }", "an object { … }"))
        after = -1
        for name in self._text.members():
            rank = names.index(name) if name in names else -1
            if rank < 0 or (rank <= after and name not in ("format", "version")):
                listed = ", ".join(names)
                self._refuse(path, (f"dans cet ordre {listed}", f"in this order {listed}"))
            after = max(after, rank) if name not in ("format", "version") else after
            yield name

    def _same(self, name: str, expected: object) -> Iterator[Finding]:
        place = Place(self._source, None, self._text.line, None, name)
        value = self._text.value()
        if value != expected or type(value) is not type(expected):
            yield finding("J010", place, found=str(value)[:40], expected=expected)

    def _refuse(self, path: str, expected: tuple[str, str]) -> None:
        place = Place(self._source, None, self._text.line, None, path)
        raise JsonStopError(finding("J002", place, expected_fr=expected[0], expected_en=expected[1]))
