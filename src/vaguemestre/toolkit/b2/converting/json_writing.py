"""B2 records as JSON text, one record per line, in a stream: a document that follows the file's own tree, or lines. vgm:b2-json."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from vaguemestre.core.b2.reader import RawRecord
from vaguemestre.core.findings import Finding
from vaguemestre.tables.b2_order import INVOICE_RECORDS
from vaguemestre.toolkit.b2.converting.record_json import members_of, record_name
from vaguemestre.toolkit.converting.record_form import INVOICE, LOT, NUMBER
from vaguemestre.toolkit.converting.tally import Tally

FORMAT: Final = "vaguemestre.b2"
VERSION: Final = 1
_IN_INVOICE = frozenset(INVOICE_RECORDS)
_encode = msgspec.json.Encoder().encode


def document(items: Iterable[RawRecord | Finding], tally: Tally) -> Iterator[bytes]:
    """One JSON document in pieces; nothing at all when there is no record. Findings and counts go to `tally`."""
    tree = _Tree(tally)
    for item in items:
        if isinstance(item, Finding):
            tally.miss(item)
            continue
        tally.records += 1
        name = record_name(item[1])
        yield tree.before(name) + _encode(members_of(item[1], name))
    if tally.recognised:
        yield tree.end()


def lines(items: Iterable[RawRecord | Finding], tally: Tally) -> Iterator[bytes]:
    """One JSON object per record and line, with its rank in the file (`number`), its lot and its invoice, both counted from 1."""
    for item in items:
        if isinstance(item, Finding):
            tally.miss(item)
            continue
        tally.records += 1
        number, data = item
        name = record_name(data)
        inside = name is None or name in _IN_INVOICE
        tally.lots += name == "1"
        tally.invoices += name == "2"
        keys: dict[str, object] = {NUMBER: number}
        if tally.lots and name != "999":
            keys[LOT] = tally.lots
        if tally.invoices and inside:
            keys[INVOICE] = tally.invoices
        yield _encode(keys | members_of(data, name)) + b"\n"


_ROOT, _LOTS, _LOT, _INVOICES, _INVOICE = 1, 2, 3, 4, 5
"""How many brackets are open there."""
_OPENERS = (
    b'{"format":"%b","version":%d' % (FORMAT.encode(), VERSION),
    b'"lots":[\n',
    b"{",
    b'"invoices":[\n',
    b'{"records":[\n',
)
_CLOSERS = (b"}\n", b"]", b"}", b"]", b"]}")


class _Tree:
    """Where the document stands (file, lot, invoice) and the text that leads from there to the next record.

    The order of the records is kept whatever it is: one that stands where it should not opens a lot or an invoice of its own.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._filled: list[bool] = []  # one per open bracket: whether something stands in it
        self._limit = _INVOICE  # brackets that may stay open for the next record

    def before(self, name: str | None) -> bytes:
        """The text between the last record and one of this type (None: unknown)."""
        first = not self._filled
        out = self._go(min(len(self._filled), self._limit)) + (self._go(_ROOT) if first else b"")
        self._limit = _INVOICE
        if name is None or name in _IN_INVOICE:
            return out + self._invoice_record(name)
        if name == "999":
            return out + self._go(_ROOT) + self._comma() + b'"trailer":'
        if name == "000" and first:
            return out + self._comma() + b'"header":'
        if name == "6":
            self._limit = _LOTS
            return out + self._go(_LOT) + self._comma() + b'"tail":'
        self._tally.lots += name == "1"
        return out + self._go(min(len(self._filled), _LOTS)) + self._go(_LOT) + self._comma() + b'"head":'

    def end(self) -> bytes:
        """What closes the document."""
        return self._go(0)

    def _invoice_record(self, name: str | None) -> bytes:
        out = b""
        if name == "2":
            self._tally.invoices += 1
            out = self._go(min(len(self._filled), _INVOICES))
        elif name == "5":
            self._limit = _INVOICES
        return out + self._go(_INVOICE) + self._comma()

    def _go(self, depth: int) -> bytes:
        """Close or open brackets until so many are open."""
        out = b""
        while len(self._filled) > depth:
            self._filled.pop()
            out += _CLOSERS[len(self._filled)]
        while len(self._filled) < depth:
            out += self._comma() + _OPENERS[len(self._filled)]
            self._filled.append(not self._filled)
        return out

    def _comma(self) -> bytes:
        if not self._filled:
            return b""
        filled, self._filled[-1] = self._filled[-1], True
        return b",\n" if filled else b""
