"""What our own practices write is checked as anyone's: nothing is found, in any profession."""

from datetime import date

import pytest

from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.parties import Destination
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.sim.people import make_people
from vaguemestre.sim.practices import PRACTICES, Practice
from vaguemestre.sim.visits import planned_visit
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.source import Source

DAY = date(2022, 4, 27)
SHEETS = 60


@pytest.mark.parametrize("practice", PRACTICES, ids=lambda practice: str(practice.key))
def test_nothing_is_found_in_our_own_sheets(practice: Practice) -> None:
    people, book = make_people(5, 100), standard_book()
    by_fund: dict[Destination, list[bytes]] = {}
    issuer = ""
    for rank in range(SHEETS):
        draft = planned_visit(5, practice, rank, people, DAY).entered
        issuer = draft.billing_number
        sheet, _, _ = value_sheet(draft, SheetIdentity(issuer, DAY, rank + 1), book)
        assert sheet is not None
        data, unwritable = sheet_to_invoice(sheet)
        assert data is not None, unwritable
        by_fund.setdefault(sheet.destination, []).append(data)
    heads = [LotHead(issuer, fund, rank, DAY, "Cabinet") for rank, fund in enumerate(by_fund, start=1)]
    lots = [build_lot(head, invoices) for head, invoices in zip(heads, by_fund.values(), strict=True)]
    report = check_file(Source.of_bytes(build_file(FileHead(issuer, heads[0].destination, "A00001", DAY), lots)))
    assert report.findings == ()
    assert (report.lots, report.invoices) == (len(by_fund), SHEETS)
