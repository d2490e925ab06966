"""What waits for a person: doubles with paper, messages nobody can be answered for, and what remains after the keeping time."""

from datetime import timedelta
from pathlib import Path

import pytest

from payer_kit import DAY, ELSEWHERE, GENERAL, GP_NUMBER, NOON, beneficiary, sheet
from payer_world import ADDRESSES, GENERAL_ADDRESS, PayerWorld, make_world
from seal_kit import rsa_key, signer
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import Act, CarePathway, CareSheet, DraftSheet, SecurityMode, Settlement
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.mail.envelope import Received, ReceivedEnvelope
from vaguemestre.core.payer.adjudication import adjudicate
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.lotmessage import compose_carried
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.tariff.retention import retained
from vaguemestre.core.wire.acknowledgement import AcknowledgementKind
from vaguemestre.edge.seal.bundlefile import read_bundle
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.holds import decide_hold, list_holds, type_paper_sheet
from vaguemestre.role.payer.intake import (
    IntakeReport,
    _process_batch,
    load_directory,
    process_inbox,
    receive,
    take_again,
)
from vaguemestre.role.payer.keeping import retire
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.publish import publish
from vaguemestre.role.payer.register import enrol, oppose_card, set_mandates
from vaguemestre.role.payer.status import status

PAY_DAY = NOON + timedelta(days=7)


@pytest.fixture
def world(tmp_path: Path) -> PayerWorld:
    return make_world(tmp_path)


def paper(order: int = 1, **changes: object) -> DraftSheet:
    """The same consultation on an ordinary paper sheet."""
    made = sheet(1, order)
    draft = DraftSheet(
        billing_number=GP_NUMBER,
        destination=GENERAL,
        beneficiary=beneficiary(order),
        performer=made.performer,
        acts=(Act(DAY, "G"),),
        settlement=Settlement.PATIENT_PAID,
        completed_on=DAY,
        pathway=CarePathway.ATTENDING_DOCTOR,
        attending_doctor_declared=True,
        mode=SecurityMode.DEGRADED,
    )
    return DraftSheet(**{name: changes.get(name, getattr(draft, name)) for name in DraftSheet.__slots__})  # type: ignore[arg-type]


def run(world: PayerWorld) -> None:
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    answer(world.edges, PAY_DAY)
    assert status(world.edges, PAY_DAY).balanced


def test_an_electronic_sheet_after_the_ordinary_paper_one_is_held(world: PayerWorld) -> None:
    typed, found = type_paper_sheet(world.edges, paper(), 1, NOON)
    assert typed is not None
    assert found == []
    assert typed.fund_cents == 1750
    assert world.intake(world.message([sheet(1, 1)])).held == 1
    run(world)
    books = status(world.edges, PAY_DAY).books
    assert (books.paid_patient, books.paid_practice, books.waiting) == (1650, 0, 1750)
    (hold,) = list_holds(world.edges)
    assert dict(hold.motives[0].values) == {"other": f"{GP_NUMBER}/{DAY}/P0001"}


def test_a_paper_sheet_after_the_electronic_one_is_held_and_refused_by_a_person(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    typed, found = type_paper_sheet(world.edges, paper(), 1, NOON)
    assert typed is not None
    assert [item.code.code for item in found] == ["A012"]
    run(world)
    (hold,) = list_holds(world.edges)
    done, found = decide_hold(world.edges, hold.id, False, "Mme Roche", "même consultation", PAY_DAY)
    assert done is not None
    assert found == []
    books = status(world.edges, PAY_DAY).books
    assert (books.paid_practice, books.rejected, books.waiting) == (1750, 1750, 0)
    assert status(world.edges, PAY_DAY).balanced
    assert list_holds(world.edges) == []
    _, found = decide_hold(world.edges, hold.id, True, "Mme Roche", "", PAY_DAY)
    assert [item.code.code for item in found] == ["A060"]


def test_a_person_may_let_a_second_visit_of_the_day_pass(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 1)]))
    (hold,) = list_holds(world.edges)
    decide_hold(world.edges, hold.id, True, "M. Petit", "rechute le soir", NOON)
    run(world)
    assert status(world.edges, PAY_DAY).books.paid_practice == 3500
    with world.store.view() as unit:
        trace = unit.decisions.of([2])[2].decision.trace
    assert ("pay.hold_accepted", "M. Petit") in [(step.rule, step.value) for step in trace]


