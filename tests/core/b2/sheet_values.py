"""Hypothesis strategies: care sheets as valuation may hand them over, and what is left of one when B2 alone carried it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from vaguemestre.core.b2.assembly import accident_date, is_plain_number
from vaguemestre.core.b2.disassembly import carried_identity
from vaguemestre.core.caresheet import (
    Beneficiary,
    BirthDate,
    CarePathway,
    CareSheet,
    CcamDetail,
    ChargeQualifier,
    Cover,
    Exemption,
    InsuranceNature,
    Majoration,
    SecurityMode,
    Settlement,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.parties import Destination, Performer, PracticeMode, Prescriber, PrescriptionOrigin

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def digits(count: int) -> st.SearchStrategy[str]:
    """So many digits, the first one no zero."""
    return st.integers(10 ** (count - 1), 10**count - 1).map(str)


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


AMOUNTS = st.integers(0, 999_999)
MODES = st.sampled_from(PracticeMode)
TEETH = st.lists(st.sampled_from(["11", "12", "26", "48", "85"]), max_size=18).map(tuple)
DESTINATIONS = st.builds(
    Destination, st.sampled_from(["01", "02", "08", "91"]), digits(3), st.sampled_from(["0000", "1234"])
)
NIRS = st.sampled_from(["2580427123456", "15512 2A".replace(" ", "") + "0010001"[:5], "1550520123456"])
DETAILS = st.builds(
    CcamDetail,
    activity=st.sampled_from("14"),
    phase=st.sampled_from("01"),
    modifiers=st.lists(st.sampled_from("NFUP"), max_size=4).map(tuple),
    association=st.sampled_from(["", "1", "2"]),
    extension=st.sampled_from(["", "A"]),
    conditional=st.sampled_from(["", "O"]),
)
NUMBERED = st.sampled_from(["", "7", "12345", "00012", "AB-12", "123456789012345"])


@st.composite
def lines(draw: st.DrawFn, number: int, first: date) -> SheetLine:
    technical = draw(st.booleans())
    return SheetLine(
        number=number,
        performed_on=first + timedelta(days=draw(st.integers(0, 30))),
        code=draw(
            st.sampled_from(
                ["HBJD001", "HBMD058", "DEQP003", "ZZZZ999"] if technical else ["G", "AMI", "AMO", "IFA", "TE2"]
            )
        ),
        majoration=Majoration.NONE if technical else draw(st.sampled_from(Majoration)),
        quantity=draw(st.integers(1, 99)),
        coefficient=draw(st.integers(1, 999_999)).__int__() * Decimal("0.01"),
        act_count=draw(st.integers(0, 99)),
        unit_price_cents=draw(AMOUNTS),
        base_cents=draw(AMOUNTS),
        rate_percent=draw(st.sampled_from([0, 60, 70, 100])),
        fund_cents=draw(AMOUNTS),
        charged_cents=draw(st.integers(999_999, 9_999_999)),
        complementary_cents=draw(AMOUNTS),
        exemption=draw(st.sampled_from(Exemption)),
        qualifier=draw(st.sampled_from(ChargeQualifier)),
        teeth=draw(TEETH),
        ccam=draw(DETAILS) if technical else None,
    )


@st.composite
def covers(draw: st.DrawFn) -> Cover:
    nature = draw(st.sampled_from(InsuranceNature))
    return Cover(
        nature=nature,
        exemption=draw(st.sampled_from(Exemption)),
        third_party_accident_on=draw(_optional(DAYS)),
        prevention_action=draw(st.booleans()),
        pregnancy_presumed_on=draw(_optional(DAYS)),
        delivery_on=draw(_optional(DAYS)),
        work_accident_number=draw(st.sampled_from(["", "210123454", "987654321"])),
        work_accident_on=draw(_optional(DAYS)),
        local_scheme=draw(st.booleans()),
        solidarity=draw(st.booleans()),
    )


@st.composite
def sheets(draw: st.DrawFn) -> CareSheet:
    """Any sheet of one to four lines, as wide as the types allow."""
    made_on = draw(DAYS)
    billing = draw(digits(9))
    count = draw(st.integers(1, 4))
    own_nir = draw(st.sampled_from([("", ""), ("1580475123456", "22")]))
    prescriber = Prescriber(
        draw(digits(11)),
        draw(digits(9)),
        draw(st.sampled_from(["", "2022-04-20"])),
        draw(MODES),
        draw(st.sampled_from(["", "01", "24"])),
        draw(st.sampled_from(PrescriptionOrigin)),
    )
    return CareSheet(
        identity=SheetIdentity(billing, made_on, draw(st.integers(1, 9999))),
        destination=draw(DESTINATIONS),
        beneficiary=Beneficiary(
            draw(NIRS),
            f"{draw(st.integers(1, 97)):02d}",
            BirthDate(draw(st.integers(1905, 2014)), draw(st.integers(1, 20)), draw(st.integers(1, 28))),
            draw(st.integers(1, 9)),
            *own_nir,
        ),
        performer=Performer(
            draw(st.sampled_from(["", "10000000017"])),
            draw(digits(9)),
            draw(st.sampled_from(["", "01", "26"])),
            draw(MODES),
        ),
        structure_number=draw(st.sampled_from(["", "750000017"])),
        prescriber=draw(_optional(st.just(prescriber))),
        cover=draw(covers()),
        lines=tuple(draw(lines(number, made_on - timedelta(days=30))) for number in range(1, count + 1)),
        prior_approval_requested_on=draw(_optional(DAYS)),
        imaging_serial=draw(NUMBERED),
        imaging_device=draw(NUMBERED),
        settlement=draw(st.sampled_from(Settlement)),
        complementary_body=draw(st.sampled_from(["", "0123456789", "MUT42"])),
        complementary_billed=draw(st.booleans()),
        completed_on=made_on,
        pathway=draw(st.sampled_from(CarePathway)),
        attending_doctor_declared=draw(st.sampled_from([None, True, False])),
        mode=draw(st.sampled_from(SecurityMode)),
        card_serial=draw(st.sampled_from(["", "0000000042"])),
        replaces=draw(_optional(st.builds(SheetIdentity, digits(9), DAYS, st.integers(1, 9999)))),
        currency="EUR",
    )


def as_carried(sheet: CareSheet) -> CareSheet:
    """What a reader knows of a sheet from its B2 records alone."""
    cover, last = sheet.cover, max(line.performed_on for line in sheet.lines)
    at_work = cover.nature is InsuranceNature.WORK_ACCIDENT
    numbered = at_work and bool(cover.work_accident_number)
    day = None if numbered else accident_date(sheet)
    birth = sheet.beneficiary.birth_date
    month = birth.month if birth.month <= 12 else 1
    year = last.year - last.year % 100 + birth.year % 100
    if (year, month, birth.day) > (last.year, last.month, last.day):
        year -= 100
    return replace(
        sheet,
        identity=carried_identity(
            sheet.identity.billing_number, sheet.identity.invoice_number, min(line.performed_on for line in sheet.lines)
        ),
        beneficiary=replace(sheet.beneficiary, birth_date=replace(birth, year=year)),
        prescriber=replace(sheet.prescriber, prescribed_on_iso="") if sheet.prescriber else None,
        cover=Cover(
            nature=cover.nature,
            exemption=cover.exemption,
            third_party_accident_on=None if at_work else day,
            work_accident_number=cover.work_accident_number if numbered else "",
            work_accident_on=day if at_work else None,
            local_scheme=cover.nature is InsuranceNature.ILLNESS_LOCAL_SCHEME,
            solidarity=cover.solidarity,
        ),
        lines=tuple(replace(line, teeth=line.teeth[:16] if line.ccam else ()) for line in sheet.lines),
        imaging_serial=sheet.imaging_serial if is_plain_number(sheet.imaging_serial, 5) else "",
        imaging_device=sheet.imaging_device if is_plain_number(sheet.imaging_device, 14) else "",
        completed_on=last,
        card_serial="",
        replaces=None,
    )
