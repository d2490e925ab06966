"""Prices on the two reference days, to the cent, for every act of the list; and the tables' own promises."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tariff_cases import CASES

from vaguemestre.core.tariff.book import (
    Quote,
    Refusal,
    TariffBook,
    TariffTableError,
    in_force,
    standard_book,
    why_unverified,
    zone_of,
)
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.tables.tariff.rates import RATES
from vaguemestre.tables.tariff.shape import Confidence, LegalValue, Price, PriceKind, Source, Unit
from vaguemestre.tables.tariff.values import VALUES

DAYS = (date(2022, 4, 27), date(2026, 1, 15))
ROWS = [row.split() for row in tomllib.loads((CASES / "prices.toml").read_text("utf-8"))["rows"]]


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_a_price_on_both_days(row: list[str]) -> None:
    code, specialty, *expected = row
    for day, text in zip(DAYS, expected, strict=True):
        price = standard_book().price(code, day, specialty)
        if text == "none":
            assert price == Refusal("T001")
            continue
        assert isinstance(price, Price)
        assert Decimal(price.cents) / 100 == Decimal(text.rstrip("?"))
        doubt, doubt_en = why_unverified(price.source, price.valid_from, start_matters=True)
        assert bool(doubt) is bool(doubt_en) is text.endswith("?")


def test_every_code_of_the_table_is_in_the_list() -> None:
    assert {price.code for price in PRICES} == {row[0] for row in ROWS}


def test_a_supplement_is_a_price_but_no_act() -> None:
    assert standard_book().quote("NUIT_INF", DAYS[0], "24") == Refusal("T006", "N")
    assert standard_book().quote("FERIE_MK", DAYS[0], "26") == Refusal("T006", "F")


def test_overseas_has_no_price() -> None:
    assert not zone_of("971990114").priced
    assert zone_of("201990114").priced
    assert standard_book().quote("G", DAYS[0], "01", priced_zone=False) == Refusal("T003")


def test_the_answers_kept_are_bounded() -> None:
    book = TariffBook()
    first = book.quote("G", DAYS[1], "01")
    assert isinstance(first, Quote)
    for offset in range(5000):
        book.quote("G", DAYS[1] + timedelta(days=offset), "01")
        book.day(DAYS[1] + timedelta(days=offset))
    assert len(book._quotes) <= 4096
    assert len(book._days) <= 4096
    again = book.quote("G", DAYS[1], "01")
    assert isinstance(again, Quote)
    assert again.cents == first.cents == 3000


def _price(valid_from: date | None, valid_to: date | None) -> Price:
    return Price("X", "x", PriceKind.FLAT, 100, valid_from, valid_to, ("01",), Source("ngap:x"))


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ((None, date(2022, 1, 1)), (date(2022, 1, 2), None), False),
        ((None, date(2022, 1, 1)), (date(2022, 1, 1), None), True),
        ((None, None), (date(2022, 1, 1), None), True),
        ((date(2022, 1, 1), None), (None, date(2021, 12, 31)), False),
    ],
)
def test_two_entries_never_claim_the_same_day(
    first: tuple[date | None, date | None], second: tuple[date | None, date | None], overlap: bool
) -> None:
    prices = (_price(*first), _price(*second))
    if overlap:
        with pytest.raises(TariffTableError, match="X/01"):
            TariffBook(prices=prices)
    else:
        TariffBook(prices=prices)


def test_a_legal_value_missing_on_a_day_is_our_fault_and_says_so() -> None:
    value = LegalValue("k", "k", "k", 1, Unit.CENTS, date(2022, 1, 1), None, Source("css:x"))
    book = TariffBook(values=(value,))
    assert book.legal_value("k", date(2022, 1, 1)) is value
    with pytest.raises(KeyError, match="k on 2021-12-31"):
        book.legal_value("k", date(2021, 12, 31))
    assert book.day(date(2021, 12, 31)) == {}


def test_every_legal_value_covers_the_days_of_the_project() -> None:
    keys = {value.key for value in VALUES}
    for day in (date(2018, 1, 1), *DAYS, date(2023, 10, 15), date(2024, 3, 31), date(2024, 5, 15), date(2030, 12, 31)):
        assert set(standard_book().day(day)) == keys


@pytest.mark.parametrize(
    "entry", [*PRICES, *VALUES, *RATES], ids=lambda entry: f"{getattr(entry, 'code', '')}{getattr(entry, 'key', '')}"
)
def test_every_entry_says_where_it_comes_from(entry: Price | LegalValue) -> None:
    assert ":" in entry.source.citation
    assert entry.source.confidence in Confidence
    assert bool(entry.source.doubt_fr) is bool(entry.source.doubt_en)
    assert entry.source.checked_on >= date(2026, 1, 1)
    if entry.valid_from and entry.valid_to:
        assert entry.valid_from <= entry.valid_to
        assert in_force(entry, entry.valid_from)
        assert in_force(entry, entry.valid_to)
