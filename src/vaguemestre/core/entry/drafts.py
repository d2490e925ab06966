"""Sheets that a practice enters as CSV or JSON, read into drafts; `docs/entry-format.md` says the columns. vgm:entry-format.

One bad sheet never takes the others: each comes with its own findings, and a draft only when none of them is an error. The
patient's name and the card's file stay beside the draft, never inside. Only the form is checked here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from vaguemestre.core.card.passing import CardBeneficiary, PatientCard, find_beneficiary
from vaguemestre.core.caresheet import (
    Act,
    Beneficiary,
    BirthDate,
    CarePathway,
    CcamDetail,
    ChargeQualifier,
    Cover,
    DraftSheet,
    Exemption,
    InsuranceNature,
    Majoration,
    SecurityMode,
    Settlement,
)
from vaguemestre.core.entry.csv_file import RawSheet, csv_sheets
from vaguemestre.core.entry.json_file import json_sheets
from vaguemestre.core.entry.values import Cells
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination, Performer, PracticeMode, Prescriber, PrescriptionOrigin
from vaguemestre.core.values import dataclass

CardLookup = Callable[[str], PatientCard | None]
"""From the `card` column to the card that was read, None when it could not be."""
_FILLED_BY_CARD = frozenset({"insured_nir", "birth_date", "scheme", "fund"})


class EntryFormat(StrEnum):
    """How the file is written."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class EntryDefaults:
    """What a practice need not repeat on each line: its billing number, its performers (first by default), its structure."""

    billing_number: str = ""
    performers: tuple[Performer, ...] = ()
    structure_number: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """One sheet of the file, or a remark about the file itself. `draft` is None when a finding is an error.

    `patient_label` and `card_handle` are for the practice's own diary: they never enter the sheet.
    """

    draft: DraftSheet | None
    findings: tuple[Finding, ...]
    line: int
    reference: str = ""
    patient_label: str = ""
    card_handle: str = ""
    rank: int = 0  # 1-based, in a JSON file; 0 in CSV, where the line tells
    act_lines: tuple[int, ...] = ()  # of each act, as `line`


def read_entry(
    chunks: Iterable[bytes],
    form: EntryFormat,
    defaults: EntryDefaults,
    *,
    source: str = "",
    cards: CardLookup | None = None,
) -> Iterator[Entered]:
    """The sheets of a file given in chunks of bytes, one by one, in order; memory stays bounded. Findings I100 to I115."""
    sheets = csv_sheets(chunks, source) if form is EntryFormat.CSV else json_sheets(chunks, source)
    for raw in sheets:
        yield build(raw, defaults, source, cards)


def build(raw: RawSheet, defaults: EntryDefaults, source: str = "", cards: CardLookup | None = None) -> Entered:
    """One sheet's text into a draft, with every finding about it in one go."""
    found = list(raw.findings)
    place = Place(source=source, line=raw.line)
    cells = Cells(raw.values, place, found)
    reference, label, handle = cells.text("reference"), cells.text("patient"), cells.text("card")
    draft: DraftSheet | None = None
    if raw.acts:
        card = cards(handle) if handle and cards is not None else None
        draft = _draft(raw, cells, defaults, card, source, found)
        if handle and card is None and cards is not None:
            found = _without_unread_card(found, finding("I114", place, found=handle))
    refused = raw.spoiled or errors_in(found)
    lines = tuple(line for line, _ in raw.acts)
    return Entered(None if refused else draft, tuple(found), raw.line, reference, label, handle, raw.rank, lines)


def _without_unread_card(found: list[Finding], unread: Finding) -> list[Finding]:
    """The card that could not be read stands for each column that it would have filled: it is the cause, they are not."""
    own = [item for item in found if not (item.code.code == "I106" and item.place.field in _FILLED_BY_CARD)]
    return [unread, *own]


