"""Reads a return from NOEMIE entities: order, counts and totals verified, every finding with the entity's rank."""

from collections.abc import Iterator
from dataclasses import field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from vaguemestre.core.bounded import DEFAULT_LIMITS, Chunks, ReadingLimits
from vaguemestre.core.caresheet import Exemption, InsuranceNature, Majoration
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.noemie.codec import read_entities
from vaguemestre.core.noemie.shape import (
    ComplementaryShare,
    InvoiceReturn,
    LineReturn,
    PaymentState,
    Rejection,
    Return,
)
from vaguemestre.core.noemie.writing import LINE_NUMBERS, adds_up, contradicts, sender_number
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import Record, filled, place_of
from vaguemestre.tables.noemie_order import FOLLOWS, RETURN_TYPE_PAPER, START

_Code = TypeVar("_Code", bound=StrEnum)
_Numbered = tuple[int, Record]
_FOLLOWS = {name: frozenset(after) for name, after in FOLLOWS.items()}
_ANY = frozenset(NOEMIE)
_EXEMPTIONS = {code.value: code for code in Exemption}
_MAJORATIONS = {code.value: code for code in Majoration}


def decode_return(
    data: bytes | Chunks, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[Return | None, tuple[Finding, ...]]:
    """One return and what is wrong with it; None when a finding of error level stands in its way (nothing of it may be posted).

    `data`: all the bytes, or chunks, plain or gzip. vgm:noemie-return.
    """
    found: list[Finding] = []
    entities: list[_Numbered] = []
    after = START
    for item in read_entities(data, limits, source):
        if isinstance(item, Finding):
            found.append(item)
            continue
        rank, record = item
        if record.name not in _FOLLOWS.get(after, _ANY):  # after an entity that is none of ours, anything may come
            found.append(finding("B062", Place(source, rank), found=record.name, after=after or "-"))
            if after == START or len(found) >= limits.faults_max:
                break
        after = record.name
        entities.append(item)
    if not errors_in(found) and after != "999":
        found.append(finding("B063", Place(source, len(entities) or None)))
    if errors_in(found):
        return None, tuple(found)
    parts = _Parts.of(entities)
    try:
        answer = _return(parts)
    except _UnreadableError as error:
        return None, (*found, error.finding(parts, source))
    found += _verify(answer, parts, source)
    return (None if errors_in(found) else answer), tuple(found)


@dataclass(slots=True)
class _InvoiceParts:
    """The entities of one invoice, and the lot they stand in."""

    lot: Record
    head: _Numbered
    by_name: dict[str, list[Record]] = field(default_factory=dict)
    rejections: list[tuple[Record, str]] = field(default_factory=list)  # 294, and the text of its 295


@dataclass(slots=True)
class _Parts:
    """The entities of a return, sorted by what they are about."""

    frame: dict[str, _Numbered] = field(default_factory=dict)
    invoices: list[_InvoiceParts] = field(default_factory=list)
    lots: int = 0
    all: list[_Numbered] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The rank of the last entity."""
        return self.all[-1][0]

    def rank_of(self, wanted: Record) -> int:
        """Where an entity stands in the stream."""
        return next(rank for rank, record in self.all if record is wanted)

    @classmethod
    def of(cls, entities: list[_Numbered]) -> "_Parts":
        """Sort entities that are known to be in order."""
        parts = cls(all=entities)
        lot: Record | None = None
        for rank, record in entities:
            name = record.name
            if name == "080":
                lot, parts.lots = record, parts.lots + 1
            elif name == "102" and lot is not None:
                parts.invoices.append(_InvoiceParts(lot, (rank, record)))
            elif name == "294":
                parts.invoices[-1].rejections.append((record, ""))
            elif name == "295":
                rejection, _ = parts.invoices[-1].rejections[-1]
                parts.invoices[-1].rejections[-1] = (rejection, record.text("comment"))
            elif name in ("103", "150", "198", "199", "210"):
                parts.invoices[-1].by_name.setdefault(name, []).append(record)
            else:
                parts.frame[name] = (rank, record)
        return parts


class _UnreadableError(Exception):
    """A code or a date that is none of ours, in one field; it becomes a finding at once and never leaves this module."""

    def __init__(self, record: Record, name: str) -> None:
        super().__init__(name)
        self._record, self._name = record, name

    def finding(self, parts: _Parts, source: str) -> Finding:
        entry = self._record.plan.layout.by_name[self._name]
        place = place_of(entry, parts.rank_of(self._record), source)
        found = str(self._record.raw(self._name), "latin-1").strip()
        return finding("B067", place, field=entry.field_id, label=entry.label_fr, found=found)


def _return(parts: _Parts) -> Return:
    """The values of a return whose entities stand in order. Raises _UnreadableError."""
    head, transfer = parts.frame["000"][1], parts.frame["071"][1]
    fund = transfer.text("paying_body")
    if len(fund) != 9 or not fund.isdigit():
        raise _UnreadableError(transfer, "paying_body")
    return Return(
        fund=Destination.from_code(fund),
        payee=parts.frame["040"][1].text("payment_recipient_number")[-9:],
        identifier=head.text("file_identifier"),
        created_on=_day(head, "creation_date"),
        accounting_date=_day(transfer, "accounting_or_transfer_date"),
        invoices=tuple(_invoice(invoice) for invoice in parts.invoices),
        transfer_label=transfer.text("transfer_label_1"),
        transfer_label_2=transfer.text("transfer_label_2"),
        paper=parts.frame["081"][1].text("return_type_code") == RETURN_TYPE_PAPER,
    )


def _invoice(parts: _InvoiceParts) -> InvoiceReturn:
    """Raises _UnreadableError for a letter or a date that is none of ours."""
    head, person, amounts = parts.head[1], parts.by_name["103"][0], parts.by_name["198"][0]
    shares = [
        ComplementaryShare(record.number("amc_requested"), filled(record.text("amc_number")))
        for record in parts.by_name.get("199", ())
    ]
    beneficiary_nir = person.text("beneficiary_nir")
    made_on = head["invoice_date"]
    return InvoiceReturn(
        invoice_number=head.text("invoice_number"),
        lot_date=_day(parts.lot, "lot_date"),
        lot_number=int(parts.lot.text("lot_number")),
        made_on=made_on if isinstance(made_on, date) else None,
        nature=_code(head, "insurance_nature", InsuranceNature),
        insured_nir=person.text("insured_nir"),
        insured_nir_key=person.text("insured_nir_key"),
        birth_aammjj=person.text("birth_date"),
        birth_rank=person.number("birth_rank"),
        requested_cents=amounts.number("amo_requested"),
        state=_code(amounts, "amo_state", PaymentState),
        paid_cents=_signed(amounts, "amo_paid", "amo_paid_sign"),
        lines=tuple(_lines(parts.by_name.get("210", []))),
        rejections=tuple(_rejection(record, comment) for record, comment in parts.rejections),
        complementary=shares[0] if shares else None,
        beneficiary_nir=beneficiary_nir,
        beneficiary_nir_key=person.text("beneficiary_nir_key") if beneficiary_nir else "",
    )


def _lines(records: list[Record]) -> Iterator[LineReturn]:
    last = 0
    for record in records:
        number = record.number("line_number")
        while number <= last:
            number += LINE_NUMBERS
        last = number
        coefficient = record["coefficient"]
        yield LineReturn(
            number=number,
            code=record.text("act_nature"),
            performed_on=_day(record, "care_or_start_date"),
            quantity=record.number("quantity"),
            coefficient=coefficient if isinstance(coefficient, Decimal) else Decimal(0),
            act_count=record.number("act_count"),
            unit_price_cents=record.number("unit_price"),
            base_cents=record.number("reimbursement_base"),
            rate_percent=record.number("reimbursement_rate"),
            paid_cents=_signed(record, "amount_reimbursed", "sign"),
            charged_cents=record.number("charge_total"),
            complementary_cents=record.number("complementary_amount"),
            majoration=_MAJORATIONS.get(record.text("act_nature_complement"), Majoration.NONE),
            exemption=_EXEMPTIONS.get(record.text("copay_exemption_code"), Exemption.NONE),
        )


def _rejection(record: Record, comment: str) -> Rejection:
    care_date = record["care_date"]
    return Rejection(
        code=record.text("rejection_code"),
        label=record.text("rejection_label"),
        line=record.number("line_number"),
        field=record.text("rejection_extra"),
        next_step=comment,
        act_code=record.text("act_nature"),
        care_date=care_date if isinstance(care_date, date) else None,
        performer_number=filled(record.text("performer_number")),
    )


def _verify(answer: Return, parts: _Parts, source: str) -> Iterator[Finding]:
    """States, sums, counts and totals; both ends of the stream. noemie:198, noemie:990."""
    for invoice, raw in zip(answer.invoices, parts.invoices, strict=True):
        place = Place(source, raw.head[0])
        if contradicts(invoice):
            yield finding("B066", place, found=invoice.state.value, paid=invoice.paid_cents)
        if not adds_up(invoice):
            lines = sum(line.paid_cents for line in invoice.lines)
            yield finding("B064", place, field="[198:15]", found=invoice.paid_cents, expected=lines)
    closing, end = parts.frame["990"], parts.frame["999"]
    totals = ((closing, "lower_level_total", "sign"), (end, "file_total", "file_total_sign"))
    for (rank, record), name, sign in totals:
        said = _signed(record, name, sign)
        if said != answer.paid_cents:
            entry = record.plan.layout.by_name[name]
            place = place_of(entry, rank, source)
            yield finding("B064", place, field=entry.field_id, found=said, expected=answer.paid_cents)
    counts = (
        (closing, "lower_level_count", len(answer.invoices)),
        (end, "record_count", parts.last),
        (end, "lot_count", parts.lots),
    )
    for (rank, record), name, expected in counts:
        if record.number(name) != expected:
            entry = record.plan.layout.by_name[name]
            place = place_of(entry, rank, source)
            yield finding("B065", place, field=entry.field_id, found=record.number(name), expected=expected)
    yield from _same_ends(answer, parts, source)


def _same_ends(answer: Return, parts: _Parts, source: str) -> Iterator[Finding]:
    """000 and 999 name the same sender, recipient and file; the sender is the fund that pays."""
    head, (rank, end) = parts.frame["000"][1], parts.frame["999"]
    for name in ("sender_number", "recipient_number", "file_identifier"):
        entry = end.plan.layout.by_name[name]
        if head.raw(name) != end.raw(name):
            yield finding("B043", place_of(entry, rank, source), field=entry.field_id, label=entry.label_fr)
    told = head.plan.layout.by_name["sender_number"]
    if head.text("sender_number") != sender_number(answer):
        yield finding("B043", place_of(told, 1, source), field=told.field_id, label=told.label_fr)


def _signed(record: Record, name: str, sign: str) -> int:
    cents = record.number(name)
    return -cents if record.text(sign) == "N" else cents


def _day(record: Record, name: str) -> date:
    value = record[name]
    if not isinstance(value, date):
        raise _UnreadableError(record, name)
    return value


def _code(record: Record, name: str, codes: type[_Code]) -> _Code:
    try:
        return codes(record.text(name))
    except ValueError:
        raise _UnreadableError(record, name) from None
