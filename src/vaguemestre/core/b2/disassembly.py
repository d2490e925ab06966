"""One B2 invoice back into a care sheet, with the signed header's items where B2 carries less than the sheet.

Invoices of other software have no header: what B2 does not say takes the least assuming value, and the identity is that of a
carried invoice (vgm:carried-identity).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from vaguemestre.core.b2.assembly import (
    ENTITLEMENT_PROOF,
    MODIFIERS_MAX,
    PAYMENT_RECIPIENT,
    SOLIDARITY_CONTRACT,
    TEETH_MAX,
    HeaderItem,
)
from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.caresheet import (
    Beneficiary,
    BirthDate,
    CarePathway,
    CareSheet,
    CcamDetail,
    ChargeQualifier,
    Cover,
    Exemption,
    InsuranceNature,
    Majoration,
    SecurityMode,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.findings import Finding, errors_in, finding
from vaguemestre.core.parties import Destination, Performer, PracticeMode, Prescriber, PrescriptionOrigin
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.records import Record, filled, place_of
from vaguemestre.tables.b2_order import LINES_MAX

_Code = TypeVar("_Code", bound=StrEnum)
_Numbered = tuple[int, Record]

_SECURITY = {proof: mode for mode, proof in ENTITLEMENT_PROOF.items()}
_SETTLEMENT = {code: settlement for settlement, code in PAYMENT_RECIPIENT.items()}
_HANDLED = frozenset(("4", "4S", "4E", "4M"))
_ONE_VALUE: dict[str, tuple[str, ...]] = {
    "4": (
        "performer_number",
        "performer_specialty",
        "prescriber_number",
        "prescription_origin",
        "prescriber_specialty",
    ),
    "4S": (
        "performer_practice_mode",
        "prescriber_practice_mode",
        "prior_approval_request_date",
        "ft_order_number",
        "equipment_number",
    ),
    "4E": ("prescriber_rpps", "performer_rpps", "performing_structure"),
}
"""Fields of the lines of which a sheet has one value only. mess9821497a:item-6, item-7, item-10, item-11."""
_LINE_NUMBERS = (
    "quantity", "act_count", "unit_price", "reimbursement_base", "reimbursement_rate", "amount_payable_by_fund", "fee_total",
    "amount_payable_by_complementary",
)  # fmt: skip


def carried_identity(billing_number: str, invoice_number: str, care_on: date) -> SheetIdentity:
    """The identity of an invoice made by other software: its own number, and its year of care. vgm:carried-identity.

    It never equals the identity of a sheet of ours, whatever that number.
    """
    return SheetIdentity(billing_number, date(care_on.year, 1, 1), 0, invoice_number)


def invoice_to_sheet(
    invoice: Invoice,
    identity: SheetIdentity | None = None,
    items: Mapping[str, HeaderItem] | None = None,
    source: str = "",
) -> tuple[CareSheet | None, tuple[Finding, ...]]:
    """The care sheet that an invoice is, and what is wrong; None when a finding of error level stands in its way.

    `identity` and `items`: those of the signed header (`assembly.header_items`); both None for a carried invoice. An invoice that
    is not sound gives its own findings back.
    """
    if not invoice.sound:
        return None, tuple(errors_in(invoice.findings))
    reader = _Reader(invoice, items or {}, source)
    sheet = reader.sheet(identity)
    return (None if errors_in(reader.findings) else sheet), tuple(reader.findings)


@dataclass(slots=True)
class _Line:
    """The records of one act."""

    act: _Numbered
    details: list[_Numbered] = field(default_factory=list)


class _Reader:
    """Reads one invoice; collects what is wrong instead of stopping."""

    def __init__(self, invoice: Invoice, items: Mapping[str, HeaderItem], source: str) -> None:
        self.findings: list[Finding] = []
        self._invoice, self._items, self._source = invoice, items, source
        self._of: dict[str, list[_Numbered]] = {name: [] for name in _ONE_VALUE}
        self._lines: list[_Line] = []
        self._last_number = 0
        self._group()

    def _group(self) -> None:
        for rank, record in enumerate(self._invoice.records[2:-1], start=self._invoice.first + 2):
            if (name := record.name) not in _HANDLED:
                place = place_of(record.plan.layout.fields[0], rank, self._source)
                self.findings.append(finding("B050", place, found=name))
                continue
            if name == "4":
                self._lines.append(_Line((rank, record)))
            elif name == "4M" and self._lines:
                self._lines[-1].details.append((rank, record))
            if name in self._of:
                self._of[name].append((rank, record))

    def sheet(self, identity: SheetIdentity | None) -> CareSheet | None:
        if self.findings or not self._lines:
            return None
        self._lines_agree()
        head, second = self._invoice.records[0], self._invoice.records[1]
        rank = self._invoice.first
        lines = tuple(self._line(number, line) for number, line in enumerate(self._lines, start=1))
        last = max(line.performed_on for line in lines)
        performer, prescriber = self._people()
        complement = self._of["4S"][0][1]
        proof = head.text("entitlement_proof_nature")
        return CareSheet(
            identity=self._identity(identity, head, min(line.performed_on for line in lines)),
            destination=Destination(head.text("scheme_code"), head.text("fund_code"), head.text("centre_code")),
            beneficiary=self._beneficiary(head, second, last),
            performer=performer,
            structure_number=self._of["4E"][0][1].text("performing_structure") if self._of["4E"] else "",
            prescriber=prescriber,
            cover=self._cover(head),
            lines=lines,
            prior_approval_requested_on=_date(complement["prior_approval_request_date"]),
            imaging_serial=self._text("imaging_serial", complement.text("ft_order_number").lstrip("0")),
            imaging_device=self._text("imaging_device", complement.text("equipment_number").lstrip("0")),
            settlement=_SETTLEMENT.get(second.text("payment_recipient"))
            or self._unknown(rank + 1, second, "payment_recipient", _SETTLEMENT["00"]),
            complementary_body=head.text("complementary_body_number"),
            complementary_billed=head.text("split_flag") == "F",
            completed_on=self._day("completed_on") or last,
            pathway=self._code(rank + 1, second, "care_pathway_indicator", CarePathway, CarePathway.EXCLUDED),
            attending_doctor_declared={"O": True, "N": False}.get(second.text("attending_doctor_declared_flag")),
            mode=_SECURITY.get(proof, SecurityMode.DEGRADED),
            card_serial=self._text("card_serial"),
            replaces=self._replaces(),
            currency=self._text("currency", "EUR"),
        )

    # --- parts ---

    def _lines_agree(self) -> None:
        for name, records in self._of.items():
            first = records[0][1] if records else None
            for rank, record in records[1:]:
                if first is None or record.data[26:] == first.data[26:]:
                    continue
                for one in _ONE_VALUE[name]:
                    if record.raw(one) != first.raw(one):
                        self._report("B052", rank, record, one)

    def _identity(self, identity: SheetIdentity | None, head: Record, care_on: date) -> SheetIdentity:
        if identity is None:
            return carried_identity(head.text("provider_number"), head.text("invoice_number"), care_on)
        for name, said in (("provider_number", identity.billing_number), ("invoice_number", identity.invoice_number)):
            if head.text(name) != said:
                self._report("B053", self._invoice.first, head, name, found=head.text(name), expected=said)
        return identity

    def _beneficiary(self, head: Record, second: Record, last: date) -> Beneficiary:
        written = head.text("birth_date")
        birth = _latest_birth(written, last)
        said = self._items.get("birth_date")
        if said is not None:
            try:
                birth = BirthDate.from_iso(str(said))
            except ValueError:
                self._unreadable("birth_date")
            if birth.b2() != written:
                self._report("B053", self._invoice.first, head, "birth_date", found=written, expected=birth.b2())
        nir = second.text("beneficiary_nir")
        return Beneficiary(
            insured_nir=head.text("insured_nir"),
            insured_nir_key=head.text("insured_nir_key"),
            birth_date=birth,
            birth_rank=head.number("birth_rank"),
            nir=nir,
            nir_key=second.text("beneficiary_nir_key") if nir else "",
        )

    def _people(self) -> tuple[Performer, Prescriber | None]:
        rank, act = self._of["4"][0]
        mode_rank, complement = self._of["4S"][0]
        identities = self._of["4E"][0][1] if self._of["4E"] else None
        number = act.text("performer_number")
        performer = Performer(
            rpps=filled(identities.text("performer_rpps")) if identities else "",
            billing_number=number,
            specialty=filled(act.text("performer_specialty")),
            mode=self._code(mode_rank, complement, "performer_practice_mode", PracticeMode, PracticeMode.LIBERAL),
        )
        rpps = filled(identities.text("prescriber_rpps")) if identities else ""
        theirs = filled(act.text("prescriber_number"))
        if not rpps and theirs in ("", number) and "prescribed_on" not in self._items:
            return performer, None
        return performer, Prescriber(
            rpps=rpps,
            billing_number=theirs,
            prescribed_on_iso=self._text("prescribed_on"),
            mode=self._code(mode_rank, complement, "prescriber_practice_mode", PracticeMode, PracticeMode.LIBERAL),
            specialty=filled(act.text("prescriber_specialty")),
            origin=self._code(rank, act, "prescription_origin", PrescriptionOrigin, PrescriptionOrigin.NONE),
        )

    def _cover(self, head: Record) -> Cover:
        rank = self._invoice.first
        nature = self._code(rank, head, "insurance_nature", InsuranceNature, InsuranceNature.ILLNESS)
        written = filled(head.text("work_accident_number"))
        day = _accident_day(written)
        at_work = nature is InsuranceNature.WORK_ACCIDENT
        return Cover(
            nature=nature,
            exemption=self._code(rank, head, "copay_exemption_code", Exemption, Exemption.NONE),
            third_party_accident_on=self._day("third_party_accident_on") or (None if at_work else day),
            prevention_action=bool(self._items.get("prevention_action", False)),
            pregnancy_presumed_on=self._day("pregnancy_presumed_on"),
            delivery_on=self._day("delivery_on"),
            work_accident_number=self._text("work_accident_number", written if at_work and day is None else ""),
            work_accident_on=self._day("work_accident_on") or (day if at_work else None),
            local_scheme=bool(
                self._items.get("local_scheme", nature is InsuranceNature.ILLNESS_LOCAL_SCHEME and not self._items)
            ),
            solidarity=head.text("complementary_contract_type") == SOLIDARITY_CONTRACT,
        )

    def _line(self, number: int, line: _Line) -> SheetLine:
        rank, act = line.act
        written = str(act.raw("act_code"), "latin-1")
        majoration = _MAJORATIONS.get(written[4].strip())
        if majoration is None:
            self._report("B051", rank, act, "act_code", found=written[4])
        code = written[:4].rstrip()
        teeth: tuple[str, ...] = ()
        ccam: CcamDetail | None = None
        if line.details:
            code, teeth, ccam = self._ccam(line.details)
        coefficient = act["coefficient"]
        said = self._items.get(f"number:{number}", number)
        if type(said) is not int or not self._last_number < said <= LINES_MAX:
            self._unreadable(f"number:{number}")
            said = number
        self._last_number = said
        quantity, act_count, price, base, rate, fund, fees, complementary = act.numbers(_LINE_NUMBERS)
        return SheetLine(
            number=said,
            performed_on=_date(act["care_date"]) or date.min,
            code=code,
            majoration=majoration or Majoration.NONE,
            quantity=quantity,
            coefficient=coefficient if isinstance(coefficient, Decimal) else Decimal(0),
            act_count=act_count,
            unit_price_cents=price,
            base_cents=base,
            rate_percent=rate,
            fund_cents=fund,
            charged_cents=fees,
            complementary_cents=complementary,
            exemption=self._code(rank, act, "copay_exemption_code", Exemption, Exemption.NONE),
            qualifier=self._code(rank, act, "charge_qualifier", ChargeQualifier, ChargeQualifier.NORMAL),
            teeth=tuple(self._text(f"teeth:{number}").split()) or teeth,
            ccam=ccam,
        )

    def _ccam(self, details: Sequence[_Numbered]) -> tuple[str, tuple[str, ...], CcamDetail]:
        record = details[0][1]
        for other_rank, other in details[1:]:
            self._report("B052", other_rank, other, "ccam_code")  # several sessions of one act: not handled yet
        detail = CcamDetail(
            activity=record.text("activity_code"),
            phase=record.text("phase_code"),
            modifiers=tuple(_present(record, "modifier_", MODIFIERS_MAX)),
            association=record.text("association_code"),
            extension=record.text("documentary_extension"),
            conditional=record.text("conditional_reimbursement_flag"),
        )
        return record.text("ccam_code"), tuple(_present(record, "tooth_", TEETH_MAX)), detail

    def _replaces(self) -> SheetIdentity | None:
        said = self._items.get("replaces")
        if said is None:
            return None
        try:
            billing_number, made_on, serial = str(said).split("/")
            return SheetIdentity(billing_number, _iso_day(made_on), int(serial))
        except ValueError:
            self._unreadable("replaces")
            return None

    # --- one value ---

    def _text(self, item: str, otherwise: str = "") -> str:
        said = self._items.get(item)
        return otherwise if said is None else str(said)

    def _day(self, item: str) -> date | None:
        said = self._items.get(item)
        if said is None:
            return None
        try:
            return _iso_day(said)
        except ValueError:
            self._unreadable(item)
            return None

    def _code(self, rank: int, record: Record, name: str, codes: type[_Code], otherwise: _Code) -> _Code:
        known = _BY_VALUE[codes]
        value = record.text(name)
        found = known.get(value)
        if found is not None:
            return found  # type: ignore[return-value]
        if value:
            self._report("B051", rank, record, name, found=value)
        return otherwise

    def _unknown(self, rank: int, record: Record, name: str, otherwise: _Code) -> _Code:
        self._report("B051", rank, record, name, found=record.text(name))
        return otherwise

    def _unreadable(self, item: str) -> None:
        place = place_of(self._invoice.records[0].plan.layout.fields[0], self._invoice.first, self._source)
        self.findings.append(finding("B054", place, item=item))

    def _report(self, code: str, rank: int, record: Record, name: str, **values: object) -> None:
        entry = record.plan.layout.by_name[name]
        place = place_of(entry, rank, self._source)
        self.findings.append(finding(code, place, field=entry.field_id, label=entry.label_fr, **values))


_MAJORATIONS = {code.value: code for code in Majoration}
_BY_VALUE: dict[type[StrEnum], dict[str, StrEnum]] = {
    codes: {code.value: code for code in codes}
    for codes in (CarePathway, ChargeQualifier, Exemption, InsuranceNature, PracticeMode, PrescriptionOrigin)
}


def _present(record: Record, prefix: str, count: int) -> Iterator[str]:
    for rank in range(1, count + 1):
        value = record.text(f"{prefix}{rank}")
        if value:
            yield value


def _date(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _iso_day(said: HeaderItem) -> date:
    """Raises ValueError for anything but `2022-04-27`."""
    if not isinstance(said, str) or len(said) != 10:
        raise ValueError("not a day")
    return date.fromisoformat(said)


def _accident_day(written: str) -> date | None:
    """The date in [0286] when it holds one (000AAMMJJ); a number never starts with three zeros."""
    if not written.startswith("000"):
        return None
    year = int(written[3:5])
    try:
        return date(year + (1900 if year >= 70 else 2000), int(written[5:7]), int(written[7:9]))
    except ValueError:
        return None


def _latest_birth(written: str, not_after: date) -> BirthDate:
    """The century that makes the birth the latest one not after the care. vgm:two-digit-years."""
    month, day = int(written[2:4]), int(written[4:6])
    year = not_after.year - not_after.year % 100 + int(written[0:2])
    calendar_month = month if 1 <= month <= 12 else 1
    if (year, calendar_month, day) > (not_after.year, not_after.month, not_after.day):
        year -= 100
    return BirthDate(year, month, day)
