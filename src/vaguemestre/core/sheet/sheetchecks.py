"""Checks of the 16 items (mess9821497a), before a sheet is recorded and when the payer receives it. vgm:sheet-checks.

Each check stands in a visible list, costs next to nothing when all is well, and explains with findings that name the item. The acts
and lines are checked in `core.sheet.actchecks`. Rights and the card are judged in `core.card.passing`, prices in the tariff.
"""

from collections.abc import Callable
from datetime import date, timedelta

from vaguemestre.core.calendar import Territory
from vaguemestre.core.caresheet import (
    CareSheet,
    DraftSheet,
    Exemption,
    InsuranceNature,
    SecurityMode,
    Settlement,
    SheetIdentity,
)
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import (
    check_nir,
    check_number,
    check_rpps,
    check_work_accident_number,
    nir_is_valid,
    number_is_valid,
    rpps_is_valid,
    work_accident_number_is_valid,
)
from vaguemestre.core.numbering import SERIAL_MAX
from vaguemestre.core.sheet.actchecks import check_acts, check_lines
from vaguemestre.core.sheet.deadlines import lapse_date, sending_deadline, timer
from vaguemestre.tables.schemes import SCHEME_EXEMPTION_SCHEMES, SCHEMES
from vaguemestre.tables.sheet_limits import AGE_MAX_YEARS, COMPLEMENTARY_BODY_MAX, FULL_RATE_NATURES
from vaguemestre.tables.specialties import BY_CODE, PRESCRIBED_CODES

Sheet = DraftSheet | CareSheet
Days = tuple[date, date]
"""First and last day of the acts."""

_ONE_DAY = timedelta(days=1)
_NOTHING: tuple[Finding, ...] = ()
_ITEM_7, _ITEM_8, _ITEM_16 = Place(field="item:7 prescribed_on"), Place(field="item:8"), Place(field="item:16")
_COMPLETED = Place(field="completed_on")


def check_draft(draft: DraftSheet, on: date, territory: Territory = Territory.METROPOLITAN) -> tuple[Finding, ...]:
    """Everything wrong with what was entered, on the practice's local day `on`; empty when it may be valued and recorded."""
    found: list[Finding] = []
    days = check_acts(draft.acts, on, found)
    if days is None:
        days = (draft.completed_on, draft.completed_on)
    _check_billing_number(draft.billing_number, found)
    for check in CHECKS:
        check(draft, days, on, found)
    if draft.replaces is not None and draft.replaces.billing_number != draft.billing_number:
        found.append(finding("I061", Place(field="replaces"), found=draft.replaces))
    _check_deadline(draft, on, territory, found)
    return tuple(found) if found else _NOTHING


def check_sheet(
    sheet: CareSheet, received_on: date, territory: Territory = Territory.METROPOLITAN
) -> tuple[Finding, ...]:
    """The same for a recorded sheet, as the payer meets it on its local day `received_on`.

    A sheet may be dated one day after: overseas, the day starts earlier (vgm:sheet-checks).
    """
    on = received_on + _ONE_DAY
    found: list[Finding] = []
    days = check_lines(sheet.lines, sheet.cover, on, found)
    if days is None:
        days = (sheet.completed_on, sheet.completed_on)
    _check_billing_number(sheet.identity.billing_number, found)
    for check in CHECKS:
        check(sheet, days, on, found)
    _check_identity(sheet, on, found)
    if sheet.currency != "EUR":
        found.append(finding("I075", Place(field="item:14"), found=sheet.currency))
    _check_deadline(sheet, received_on, territory, found)
    return tuple(found) if found else _NOTHING


def _check_billing_number(number: str, found: list[Finding]) -> None:
    if not number_is_valid(number):
        found += check_number(number, Place(field="item:6 billing_number"))


def _check_identity(sheet: CareSheet, on: date, found: list[Finding]) -> None:
    """Items 1 and 2, and the sheet that this one replaces."""
    identity = sheet.identity
    if identity.made_on > on:
        found.append(finding("I020", Place(field="item:1"), found=identity.made_on, on=on))
    if identity.made_on < sheet.completed_on:
        place = Place(field="item:1")
        found.append(finding("I025", place, found=identity.made_on, completed=sheet.completed_on))
    if not 1 <= identity.serial <= SERIAL_MAX:
        found.append(finding("I060", Place(field="item:2"), found=identity.serial))
    if sheet.replaces is not None and not _may_replace(sheet.replaces, identity):
        found.append(finding("I061", Place(field="replaces"), found=sheet.replaces))


