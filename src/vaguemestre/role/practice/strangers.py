"""What answers name and this store does not know: forgotten by a restore, or made by a hand-made copy of this store.

A restored store forgets what was made up to the day of the restore, and nothing later. What one of its own stations made on a
later day was made elsewhere: two copies of one store work under one station and read one mailbox. vgm:store-twin.
"""

from collections.abc import Sequence
from datetime import date

from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.numbering import SERIAL_MAX
from vaguemestre.role.practice.book import View


def forgets_until(view: View) -> date | None:
    """The last day of which this store may have forgotten something; None when it cannot tell, having made nothing yet."""
    restored = [row.restored_on for row in view.restores()]
    return max(restored) if restored else view.first_day()


def is_twins_sheet(
    view: View, stations: Sequence[Station], billing_number: str, invoice_number: str, near: date
) -> bool:
    """Whether a sheet unknown here was numbered by one of these stations on a day that this store remembers.

    `near`: any day around the sheet's, to read the century of its number.
    """
    try:
        identity = SheetIdentity.from_invoice_number(billing_number, invoice_number, near)
    except ValueError:
        return False  # carried from other software
    ours = any(
        station.billing_number == billing_number and station.first <= identity.serial <= station.last
        for station in stations
    )
    limit = forgets_until(view) if ours else None
    return limit is not None and identity.made_on > limit


def is_twins_lot(view: View, stations: Sequence[Station], billing_number: str, made_on: date | None) -> bool:
    """Whether a lot unknown here was made under a station of ours that is alone under its billing number."""
    alone = any(
        station.billing_number == billing_number and (station.first, station.last) == (1, SERIAL_MAX)
        for station in stations
    )
    limit = forgets_until(view) if alone and made_on is not None else None
    return limit is not None and made_on is not None and made_on > limit
