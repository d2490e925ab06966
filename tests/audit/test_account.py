"""The account is itself attacked: a world that loses, pays twice or is a cent off must be named sheet by sheet."""

from dataclasses import replace

from vaguemestre.audit.account import make_account
from vaguemestre.audit.facts import Deed, Ending, Entry, Facts, PayerRow, PracticeRow, Purse

TIERS, PAID, WRONG, GONE = ("n/2022-04-27/0001", "n/2022-04-27/0002", "n/2022-04-27/0003", "n/2022-04-27/0004")
WORLD = Facts(
    deeds=(
        Deed(TIERS, "gp", TIERS, True, 1750, ("p1|d|2022-04-27|G",)),
        Deed(PAID, "gp", PAID, False, 1750, ("p2|d|2022-04-27|G",)),
        Deed(WRONG, "gp", WRONG, True, 1750, ("p3|d|2022-04-27|G",)),
        Deed(GONE, "gp", GONE, True, 1000, ("p4|d|2022-04-27|G",), cancelled=True),
    ),
    practice=(
        PracticeRow(TIERS, "settled", 1750, 1750),
        PracticeRow(PAID, "acknowledged", 1750, 0),
        PracticeRow(WRONG, "rejected", 1750, 0),
        PracticeRow(GONE, "cancelled", 1000, 0),
    ),
    payer=(
        PayerRow(TIERS, "registered", 1750, True, 1750, 0),
        PayerRow(PAID, "registered", 1750, True, 1750, 0),
        PayerRow(WRONG, "registered", 1750, True, 0, 1750),
    ),
    ledger=(
        Entry(TIERS, Purse.PRACTICE, 1750),
        Entry(PAID, Purse.PATIENT, 1550),
        Entry(PAID, Purse.RETAINED, 200),
    ),
    shown_patient=((PAID, 1550),),
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
    facts = replace(WORLD, payer=WORLD.payer[:1] + WORLD.payer[2:], ledger=WORLD.ledger[:1], shown_patient=())
    assert ("lost", PAID) in _kinds(facts)
    assert make_account(facts).endings[Ending.LOST] == 1


def test_a_second_payment_is_seen() -> None:
    assert ("paid_twice", TIERS) in _kinds(replace(WORLD, ledger=(*WORLD.ledger, Entry(TIERS, Purse.PRACTICE, 1750))))


def test_two_sheets_of_one_claim_or_of_one_care_paid_are_seen() -> None:
    again = "n/2022-04-28/0001"
    for deed in (Deed(again, "gp", TIERS, True, 1750), Deed(again, "gp", again, True, 1750, WORLD.deeds[0].care)):
        facts = replace(
            WORLD,
            deeds=(*WORLD.deeds, deed),
            practice=(*WORLD.practice, PracticeRow(again, "settled", 1750, 1750)),
            payer=(*WORLD.payer, PayerRow(again, "registered", 1750, True, 1750, 0)),
            ledger=(*WORLD.ledger, Entry(again, Purse.PRACTICE, 1750)),
        )
        assert {kind for kind, _ in _kinds(facts)} == {"paid_twice"}


def test_a_cent_off_is_seen_wherever_it_is() -> None:
    cent_off = (
        replace(WORLD, ledger=(Entry(TIERS, Purse.PRACTICE, 1751), *WORLD.ledger[1:])),
        replace(WORLD, practice=(PracticeRow(TIERS, "settled", 1750, 1749), *WORLD.practice[1:])),
        replace(WORLD, payer=(PayerRow(TIERS, "registered", 1750, True, 1749, 0), *WORLD.payer[1:])),
        replace(WORLD, payer=(PayerRow(TIERS, "registered", 1751, True, 1751, 0), *WORLD.payer[1:])),
    )
    for facts in cent_off:
        assert ("books", TIERS) in _kinds(facts)
    assert ("books", PAID) in _kinds(replace(WORLD, shown_patient=((PAID, 1549),)))


def test_money_for_a_sheet_nobody_recorded_is_seen() -> None:
    stranger = "n/2022-04-27/0099"
    assert ("books", stranger) in _kinds(replace(WORLD, ledger=(*WORLD.ledger, Entry(stranger, Purse.PRACTICE, 5))))


def test_a_sheet_not_yet_answered_waits() -> None:
    facts = replace(
        WORLD,
        practice=(PracticeRow(TIERS, "handed_over", 1750, 0), *WORLD.practice[1:]),
        payer=WORLD.payer[1:],
        ledger=WORLD.ledger[1:],
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

    unseen = replace(facts, payer=WORLD.payer[1:], ledger=WORLD.ledger[1:], told_outside_cents=0)
    assert ("lost", TIERS) in _kinds(unseen)
    withdrawn = replace(unseen, deeds=(replace(outside, cancelled=True), *WORLD.deeds[1:]))
    account = make_account(withdrawn)
    assert (account.endings[Ending.CANCELLED], account.breaches) == (2, ())

    waiting = replace(
        facts, payer=(PayerRow(TIERS, "held", 1750, False, 0, 0), *WORLD.payer[1:]), ledger=WORLD.ledger[1:]
    )
    assert make_account(replace(waiting, told_outside_cents=0)).endings[Ending.WAITING] == 1
    refused = replace(waiting, payer=(PayerRow(TIERS, "rejected", 1750, True, 0, 1750), *WORLD.payer[1:]))
    assert make_account(replace(refused, told_outside_cents=0)).endings[Ending.REJECTED] == 2