def _draft(
    raw: RawSheet,
    cells: Cells,
    defaults: EntryDefaults,
    card: PatientCard | None,
    source: str,
    found: list[Finding],
) -> DraftSheet | None:
    acts = _acts(raw, source, found)
    last = max((act.performed_on for act in acts), default=None)
    performer = _performer(cells, defaults)
    person, holder = _beneficiary(cells, card)
    destination = _destination(cells, holder, last)
    completed_on = cells.day("completed_on") or last
    settlement = cells.choice("settlement")
    billing_number = cells.number("billing_number") or defaults.billing_number
    for name, value in (("settlement", settlement), ("billing_number", billing_number)):
        if not value and not cells.has(name):
            cells.missing(name)
    rest = _optional_items(cells, defaults, card)
    if performer is None or person is None or destination is None or completed_on is None or errors_in(found):
        return None
    draft = DraftSheet(
        billing_number=billing_number,
        destination=destination,
        beneficiary=person,
        performer=performer,
        acts=acts,
        settlement=Settlement(settlement),
        completed_on=completed_on,
        **rest,
    )
    return draft if holder is None else _with_card(draft, cells, holder, completed_on)


def _optional_items(cells: Cells, defaults: EntryDefaults, card: PatientCard | None) -> dict[str, Any]:
    """The fields of `DraftSheet` that have a default, by name."""
    serial = cells.digits("card_serial") or (card.serial if card is not None else "")
    return {
        "cover": _cover(cells),
        "prescriber": _prescriber(cells),
        "pathway": CarePathway(cells.choice("pathway")),
        "attending_doctor_declared": cells.flag("attending_doctor"),
        "mode": SecurityMode(cells.choice("mode", "secured" if serial else "degraded")),
        "card_serial": serial,
        "prior_approval_requested_on": cells.day("prior_approval_on"),
        "imaging_serial": cells.text("imaging_serial"),
        "imaging_device": cells.text("imaging_device"),
        "complementary_body": cells.text("complementary_body"),
        "complementary_billed": bool(cells.flag("complementary_billed")),
        "structure_number": cells.number("structure_number") or defaults.structure_number,
        "replaces": cells.identity("replaces"),
    }


def _acts(raw: RawSheet, source: str, found: list[Finding]) -> tuple[Act, ...]:
    acts = []
    for line, values in raw.acts:
        cells = Cells(values, Place(source=source, line=line), found)
        performed_on = cells.day("performed_on")
        code = cells.text("code").upper()
        for name in ("performed_on", "code"):
            if not cells.has(name):
                cells.missing(name)
        act = Act(
            performed_on=performed_on or date.min,
            code=code,
            coefficient=cells.decimal("coefficient", Decimal(1)),
            quantity=cells.integer("quantity", 1),
            charged_cents=cells.cents("charged"),
            majoration=Majoration(cells.choice("majoration")),
            qualifier=ChargeQualifier(cells.choice("qualifier")),
            ground=Exemption(cells.choice("ground", "0")),
            teeth=cells.teeth("teeth"),
            ccam=_ccam(cells, code),
            travel=bool(cells.flag("travel")),
            kilometres=cells.integer("kilometres", 0),
            mountain=bool(cells.flag("mountain")),
            pathology=cells.text("pathology"),
            sitting=cells.integer("sitting", 1),
        )
        acts.append(act)
    return tuple(acts)


def _ccam(cells: Cells, code: str) -> CcamDetail | None:
    """CCAM detail for a CCAM code (7 characters), or for any act that gives some."""
    given = ("activity", "phase", "modifiers", "association", "extension", "conditional")
    if len(code) != 7 and not any(cells.has(name) for name in given):
        return None
    return CcamDetail(
        activity=cells.text("activity") or "1",
        phase=cells.text("phase") or "0",
        modifiers=cells.letters("modifiers"),
        association=cells.text("association"),
        extension=cells.text("extension"),
        conditional=cells.text("conditional"),
    )


def _performer(cells: Cells, defaults: EntryDefaults) -> Performer | None:
    """The one whom the line names, known to the practice or given in full; by default the practice's first."""
    rpps = cells.digits("performer_rpps")
    known = {entry.rpps: entry for entry in defaults.performers}
    performer = known.get(rpps) if rpps else next(iter(defaults.performers), None)
    number, specialty = cells.number("performer_number"), cells.digits("specialty")
    mode = cells.choice("practice_mode")
    if performer is not None:
        changed = replace(performer, billing_number=number) if number else performer
        changed = replace(changed, specialty=specialty) if specialty else changed
        return replace(changed, mode=PracticeMode(mode)) if mode else changed
    for name in ("performer_rpps", "performer_number", "specialty"):
        if not cells.has(name):
            cells.missing(name)
    return Performer(rpps, number, specialty, PracticeMode(mode or "L")) if rpps and number and specialty else None