def _may_replace(former: SheetIdentity, identity: SheetIdentity) -> bool:
    return former.billing_number == identity.billing_number and (
        former.made_on < identity.made_on or (former.made_on == identity.made_on and former.serial != identity.serial)
    )


def _check_beneficiary(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Items 3 and 4."""
    person = sheet.beneficiary
    if not nir_is_valid(person.insured_nir, person.insured_nir_key):
        found += check_nir(person.insured_nir, person.insured_nir_key, Place(field="item:3"))
    if person.nir and not nir_is_valid(person.nir, person.nir_key):
        found += check_nir(person.nir, person.nir_key, Place(field="item:4 nir"))
    if not 1 <= person.birth_rank <= 9:
        found.append(finding("I012", Place(field="item:4 birth_rank"), found=person.birth_rank))
    birth = person.birth_date
    possible = on.year - AGE_MAX_YEARS <= birth.year <= on.year and 0 <= birth.month <= 99 and 0 <= birth.day <= 31
    if not possible:
        found.append(finding("I011", Place(field="item:4 birth_date"), found=birth.iso()))
        return
    first = days[0]
    month = birth.month if 1 <= birth.month <= 12 else 1  # lunar: only the year is sure
    if (first.year, first.month, first.day) < (birth.year, month, birth.day if month == birth.month else 1):
        found.append(finding("I022", Place(field="item:9a"), found=first, birth=birth.iso()))


def _check_destination(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 5."""
    code = sheet.destination.code
    form = len(sheet.destination.scheme) == 2 and len(sheet.destination.fund) == 3 and len(code) == 9
    if not (form and code.isascii() and code.isalnum()):
        found.append(finding("I009", Place(field="item:5"), found=code))
    elif sheet.destination.scheme not in SCHEMES:
        found.append(finding("I010", Place(field="item:5"), found=sheet.destination.scheme))


def _check_performer(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 6."""
    performer = sheet.performer
    if not rpps_is_valid(performer.rpps):
        found += check_rpps(performer.rpps, Place(field="item:6 performer_rpps"))
    if not number_is_valid(performer.billing_number):
        found += check_number(performer.billing_number, Place(field="item:6 performer_number"))
    if sheet.structure_number and not number_is_valid(sheet.structure_number):
        found += check_number(sheet.structure_number, Place(field="item:6 structure_number"))
    if performer.specialty not in BY_CODE:
        found.append(finding("I013", Place(field="item:6 specialty"), found=performer.specialty))


def _check_prescriber(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 7."""
    prescriber = sheet.prescriber
    if prescriber is None:
        if sheet.performer.specialty in PRESCRIBED_CODES:
            found.append(finding("I030", Place(field="item:7"), specialty=sheet.performer.specialty))
        return
    if prescriber.rpps and not rpps_is_valid(prescriber.rpps):
        found += check_rpps(prescriber.rpps, Place(field="item:7 prescriber_rpps"))
    if not number_is_valid(prescriber.billing_number):
        found += check_number(prescriber.billing_number, Place(field="item:7 prescriber_number"))
    try:
        prescribed_on = date.fromisoformat(prescriber.prescribed_on_iso)
    except ValueError:
        found.append(finding("I028", _ITEM_7, found=prescriber.prescribed_on_iso))
        return
    if prescribed_on > days[0]:
        found.append(finding("I027", _ITEM_7, found=prescribed_on, first=days[0]))


def _check_cover(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 8: the nature of cover, the exemption, and what identifies them."""
    cover = sheet.cover
    nature, place = cover.nature, _ITEM_8
    if cover.exemption is not Exemption.NONE:
        if nature.value in FULL_RATE_NATURES:
            found.append(finding("I041", place, exemption=cover.exemption.value, nature=nature.value))
        if cover.exemption is Exemption.SCHEME and sheet.destination.scheme not in SCHEME_EXEMPTION_SCHEMES:
            found.append(finding("I043", place, scheme=sheet.destination.scheme))
    if nature is InsuranceNature.ILLNESS_LOCAL_SCHEME and not cover.local_scheme:
        found.append(finding("I042", place))
    if nature is InsuranceNature.MATERNITY:
        _check_maternity(sheet, days, found)
    elif cover.pregnancy_presumed_on is not None or cover.delivery_on is not None:
        found.append(finding("I048", place, nature=nature.value, what_fr="maternité", what_en="maternity"))
    if nature is InsuranceNature.WORK_ACCIDENT:
        _check_work_accident(sheet, days, found)
    elif cover.work_accident_number or cover.work_accident_on is not None:
        found.append(
            finding("I048", place, nature=nature.value, what_fr="d'accident du travail", what_en="work accident")
        )
    if cover.third_party_accident_on is not None and cover.third_party_accident_on > days[0]:
        found.append(finding("I047", place, found=cover.third_party_accident_on, first=days[0]))


def _check_maternity(sheet: Sheet, days: Days, found: list[Finding]) -> None:
    pregnancy, delivery = sheet.cover.pregnancy_presumed_on, sheet.cover.delivery_on
    if pregnancy is None and delivery is None:
        found.append(finding("I044", Place(field="item:8")))
    elif pregnancy is not None and (pregnancy > days[1] or (delivery is not None and delivery <= pregnancy)):
        shown = delivery or "-"
        found.append(finding("I045", Place(field="item:8"), pregnancy=pregnancy, delivery=shown, last=days[1]))


def _check_work_accident(sheet: Sheet, days: Days, found: list[Finding]) -> None:
    number, happened_on = sheet.cover.work_accident_number, sheet.cover.work_accident_on
    if not number and happened_on is None:
        found.append(finding("I046", Place(field="item:8")))
    if number and not work_accident_number_is_valid(number):
        found += check_work_accident_number(number, Place(field="item:8 accident_number"))
    if happened_on is not None and happened_on > days[0]:
        found.append(finding("I047", Place(field="item:8 accident_on"), found=happened_on, first=days[0]))


def _check_days(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """The completion date (css:R161-42 10°), the lapse of the claim, the prior approval (item 10)."""
    completed, last = sheet.completed_on, days[1]
    place = _COMPLETED
    if completed > on:
        found.append(finding("I024", place, found=completed, on=on))
    elif last <= on and completed < last:
        found.append(finding("I023", place, found=completed, last=last))
    if days[0] <= on and on.year - days[0].year >= timer("claim-lapse", on).value and lapse_date(days[0]) <= on:
        found.append(finding("I026", Place(field="item:9a"), found=days[0], lapsed=lapse_date(days[0])))
    requested = sheet.prior_approval_requested_on
    if requested is not None and requested > days[0]:
        found.append(finding("I029", Place(field="item:10"), found=requested, first=days[0]))


def _check_imaging(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 11."""
    if bool(sheet.imaging_serial) != bool(sheet.imaging_device):
        found.append(finding("I073", Place(field="item:11")))


def _check_complementary(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 15."""
    body = sheet.complementary_body
    if len(body) > COMPLEMENTARY_BODY_MAX or (sheet.complementary_billed and not body):
        place = Place(field="item:15")
        found.append(finding("I074", place, found=body, limit=COMPLEMENTARY_BODY_MAX))


def _check_security(sheet: Sheet, days: Days, on: date, found: list[Finding]) -> None:
    """Item 16: the mode against the card that the sheet names. The signatures themselves are verified with the seal."""
    serial, place = sheet.card_serial, _ITEM_16
    if not serial:
        if sheet.mode is SecurityMode.SECURED:
            found.append(finding("I070", place))
        return
    if sheet.mode is SecurityMode.WITHOUT_CARD:
        found.append(finding("I071", place))
    if not (len(serial) == 10 and serial.isascii() and serial.isdecimal()):
        found.append(finding("I072", place, found=serial))


def _check_deadline(sheet: Sheet, on: date, territory: Territory, found: list[Finding]) -> None:
    key = "send-patient-paid" if sheet.settlement is Settlement.PATIENT_PAID else "send-tiers-payant"
    if on <= sheet.completed_on + timedelta(days=timer(key, on).value):
        return  # as many calendar days are never more working days: not late, and no calendar needed
    deadline = sending_deadline(sheet, territory)
    if on > deadline:
        found.append(finding("I031", Place(field="completed_on"), deadline=deadline))


Check = Callable[[Sheet, Days, date, list[Finding]], None]
CHECKS: tuple[Check, ...] = (
    _check_beneficiary,
    _check_destination,
    _check_performer,
    _check_prescriber,
    _check_cover,
    _check_days,
    _check_imaging,
    _check_complementary,
    _check_security,
)
"""In the order of the 16 items; each appends to the list that it is handed."""
