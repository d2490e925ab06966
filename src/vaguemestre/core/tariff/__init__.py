"""The tariff room: prices, rates and rules applied to a sheet, to the cent, with a trace. The numbers live in tables."""

from vaguemestre.core.tariff.book import Quote, Refusal, TariffBook, standard_book
from vaguemestre.core.tariff.claim import payable_cents, value_claim
from vaguemestre.core.tariff.retention import Counters, Retained, retained
from vaguemestre.core.tariff.shares import patient_cents
from vaguemestre.core.tariff.valuation import value_sheet

__all__ = [
    "Counters",
    "Quote",
    "Refusal",
    "Retained",
    "TariffBook",
    "patient_cents",
    "payable_cents",
    "retained",
    "standard_book",
    "value_claim",
    "value_sheet",
]
