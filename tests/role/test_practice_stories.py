"""Longer stories: an outage that outlives certificates, corrections, cancelled sheets, carried files, a lost machine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from practice_kit import DAY, FUND, GP_NUMBER, NOW, World, bundle, der, draft, published, tiers_payant
from seal_kit import card as card_signer
from seal_kit import rsa_key
from sheet_kit import CHILD, card, codes, holder
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.caresheet import CareSheet, SecurityMode, SheetIdentity
from vaguemestre.core.directory.bundle import CertificateUse
from vaguemestre.core.directory.opposition import Opposition
from vaguemestre.core.entry.drafts import Entered
from vaguemestre.core.findings import Finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.practice.book import FileStage, RestoreRow, SheetKey
from vaguemestre.core.seal.sealing import ACCEPTED, Role
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.core.wire.acknowledgement import AcknowledgedOutcome, AcknowledgedSheet, FirstRegistration
from vaguemestre.edge.practice.store import open_practice_store
from vaguemestre.edge.seal.certificates import Usage, Validity
from vaguemestre.edge.seal.keys import FileDecryptionKey
from vaguemestre.role.practice.backup import after_restore, back_up, backup_findings
from vaguemestre.role.practice.corrections import (
    cancel,
    correct,
    find_sheet,
    key_of,
    paper_duplicate,
    signed_copy,
)
from vaguemestre.role.practice.day import round_of_work
from vaguemestre.role.practice.desk import Desk
from vaguemestre.role.practice.importing import FileKind, import_carried, kind_of
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.record import Entry, record
from vaguemestre.role.practice.send import send
from vaguemestre.role.practice.status import sheet_life, status
from vaguemestre.tables.lifecycles import SheetState


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.publish()
    yield made
    made.store.close()


def go(world: World) -> None:
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)


def key(sheet: CareSheet) -> SheetKey:
    return SheetKey.of(sheet.identity)


def reject(world: World, sheet: CareSheet) -> None:
    """The payer takes the lot and rejects one sheet with a return."""
    lot = world.payer.lots()[-1]
    world.payer.acknowledge(lot)
    world.payer.pay(lot, {sheet.identity.invoice_number: 0})
    world.collect()


# --- an outage longer than certificates


def test_an_outage_that_outlives_the_funds_certificate_loses_nothing(world: World) -> None:
    """Sealed before the outage; the fund's certificate expires and is replaced; the lot is sealed anew, sheets unsigned anew."""
    short = Validity(datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 5, 1, tzinfo=UTC))
    old = der(Role.FUND, FUND.code, 1, Usage.ENCRYPT, short)
    world.payer.keys.append(FileDecryptionKey(rsa_key(1), old))
    world.publish(bundle(2, encryption=[published(CertificateUse.ENCRYPT, old, short)]))
    sheets = world.record(count=2)
    world.a.unreachable = world.b.unreachable = True
    go(world)
    with world.store.read() as view:
        signed_before = view.travelling_of_lot(1)
    world.later(days=12)  # 9 May
    world.b.unreachable = False
    new = der(Role.FUND, FUND.code, 8, Usage.ENCRYPT)
    world.payer.keys.append(FileDecryptionKey(rsa_key(8), new))
    both = [published(CertificateUse.ENCRYPT, old, short), published(CertificateUse.ENCRYPT, new)]
    world.publish(bundle(3, issued_at=world.now, encryption=both))
    assert send(world.edges, world.now).sent == 1
    (lot,) = world.payer.lots()
    assert lot.sheets == sheets
    with world.store.read() as view:
        assert view.travelling_of_lot(1) == signed_before
        first, second = view.sealings_of_file(1)
        assert (first.is_current, second.is_current) == (False, True)
        assert second.reason == "fund certificate expired"
        assert len(view.attempts_of_file(1)) >= 3
    world.payer.acknowledge(lot)
    world.collect()
    assert world.states() == ["acknowledged"] * 2


