"""Stories of the payer's day: a sheet is paid, refused, sent twice, contradicted, held, and a crash loses nothing."""

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from payer_kit import DAY, FARMERS, GENERAL, GP_NUMBER, NOON, line, person, sheet
from payer_world import (
    ADDRESSES,
    FARMERS_ADDRESS,
    GENERAL_ADDRESS,
    PayerWorld,
    gp_card,
    make_world,
    revocation_of,
)
from seal_kit import RANDOM, rsa_key, signer
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.returns import PaymentState
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.wire.acknowledgement import AcknowledgedOutcome, AcknowledgementKind
from vaguemestre.edge.seal.certificates import Validity
from vaguemestre.edge.seal.smime import Sealer
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.intake import process_inbox
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.register import enrol, revoke
from vaguemestre.role.payer.status import status

PAY_DAY = NOON + timedelta(days=7)  # five working days later


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    return make_world(tmp_path)


def settle(world: PayerWorld) -> None:
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    answer(world.edges, PAY_DAY)
    assert status(world.edges, PAY_DAY).balanced


def test_tiers_payant_is_acknowledged_paid_in_full_and_returned(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1), sheet(2, 2)]))
    assert (report.messages, report.registered) == (1, 2)
    answer(world.edges, NOON)
    for address in ADDRESSES:
        (acknowledged,) = world.acknowledgements(address)
        assert acknowledged.kind is AcknowledgementKind.POSITIVE
        assert (acknowledged.registered_count, acknowledged.fund_cents, acknowledged.lot_number) == (2, 3500, 1)
    assert pay(world.edges, NOON).sheets == 0
    settle(world)
    (returned,) = world.returns()
    assert (returned.fund, returned.payee, returned.paid_cents) == (GENERAL, GP_NUMBER, 3500)
    assert [item.state for item in returned.invoices] == [PaymentState.PAID] * 2
    books = status(world.edges, PAY_DAY).books
    assert (books.claimed, books.paid_practice, books.retained, books.unpaid) == (3500, 3500, 0, 0)
    assert status(world.edges, PAY_DAY).debts_open_cents == 200  # one euro of participation each: the patients' debt


def test_the_patient_who_paid_gets_the_rest_after_participation_and_older_debts(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    settle(world)
    later = PAY_DAY + timedelta(days=1)
    on = later.date()
    paid = sheet(
        1, 1, tiers_payant=False, identity=SheetIdentity(GP_NUMBER, on, 1), completed_on=on, lines=(line(on=on),)
    )
    world.intake(world.message([paid], 2, at=later), later)
    adjudicate_pending(world.edges, later)
    report = pay(world.edges, later + timedelta(days=10))
    assert (report.patient_cents, report.retained_cents, report.recovered_cents) == (1550, 100, 100)
    answer(world.edges, later + timedelta(days=10))
    assert len(world.returns()) == 1  # only where tiers payant is due
    books = status(world.edges, later).books
    assert (books.accepted, books.paid_practice, books.paid_patient, books.retained) == (3500, 1750, 1550, 200)
    assert status(world.edges, later).balanced


def test_a_sheet_above_the_tariff_is_paid_in_part_with_its_reason(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1, lines=(line(cents=3000),))]))
    settle(world)
    (returned,) = world.returns()
    (invoice,) = returned.invoices
    assert (invoice.requested_cents, invoice.paid_cents, invoice.state) == (2100, 1750, PaymentState.PAID)
    assert [item.code for item in invoice.rejections] == ["T090"]


def test_a_refused_sheet_comes_back_with_its_reason_and_its_correction_is_paid_once(world: PayerWorld) -> None:
    unknown = sheet(1, 7)
    world.intake(world.message([unknown]))
    settle(world)
    (returned,) = world.returns()
    assert returned.invoices[0].state is PaymentState.REJECTED
    (reason,) = returned.invoices[0].rejections
    assert reason.code == "A022"
    assert reason.next_step
    corrected = sheet(2, 1, replaces=unknown.identity)
    again = sheet(3, 2, replaces=unknown.identity)
    world.intake(world.message([corrected, again], 2))
    settle(world)
    states = {item.invoice_number[-4:]: item for one in world.returns() for item in one.invoices}
    assert states["0002"].paid_cents == 1750
    assert [item.code for item in states["0003"].rejections] == ["A021"]


