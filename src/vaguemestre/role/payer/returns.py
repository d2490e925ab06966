"""What a return says of decided sheets: composed from decisions and payments, the same each time for the same sheets."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.decision import Motive, Outcome
from vaguemestre.core.payer.intake import SettledSheet, StoredSheet
from vaguemestre.core.returns import (
    ComplementaryShare,
    InvoiceReturn,
    PaymentState,
    Rejection,
    Return,
    line_return,
    rejection_from_finding,
)
from vaguemestre.core.seal.lotmessage import AnsweredLot
from vaguemestre.role.payer.unit import Unit

_IDENTIFIERS: Final = 1_000_000
_NO_LOT: Final = 1


class Told(NamedTuple):
    """One sheet and what became of it."""

    stored: StoredSheet
    settled: SettledSheet


def told_of(unit: Unit, numbers: Sequence[int]) -> list[Told]:
    """These sheets with their decisions and payments, oldest first; those without a decision are left out."""
    decided = unit.decisions.of(numbers)
    return [Told(stored, decided[stored.id]) for stored in unit.sheets.sheets(numbers) if stored.id in decided]


def make_return(fund: Destination, payee: str, number: int, day: date, told: Sequence[Told]) -> Return:
    """The return number `number` of a fund to a payee. Made again with the same arguments it is the same return.

    `told` are electronic sheets, or paper ones, never both (vgm:paper-answer).
    """
    return Return(
        fund=fund,
        payee=payee,
        identifier=f"{number % _IDENTIFIERS:06d}",
        created_on=day,
        accounting_date=day,
        invoices=tuple(_invoice(item.stored, item.settled) for item in told),
        transfer_label=f"VIREMENT {fund.code} {payee}",
        paper=all(item.stored.key.is_paper for item in told),
    )


def lots_of(told: Sequence[Told]) -> tuple[AnsweredLot, ...]:
    """The lots that a return speaks of, each once."""
    lots = (
        AnsweredLot(
            item.billing_number,
            Destination.from_code(item.lot_fund),
            item.lot_made_on,
            item.lot_number,
            item.lot_digest,
        )
        for _, item in told
        if item.lot_made_on is not None
    )
    return tuple(dict.fromkeys(lots))


def _invoice(stored: StoredSheet, item: SettledSheet) -> InvoiceReturn:
    """One invoice of a return: what was asked, what is paid, why not all of it."""
    sheet, decision = stored.sheet, item.decision
    who = sheet.beneficiary
    lines = [
        line_return(line, granted.accepted_cents) for line, granted in zip(sheet.lines, decision.lines, strict=True)
    ]
    due = sheet.complementary_cents
    return InvoiceReturn(
        invoice_number=stored.key.told_number,
        lot_date=item.lot_made_on or stored.received_on,
        lot_number=item.lot_number or _NO_LOT,
        made_on=min(line.performed_on for line in sheet.lines) if stored.carried else sheet.identity.made_on,
        nature=sheet.cover.nature,
        insured_nir=who.insured_nir,
        insured_nir_key=who.insured_nir_key,
        birth_aammjj=who.birth_date.b2(),
        birth_rank=who.birth_rank,
        requested_cents=decision.claimed_cents,
        state=PaymentState.REJECTED if decision.outcome is Outcome.REJECTED else PaymentState.PAID,
        paid_cents=item.paid_cents,
        lines=tuple(lines),
        rejections=tuple(_rejection(stored, entry) for entry in decision.motives),
        complementary=ComplementaryShare(due, sheet.complementary_body) if due else None,
        beneficiary_nir=who.nir,
        beneficiary_nir_key=who.nir_key,
    )


def _rejection(stored: StoredSheet, entry: Motive) -> Rejection:
    lines = stored.sheet.lines
    line = lines[entry.line - 1] if 0 < entry.line <= len(lines) else None
    return rejection_from_finding(entry.finding(str(stored.key)), line, stored.sheet.performer.billing_number)