def test_an_expired_certificate_still_serves_while_the_fund_has_no_other(world: World) -> None:
    world.record()
    world.now = datetime(2024, 3, 1, 10, tzinfo=UTC)  # everything in the bundle expired on 1 January 2024
    renewed = world.open(
        world.store, judge_signer=lambda certificate, at: ACCEPTED
    )  # the professional's card was renewed
    assert codes(close_and_seal(renewed, world.now).findings) == []
    assert world.states() == ["sealed"]  # the payer keeps every decryption key for the claim's life


def test_a_negative_answer_about_former_sealed_bytes_moves_nothing(world: World) -> None:
    world.record()
    go(world)
    (former,) = world.payer.lots()
    new = der(Role.FUND, FUND.code, 8, Usage.ENCRYPT, Validity(NOW - timedelta(days=1), NOW + timedelta(days=900)))
    world.payer.keys.append(FileDecryptionKey(rsa_key(8), new))
    validity = Validity(NOW - timedelta(days=1), NOW + timedelta(days=900))
    world.publish(bundle(2, encryption=[published(CertificateUse.ENCRYPT, new, validity)]))
    send(world.edges, world.later(days=2, seconds=1))  # no answer: sealed anew, sent again
    latter = world.payer.lots()[-1]
    assert former.digest != latter.digest
    world.payer.acknowledge(former, negative="S024")
    assert "R017" not in world.collect()
    assert world.states() == ["handed over"]
    world.payer.acknowledge(latter)
    world.collect()
    assert world.states() == ["acknowledged"]


def test_a_late_return_settles_after_weeks(world: World) -> None:
    world.record()
    go(world)
    (lot,) = world.payer.lots()
    world.payer.acknowledge(lot)
    world.collect()
    shown = status(world.edges, world.later(days=20))
    assert "R019" in codes(shown.findings)
    world.payer.pay(lot)
    world.collect()
    assert world.states() == ["settled"]
    assert "R019" not in codes(status(world.edges, world.now).findings)


# --- corrected, cancelled, on paper


def test_a_rejected_sheet_is_corrected_under_a_new_number_that_names_it(world: World) -> None:
    (wrong,) = world.record()
    go(world)
    reject(world, wrong)
    done = correct(world.edges, key(wrong), Entry(tiers_payant()), world.later(days=1))
    assert done.sheet is not None
    assert (done.sheet.replaces, done.sheet.identity.serial) == (wrong.identity, 1)
    assert codes(correct(world.edges, key(wrong), Entry(tiers_payant()), world.now).findings) == ["R028"]
    with world.store.read() as view:
        row = view.sheet_by_key(key(wrong))
    assert row is not None
    life = sheet_life(world.edges, row)
    assert life.replaced_by is not None
    assert life.replaced_by.key == key(done.sheet)
    (said,) = [item for item in life.findings if item.code.code == "R004"]
    assert said.place.line == 1
    assert "T001" in said.message("fr")
    go(world)
    lot = world.payer.lots()[-1]
    assert lot.sheets[0].replaces == wrong.identity
    world.payer.acknowledge(lot)
    world.payer.pay(lot)
    world.collect()
    assert world.states() == ["settled", "rejected"]


def test_only_a_rejected_sheet_is_corrected(world: World) -> None:
    (sheet,) = world.record()
    assert codes(correct(world.edges, key(sheet), Entry(tiers_payant()), world.now).findings) == ["R027"]
    unknown = SheetKey(GP_NUMBER, "221170099", "2022-04-27")
    assert codes(correct(world.edges, unknown, Entry(tiers_payant()), world.now).findings) == ["R040"]