def test_a_bad_signature_refuses_its_sheet_and_the_others_are_paid(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1), sheet(2, 2), sheet(3, 3)], tampered=[2]))
    assert (report.registered, report.refused) == (2, 1)
    answer(world.edges, NOON)
    (acknowledged,) = world.acknowledgements()
    assert acknowledged.kind is AcknowledgementKind.MIXED
    (told,) = acknowledged.sheets
    assert (told.invoice_number, told.outcome, told.finding_code) == ("221170002", AcknowledgedOutcome.REFUSED, "S044")
    good = world.intake(world.message([sheet(2, 2)], 2))  # its number stayed free
    assert good.registered == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sheet_count": 3}, "A005"),
        ({"fund_cents": 1}, "A004"),
        ({"lot_number": 2}, "A003"),
        ({"made_on": date(2022, 4, 26)}, "A017"),
        ({"made_on": date(1922, 4, 27)}, "A017"),
        ({"made_on": date(2122, 4, 27)}, "A017"),
        ({"made_on": date(1, 1, 1)}, "A017"),
        ({"demo": True}, "A007"),
        ({"destination": FARMERS}, "A001"),
        ({"destination": replace(GENERAL, fund="999")}, "A001"),
    ],
)
def test_a_lot_that_lies_is_refused_whole_and_may_come_again(
    world: PayerWorld, changes: dict[str, object], code: str
) -> None:
    report = world.intake(world.message([sheet(1, 1)], **changes))
    assert (report.registered, report.lots_refused) == (0, 1)
    answer(world.edges, NOON)
    (acknowledged,) = world.acknowledgements()
    assert (acknowledged.kind, acknowledged.lot_finding_code) == (AcknowledgementKind.NEGATIVE, code)
    assert world.intake(world.message([sheet(1, 1)], 9)).registered == 1


def test_the_same_bytes_get_the_same_acknowledgement_again_everywhere(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1)])
    world.intake(raw)
    answer(world.edges, NOON)
    first = [one.data for one in world.answers()]
    report = world.intake(b"Received: by another way\r\n" + raw, NOON + timedelta(days=12))
    assert (report.repeated, report.registered, report.duplicates) == (1, 0, 0)
    answer(world.edges, NOON + timedelta(days=12))
    for address in ADDRESSES:
        answers = world.answers(address)
        assert [one.data for one in answers] == first * 2
        bodies = {one.message.partition(b"\r\n\r\n")[2] for one in world.post.taken if address in one.rcpt_tos}
        assert len(bodies) == 1


def test_a_known_sheet_in_a_new_lot_is_a_duplicate_that_names_the_first(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    later = NOON + timedelta(hours=3)
    report = world.intake(world.message([sheet(1, 1), sheet(2, 2)], 2, at=later, signed_at=NOON), later)
    assert (report.registered, report.duplicates) == (1, 1)
    answer(world.edges, later)
    acknowledged = world.acknowledgements()[-1]
    (told,) = acknowledged.sheets
    assert (told.outcome, told.finding_code) == (AcknowledgedOutcome.DUPLICATE, "A010")
    assert told.first is not None
    assert (told.first.lot_number, told.first.registered_at) == (1, NOON)
    settle(world)
    assert status(world.edges, PAY_DAY).books.paid_practice == 3500


def test_one_number_with_two_contents_is_refused_and_both_are_kept(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    report = world.intake(world.message([sheet(1, 2)], 2))
    assert report.conflicts == 1
    answer(world.edges, NOON)
    acknowledged = world.acknowledgements()[-1]
    assert acknowledged.kind is AcknowledgementKind.MIXED
    assert [(told.outcome, told.finding_code) for told in acknowledged.sheets] == [
        (AcknowledgedOutcome.CONFLICT, "A011")
    ]
    with world.store.view() as unit:
        kept = unit._cursor.execute("SELECT body FROM presentations WHERE outcome = 'conflict'").fetchall()
    assert len(kept) == 1
    settle(world)
    assert status(world.edges, PAY_DAY).books.paid_practice == 1750


def test_the_correction_of_a_disputed_number_waits_for_a_person(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    world.intake(world.message([sheet(1, 2)], 2))
    report = world.intake(world.message([sheet(2, 2, replaces=sheet(1).identity)], 3))
    assert report.held == 1
    answer(world.edges, NOON)
    assert [told.finding_code for told in world.acknowledgements()[-1].sheets] == ["A015"]


def test_a_correction_of_a_sheet_never_received_waits_for_a_person(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(2, 2, replaces=sheet(1).identity)]))
    assert report.held == 1
    answer(world.edges, NOON)
    assert [told.finding_code for told in world.acknowledgements()[-1].sheets] == ["A013"]


def test_a_correction_of_a_sheet_that_the_acknowledgement_refused_is_its_claim(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)], tampered=[1]))
    report = world.intake(world.message([sheet(2, 1, replaces=sheet(1).identity)], 2))
    assert report.registered == 1
    with world.store.view() as unit:
        assert [stored.claim for stored in unit.sheets.to_decide(9)] == [f"{GP_NUMBER}/{DAY}/0001"]


