"""What the practice reads once more, and what it erases: the end of a quarantine and of the keeping time."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from practice_kit import NOW, RANDOM, STATION, World, der, fund_signer, tiers_payant
from seal_kit import authorities, rsa_key
from sheet_kit import GP_NUMBER
from vaguemestre.core.practice.book import MailState, SheetKey
from vaguemestre.core.seal.sealing import Revocation, RevocationReason, Role
from vaguemestre.core.sheet.deadlines import lapse_date, practice_keeps_until
from vaguemestre.edge.seal.certificates import Usage
from vaguemestre.edge.seal.keys import FileDecryptionKey
from vaguemestre.edge.seal.smime import Opener
from vaguemestre.edge.seal.truststore import TrustStore
from vaguemestre.role.practice.backup import back_up
from vaguemestre.role.practice.collect import read_again
from vaguemestre.role.practice.corrections import cancel, correct, signed_copy
from vaguemestre.role.practice.keeping import PurgeReport, first_claimable_day, first_day_kept, purge
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.record import Entry
from vaguemestre.role.practice.send import send
from vaguemestre.role.practice.status import sheet_life, status
from vaguemestre.tables.lifecycles import SheetState


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    return made


def go(world: World) -> None:
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)


def settle(world: World, *, rejected: int | None = None) -> None:
    """The payer takes the last lot, pays it (or rejects one sheet of it), and the practice hears of it."""
    lot = world.payer.lots()[-1]
    amounts = {} if rejected is None else {lot.sheets[rejected].identity.invoice_number: 0}
    world.payer.acknowledge(lot)
    world.payer.pay(lot, amounts)
    world.collect()


# --- read once more


def station_key() -> FileDecryptionKey:
    return FileDecryptionKey(rsa_key(6), der(Role.STATION, STATION, 6, Usage.ENCRYPT))


def set_aside(world: World, state: MailState) -> list[int]:
    with world.store.read() as view:
        return [row.id for row, _ in view.mails(state)]


def test_an_answer_of_an_unknown_authority_is_applied_once_that_authority_is_known(world: World) -> None:
    world.record()
    go(world)
    known = world.edges
    world.edges = replace(known, opener=Opener([station_key()], TrustStore(()), RANDOM))
    world.payer.acknowledge(world.payer.lots()[-1])
    world.collect()
    (mail,) = set_aside(world, MailState.QUARANTINED)
    assert read_again(world.edges, [mail], world.now)[:2] == (0, 1), "nothing has changed: it stays where it was"
    assert world.states() == ["handed over"]
    applied, left, _ = read_again(known, [mail], world.later(hours=1))
    assert (applied, left) == (1, 0)
    assert set_aside(world, MailState.QUARANTINED) == []
    assert world.states() == ["acknowledged"]


def test_an_answer_held_for_its_signer_is_applied_when_a_person_answers_for_it(world: World) -> None:
    world.record()
    go(world)
    world.payer.acknowledge(world.payer.lots()[-1])
    read = TrustStore(authorities().certificates).read(fund_signer().certificate_der)
    assert read is not None
    revoked = Revocation(
        read[0].issuer, read[0].serial, world.now + timedelta(minutes=30), RevocationReason.KEY_COMPROMISE
    )
    trust = TrustStore(authorities().certificates, [revoked])
    world.edges = replace(world.edges, opener=Opener([station_key()], trust, RANDOM))
    world.later(hours=2)  # signed before the revocation, first received after it
    world.collect()
    (mail,) = set_aside(world, MailState.HELD)
    assert read_again(world.edges, [mail], world.now)[:2] == (0, 1)
    assert set_aside(world, MailState.HELD) == [mail]
    assert read_again(world.edges, [mail], world.now, vouched=True)[:2] == (1, 0)
    assert world.states() == ["acknowledged"]


# --- the end of the keeping time


def test_the_first_days_agree_with_the_law() -> None:
    for today in (date(2022, 4, 27), date(2024, 2, 29), date(2026, 1, 1), date(2025, 12, 31)):
        first = first_day_kept(today)
        assert practice_keeps_until(first) >= today > practice_keeps_until(first - timedelta(days=1))
        claimable = first_claimable_day(today)
        assert lapse_date(claimable) > today >= lapse_date(claimable - timedelta(days=1))


def stored_bytes(world: World) -> bytes:
    with world.store.write() as book:
        rows = book._driver.execute(
            "SELECT sealed FROM sheet_bodies UNION ALL SELECT message FROM sealings UNION ALL SELECT body FROM inbox"
            " WHERE kind <> 'BUNDLE' UNION ALL SELECT ifnull(told, x'') FROM sheet_answers"
        )
        return b"".join(row[0] for row in rows)


def test_an_ended_sheet_leaves_its_number_and_its_outcome_after_ninety_days(world: World) -> None:
    (sheet,) = world.record()
    go(world)
    settle(world)
    assert world.states() == ["settled"]
    assert purge(world.edges, NOW + timedelta(days=90)) == PurgeReport(0, 0)
    after = NOW + timedelta(days=92)
    before = stored_bytes(world)
    assert purge(world.edges, after, only_count=True) == PurgeReport(1, 2)
    assert stored_bytes(world) == before != b"", "a dry run changes nothing"
    assert purge(world.edges, after) == PurgeReport(1, 2)
    assert stored_bytes(world) == b""
    assert purge(world.edges, after) == PurgeReport(0, 0)
    key = SheetKey.of(sheet.identity)
    with world.store.read() as view:
        row = view.sheet_by_key(key)
        assert view.sheets_of_patient(sheet.beneficiary.key) == []
        assert view.numbers_of(GP_NUMBER, sheet.identity.made_on).last_serial == 1, "the number is never given again"
    assert row is not None
    assert (row.state.value, row.paid_cents, row.fund_cents) == ("settled", sheet.fund_cents, sheet.fund_cents)
    life = sheet_life(world.edges, row)
    assert (life.sheet, life.body.label, life.body.trace, life.findings) == (None, "", (), ())
    assert signed_copy(world.edges, key)[0] is None
    assert status(world.edges, after).totals.stages[0].count == 1
    assert back_up(world.edges, after).generation is not None


def test_nothing_that_is_open_is_touched(world: World) -> None:
    world.record(count=2)
    go(world)
    settle(world, rejected=1)  # one is paid, one rejected and not corrected yet
    world.record()  # never sent
    cancelled, _ = world.record(count=2)
    assert cancel(world.edges, SheetKey.of(cancelled.identity), world.now)[0]
    late = NOW + timedelta(days=200)
    assert purge(world.edges, late).sheets == 2, "the paid one and the cancelled one"
    with world.store.read() as view:
        kept = [row for state in (SheetState.RECORDED, SheetState.REJECTED) for row in view.sheets_in_state(state)]
        assert len(kept) == 3
        assert all(view.travelling(row.id) is not None for row in kept)


def test_a_claim_that_is_being_corrected_stays_whole(world: World) -> None:
    (wrong,) = world.record()
    go(world)
    settle(world, rejected=0)
    world.later(days=120)
    fixed = correct(world.edges, SheetKey.of(wrong.identity), Entry(tiers_payant()), world.now)
    assert fixed.sheet is not None, fixed.findings
    assert purge(world.edges, world.now).sheets == 0
    go(world)
    settle(world)
    assert purge(world.edges, world.now).sheets == 0
    assert purge(world.edges, world.later(days=95)).sheets == 2


def test_a_rejected_sheet_that_nobody_corrects_goes_when_the_claim_has_lapsed(world: World) -> None:
    world.record()
    go(world)
    settle(world, rejected=0)
    lapse = lapse_date(NOW.date())
    assert purge(world.edges, datetime.combine(lapse - timedelta(days=1), NOW.timetz())).sheets == 0
    assert purge(world.edges, datetime.combine(lapse, NOW.timetz())).sheets == 1


def test_an_answer_that_comes_after_the_purge_moves_nothing_and_is_erased_in_its_turn(world: World) -> None:
    (sheet,) = world.record()
    go(world)
    settle(world)
    assert purge(world.edges, world.later(days=95)).sheets == 1
    world.payer.pay(world.payer.lots()[-1], {sheet.identity.invoice_number: 0})
    assert world.collect() == ["R015"]
    assert world.states() == ["settled"]
    assert purge(world.edges, world.later(days=60)) == PurgeReport(0, 0)
    assert stored_bytes(world) != b""
    assert purge(world.edges, world.later(days=60)) == PurgeReport(0, 1)
    assert stored_bytes(world) == b""