def test_a_person_s_refusal_reaches_the_practice_with_name_and_reason(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 1)]))
    (hold,) = list_holds(world.edges)
    decide_hold(world.edges, hold.id, False, "M. Petit", "une seule visite", NOON)
    run(world)
    reasons = [item for one in world.returns() for invoice in one.invoices for item in invoice.rejections]
    assert [item.code for item in reasons] == ["A020"]
    assert "M. PETIT" in reasons[0].label


def test_paper_is_refused_when_its_number_is_taken_or_its_fund_is_not_ours(world: PayerWorld) -> None:
    type_paper_sheet(world.edges, paper(), 1, NOON)
    _, found = type_paper_sheet(world.edges, paper(2), 1, NOON)
    assert [item.code.code for item in found] == ["A061"]
    _, found = type_paper_sheet(world.edges, paper(3, destination=ELSEWHERE), 2, NOON)
    assert "A063" in [item.code.code for item in found]


def test_a_station_that_is_not_registered_is_set_aside_then_answered(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1)], station=f"{GP_NUMBER}-02")
    assert world.intake(raw).set_aside == 1
    ((identifier, state, _, motives),) = status(world.edges, NOON).set_aside
    assert (state, [item.code for item in motives]) == ("held", ["A002"])
    with world.store.view() as unit:
        (known,) = unit.register.stations()
    enrol(world.edges, stations=[StationRecord(Station(f"{GP_NUMBER}-02", GP_NUMBER, 1, 9999), known.certificate)])
    done = take_again(world.edges, identifier, NOON)
    assert done is not None
    assert done.registered == 1
    assert take_again(world.edges, identifier, NOON) is None
    answer(world.edges, NOON)
    assert len(world.acknowledgements()) == 1


def test_a_sender_without_mandate_is_told_so(world: PayerWorld) -> None:
    who = holder(HolderKind.PROFESSIONAL, "10101234567")
    number = "751990999"
    set_mandates(world.edges, [Mandate(who, number, MandateKind.ONESELF, (Verb.SEND,), NOON - timedelta(days=9))], NOON)
    stranger = signer(Role.PROFESSIONAL, "10101234567", rsa_key(0))
    assert world.intake(world.message([sheet(1, 1)], by=stranger)).lots_refused == 1
    answer(world.edges, NOON)
    assert [one.lot_finding_code for one in world.acknowledgements()] == ["M001"]
    assert world.intake(world.message([sheet(1, 1)], 2)).set_aside == 1  # the GP may send for nobody now


def test_a_sheet_signed_by_another_or_without_the_card_it_names_is_refused(world: PayerWorld) -> None:
    other = signer(Role.PROFESSIONAL, "10101234567", rsa_key(0))
    assert world.intake(world.message([sheet(1, 1)], performer=other)).refused == 1
    assert world.intake(world.message([sheet(1, 1)], 2, with_cards=False)).refused == 1
    answer(world.edges, NOON)
    assert [told.finding_code for one in world.acknowledgements() for told in one.sheets] == ["A008", "A009"]
    named = sheet(1, 1, card_serial="8000000002")
    report = world.intake(world.message([named], 3))
    assert report.registered == 1  # card 2 signed, as named; whose card it is, the decision says
    adjudicate_pending(world.edges, NOON)
    with world.store.view() as unit:
        assert [item.code for item in unit.decisions.of([1])[1].decision.motives] == ["A026"]


