"""Every check of an invoice with its twin, and the fields that the twins read: one list each."""

from typing import Final

from vaguemestre.toolkit.b2.columns.invoices import Twin, Twins, Wanted
from vaguemestre.toolkit.b2.columns.plan import TYPES
from vaguemestre.toolkit.b2.columns.twins import amounts, complements, days, identity, invoice, lists

_MODULES: Final = (invoice, identity, lists, amounts, complements, days)

TWINS: Final[Twins] = {check: twin for module in _MODULES for check, twin in module.TWINS.items()}
ORDER: Final[tuple[Twin, ...]] = (invoice.order_is_kept, *dict.fromkeys(TWINS.values()))
"""The twins in the order in which they are asked."""

WANTED: Final[Wanted] = {
    name: tuple(dict.fromkeys(field for module in _MODULES for field in module.WANTED.get(name, ()))) for name in TYPES
}
