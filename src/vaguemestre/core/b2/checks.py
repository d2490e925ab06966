"""What the records of one invoice, one lot or one file must say of each other: keys, counts and totals.

Each check yields findings; the visible lists `INVOICE_CHECKS` and `LOT_CHECKS` are their order. A part that lost records on the
way is not added up: the loss itself is the finding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from typing import TypeVar

from vaguemestre.core.b2.codec import B2_RECORDS
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import B2
from vaguemestre.core.wire.records import Record, place_of
from vaguemestre.tables.b2_order import COMPLEMENTS, LINE_RECORDS, LINES_MAX, REPEATS_MAX

_Item = TypeVar("_Item")
Numbered = tuple[int, Record]
"""A record and its rank in the file."""

DEVIANTS_MAX = 1000
"""Invoices of another issuer or fund that one lot names one by one."""
_RANKED = frozenset(name for name, layout in B2.items() if "beneficiary_rank" in layout.by_name)
_SEQUENCED = frozenset(name for name, layout in B2.items() if "sequence_number" in layout.by_name)
_KEY = ("provider_number", "insured_nir", "insured_nir_key", "invoice_number")
_LINES = frozenset(LINE_RECORDS)
_COUNTED = frozenset((*LINE_RECORDS, *COMPLEMENTS))
_FEE_AMOUNTS = ("fee_total", "amount_payable_by_fund", "amount_payable_by_complementary")
_HOSPITAL_AMOUNTS = (
    "reimbursement_base",
    "amount_payable_by_fund",
    "amount_payable_by_complementary",
    "total_charge",
)


def invoice_key_is_one(records: Sequence[Numbered], source: str) -> Iterator[Finding]:
    """One provider, one insured person, one invoice number. b2:06-TF."""
    first = records[0][1]
    data = first.data
    provider, person, number = data[1:10], data[11:26], first.raw("invoice_number")
    for rank, record in records[1:]:
        other = record.data
        start = 29 if record.name in _RANKED else 26
        if other[1:10] == provider and other[11:26] == person and other[start : start + 9] == number:
            continue
        for name in _KEY:
            entry = record.plan.layout.by_name[name]
            if record.raw(name) != first.raw(name):
                yield finding("B023", place_of(entry, rank, source), field=entry.field_id, label=entry.label_fr)


def complements_are_numbered(records: Sequence[Numbered], source: str) -> Iterator[Finding]:
    """Sequence numbers count from 01 within one act, and repeats stay within their limit. b2:06-TF."""
    seen: dict[str, int] = {}
    for rank, record in records:
        name = record.name
        if name in _LINES:
            seen.clear()
            continue
        if name not in _SEQUENCED:
            continue
        expected = seen[name] = seen.get(name, 0) + 1
        if name in REPEATS_MAX and expected == REPEATS_MAX[name] + 1:
            yield finding("B021", Place(source, rank), found=name, expected=REPEATS_MAX[name])
        found = record.number("sequence_number")
        if found != expected:
            entry = record.plan.layout.by_name["sequence_number"]
            yield finding("B024", place_of(entry, rank, source), found=found, expected=expected)


def lines_are_counted(records: Sequence[Numbered], source: str) -> Iterator[Finding]:
    """1 to 999 lines, and the count of record 5. b2:0539."""
    names = [record.name for _, record in records]
    lines = sum([name in _LINES for name in names])
    if not 1 <= lines <= LINES_MAX:
        yield finding("B022", Place(source, records[0][0]), found=lines, expected=LINES_MAX)
    rank, end = records[-1]
    counted = sum([name in _COUNTED for name in names])
    found = end.number("line_record_count")
    if found != counted:
        entry = end.plan.layout.by_name["line_record_count"]
        yield finding("B025", place_of(entry, rank, source), found=found, expected=counted)


def totals_add_up(records: Sequence[Numbered], source: str) -> Iterator[Finding]:
    """The totals of record 5 are the sums of the lines. b2:0542 to b2:05115."""
    rank, end = records[-1]
    totals = invoice_totals([record for _, record in records])
    for (name, expected), found in zip(totals.items(), end.numbers(totals), strict=True):
        if found != expected:
            entry = end.plan.layout.by_name[name]
            yield finding(
                "B026",
                place_of(entry, rank, source),
                field=entry.field_id,
                label=entry.label_fr,
                found=found,
                expected=expected,
            )


def invoice_totals(records: Iterable[Record]) -> dict[str, int]:
    """What record 5 must say, by field name, in cents, from the lines 3 and 4."""
    base, hospital_fund, hospital_complementary, hospital_charge = 0, 0, 0, 0
    fees, fees_fund, fees_complementary = 0, 0, 0
    for record in records:
        name = record.name
        if name == "4":
            fee, fund, complementary = record.numbers(_FEE_AMOUNTS)
            fees += fee
            fees_fund += fund
            fees_complementary += complementary
        elif name == "3":
            own, fund, complementary, charge = record.numbers(_HOSPITAL_AMOUNTS)
            base += own
            hospital_fund += fund
            hospital_complementary += complementary
            hospital_charge += charge
    return {
        "total_hospital_base": base,
        "total_hospital_fund": hospital_fund,
        "total_fees": fees,
        "total_fees_fund": fees_fund,
        "total_patient_share": hospital_charge - hospital_fund + fees - fees_fund,
        "total_hospital_complementary": hospital_complementary,
        "total_fees_complementary": fees_complementary,
        "total_hospital_charge": hospital_charge,
    }


INVOICE_CHECKS: tuple[Callable[[Sequence[Numbered], str], Iterator[Finding]], ...] = (
    invoice_key_is_one,
    complements_are_numbered,
    lines_are_counted,
    totals_add_up,
)


@dataclass(slots=True)
class LotTally:
    """What is known of the lot that is being read: its head and running sums (cents), never its invoices.

    `strange_providers` and `strange_funds`: ranks (and fund codes) of invoices that are not the head's, the first
    `DEVIANTS_MAX` of them; `left_out` counts the others.
    """

    head: Record | None
    first: int
    tail: Record | None = None
    tail_rank: int = 0
    invoice_count: int = 0
    type3_count: int = 0
    charged_cents: int = 0
    fund_cents: int = 0
    strange_providers: list[int] = field(default_factory=list)
    strange_funds: list[tuple[int, str]] = field(default_factory=list)
    left_out: int = 0

    def take(self, records: Sequence[Record], first: int) -> None:
        """Add one invoice whose first record has rank `first`."""
        start, end = records[0], records[-1]
        self.invoice_count += 1
        for record in records:
            if record.data[:1] == b"3":
                self.type3_count += 1
        if end.name == "5":
            charged, fund = end_totals(end.data)
            self.charged_cents += charged
            self.fund_cents += fund
        if self.head is None:
            return
        if start.data[1:10] != self.head.data[1:10]:
            self._keep(self.strange_providers, first)
        if start.name == "2" and start.data[50:53] != self.head.data[16:19]:
            self._keep(self.strange_funds, (first, start.text("fund_code")))

    def _keep(self, deviants: list[_Item], item: _Item) -> None:
        if len(deviants) < DEVIANTS_MAX:
            deviants.append(item)
        else:
            self.left_out += 1

    def totals(self) -> dict[str, int]:
        """What record 6 must say, by field name. vgm:b2-lot-totals."""
        return {
            "invoice_count": self.invoice_count,
            "type3_count": self.type3_count,
            "total_amount_1": self.charged_cents,
            "total_amount_2": self.fund_cents,
        }


def provider_is_one(lot: LotTally, source: str) -> Iterator[Finding]:
    """A lot has one billing number. b2file:1."""
    for rank in lot.strange_providers:
        yield finding("B030", place_of(B2["2"].by_name["provider_number"], rank, source))
    ends = [end.raw("provider_number") for end in (lot.head, lot.tail) if end is not None]
    if len(set(ends)) > 1:
        yield finding("B030", place_of(B2["6"].by_name["provider_number"], lot.tail_rank, source))


def fund_is_one(lot: LotTally, source: str) -> Iterator[Finding]:
    """A lot goes to one fund. b2file:1."""
    if lot.head is not None:
        own = lot.head.text("recipient_fund")
        for rank, found in lot.strange_funds:
            yield finding("B035", place_of(B2["2"].by_name["fund_code"], rank, source), found=found, expected=own)


def tail_tells_the_truth(lot: LotTally, source: str) -> Iterator[Finding]:
    """The lot number, counts and totals of record 6. b2file:6, vgm:b2-lot-totals."""
    tail = lot.tail
    if tail is None:
        return
    fields = tail.plan.layout.by_name

    def lie(code: str, name: str, found: object, expected: object) -> Finding:
        place = place_of(fields[name], lot.tail_rank, source)
        return finding(code, place, field=fields[name].field_id, found=found, expected=expected)

    if lot.head is not None and lot.head.raw("lot_number") != tail.raw("lot_number"):
        yield lie("B034", "lot_number", tail.text("lot_number"), lot.head.text("lot_number"))
    truth = lot.totals()
    for code, name in (("B031", "invoice_count"), ("B032", "type3_count"), ("B033", "total_amount_1")):
        if tail.number(name) != truth[name]:
            yield lie(code, name, tail.number(name), truth[name])
    second = tail.number("total_amount_2")
    if second not in (truth["total_amount_2"], truth["total_amount_1"]):
        yield lie("B033", "total_amount_2", second, truth["total_amount_2"])


LOT_CHECKS: tuple[Callable[[LotTally, str], Iterator[Finding]], ...] = (
    provider_is_one,
    fund_is_one,
    tail_tells_the_truth,
)
_END = B2_RECORDS.plans["5"]


def lot_totals(invoices: Iterable[bytes]) -> dict[str, int]:
    """What record 6 must say, by field name, from the bytes of each invoice (its last record is the 5). vgm:b2-lot-totals."""
    tally = LotTally(None, 0)
    for data in invoices:
        end = data[-128:]
        tally.invoice_count += 1
        tally.type3_count += data[0::128].count(b"3")
        if end[:1] == b"5":
            charged, fund = end_totals(end)
            tally.charged_cents += charged
            tally.fund_cents += fund
    return tally.totals()


def end_totals(end: bytes) -> tuple[int, int]:
    """What a record 5 says was charged, and the funds' share of it, in cents."""
    return (
        _cents(end, "total_hospital_charge") + _cents(end, "total_fees"),
        _cents(end, "total_hospital_fund") + _cents(end, "total_fees_fund"),
    )


def _cents(end: bytes, name: str) -> int:
    value = _END.value(end, name)
    return value if isinstance(value, int) else 0


def invoice_findings(invoice: Invoice, source: str) -> list[Finding]:
    """All checks of one complete invoice."""
    records = list(enumerate(invoice.records, start=invoice.first))
    return [item for check in INVOICE_CHECKS for item in check(records, source)]