def test_a_cancelled_sheet_leaves_its_lot_and_the_others_go(world: World) -> None:
    first, second = world.record(count=2)
    close_and_seal(world.edges, world.now)
    assert world.states() == ["sealed"] * 2
    assert cancel(world.edges, key(first), world.now) == (True, ())
    assert sorted(world.states()) == ["cancelled", "recorded"]
    go(world)
    (lot,) = world.payer.lots()
    assert lot.sheets == [second]
    assert lot.manifest is not None
    assert lot.manifest.lot_number == 2
    assert codes(cancel(world.edges, key(second), world.now)[1]) == ["R026"]
    assert world.record()[0].identity.serial == 3  # a cancelled number is never given again


def test_a_sheet_is_not_cancelled_while_its_lot_is_being_dialled(world: World) -> None:
    (sheet,) = world.record()
    close_and_seal(world.edges, world.now)
    with world.store.write() as book:
        sealing = book.current_sealing(1)
        assert sealing is not None
        book.begin_attempt(sealing.id, "a", world.now)
    assert codes(cancel(world.edges, key(sheet), world.now)[1]) == ["R026"]


def test_a_paper_duplicate_is_marked_and_attempts_go_on(world: World) -> None:
    (sheet,) = world.record()
    world.a.unreachable = world.b.unreachable = True
    go(world)
    late = world.later(days=20)
    assert "R025" in codes(status(world.edges, late).findings)
    paper, _ = paper_duplicate(world.edges, key(sheet), "messagerie fermée", late, patient="Rose Castaing")
    assert paper is not None
    for expected in ("DUPLICATA", "messagerie fermée", str(sheet.identity), "001", "Rose Castaing"):
        assert expected in paper.text
    world.b.unreachable = False
    assert send(world.edges, world.later(hours=7)).sent == 1
    with world.store.read() as view:
        row = view.sheet_by_key(key(sheet))
    assert row is not None
    assert (row.state, row.on_paper_reason) == (SheetState.HANDED_OVER, "messagerie fermée")
    assert "paper" not in (codes(paper.findings) or ["none"])


def test_a_signed_copy_is_verifiable_alone(world: World) -> None:
    from seal_kit import trust_store
    from vaguemestre.core.seal.sealing import Verdict
    from vaguemestre.core.seal.sheetfile import split_sheet
    from vaguemestre.edge.seal.sheet_verifier import SheetVerifier

    (sheet,) = world.record()
    data, _ = signed_copy(world.edges, key(sheet))
    assert data is not None
    parts, _ = split_sheet(data)
    assert parts is not None
    signature, table, records = parts
    verdict = SheetVerifier(trust_store()).verify_single(signature, table, records, received_at=NOW)
    assert verdict.verdict is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("751990110/2022-04-27/0012", SheetKey("751990110", "221170012", "2022-04-27")),
        (" 751990110/2022-04-27/12 ", SheetKey("751990110", "221170012", "2022-04-27")),
        ("751990110/2022/123", SheetKey("751990110", "000000123", "2022")),
        ("751990110/27-04-2022/12", None),
        ("751990110", None),
        ("a/b/c", None),
    ],
)
def test_a_sheet_is_named_by_a_person(world: World, name: str, expected: SheetKey | None) -> None:
    assert key_of(name) == expected
    with world.store.read() as view:
        assert find_sheet(view, name) is None


# --- the desk and the card


class Reader:
    """Cards by handle, as a reader gives them."""

    def __init__(self, **cards: object) -> None:
        self.cards = cards

    def read(self, handle: str) -> tuple[object, object, tuple[Finding, ...]]:
        shown = self.cards.get(handle)
        return shown, card_signer() if shown is not None else None, ()


def at_desk(world: World, given: object, handle: str = "", **cards: object) -> object:
    world.edges = world.open(world.store, card_reader=Reader(**cards))
    entered = Entered(given, (), 1, "r1", "Mme C.", handle)  # type: ignore[arg-type]
    return Desk(world.edges, world.now).receive(entered)


def test_a_card_that_passes_signs(world: World) -> None:
    received = at_desk(world, tiers_payant(), "card", card=card())
    assert received.entry is not None  # type: ignore[attr-defined]
    outcome = record(world.edges, received.entry, world.now)  # type: ignore[attr-defined]
    assert outcome.sheet is not None
    assert outcome.sheet.mode is SecurityMode.SECURED