@pytest.mark.parametrize(
    "raw", [b"", b"GET / HTTP/1.0\r\n\r\n", b"\x1f\x8b" + bytes(64), b"Subject: x\r\n\r\n" + b"a" * 5000]
)
def test_garbage_is_set_aside_and_answered_to_nobody(world: PayerWorld, raw: bytes) -> None:
    receive(world.edges, [Received(ReceivedEnvelope(ADDRESSES[0], ("x@y.example",), "p", NOON), raw)])
    assert process_inbox(world.edges, NOON).set_aside == 1
    answer(world.edges, NOON)
    assert world.post.taken == []
    ((_, state, _, motives),) = status(world.edges, NOON).set_aside
    assert state == "refused"
    assert motives[0].code.startswith("S0")


def test_what_is_ended_leaves_only_hashes_after_three_years(world: PayerWorld) -> None:
    raw = world.message([sheet(1, 1), sheet(2, 2)])
    world.intake(raw)
    run(world)
    assert retire(world.edges, NOON + timedelta(days=3 * 365)).sheets == 0
    later = NOON + timedelta(days=3 * 366 + 2)
    assert retire(world.edges, later).sheets == 2
    assert world.intake(raw, later).repeated == 1  # the sealed bytes are still recognised
    assert status(world.edges, later).books.faults() == ()


def test_a_duplicate_of_a_retired_sheet_is_told_so(world: PayerWorld) -> None:
    world.intake(world.message([sheet(1, 1)]))
    run(world)
    with world.store.unit() as unit:
        assert unit.keeping.retire_sheets(DAY + timedelta(days=1), DAY) == 1
    assert world.intake(world.message([sheet(1, 1)], 2)).duplicates == 1
    assert world.intake(world.message([sheet(1, 2)], 3)).conflicts == 1
    assert world.intake(world.message([sheet(2, 1, replaces=sheet(1).identity)], 4)).held == 1
    answer(world.edges, NOON)
    codes = [told.finding_code for one in world.acknowledgements() for told in one.sheets]
    assert codes == ["A014", "A011", "A013"]


def test_the_bundle_is_signed_dated_and_numbered(world: PayerWorld) -> None:
    oppose_card(world.edges, "8000000003", DAY, "stolen")
    assert not oppose_card(world.edges, "8999999999", DAY, "lost")
    first, _ = publish(world.edges, NOON)
    second, signed = publish(world.edges, NOON + timedelta(days=1))
    assert (first.sequence, second.sequence) == (1, 2)
    read, found = read_bundle(signed, world.trust, NOON + timedelta(days=1))
    assert found == ()
    assert read == second
    assert [entry.serial for entry in second.oppositions] == ["8000000003"]
    assert {fund.email_address for fund in second.funds} == {"01751@751.01.rss.example", "02922@922.02.rss.example"}
    assert len(second.station_certificates) == len(second.mandates) == 1


def test_an_answer_without_any_return_address_waits_and_is_told(world: PayerWorld) -> None:
    envelope = ReceivedEnvelope(
        "", ("01751@751.01.rss.example",), "p", NOON
    )  # the null sender, and a lot that names nobody
    receive(world.edges, [Received(envelope, world.carried([sheet(1, 1)]))])
    process_inbox(world.edges, NOON)
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    report = answer(world.edges, PAY_DAY)
    assert [item.code.code for item in report.findings] == ["A065"]
    world.intake(world.message([sheet(5, 5)], 2), PAY_DAY)
    assert answer(world.edges, PAY_DAY).returns == 1


def test_a_carried_file_that_was_cut_is_refused_whole(world: PayerWorld) -> None:
    """The cut falls in the middle of an invoice: what came after it is unknown, so nothing of it is taken."""
    invoices = [data for data, _ in map(sheet_to_invoice, [sheet(1, 1), sheet(2, 2)]) if data is not None]
    lot = build_lot(LotHead(GP_NUMBER, GENERAL, 1, DAY, "CABINET"), invoices)
    file = build_file(FileHead(GP_NUMBER, GENERAL, "000001", DAY), [lot])
    report = world.intake(world.sealed(compose_carried(file[:-300]), NOON, GENERAL_ADDRESS))
    assert (report.registered, report.lots_refused) == (0, 1)
    answer(world.edges, NOON)
    (told,) = world.acknowledgements()
    assert (told.kind, told.lot_finding_code) == (AcknowledgementKind.NEGATIVE, "B040")


