"""Cancelled before the payer can have it: the others of its lot go on under the same numbers; afterwards it is too late."""

from dataclasses import replace
from pathlib import Path

from kit import Town, patient

from vaguemestre.audit.facts import Ending
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.practice.book import SheetKey
from vaguemestre.role.practice.corrections import cancel


def cancels(town: Town, sheet: CareSheet) -> list[str]:
    """A person cancels a sheet; the codes of what refuses it. The auditor hears of it."""
    done, found = cancel(town.gp.edges, SheetKey.of(sheet.identity), town.now)
    if done:
        rank = next(rank for rank, deed in enumerate(town.deeds) if deed.identity == str(sheet.identity))
        town.deeds[rank] = replace(town.deeds[rank], cancelled=True)
    return [item.code.code for item in found]


def test_a_cancelled_sheet_never_leaves_and_the_others_of_its_lot_do(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1), patient(2)])
    gp = town.gp
    town.cuts_off()
    mistaken, kept = (gp.sees(person) for person in town.people)
    gp.works()
    assert gp.states() == ["sealed", "sealed"]
    assert cancels(town, mistaken) == []
    anew = gp.sees(town.people[0])
    assert anew.identity.serial == 3  # a cancelled number is never given again
    town.comes_back()
    town.later(hours=1)
    town.settles()
    assert (gp.state_of(mistaken), gp.state_of(kept), gp.state_of(anew)) == ("cancelled", "settled", "settled")
    assert town.payer.state_of(mistaken) == "unknown"
    account = town.audited(claimed=5250, cancelled=1750, paid_practice=3500).account
    assert account.endings[Ending.CANCELLED] == 1


def test_what_may_have_arrived_is_cancelled_no_more(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    gp = town.gp
    sheet = gp.sees(town.people[0])
    town.b.unreachable = True
    town.a.drop_after_dot(1)  # nobody knows whether it arrived
    gp.works()
    assert gp.state_of(sheet) == "handed over"
    assert cancels(town, sheet) == ["R026"]
    town.comes_back()
    town.settles()
    assert cancels(town, sheet) == ["R079"]
    assert (gp.state_of(sheet), gp.paid(sheet)) == ("settled", 1750)
    town.audited(claimed=1750, paid_practice=1750, cancelled=0)
