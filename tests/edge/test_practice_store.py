"""The practice's store: what it keeps, what it refuses, and that nothing readable of a patient stands in it."""

import errno
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import IntegrityError

import pytest

from vaguemestre.core.caresheet import Settlement, SheetIdentity
from vaguemestre.core.findings import finding
from vaguemestre.core.lot import LotIdentity, LotState
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import (
    FileStage,
    MailState,
    NewAnswer,
    NewSealing,
    NewSheet,
    NewSheetAnswer,
    Origin,
    SheetBody,
    SheetChange,
    SheetKey,
    Travelling,
)
from vaguemestre.core.seal.sealing import SignatureAlgorithm
from vaguemestre.core.seal.sheetsigning import SignedSheet
from vaguemestre.edge.practice.store import PracticeStore, PracticeWriter, open_practice_store
from vaguemestre.edge.store.database import NewerStateError
from vaguemestre.edge.store.vault import Vault, VaultError
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.lifecycles import SheetState

NOW = datetime(2022, 4, 27, 9, 30, tzinfo=UTC)
TODAY = date(2022, 4, 27)
FUND = Destination("01", "751")
BILLING = "751990112"
NIR = "2580275123456/1958-02-27/1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PracticeStore]:
    opened = open_practice_store(tmp_path / "practice.sqlite", Vault(b"k" * 32))
    yield opened
    opened.close()


def new_sheet(serial: int, **more: object) -> NewSheet:
    identity = SheetIdentity(BILLING, TODAY, serial)
    signed = SignedSheet(
        identity.invoice_number, NOW, b"{}", SignatureAlgorithm.RSA_SHA256, b"certificate", b"signature"
    )
    given: dict[str, object] = {
        "key": SheetKey.of(identity),
        "origin": Origin.OWN,
        "settlement": Settlement.TIERS_PAYANT,
        "destination": FUND,
        "fund_cents": 1750,
        "completed_on": TODAY,
        "deadline": date(2022, 5, 9),
        "recorded_at": NOW,
        "patient_key": NIR,
        "travelling": Travelling(b"2580275123456".ljust(128), signed),
        "body": SheetBody("Mme Lefort", findings=()),
        **more,
    }
    return NewSheet(**given)  # type: ignore[arg-type]


def lot_of(book: PracticeWriter, sheet_ids: list[int], number: int = 1, day: date = TODAY) -> int:
    file_id = book.add_file(BILLING, FUND, NOW, earliest_deadline=TODAY, lapses_on=date(2024, 7, 1))
    lot_id = book.add_lot(file_id, LotIdentity(BILLING, FUND, day, number), len(sheet_ids), 1750 * len(sheet_ids), NOW)
    book.put_in_lot(lot_id, sheet_ids)
    return lot_id


def sealing(file_id: int, digest: str = "d" * 64) -> NewSealing:
    return NewSealing(file_id, NOW, digest, "10000000017", "f" * 64, NOW + timedelta(days=400), "first", b"sealed")


def test_a_sheet_comes_back_as_it_was(store: PracticeStore) -> None:
    new = new_sheet(12)
    with store.write() as book:
        sheet_id = book.add_sheet(new)
    with store.read() as view:
        row = view.sheet_by_key(new.key)
        assert row is not None
        assert (row.id, row.key, row.state, row.fund_cents) == (sheet_id, new.key, SheetState.RECORDED, 1750)
        assert row.recorded_at == NOW
        assert str(row.key) == "751990112/2022-04-27/0012"
        assert row.key.identity == SheetIdentity(BILLING, TODAY, 12)
        assert view.body(sheet_id) == new.body
        assert view.travelling(sheet_id) == new.travelling
        assert view.sheets_of_patient(NIR) == [row]
        assert view.sheets_of_patient("another") == []


def test_nothing_readable_of_a_patient_stands_in_the_file(store: PracticeStore, tmp_path: Path) -> None:
    with store.write() as book:
        book.add_sheet(new_sheet(1))
        mail, _ = book.keep_mail("e" * 64, "a", "uid-1", b"Mme Lefort 2580275123456", NOW)
        wrong = [finding("R002", sheet="Mme Lefort", verdict="paid", paid="17.50")]
        book.set_mail(mail, MailState.APPLIED, NOW, kind="return", sender=FUND.code, findings=wrong)
        answer = book.add_answer(NewAnswer(mail, "N-1", "return", FUND, TODAY))
        line = NewSheetAnswer(1, None, BILLING, "221170001", "paid", None, findings=tuple(wrong))
        book.add_sheet_answers(answer, [line], NOW)
        book.add_bundle("issuer", 1, NOW, NOW, b"Mme Lefort", in_force=True)
    store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Lefort" not in written
    assert b"2580275123456" not in written
    reopened = open_practice_store(tmp_path / "practice.sqlite", Vault(b"k" * 32))
    with reopened.read() as view:
        assert view.mail(mail)[1] == b"Mme Lefort 2580275123456"
        ((row, told),) = view.mails(MailState.APPLIED)
        assert row.finding_codes == ("R002",)
        assert told[0].finding().values["sheet"] == "Mme Lefort"
        ((billing, invoice, said),) = view.answers_about_unknown_sheets()
        assert (billing, invoice, said.findings[0].code.code) == (BILLING, "221170001", "R002")
    reopened.close()


