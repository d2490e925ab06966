"""The payer's store: what the database itself refuses, what comes back, what is readable on the disk."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from payer_kit import DAY, FARMERS, GENERAL, GP_NUMBER, NOON, beneficiary, card, open_store, person, registration, sheet
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import ReceivedEnvelope
from vaguemestre.core.mail.outbox import Answer, OutboxState
from vaguemestre.core.payer.decision import Decision, LineDecision, Outcome, motive
from vaguemestre.core.payer.intake import (
    DecidedSheet,
    LotOutcome,
    LotRecord,
    Presentation,
    SheetOutcome,
    SheetState,
    paper_key,
)
from vaguemestre.core.payer.ledger import (
    DebtKind,
    LedgerEntry,
    Movement,
    NewDebt,
    Payment,
    PaymentEntry,
    Penalty,
    Posting,
    TransferKind,
)
from vaguemestre.edge.payer.store import PayerStore, PayerUnit
from vaguemestre.tables.lifecycles import MessageState


@pytest.fixture
def store(tmp_path: Path) -> PayerStore:
    return open_store(tmp_path)


def register(unit: PayerUnit, made: object, **changes: object) -> int | None:
    entry = registration(made, **changes)  # type: ignore[arg-type]
    return unit.sheets.register(entry, unit.sheets.claim_indexes(entry.sheet), NOON)


def decision(accepted_cents: int = 1750, claimed_cents: int = 1750) -> Decision:
    outcome = (
        Outcome.ACCEPTED if accepted_cents == claimed_cents else Outcome.PARTIAL if accepted_cents else Outcome.REJECTED
    )
    lines = (LineDecision(1, claimed_cents, accepted_cents),)
    return Decision(outcome, GENERAL, claimed_cents, accepted_cents, claimed_cents - accepted_cents, lines, (), ())


def decide(unit: PayerUnit, identifier: int | None, made: Decision | None = None) -> None:
    stored = unit.sheets.sheet(identifier or 0)
    assert stored is not None
    verdict = made or decision()
    due_on = None if verdict.outcome is Outcome.REJECTED else DAY
    unit.decisions.add([DecidedSheet(stored, verdict, due_on)], NOON)
    unit.sheets.set_states([(stored.id, SheetState(verdict.outcome.value))])


def pay(unit: PayerUnit, today: date = DAY) -> None:
    for due in unit.ledger.due(today):
        transfer = unit.ledger.add_transfer(due.fund, TransferKind.PRACTICE, due.payee, today, due.accepted_cents)
        unit.ledger.add_payments([PaymentEntry(Payment(due, 0, (), (), due.accepted_cents), (), transfer)], today)


def test_a_sheet_comes_back_as_it_was_registered(store: PayerStore) -> None:
    made = sheet(tiers_payant=False)
    with store.unit() as unit:
        identifier = register(unit, made)
    with store.view() as unit:
        stored = unit.sheets.sheet(identifier or 0)
        assert stored is not None
        assert stored.sheet == made
        assert (stored.state, stored.received_on, stored.card_signed) == (SheetState.REGISTERED, DAY, True)
        assert [entry.id for entry in unit.sheets.to_decide(10)] == [identifier]
        assert [entry.id for entry in unit.sheets.of_patients([made.beneficiary.key])] == [identifier]
        assert unit.sheets.of_patients([beneficiary(2).key]) == []


def test_one_identity_is_registered_once_whatever_its_content(store: PayerStore) -> None:
    with store.unit() as unit:
        first = register(unit, sheet(), content=b"one")
        assert register(unit, sheet(), content=b"one", lot=2) is None
        assert register(unit, sheet(), content=b"two", lot=2) is None
        known = unit.sheets.known(registration(sheet()).key)
        assert known is not None
        assert known.id == first


def test_a_paper_sheet_never_takes_an_electronic_number(store: PayerStore) -> None:
    made = sheet()
    paper = paper_key(GP_NUMBER, DAY, 1)
    assert str(paper) == f"{GP_NUMBER}/2022-04-27/P0001"
    with store.unit() as unit:
        assert register(unit, made)
        assert register(unit, sheet(order=2), key=paper, lot=0)


def test_two_live_sheets_never_claim_one_act_by_themselves(store: PayerStore) -> None:
    with store.unit() as unit:
        first = register(unit, sheet(serial=1))
        indexes = [index for index, _ in unit.sheets.claim_indexes(sheet(serial=2))]
        assert list(unit.sheets.live_claims(indexes).values()) == [f"{GP_NUMBER}/2022-04-27/0001"]
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            register(unit, sheet(serial=2))
        unit.sheets.release_claims([(first or 0, 1)])
        assert unit.sheets.live_claims(indexes) == {}
        assert register(unit, sheet(serial=2))


def test_a_held_sheet_waits_for_a_named_person(store: PayerStore) -> None:
    with store.unit() as unit:
        register(unit, sheet(serial=1))
        held = register(unit, sheet(serial=2), motives=(motive("A012", other="x"),))
        assert [entry.id for entry in unit.sheets.to_decide(10)] == [1]
        (hold,) = unit.sheets.open_holds()
        assert (hold.sheet, hold.motives[0].code) == (held, "A012")
        unit.sheets.decide_hold(hold, True, "Mme Roche", "deux visites", NOON)
        assert unit.sheets.open_holds() == []
        stored = unit.sheets.to_decide(10)[1]
        assert stored.verdict is not None
        assert (stored.verdict.name, stored.verdict.note) == ("Mme Roche", "deux visites")
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            register(unit, sheet(serial=3))  # the first occurrence is still taken


def test_a_claim_is_accepted_once(store: PayerStore) -> None:
    with store.unit() as unit:
        first = register(unit, sheet(serial=1))
        decide(unit, first, decision(0))
        unit.sheets.release_claims([(first or 0, 1)])
        second = register(unit, sheet(serial=2), claim=f"{GP_NUMBER}/2022-04-27/0001")
        decide(unit, second)
        unit.sheets.release_claims([(second or 0, 1)])
        third = register(unit, sheet(serial=3), claim=f"{GP_NUMBER}/2022-04-27/0001")
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            decide(unit, third)
        decide(unit, third, decision(0))
        assert unit.decisions.settled_claims([f"{GP_NUMBER}/2022-04-27/0001"]) == {
            f"{GP_NUMBER}/2022-04-27/0001": f"{GP_NUMBER}/2022-04-27/0002"
        }


def test_a_sheet_is_decided_once_and_its_amounts_add_up(store: PayerStore) -> None:
    with store.unit() as unit:
        first = register(unit, sheet())
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            decide(unit, first, replace(decision(), rejected_cents=1))
        decide(unit, first)
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            decide(unit, first)


def test_a_sheet_is_paid_once(store: PayerStore) -> None:
    with store.unit() as unit:
        decide(unit, register(unit, sheet()))
        (due,) = unit.ledger.due(DAY)
        assert (due.payee, due.accepted_cents, due.settlement) == (GP_NUMBER, 1750, Settlement.TIERS_PAYANT)
        pay(unit)
        assert unit.ledger.due(DAY + timedelta(days=1)) == []
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.ledger.add_payments([PaymentEntry(Payment(due, 0, (), (), 1750), (), 1)], DAY)
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit._cursor.execute(
                "INSERT INTO payments SELECT 99, claim, fund, settlement, payee, accepted_cents, retained_cents, recovered_cents,"
                " paid_cents, debt_cents, paid_on, transfer, body FROM payments"
            )
        for movement in (Movement.PAY_PRACTICE, Movement.ACCEPT_PRACTICE):
            unit.ledger.write([Posting(GENERAL.code, GP_NUMBER, [LedgerEntry(movement, 1750, due.sheet)])], DAY)
            with pytest.raises(sqlite3.IntegrityError), unit.attempt():
                unit.ledger.write([Posting(GENERAL.code, GP_NUMBER, [LedgerEntry(movement, 1, due.sheet)])], DAY)


def test_one_transfer_per_payee_and_day(store: PayerStore) -> None:
    with store.unit() as unit:
        decide(unit, register(unit, sheet(serial=1, order=1)))
        pay(unit)
        decide(unit, register(unit, sheet(serial=2, order=2)))
        assert unit.ledger.due(DAY) == []
        assert len(unit.ledger.due(DAY + timedelta(days=1))) == 1
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.ledger.add_transfer(GENERAL.code, TransferKind.PRACTICE, GP_NUMBER, DAY, 1)
        assert unit.ledger.add_transfer(FARMERS.code, TransferKind.PRACTICE, GP_NUMBER, DAY, 1)


def test_a_debt_is_never_recovered_beyond_its_amount(store: PayerStore) -> None:
    with store.unit() as unit:
        patient = unit.ledger.patient_index(beneficiary().key)
        unit.ledger.add_debts([NewDebt(GENERAL.code, patient, 7, DebtKind.PARTICIPATION, 100)], DAY)
        (debt,) = unit.ledger.open_debts(GENERAL.code, [patient])[patient]
        assert (debt.sheet, debt.open_cents, debt.dated_on) == (7, 100, DAY)
        assert unit.ledger.open_debts(FARMERS.code, [patient]) == {}
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit._cursor.execute("UPDATE debts SET recovered_cents = 101")
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.ledger.add_debts([NewDebt(GENERAL.code, patient, 7, DebtKind.PARTICIPATION, 1)], DAY)


def test_the_same_bytes_make_one_lot_and_one_acknowledgement(store: PayerStore) -> None:
    record = LotRecord("d" * 64, 0, 1, GENERAL.code, GP_NUMBER, "001", "2022-04-27", f"{GP_NUMBER}-01", False, NOON, NOON,
                       LotOutcome.POSITIVE, 1, ("a@a.example", "b@b.example"))  # fmt: skip
    answer = Answer("ARL", GENERAL.code, record.station, 1, GP_NUMBER, "m", "e" * 64, b"sealed")
    with store.unit() as unit:
        lot = unit.inbox.add_lot(record)
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.inbox.add_lot(record)
        (stored,) = unit.inbox.lots_by_digest("d" * 64)
        assert (stored.id, stored.return_addresses) == (lot, ("a@a.example", "b@b.example"))
        identifier = unit.answers.add(answer, NOON)
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.answers.add(answer, NOON)
        assert unit.answers.acknowledgement_of(lot) == identifier
        entry = registration(sheet())
        unit.inbox.add_presentations(
            lot, [Presentation(1, entry.key, entry.content, SheetOutcome.REGISTERED, 5, 1750, "tiers_payant")]
        )
        with pytest.raises(sqlite3.IntegrityError), unit.attempt():
            unit.inbox.add_presentations(
                lot + 1, [Presentation(1, entry.key, entry.content, SheetOutcome.HELD, 5, 1750, "tiers_payant")]
            )


def test_an_attempt_is_written_before_dialling_and_its_end_after(store: PayerStore) -> None:
    with store.unit() as unit:
        answer = unit.answers.add(Answer("NOEMIE", GENERAL.code, "s", None, GP_NUMBER, "m", "e" * 64, b"x"), NOON)
        unit.answers.queue(answer, ["a@a.example", "b@b.example"], NOON)
        rows = unit.answers.waiting(NOON, 10)
        attempts = unit.answers.begin_attempts(rows, NOON)
        unit.answers.end_attempt(
            attempts[0], rows[0], Attempt(DeliveryOutcome.ACCEPTED, "250"), OutboxState.SENT, NOON, NOON
        )
        later = NOON + timedelta(minutes=5)
        unit.answers.end_attempt(
            attempts[1], rows[1], Attempt(DeliveryOutcome.UNREACHABLE, ""), OutboxState.WAITING, later, NOON
        )
        assert unit.answers.waiting(NOON, 10) == []
        assert [(row.address, row.attempts) for row in unit.answers.waiting(later, 10)] == [("b@b.example", 1)]
        assert unit.answers.next_sending() == later
        assert unit.answers.counts() == {"sent": 1, "waiting": 1}


def test_an_older_lot_never_replaces_the_latest_return_addresses(store: PayerStore) -> None:
    with store.unit() as unit:
        unit.answers.set_place(GP_NUMBER, "s1", ["new@a.example"], NOON)
        unit.answers.set_place(GP_NUMBER, "s1", ["old@a.example"], NOON - timedelta(days=1))
        assert unit.answers.place(GP_NUMBER) == ("s1", ("new@a.example",))
        unit.answers.set_place(GP_NUMBER, "s2", ["other@b.example"], NOON + timedelta(days=1))
        assert unit.answers.place(GP_NUMBER) == ("s2", ("other@b.example",))
        assert unit.answers.place(GP_NUMBER, "s1") == ("s1", ("new@a.example",))
        assert unit.answers.place("000000000") is None


def test_received_bytes_come_back_and_nothing_readable_lies_on_the_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    raw = b"Subject: garbage\r\n\r\nin clear 2700375990001"
    store.receive([(ReceivedEnvelope("x@a.example", ("01751@751.01.rss.example",), "p", NOON), raw)])
    made = sheet()
    with store.unit() as unit:
        (message,) = unit.inbox.waiting(10)
        assert (message.raw, message.received_at, message.faults) == (raw, NOON, 0)
        unit.inbox.count_fault(message.id)
        unit.inbox.set_message(message.id, MessageState.REFUSED, motives=[motive("A002")])
        assert unit.inbox.waiting(10) == []
        assert unit.inbox.set_aside() == [(message.id, "refused", message.received_at, (motive("A002"),))]
        decide(unit, register(unit, made))
        unit.register.put_persons([person()])
        unit.register.put_cards([card(opposed_on=DAY)])
        assert unit.register.persons([made.beneficiary.key, "nobody"]) == {made.beneficiary.key: person()}
        assert unit.register.cards(["8000000001", "1"]) == {"8000000001": card(opposed_on=DAY)}
        assert [entry.serial for entry in unit.register.oppositions()] == ["8000000001"]
    store.close()
    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (made.beneficiary.insured_nir, "Durand", "in clear", made.beneficiary.birth_date.iso()):
        assert secret.encode() not in on_disk


def test_a_unit_that_raises_leaves_nothing(store: PayerStore) -> None:
    with pytest.raises(RuntimeError), store.unit() as unit:
        register(unit, sheet())
        raise RuntimeError
    with store.view() as unit:
        assert unit.sheets.to_decide(10) == []


def test_penalties_wait_for_their_half_year(store: PayerStore) -> None:
    with store.unit() as unit:
        unit.ledger.add_penalties([Penalty(1, GENERAL.code, GP_NUMBER, 100, 8)], DAY, date(2022, 7, 1))
        assert unit.ledger.penalties_due(date(2022, 6, 30)) == []
        (due,) = unit.ledger.penalties_due(date(2022, 7, 1))
        assert due == Penalty(1, GENERAL.code, GP_NUMBER, 100, 8)
        unit.ledger.set_penalties_paid([1], 4)
        assert unit.ledger.penalties_due(date(2022, 7, 2)) == []


def test_after_the_keeping_time_only_hashes_and_the_outcome_remain(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    entry = registration(sheet(tiers_payant=False), content=b"same")
    with store.unit() as unit:
        decide(unit, register(unit, entry.sheet, content=b"same"))
        register(unit, sheet(serial=2, order=2))  # not ended: it stays
        assert unit.keeping.retire_sheets(DAY, DAY) == 0
        after = DAY + timedelta(days=1)
        assert unit.keeping.retire_sheets(after, after) == 0  # accepted, not paid yet
        pay(unit)
        assert not unit.keeping.any_retired()
        assert unit.keeping.retire_sheets(after, after) == 1
        assert unit.keeping.any_retired()
        assert unit.keeping.retired(entry.key, entry.content) == ("accepted", True)
        assert unit.keeping.retired(entry.key, b"other") == ("accepted", False)
        assert unit.keeping.retired(registration(sheet(serial=9)).key, b"") is None
        assert unit.keeping.claim_retired(entry.claim)
        assert unit.sheets.known(entry.key) is None
        assert len(unit.sheets.to_decide(10)) == 1
        rows = unit._cursor.execute("SELECT * FROM tombstones").fetchall()
        assert GP_NUMBER not in repr(rows)
