"""Money in the payer's store: what is due, what was paid, what the patient owes, what late payment costs."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from vaguemestre.core.caresheet import CareSheet, Settlement
from vaguemestre.core.payer.ledger import (
    ACCOUNTS,
    Books,
    ChargedAct,
    Debt,
    DebtKind,
    Due,
    Movement,
    NewDebt,
    Payment,
    PaymentEntry,
    Penalty,
    Posting,
    TransferKind,
)
from vaguemestre.edge.payer.unit import PAYMENT_CONTEXT, PayerTable, marks

_ACCOUNTS = {movement: (debit.value, credit.value) for movement, (debit, credit) in ACCOUNTS.items()}
_CHUNK = 400
_PERFORMER = "performer "  # apart from the blind indexes of persons


class LedgerTable(PayerTable):
    """`payments`, `transfers`, `entries`, `debts`, `charges`, `penalties`."""

    def patient_index(self, person: str) -> bytes:
        """How the ledger names a patient (`Beneficiary.key`)."""
        return self._vault.blind(person)

    def payee_name(self, sheet: CareSheet) -> str | bytes:
        """Who is paid for a sheet: its billing number, or its patient by blind index."""
        if sheet.settlement is Settlement.TIERS_PAYANT:
            return sheet.identity.billing_number
        return self._vault.blind(sheet.beneficiary.key)

    def write(self, postings: Iterable[Posting], on: date) -> None:
        """Write movements down, in order; each debits one account and credits another."""
        day = on.isoformat()
        self._many(
            "INSERT INTO entries (movement, debit, credit, amount_cents, fund, payee, sheet, other, written_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (movement.value, *_ACCOUNTS[movement], cents, posting.fund, _name(posting.payee), sheet, other, day)
                for posting in postings
                for movement, cents, sheet, other in posting.entries
            ],
        )

    # --- what is due -----------------------------------------------------------------------------------------------------

    def due(self, today: date) -> list[Due]:
        """Accepted sheets whose payment day has come and whose payee got no transfer of the kind from the fund today, by payee."""
        rows = self._rows(
            "SELECT d.sheet, d.fund, d.settlement, s.billing_number, s.patient, d.accepted_cents, s.received_on,"
            " d.due_on FROM decisions d JOIN sheets s ON s.id = d.sheet"
            " WHERE d.due_on IS NOT NULL AND d.paid_on IS NULL AND d.due_on <= ?"
            " AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.fund = d.fund AND t.paid_on = ?"
            " AND t.kind = CASE d.settlement WHEN 'tiers_payant' THEN 'practice' ELSE 'patient' END"
            " AND t.payee = CASE d.settlement WHEN 'tiers_payant' THEN CAST(s.billing_number AS BLOB) ELSE s.patient END)"
            " ORDER BY d.fund, d.settlement, CASE d.settlement WHEN 'tiers_payant' THEN s.billing_number ELSE '' END,"
            " s.patient, d.sheet",
            (today.isoformat(), today.isoformat()),
        )
        return [_due(row) for row in rows]

    def open_debts(self, fund: str, patients: Sequence[bytes]) -> dict[bytes, list[Debt]]:
        """What these patients still owe to the fund."""
        found: dict[bytes, list[Debt]] = {}
        for start in range(0, len(patients), _CHUNK):
            part = patients[start : start + _CHUNK]
            rows = self._rows(
                "SELECT patient, id, sheet, kind, dated_on, amount_cents - recovered_cents FROM debts"
                f" WHERE recovered_cents < amount_cents AND fund = ? AND patient IN ({marks(len(part))})",
                (fund, *part),
            )
            for row in rows:
                found.setdefault(row[0], []).append(
                    Debt(row[1], row[2], DebtKind(row[3]), date.fromisoformat(row[4]), row[5])
                )
        return found

    def debts_of(self, persons: Iterable[str]) -> list[Debt]:
        """Every debt of these persons (`Beneficiary.key`), recovered ones too, oldest first."""
        indexes = [self._vault.blind(person) for person in persons]
        rows = self._rows(
            "SELECT id, sheet, kind, dated_on, amount_cents - recovered_cents, amount_cents FROM debts"
            f" WHERE patient IN ({marks(len(indexes))}) ORDER BY dated_on, id",
            indexes,
        )
        return [Debt(row[0], row[1], DebtKind(row[2]), date.fromisoformat(row[3]), row[4], row[5]) for row in rows]

    # --- paying ----------------------------------------------------------------------------------------------------------

    def add_transfer(self, fund: str, kind: TransferKind, payee: str | bytes, today: date, amount_cents: int) -> int:
        """One order to the bank; the database refuses a second one of the day."""
        return self._insert(
            "INSERT INTO transfers (fund, kind, payee, paid_on, amount_cents) VALUES (?, ?, ?, ?, ?)",
            (fund, kind.value, _name(payee), today.isoformat(), amount_cents),
        )

    def add_payments(self, payments: Sequence[PaymentEntry], today: date) -> None:
        """Write payments and their traces down; the database refuses a sheet or a claim that was paid."""
        day = today.isoformat()
        self._many(
            "INSERT INTO payments (sheet, claim, fund, settlement, payee, accepted_cents, retained_cents, recovered_cents,"
            " paid_cents, debt_cents, paid_on, transfer, body)"
            " SELECT sheet, claim, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM decisions WHERE sheet = ?",
            [
                (
                    paid.due.fund,
                    paid.due.settlement.value,
                    _name(paid.due.payee),
                    paid.due.accepted_cents,
                    paid.retained_cents,
                    paid.recovered_cents,
                    paid.paid_cents,
                    sum(cents for _, cents in paid.debts),
                    day,
                    transfer if paid.paid_cents else None,
                    self._vault.seal(trace, PAYMENT_CONTEXT),
                    paid.due.sheet,
                )
                for paid, trace, transfer in payments
            ],
        )
        self._many(
            "UPDATE decisions SET paid_on = ? WHERE sheet = ?", [(day, entry.payment.due.sheet) for entry in payments]
        )

    def recover(self, payment: Payment) -> None:
        """Take what a payment recovers off the debts; the database refuses more than what was owed."""
        self._many(
            "UPDATE debts SET recovered_cents = recovered_cents + ? WHERE id = ?",
            [(cents, debt) for debt, _, cents in payment.recovered],
        )

    # --- what the patient owes -------------------------------------------------------------------------------------------

    def add_debts(self, debts: Iterable[NewDebt], on: date) -> None:
        """Write down what patients owe after care; the database refuses a second debt of a kind for one sheet."""
        day = on.isoformat()
        self._many(
            "INSERT INTO debts (fund, patient, sheet, kind, amount_cents, recovered_cents, dated_on)"
            " VALUES (?, ?, ?, ?, ?, 0, ?)",
            [(debt.fund, debt.patient, debt.sheet, debt.kind.value, debt.amount_cents, day) for debt in debts],
        )

    def performer_index(self, number: str) -> bytes:
        """How the charges name who performed an act, by billing number."""
        return self._vault.blind(_PERFORMER + number)

    def add_charges(self, charges: Iterable[tuple[int, bytes, ChargedAct]]) -> None:
        """Count what was charged, for the ceilings: (sheet, patient, act)."""
        self._many(
            "INSERT INTO charges (patient, kind, care_on, performer, counted_on, acts, amount_cents, sheet)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    patient,
                    act.kind.value,
                    act.care_on.isoformat(),
                    act.performer,
                    act.counted_on.isoformat(),
                    act.acts,
                    act.amount_cents,
                    sheet,
                )
                for sheet, patient, act in charges
            ],
        )

    def charges(self, patients: Sequence[bytes]) -> dict[bytes, list[ChargedAct]]:
        """What was charged to these patients so far, for the ceilings."""
        found: dict[bytes, list[ChargedAct]] = {}
        for start in range(0, len(patients), _CHUNK):
            part = patients[start : start + _CHUNK]
            rows = self._rows(
                "SELECT patient, kind, care_on, performer, counted_on, acts, amount_cents FROM charges"
                f" WHERE patient IN ({marks(len(part))})",
                part,
            )
            for patient, kind, care_on, performer, counted_on, acts, cents in rows:
                act = ChargedAct(
                    DebtKind(kind),
                    date.fromisoformat(care_on),
                    performer,
                    date.fromisoformat(counted_on),
                    acts,
                    cents,
                )
                found.setdefault(patient, []).append(act)
        return found

    # --- penalties -------------------------------------------------------------------------------------------------------

    def add_penalties(self, penalties: Iterable[Penalty], today: date, payable_from: date) -> None:
        self._many(
            "INSERT INTO penalties (sheet, fund, payee, amount_cents, working_days, dated_on, payable_from)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    entry.sheet,
                    entry.fund,
                    _name(entry.payee),
                    entry.amount_cents,
                    entry.working_days,
                    today.isoformat(),
                    payable_from.isoformat(),
                )
                for entry in penalties
            ],
        )

    def penalties_due(self, today: date) -> list[Penalty]:
        """Penalties whose half-year has come and whose payee got no penalty transfer today."""
        rows = self._rows(
            "SELECT sheet, fund, payee, amount_cents, working_days FROM penalties p WHERE transfer IS NULL AND payable_from <= ?"
            " AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.fund = p.fund AND t.kind = 'penalty' AND t.payee = p.payee"
            " AND t.paid_on = ?) ORDER BY sheet",
            (today.isoformat(), today.isoformat()),
        )
        return [Penalty(row[0], row[1], row[2].decode("ascii"), *row[3:]) for row in rows]

    def set_penalties_paid(self, sheets: Iterable[int], transfer: int) -> None:
        self._many("UPDATE penalties SET transfer = ? WHERE sheet = ?", [(transfer, sheet) for sheet in sheets])

    def debts_open_cents(self) -> int:
        """What all patients together still owe."""
        return self._sum("SELECT coalesce(sum(amount_cents - recovered_cents), 0) FROM debts")

    def penalties_cents(self) -> int:
        """What late payment has cost so far, paid or not."""
        return self._sum("SELECT coalesce(sum(amount_cents), 0) FROM penalties")

    def _sum(self, sql: str) -> int:
        row = self._row(sql)
        return 0 if row is None else int(row[0])

    # --- the account -----------------------------------------------------------------------------------------------------

    def books(self, fund: str | None = None) -> Books:
        """The account of one fund, or of all of them."""
        where, values = ("", ()) if fund is None else (" AND fund = ?", (fund,))
        waiting = self._rows(
            "SELECT coalesce(sum(claimed_cents), 0) FROM sheets WHERE state IN ('registered', 'held')" + where, values
        )
        forwarded = self._rows(
            "SELECT coalesce(sum(claimed_cents), 0) FROM sheets WHERE state = 'forwarded'" + where, values
        )[0][0]
        decided = self._rows(
            "SELECT coalesce(sum(claimed_cents), 0), coalesce(sum(rejected_cents), 0), coalesce(sum(accepted_cents), 0)"
            " FROM (SELECT fund, claimed_cents, rejected_cents, accepted_cents FROM decisions"
            " UNION ALL SELECT fund, claimed_cents, rejected_cents, accepted_cents FROM retired_sums) WHERE 1" + where,
            values,
        )
        moved: dict[str, int] = dict(
            self._rows("SELECT movement, sum(amount_cents) FROM entries WHERE 1" + where + " GROUP BY movement", values)
        )
        taken = moved.get(Movement.RETAIN, 0) + moved.get(Movement.RECOVER, 0)
        practice, patient = moved.get(Movement.PAY_PRACTICE, 0), moved.get(Movement.PAY_PATIENT, 0)
        given = moved.get(Movement.ACCEPT_PRACTICE, 0) + moved.get(Movement.ACCEPT_PATIENT, 0)
        return Books(
            claimed=decided[0][0] + waiting[0][0] + forwarded,
            rejected=decided[0][1],
            waiting=waiting[0][0],
            accepted=decided[0][2],
            unpaid=given - taken - practice - patient,
            retained=taken,
            paid_practice=practice,
            paid_patient=patient,
            forwarded=forwarded,
        )


def _name(payee: str | bytes) -> bytes:
    """Billing numbers and blind indexes share a column."""
    return payee.encode("ascii") if isinstance(payee, str) else payee


def _due(row: tuple[Any, ...]) -> Due:
    settlement = Settlement(row[2])
    payee = row[3] if settlement is Settlement.TIERS_PAYANT else row[4]
    received_on, due_on = date.fromisoformat(row[6]), date.fromisoformat(row[7])
    return Due(row[0], row[1], settlement, payee, row[4], row[5], received_on, due_on)
