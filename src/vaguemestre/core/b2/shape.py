"""The parts of a B2 file as read: file, lot, invoice, each with its records and what is wrong with it."""

from dataclasses import field

from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice, records 2 to 5. `first` is the rank of its first record in the file (1-based).

    `whole`: it begins with a 2, ends with a 5, is in order, and nothing of it was lost on the way: it can be added up.
    """

    records: tuple[Record, ...]
    first: int
    findings: tuple[Finding, ...] = ()
    whole: bool = True

    @property
    def number(self) -> str:
        """The 9-digit invoice number, b2:0230."""
        return self.records[0].text("invoice_number")

    @property
    def billing_number(self) -> str:
        return self.records[0].text("provider_number")

    @property
    def data(self) -> bytes:
        """The records' bytes, one after the other: what a sheet's signature covers."""
        return b"".join(record.data for record in self.records)

    @property
    def sound(self) -> bool:
        """Whether nothing refuses it."""
        return all(item.level is not Level.ERROR for item in self.findings)


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot: head (record 1), invoices, tail (record 6). `findings` are its own, not its invoices'."""

    head: Record | None
    invoices: tuple[Invoice, ...]
    tail: Record | None
    first: int
    findings: tuple[Finding, ...] = ()

    @property
    def number(self) -> str:
        """The 3-digit lot number, "" without a head. b2file:1."""
        return self.head.text("lot_number") if self.head else ""

    @property
    def billing_number(self) -> str:
        return self.head.text("provider_number") if self.head else ""

    @property
    def sound(self) -> bool:
        """Whether nothing refuses it as a whole; its invoices are judged one by one."""
        return all(item.level is not Level.ERROR for item in self.findings)


@dataclass(frozen=True, slots=True)
class B2File:
    """A whole file. `findings` are its own, neither its lots' nor its invoices'."""

    header: Record | None
    lots: tuple[Lot, ...]
    trailer: Record | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        return tuple(invoice for lot in self.lots for invoice in lot.invoices)

    @property
    def complete(self) -> bool:
        """Whether it begins and ends as a file, and each lot as a lot: nothing of it was cut off."""
        return None not in (self.header, self.trailer, *(end for lot in self.lots for end in (lot.head, lot.tail)))

    @property
    def sound(self) -> bool:
        """Whether nothing refuses it as a whole."""
        return all(item.level is not Level.ERROR for item in self.findings)
