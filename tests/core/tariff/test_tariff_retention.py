"""What is retained after paying: the cases of `cases/retention.toml`, and the counters over a whole year."""

import tomllib
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tariff_cases import BILLING, CASES, cents, draft_of, valued

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.money import plain
from vaguemestre.core.tariff import Counters, Retained, retained, standard_book
from vaguemestre.core.trace import sentence

ENTRIES: list[dict[str, Any]] = tomllib.loads((CASES / "retention.toml").read_text("utf-8"))["retention"]
_OWN = ("already", "paid", "retained", "lines", "why")


def _sheet(data: dict[str, Any]) -> CareSheet:
    sheet, _, findings = valued(draft_of(data))
    assert sheet is not None, [item.message() for item in findings]
    return sheet


def _already(entry: dict[str, Any], doctor: bool) -> Counters:
    told = entry.get("already", {})
    day = entry["acts"][0]["on"]
    year = cents(told.get("year", "0"))
    return Counters(
        year=told.get("of", entry["paid"].year),
        participation_year_cents=year if doctor else 0,
        franchise_year_cents=0 if doctor else year,
        participations_by_day={(BILLING, day): told.get("day", 0)} if doctor else {},
        franchise_by_day={} if doctor else {day: cents(told.get("day", "0"))},
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["title"]))
def test_a_retention_case(entry: dict[str, Any]) -> None:
    sheet = _sheet({key: value for key, value in entry.items() if key not in _OWN})
    doctor = entry["performer"] == "01"
    already = _already(entry, doctor)
    kept = retained(sheet, sheet.lines, already, entry["paid"], standard_book())
    assert plain(kept.amount_cents) == entry["retained"]
    assert [f"{number} {plain(amount)}" for number, amount in kept.by_line] == entry["lines"]
    assert kept.amount_cents == kept.participation_cents + kept.franchise_cents
    limits = {step.rule for step in kept.trace} - {"retention.participation", "retention.franchise"}
    assert limits == set(entry.get("why", []))
    for step in kept.trace:
        assert sentence(step, "fr") != sentence(step, "en")


def test_every_case_has_a_source() -> None:
    assert len(ENTRIES) > 25
    assert all(entry["source"] for entry in ENTRIES)


def _pay(sheet: CareSheet, paid_on: date, counters: Counters) -> Retained:
    return retained(sheet, sheet.lines, counters, paid_on, standard_book())


def test_twenty_five_participations_a_year_then_none_then_a_new_year() -> None:
    counters, total = Counters(2026), 0
    for number in range(30):
        day = date(2026, 1, 5) + timedelta(days=number)
        kept = _pay(_sheet({"performer": "01", "acts": [{"on": day, "code": "G"}]}), day, counters)
        counters, total = kept.counters, total + kept.amount_cents
        assert kept.amount_cents == (200 if number < 25 else 0)
    assert total == counters.participation_year_cents == 5000
    day = date(2027, 1, 2)
    kept = _pay(_sheet({"performer": "01", "acts": [{"on": day, "code": "G"}]}), day, counters)
    assert (kept.amount_cents, kept.counters.year, kept.counters.participation_year_cents) == (200, 2027, 200)


def test_two_professionals_of_one_day_count_apart() -> None:
    day = date(2026, 1, 15)
    counters = Counters(2026, participations_by_day={("751990999", day): 4})
    kept = _pay(_sheet({"performer": "01", "acts": [{"on": day, "code": "G"}]}), day, counters)
    assert kept.amount_cents == 200
    assert kept.counters.participations_by_day == {("751990999", day): 4, (BILLING, day): 1}


def test_what_is_paid_less_is_what_limits() -> None:
    """The lines given are those paid: a line cut to nothing retains nothing."""
    day = date(2026, 1, 15)
    sheet = _sheet({"performer": "01", "acts": [{"on": day, "code": "G"}]})
    assert retained(sheet, (), Counters(2026), day, standard_book()).amount_cents == 0


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 8), st.integers(1, 3)), min_size=1, max_size=12),
    st.sampled_from([2022, 2026]),
)
def test_ceilings_hold_for_any_order_of_sheets(visits: list[tuple[int, int, int]], year: int) -> None:
    counters, total = Counters(year), 0
    by_day: dict[date, int] = {}
    for offset, coefficient, quantity in visits:
        day = date(year, 3, 1) + timedelta(days=offset)
        act = {"on": day, "code": "AMI", "coefficient": str(coefficient), "quantity": quantity}
        sheet = _sheet({"performer": "24", "acts": [act]})
        kept = _pay(sheet, day, counters)
        assert 0 <= kept.amount_cents <= sheet.fund_cents
        counters, total = kept.counters, total + kept.amount_cents
        by_day[day] = by_day.get(day, 0) + kept.amount_cents
    assert total == counters.franchise_year_cents <= 5000
    assert by_day.items() >= dict(counters.franchise_by_day).items()
    assert max(by_day.values()) <= (200 if year == 2022 else 400)
