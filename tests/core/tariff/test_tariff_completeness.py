"""What a sheet must hold before it is valued: an act, a prescription for auxiliaries, dates in their order."""

from dataclasses import replace
from datetime import date

import pytest
from tariff_cases import codes, draft_of, valued

from vaguemestre.core.caresheet import DraftSheet
from vaguemestre.core.findings import Level
from vaguemestre.core.parties import Prescriber
from vaguemestre.core.tariff import completeness

DAY = date(2022, 4, 27)


def nurse(prescribed_on: str | None) -> DraftSheet:
    draft = draft_of({"performer": "24", "acts": [{"on": DAY, "code": "AMI", "coefficient": "4"}]})
    if prescribed_on is None:
        return draft
    return replace(draft, prescriber=Prescriber("10100000025", "751990228", prescribed_on))


@pytest.mark.parametrize(
    ("prescribed_on", "expected"),
    [("2022-04-20", []), ("2022-04-27", []), ("2022-04-28", ["T082"]), ("20/04/2022", ["T083"]), (None, ["T081"])],
)
def test_an_auxiliary_needs_a_prescription_of_before_the_act(prescribed_on: str | None, expected: list[str]) -> None:
    findings = completeness(nurse(prescribed_on), DAY)
    assert codes(findings, *Level) == expected
    for item in findings:
        assert "?" not in item.message("fr") + item.message("en")


def test_a_doctor_needs_none() -> None:
    assert completeness(draft_of({"performer": "01", "acts": [{"on": DAY, "code": "G"}]}), DAY) == ()


def test_care_that_has_not_come() -> None:
    draft = draft_of({"performer": "01", "acts": [{"on": DAY, "code": "G"}]})
    assert codes(completeness(draft, date(2022, 4, 26)), *Level) == ["T084"]


def test_a_sheet_completed_before_its_last_act() -> None:
    draft = replace(draft_of({"performer": "01", "acts": [{"on": DAY, "code": "G"}]}), completed_on=date(2022, 4, 26))
    (item,) = completeness(draft, DAY)
    assert (item.code.code, item.place.line) == ("T085", 1)


def test_a_sheet_without_act() -> None:
    assert codes(completeness(draft_of({"performer": "01", "acts": []}), DAY), *Level) == ["T080"]


def test_the_payer_checks_a_claimed_sheet_alike() -> None:
    sheet, _, _ = valued(nurse("2022-04-20"))
    assert sheet is not None
    assert completeness(sheet, DAY) == ()
    assert codes(completeness(replace(sheet, prescriber=None), DAY), *Level) == ["T081"]
