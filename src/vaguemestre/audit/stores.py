"""Reads the roles' stores as they are, with plain SQL and the standard library: only what stands in clear, no key needed.

A store of a newer version than the auditor learned to read is not guessed at: nothing can be said of its books.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from vaguemestre.audit.facts import Entry, PayerRow, Payment, PracticeRow, Purse, Transfer

PRACTICE_VERSION: Final = 3
PAYER_VERSION: Final = 3
"""The versions of the stores (`PRAGMA user_version`) whose tables the statements below were written for."""

_NAME = """sheets.billing_number || '/' || sheets.made_on || '/' || CASE length(sheets.made_on)
    WHEN 10 THEN substr(sheets.invoice_number, 6) ELSE sheets.invoice_number END"""
"""A sheet's printed name: its serial for its date, or the whole number of a sheet carried from other software."""
_PRACTICE_SHEETS = f"""
    SELECT {_NAME}, state, settlement = 'tiers_payant', fund_cents, accepted_cents, COALESCE(paid_cents, 0),
        (SELECT group_concat(DISTINCT moved_to) FROM sheet_answers WHERE sheet_answers.sheet_id = sheets.id)
    FROM sheets
"""
_TOLD_OUTSIDE = "SELECT COALESCE(SUM(paid_cents), 0) FROM sheet_answers WHERE sheet_id IS NULL"
_PAYER_SHEETS = f"""
    SELECT {_NAME}, sheets.state, sheets.settlement = 'tiers_payant', sheets.claimed_cents, sheets.claim,
        lower(hex(sheets.patient)),
        EXISTS (SELECT 1 FROM answers WHERE answers.kind = 'ARL' AND answers.lot = sheets.lot),
        decisions.sheet IS NOT NULL, COALESCE(decisions.outcome, ''), COALESCE(decisions.claim, ''),
        COALESCE(decisions.accepted_cents, 0), COALESCE(decisions.rejected_cents, 0),
        COALESCE(decisions.due_on, ''), COALESCE(decisions.paid_on, '')
    FROM sheets LEFT JOIN decisions ON decisions.sheet = sheets.id
"""
_PAYEE = "CASE length({0}) WHEN 9 THEN CAST({0} AS TEXT) ELSE lower(hex({0})) END"
"""A billing number stands as it is; a patient's blind index is sixteen bytes."""
_LEDGER = f"""
    SELECT {_NAME}, entries.movement, entries.amount_cents, {_PAYEE.format("entries.payee")}
    FROM entries JOIN sheets ON sheets.id = entries.sheet
    WHERE entries.movement IN ('accept practice', 'accept patient', 'pay practice', 'pay patient', 'retain', 'recover')
"""
_PAYMENTS = f"""
    SELECT {_NAME}, payments.settlement = 'tiers_payant', {_PAYEE.format("payments.payee")}, payments.accepted_cents,
        payments.retained_cents + payments.recovered_cents, payments.paid_cents, payments.paid_on,
        COALESCE(payments.transfer, 0)
    FROM payments JOIN sheets ON sheets.id = payments.sheet
"""
_TRANSFERS = f"""
    SELECT transfers.id, {_PAYEE.format("transfers.payee")}, transfers.amount_cents, transfers.paid_on,
        (SELECT COALESCE(SUM(amount_cents), 0) FROM penalties WHERE penalties.transfer = transfers.id)
    FROM transfers
"""
_LEDGER_BALANCE = """
    SELECT account, SUM(cents) FROM (
        SELECT debit AS account, amount_cents AS cents FROM entries
        UNION ALL SELECT credit, -amount_cents FROM entries
    ) GROUP BY account
"""
_PURSES = {
    "accept practice": Purse.GRANTED,
    "accept patient": Purse.GRANTED,
    "pay practice": Purse.PRACTICE,
    "pay patient": Purse.PATIENT,
}


class StoreVersionError(Exception):
    """A store is of a version that the auditor cannot read: `path`, the version `found`, the one `known`."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(f"{path}: version {found}, known {known}")
        self.path, self.found, self.known = path, found, known


def practice_rows(stores: Iterable[Path]) -> Iterator[PracticeRow]:
    """Every sheet of every practice's store."""
    for store in stores:
        with _opened(store, PRACTICE_VERSION) as connection:
            for *values, told in connection.execute(_PRACTICE_SHEETS):
                name, state, tiers_payant, claimed, accepted, paid = values
                states = frozenset(told.split(",")) if told else frozenset()
                yield PracticeRow(name, state, bool(tiers_payant), claimed, accepted, paid, states)


def told_outside_cents(stores: Iterable[Path]) -> int:
    """What answers about sheets that the practice's own store does not know said is paid for them."""
    total = 0
    for store in stores:
        with _opened(store, PRACTICE_VERSION) as connection:
            (cents,) = connection.execute(_TOLD_OUTSIDE).fetchone()
            total += int(cents)
    return total


def payer_rows(store: Path) -> Iterator[PayerRow]:
    """Every sheet of the payer's store, with its decision."""
    with _opened(store, PAYER_VERSION) as connection:
        for row in connection.execute(_PAYER_SHEETS):
            name, state, tiers_payant, claimed, claim, patient, acknowledged, decided, *decision = row
            yield PayerRow(
                name, state, bool(tiers_payant), claimed, claim, patient, bool(acknowledged), bool(decided), *decision
            )


def ledger_entries(store: Path) -> Iterator[Entry]:
    """Every ledger entry about money promised, money that left the fund, or money kept from a payment."""
    with _opened(store, PAYER_VERSION) as connection:
        for identity, movement, cents, payee in connection.execute(_LEDGER):
            yield Entry(identity, _PURSES.get(movement, Purse.RETAINED), cents, payee)


def payments(store: Path) -> Iterator[Payment]:
    """Every payment of a sheet."""
    with _opened(store, PAYER_VERSION) as connection:
        for identity, tiers_payant, *rest in connection.execute(_PAYMENTS):
            yield Payment(identity, bool(tiers_payant), *rest)


def transfers(store: Path) -> Iterator[Transfer]:
    """Every order to the bank."""
    with _opened(store, PAYER_VERSION) as connection:
        for row in connection.execute(_TRANSFERS):
            yield Transfer(*row)


def bank_cents(store: Path) -> tuple[int, int]:
    """What the ledger says left the bank, and what the transfers add up to: they must be equal."""
    with _opened(store, PAYER_VERSION) as connection:
        balances = dict(connection.execute(_LEDGER_BALANCE).fetchall())
        (transferred,) = connection.execute("SELECT COALESCE(SUM(amount_cents), 0) FROM transfers").fetchone()
    return -int(balances.get("bank", 0)), int(transferred)


@contextlib.contextmanager
def _opened(store: Path, known: int) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > known:  # an older one has the same tables, and a role that opens it brings it up
            raise StoreVersionError(store, int(found), known)
        yield connection
    finally:
        connection.close()