def test_a_transaction_that_fails_leaves_nothing_and_consumes_no_number(store: PracticeStore) -> None:
    with pytest.raises(RuntimeError), store.write() as book:
        book.add_sheet(new_sheet(1))
        raise RuntimeError
    with store.write() as book:
        assert book.numbers_of(BILLING, TODAY).last_serial == 0
        assert book.totals().stages == ()


def test_the_last_serial_is_that_of_the_day_and_billing_number(store: PracticeStore) -> None:
    with store.write() as book:
        book.add_sheet(new_sheet(8))
        book.add_sheet(new_sheet(5))
        book.add_sheet(new_sheet(1, key=SheetKey(BILLING, "221189999", "2022-04-28")))
        file_id = book.add_file(BILLING, FUND, NOW, earliest_deadline=TODAY, lapses_on=TODAY)
        lot_id = book.add_lot(file_id, LotIdentity(BILLING, FUND, TODAY, 9), 1, 0, NOW)
        carried = SheetKey(BILLING, "221179000", "2022")  # another software's number that looks like one of ours
        book.add_sheet(new_sheet(1, key=carried, origin=Origin.CARRIED, travelling=None), lot_id, SheetState.IN_LOT)
        assert book.numbers_of(BILLING, TODAY) == (8, 0, False)
        assert book.numbers_of("751990120", TODAY) == (0, 0, False)


def test_an_identity_is_taken_once(store: PracticeStore) -> None:
    with store.write() as book:
        book.add_sheet(new_sheet(1))
    with pytest.raises(IntegrityError), store.write() as book:
        book.add_sheet(new_sheet(1, fund_cents=1))


def test_two_open_lots_never_share_a_number(store: PracticeStore) -> None:
    with store.write() as book:
        first = lot_of(book, [book.add_sheet(new_sheet(1))])
    with pytest.raises(IntegrityError), store.write() as book:
        lot_of(book, [book.add_sheet(new_sheet(2))], day=TODAY + timedelta(days=1))
    with store.write() as book:
        book.set_lot(first, LotState.REFUSED, is_open=False)
        lot_of(book, [book.add_sheet(new_sheet(2))], day=TODAY + timedelta(days=1))


def test_a_lots_identity_never_comes_again_even_once_it_is_closed(store: PracticeStore) -> None:
    with store.write() as book:
        book.set_lot(lot_of(book, [book.add_sheet(new_sheet(1))]), LotState.REFUSED, is_open=False)
    with pytest.raises(IntegrityError), store.write() as book:
        lot_of(book, [book.add_sheet(new_sheet(2))])


ILLEGAL = {
    "in a lot without a lot": "UPDATE sheets SET state = 'sealed'",
    "recorded and in a lot": "UPDATE sheets SET lot_id = 1",
    "an unknown state": "UPDATE sheets SET state = 'lost'",
    "settled a cent off": "UPDATE sheets SET state = 'settled', ended_at = 'x', accepted_cents = 1749, rejected_cents = 0",
    "patient-paid and settled": "UPDATE sheets SET settlement = 'patient_paid', state = 'settled', ended_at = 'x', "
    "accepted_cents = 1750, rejected_cents = 0",
    "rejected in part": "UPDATE sheets SET state = 'rejected', ended_at = 'x', rejected_cents = 1",
    "ended at no instant": "UPDATE sheets SET state = 'cancelled'",
    "a negative claim": "UPDATE sheets SET fund_cents = -1",
    "our own, unsigned": "UPDATE sheets SET travelling_id = NULL",
    "a lot number beyond 999": "UPDATE lots SET number = 1000",
    "a refused lot still open": "UPDATE lots SET state = 'refused'",
    "handed over at no instant": "UPDATE lots SET state = 'handed over'",
    "an empty lot": "UPDATE lots SET sheet_count = 0",
    "a file of no stage": "UPDATE b2_files SET stage = 'somewhere'",
    "carried bytes of our own file": "UPDATE b2_files SET body = x'00'",
    "an outcome without its instant": "UPDATE attempts SET outcome = 'accepted'",
    "two current sealings": "UPDATE sealings SET is_current = 1",
    "two bundles in force": "UPDATE bundles SET is_current = 1",
    "an invoice number of ten digits": "UPDATE sheets SET invoice_number = '2211700001'",
    "mail read at no instant": "UPDATE inbox SET state = 'applied'",
}


