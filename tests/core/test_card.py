"""Whether a card passes: the eight reasons, rights at the date of care, the sheet against the card, the mode."""

from dataclasses import replace
from datetime import date

import pytest

from sheet_kit import (
    CHILD,
    DAY,
    FUND,
    NURSE,
    NURSE_NUMBER,
    OTHER_FUND,
    PERSON,
    PRESCRIBER,
    SERIAL,
    TWIN,
    card,
    codes,
    draft,
    holder,
)
from vaguemestre.core.card.passing import (
    CardFacts,
    CardForm,
    CardReason,
    MaternityRight,
    Period,
    ProfessionalCardState,
    ReaderState,
    RightsPeriod,
    WorkAccidentRight,
    check_against_card,
    check_card,
    check_mode,
    decode_card,
    encode_card,
    find_beneficiary,
    without_card_grounds,
)
from vaguemestre.core.caresheet import Act, Beneficiary, BirthDate, Cover, Exemption, InsuranceNature, SecurityMode
from vaguemestre.core.directory.opposition import NO_OPPOSITION, Opposition, OppositionList
from vaguemestre.tables.cards import REASONS

OPPOSED = OppositionList.of([Opposition("9000000000", date(2022, 1, 1)), Opposition(SERIAL, date(2022, 4, 20))])
CLOSED = holder(rights=(RightsPeriod(FUND, Period(date(2015, 1, 1), date(2022, 3, 31))),))


def test_a_good_card_passes_for_everybody_on_it() -> None:
    for person in (PERSON, CHILD, TWIN, None):
        verdict = check_card(card(), NO_OPPOSITION, DAY, person=person)
        assert verdict.passes
        assert verdict.findings == ()
        assert verdict.reason is None
        assert verdict.mode is SecurityMode.SECURED
        assert verdict.tiers_payant_guaranteed
        assert verdict.meanwhile() == verdict.back() == ""
        assert verdict.beneficiary is not None


def test_twins_are_told_apart_by_their_rank() -> None:
    found = find_beneficiary(card(), TWIN)
    assert found is not None
    assert found.person.birth_rank == 2
    assert find_beneficiary(card(), replace(TWIN, birth_rank=3)) is None
    assert find_beneficiary(card(beneficiaries=()), None) is None
    assert find_beneficiary(card(), replace(CHILD, nir="2140675990002")) is None


@pytest.mark.parametrize(
    ("reason", "code", "verdict"),
    [
        (CardReason.RIGHTS, "C001", check_card(card(beneficiaries=(CLOSED,)), NO_OPPOSITION, DAY)),
        (CardReason.NOT_UPDATED, "C002", check_card(card(updated_on=date(2021, 4, 26)), NO_OPPOSITION, DAY)),
        (CardReason.OPPOSED, "C003", check_card(card(), OPPOSED, DAY)),
        (
            CardReason.READER,
            "C004",
            check_card(None, NO_OPPOSITION, DAY, facts=CardFacts(reader=ReaderState.CHIP_FAULT)),
        ),
        (
            CardReason.BENEFICIARY,
            "C005",
            check_card(card(), NO_OPPOSITION, DAY, person=Beneficiary(PERSON.insured_nir, "", BirthDate(2020, 1, 1))),
        ),
        (
            CardReason.PROFESSIONAL_CARD,
            "C006",
            check_card(card(), NO_OPPOSITION, DAY, facts=CardFacts(professional=ProfessionalCardState.EXPIRED)),
        ),
        (
            CardReason.APP_OFFLINE,
            "C007",
            check_card(None, NO_OPPOSITION, DAY, facts=CardFacts(reader=ReaderState.APP_OFFLINE)),
        ),
        (
            CardReason.TRANSMISSION,
            "C008",
            check_card(card(), NO_OPPOSITION, DAY, facts=CardFacts(transmission_open=False)),
        ),
    ],
)
def test_each_reason_has_its_words_and_what_to_do(reason: CardReason, code: str, verdict: object) -> None:
    from vaguemestre.core.card.passing import CardVerdict

    assert isinstance(verdict, CardVerdict)
    assert verdict.reason is reason
    assert codes(verdict.findings) == [code]
    assert reason.entry.finding == code
    for lang in ("fr", "en"):
        assert "?" not in verdict.findings[0].message(lang)  # type: ignore[arg-type]
        assert verdict.meanwhile(lang)
        assert verdict.back(lang)
    assert verdict.meanwhile("fr") != verdict.meanwhile("en")
    assert verdict.passes is (reason is CardReason.TRANSMISSION)
    assert verdict.tiers_payant_guaranteed is (reason is CardReason.TRANSMISSION)