def test_a_card_on_the_opposition_list_makes_a_degraded_sheet_and_says_why(world: World) -> None:
    world.publish(bundle(2, oppositions=(Opposition(card().serial, date(2022, 4, 1)),)))
    received = at_desk(world, tiers_payant(), "card", card=card())
    assert received.entry is not None  # type: ignore[attr-defined]
    assert "C003" in codes(received.findings)  # type: ignore[attr-defined]
    assert received.parallel_paper  # type: ignore[attr-defined]
    outcome = record(world.edges, received.entry, world.now)  # type: ignore[attr-defined]
    assert outcome.sheet is not None
    assert outcome.sheet.mode is SecurityMode.DEGRADED


def test_no_card_at_all_is_degraded_too(world: World) -> None:
    received = at_desk(world, tiers_payant())
    assert received.entry is not None  # type: ignore[attr-defined]
    assert received.entry.draft.mode is SecurityMode.DEGRADED  # type: ignore[attr-defined]
    assert received.parallel_paper  # type: ignore[attr-defined]


def test_a_closed_mail_is_never_the_cards_fault(world: World) -> None:
    world.a.unreachable = world.b.unreachable = True
    world.record()
    go(world)
    received = at_desk(world, tiers_payant(), "card", card=card())
    assert codes(received.findings) == ["C008"]  # type: ignore[attr-defined]
    assert received.entry is not None  # type: ignore[attr-defined]
    assert received.entry.draft.mode is SecurityMode.SECURED  # type: ignore[attr-defined]
    assert received.entry.card is not None  # type: ignore[attr-defined]


def test_what_disagrees_with_the_card_is_refused_at_the_desk(world: World) -> None:
    only_adult = card(beneficiaries=(holder(),))
    received = at_desk(world, tiers_payant(beneficiary=CHILD), "card", card=only_adult)
    assert "C005" in codes(received.findings)  # type: ignore[attr-defined]
    elsewhere = at_desk(world, tiers_payant(destination=Destination("02", "922")), "card", card=card())
    assert "C020" in codes(elsewhere.findings)  # type: ignore[attr-defined]


def test_without_card_needs_one_of_the_legal_cases(world: World) -> None:
    received = at_desk(world, tiers_payant(mode=SecurityMode.WITHOUT_CARD, card_serial=""))
    assert received.entry is None  # type: ignore[attr-defined]
    assert codes(received.findings) == ["C024"]  # type: ignore[attr-defined]


# --- carried


def carried_file(world: World, serial: int = 9000, number: int = 7, funds: tuple[Destination, ...] = (FUND,)) -> bytes:
    lots = []
    for rank, fund in enumerate(funds):
        identity = SheetIdentity(GP_NUMBER, DAY, serial + rank)
        sheet, _, _ = value_sheet(tiers_payant(destination=fund), identity, world.edges.tariff)
        assert sheet is not None
        invoice, _ = sheet_to_invoice(sheet)
        assert invoice is not None
        lots.append(build_lot(LotHead(GP_NUMBER, fund, number + rank, DAY, "AUTRE"), [invoice]))
    return build_file(FileHead(GP_NUMBER, funds[0], "ABC123", DAY), lots)


def test_a_carried_file_travels_as_it_is_and_its_sheets_end(world: World) -> None:
    data = carried_file(world)
    assert kind_of(data[:512]) is FileKind.B2
    taken, findings = import_carried(world.edges, data, world.now)
    assert (taken.sheets, taken.fund_cents, findings) == (1, 1750, ())
    go(world)
    (lot,) = world.payer.lots()
    assert lot.content.carried
    assert lot.content.b2 == data
    with world.store.read() as view:
        row = find_sheet(view, f"{GP_NUMBER}/2022/221179000")
    assert row is not None
    assert row.state is SheetState.HANDED_OVER
    assert sheet_life(world.edges, row).body.carried_records[:1] == b"2"


