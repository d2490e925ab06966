"""Two texts that tell whether care, or a row of a file, was already recorded; and what a correction changes of other care."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sheet_kit import DAY, GP, NIR, NIR_KEY, NURSE, draft
from vaguemestre.core.caresheet import (
    Act,
    BirthDate,
    CcamDetail,
    Cover,
    DraftSheet,
    Exemption,
    Majoration,
    SecurityMode,
    Settlement,
    SheetIdentity,
)
from vaguemestre.core.sheet.sameness import care_key, differences, entry_key
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.tariff.valuation import value_sheet

RIGHT = draft(acts=(Act(DAY, "AMI", Decimal("4")), Act(DAY, "AIS", Decimal(3))))


def with_act(**changes: object) -> DraftSheet:
    first, second = RIGHT.acts
    return replace(RIGHT, acts=(replace(first, **changes), second))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "same",
    [
        replace(RIGHT, acts=RIGHT.acts[::-1]),
        with_act(coefficient=Decimal("4.00")),
        with_act(charged_cents=2000),
        with_act(ground=Exemption.NONE, travel=True, kilometres=3),
        replace(RIGHT, settlement=Settlement.TIERS_PAYANT),
        replace(RIGHT, cover=Cover(solidarity=True)),
        replace(RIGHT, mode=SecurityMode.DEGRADED, card_serial=""),
    ],
)
def test_the_same_care_whatever_is_typed_around_it(same: DraftSheet) -> None:
    assert care_key(same) == care_key(RIGHT)


@pytest.mark.parametrize(
    "other",
    [
        replace(RIGHT, acts=RIGHT.acts[:1]),
        with_act(code="AMK"),
        with_act(coefficient=Decimal(5)),
        with_act(quantity=2),
        with_act(performed_on=date(2022, 4, 26)),
        with_act(majoration=Majoration.NIGHT),
        with_act(sitting=2),
        with_act(pathology="insuline"),
        with_act(teeth=("16",)),
        with_act(ccam=CcamDetail(activity="4")),
        replace(RIGHT, performer=NURSE),
        replace(RIGHT, billing_number=NURSE.billing_number),
    ],
)
def test_other_care(other: DraftSheet) -> None:
    assert care_key(other) != care_key(RIGHT)


@pytest.mark.parametrize(
    "changed",
    [
        with_act(charged_cents=2000),
        replace(RIGHT, settlement=Settlement.TIERS_PAYANT),
        replace(RIGHT, cover=Cover(solidarity=True)),
        replace(RIGHT, replaces=SheetIdentity(RIGHT.billing_number, DAY, 3)),
        replace(RIGHT, acts=RIGHT.acts[::-1]),
    ],
)
def test_a_row_that_says_anything_else_is_another_row(changed: DraftSheet) -> None:
    assert entry_key(changed, "r1") != entry_key(RIGHT, "r1")


def test_a_row_is_known_by_its_reference_and_however_its_numbers_are_written() -> None:
    assert entry_key(RIGHT, "r1") != entry_key(RIGHT, "r2")
    assert entry_key(with_act(coefficient=Decimal("4.0")), "r1") == entry_key(RIGHT, "r1")


def test_a_correction_is_told_apart_by_person_performer_and_day_alone() -> None:
    made = draft()
    sheet, _, findings = value_sheet(made, SheetIdentity(made.billing_number, DAY, 1), standard_book())
    assert sheet is not None, findings
    other_act = replace(
        made, acts=(replace(made.acts[0], code="V", charged_cents=1000),), settlement=Settlement.TIERS_PAYANT
    )
    assert differences(sheet, made) == differences(sheet, other_act) == ()
    person = replace(made.beneficiary, birth_date=BirthDate(1970, 9, 3), insured_nir_key="00")
    day = replace(made.acts[0], performed_on=date(2022, 4, 26))
    said = differences(sheet, replace(made, beneficiary=person, performer=NURSE, acts=(day,)))
    assert [english for _, english in said] == [
        f"the insured's NIR ({NIR}{NIR_KEY}, here {NIR}00)",
        "birth date (1970-03-09, here 1970-09-03)",
        f"performer ({GP.rpps}, here {NURSE.rpps})",
        "day of the acts (2022-04-27, here 2022-04-26)",
    ]
    assert said[1][0] == "date de naissance (1970-03-09, ici 1970-09-03)"
