"""An outage of 13 days that outlives the professional's card and the fund's key: nothing is lost, all is judged at signing time."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from kit import DAY, MORNING, PARIS, Town, patient

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.entry.drafts import Entered
from vaguemestre.edge.seal.certificates import Validity
from vaguemestre.role.practice.desk import Desk
from vaguemestre.role.practice.record import Entry, record
from vaguemestre.sim.people import FUNDS

LAST_OF_APRIL = datetime(2022, 4, 30, 23, 59, tzinfo=PARIS)
SHORT = Validity(MORNING - timedelta(days=1000), LAST_OF_APRIL)
LONG = Validity(MORNING - timedelta(days=1), MORNING + timedelta(days=1000))
REOPENING = date(2022, 5, 10)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path, [patient(1), patient(2)], professional_validity=SHORT, encryption_validity=SHORT)
    made.cuts_off()
    return made


def records_and_fails_to_send(town: Town) -> tuple[CareSheet, CareSheet]:
    sheets = town.gp.sees(town.people[0]), town.gp.sees(town.people[1], tiers_payant=False)
    town.gp.works()
    assert town.gp.states() == ["sealed", "sealed"]
    return sheets


def reopen(town: Town) -> None:
    town.days_pass((REOPENING - DAY).days)
    town.comes_back()


def renew_fund_keys(town: Town) -> bytes:
    """The funds get new encryption keys, keep the old ones, and publish; gives the bundle to carry by hand."""
    for fund, other in zip(town.payer.funds, reversed(FUNDS), strict=True):
        key, public = town.encryption_key(fund.destination, LONG, key_of=other)
        fund.decryption.append(key)
        fund.certificates.append(public)
    town.payer.crash()
    return town.payer.publishes()


def renew_card(town: Town) -> None:
    performer = town.gp.practice.performers[0]
    town.gp.puts_in_card(performer.rpps, town.issue_card(performer, LONG))


def paid_in_full(town: Town, first: CareSheet, second: CareSheet) -> None:
    town.settles()
    assert (town.gp.state_of(first), town.gp.paid(first)) == ("settled", 1750)
    assert town.gp.state_of(second) == "acknowledged"
    assert town.payer.settled(second).paid_cents == 1650
    town.audited(claimed=3500, paid_practice=1750, paid_patient=1650, retained=100, rejected=0)


def test_nothing_was_renewed_the_old_key_opens_and_the_card_is_judged_at_signing_time(town: Town) -> None:
    sheets = records_and_fails_to_send(town)
    reopen(town)
    (sealing,) = town.gp.life(sheets[0]).sealings
    assert sealing.readable_until < town.now
    paid_in_full(town, *sheets)
    assert town.gp.life(sheets[0]).sealings == (sealing,)  # the very bytes of 27 April


def test_the_fund_renewed_its_key_but_the_card_has_expired_the_old_bytes_still_go(town: Town) -> None:
    """Sealing anew with an expired card would be refused: what was sealed in time goes, and the old key still opens it."""
    sheets = records_and_fails_to_send(town)
    town.days_pass(10)
    town.gp.takes_bundle(renew_fund_keys(town))
    reopen(town)
    paid_in_full(town, *sheets)
    assert len(town.gp.life(sheets[0]).sealings) == 1


def test_fund_and_card_renewed_the_lot_is_sealed_anew_with_the_same_signed_sheets(town: Town) -> None:
    sheets = records_and_fails_to_send(town)
    with town.gp.store.read() as view:
        signed = view.travelling_of_lot(1)
    town.days_pass(10)
    town.gp.takes_bundle(renew_fund_keys(town))
    renew_card(town)
    reopen(town)
    paid_in_full(town, *sheets)
    former, latter = town.gp.life(sheets[0]).sealings
    assert (former.is_current, latter.is_current, latter.reason) == (False, True, "fund certificate expired")
    with town.gp.store.read() as view:
        assert view.travelling_of_lot(1) == signed  # signed once, for ever


def test_sheets_not_yet_in_a_lot_wait_signed_for_the_new_card(town: Town) -> None:
    first, second = town.gp.sees(town.people[0]), town.gp.sees(town.people[1], tiers_payant=False)
    town.goes_to(date(2022, 5, 2))
    assert "R055" in town.gp.works()  # an expired card seals nothing: the payer would refuse it
    assert town.gp.states() == ["in lot", "in lot"]
    (said,) = [item for item in town.gp.findings if item.code.code == "R055"]
    assert "expirée" in said.message("fr")
    assert "nouvelle carte" in said.next_step("fr")
    renew_card(town)
    town.later(minutes=10)
    town.gp.works()
    assert town.gp.states() == ["sealed", "sealed"]
    reopen(town)
    paid_in_full(town, first, second)


def test_an_expired_card_signs_no_new_sheet_and_the_desk_says_that_the_patients_card_is_not_at_fault(
    town: Town,
) -> None:
    gp, camille = town.gp, town.people[0]
    town.goes_to(date(2022, 5, 2))
    draft = gp.draft(camille)
    handle = str(town.files.card(camille.card_serial))
    received = Desk(gp.edges, town.now).receive(Entered(draft, (), 0, card_handle=handle))
    assert received.entry is None
    assert received.verdict is not None
    assert received.verdict.mode is None  # paper alone
    assert "C006" in [item.code.code for item in received.findings]
    done = record(gp.edges, Entry(draft), town.now)  # nor does any other door let it through
    assert (done.sheet, [item.code.code for item in done.findings]) == (None, ["C006"])
    renew_card(town)
    assert gp.sees(camille).identity.serial == 1
