"""The account is itself attacked: a world that loses, pays twice or is a cent off must be named sheet by sheet."""

from dataclasses import replace

from vaguemestre.audit.account import make_account
from vaguemestre.audit.facts import Deed, Ending, Entry, Facts, PayerRow, Payment, PracticeRow, Purse, Transfer

TIERS, PAID, WRONG, GONE = ("n/2022-04-27/0001", "n/2022-04-27/0002", "n/2022-04-27/0003", "n/2022-04-27/0004")
DAY = "2022-05-04"
WORLD = Facts(
    deeds=(
        Deed(TIERS, "gp", TIERS, True, 1750, ("p1|d|2022-04-27|G",)),
        Deed(PAID, "gp", PAID, False, 1750, ("p2|d|2022-04-27|G",)),
        Deed(WRONG, "gp", WRONG, True, 1750, ("p3|d|2022-04-27|G",)),
        Deed(GONE, "gp", GONE, True, 1000, ("p4|d|2022-04-27|G",), cancelled=True),
    ),
    practice=(
        PracticeRow(TIERS, "settled", True, 1750, 1750, 1750, frozenset({"acknowledged", "settled"})),
        PracticeRow(PAID, "acknowledged", False, 1750, None, 0, frozenset({"acknowledged"})),
        PracticeRow(WRONG, "rejected", True, 1750, 0, 0, frozenset({"acknowledged", "rejected"})),
        PracticeRow(GONE, "cancelled", True, 1000, None, 0),
    ),
    payer=(
        PayerRow(TIERS, "accepted", True, 1750, TIERS, "1", True, True, "accepted", TIERS, 1750, 0, DAY, DAY),
        PayerRow(PAID, "accepted", False, 1750, PAID, "2", True, True, "accepted", PAID, 1750, 0, DAY, DAY),
        PayerRow(WRONG, "rejected", True, 1750, WRONG, "3", True, True, "rejected", WRONG, 0, 1750),
    ),
    ledger=(
        Entry(TIERS, Purse.GRANTED, 1750, "n"),
        Entry(PAID, Purse.GRANTED, 1750, "2"),
        Entry(TIERS, Purse.PRACTICE, 1750, "n"),
        Entry(PAID, Purse.PATIENT, 1550, "2"),
        Entry(PAID, Purse.RETAINED, 200, "2"),
    ),
    shown_patient=((PAID, 1550),),
    payments=(Payment(TIERS, True, "n", 1750, 0, 1750, DAY, 1), Payment(PAID, False, "2", 1750, 200, 1550, DAY, 2)),
    transfers=(Transfer(1, "n", 1750, DAY), Transfer(2, "2", 1550, DAY)),
)


def _without_money(facts: Facts, identity: str) -> Facts:
    """As before anything was decided of this sheet."""
    return replace(
        facts,
        ledger=tuple(entry for entry in facts.ledger if entry.identity != identity),
        payments=tuple(payment for payment in facts.payments if payment.identity != identity),
        transfers=tuple(order for order in facts.transfers if order.payee != ("n" if identity == TIERS else "2")),
    )


def _kinds(facts: Facts) -> set[tuple[str, str]]:
    return {(breach.kind, breach.identity) for breach in make_account(facts).breaches}


def test_an_honest_world_balances() -> None:
    account = make_account(WORLD)
    assert account.breaches == ()
    assert account.sheets == 4
    assert account.endings[Ending.SETTLED] == account.endings[Ending.ACKNOWLEDGED_PATIENT_PAID] == 1
    assert account.amounts_cents == {
        "claimed": 6250, "accepted": 3500, "rejected": 1750, "waiting": 0, "cancelled": 1000, "retained": 200,
        "paid_practice": 1750, "paid_patient": 1550, "shown_practice": 1750, "shown_patient": 1550,
    }  # fmt: skip


def test_a_sheet_missing_at_the_practice_is_lost() -> None:
    assert ("lost", TIERS) in _kinds(replace(WORLD, practice=WORLD.practice[1:]))


def test_a_sheet_that_the_payer_never_saw_is_lost() -> None:
    facts = replace(_without_money(WORLD, PAID), payer=WORLD.payer[:1] + WORLD.payer[2:], shown_patient=())
    assert ("lost", PAID) in _kinds(facts)
    assert make_account(facts).endings[Ending.LOST] == 1


