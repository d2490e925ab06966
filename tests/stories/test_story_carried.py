"""A B2 file made by other software travels as it is; one bad invoice in it is refused by name, and the others are paid."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kit import DAY, Town, patient
from kit_clinic import care_of

from vaguemestre.audit.facts import Deed
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import Settlement, SheetIdentity
from vaguemestre.core.practice.book import SheetRow
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.role.practice.corrections import find_sheet
from vaguemestre.role.practice.importing import import_carried
from vaguemestre.sim.people import Person

Spoil = Callable[[bytes, Person], bytes]


def unchanged(invoice: bytes, person: Person) -> bytes:
    return invoice


def wrong_key(invoice: bytes, person: Person) -> bytes:
    """The NIR's key differs from one record to the next."""
    nir = person.beneficiary.insured_nir.encode()
    start = invoice.index(nir) + len(nir)
    return invoice[:start] + bytes([invoice[start] ^ 1]) + invoice[start + 1 :]


def impossible_date(invoice: bytes, person: Person) -> bytes:
    """The act was performed on the 27th of the 99th month."""
    start = invoice.index(b"220427", 256)
    return invoice[:start] + b"229927" + invoice[start + 6 :]


def unknown_patient(invoice: bytes, person: Person) -> bytes:
    """Born a year earlier than anybody whom the fund knows: right in its form."""
    born = person.beneficiary.birth_date.b2().encode()
    assert born in invoice
    return invoice.replace(born, b"79" + born[2:])


def other_softwares_file(town: Town, spoil: Spoil) -> bytes:
    """Three consultations of 27 April, numbered 900000001 to 3 as other software does; the second one spoiled."""
    gp = town.gp
    fund = town.people[0].destination
    invoices = []
    for rank, person in enumerate(town.people, 1):
        draft = gp.draft(person, tiers_payant=rank != 3)
        sheet, _, found = value_sheet(draft, SheetIdentity(gp.practice.billing_number, DAY, rank), gp.edges.tariff)
        assert sheet is not None, found
        data, _ = sheet_to_invoice(sheet)
        assert data is not None
        ours, theirs = sheet.identity.invoice_number.encode(), f"90000000{rank}".encode()
        invoices.append(data.replace(ours, theirs))
        name = f"{gp.practice.billing_number}/2022/{theirs.decode()}"
        tiers_payant = sheet.settlement is Settlement.TIERS_PAYANT
        town.deeds.append(Deed(name, gp.name, name, tiers_payant, sheet.fund_cents, care_of(person, draft)))
    invoices[1] = spoil(invoices[1], town.people[1])
    lot = build_lot(LotHead(gp.practice.billing_number, fund, 7, DAY, "AUTRE LOGICIEL"), invoices)
    return build_file(FileHead(gp.practice.billing_number, fund, "ABC123", DAY, test=True), [lot])


def carried(town: Town, rank: int) -> SheetRow:
    with town.gp.store.read() as view:
        row = find_sheet(view, f"{town.gp.practice.billing_number}/2022/90000000{rank}")
    assert row is not None
    return row


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, [patient(1), patient(2), patient(3)])


def test_a_good_file_is_paid_under_the_lots_signature(town: Town) -> None:
    data = other_softwares_file(town, unchanged)
    taken, found = import_carried(town.gp.edges, data, town.now)
    assert (taken.sheets, taken.fund_cents, found) == (3, 5250, ())
    town.settles()
    assert town.gp.states() == ["settled", "settled", "acknowledged"]
    with town.payer.store.view() as unit:
        assert all(stored.carried for stored in unit.sheets.sheets([1, 2, 3]))
    town.audited(claimed=5250, paid_practice=3500, paid_patient=1650, retained=100)


@pytest.mark.parametrize(("spoil", "said"), [(wrong_key, "B023"), (impossible_date, "B005")])
def test_one_bad_invoice_is_said_at_once_refused_by_the_acknowledgement_and_the_others_are_paid(
    town: Town, spoil: Spoil, said: str
) -> None:
    gp = town.gp
    taken, found = import_carried(gp.edges, other_softwares_file(town, spoil), town.now)
    assert taken.sheets == 3
    assert {item.code.code for item in found} == {said}
    town.round()
    assert [carried(town, rank).state.value for rank in (1, 2, 3)] == ["acknowledged", "rejected", "acknowledged"]
    (told,) = [item for item in gp.findings if item.code.code == "R003"]
    assert said in told.message("fr")
    assert told.next_step("fr")
    town.settles()
    assert carried(town, 1).paid_cents == 1750
    assert carried(town, 2).rejected_cents == 1750
    town.audited(claimed=5250, rejected=1750, paid_practice=1750, paid_patient=1650, retained=100)


def test_a_patient_whom_the_fund_does_not_know_is_refused_by_the_return_and_the_others_are_paid(town: Town) -> None:
    gp = town.gp
    _, found = import_carried(gp.edges, other_softwares_file(town, unknown_patient), town.now)
    assert found == ()
    town.settles()
    assert [carried(town, rank).state.value for rank in (1, 2, 3)] == ["settled", "rejected", "acknowledged"]
    (told,) = [item for item in gp.findings if item.code.code == "R004"]
    assert "A022" in told.message("fr")
    town.audited(claimed=5250, rejected=1750, paid_practice=1750, paid_patient=1650, retained=100)


def test_a_file_whose_lot_is_wrong_is_refused_whole_and_nothing_is_taken_in(town: Town) -> None:
    data = other_softwares_file(town, unchanged)
    taken, found = import_carried(town.gp.edges, data[:-300], town.now)
    assert (taken.sheets, bool(found), town.gp.rows()) == (0, True, [])
    taken, found = import_carried(town.gp.edges, data, town.now)  # the whole file then comes in
    assert (taken.sheets, found) == (3, ())
