"""What the payer's tests share: people, professionals, sheets of 27 April 2022, an open store."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import sheet_kit
from vaguemestre.core.card.passing import CardBeneficiary, CardForm, PatientCard, Period, RightsPeriod
from vaguemestre.core.caresheet import (
    Beneficiary,
    BirthDate,
    CareSheet,
    Majoration,
    Settlement,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.identifiers import make_nir, make_number, make_rpps
from vaguemestre.core.parties import Destination, Performer
from vaguemestre.core.payer.intake import Registration, store_key
from vaguemestre.core.payer.registry import InsuredPerson, IssuedCard, Payee, Professional
from vaguemestre.edge.payer.store import PayerStore
from vaguemestre.edge.store.vault import Vault

DAY = date(2022, 4, 27)
NOON = datetime(2022, 4, 27, 10, 0, tzinfo=UTC)
GENERAL = Destination("01", "751", "0000")
FARMERS = Destination("02", "922", "0000")
ELSEWHERE = Destination("03", "999", "0000")
GP_NUMBER = make_number("75199011")
GP = Performer(make_rpps(1_000_001), GP_NUMBER, "01")


def beneficiary(order: int = 1, birth: BirthDate | None = None) -> Beneficiary:
    """An adult, different for each `order`."""
    born = birth or BirthDate(1970, 3, 1 + order % 27)
    nir, key = make_nir(2, born.year, born.month, "75", 990, order)
    return Beneficiary(nir, key, born)


def person(order: int = 1, fund: Destination = GENERAL, **changes: object) -> InsuredPerson:
    """A person with open rights since 2015; `changes` go to the register's record."""
    record = CardBeneficiary(
        person=beneficiary(order),
        family_name=f"Durand{order}",
        given_name="Camille",
        rights=(RightsPeriod(fund, Period(date(2015, 1, 1))),),
    )
    return InsuredPerson(replace(record, **changes))  # type: ignore[arg-type]


def card(order: int = 1, fund: Destination = GENERAL, opposed_on: date | None = None) -> IssuedCard:
    """The card of `person(order)`."""
    who = person(order, fund).record
    shown = PatientCard(
        serial=f"{8_000_000_000 + order}",
        form=CardForm.PHYSICAL,
        issuer=fund,
        issued_on=date(2020, 1, 1),
        updated_on=date(2022, 1, 10),
        insured_nir=who.person.insured_nir,
        insured_nir_key=who.person.insured_nir_key,
        beneficiaries=(who,),
    )
    return IssuedCard(shown, opposed_on)


def professional(performer: Performer = GP) -> Professional:
    return Professional(performer.rpps, performer.billing_number, "Kerdoncuff", "Armelle", performer.specialty)


def payee(billing_number: str = GP_NUMBER) -> Payee:
    return Payee(billing_number, "Cabinet Kerdoncuff")


def line(
    number: int = 1, code: str = "G", cents: int = 2500, rate: int = 70, on: date = DAY, **changes: object
) -> SheetLine:
    """One line of a doctor's consultation."""
    made = SheetLine(
        number=number,
        performed_on=on,
        code=code,
        majoration=Majoration.NONE,
        quantity=1,
        coefficient=Decimal(1),
        act_count=1,
        unit_price_cents=cents,
        base_cents=cents,
        rate_percent=rate,
        fund_cents=(cents * rate + 50) // 100,
        charged_cents=cents,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def sheet(serial: int = 1, order: int = 1, *, tiers_payant: bool = True, **changes: object) -> CareSheet:
    """A GP's sheet for `person(order)`: one consultation at 25 euros, 70 %."""
    made = sheet_kit.sheet(
        identity=SheetIdentity(GP_NUMBER, DAY, serial),
        beneficiary=beneficiary(order),
        lines=(line(),),
        settlement=Settlement.TIERS_PAYANT if tiers_payant else Settlement.PATIENT_PAID,
        card_serial=f"{8_000_000_000 + order}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def registration(
    made: CareSheet, *, lot: int = 1, rank: int = 1, content: bytes = b"", **changes: object
) -> Registration:
    """The registration of a sheet, as intake would ask for it."""
    digest = sha256(content or repr(made).encode()).digest()
    entry = Registration(store_key(made.identity), made, digest, lot, rank, str(made.identity), DAY, card_signed=True)
    return entry._replace(**changes)  # type: ignore[arg-type]


def open_store(directory: Path) -> PayerStore:
    """A store whose commits are not synced: tests crash processes, not disks."""
    return PayerStore.open(directory / "payer.sqlite", Vault(b"k" * 32), synchronous="OFF")
