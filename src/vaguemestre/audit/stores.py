"""Reads the roles' stores as they are, with plain SQL and the standard library: only what stands in clear, no key needed."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from vaguemestre.audit.facts import Entry, PayerRow, PracticeRow, Purse

_NAME = """billing_number || '/' || made_on || '/' ||
    CASE length(made_on) WHEN 10 THEN substr(invoice_number, 6) ELSE invoice_number END"""
"""A sheet's printed name: its serial for its date, or the whole number of a sheet carried from other software."""
_PRACTICE_SHEETS = f"""
    SELECT {_NAME}, state, fund_cents, COALESCE(paid_cents, 0)
    FROM sheets
"""
_TOLD_OUTSIDE = "SELECT COALESCE(SUM(paid_cents), 0) FROM sheet_answers WHERE sheet_id IS NULL"
_PAYER_SHEETS = f"""
    SELECT {_NAME}, sheets.state,
           sheets.claimed_cents, decisions.sheet IS NOT NULL,
           COALESCE(decisions.accepted_cents, 0), COALESCE(decisions.rejected_cents, 0)
    FROM sheets LEFT JOIN decisions ON decisions.sheet = sheets.id
"""
_LEDGER = f"""
    SELECT {_NAME}, entries.movement,
           entries.amount_cents
    FROM entries JOIN sheets ON sheets.id = entries.sheet
    WHERE entries.movement IN ('pay practice', 'pay patient', 'retain', 'recover')
"""
_LEDGER_BALANCE = """
    SELECT account, SUM(cents) FROM (
        SELECT debit AS account, amount_cents AS cents FROM entries
        UNION ALL SELECT credit, -amount_cents FROM entries
    ) GROUP BY account
"""
_PURSES = {"pay practice": Purse.PRACTICE, "pay patient": Purse.PATIENT}


def practice_rows(stores: Iterable[Path]) -> Iterator[PracticeRow]:
    """Every sheet of every practice's store."""
    for store in stores:
        with _opened(store) as connection:
            for identity, state, claimed, paid in connection.execute(_PRACTICE_SHEETS):
                yield PracticeRow(identity, state, claimed, paid)


def told_outside_cents(stores: Iterable[Path]) -> int:
    """What answers about sheets that the practice's own store does not know said is paid for them."""
    total = 0
    for store in stores:
        with _opened(store) as connection:
            (cents,) = connection.execute(_TOLD_OUTSIDE).fetchone()
            total += int(cents)
    return total


def payer_rows(store: Path) -> Iterator[PayerRow]:
    """Every sheet of the payer's store, with its decision."""
    with _opened(store) as connection:
        for identity, state, claimed, decided, accepted, rejected in connection.execute(_PAYER_SHEETS):
            yield PayerRow(identity, state, claimed, bool(decided), accepted, rejected)


def ledger_entries(store: Path) -> Iterator[Entry]:
    """Every ledger entry about money that left the fund or was kept from a payment."""
    with _opened(store) as connection:
        for identity, movement, cents in connection.execute(_LEDGER):
            yield Entry(identity, _PURSES.get(movement, Purse.RETAINED), cents)


def bank_cents(store: Path) -> tuple[int, int]:
    """What the ledger says left the bank, and what the transfers add up to: they must be equal."""
    with _opened(store) as connection:
        balances = dict(connection.execute(_LEDGER_BALANCE).fetchall())
        (transferred,) = connection.execute("SELECT COALESCE(SUM(amount_cents), 0) FROM transfers").fetchone()
    return -int(balances.get("bank", 0)), int(transferred)


@contextlib.contextmanager
def _opened(store: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()