@pytest.mark.parametrize("what", ILLEGAL)
def test_the_database_itself_forbids(store: PracticeStore, what: str) -> None:
    with store.write() as book:
        lot_id = lot_of(book, [book.add_sheet(new_sheet(1))])
        book.add_sheet(new_sheet(2))
        file = book.lot(lot_id)
        assert file is not None
        sealing_id = book.add_sealing(sealing(file.file_id))
        book.add_sealing(sealing(file.file_id, "c" * 64))
        book.begin_attempt(sealing_id, "a", NOW)
        book.keep_mail("e" * 64, "a", "uid-1", b"bytes", NOW)
        book.add_bundle("issuer", 1, NOW, NOW, b"one", in_force=True)
        book.add_bundle("issuer", 2, NOW, NOW, b"two", in_force=True)
    with pytest.raises(IntegrityError), store.write() as book:
        book._driver.execute(ILLEGAL[what])


def test_one_attempt_at_a_time_and_each_keeps_its_outcome(store: PracticeStore) -> None:
    with store.write() as book:
        lot_id = lot_of(book, [book.add_sheet(new_sheet(1))])
        lot = book.lot(lot_id)
        assert lot is not None
        sealing_id = book.add_sealing(sealing(lot.file_id))
        first = book.begin_attempt(sealing_id, "a", NOW)
        assert first is not None
        assert book.begin_attempt(sealing_id, "b", NOW) is None
    second = "INSERT INTO attempts (sealing_id, way, started_at) VALUES (1, 'b', 'x')"
    with pytest.raises(IntegrityError), store.write() as book:
        book._driver.execute(second)
    with store.write() as book:
        ((attempt, file_id),) = book.unfinished_attempts(NOW + timedelta(seconds=1))
        assert (attempt.id, file_id) == (first, lot.file_id)
        book.end_attempt(first, DeliveryOutcome.UNKNOWN, "cut", NOW)
        third = book.begin_attempt(sealing_id, "b", NOW)
        assert third is not None
        book.end_attempt(third, DeliveryOutcome.ACCEPTED, "250", NOW)
    with store.read() as view:
        assert [item.outcome for item in view.attempts_of_file(lot.file_id)] == [
            DeliveryOutcome.UNKNOWN,
            DeliveryOutcome.ACCEPTED,
        ]
        assert view.attempt_counts() == {("a", DeliveryOutcome.UNKNOWN): 1, ("b", DeliveryOutcome.ACCEPTED): 1}
        assert view.sealed_message(sealing_id) == b"sealed"


def test_the_same_message_by_two_ways_is_kept_once(store: PracticeStore) -> None:
    with store.write() as book:
        assert book.keep_mail("e" * 64, "a", "uid-1", b"bytes", NOW) == (1, True)
        assert book.keep_mail("e" * 64, "b", "uid-9", b"bytes", NOW) == (1, False)
        assert book.keep_mail("e" * 64, "b", "uid-9", b"bytes", NOW) == (1, False)
        assert book.known_messages("b") == {"uid-9"}
        book.forget_deleted("b")
        assert not book.known_messages("b")
        assert book.known_messages("a") == {"uid-1"}
        assert book.mail_to_read() == [1]


def test_an_answer_counts_once(store: PracticeStore) -> None:
    answer = NewAnswer(1, "ARL-1", "acknowledgement", FUND, TODAY)
    with store.write() as book:
        book.keep_mail("e" * 64, "a", "uid-1", b"bytes", NOW)
        book.add_answer(answer)
    with pytest.raises(IntegrityError), store.write() as book:
        book.add_answer(answer)


def test_a_lot_frees_its_number_when_its_sheets_have_ended(store: PracticeStore) -> None:
    with store.write() as book:
        ids = [book.add_sheet(new_sheet(serial)) for serial in (1, 2)]
        lot_id = lot_of(book, ids)
        settled = SheetChange(ids[0], SheetState.SETTLED, lot_id, NOW, NOW, 1750, 0, 1750)
        book.change_sheets([settled])
        book.close_ended_lots([lot_id])
        assert book.open_lot_numbers(BILLING, FUND) == {1}
        book.change_sheets([SheetChange(ids[1], SheetState.RECORDED, None)])
        book.close_ended_lots([lot_id])
        assert book.open_lot_numbers(BILLING, FUND) == set()
        assert [row.id for row in book.sheets_of_lot(lot_id)] == ids


