"""The shipped day holds what it promises: enough sheets, every special case, and acts that can be valued and written."""

from collections import Counter

from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.caresheet import Exemption, InsuranceNature, SecurityMode, Settlement, SheetIdentity
from vaguemestre.core.findings import Level
from vaguemestre.core.tariff import standard_book, value_sheet
from vaguemestre.sim.people import make_people
from vaguemestre.sim.practices import PRACTICES, visit
from vaguemestre.sim.sample_day import DAY, carried_file, sample_people, sample_visits

PEOPLE = sample_people()
VISITS = sample_visits(PEOPLE)


def test_the_day_has_its_sheets_and_its_people() -> None:
    assert len(VISITS) >= 120
    per_practice = Counter(visit.practice for visit in VISITS)
    assert set(per_practice) == {practice.key for practice in PRACTICES}
    settlements = Counter(visit.draft.settlement for visit in VISITS)
    assert min(settlements[settlement] for settlement in Settlement) >= 20
    assert [visit.at for visit in VISITS] == sorted(visit.at for visit in VISITS)


def test_every_special_case_comes() -> None:
    seen = [visit.person for visit in VISITS]
    assert any(person.exemption is Exemption.LONG_TERM_ILLNESS for person in seen)
    assert any(visit.draft.cover.nature is InsuranceNature.MATERNITY for visit in VISITS)
    assert any(person.age_on(DAY) < 6 for person in seen)
    assert any(person.beneficiary.insured_nir[5:7] == "2A" for person in seen)
    twins = Counter((p.beneficiary.insured_nir, p.beneficiary.birth_date) for p in PEOPLE.values())
    assert 2 in twins.values()
    assert any(person.moved_to is not None for person in seen)
    assert any(person.rights_to is not None and person.rights_to < DAY for person in seen)
    assert any(person.opposed for person in seen)
    assert any(visit.draft.mode is SecurityMode.DEGRADED for visit in VISITS)
    assert sum(visit.entered != visit.draft for visit in VISITS) == 2  # mistyped, to be rejected and corrected
    assert any(person.closed_on is not None for person in seen)  # rejected: the card did not know
    assert len(carried_file()) % 128 == 0
    assert len({visit.draft.performer.rpps for visit in VISITS if visit.practice == "nurse"}) == 2  # the locum
    assert len({visit.desk for visit in VISITS if visit.practice == "centre"}) == 2
    assert len({visit.draft.performer.rpps for visit in VISITS if visit.practice == "centre"}) == 3


def test_every_visit_can_be_valued_and_written() -> None:
    book = standard_book()
    for serial, entry in enumerate(VISITS, start=1):
        sheet, _, findings = value_sheet(entry.draft, SheetIdentity(entry.draft.billing_number, DAY, serial), book)
        assert sheet is not None, [str(item) for item in findings]
        assert {item.level for item in findings} <= {Level.UNVERIFIED}
        records, unwritable = sheet_to_invoice(sheet)
        assert records is not None, unwritable


def test_nobody_gets_the_same_act_twice_from_one_performer() -> None:
    cares = Counter(
        (visit.person.number, visit.draft.performer.rpps, act.code) for visit in VISITS for act in visit.draft.acts
    )
    assert max(cares.values()) == 1


def test_the_simulated_people_repeat_for_one_seed_and_differ_for_another() -> None:
    from random import Random

    assert make_people(3, 50) == make_people(3, 50) != make_people(4, 50)
    drafts = [visit(Random(9), practice, make_people(3, 1)[0], DAY) for practice in PRACTICES]
    assert drafts == [visit(Random(9), practice, make_people(3, 1)[0], DAY) for practice in PRACTICES]