def test_a_carried_lot_is_answered_wherever_it_was_sent_from_until_a_signed_lot_says_where(world: PayerWorld) -> None:
    raw = world.carried([sheet(1, 1)])
    for sender in ADDRESSES:  # the same bytes by two ways
        receive(world.edges, [Received(ReceivedEnvelope(sender, ("01751@751.01.rss.example",), "p", NOON), raw)])
    process_inbox(world.edges, NOON)
    adjudicate_pending(world.edges, NOON)
    pay(world.edges, PAY_DAY)
    answer(world.edges, PAY_DAY)
    assert [len(world.returns(address)) for address in ADDRESSES] == [1, 1]
    world.intake(world.message([sheet(5, 5)], 2, return_addresses=("cabinet@c.example",)), PAY_DAY)
    receive(world.edges, [Received(ReceivedEnvelope("thief@z.example", ("01751@751.01.rss.example",), "p", NOON), raw)])
    process_inbox(world.edges, PAY_DAY)
    with world.store.view() as unit:
        place = unit.answers.place(GP_NUMBER)
    assert place is not None
    assert place[1] == ("cabinet@c.example",)


def test_a_sheet_on_which_our_own_software_fails_waits_for_a_person(
    world: PayerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 2)]))

    def broken(made: CareSheet, *given: object) -> object:
        if made.identity.serial == 1:
            raise ZeroDivisionError
        return adjudicate(made, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("vaguemestre.role.payer.adjudicate.adjudicate", broken)
    report = adjudicate_pending(world.edges, NOON)
    assert (report.accepted, report.faults) == (1, 1)
    (hold,) = list_holds(world.edges)
    assert [item.code for item in hold.motives] == ["A016"]
    monkeypatch.undo()
    decide_hold(world.edges, hold.id, True, "Mme Roche", "corrigé", NOON)
    run(world)
    assert status(world.edges, PAY_DAY).books.paid_practice == 3500


def test_a_payee_on_whom_our_own_software_fails_stays_due_and_the_others_are_paid(
    world: PayerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.intake(world.message([sheet(1, 1), sheet(2, 2, tiers_payant=False)]))
    adjudicate_pending(world.edges, NOON)

    def broken(made: CareSheet, *given: object) -> object:
        if made.identity.serial == 1:
            raise ZeroDivisionError
        return retained(made, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("vaguemestre.role.payer.pay.retained", broken)
    report = pay(world.edges, PAY_DAY)
    assert (report.faults, report.practice_cents, report.patient_cents) == (1, 0, 1650)
    assert status(world.edges, PAY_DAY).balanced
    monkeypatch.undo()
    assert pay(world.edges, PAY_DAY).practice_cents == 1750


def test_a_lot_is_no_mailing_list(world: PayerWorld) -> None:
    many = ("no address", *(f"k{rank}@a.example" for rank in range(99)), "k0@a.example")
    world.intake(world.message([sheet(1, 1)], return_addresses=many))
    assert answer(world.edges, NOON).sent == 8


def test_two_processes_that_opened_one_message_register_it_once(world: PayerWorld) -> None:
    world.take(world.message([sheet(1, 1)]))
    with world.store.view() as unit:
        stale = unit.inbox.waiting(10)
    assert process_inbox(world.edges, NOON).registered == 1
    report = IntakeReport()
    _process_batch(world.edges, load_directory(world.edges), stale, report, NOON)
    assert (report.registered, report.repeated, report.duplicates) == (0, 0, 0)
    assert status(world.edges, NOON).messages == {"registered": 1}
    assert answer(world.edges, NOON).sent == 2
