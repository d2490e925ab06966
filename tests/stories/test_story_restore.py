"""The disk dies and a week-old backup is put back: numbers jump, answers about forgotten sheets are kept, nothing is paid twice."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from kit import Town, patient

from vaguemestre.audit.facts import Ending
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.role.payer.holds import decide_hold, list_holds
from vaguemestre.role.practice.status import status

FIFTH_OF_MAY = date(2022, 5, 5)


def forgets(town: Town, sheet: CareSheet, *, withdrawn: bool = False) -> None:
    """The auditor hears from people that the sheet was lost with the disk, and whether they gave it up."""
    rank = next(rank for rank, deed in enumerate(town.deeds) if deed.identity == str(sheet.identity))
    town.deeds[rank] = replace(town.deeds[rank], outside=True, cancelled=withdrawn)


def test_a_week_is_lost_and_nothing_else(tmp_path: Path) -> None:
    people = [patient(number) for number in range(1, 7)]
    town = Town(tmp_path, people)
    gp = town.gp
    answered = gp.sees(people[0])
    town.round()
    town.cuts_off()
    waiting = gp.sees(people[1])
    generation = gp.backs_up()  # 27 April in the evening: one sheet acknowledged, one not sent yet
    town.comes_back()

    town.days_pass(1)
    paid_meanwhile = gp.sees(people[2])
    town.days_pass(6)  # 4 May: the first two are paid
    assert gp.states() == ["settled", "acknowledged", "acknowledged"]
    town.goes_to(FIFTH_OF_MAY)
    sent_that_morning = gp.sees(people[3])
    gp.works()
    town.payer.works()  # its answer is on its way
    never_sent = gp.sees(people[4])
    numbers = {sent_that_morning.identity, never_sent.identity}

    town.later(hours=3)
    said = gp.restores(generation)  # the disk is dead
    assert said == ["R042"]
    assert gp.states() == ["acknowledged", "recorded"]
    for sheet in (paid_meanwhile, sent_that_morning):
        forgets(town, sheet)
    forgets(town, never_sent, withdrawn=True)

    entered_anew = gp.sees(people[4])  # from the appointments book
    twice = gp.sees(
        people[2], day=date(2022, 4, 28), completed_on=FIFTH_OF_MAY
    )  # nobody knows any more that it was sent
    new = gp.sees(people[5])
    assert [sheet.identity.serial for sheet in (entered_anew, twice, new)] == [7510, 7511, 7512]
    assert not numbers & {entered_anew.identity, new.identity}
    for _ in range(12):
        town.round()
        town.later(days=1)

    assert [hold.name for hold in list_holds(town.payer.edges)] == [str(twice.identity)]
    (hold,) = list_holds(town.payer.edges)
    assert dict(hold.motives[0].values)["other"] == str(paid_meanwhile.identity)
    decide_hold(town.payer.edges, hold.id, False, "Mme Aubry", "déjà payée", town.now)
    town.settles()
    for sheet in (answered, waiting, entered_anew, new):
        assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    assert gp.state_of(twice) == "rejected"

    with gp.store.read() as view:
        kept = {f"{line.kind} {invoice}": line.paid_cents for _, invoice, line in view.answers_about_unknown_sheets()}
        assert view.sheet_by_key(SheetKey.of(paid_meanwhile.identity)) is None
    for sheet in (paid_meanwhile, sent_that_morning):
        assert kept[f"return {sheet.identity.invoice_number}"] == 1750
    told = status(gp.edges, town.now)
    assert told.unknown_sheets == len(kept)
    assert {"R002"} <= {item.code.code for item in told.findings}
    account = town.audited(
        claimed=7 * 1750 + 1750, cancelled=1750, rejected=1750, paid_practice=6 * 1750, shown_practice=6 * 1750
    ).account
    assert (account.endings[Ending.SETTLED], account.endings[Ending.LOST]) == (6, 0)


def test_two_restores_of_one_backup_never_meet_and_the_forgotten_machine_stops(tmp_path: Path) -> None:
    camille, hugo, jeanne = patient(1), patient(2), patient(3)
    town = Town(tmp_path, [camille, hugo, jeanne])
    gp = town.gp
    gp.sees(camille)
    generation = gp.backs_up()
    town.later(hours=1)
    gp.restores(generation)
    first = gp.sees(hugo)
    gp.works()
    town.payer.works()
    town.later(hours=1)
    gp.restores(generation)
    forgets(town, first)
    second = gp.sees(hugo)
    third = gp.sees(jeanne)
    assert (first.identity.serial, second.identity.serial) == (7510, 7759)
    town.round()
    (hold,) = list_holds(town.payer.edges)
    assert hold.name == str(second.identity)
    decide_hold(town.payer.edges, hold.id, False, "Mme Aubry", "même visite", town.now)
    town.settles()
    assert (gp.state_of(second), gp.state_of(third)) == ("rejected", "settled")
    town.audited(claimed=4 * 1750, rejected=1750, paid_practice=3 * 1750, shown_practice=3 * 1750)
