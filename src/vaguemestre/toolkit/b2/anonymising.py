"""A B2 file made safe to send: who it is about is replaced, what was done and what it costs stays (`tables.anonymisation`).

Record by record in flat memory. What cannot be understood is blanked, never passed on: a damaged record keeps its type alone. A
fault that a check sees is written again with invented content, so that the file keeps its findings. vgm:anonymised-b2.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain

from vaguemestre.core.b2.codec import RECORD_BYTES, decode_record
from vaguemestre.core.b2.reader import RawRecord, read_records
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import B2, Field, Kind
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.anonymisation import TREATMENTS, Treatment
from vaguemestre.tables.input_kinds import NOEMIE_FILE
from vaguemestre.toolkit.kinds import Remembered, kind_of, refusal
from vaguemestre.toolkit.pseudonyms import Pseudonyms
from vaguemestre.toolkit.source import Source

FAULTS_MAX = 3
"""From so many errors of form on, nothing of a record but its type is trusted: it may be shifted."""
_SEPARATORS = (b"\r\n", b"\n", b"")
_LOST = frozenset({"F005", "F006", "F007"})
_SEEN = frozenset({"B002", "B003", "B005", "B006", "B007"})
_FRAME = frozenset({"000", "999"})
_PREFIX = frozenset("123456")
_ALREADY_A_PERSON = frozenset({Treatment.NIR_KEY, Treatment.BIRTH})
_NIR_OF = {"insured_nir_key": "insured_nir", "beneficiary_nir_key": "beneficiary_nir", "birth_date": "insured_nir"}


@dataclass(slots=True)
class AnonymiseTally:
    """What was done; complete once the bytes are consumed. `blanked`: damaged records that kept their type alone, `lost`: passages
    that were no record. `refused`: why the input holds no B2 record at all; `stopped`: why it was not read to its end."""

    records: int = 0
    invoices: int = 0
    blanked: int = 0
    lost: int = 0
    refused: Finding | None = None
    stopped: Finding | None = None


def anonymise(source: Source, secret: bytes, tally: AnonymiseTally) -> Iterator[bytes]:
    """The file again, record by record, with the separator that it had; nothing at all when `tally.refused` is set.

    `secret`: the same one gives the same values; without it nothing can be traced back.
    """
    chunks = Remembered(source.chunks())
    writer = _Writer(secret, tally)
    held: list[Finding] = []
    items = read_records(chunks, source.limits, source.name)
    first = next(items, None)
    if kind_of(chunks.head) is NOEMIE_FILE:  # its first record is read as B2's
        items, first = _with_an_inside(chain((first,) if first else (), items)), None
    for item in chain((first,) if first else (), items):
        if not tally.records and (isinstance(item, Finding) or decode_record(item[1])[0] is None):
            held.append(item if isinstance(item, Finding) else finding("F004", Place(source.name), expected="B2"))
            continue
        separator = b"" if tally.records else None
        for early in held if separator is None else ():
            yield writer.passage(early) + _separator(chunks.head)
        written = writer.passage(item) if isinstance(item, Finding) else writer.record(*item)
        if written:
            yield written + _separator(chunks.head)
    if not tally.records:
        given = (
            held[0] if held and held[0].code.code not in _LOST else finding("F004", Place(source.name), expected="B2")
        )
        tally.refused = refusal(given, chunks.head, "B2", source.name)


def _with_an_inside(items: Iterable[RawRecord | Finding]) -> Iterator[RawRecord | Finding]:
    """The same when one of them is a B2 record between the first and the last, else nothing."""
    early = []
    for item in items:
        early.append(item)
        record = None if isinstance(item, Finding) else decode_record(item[1])[0]
        if record is not None and record.name not in _FRAME:
            yield from early
            yield from items
            return


def _separator(head: bytes) -> bytes:
    """What stands between the first two records."""
    start = len(head) - len(head.lstrip(b"\r\n\x1a"))
    after = head[start + RECORD_BYTES : start + RECORD_BYTES + 2]
    return next(separator for separator in _SEPARATORS if after.startswith(separator))


class _Writer:
    """Writes each record anew. Remembers the last issuer and insured person written, for what takes a lost record's place."""

    def __init__(self, secret: bytes, tally: AnonymiseTally) -> None:
        self._fake, self._tally = Pseudonyms(secret), tally
        self._today: date | None = None
        self._number, self._nir = self._fake.number("0" * 9), self._fake.nir("0" * 13)
        self._steps: dict[str, tuple[tuple[Field, Callable[[Field, bytes, Record], bytes]], ...]] = {
            name: tuple((entry, self._step(entry)) for entry in layout.fields) for name, layout in B2.items()
        }

    def record(self, rank: int, data: bytes) -> bytes:
        """128 bytes for 128 bytes."""
        self._tally.records += 1
        record, found = decode_record(data, rank)
        if record is None:
            self._tally.blanked += 1
            return self._unknown(data)
        self._tally.invoices += record.name == "2"
        if found and (len(errors_in(found)) >= FAULTS_MAX or _is_shifted(record)):
            self._tally.blanked += 1
            return self._stub(record)
        if record.name == "000":
            made = record["creation_date"]
            self._today = made if isinstance(made, date) else None
        faults = {item.place.field: item.code.code for item in found}
        parts = []
        for entry, step in self._steps[record.name]:
            raw = data[entry.where]
            if _is_blank(entry, raw):
                parts.append(raw)
            elif faults and faults.get(entry.field_id) in _SEEN:
                parts.append(self._same_fault(entry, raw, faults[entry.field_id]))
            else:
                parts.append(step(entry, raw, record))
        written = b"".join(parts)
        if record.name in B2 and "insured_nir" in B2[record.name].by_name:
            self._number, self._nir = str(written[1:10], "latin-1"), str(written[11:24], "latin-1")
        return written

    def passage(self, item: Finding) -> bytes:
        """As many bytes as were no record, none of them the file's own."""
        code = item.code.code
        if code in _LOST:
            self._tally.lost += 1
            size = int(item.values.get("found", "0"))
            start = f"4{self._number} {self._nir}".encode("latin-1") if code != "F007" else b""
            return start[:size].ljust(size)
        if code == "F010":
            self._tally.lost += 1
            return b"#" * RECORD_BYTES
        self._tally.stopped = item
        return b""

    def _stub(self, record: Record) -> bytes:
        """The record's type alone, in a record that the reader still recognises."""
        parts = []
        for entry in record.plan.layout.fields:
            if entry.constant:
                parts.append(entry.blank)
            elif entry.name == "provider_number":
                parts.append(self._number.encode("latin-1"))
            elif entry.name == "insured_nir":
                parts.append(self._nir.encode("latin-1"))
            else:
                parts.append(b" " * entry.length)
        return b"".join(parts)

    def _unknown(self, data: bytes) -> bytes:
        """In place of a record that no layout knows: its first digit and a subtype that does not exist."""
        kind = str(data[:1], "latin-1")
        if kind not in _PREFIX:
            return b"#".ljust(RECORD_BYTES)
        made = bytearray(f"{kind}{self._number} {self._nir}".encode("latin-1").ljust(RECORD_BYTES))
        made[35] = made[38] = ord("Z")
        return bytes(made)

    def _step(self, entry: Field) -> Callable[[Field, bytes, Record], bytes]:
        if entry.kind is Kind.FILLER:
            return _blank
        treatment = TREATMENTS[entry.name]
        if treatment is Treatment.KEEP:
            return _keep
        if treatment is Treatment.BLANK:
            return _blank
        if treatment in _ALREADY_A_PERSON:
            return self._of_person
        fake = self._fake
        plain: dict[Treatment, Callable[[str], str]] = {
            Treatment.NIR: fake.nir,
            Treatment.NUMBER: fake.number,
            Treatment.PLACE: fake.place,
            Treatment.RPPS: fake.rpps,
            Treatment.INVOICE: fake.invoice,
            Treatment.DIGITS: fake.characters,
            Treatment.NAME: fake.name,
            Treatment.ISSUER_NAME: fake.issuer_name,
            Treatment.IDENTIFIER: fake.identifier,
            Treatment.ACCIDENT: fake.accident,
            Treatment.DATE: fake.day,
        }
        made = plain[treatment]
        return lambda entry, raw, record: made(str(raw, "latin-1")).encode("latin-1")

    def _of_person(self, entry: Field, raw: bytes, record: Record) -> bytes:
        """What belongs to a NIR: its key, the birth date."""
        nir = str(record.raw(_NIR_OF[entry.name]), "latin-1")
        text = str(raw, "latin-1")
        if entry.name == "birth_date":
            return self._fake.birth(text, nir, self._today).encode("latin-1")
        return self._fake.nir_key(nir, text).encode("latin-1")

    def _same_fault(self, entry: Field, raw: bytes, code: str) -> bytes:
        """Invented content with the fault that a check saw."""
        size = entry.length
        if code == "B005":
            return b"9" * size
        if code == "B006":
            return next(fill * size for fill in (b"9", b"8") if fill * size != entry.blank)
        if code == "B007":
            return next(fill * size for fill in (b"9", b"8", b"Z") if str(fill * size, "ascii") not in entry.codes)
        rest = self._fake.characters(str(raw[1:], "latin-1")).encode("latin-1")
        return ((b"X" if code == "B002" else b"x") + rest)[:size].ljust(size)


def _keep(entry: Field, raw: bytes, record: Record) -> bytes:
    return raw


def _blank(entry: Field, raw: bytes, record: Record) -> bytes:
    return b" " * entry.length if entry.kind is Kind.FILLER else entry.blank


def _is_blank(entry: Field, raw: bytes) -> bool:
    return not raw.strip(b" ") or (entry.numeric and not raw.strip(b"0"))


def _is_shifted(record: Record) -> bool:
    """Whether the key of an invoice record does not stand where it should."""
    if "insured_nir" not in record.plan.layout.by_name:
        return False
    data = record.data
    return not data[1:10].isdigit() or data[10:11] != b" " or not data[11:24].isalnum()
