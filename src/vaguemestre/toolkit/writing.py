"""What `vaguemestre.toolkit.write` does: invoices from values, true counts and totals, all checks, then a file; or findings."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from vaguemestre.core.b2.checks import invoice_totals
from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES, encode_record
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_lot, file_end, file_start
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.noemie.shape import InvoiceReturn, Return
from vaguemestre.core.noemie.writing import adds_up, contradicts, encode_return
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import Record, UnwritableError, Value
from vaguemestre.tables.b2_order import COMPLEMENTS, LINE_RECORDS
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.converting.outputs import file_output, packed
from vaguemestre.toolkit.noemie.checking import check_file as check_return
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import Source

NewRecord = tuple[str, Mapping[str, Value]]
"""A record's type and its values by the names of the layout: cents int, coefficients Decimal, days date, codes str."""
NewInvoice = Invoice | Sequence[NewRecord]

_KEY = ("provider_number", "insured_nir", "insured_nir_key", "beneficiary_rank", "invoice_number")
_COUNTED = frozenset((*LINE_RECORDS, *COMPLEMENTS))
_FAULTS_MAX = 1000


@dataclass(frozen=True, slots=True)
class NewLot:
    """One lot to write: who bills whom, and its invoices, as read or as values. At most 999 invoices."""

    head: LotHead
    invoices: Iterable[NewInvoice]


def build_invoice(records: Sequence[NewRecord]) -> bytes:
    """The records of one invoice as bytes (n x 128).

    What all records of an invoice share (provider, insured person, invoice number) need stand in the first only; sequence numbers
    are counted, record 5 is added when it is missing, and its count and totals are computed unless they are given. Raises
    UnwritableError with every field that does not fit, KeyError for a name that the layout does not have, TypeError for a value of
    another kind.
    """
    if not records:
        raise ValueError("an invoice has records")
    key = {name: value for name, value in records[0][1].items() if name in _KEY}
    made: list[bytes] = []
    found: list[Finding] = []
    ranks: dict[str, int] = {}
    for rank, (name, given) in enumerate(records if records[-1][0] == "5" else (*records, ("5", {})), start=1):
        fields = B2[name].by_name
        if name in LINE_RECORDS:
            ranks.clear()
        ranks[name] = ranks.get(name, 0) + 1
        values: dict[str, Value] = {one: value for one, value in key.items() if one in fields}
        if "sequence_number" in fields:
            values["sequence_number"] = ranks[name]
        if name == "5":
            values.update(_ends(made))
        try:
            made.append(encode_record(name, values | dict(given)))
        except UnwritableError as error:
            found += (_placed(item, rank) for item in error.findings)
    if found:
        raise UnwritableError(tuple(found))
    return b"".join(made)


def _ends(made: Sequence[bytes]) -> dict[str, int]:
    """What record 5 says of the records before it."""
    plans = [(B2_RECORDS.recognise(data), data) for data in made]
    records = [Record(plan, data) for plan, data in plans if plan is not None]
    return {"line_record_count": sum(one.name in _COUNTED for one in records), **invoice_totals(records)}


def _placed(item: Finding, rank: int) -> Finding:
    return replace(item, place=replace(item.place, record=rank))


def write_file(
    path: str | os.PathLike[str],
    head: FileHead,
    lots: Iterable[NewLot],
    *,
    force: bool = False,
    end_of_line: bytes = b"",
    gzip: bool = False,
) -> CheckReport:
    """Write a B2 file, one lot in memory at a time, then check it before it gets its name: the report has no error.

    Raises UnwritableError with what cannot be written or what the checks refuse (nothing is left then), FileExistsError unless
    `force`, OSError.
    """
    with file_output(str(path), force=force) as stream:
        with packed(stream, gzip) as out:
            for record in _records(head, lots):
                out.write(record + end_of_line)
        stream.flush()
        part = stream.name
        report = check_file(Source(str(path), lambda: open(part, "rb")))  # noqa: SIM115 (the source closes it)
        _refuse_errors(report)
    return report


def _records(head: FileHead, lots: Iterable[NewLot]) -> Iterator[bytes]:
    """The records of a file. Raises UnwritableError with all that does not fit, once everything was tried."""
    found: list[Finding] = []
    count, lot_count = 1, 0
    yield file_start(head)
    for lot in lots:
        lot_count += 1
        invoices: list[bytes] = []
        for invoice in lot.invoices:
            first = count + 1 + sum(map(len, invoices)) // RECORD_BYTES
            try:
                invoices.append(invoice.data if isinstance(invoice, Invoice) else build_invoice(invoice))
            except UnwritableError as error:
                found += (_placed(item, first + (item.place.record or 1)) for item in error.findings)
            if len(found) >= _FAULTS_MAX:
                raise UnwritableError(tuple(found))
        data = build_lot(lot.head, invoices)
        count += len(data) // RECORD_BYTES
        yield from (data[start : start + RECORD_BYTES] for start in range(0, len(data), RECORD_BYTES))
    if found:
        raise UnwritableError(tuple(found))
    yield file_end(head, count + 1, lot_count)


def write_return(
    path: str | os.PathLike[str], answer: Return, *, force: bool = False, gzip: bool = False
) -> CheckReport:
    """Write a NOEMIE return; counts and totals are computed. Raises as `write_file`."""
    found = [
        item for rank, invoice in enumerate(answer.invoices) for item in _contradictions(invoice, f"invoices[{rank}]")
    ]
    if found:
        raise UnwritableError(tuple(found))
    data = encode_return(answer)
    report = check_return(Source.of_bytes(data, str(path)))
    _refuse_errors(report)
    with file_output(str(path), force=force) as stream, packed(stream, gzip) as out:
        out.write(data)
    return report


def _contradictions(invoice: InvoiceReturn, where: str) -> Iterator[Finding]:
    place = Place(field=where)
    if contradicts(invoice):
        yield finding("B066", place, found=invoice.state.value, paid=invoice.paid_cents)
    if not adds_up(invoice):
        lines = sum(line.paid_cents for line in invoice.lines)
        yield finding("B064", place, field="[198:15]", found=invoice.paid_cents, expected=lines)


def _refuse_errors(report: CheckReport) -> None:
    refused = errors_in(report.findings)
    if refused or not report.recognised:
        raise UnwritableError(tuple(refused or report.findings))
