"""A sheet that belongs to another insurer is forwarded there, sealed, told to the practice, and paid once. mess9821498a:7."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from payer_kit import ELSEWHERE, GENERAL, GP_NUMBER, NOON, person, sheet
from payer_world import (
    ADDRESSES,
    GENERAL_ADDRESS,
    PayerWorld,
    box,
    make_world,
    published,
)
from seal_kit import RANDOM, rsa_key, signer
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.directory.bundle import CertificateUse
from vaguemestre.core.mail.delivery import DeliveryOutcome
from vaguemestre.core.mail.envelope import Received, ReceivedEnvelope
from vaguemestre.core.returns import PaymentState
from vaguemestre.core.seal.forwardmessage import FORWARD_KIND
from vaguemestre.core.seal.sealing import Revocation, Role
from vaguemestre.core.wire.acknowledgement import AcknowledgedOutcome, Acknowledgement, AcknowledgementKind
from vaguemestre.edge.seal.smime import Opener, Sealer
from vaguemestre.role.payer.adjudicate import AdjudicationReport, adjudicate_pending
from vaguemestre.role.payer.answer import answer
from vaguemestre.role.payer.edges import FundDesk, PayerPolicy
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.payer.intake import IntakeReport, process_inbox, receive, take_again
from vaguemestre.role.payer.pay import pay
from vaguemestre.role.payer.publish import make_bundle
from vaguemestre.role.payer.register import enrol, meet, revoke
from vaguemestre.role.payer.status import status

ELSEWHERE_ADDRESS = "03999@999.03.rss.example"
LATER = NOON + timedelta(days=7)


@dataclass
class TwoInsurers:
    """`here` got the sheet of a person who depends on `there`."""

    here: PayerWorld
    there: PayerWorld

    def send(self, sheets: Sequence[CareSheet], number: int = 1) -> AdjudicationReport:
        """The practice sends to `here`, which decides and posts."""
        self.here.intake(self.here.message(sheets, number))
        report = adjudicate_pending(self.here.edges, NOON)
        answer(self.here.edges, NOON)
        return report

    def forwarded(self) -> list[bytes]:
        return [one.message for one in self.here.post.taken if ELSEWHERE_ADDRESS in one.rcpt_tos]

    def arrive(self) -> IntakeReport:
        """What `here` posted reaches `there`, which opens it."""
        for raw in self.forwarded():
            envelope = ReceivedEnvelope(GENERAL_ADDRESS, (ELSEWHERE_ADDRESS,), "p", LATER)
            receive(self.there.edges, [Received(envelope, raw)])
        return process_inbox(self.there.edges, LATER)

    def settle(self) -> None:
        at = LATER + timedelta(days=14)
        for world in (self.here, self.there):
            adjudicate_pending(world.edges, at)
            pay(world.edges, at)
            answer(world.edges, at)
            assert status(world.edges, at).balanced

    def told(self, world: PayerWorld) -> list[Acknowledgement]:
        """What this insurer told the practice of forwarded sheets, everywhere alike."""
        first, second = ([one for one in world.acknowledgements(address) if one.kind is AcknowledgementKind.FORWARDED]
                         for address in ADDRESSES)  # fmt: skip
        assert first == second
        return first


def make_there(directory: Path) -> PayerWorld:
    """Another insurer with one fund; it knows the practice and the person."""
    there = make_world(directory, policy=PayerPolicy("MSA"))
    key, certificate = box(Role.FUND, 7, ELSEWHERE.code)
    own = signer(Role.FUND, ELSEWHERE.code, rsa_key(8))
    certificates = (published(certificate), published(own.certificate_der, CertificateUse.SIGN))
    desk = FundDesk(ELSEWHERE, "Caisse 03999", ELSEWHERE_ADDRESS, Sealer(own, RANDOM), certificates)
    there.edges = replace(there.edges, funds={ELSEWHERE.code: desk}, opener=Opener([key], there.trust, RANDOM))
    enrol(there.edges, persons=[person(1, ELSEWHERE)])
    return there


@pytest.fixture
def both(tmp_path: Path) -> TwoInsurers:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here, there = make_world(tmp_path / "here"), make_there(tmp_path / "there")
    enrol(here.edges, persons=[person(1, ELSEWHERE)], cards=[])
    with here.store.unit() as unit:  # the card shows no right at this fund any more: nothing is guaranteed
        unit._cursor.execute("DELETE FROM cards")
    met = meet(here.edges, make_bundle(there.edges, NOON), NOON)
    assert [fund.destination for fund in met] == [ELSEWHERE]
    return TwoInsurers(here, there)


def test_the_sheet_is_forwarded_registered_there_paid_once_and_the_practice_knows_who_has_it(both: TwoInsurers) -> None:
    report = both.send([sheet(1, 1), sheet(2, 2)])
    assert (report.forwarded, report.accepted, report.rejected) == (1, 1, 0)
    (gone,) = both.told(both.here)
    (named,) = gone.sheets
    assert (named.invoice_number[-4:], named.outcome, named.finding_code) == (
        "0001",
        AcknowledgedOutcome.FORWARDED,
        "A033",
    )
    assert ELSEWHERE.code in named.detail
    (moved,) = status(both.here.edges, NOON).forwarded
    assert (moved.name, moved.fund, moved.delivered) == (str(sheet(1).identity), ELSEWHERE.code, True)
    taken = both.arrive()
    assert (taken.registered, taken.set_aside, taken.faults) == (1, 0, 0)
    both.settle()
    (over,) = both.told(both.there)
    (named,) = over.sheets
    assert (over.destination, over.registered_count, over.fund_cents) == (ELSEWHERE, 1, 1750)
    assert (named.outcome, named.finding_code) == (AcknowledgedOutcome.REGISTERED, "A019")
    (returned,) = both.there.returns()
    (invoice,) = returned.invoices
    assert (returned.fund, invoice.invoice_number[-4:], invoice.paid_cents) == (ELSEWHERE, "0001", 1750)
    (own,) = both.here.returns()
    assert [item.invoice_number[-4:] for item in own.invoices] == ["0002"]
    here, there = status(both.here.edges, LATER).books, status(both.there.edges, LATER).books
    assert (here.claimed, here.forwarded, here.paid_practice) == (3500, 1750, 1750)
    assert (there.claimed, there.paid_practice, there.rejected) == (1750, 1750, 0)


def test_whatever_is_sent_again_it_is_paid_once(both: TwoInsurers) -> None:
    both.send([sheet(1, 1)])
    both.send([sheet(1, 1)], 2)  # in a new lot: a duplicate here, told again where it went
    both.here.intake(both.here.message([sheet(1, 1)]))
    answer(both.here.edges, NOON)
    assert len(both.forwarded()) == 1
    assert len(both.told(both.here)) == 3
    assert both.arrive().registered == 1
    again = both.arrive()  # the same bytes by another way
    assert (again.repeated, again.registered) == (1, 0)
    both.settle()
    assert status(both.here.edges, LATER).books.paid_practice == 0
    assert status(both.there.edges, LATER).books.paid_practice == 1750
    assert status(both.here.edges, LATER).sheets == {"forwarded": 1}


def test_when_the_other_fund_is_not_known_the_sheet_is_rejected_as_ever(both: TwoInsurers) -> None:
    stranger = replace(ELSEWHERE, fund="888")
    enrol(both.here.edges, persons=[person(2, stranger)])
    report = both.send([sheet(1, 2)])
    assert (report.forwarded, report.rejected) == (0, 1)
    answer(both.here.edges, NOON)
    (returned,) = both.here.returns()
    assert [item.code for item in returned.invoices[0].rejections] == ["A028"]
    assert both.forwarded() == []


def test_nothing_is_sealed_to_a_certificate_that_was_revoked(both: TwoInsurers) -> None:
    _, certificate = box(Role.FUND, 7, ELSEWHERE.code)
    read = both.here.trust.read(certificate)
    assert read is not None
    revoke(both.here.edges, [Revocation(read[0].issuer, read[0].serial, NOON - timedelta(days=1))], NOON)
    report = both.send([sheet(1, 1)])
    assert (report.forwarded, report.rejected, both.forwarded()) == (0, 1, [])


def test_a_carried_sheet_is_never_forwarded(both: TwoInsurers) -> None:
    both.here.intake(both.here.carried([sheet(1, 1)]))
    report = adjudicate_pending(both.here.edges, NOON)
    assert (report.forwarded, report.rejected) == (0, 1)


def test_a_sheet_is_forwarded_once_and_then_refused_with_its_reason(both: TwoInsurers) -> None:
    """The other fund's register says that the person is still ours: nobody plays ball with a sheet."""
    meet(both.there.edges, make_bundle(both.here.edges, NOON), NOON)
    enrol(both.there.edges, persons=[person(1, GENERAL)])
    both.send([sheet(1, 1)])
    both.arrive()
    report = adjudicate_pending(both.there.edges, LATER)
    assert (report.forwarded, report.rejected) == (0, 1)
    answer(both.there.edges, LATER)
    (returned,) = both.there.returns()
    assert returned.invoices[0].state is PaymentState.REJECTED
    assert [item.code for item in returned.invoices[0].rejections] == ["A028"]


