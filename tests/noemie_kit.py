"""A sound return as plain values, for the tests to write and to change: one invoice of 27 April 2022, paid."""

from datetime import date
from decimal import Decimal

from vaguemestre.core.caresheet import InsuranceNature
from vaguemestre.core.noemie.shape import InvoiceReturn, LineReturn, PaymentState, Return
from vaguemestre.core.parties import Destination

DAY = date(2022, 4, 27)
CARE = LineReturn(1, "G", DAY, 1, Decimal(1), 1, 2500, 2500, 70, 1750, 2500)
PAID = InvoiceReturn(
    invoice_number="221170001",
    lot_date=DAY,
    lot_number=1,
    made_on=DAY,
    nature=InsuranceNature.ILLNESS,
    insured_nir="2580427123456",
    insured_nir_key="07",
    birth_aammjj="580427",
    birth_rank=1,
    requested_cents=1750,
    state=PaymentState.PAID,
    paid_cents=1750,
    lines=(CARE,),
)
ANSWER = Return(Destination("01", "751"), "291991107", "R00001", DAY, date(2022, 5, 5), (PAID,))