def test_a_carried_file_is_refused_whole(world: World) -> None:
    import_carried(world.edges, carried_file(world), world.now)
    assert codes(import_carried(world.edges, carried_file(world), world.now)[1]) == ["R038"]
    assert codes(import_carried(world.edges, carried_file(world, serial=9001), world.now)[1]) == ["R039"]
    assert codes(import_carried(world.edges, carried_file(world, number=8), world.now)[1]) == ["R039"]
    two = carried_file(world, 9100, 20, (FUND, Destination("02", "922")))
    assert codes(import_carried(world.edges, two, world.now)[1]) == ["R047", "R087"]
    assert errors(import_carried(world.edges, carried_file(world, 9200, 30)[:-100], world.now)[1])
    assert len(world.states()) == 1


def errors(findings: tuple[Finding, ...]) -> list[str]:
    return [item.code.code for item in findings if item.level.value == "error"]


def test_a_carried_file_with_two_lots_travels_in_one_message(world: World) -> None:
    taken, findings = import_carried(world.edges, carried_file(world, 9000, 7, (FUND, FUND)), world.now)
    assert ([identity.number for identity in taken.lots], findings) == ([7, 8], ())
    go(world)
    assert len(world.payer.lots()) == 1
    assert world.states() == ["handed over"] * 2


# --- a lost machine


def restored(world: World, number: int) -> tuple[list[str], RestoreRow]:
    """Throw the store away and put a generation back, as the command does."""
    place = world.edges.second_place
    assert place is not None
    generation = next(item for item in place.generations() if item.number == number)
    world.store.close()
    path = world.directory / f"restored-{len(place.restores())}.sqlite"
    assert place.read(generation, path)
    world.store = open_practice_store(path, world.vault)
    world.edges = world.open(world.store)
    row = place.begin_restore(world.edges.today(world.now), world.now, generation)
    findings = after_restore(world.edges, row, place.restores(), world.now)
    return codes(findings), row


def test_a_week_old_backup_loses_no_answer_and_gives_no_number_twice(world: World) -> None:
    """Backed up on Wednesday with one sheet waiting; a week of work is then lost with the machine."""
    (waiting,) = world.record()
    assert back_up(world.edges, world.now).generation is not None
    go(world)
    week = world.record(count=3)
    go(world)
    first, second = world.payer.lots()
    world.later(days=7)
    lost_today = world.record(count=2)
    go(world)
    told, row = restored(world, 1)
    assert (told, row.number) == (["R042"], 1)
    assert world.states() == ["recorded"]
    today = world.record()[0].identity
    assert today.serial > lost_today[-1].identity.serial
    # The waiting sheet goes again in a lot whose number nobody knows, and the payer recognises it.
    go(world)
    *before_loss, fourth = world.payer.lots()
    assert fourth.manifest is not None
    assert fourth.manifest.lot_number not in {lot.manifest.lot_number for lot in before_loss if lot.manifest}
    assert waiting in fourth.sheets
    before = FirstRegistration(DAY, 1, NOW, AcknowledgedOutcome.REGISTERED)
    invoice = waiting.identity.invoice_number
    world.payer.acknowledge(fourth, AcknowledgedSheet(invoice, 2022, AcknowledgedOutcome.DUPLICATE, first=before))
    world.payer.acknowledge(second)
    world.payer.pay(second)
    world.payer.pay(first)
    assert sorted(world.collect()) == ["R001", "R002", "R002", "R002", "R012"]
    with world.store.read() as view:
        unknown = {line[1] for line in view.answers_about_unknown_sheets()}
        row_waiting = view.sheet_by_key(key(waiting))
    assert unknown == {sheet.identity.invoice_number for sheet in week}
    assert row_waiting is not None
    assert row_waiting.state is SheetState.SETTLED