def test_a_carried_file_is_taken_once_and_comes_back_whole(store: PracticeStore) -> None:
    with store.write() as book:
        args = {"earliest_deadline": TODAY, "lapses_on": date(2024, 7, 1), "carried": b"B2", "digest": "b" * 64}
        file_id = book.add_file(BILLING, FUND, NOW, **args)  # type: ignore[arg-type]
        assert book.carried_file("b" * 64) == file_id
        assert book.carried_body(file_id) == b"B2"
        assert [row.id for row in book.files_due(FileStage.TO_SEAL, NOW)] == [file_id]
        assert book.files_due(FileStage.TO_SEAL, NOW - timedelta(seconds=1)) == []
    with pytest.raises(IntegrityError), store.write() as book:
        book.add_file(BILLING, FUND, NOW, **args)  # type: ignore[arg-type]


def test_one_correction_per_sheet_unless_it_was_cancelled(store: PracticeStore) -> None:
    with store.write() as book:
        old = book.add_sheet(new_sheet(1))
        first = book.add_sheet(new_sheet(2, replaces_id=old))
    with pytest.raises(IntegrityError), store.write() as book:
        book.add_sheet(new_sheet(3, replaces_id=old))
    with store.write() as book:
        book.change_sheets([SheetChange(first, SheetState.CANCELLED, None, ended_at=NOW)])
        second = book.add_sheet(new_sheet(3, replaces_id=old))
        found = book.correction_of(old)
        assert found is not None
        assert found.id == second


def test_the_wrong_key_and_a_newer_store_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "practice.sqlite"
    store = open_practice_store(path, Vault(b"k" * 32))
    with pytest.raises(VaultError):
        open_practice_store(path, Vault(b"o" * 32))
    with store.write() as book:
        book._driver.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(NewerStateError):
        open_practice_store(path, Vault(b"k" * 32))


def test_a_full_disk_is_told_as_such_and_loses_nothing(store: PracticeStore) -> None:
    with store.write() as book:
        book.add_sheet(new_sheet(1))
        pages = book._driver.execute("PRAGMA page_count").fetchone()[0]
        book._driver.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(OSError, match="space") as caught:
        for serial in range(2, 100):
            with store.write() as book:
                book.add_sheet(new_sheet(serial))
    assert caught.value.errno == errno.ENOSPC
    assert str(caught.value.filename).endswith("practice.sqlite")
    with store.read() as view:
        (stage,) = view.totals().stages
        assert stage.count >= 1
    with store.write() as book:
        book._driver.execute("PRAGMA max_page_count = 1000000")
        book.add_sheet(new_sheet(stage.count + 1))


def test_a_store_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "practice.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(OSError, match=r"practice\.sqlite"):
        open_practice_store(tmp_path / "practice.sqlite", Vault(b"k" * 32))


def test_a_reader_sees_one_instant_and_stops_nobody(store: PracticeStore) -> None:
    with store.read() as view:
        assert view.totals().stages == ()
        with store.write() as book:
            book.add_sheet(new_sheet(1))
        assert view.totals().stages == ()
    with store.read() as view:
        assert [(entry.state, entry.count, entry.fund_cents) for entry in view.totals().stages] == [
            (SheetState.RECORDED, 1, 1750)
        ]


def test_health_is_kept_per_leg(store: PracticeStore) -> None:
    from vaguemestre.core.mail.routing import Health
    from vaguemestre.tables.lifecycles import WayState

    closed = Health(WayState.SUSPENDED, NOW, NOW + timedelta(minutes=5), NOW, 3, "-ERR [SYS/TEMP]")
    with store.write() as book:
        book.save_health("a", Leg.COLLECTING, Health(WayState.OPEN, NOW, NOW))
        book.save_health("a", Leg.COLLECTING, closed)
        assert book.healths() == {("a", Leg.COLLECTING): closed}


def test_the_bundle_in_force_is_the_last_one_put_in_force(store: PracticeStore) -> None:
    with store.write() as book:
        assert book.current_bundle() is None
        book.add_bundle("issuer", 1, NOW, NOW, b"one", in_force=True)
        book.add_bundle("issuer", 2, NOW, NOW, b"two", in_force=True)
        book.add_bundle("issuer", 1, NOW, NOW, b"one", in_force=False)
        current = book.current_bundle()
        assert current is not None
        assert current[2] == b"two"
        assert book.current_bundle_id() == current[0]
