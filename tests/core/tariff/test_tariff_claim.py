"""The payer's own computation: what is claimed too high is brought back, with its reason; nothing is paid above what is owed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tariff_cases import codes, draft_of, valued

from vaguemestre.core.caresheet import CareSheet, CcamDetail, Exemption, Majoration, SheetLine
from vaguemestre.core.findings import Level
from vaguemestre.core.tariff import payable_cents, standard_book, value_claim
from vaguemestre.core.trace import sentence

WEDNESDAY = date(2022, 4, 27)


def sheet_of(performer: str, *acts: dict[str, Any], **data: Any) -> CareSheet:
    entries = [{"on": WEDNESDAY, **act} for act in acts]
    sheet, _, findings = valued(draft_of({"performer": performer, **data, "acts": entries}))
    assert sheet is not None, [item.message() for item in findings]
    return sheet


def claimed(sheet: CareSheet, number: int = 1, **changes: Any) -> CareSheet:
    lines = tuple(replace(line, **changes) if line.number == number else line for line in sheet.lines)
    return replace(sheet, lines=lines)


def judge(sheet: CareSheet) -> tuple[tuple[SheetLine, ...], list[str], list[str], list[int]]:
    lines, trace, findings = value_claim(sheet, standard_book())
    assert all(sentence(step, "fr") for step in trace)
    for item in findings:
        assert "?" not in item.message("fr") + item.message("en") + item.next_step("fr") + item.next_step("en")
    shown = codes(findings, Level.ERROR, Level.WARNING, Level.NOTE)
    paid = [payable_cents(*pair) for pair in zip(sheet.lines, lines, strict=True)]
    return lines, shown, [step.rule for step in trace], paid


def test_a_share_one_cent_too_high_is_brought_back() -> None:
    lines, shown, rules, paid = judge(claimed(sheet_of("01", {"code": "G"}), fund_cents=1751))
    assert (shown, paid) == (["T090"], [1750])
    assert lines[0].fund_cents == 1750
    assert rules[-1] == "claim.fund_lowered"


def test_a_share_claimed_below_is_paid_as_claimed() -> None:
    _, shown, _, paid = judge(claimed(sheet_of("01", {"code": "G"}), fund_cents=1700))
    assert (shown, paid) == ([], [1700])


def test_a_base_above_the_tariff_is_brought_back() -> None:
    sheet = claimed(
        sheet_of("01", {"code": "G"}), base_cents=3000, unit_price_cents=3000, fund_cents=2100, charged_cents=3000
    )
    lines, shown, rules, paid = judge(sheet)
    assert (shown, paid) == (["T090"], [1750])
    assert (lines[0].base_cents, lines[0].unit_price_cents) == (2500, 2500)
    assert {"claim.base_lowered", "claim.fund_lowered"} <= set(rules)


def test_an_exemption_that_nothing_supports_is_not_followed() -> None:
    sheet = claimed(sheet_of("01", {"code": "G"}), rate_percent=100, fund_cents=2500, exemption=Exemption.THRESHOLD)
    lines, shown, _, paid = judge(sheet)
    assert (shown, paid) == (["T090", "T092"], [1750])
    assert lines[0].exemption is Exemption.NONE


def test_a_sunday_majoration_on_a_wednesday_is_not_counted() -> None:
    sheet = claimed(
        sheet_of("24", {"code": "AMI", "coefficient": "4"}),
        majoration=Majoration.SUNDAY_OR_HOLIDAY,
        base_cents=2110,
        charged_cents=2110,
        fund_cents=1266,
    )
    lines, shown, rules, paid = judge(sheet)
    assert (shown, paid) == (["T090", "T091"], [756])
    assert lines[0].base_cents == 1260
    assert "claim.majoration_refused" in rules


@pytest.mark.parametrize(
    ("performer", "act", "change", "code"),
    [
        ("01", {"code": "G"}, {"code": "ZZZ"}, "T004"),
        ("01", {"code": "G"}, {"code": "AMI"}, "T002"),
        ("01", {"code": "G"}, {"code": "MMG"}, "T001"),
        ("24", {"code": "AMI", "coefficient": "4"}, {"quantity": 0}, "T011"),
        ("19", {"code": "HBJD001"}, {"ccam": CcamDetail(modifiers=("U",))}, "T035"),
        ("24", {"code": "AMI", "coefficient": "4"}, {"code": "NUIT_INF"}, "T006"),
    ],
)
def test_a_line_that_has_no_price_owes_nothing(
    performer: str, act: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    lines, shown, rules, paid = judge(claimed(sheet_of(performer, act), **change))
    assert (shown, paid) == ([code], [0])
    assert (lines[0].base_cents, lines[0].fund_cents, lines[0].rate_percent) == (0, 0, 0)
    assert rules == ["claim.not_payable"]


def test_one_bad_line_leaves_the_others() -> None:
    sheet = sheet_of("01", {"code": "G"}, {"code": "MCG"}, pathway="O")
    _, shown, _, paid = judge(claimed(sheet, 1, code="ZZZ"))
    assert shown == ["T004", "T073"]
    assert paid == [0, 350]


def test_a_child_majoration_for_an_adult_owes_nothing() -> None:
    child = sheet_of("01", {"code": "G"}, {"code": "MEG"}, born="2018-02-10", pathway="")
    adult = replace(
        child, beneficiary=sheet_of("01", {"code": "G"}).beneficiary, pathway=sheet_of("01", {"code": "G"}).pathway
    )
    _, shown, _, paid = judge(adult)
    assert (shown, paid) == (["T072"], [1750, 0])


def test_two_single_act_majorations_for_one_act() -> None:
    sheet = sheet_of("24", {"code": "AMI", "coefficient": "1"}, {"code": "MAU"})
    doubled = replace(sheet, lines=(*sheet.lines, replace(sheet.lines[1], number=3)))
    _, shown, _, paid = judge(doubled)
    assert (shown, paid) == (["T070"], [189, 81, 0])


def test_two_sittings_with_their_majorations_are_followed() -> None:
    acts = [{"code": code, "sitting": sitting} for sitting in (1, 2) for code in ("AMI", "MAU")]
    _, shown, _, paid = judge(sheet_of("24", *acts))
    assert (shown, paid) == ([], [189, 81, 189, 81])


def test_three_acts_of_one_day_are_noted_not_cut() -> None:
    acts = [{"code": "AMI", "coefficient": "4", "sitting": sitting} for sitting in (1, 2, 3)]
    _, shown, _, paid = judge(sheet_of("24", *acts))
    assert (shown, paid) == (["T036"], [756, 756, 756])


def test_the_local_scheme_is_read_from_the_nature_alone() -> None:
    """A carried B2 invoice has the nature 13 and no other word of the local scheme."""
    sheet = sheet_of("01", {"code": "G"}, local_scheme=True)
    carried = replace(sheet, cover=replace(sheet.cover, local_scheme=False))
    _, shown, _, paid = judge(carried)
    assert (shown, paid) == ([], [2250])


def test_a_fee_below_the_tariff_limits_what_is_owed() -> None:
    sheet = claimed(sheet_of("01", {"code": "G"}), charged_cents=2000)
    lines, shown, _, paid = judge(sheet)
    assert (shown, paid) == (["T090"], [1400])
    assert lines[0].base_cents == 2000


def test_an_overseas_claim_has_no_price() -> None:
    sheet = sheet_of("01", {"code": "G"})
    moved = replace(sheet, identity=replace(sheet.identity, billing_number="971990114"))
    _, shown, _, paid = judge(moved)
    assert (shown, paid) == (["T003"], [0])
