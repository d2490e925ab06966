"""What a return says, as plain data: what was asked, what is paid, why not, and what to do next, invoice by invoice."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from vaguemestre.core.b2.assembly import act_nature
from vaguemestre.core.caresheet import Exemption, InsuranceNature, Majoration, SheetLine
from vaguemestre.core.findings import Finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.labels import wire_label, wire_next_step
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import plain_text

LABEL_LENGTH = NOEMIE["294"].by_name["rejection_label"].length
EXTRA_LENGTH = NOEMIE["294"].by_name["rejection_extra"].length
COMMENT_LENGTH = NOEMIE["295"].by_name["comment"].length
NATURE_LENGTH = NOEMIE["210"].by_name["act_nature"].length


class PaymentState(StrEnum):
    """État de paiement, noemie:198."""

    PAID = "P"  # in full or in part
    REJECTED = "R"
    DEFERRED = "D"


@dataclass(frozen=True, slots=True)
class LineReturn:
    """One act line as decided. `code` is at most three letters (noemie:210): `number` names the line. Amounts in cents.

    `paid_cents` is what the fund pays for the line (negative: takes back).
    """

    number: int
    code: str
    performed_on: date
    quantity: int
    coefficient: Decimal
    act_count: int
    unit_price_cents: int
    base_cents: int
    rate_percent: int
    paid_cents: int
    charged_cents: int
    complementary_cents: int = 0
    majoration: Majoration = Majoration.NONE
    exemption: Exemption = Exemption.NONE


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reason: our 4-character finding code, its label, the act line (0 = the whole invoice), the field, what to do next.

    Texts are in capitals without accent: `label` at most 86 characters, `field` 30, `next_step` 128. noemie:294, noemie:295.
    """

    code: str
    label: str
    line: int = 0
    field: str = ""
    next_step: str = ""
    act_code: str = ""
    care_date: date | None = None
    performer_number: str = ""


@dataclass(frozen=True, slots=True)
class ComplementaryShare:
    """What the complementary insurer owes: shown, never paid by this fund. noemie:199."""

    due_cents: int
    body: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceReturn:
    """One invoice of one lot: the fund's share asked, its state, what is paid (negative: taken back). Cents.

    `birth_aammjj` as B2 writes it.
    """

    invoice_number: str
    lot_date: date
    lot_number: int
    made_on: date | None
    nature: InsuranceNature
    insured_nir: str
    insured_nir_key: str
    birth_aammjj: str
    birth_rank: int
    requested_cents: int
    state: PaymentState
    paid_cents: int
    lines: tuple[LineReturn, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    complementary: ComplementaryShare | None = None
    beneficiary_nir: str = ""
    beneficiary_nir_key: str = ""


class ReturnIdentity(NamedTuple):
    """What names a return: the same identity read twice is one return, posted once."""

    fund: str  # Destination.code
    payee: str
    accounting_date: date
    identifier: str


@dataclass(frozen=True, slots=True)
class Return:
    """One return of one fund to one payee (billing number). `identifier`: 6 capitals or digits, new for each return of a day.

    `paper`: it is about sheets that came on paper (noemie:081).
    """

    fund: Destination
    payee: str
    identifier: str
    created_on: date
    accounting_date: date
    invoices: tuple[InvoiceReturn, ...]
    transfer_label: str = ""
    transfer_label_2: str = ""
    paper: bool = False

    @property
    def identity(self) -> ReturnIdentity:
        return ReturnIdentity(self.fund.code, self.payee, self.accounting_date, self.identifier)

    @property
    def paid_cents(self) -> int:
        """The amount of the transfer."""
        return sum(invoice.paid_cents for invoice in self.invoices)


def line_return(line: SheetLine, paid_cents: int) -> LineReturn:
    """A sheet's line with what the fund pays for it, in cents."""
    return LineReturn(
        number=line.number,
        code=act_nature(line)[:NATURE_LENGTH],
        performed_on=line.performed_on,
        quantity=line.quantity,
        coefficient=line.coefficient,
        act_count=line.act_count,
        unit_price_cents=line.unit_price_cents,
        base_cents=line.base_cents,
        rate_percent=line.rate_percent,
        paid_cents=paid_cents,
        charged_cents=line.charged_cents,
        complementary_cents=line.complementary_cents,
        majoration=line.majoration,
        exemption=line.exemption,
    )


def rejection_from_finding(item: Finding, line: SheetLine | None = None, performer_number: str = "") -> Rejection:
    """The rejection that a finding is: its code, label, place and the practice's next step (`core.wire.labels`).

    `line`: the act line it is about, None for the whole invoice.
    """
    return Rejection(
        code=item.code.code,
        label=wire_label(item, LABEL_LENGTH),
        line=line.number if line else 0,
        field=plain_text(item.place.field, EXTRA_LENGTH),
        next_step=wire_next_step(item, COMMENT_LENGTH),
        act_code=act_nature(line) if line else "",
        care_date=line.performed_on if line else None,
        performer_number=performer_number,
    )