def _prescriber(cells: Cells) -> Prescriber | None:
    given = ("prescriber_rpps", "prescriber_number", "prescribed_on")
    if not any(cells.has(name) for name in given):
        return None
    prescribed_on = cells.day("prescribed_on")
    for name in ("prescriber_number", "prescribed_on"):
        if not cells.has(name):
            cells.missing(name)
    return Prescriber(
        rpps=cells.digits("prescriber_rpps"),
        billing_number=cells.number("prescriber_number"),
        prescribed_on_iso=prescribed_on.isoformat() if prescribed_on else "",
        mode=PracticeMode(cells.choice("prescriber_mode", "L")),
        specialty=cells.digits("prescriber_specialty"),
        origin=PrescriptionOrigin(cells.choice("prescription_origin")),
    )


def _cover(cells: Cells) -> Cover:
    return Cover(
        nature=InsuranceNature(cells.choice("nature", "10")),
        exemption=Exemption(cells.choice("exemption", "0")),
        third_party_accident_on=cells.day("third_party_accident_on"),
        prevention_action=bool(cells.flag("prevention")),
        pregnancy_presumed_on=cells.day("pregnancy_on"),
        delivery_on=cells.day("delivery_on"),
        work_accident_number=cells.digits("accident_number"),
        work_accident_on=cells.day("accident_on"),
        local_scheme=bool(cells.flag("local_scheme")),
        solidarity=bool(cells.flag("solidarity")),
    )


def _beneficiary(cells: Cells, card: PatientCard | None) -> tuple[Beneficiary | None, CardBeneficiary | None]:
    """Who is treated: from the card that was read (the only person, or the one that the line tells apart), else the line."""
    nir, key = cells.nir("insured_nir")
    own, own_key = cells.nir("patient_nir")
    birth = cells.birth("birth_date")
    rank = cells.integer("birth_rank", 1)
    if card is not None:
        holder = _on_card(card, nir or card.insured_nir, own, birth, rank)
        if holder is not None:
            return holder.person, holder
    for name in ("insured_nir", "birth_date"):
        if not cells.has(name):
            cells.missing(name)
    return (Beneficiary(nir, key, birth, rank, own, own_key), None) if nir and birth is not None else (None, None)


def _on_card(card: PatientCard, nir: str, own: str, birth: BirthDate | None, rank: int) -> CardBeneficiary | None:
    if birth is not None:
        return find_beneficiary(card, Beneficiary(nir, "", birth, rank, own))
    people = [entry for entry in card.beneficiaries if not own or entry.person.nir == own]
    return people[0] if len(people) == 1 and nir == card.insured_nir else None


def _destination(cells: Cells, holder: CardBeneficiary | None, day: date | None) -> Destination | None:
    scheme, fund = cells.digits("scheme"), cells.digits("fund")
    if scheme and fund:
        return Destination(scheme, fund, cells.digits("centre") or "0000")
    if holder is not None and day is not None:
        known = holder.destination_on(day) or next((entry.destination for entry in reversed(holder.rights)), None)
        if known is not None:
            return known
    for name in ("scheme", "fund"):
        if not cells.has(name):
            cells.missing(name)
    return None


def _with_card(draft: DraftSheet, cells: Cells, holder: CardBeneficiary, day: date) -> DraftSheet:
    """What the card knows and the line left empty; an exemption is never taken from it: only the care tells."""
    cover = draft.cover
    if not cells.has("solidarity"):
        cover = replace(cover, solidarity=holder.solidarity_on(day))
    if not cells.has("local_scheme"):
        cover = replace(cover, local_scheme=holder.local_scheme)
    maternity = holder.maternity_on(day)
    if cover.nature is InsuranceNature.MATERNITY and maternity is not None and not cells.has("pregnancy_on"):
        cover = replace(cover, pregnancy_presumed_on=maternity.pregnancy_presumed_on)
    declared = draft.attending_doctor_declared
    return replace(
        draft,
        cover=cover,
        complementary_body=draft.complementary_body or holder.complementary_on(day),
        attending_doctor_declared=bool(holder.attending_doctor_rpps) if declared is None else declared,
    )