def test_a_crash_between_the_promise_and_the_acknowledgement_loses_nothing(world: PayerWorld, tmp_path: Path) -> None:
    world.take(world.message([sheet(1, 1)]))
    world.store.close()  # the process dies after its 250
    reborn = make_world(tmp_path)
    assert process_inbox(reborn.edges, NOON + timedelta(hours=1)).registered == 1
    reborn.store.close()  # and again, after registering, before the post round
    third = make_world(tmp_path)
    answer(third.edges, NOON + timedelta(hours=2))
    (acknowledged,) = third.acknowledgements(ADDRESSES[1])
    assert acknowledged.registered_count == 1


def test_our_own_fault_on_one_message_never_stops_the_others(
    world: PayerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.take(world.message([sheet(1, 1)], 1))
    world.take(world.message([sheet(2, 2)], 2))
    verify = world.edges.verifier.verify
    calls: list[str] = []

    def broken(*given: object, **named: object) -> object:
        calls.append(str(named["source"]))
        if named["source"] == "message 1":
            raise ZeroDivisionError
        return verify(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(type(world.edges.verifier), "verify", lambda self, *given, **named: broken(*given, **named))
    for attempt in range(3):
        report = process_inbox(world.edges, NOON)
        assert report.faults == 1
        assert report.registered == (1 if attempt == 0 else 0)
    assert process_inbox(world.edges, NOON).messages == 0
    ((identifier, state, _, motives),) = status(world.edges, NOON).set_aside
    assert (identifier, state, [item.code for item in motives]) == (1, "held", ["A006"])


def test_a_revocation_between_signing_and_receipt_holds_the_sheet(world: PayerWorld) -> None:
    revoked = NOON + timedelta(hours=1)
    raw = world.message([sheet(1, 1)])
    revoke(world.edges, [revocation_of(gp_card(), world.trust, revoked)], NOON)
    report = world.intake(raw, NOON + timedelta(hours=2))
    assert report.held == 1
    answer(world.edges, NOON + timedelta(hours=2))
    (acknowledged,) = world.acknowledgements()
    assert acknowledged.kind is AcknowledgementKind.POSITIVE
    assert [(told.outcome, told.finding_code) for told in acknowledged.sheets] == [(AcknowledgedOutcome.HELD, "S018")]
    assert adjudicate_pending(world.edges, PAY_DAY).accepted == 0


def test_a_revocation_after_the_receipt_changes_nothing(world: PayerWorld) -> None:
    world.take(world.message([sheet(1, 1)]))
    revoke(world.edges, [revocation_of(gp_card(), world.trust, NOON + timedelta(hours=1))], NOON)
    assert process_inbox(world.edges, NOON + timedelta(hours=2)).registered == 1


def test_a_revocation_before_signing_is_set_aside(world: PayerWorld) -> None:
    revoke(world.edges, [revocation_of(gp_card(), world.trust, NOON - timedelta(hours=1))], NOON)
    assert world.intake(world.message([sheet(1, 1)])).set_aside == 1
    ((_, state, _, motives),) = status(world.edges, NOON).set_aside
    assert (state, [item.code for item in motives]) == ("refused", ["S017"])


def test_a_patient_who_changed_fund_is_served_by_the_new_one(world: PayerWorld) -> None:
    enrol(world.edges, persons=[person(1, FARMERS)])
    world.intake(world.message([sheet(1, 1)]))
    settle(world)
    (returned,) = world.returns()
    assert (returned.fund, returned.paid_cents) == (FARMERS, 1750)
    assert [item.code for item in returned.invoices[0].rejections] == ["A029"]


def test_each_fund_answers_in_its_own_name(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1, destination=FARMERS)], to=FARMERS_ADDRESS)
    world.intake(raw, to=FARMERS_ADDRESS)
    answer(world.edges, NOON)
    (content,) = world.answers()
    assert content.manifest.fund == FARMERS
    assert {envelope.mail_from for envelope in world.post.taken} == {FARMERS_ADDRESS}


def test_one_closed_operator_does_not_keep_the_answer_from_the_other(world: PayerWorld) -> None:
    world.post.broken["a.example"] = DeliveryOutcome.UNREACHABLE
    world.intake(world.message([sheet(1, 1)]))
    report = answer(world.edges, NOON)
    assert (report.sent, report.failed) == (1, 1)
    assert len(world.acknowledgements(ADDRESSES[1])) == 1
    assert answer(world.edges, NOON).failed == 0  # not before its time
    world.post.broken.clear()
    assert answer(world.edges, NOON + timedelta(days=15)).sent == 1
    assert world.answers(ADDRESSES[0])[0].data == world.answers(ADDRESSES[1])[0].data