def test_there_are_eight_reasons_in_the_order_of_the_checklist() -> None:
    assert [entry.number for entry in REASONS] == list(range(1, 9))
    assert {entry.key for entry in REASONS} == {reason.value for reason in CardReason}


def test_when_transmission_is_down_the_card_is_not_to_blame() -> None:
    down = CardFacts(transmission_open=False, ways_fr="réception fermée chez a", ways_en="collecting closed at a")
    verdict = check_card(card(), NO_OPPOSITION, DAY, facts=down)
    assert verdict.mode is SecurityMode.SECURED
    assert "carte n'est pas en cause" in verdict.findings[0].message("fr")
    assert "réception fermée chez a" in verdict.findings[0].message("fr")


def test_every_fault_is_said_at_once_and_the_first_one_leads() -> None:
    facts = CardFacts(transmission_open=False)
    worn = card(beneficiaries=(CLOSED,), updated_on=date(2020, 1, 1))
    verdict = check_card(worn, OPPOSED, DAY, facts=facts)
    assert verdict.reason is CardReason.OPPOSED
    assert sorted(codes(verdict.findings)) == ["C001", "C002", "C003", "C008"]
    assert not verdict.passes
    assert check_card(None, OPPOSED, DAY, facts=replace(facts, professional=ProfessionalCardState.LOCKED)).mode is None


@pytest.mark.parametrize(
    ("care_on", "passes"), [(date(2022, 3, 31), True), (date(2022, 4, 1), False), (date(2014, 12, 31), False)]
)
def test_rights_are_judged_at_the_date_of_care(care_on: date, passes: bool) -> None:
    verdict = check_card(card(beneficiaries=(CLOSED,)), NO_OPPOSITION, care_on, read_on=DAY)
    assert verdict.passes is passes


def test_update_and_opposition_are_judged_at_the_day_of_reading() -> None:
    before = date(2022, 4, 19)
    assert check_card(card(), OPPOSED, before).passes
    assert not check_card(card(), OPPOSED, before, read_on=DAY).passes
    assert check_card(card(updated_on=date(2021, 4, 27)), NO_OPPOSITION, DAY).passes
    assert check_card(
        card(updated_on=date(2020, 4, 1), issued_on=date(2020, 4, 1)), NO_OPPOSITION, date(2021, 4, 1)
    ).passes


def test_the_application_updates_itself() -> None:
    old = card(updated_on=date(2019, 4, 1))
    assert not check_card(old, NO_OPPOSITION, DAY).passes
    assert check_card(replace(old, form=CardForm.APP), NO_OPPOSITION, DAY).passes


def test_a_change_of_fund_is_two_periods() -> None:
    moved = holder(
        rights=(
            RightsPeriod(FUND, Period(date(2015, 1, 1), date(2022, 3, 31))),
            RightsPeriod(OTHER_FUND, Period(date(2022, 4, 1))),
        )
    )
    assert moved.destination_on(date(2022, 3, 31)) == FUND
    assert moved.destination_on(DAY) == OTHER_FUND
    found = check_against_card(draft(), card(beneficiaries=(moved,)))
    assert codes(found) == ["C020"]
    assert check_against_card(draft(destination=OTHER_FUND), card(beneficiaries=(moved,))) == ()


def test_the_sheet_agrees_with_the_card() -> None:
    assert check_against_card(draft(), card()) == ()
    assert check_against_card(draft(cover=Cover(exemption=Exemption.LONG_TERM_ILLNESS)), card()) == ()
    assert check_against_card(draft(acts=(Act(DAY, "G", ground=Exemption.PREVENTION),)), card()) == ()


def test_the_sheet_claims_more_than_the_card_holds() -> None:
    child = draft(beneficiary=CHILD, cover=Cover(exemption=Exemption.LONG_TERM_ILLNESS, solidarity=True))
    assert codes(check_against_card(child, card())) == ["C021", "C022"]
    late = draft(acts=(Act(date(2025, 1, 2), "G", ground=Exemption.LONG_TERM_ILLNESS),))
    assert codes(check_against_card(late, card())) == ["C021"]


def test_another_card_or_another_person() -> None:
    assert codes(check_against_card(draft(card_serial="8000000002"), card())) == ["C023"]
    stranger = Beneficiary(PERSON.insured_nir, PERSON.insured_nir_key, BirthDate(1999, 1, 1))
    assert codes(check_against_card(draft(beneficiary=stranger), card())) == ["C005"]


