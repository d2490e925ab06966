"""JSON back to B2 records, in a stream: the tree of a document, whose order is the order of the records. vgm:b2-json."""

from collections.abc import Iterable, Iterator

from vaguemestre.core.bounded import Chunks, ReadingLimits
from vaguemestre.core.findings import Finding, Place
from vaguemestre.toolkit.b2.converting.json_writing import FORMAT, VERSION
from vaguemestre.toolkit.b2.converting.record_json import UNKNOWN, record_of
from vaguemestre.toolkit.converting.json_reading import JsonReader

_FILE = ("format", "version", "header", "lots", "trailer")
_LOT = ("head", "invoices", "tail")
_INVOICE = ("records",)


def records_in_json(chunks: Chunks, limits: ReadingLimits, source: str = "") -> Iterator[bytes | Finding]:
    """The records of a JSON file, 128 bytes each, and what cannot be written; every finding is an error and names its line."""
    return _Reader(chunks, source).read(limits)


class _Reader(JsonReader[bytes]):
    first_names = (*JsonReader.first_names, UNKNOWN)

    def made(self, value: object, place: Place) -> Iterable[bytes | Finding]:
        data, found = record_of(value, place)
        return found or (data,)

    def document(self) -> Iterator[bytes | Finding]:
        for name in self._known(_FILE, ""):
            match name:
                case "format":
                    yield from self.expect(name, FORMAT)
                case "version":
                    yield from self.expect(name, VERSION)
                case "lots":
                    for rank in self._list(name):
                        yield from self._lot(f"lots[{rank}]")
                case _:
                    yield from self.record(name)

    def _lot(self, path: str) -> Iterator[bytes | Finding]:
        for name in self._known(_LOT, path):
            if name != "invoices":
                yield from self.record(f"{path}.{name}")
                continue
            for rank in self._list(f"{path}.{name}"):
                here = f"{path}.invoices[{rank}]"
                for _ in self._known(_INVOICE, here):
                    for index in self._list(f"{here}.records"):
                        yield from self.record(f"{here}.records[{index}]")

    def _list(self, path: str) -> Iterator[int]:
        if self.text.peek() != "[":
            self.refuse(path, ("une liste [ … ]", "a list [ … ]"))
        return self.text.elements()

    def _known(self, names: tuple[str, ...], path: str) -> Iterator[str]:
        """The members of the object that comes: only these, in this order, since that is the order of the records."""
        if self.text.peek() != "{":
            self.refuse(path, ("un objet { … }", "an object { … }"))
        after = -1
        for name in self.text.members():
            rank = names.index(name) if name in names else -1
            if rank < 0 or (rank <= after and name not in ("format", "version")):
                listed = ", ".join(names)
                self.refuse(path, (f"dans cet ordre {listed}", f"in this order {listed}"))
            after = max(after, rank) if name not in ("format", "version") else after
            yield name