def test_late_payment_is_penalised_and_the_penalty_paid_in_the_next_half_year(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    adjudicate_pending(world.edges, NOON)
    late = NOON + timedelta(days=12)  # 9 May: the eighth working day
    assert pay(world.edges, late).penalty_cents == 100
    assert pay(world.edges, late + timedelta(days=40)).penalties_paid_cents == 0
    assert pay(world.edges, NOON.replace(month=7, day=1)).penalties_paid_cents == 100
    assert pay(world.edges, NOON.replace(month=7, day=2)).penalties_paid_cents == 0
    assert status(world.edges, late).books.paid_practice == 1750


def test_a_carried_lot_is_paid_under_the_lots_signature(world: PayerWorld) -> None:
    made = [sheet(1, 1), sheet(2, 2)]
    report = world.intake(world.carried(made))
    assert (report.registered, report.set_aside) == (2, 0)
    assert world.intake(world.carried(made, 2)).duplicates == 2
    answer(world.edges, NOON)
    assert [one.lot_number for one in world.acknowledgements()] == [1, 2]
    settle(world)
    assert status(world.edges, PAY_DAY).books.paid_practice == 3500


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: text/plain\r\n\r\nnot a lot",
        b"Content-Type: application/EDI-consent\r\nContent-Description: IRIS/B2/Z\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + gzip.compress(bytes(200 << 20), 9),
        b"Content-Type: application/EDI-consent\r\nContent-Description: IRIS/B2/Z\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + gzip.compress(b"000TP" * 400)[:-9],
    ],
    ids=["no lot", "a bomb", "cut short"],
)
def test_what_a_known_sender_seals_but_nobody_can_read_is_refused(world: PayerWorld, content: bytes) -> None:
    world.intake(world.message([sheet(5, 5)], 5))  # its return addresses are known from this lot
    raw = world.sealed(content, NOON, GENERAL_ADDRESS)
    report = world.intake(raw)
    assert (report.lots_refused, report.faults) == (1, 0)
    answer(world.edges, NOON)
    refused = world.acknowledgements(ADDRESSES[1])[-1]
    assert (refused.kind, refused.lot_number, refused.lot_date) == (AcknowledgementKind.NEGATIVE, 0, None)
    assert refused.lot_finding_code[0] in "SF"
    assert world.intake(raw).repeated == 1


def test_a_lot_sent_to_the_other_fund_of_this_insurer_is_refused_with_the_reason(world: PayerWorld) -> None:
    report = world.intake(world.message([sheet(1, 1)]), to=FARMERS_ADDRESS)
    assert report.lots_refused == 1
    answer(world.edges, NOON)
    assert [one.lot_finding_code for one in world.acknowledgements()] == ["A001"]


def test_certificates_and_a_fund_key_that_expired_during_the_outage_lose_nothing(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1)])  # signed and sealed in April 2022 with certificates that end with 2023
    late = datetime(2024, 2, 1, 10, tzinfo=UTC)
    renewed = signer(
        Role.FUND, GENERAL.code, rsa_key(1), validity=Validity(late - timedelta(days=1), late.replace(year=2026))
    )
    desk = replace(world.edges.funds[GENERAL.code], sealer=Sealer(renewed, RANDOM))
    world.edges = replace(world.edges, funds={**world.edges.funds, GENERAL.code: desk})
    assert world.intake(raw, late).registered == 1  # opened with the former key, which the fund kept
    answer(world.edges, late)
    assert [one.kind for one in world.acknowledgements()] == [AcknowledgementKind.POSITIVE]


def test_a_lost_return_is_told_again_to_whoever_sends_the_lot_again(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1)])
    world.intake(raw)
    settle(world)
    world.post.taken.clear()
    later = PAY_DAY + timedelta(days=30)
    world.intake(raw, later)
    answer(world.edges, later)
    (again,) = world.returns(ADDRESSES[1])
    assert again.paid_cents == 1750
    assert len(world.acknowledgements(ADDRESSES[1])) == 1
    assert status(world.edges, later).books.paid_practice == 1750


@pytest.mark.parametrize("century", [1922, 2122])
def test_a_sheet_dated_in_another_century_is_refused_alone_and_no_answer_breaks(
    world: PayerWorld, century: int
) -> None:
    odd = sheet(1, 1, identity=SheetIdentity(GP_NUMBER, DAY.replace(year=century), 1))  # the same nine digits
    report = world.intake(world.message([odd, sheet(2, 2)]))
    assert (report.faults, report.refused, report.registered) == (0, 1, 1)
    settle(world)
    (returned,) = world.returns()
    assert [item.invoice_number[-4:] for item in returned.invoices] == ["0002"]