def test_a_work_accident_goes_to_the_body_that_serves_it() -> None:
    accident = WorkAccidentRight("123456789", date(2022, 4, 1), OTHER_FUND)
    shown = card(beneficiaries=(holder(work_accidents=(accident,)),))
    cover = Cover(InsuranceNature.WORK_ACCIDENT, work_accident_number="123456789")
    assert codes(check_against_card(draft(cover=cover), shown)) == ["C020"]
    assert check_against_card(draft(cover=cover, destination=OTHER_FUND), shown) == ()


PASSES = check_card(card(), NO_OPPOSITION, DAY)
REFUSED = check_card(card(), OPPOSED, DAY)
NO_HAND = check_card(card(), NO_OPPOSITION, DAY, facts=CardFacts(professional=ProfessionalCardState.OPPOSED))


@pytest.mark.parametrize(
    ("mode", "verdict", "expected"),
    [
        (SecurityMode.SECURED, PASSES, []),
        (SecurityMode.SECURED, REFUSED, ["C024"]),
        (SecurityMode.DEGRADED, REFUSED, []),
        (SecurityMode.DEGRADED, PASSES, ["C024"]),
        (SecurityMode.WITHOUT_CARD, REFUSED, ["C024"]),
        (SecurityMode.SECURED, NO_HAND, ["C024"]),
        (SecurityMode.DEGRADED, NO_HAND, ["C024"]),
    ],
)
def test_when_each_mode_is_allowed(mode: SecurityMode, verdict: object, expected: list[str]) -> None:
    assert codes(check_mode(draft(mode=mode), verdict)) == expected  # type: ignore[arg-type]


def test_without_card_needs_a_case_of_the_law() -> None:
    remote = draft(mode=SecurityMode.WITHOUT_CARD, acts=(Act(DAY, "TCG"),), card_serial="")
    mixed = draft(mode=SecurityMode.WITHOUT_CARD, acts=(Act(DAY, "TCG"), Act(DAY, "G")), card_serial="")
    assert without_card_grounds(remote) == ("remote-care",)
    assert check_mode(remote, REFUSED) == ()
    assert without_card_grounds(mixed) == ()
    assert codes(check_mode(mixed, REFUSED)) == ["C024"]
    assert check_mode(mixed, REFUSED, "unable") == ()
    assert codes(check_mode(mixed, REFUSED, "because")) == ["C024"]
    laboratory = replace(
        mixed, performer=replace(NURSE, specialty="30"), billing_number=NURSE_NUMBER, prescriber=PRESCRIBER
    )
    assert without_card_grounds(laboratory) == ("laboratory",)


def test_what_a_holder_has_on_a_day() -> None:
    mother = holder(
        maternity=(MaternityRight(Period(date(2022, 1, 1), date(2022, 11, 1)), date(2022, 1, 1)),),
        solidarity=(Period(date(2022, 1, 1), date(2022, 12, 31)),),
    )
    right = mother.maternity_on(DAY)
    assert right is not None
    assert right.pregnancy_presumed_on == date(2022, 1, 1)
    assert mother.maternity_on(date(2022, 11, 2)) is None
    assert mother.solidarity_on(DAY)
    assert not mother.solidarity_on(date(2023, 1, 1))
    assert mother.complementary_on(DAY) == ""


def test_a_card_reads_as_it_was_written() -> None:
    assert decode_card(encode_card(card())) == (card(), ())
    assert b"Castaing" in encode_card(card())


@pytest.mark.parametrize(
    "wrong",
    [
        card(serial="123"),
        card(serial="８000000001"),
        card(insured_nir_key="00"),
        card(beneficiaries=()),
        card(updated_on=date(2018, 1, 1)),
        card(beneficiaries=(holder(replace(PERSON, insured_nir="1820920997002")),)),
        card(beneficiaries=(holder(replace(CHILD, nir_key="00")),)),
    ],
)
def test_a_card_that_contradicts_itself_is_not_given(wrong: object) -> None:
    read, found = decode_card(encode_card(wrong))  # type: ignore[arg-type]
    assert read is None
    assert set(codes(found)) == {"C015"}


def test_a_card_that_cannot_be_read_is_a_finding() -> None:
    for data in (b"", b"{", b"[]", b'{"serial": 1}', b"\xff"):
        read, found = decode_card(data)
        assert read is None
        assert codes(found) == ["C010"]


def test_the_opposition_list_is_found_by_bisection() -> None:
    listed = OppositionList.of([Opposition(f"{number:010d}", DAY) for number in range(0, 2000, 3)])
    assert listed.ascending
    for number in range(2000):
        assert (listed.since(f"{number:010d}") == DAY) is (number % 3 == 0)
    assert listed.since("9999999999") is None
    assert not OppositionList((Opposition("2", DAY), Opposition("1", DAY))).ascending
