"""A practice's ordinary day and its troubles, against two operators in memory and a payer that says what it is told to say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from practice_kit import DAY, FUND, GP, GP_NUMBER, NOW, World, bundle, draft, fund_signer, tiers_payant
from seal_kit import card, rsa_key, signer
from sheet_kit import codes
from vaguemestre.core.caresheet import Act
from vaguemestre.core.directory.mandates import Station
from vaguemestre.core.lot import ClosingPolicy, LotIdentity
from vaguemestre.core.mail.bounce import Bounce, build_bounce, message_id_of
from vaguemestre.core.mail.operator_policy import Service
from vaguemestre.core.practice.book import FileStage, MailState, SheetKey
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.wire.acknowledgement import AcknowledgedOutcome, AcknowledgedSheet, FirstRegistration
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.role.practice.corrections import sheet_in
from vaguemestre.role.practice.day import round_of_work, sleep_after
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.record import Entry, record
from vaguemestre.role.practice.send import conclude_dead_attempts, send
from vaguemestre.role.practice.ways import notice_passwords
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.lifecycles import SheetState, WayState


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.publish()
    yield made
    made.store.close()


def sent(world: World) -> list[str]:
    """Close, seal and send; the codes of what was told."""
    report = close_and_seal(world.edges, world.now)
    return codes((*report.findings, *send(world.edges, world.now).findings))


# --- recording


def test_a_recorded_sheet_is_signed_numbered_and_comes_back_whole(world: World) -> None:
    outcome = record(world.edges, Entry(tiers_payant(), "Mme C.", card()), NOW)
    assert outcome.sheet is not None
    assert str(outcome.sheet.identity) == f"{GP_NUMBER}/2022-04-27/0001"
    assert outcome.sheet.fund_cents == 1750
    assert outcome.trace
    with world.store.read() as view:
        row = view.sheet_by_key(SheetKey.of(outcome.sheet.identity))
        assert row is not None
        travelling = view.travelling(row.id)
        assert travelling is not None
        assert sheet_in(travelling) == outcome.sheet
        assert travelling.signed.card_certificate_der == card().certificate_der
        assert view.body(row.id).label == "Mme C."
        assert view.body(row.id).trace == outcome.trace
        assert row.deadline.isoformat() == "2022-05-09"  # 8 working days
    second = record(world.edges, Entry(tiers_payant()), NOW)
    assert second.sheet is not None
    assert second.sheet.identity.serial == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (tiers_payant(acts=(Act(DAY, "ZZZ"),)), "T"),
        (tiers_payant(completed_on=DAY + timedelta(days=2)), "I"),
        (tiers_payant(performer=signer and draft().performer.__class__("10009999992", GP_NUMBER, "01")), "R036"),
    ],
)
def test_a_wrong_sheet_is_refused_with_findings_and_takes_no_number(world: World, wrong: object, code: str) -> None:
    outcome = record(world.edges, Entry(wrong), NOW)  # type: ignore[arg-type]
    assert outcome.sheet is None
    assert any(item.startswith(code) for item in codes(outcome.findings))
    assert world.record()[0].identity.serial == 1


def test_a_billing_number_of_another_machine_is_refused(world: World) -> None:
    edges = world.open(world.store, settings=world.edges.settings.__class__("CABINET", ()))
    assert "R045" in codes(record(edges, Entry(tiers_payant()), NOW).findings)


def test_a_right_that_the_bundle_does_not_know_is_said_and_refuses_nothing(world: World) -> None:
    world.publish(bundle(2, mandates=()))
    outcome = record(world.edges, Entry(tiers_payant()), NOW)
    assert outcome.sheet is not None
    assert codes(outcome.findings) == ["R046"]


def test_numbers_of_a_day_run_out_with_a_finding(world: World) -> None:
    small = replace(world.edges.settings, stations=(Station(f"{GP_NUMBER}-01", GP_NUMBER, 1, 40),))
    world.edges = world.open(world.store, settings=small)
    world.record(count=30)
    outcome = record(world.edges, Entry(tiers_payant()), NOW)
    assert (outcome.sheet, codes(outcome.findings)) == (None, ["R023"])
    world.later(days=1)
    assert world.record()[0].identity.serial == 1


# --- paid, refused, any order


def test_paid(world: World) -> None:
    sheets = [*world.record(count=2), *world.record(draft())]
    assert sent(world) == []
    (lot,) = world.payer.lots()
    assert sorted(lot.sheets, key=lambda sheet: sheet.identity) == sheets
    assert lot.manifest is not None
    assert lot.manifest.return_addresses == ("cabinet@a.example", "cabinet@b.example")
    world.payer.acknowledge(lot)
    assert world.collect() == []
    assert world.states() == ["acknowledged"] * 3
    world.later(days=3)
    world.payer.pay(lot)
    assert world.collect() == []
    assert world.states() == ["acknowledged", "settled", "settled"]
    with world.store.read() as view:
        assert view.open_lot_numbers(GP_NUMBER, FUND) == set()
        ((_, _, _, expected, paid),) = view.returns_balance()
        assert (expected, paid) == (3500, 3500)


def test_each_answer_by_two_ways_counts_once(world: World) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot)
    world.payer.pay(lot)
    world.collect()
    with world.store.read() as view:
        assert view.totals().mail == {MailState.APPLIED: 2}
        (row,) = view.sheets_in_state(SheetState.SETTLED)
        assert len(view.answers_of_sheet(row.id)) == 2


def test_a_return_before_its_acknowledgement(world: World) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    world.payer.pay(lot)
    assert world.collect() == []
    assert world.states() == ["settled"]
    world.payer.acknowledge(lot)
    assert world.collect() == []
    assert world.states() == ["settled"]


def test_the_same_answer_sealed_again_is_applied_once(world: World) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot, number=7)
    world.payer.acknowledge(lot, number=7)
    world.collect()
    with world.store.read() as view:
        assert view.totals().mail == {MailState.APPLIED: 2}
        (row,) = view.sheets_in_state(SheetState.ACKNOWLEDGED)
        assert len(view.answers_of_sheet(row.id)) == 1


def test_refused_sheet_in_a_mixed_acknowledgement(world: World) -> None:
    bad, good = world.record(count=2)
    sent(world)
    (lot,) = world.payer.lots()
    why = AcknowledgedSheet(
        bad.identity.invoice_number, 2022, AcknowledgedOutcome.REFUSED, "T001", 4, (76, 80), "[0476]", detail="INCONNU"
    )
    world.payer.acknowledge(lot, why)
    assert world.collect() == ["R003"]
    assert world.states() == ["acknowledged", "rejected"]
    with world.store.read() as view:
        row = view.sheet_by_key(SheetKey.of(bad.identity))
        assert row is not None
        (line,) = view.answers_of_sheet(row.id)
        assert line.findings[0].place.field == "[0476] 76-80"
        assert (row.accepted_cents, row.rejected_cents) == (0, 1750)
    world.payer.pay(world.payer.lots()[0], {bad.identity.invoice_number: 0})
    world.collect()
    assert world.states() == ["settled", "rejected"]
    assert good.identity.serial == 2


def test_partly_paid_deferred_held_conflict_and_duplicate_are_visible(world: World) -> None:
    first, second, third, fourth = world.record(count=4)
    sent(world)
    (lot,) = world.payer.lots()
    before = FirstRegistration(DAY, 3, NOW, AcknowledgedOutcome.REGISTERED)
    world.payer.acknowledge(
        lot,
        AcknowledgedSheet(first.identity.invoice_number, 2022, AcknowledgedOutcome.HELD, "A001", detail="DOUBLE ?"),
        AcknowledgedSheet(second.identity.invoice_number, 2022, AcknowledgedOutcome.CONFLICT, "A002"),
        AcknowledgedSheet(third.identity.invoice_number, 2022, AcknowledgedOutcome.DUPLICATE, first=before),
    )
    assert world.collect() == ["R009", "R008", "R012"]
    paid = {fourth.identity.invoice_number: 1000, third.identity.invoice_number: None}
    world.payer.pay(lot, {**paid, second.identity.invoice_number: 0, first.identity.invoice_number: 1750})
    assert world.collect() == ["R014", "R005"]
    assert world.states() == ["acknowledged", "settled", "settled", "rejected"]


# --- negative acknowledgement


def test_negative_acknowledgement_then_a_new_lot_with_the_same_sheets(world: World) -> None:
    sheets = world.record(count=3)
    sent(world)
    world.payer.acknowledge(world.payer.lots()[0], negative="B041")
    assert world.collect() == ["R017"]
    assert world.states() == ["recorded"] * 3
    sent(world)
    again = world.payer.lots()[1]
    assert again.manifest is not None
    assert (again.manifest.lot_number, again.sheets) == (2, sheets)
    world.payer.acknowledge(again)
    world.collect()
    assert world.states() == ["acknowledged"] * 3


def test_a_cause_that_stays_is_not_met_again_in_a_loop(world: World) -> None:
    world.record()
    for _ in range(2):
        sent(world)
        world.payer.acknowledge(world.payer.lots()[-1], negative="S014")
        world.collect()
    assert len(world.payer.lots()) == 2
    sent(world)
    assert len(world.payer.lots()) == 2
    world.later(hours=1, seconds=1)
    sent(world)
    assert len(world.payer.lots()) == 3


def test_a_late_negative_answer_takes_nothing_back(world: World) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot)
    world.collect()
    world.payer.acknowledge(lot, negative="S014")
    world.collect()
    assert world.states() == ["acknowledged"]


# --- ways


def test_a_closed_mailbox_stops_nothing(world: World) -> None:
    """April 2022: operator `a` closes POP3 after a correct password; sending stays open, answers also come by `b`."""
    world.record()
    sent(world)
    world.a.suspend(Service.POP3)
    world.payer.acknowledge(world.payer.lots()[0])
    assert world.collect() == ["D003"]
    assert world.states() == ["acknowledged"]
    world.record()
    assert sent(world) == []
    assert len(world.payer.lots()) == 2
    with world.store.read() as view:
        healths = view.healths()
    assert healths["a", Leg.COLLECTING].state is WayState.SUSPENDED
    assert healths["a", Leg.SENDING].state is WayState.OPEN
    world.a.reopen(Service.POP3)
    world.later(hours=2)
    assert world.collect() == []  # what stayed locked in `a` was known by `b`
    with world.store.read() as view:
        assert view.totals().mail == {MailState.APPLIED: 1}


def test_when_sending_fails_the_next_way_takes_the_same_bytes(world: World) -> None:
    world.record()
    world.a.suspend(Service.SUBMISSION)
    report = close_and_seal(world.edges, world.now)
    assert report.sealed == 1
    result = send(world.edges, world.now)
    assert result.outcomes == {DeliveryOutcome.SUSPENDED: 1, DeliveryOutcome.ACCEPTED: 1}
    assert world.states() == ["handed over"]
    (lot,) = world.payer.lots()
    with world.store.read() as view:
        (row,) = view.lots_of_file(1)
        (sealing,) = view.sealings_of_file(row.file_id)
        assert sealing.sealed_digest == lot.digest
        assert [item.outcome for item in view.attempts_of_file(row.file_id)] == [
            DeliveryOutcome.SUSPENDED,
            DeliveryOutcome.ACCEPTED,
        ]


def test_no_way_at_all_waits_without_end_and_goes_when_one_opens(world: World) -> None:
    world.record()
    world.a.unreachable = world.b.unreachable = True
    sent(world)
    for _ in range(12 * 24):
        world.later(hours=1)
        send(world.edges, world.now)
    assert world.states() == ["sealed"]
    world.b.unreachable = False
    world.later(hours=1)
    assert send(world.edges, world.now).sent == 1


def test_a_renewed_password_is_tried_at_once(world: World) -> None:
    notice_passwords(world.edges, {"a": "one", "b": "two"}, world.now)
    world.a.add_accounts([("cabinet@a.example", "changed")])
    assert world.collect() == ["D004"]
    assert world.collect() == []  # not tried again for half an hour: that is what an attacker looks like
    world.edges = world.open(world.store, ways=(world.way(world.a, 0, "changed"), world.way(world.b, 1)))
    assert world.a.figures().refused_credentials == 1
    notice_passwords(world.edges, {"a": "new", "b": "two"}, world.now)
    world.collect()
    with world.store.read() as view:
        assert view.healths()["a", Leg.COLLECTING].state is WayState.OPEN


def test_money_before_the_acknowledgement_stops_the_sending_again(world: World) -> None:
    world.record()
    sent(world)
    world.payer.pay(world.payer.lots()[0])
    world.collect()
    assert codes(send(world.edges, world.later(days=5)).findings) == []
    assert len(world.payer.lots()) == 1


def test_an_unknown_ending_sends_the_same_bytes_again(world: World) -> None:
    world.record()
    world.a.drop_after_dot(1)
    close_and_seal(world.edges, world.now)
    result = send(world.edges, world.now)
    assert result.outcomes == {DeliveryOutcome.UNKNOWN: 1, DeliveryOutcome.ACCEPTED: 1}
    one, two = world.payer.lots()
    assert one.digest == two.digest
    world.payer.acknowledge(one)
    assert world.collect() == []
    assert world.states() == ["acknowledged"]


def test_a_process_that_died_while_sending_leaves_an_unknown_fate(world: World) -> None:
    world.record()
    close_and_seal(world.edges, world.now)
    with world.store.write() as book:
        sealing = book.current_sealing(1)
        assert sealing is not None
        book.begin_attempt(sealing.id, "a", world.now)
    assert send(world.edges, world.now).outcomes == {}  # somebody else may still be dialling
    assert codes(conclude_dead_attempts(world.edges, world.now, stale_after=timedelta(0))) == ["D006"]
    assert world.states() == ["handed over"]
    assert send(world.edges, world.now).sent == 1


def test_a_missing_acknowledgement_alarms_and_sends_again_by_the_other_way(world: World) -> None:
    world.record()
    sent(world)
    assert send(world.edges, world.later(days=1)).findings == ()
    result = send(world.edges, world.later(days=1, seconds=1))  # two working days
    assert codes(result.findings) == ["R018"]
    one, two = world.payer.lots()
    assert one.digest == two.digest
    with world.store.read() as view:
        assert [item.way for item in view.attempts_of_file(1)] == ["a", "b"]


def test_a_message_returned_by_an_operator_goes_again(world: World) -> None:
    world.record()
    sent(world)
    bounce = Bounce(FUND.code, "5.1.1", "550 no such user", message_id_of(world.payer.received[0].raw))
    report = build_bounce(
        reporter="a.example", sender="cabinet@a.example", bounce=bounce, dated=world.now, boundary="r1"
    )
    world.payer.mail(report, ["cabinet@a.example"])
    assert world.collect() == ["D011"]
    assert send(world.edges, world.now).sent == 1
    assert len({lot.digest for lot in world.payer.lots()}) == 1


def test_urgent_lots_go_first(world: World) -> None:
    world.record()
    close_and_seal(world.edges, world.now)
    world.record(draft())  # the patient paid: 3 working days instead of 8
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)
    settlements = [lot.sheets[0].settlement.value for lot in world.payer.lots()]
    assert settlements == ["patient_paid", "tiers_payant"]


def test_attempts_end_only_when_the_right_has_lapsed(world: World) -> None:
    world.record()
    world.a.unreachable = world.b.unreachable = True
    sent(world)
    world.now = NOW.replace(year=2024, month=6, day=30)
    send(world.edges, world.now)
    world.now = NOW.replace(year=2024, month=7, day=1)
    assert "R043" in codes(send(world.edges, world.now).findings)
    assert send(world.edges, world.later(days=30)).outcomes == {}
    assert world.states() == ["sealed"]


# --- what comes in and cannot be believed


def test_what_cannot_be_believed_is_kept_and_shown(world: World) -> None:
    world.payer.mail(b"Content-Type: text/plain\r\n\r\nBuy now\r\n", ["cabinet@a.example"])
    world.payer.mail(b"Content-Type: text/plain\r\n\r\nBuy now\r\n", ["cabinet@b.example"])
    found = world.collect()
    assert found[0] == "R020"
    assert world.a.figures().in_mailboxes == 0
    with world.store.read() as view:
        ((mail, told),) = view.mails(MailState.QUARANTINED)
        assert b"Buy now" in view.mail(mail.id)[1]
        assert told[0].code == "R020"


def test_an_answer_signed_by_anybody_else_has_no_effect(world: World) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    from vaguemestre.edge.seal.smime import Sealer

    other = signer(Role.FUND, "029220000", rsa_key(7))
    world.payer._sealer = Sealer(other, world.payer._sealer._randomness)
    world.payer.acknowledge(lot)
    assert "R021" in world.collect()
    assert world.states() == ["handed over"]
    world.payer._sealer = Sealer(signer(number=GP.rpps), world.payer._sealer._randomness)
    world.payer.acknowledge(lot)
    assert "R020" in world.collect()
    assert world.states() == ["handed over"]


def test_an_answer_about_an_unknown_lot_or_sheet_is_kept(world: World, tmp_path: Path) -> None:
    world.record()
    sent(world)
    (lot,) = world.payer.lots()
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other", world.now)
    other.publish()
    other.payer.acknowledge(lot)
    assert other.collect() == ["R001"]
    other.payer.pay(lot)
    assert other.collect() == ["R002"]
    with other.store.read() as view:
        ((billing, invoice, line),) = view.answers_about_unknown_sheets()
        assert (billing, invoice, line.paid_cents) == (GP_NUMBER, "221170001", 1750)
    other.store.close()


# --- bundles


def test_a_bundle_by_mail_replaces_an_older_one_only(world: World) -> None:
    headers = b"Content-Type: application/pkcs7-mime\r\nContent-Description: BUNDLE\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    newer = write_bundle(bundle(2), fund_signer())
    older = write_bundle(bundle(1, issued_at=NOW - timedelta(days=1)), fund_signer())
    world.payer.mail(headers + newer, ["cabinet@a.example", "cabinet@b.example"])
    assert world.collect() == []
    world.payer.mail(headers + older, ["cabinet@a.example"])
    assert world.collect() == ["M023"]
    with world.store.read() as view:
        current = world.edges.directory.current(view)
    assert current is not None
    assert current.bundle.sequence == 2


def test_a_forged_bundle_changes_nothing(world: World) -> None:
    from vaguemestre.role.practice.collect import take_bundle

    state, findings = take_bundle(world.edges, write_bundle(bundle(9), signer(number=GP.rpps)), world.now)
    assert state is MailState.QUARANTINED
    assert "M022" in codes(findings)
    with world.store.read() as view:
        current = world.edges.directory.current(view)
    assert current is not None
    assert current.bundle.sequence == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [(bundle(2, encryption=()), "R035"), (bundle(2, funds=()), "R041"), (bundle(2, mandates=()), "R037")],
)
def test_what_cannot_be_sealed_waits_signed_and_goes_later(world: World, given: object, code: str) -> None:
    world.publish(given)  # type: ignore[arg-type]
    world.record(count=2)
    assert sent(world) == [code]
    assert world.states() == ["in lot"] * 2
    world.publish(bundle(3))
    world.later(minutes=6)
    assert sent(world) == []
    assert world.states() == ["handed over"] * 2


# --- rounds


def test_a_round_does_everything_and_the_next_one_nothing(world: World) -> None:
    world.record(count=2)
    first = round_of_work(world.edges, world.now)
    assert (len(first.lots.closed), first.lots.sealed, first.sent.sent, first.worked) == (1, 1, 1, True)
    assert first.backup is not None
    assert first.backup.generation is not None
    world.later(minutes=1)
    round_of_work(world.edges, world.now)  # what was written in the very second of a backup is copied again
    world.later(minutes=1)
    second = round_of_work(world.edges, world.now)
    assert not second.worked
    assert second.backup is not None
    assert second.backup.generation is None
    assert timedelta(seconds=2) <= sleep_after(world.edges, world.now) <= timedelta(minutes=5)


def test_lots_are_cut_and_numbers_wrap_past_open_ones(world: World) -> None:
    world.record(count=5)
    report = close_and_seal(world.edges, world.now, ClosingPolicy(lot_size=2))
    assert [identity.number for identity in report.closed] == [1, 2, 3]
    world.later(days=1)
    with world.store.write() as book:
        book.set_last_lot_number(GP_NUMBER, FUND, 999)
    world.record()
    assert [identity.number for identity in close_and_seal(world.edges, world.now).closed] == [4]


def test_when_every_lot_number_is_open_sheets_wait(world: World) -> None:
    world.record(count=1)
    with world.store.write() as book:
        file_id = book.add_file(GP_NUMBER, FUND, NOW, earliest_deadline=DAY, lapses_on=DAY)
        book.set_file(file_id, FileStage.DONE)
        for number in range(1, 1000):
            book.add_lot(file_id, LotIdentity(GP_NUMBER, FUND, DAY - timedelta(days=1), number), 1, 0, NOW)
    assert codes(close_and_seal(world.edges, world.now).findings) == ["R022"]
    assert world.states() == ["recorded"]
