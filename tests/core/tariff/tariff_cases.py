"""Reads the valuation cases that a claims clerk can read (`cases/*.toml`) and builds drafts from them and for other tests."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from vaguemestre.core.caresheet import (
    Act,
    Beneficiary,
    BirthDate,
    CarePathway,
    CareSheet,
    CcamDetail,
    ChargeQualifier,
    Cover,
    DraftSheet,
    Exemption,
    InsuranceNature,
    Majoration,
    Settlement,
    SheetIdentity,
    SheetLine,
)
from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.money import plain
from vaguemestre.core.parties import Destination, Performer
from vaguemestre.core.tariff import value_sheet
from vaguemestre.core.tariff.book import TariffBook, standard_book
from vaguemestre.core.trace import Trace

CASES = Path(__file__).parent / "cases"
BILLING = "751990111"
_LINE = re.compile(
    r"(?P<code>\w+)(?: (?P<coefficient>[\d.]+))?  (?P<base>[\d.]+)  (?P<rate>\d+)%  (?P<fund>[\d.]+)"
    r"(?:  ex (?P<ex>\w))?(?:  compl (?P<compl>[\d.]+))?(?:  asked (?P<asked>[\d.]+))?"
)


@dataclass(frozen=True)
class Case:
    """One case of a file: what is entered, what must come out."""

    file: str
    title: str
    data: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def load(*files: str) -> list[Case]:
    """The cases of some files, or of every file of `[[case]]` entries."""
    names = files or tuple(sorted(path.stem for path in CASES.glob("*.toml")))
    cases = []
    for name in names:
        document = tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))
        cases += [Case(name, entry["title"], entry) for entry in document.get("case", [])]
    return cases


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


def act_of(entry: dict[str, Any]) -> Act:
    known = {
        "on", "code", "coefficient", "quantity", "fee", "majoration", "qualifier", "ground", "association", "modifiers",
        "travel", "kilometres", "mountain", "pathology", "sitting",
    }  # fmt: skip
    assert not set(entry) - known, f"unknown keys {set(entry) - known}"
    ccam = None
    if "association" in entry or "modifiers" in entry:
        ccam = CcamDetail(modifiers=tuple(entry.get("modifiers", "")), association=entry.get("association", ""))
    return Act(
        performed_on=entry["on"],
        code=entry["code"],
        coefficient=Decimal(entry.get("coefficient", "1")),
        quantity=entry.get("quantity", 1),
        charged_cents=cents(entry["fee"]) if "fee" in entry else None,
        majoration=Majoration(entry.get("majoration", "")),
        qualifier=ChargeQualifier(entry.get("qualifier", "")),
        ground=Exemption(entry.get("ground", "0")),
        ccam=ccam,
        travel=entry.get("travel", False),
        kilometres=entry.get("kilometres", 0),
        mountain=entry.get("mountain", False),
        pathology=entry.get("pathology", ""),
        sitting=entry.get("sitting", 1),
    )


def draft_of(data: dict[str, Any]) -> DraftSheet:
    """A draft from a case's keys; what a case does not say is an ordinary adult of the general scheme."""
    known = {
        "title", "source", "performer", "acts", "expect", "findings", "unverified", "refused", "born", "pathway",
        "attending_doctor", "nature", "exemption", "prevention", "local_scheme", "solidarity_cover", "complementary", "scheme",
        "billing", "nature_after", "header_after", "pregnant_since", "delivered_on",
    }  # fmt: skip
    assert not set(data) - known, f"unknown keys {set(data) - known}"
    acts = tuple(act_of(entry) for entry in data["acts"])
    doctor = data["performer"] in ("01", "22", "23", "03", "33")
    return DraftSheet(
        billing_number=data.get("billing", BILLING),
        destination=Destination(data.get("scheme", "01"), "751"),
        beneficiary=Beneficiary("2580675123456", "78", BirthDate.from_iso(data.get("born", "1958-06-03"))),
        performer=Performer("10100000017", data.get("billing", BILLING), data["performer"]),
        acts=acts,
        settlement=Settlement.TIERS_PAYANT,
        completed_on=max((act.performed_on for act in acts), default=date(2022, 4, 27)),
        cover=Cover(
            nature=InsuranceNature(data.get("nature", "10")),
            exemption=Exemption(data.get("exemption", "0")),
            prevention_action=data.get("prevention", False),
            local_scheme=data.get("local_scheme", False),
            solidarity=data.get("solidarity_cover", False),
            pregnancy_presumed_on=data.get("pregnant_since"),
            delivery_on=data.get("delivered_on"),
        ),
        pathway=CarePathway(data.get("pathway", "T" if doctor else "")),
        attending_doctor_declared=data.get("attending_doctor"),
        complementary_body=data.get("complementary", ""),
    )


def identity_of(draft: DraftSheet) -> SheetIdentity:
    return SheetIdentity(draft.billing_number, draft.completed_on, 1)


def valued(draft: DraftSheet, book: TariffBook | None = None) -> tuple[CareSheet | None, Trace, tuple[Finding, ...]]:
    return value_sheet(draft, identity_of(draft), book or standard_book())


def shown_line(line: SheetLine) -> str:
    """A line as the cases write it."""
    text = line.code if line.coefficient == 1 else f"{line.code} {line.coefficient}"
    text += f"  {plain(line.base_cents)}  {line.rate_percent}%  {plain(line.fund_cents)}"
    if line.exemption is not Exemption.NONE:
        text += f"  ex {line.exemption.value}"
    if line.complementary_cents:
        text += f"  compl {plain(line.complementary_cents)}"
    if line.charged_cents != line.base_cents:
        text += f"  asked {plain(line.charged_cents)}"
    return text


def well_written(expected: str) -> bool:
    return _LINE.fullmatch(expected) is not None


def codes(findings: tuple[Finding, ...], *levels: Level) -> list[str]:
    """The distinct codes of the findings of some levels, in order."""
    return sorted({item.code.code for item in findings if item.level in levels})