def test_a_practice_unknown_there_waits_for_a_person_and_is_taken_again(both: TwoInsurers) -> None:
    with both.there.store.unit() as unit:
        stations = unit.register.stations()
        unit._cursor.execute("DELETE FROM stations")
    both.send([sheet(1, 1)])
    assert both.arrive().set_aside == 1
    ((number, _, _, motives),) = status(both.there.edges, LATER).set_aside
    assert [item.code for item in motives] == ["A002"]
    enrol(both.there.edges, stations=stations)
    report = take_again(both.there.edges, number, LATER)
    assert report is not None
    assert report.registered == 1


def test_a_claim_that_the_other_fund_has_is_never_paid_here_too_unless_a_person_says_so(both: TwoInsurers) -> None:
    """The first sheet was forwarded and is paid there; what says that it corrects it belongs here, and names other acts."""
    both.send([sheet(1, 1)])
    both.arrive()
    both.settle()
    assert status(both.there.edges, LATER).books.paid_practice == 1750
    second = sheet(2, 2, replaces=sheet(1, 1).identity)
    report = both.send([second], 2)
    assert (report.accepted, report.forwarded, report.rejected) == (0, 0, 0)
    (held,) = list_holds(both.here.edges)
    assert [item.code for item in held.motives] == ["A037"]
    assert dict(held.motives[0].values)["other"] == str(sheet(1, 1).identity)
    both.settle()
    assert status(both.here.edges, LATER).books.paid_practice == 0
    decide_hold(both.here.edges, held.id, True, "Mme Person", "refused over there", LATER)
    assert adjudicate_pending(both.here.edges, LATER).accepted == 1
    both.settle()
    assert status(both.here.edges, LATER).books.paid_practice == 1750