def test_two_restores_of_one_old_backup_never_meet(world: World) -> None:
    world.record()
    back_up(world.edges, world.now)
    seen: set[SheetIdentity] = set()
    lots: set[int] = set()
    for turn in range(3):
        _, row = restored(world, 1)
        assert row.number == turn + 1
        sheets = world.record(count=3)
        assert not seen & {sheet.identity for sheet in sheets}
        seen |= {sheet.identity for sheet in sheets}
        closed = close_and_seal(world.edges, world.now).closed
        assert not lots & {identity.number for identity in closed}
        lots |= {identity.number for identity in closed}


def test_what_was_sent_and_unanswered_goes_again_at_once_after_a_restore(world: World) -> None:
    world.record()
    go(world)
    back_up(world.edges, world.now)
    restored(world, 1)
    assert send(world.edges, world.now).sent == 1
    one, two = world.payer.lots()
    assert one.digest == two.digest


def test_the_former_machine_notices_that_it_was_restored_elsewhere(world: World) -> None:
    world.record()
    back_up(world.edges, world.now)
    place = world.edges.second_place
    assert place is not None
    place.begin_restore(DAY, world.now, place.generations()[0])
    report = round_of_work(world.edges, world.later(minutes=5)).backup
    assert report is not None
    assert codes(report.findings) in (["R029"], [])
    assert codes(back_up(world.edges, world.now).findings) == ["R029"]
    assert len(place.generations()) == 1
    refused = record(world.edges, Entry(tiers_payant()), world.now)
    assert codes(refused.findings) == ["R029"]


def test_the_state_of_backups_is_told(world: World) -> None:
    assert codes(backup_findings(world.edges, world.now)[0]) == ["R056"]
    back_up(world.edges, world.now)
    assert codes(backup_findings(world.edges, world.now)[0]) == []
    assert codes(backup_findings(world.edges, world.later(hours=25))[0]) == ["R031"]
    none = replace(world.edges, second_place=None)
    assert codes(backup_findings(none, world.now)[0]) == ["R032"]
    assert codes(back_up(none, world.now).findings) == ["R032"]


# --- status


def test_status_shows_everything_without_opening_a_sheet(world: World) -> None:
    world.record(count=2)
    world.record(draft())
    go(world)
    world.record()
    shown = status(world.edges, world.now)
    counted = {(stage.state.value, stage.settlement.value): stage.count for stage in shown.totals.stages}
    assert counted == {
        ("handed over", "patient_paid"): 1,
        ("handed over", "tiers_payant"): 2,
        ("recorded", "tiers_payant"): 1,
    }
    assert [way.name for way in shown.ways] == ["a", "b"]
    assert (shown.bundle_age_days, shown.totals.open_lots) == (0, 1)
    assert shown.nearest[0].settlement.value == "patient_paid"
    assert codes(shown.findings) == ["R056"]
    with world.store.read() as view:
        assert view.files_in_stage(FileStage.SENT) == 1


def test_status_names_what_is_late_and_what_to_correct(world: World) -> None:
    bad, _ = world.record(count=2)
    go(world)
    reject(world, bad)
    world.record()
    go(world)
    shown = status(world.edges, world.later(days=3))
    assert [row.key for row in shown.to_correct] == [key(bad)]
    assert {"R004", "R018"} <= set(codes(shown.findings))
    correct(world.edges, key(bad), Entry(tiers_payant()), world.now)
    assert status(world.edges, world.now).to_correct == ()


def test_a_practice_with_one_way_is_told_so(world: World) -> None:
    alone = replace(world.edges, ways=world.edges.ways[:1])
    assert codes(status(alone, world.now).findings).count("D001") == 2


def test_a_bundle_that_grows_old_is_told(world: World) -> None:
    assert "M024" in codes(status(world.edges, world.later(days=10)).findings)
    (world.directory / "new").mkdir()
    other = World(world.directory / "new")
    assert "M027" in codes(status(other.edges, other.now).findings)
    other.store.close()