def test_a_second_payment_is_seen() -> None:
    again = Entry(TIERS, Purse.PRACTICE, 1750, "n")
    assert ("paid_twice", TIERS) in _kinds(replace(WORLD, ledger=(*WORLD.ledger, again)))


def test_two_sheets_of_one_claim_or_of_one_care_paid_are_seen() -> None:
    again = "n/2022-04-28/0001"
    for deed in (Deed(again, "gp", TIERS, True, 1750), Deed(again, "gp", again, True, 1750, WORLD.deeds[0].care)):
        facts = replace(
            WORLD,
            deeds=(*WORLD.deeds, deed),
            practice=(*WORLD.practice, replace(WORLD.practice[0], identity=again)),
            payer=(*WORLD.payer, replace(WORLD.payer[0], identity=again)),
            ledger=(
                *WORLD.ledger,
                *(replace(entry, identity=again) for entry in WORLD.ledger if entry.identity == TIERS),
            ),
            payments=(*WORLD.payments, replace(WORLD.payments[0], identity=again)),
            transfers=(replace(WORLD.transfers[0], cents=3500), WORLD.transfers[1]),
        )
        assert {kind for kind, _ in _kinds(facts)} == {"paid_twice"}


def test_a_cent_off_is_seen_wherever_it_is() -> None:
    tiers = WORLD.payer[0]
    cent_off = (
        replace(WORLD, ledger=(*WORLD.ledger, Entry(TIERS, Purse.PRACTICE, 1, "n"))),
        replace(WORLD, practice=(replace(WORLD.practice[0], paid_cents=1749), *WORLD.practice[1:])),
        replace(WORLD, payer=(replace(tiers, accepted_cents=1749), *WORLD.payer[1:])),
        replace(WORLD, payer=(replace(tiers, claimed_cents=1751, accepted_cents=1751), *WORLD.payer[1:])),
    )
    for facts in cent_off:
        assert ("books", TIERS) in _kinds(facts)
    assert ("books", PAID) in _kinds(replace(WORLD, shown_patient=((PAID, 1549),)))


def test_money_for_a_sheet_nobody_recorded_is_seen() -> None:
    stranger = "n/2022-04-27/0099"
    assert ("books", stranger) in _kinds(replace(WORLD, ledger=(*WORLD.ledger, Entry(stranger, Purse.PRACTICE, 5))))


def test_a_sheet_not_yet_answered_waits() -> None:
    facts = replace(
        _without_money(WORLD, TIERS),
        practice=(PracticeRow(TIERS, "handed over", True, 1750, None, 0), *WORLD.practice[1:]),
        payer=WORLD.payer[1:],
    )
    account = make_account(facts)
    assert (account.endings[Ending.WAITING], account.amounts_cents["waiting"], account.breaches) == (1, 1750, ())


def test_a_sheet_that_no_practice_holds_ends_as_the_payer_says_and_is_never_forgotten() -> None:
    """An ordinary paper sheet, or one that a restored store is too old to know."""
    outside = replace(WORLD.deeds[0], outside=True)
    facts = replace(WORLD, deeds=(outside, *WORLD.deeds[1:]), practice=WORLD.practice[1:], told_outside_cents=1750)
    account = make_account(facts)
    assert (account.endings[Ending.SETTLED], account.breaches) == (1, ())
    never_told = make_account(replace(facts, told_outside_cents=0))
    assert [breach.detail for breach in never_told.breaches] == ["shown_practice is not paid_practice"]

    unseen = replace(_without_money(facts, TIERS), payer=WORLD.payer[1:], told_outside_cents=0)
    assert ("lost", TIERS) in _kinds(unseen)
    withdrawn = replace(unseen, deeds=(replace(outside, cancelled=True), *WORLD.deeds[1:]))
    account = make_account(withdrawn)
    assert (account.endings[Ending.CANCELLED], account.breaches) == (2, ())

    held = PayerRow(TIERS, "held", True, 1750, TIERS, "1")
    waiting = replace(unseen, payer=(held, *WORLD.payer[1:]))
    assert make_account(waiting).endings[Ending.WAITING] == 1
    said_no = replace(
        held, state="rejected", decided=True, outcome="rejected", decided_claim=TIERS, rejected_cents=1750
    )
    refused = make_account(replace(waiting, payer=(said_no, *WORLD.payer[1:])))
    assert (refused.endings[Ending.REJECTED], refused.breaches) == (2, ())
