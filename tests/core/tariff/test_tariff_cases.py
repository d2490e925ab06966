"""Every case of `cases/*.toml`, to the cent: the sheet, its findings, its trace, and the payer's own computation of it."""

from itertools import pairwise

import pytest
import tariff_cases
from tariff_cases import Case, codes, draft_of, shown_line, valued, well_written

from vaguemestre.core.findings import Level
from vaguemestre.core.tariff import patient_cents, payable_cents, standard_book, value_claim
from vaguemestre.core.trace import sentence

ALL = tariff_cases.load()
VALUED = [case for case in ALL if "expect" in case.data]
REFUSED = [case for case in ALL if "refused" in case.data]


def test_each_case_is_one_or_the_other_and_cites_its_source() -> None:
    assert len(ALL) > 130
    assert len(VALUED) + len(REFUSED) == len(ALL)
    assert len({str(case) for case in ALL}) == len(ALL)
    for case in ALL:
        assert case.data["source"], case
        assert all(well_written(line) for line in case.data.get("expect", [])), case


@pytest.mark.parametrize("case", VALUED, ids=str)
def test_a_valued_case(case: Case) -> None:
    sheet, _, findings = valued(draft_of(case.data))
    assert sheet is not None, [item.message() for item in findings]
    assert [shown_line(line) for line in sheet.lines] == case.data["expect"]
    assert codes(findings, Level.ERROR, Level.WARNING, Level.NOTE) == case.data.get("findings", [])
    if "unverified" in case.data:
        assert codes(findings, Level.UNVERIFIED) == case.data["unverified"]
    if "nature_after" in case.data:
        assert sheet.cover.nature.value == case.data["nature_after"]
    if "header_after" in case.data:
        assert sheet.cover.exemption.value == case.data["header_after"]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_refused_case(case: Case) -> None:
    sheet, _, findings = valued(draft_of(case.data))
    assert sheet is None
    assert codes(findings, Level.ERROR) == case.data["refused"]
    assert codes(findings, Level.WARNING, Level.NOTE) == []
    for item in findings:
        assert item.place.line is not None
        assert "?" not in item.message("fr") + item.message("en") + item.next_step("fr") + item.next_step("en")


@pytest.mark.parametrize("case", VALUED, ids=str)
def test_the_trace_of_a_case_ends_at_its_amounts_and_reads_in_both_languages(case: Case) -> None:
    sheet, trace, findings = valued(draft_of(case.data))
    assert sheet is not None
    for line in sheet.lines:
        steps = [step for step in trace if step.line == line.number]
        bases = [step for step in steps if step.rule.startswith(("price.", "base.", "travel."))]
        shares = [
            step for step in steps if step.rule.startswith(("rate.", "share.")) and step.rule != "share.complementary"
        ]
        assert bases[-1].after_cents == line.base_cents
        assert shares[0].before_cents == line.base_cents
        assert shares[-1].after_cents == line.fund_cents
        for before, after in pairwise(shares):
            assert before.after_cents == after.before_cents
    for step in trace:
        assert sentence(step, "fr").endswith((".", ")."))
        assert sentence(step, "en") != sentence(step, "fr")
    for item in findings:
        assert "?" not in item.message("fr") + item.message("en") + item.next_step("fr") + item.next_step("en")


@pytest.mark.parametrize("case", VALUED, ids=str)
def test_the_payer_finds_the_same_amounts(case: Case) -> None:
    sheet, _, _ = valued(draft_of(case.data))
    assert sheet is not None
    lines, _, findings = value_claim(sheet, standard_book())
    assert [shown_line(line) for line in lines] == case.data["expect"]
    assert codes(findings, Level.ERROR) == []
    assert not {"T090", "T091", "T092"} & set(codes(findings, *Level))
    for claimed, computed in zip(sheet.lines, lines, strict=True):
        assert payable_cents(claimed, computed) == claimed.fund_cents
        assert patient_cents(claimed) == claimed.charged_cents - claimed.fund_cents - claimed.complementary_cents >= 0
