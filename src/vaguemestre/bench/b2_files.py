"""B2 files to measure with: any number of bench sheets (2, 2S, 4, 4S, 4E, 5), in lots, with true counts and totals.

A few hundred sheets are valued and written by the real code; the others are these again, on earlier days, under numbers of their
own.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from vaguemestre.bench.sheets import NOW, PERFORMER, draft_sheet
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.codec import RECORD_BYTES
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.core.wire.layouts import B2
from vaguemestre.sim.people import GENERAL_FUND, make_people

LOT_SHEETS: Final = 50
RECORDS_PER_SHEET: Final = 6
LARGE_LOT_SHEETS: Final = 500
_MADE: Final = 600
_SERIALS: Final = 9999
_SEED: Final = 1


@cache
def _made() -> tuple[bytes, ...]:
    """A sheet each of different people of one fund."""
    people = [one for one in make_people(_SEED, _MADE) if one.destination == GENERAL_FUND]
    book = standard_book()
    made = []
    for rank in range(len(people)):
        draft = draft_sheet(people, rank, number=PERFORMER.billing_number)
        sheet, _, found = value_sheet(draft, SheetIdentity(draft.billing_number, NOW.date(), rank + 1), book)
        data, unwritable = (None, ()) if sheet is None else sheet_to_invoice(sheet)
        if data is None:
            raise RuntimeError(f"our own sheet is refused: {[str(item) for item in (*found, *unwritable)]}")
        made.append(data)
    return tuple(made)


_NAMES: Final = ("2", "2S", "4", "4S", "4E", "5")
_DAYS: Final = ("hospitalisation_date", "admission_date", "discharge_date", "care_date")


def _places(*names: str) -> tuple[slice, ...]:
    """Where the records of a bench sheet show these fields."""
    places = []
    for rank, record in enumerate(_NAMES):
        for entry in B2[record].fields:
            if entry.name in names:
                start = rank * RECORD_BYTES + entry.position - 1
                places.append(slice(start, start + entry.length))
    return tuple(places)


def invoices(count: int) -> Iterator[bytes]:
    """So many bench sheets as B2 invoices, each with a number of its own, on a day of its own for its patient."""
    made = _made()
    numbers, days = _places("invoice_number", "admission_number"), _places(*_DAYS)
    for rank in range(count):
        turn, person = divmod(rank, len(made))
        day, serial = divmod(rank, _SERIALS)
        number = b"22%03d%04d" % (1 + day, serial + 1)
        date = f"{NOW.date() - timedelta(days=turn):%y%m%d}".encode()
        data = bytearray(made[person])
        for place in numbers:
            data[place] = number
        for place in days:
            data[place] = date
        yield bytes(data)


def b2_file(sheets: int, lot_sheets: int = LOT_SHEETS) -> bytes:
    """A whole file, without line ends. At most 999 lots and 999 sheets in a lot: UnwritableError otherwise."""
    stream, lots = invoices(sheets), []
    for number, first in enumerate(range(0, sheets, lot_sheets), start=1):
        own = [next(stream) for _ in range(min(lot_sheets, sheets - first))]
        lots.append(build_lot(LotHead(PERFORMER.billing_number, GENERAL_FUND, number, NOW.date(), "BANC D'ESSAI"), own))
    return build_file(FileHead(PERFORMER.billing_number, GENERAL_FUND, "BANC01", NOW.date()), lots)


def write_large(path: Path, sheets: int) -> None:
    """A large file at `path`."""
    path.write_bytes(b2_file(sheets, LARGE_LOT_SHEETS))
