"""The practice learns that a sheet is with another insurer's fund now, and that fund's return ends it. mess9821498a:7."""

from dataclasses import replace
from pathlib import Path

import pytest

from practice_kit import FUND, GP_NUMBER, STATION, Lot, ToyPayer, World, der, draft
from seal_kit import RANDOM, rsa_key, signer
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.returns import decode_return, encode_return
from vaguemestre.core.seal.lotmessage import AnsweredLot, AnswerKind, AnswerManifest, compose_answer
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    Acknowledgement,
    AcknowledgementKind,
    encode_acknowledgement,
    sheet_from_finding,
)
from vaguemestre.edge.seal.certificates import Usage
from vaguemestre.edge.seal.smime import Sealer
from vaguemestre.role.practice.collect import collect
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.send import send

OTHER = Destination("03", "999", "0000")
GONE, TAKEN, REFUSED = AcknowledgedOutcome.FORWARDED, AcknowledgedOutcome.REGISTERED, AcknowledgedOutcome.REFUSED
CODES = {
    GONE: finding("A033", fund=OTHER.code),
    TAKEN: finding("A019", forwarder=FUND.code),
    REFUSED: finding("M011", serial=1, station="-", low=1, high=2),
}


def says(world: World, lot: Lot, fund: Destination, outcome: AcknowledgedOutcome, number: int, rank: int = 0) -> None:
    """A fund tells of one forwarded sheet of the lot, in its own name."""
    assert lot.manifest is not None
    named = sheet_from_finding(CODES[outcome], lot.sheets[rank].identity.invoice_number, 2022, outcome)
    registered = int(outcome is TAKEN)
    identity = lot.manifest.identity
    notice = Acknowledgement(
        AcknowledgementKind.FORWARDED, GP_NUMBER, fund, identity.made_on, identity.number, lot.digest, world.now, world.now,
        registered, 0, (named,),
    )  # fmt: skip
    mail(world, lot, fund, AnswerKind.ACKNOWLEDGEMENT, encode_acknowledgement(notice), number)


def mail(world: World, lot: Lot, fund: Destination, kind: AnswerKind, data: bytes, number: int) -> None:
    assert lot.manifest is not None
    identity = lot.manifest.identity
    about = AnsweredLot(GP_NUMBER, FUND, identity.made_on, identity.number, lot.digest)
    content = compose_answer(AnswerManifest(1, kind, fund, number, world.now, (about,)), data)
    own = signer(Role.FUND, fund.code, rsa_key(9))
    sealed = Sealer(own, RANDOM).seal(content, [der(Role.STATION, STATION, 6, Usage.ENCRYPT)], world.now)
    world.payer.mail(sealed.entity, lot.manifest.return_addresses)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.publish()
    return made


def sent(world: World, settlement: Settlement = Settlement.TIERS_PAYANT) -> Lot:
    world.record(draft(settlement=settlement), count=2)
    close_and_seal(world.edges, world.now)
    send(world.edges, world.now)
    (lot,) = world.payer.lots()
    return lot


def test_the_sheet_stays_alive_the_rest_of_its_lot_is_untouched_and_the_other_fund_pays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = sent(world)
    says(world, lot, FUND, GONE, 7)  # overtakes the lot's own acknowledgement
    assert world.collect() == ["R057"]
    assert world.states() == ["handed over", "acknowledged"]
    world.payer.acknowledge(lot)
    says(world, lot, OTHER, TAKEN, 1)
    says(world, lot, FUND, GONE, 7)  # told again
    found = collect(world.edges, world.now).findings
    assert [item.code.code for item in found] == ["R057"]
    assert OTHER.code not in found[0].message("en")
    assert FUND.code in found[0].message("en")
    assert world.states() == ["acknowledged"] * 2
    world.payer.pay(replace(lot, sheets=lot.sheets[1:]))
    world.collect()
    assert world.states() == ["acknowledged", "settled"]
    first = replace(lot, sheets=lot.sheets[:1])
    pays(world, first, OTHER, monkeypatch)
    assert world.collect() == []
    assert world.states() == ["settled"] * 2


def pays(world: World, lot: Lot, fund: Destination, monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    """The other fund's return: what the toy payer would say, under that fund's name and signature."""
    kept: list[bytes] = []
    with monkeypatch.context() as patch:
        patch.setattr(ToyPayer, "_answer", lambda self, kind, about, data, number, to: kept.append(data) or b"")
        world.payer.pay(lot)
    made, _ = decode_return(kept[0])
    assert made is not None
    mail(world, lot, fund, AnswerKind.RETURN, encode_return(replace(made, fund=fund, identifier="000042")), number)


@pytest.mark.parametrize(
    ("settlement", "state", "codes"),
    [(Settlement.TIERS_PAYANT, "rejected", {"R004"}), (Settlement.PATIENT_PAID, "acknowledged", {"R013", "R006"})],
)
def test_a_refusal_by_the_other_fund_ends_it_with_its_reason(
    world: World, settlement: Settlement, state: str, codes: set[str]
) -> None:
    lot = sent(world, settlement)
    world.payer.acknowledge(lot)
    says(world, lot, FUND, GONE, 7)
    world.collect()
    says(world, lot, OTHER, REFUSED, 1)
    found = collect(world.edges, world.now).findings
    assert {item.code.code for item in found} == codes
    assert world.states() == ["acknowledged", state]


@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_a_lot_whose_last_sheet_the_other_fund_refuses_frees_its_number(world: World, acknowledged_first: bool) -> None:
    lot = sent(world)
    if acknowledged_first:
        world.payer.acknowledge(lot)
        world.collect()
    for rank in range(2):
        says(world, lot, FUND, GONE, 7 + rank, rank)
        says(world, lot, OTHER, REFUSED, 1 + rank, rank)
    world.collect()
    if not acknowledged_first:
        world.payer.acknowledge(lot)
        world.collect()
    assert world.states() == ["rejected"] * 2
    with world.store.read() as view:
        assert view.open_lot_numbers(GP_NUMBER, FUND) == set()


def test_a_sheet_that_this_store_does_not_know_is_kept_and_shown(world: World) -> None:
    lot = sent(world)
    stranger = replace(lot.sheets[0], identity=replace(lot.sheets[0].identity, serial=77))
    says(world, replace(lot, sheets=[stranger]), FUND, GONE, 7)
    assert world.collect() == ["R002"]
    assert world.states() == ["handed over"] * 2


@pytest.mark.parametrize("known", [True, False])
def test_a_past_return_sealed_anew_is_posted_once_whether_its_sheets_are_known_or_not(
    world: World, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """The payer sends it again on demand: to a store that settled these sheets, or to one restored from before them."""
    lot = sent(world)
    if not known:  # sheets of the days that the disk took with it
        lot = replace(lot, sheets=[replace(one, identity=replace(one.identity, serial=900)) for one in lot.sheets[:1]])
    told = [] if known else ["R002"]
    for rank in range(3):
        pays(world, lot, FUND, monkeypatch, number=20 + rank)
        assert world.collect() == (told if rank == 0 else [])
    with world.store.read() as view:
        lines = view._connection.exec_driver_sql("SELECT paid_cents FROM sheet_answers").fetchall()
    assert [cents for (cents,) in lines] == [one.fund_cents for one in lot.sheets]