def test_what_a_person_refuses_is_not_forwarded(both: TwoInsurers) -> None:
    both.send([sheet(1, 1)])
    both.send([sheet(2, 1)], 2)  # the same visit once more
    (held,) = list_holds(both.here.edges)
    decide_hold(both.here.edges, held.id, False, "Mme Person", "one visit", NOON)
    answer(both.here.edges, NOON)
    assert len(both.forwarded()) == 1
    assert status(both.here.edges, NOON).sheets == {"forwarded": 1, "rejected": 1}


def test_a_fund_that_forwards_in_another_s_name_is_not_believed(both: TwoInsurers, tmp_path: Path) -> None:
    (tmp_path / "forger").mkdir()
    desk = both.here.edges.funds[GENERAL.code]
    forger = Sealer(signer(Role.FUND, "029990000", rsa_key(8)), RANDOM)
    both.here.edges = replace(both.here.edges, funds={GENERAL.code: replace(desk, sealer=forger)})
    both.send([sheet(1, 1)])
    assert both.arrive().set_aside == 1
    ((_, state, _, motives),) = status(both.there.edges, LATER).set_aside
    assert (state, [item.code for item in motives]) == ("refused", ["A034"])


def test_the_post_that_fails_is_seen_and_tried_again(both: TwoInsurers) -> None:
    both.here.post.broken["999.03.rss.example"] = DeliveryOutcome.UNREACHABLE
    both.send([sheet(1, 1)])
    assert [item.delivered for item in status(both.here.edges, NOON).forwarded] == [False]
    both.here.post.broken.clear()
    answer(both.here.edges, NOON + timedelta(days=2))
    assert [item.delivered for item in status(both.here.edges, NOON).forwarded] == [True]
    assert len(both.forwarded()) == 1


def test_the_wire_shows_nothing_and_the_kind_is_named(both: TwoInsurers) -> None:
    both.send([sheet(1, 1)])
    (raw,) = both.forwarded()
    assert f"Subject: {FORWARD_KIND}/{GENERAL.code}/".encode() in raw
    nir = sheet(1, 1).beneficiary.insured_nir.encode()
    assert nir not in raw
    assert GP_NUMBER.encode() not in raw.partition(b"\r\n\r\n")[0]


def test_a_practice_of_another_insurer_is_not_sent_this_one_s_bundle(both: TwoInsurers) -> None:
    """It reads one insurer's bundle, and would set another's aside: sheets that were forwarded here do not make it ours."""
    make_bundle(both.here.edges, NOON)
    both.send([sheet(1, 1)])
    both.arrive()
    both.settle()
    subjects = {
        world.edges.policy.name: {kind_of(one.message) for one in world.post.taken} for world in (both.here, both.there)
    }
    assert "BUNDLE" in subjects[both.here.edges.policy.name]
    assert subjects["MSA"] == {"ARL", "NOEMIE"}


def kind_of(message: bytes) -> str:
    """What the subject of a mail says it is."""
    return message.partition(b"\r\nSubject: ")[2].partition(b"/")[0].decode()
