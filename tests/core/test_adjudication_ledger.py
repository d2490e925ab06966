"""The account as pure movements: every payment adds up, charges never exceed what is due, penalties and days follow the law."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.calendar import Territory
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.payer.ledger import (
    ACCOUNTS,
    Account,
    Books,
    Charge,
    Debt,
    DebtKind,
    Due,
    LedgerEntry,
    Movement,
    balances,
    entries_for_decision,
    entries_for_payment,
    payment_day,
    penalty_payable_from,
    settle,
)

DAY = date(2022, 4, 27)
CENTS = st.integers(0, 5_000)
DEBTS = st.lists(
    st.builds(lambda order, cents: Debt(order, order, DebtKind.FRANCHISE, DAY, cents, cents), st.integers(1, 99), CENTS)
)


def due(settlement: Settlement, accepted_cents: int) -> Due:
    return Due(7, "017510000", settlement, b"p", b"p", accepted_cents, DAY, DAY)


@given(st.sampled_from(Settlement), CENTS, CENTS, CENTS, DEBTS)
def test_every_payment_adds_up_to_the_cent(
    settlement: Settlement, accepted: int, participation: int, franchise: int, debts: list[Debt]
) -> None:
    payment = settle(due(settlement, accepted), Charge(participation, franchise), debts)
    owed = sum(cents for _, cents in payment.debts)
    assert accepted == payment.retained_cents + payment.recovered_cents + payment.paid_cents
    assert payment.retained_cents + owed == participation + franchise
    assert all(cents > 0 for _, _, cents in payment.recovered)
    if settlement is Settlement.TIERS_PAYANT:
        assert payment.paid_cents == accepted
    written = [*entries_for_decision(7, settlement, accepted), *entries_for_payment(payment)]
    assert all(entry.amount_cents > 0 for entry in written)
    totals = balances((entry.movement, entry.amount_cents) for entry in written)
    assert sum(totals.values()) == 0
    assert totals[Account.PRACTICE_DUE] == totals[Account.PATIENT_DUE] == 0
    assert totals[Account.BENEFITS] == accepted
    assert -totals[Account.BANK] == payment.paid_cents


def test_debts_are_recovered_oldest_first_and_never_beyond_the_payment() -> None:
    debts = [
        Debt(2, 20, DebtKind.FRANCHISE, DAY, 300, 300),
        Debt(1, 10, DebtKind.PARTICIPATION, DAY - timedelta(days=9), 100, 100),
        Debt(3, 30, DebtKind.PARTICIPATION, DAY, 900, 900),
    ]
    payment = settle(due(Settlement.PATIENT_PAID, 500), Charge(participation_cents=50), debts)
    assert payment.recovered == ((1, 10, 100), (2, 20, 300), (3, 30, 50))
    assert payment.paid_cents == 0


def test_a_charge_above_the_payment_becomes_a_debt() -> None:
    payment = settle(due(Settlement.PATIENT_PAID, 60), Charge(participation_cents=100), [])
    assert (payment.retained_cents, payment.debts, payment.paid_cents) == (60, ((DebtKind.PARTICIPATION, 40),), 0)


def test_each_movement_has_two_different_accounts() -> None:
    assert set(ACCOUNTS) == set(Movement)
    assert [movement for movement, (debit, credit) in ACCOUNTS.items() if debit is credit] == []


@pytest.mark.parametrize(
    ("books", "fault"),
    [
        (Books(claimed=10, accepted=9, unpaid=9), "claimed ="),
        (Books(claimed=10, accepted=10, unpaid=9), "accepted ="),
    ],
)
def test_a_cent_off_is_named(books: Books, fault: str) -> None:
    (said,) = books.faults()
    assert said.startswith(fault)
    assert (
        Books(
            claimed=10, rejected=3, waiting=2, accepted=5, unpaid=1, retained=1, paid_practice=1, paid_patient=2
        ).faults()
        == ()
    )


def test_payment_days_skip_week_ends_and_holidays() -> None:
    assert payment_day(date(2022, 4, 27), 5, Territory.METROPOLITAN) == date(2022, 5, 4)
    assert payment_day(date(2022, 5, 2), 4, Territory.METROPOLITAN) == date(2022, 5, 6)
    assert payment_day(date(2022, 4, 15), 1, Territory.METROPOLITAN) == date(2022, 4, 19)  # Easter Monday
    assert payment_day(date(2022, 4, 14), 1, Territory.ALSACE_MOSELLE) == date(2022, 4, 19)  # Good Friday there


@pytest.mark.parametrize(
    ("paid_on", "payable"), [(date(2022, 6, 30), date(2022, 7, 1)), (date(2022, 7, 1), date(2023, 1, 1))]
)
def test_penalties_are_paid_in_the_next_half_year(paid_on: date, payable: date) -> None:
    assert penalty_payable_from(paid_on) == payable


def test_nothing_is_written_for_nothing() -> None:
    assert entries_for_decision(1, Settlement.TIERS_PAYANT, 0) == ()
    assert entries_for_payment(settle(due(Settlement.TIERS_PAYANT, 0), Charge(), [])) == ()
    assert LedgerEntry(Movement.DEBT, 1, 2).other == 0
