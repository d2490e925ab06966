"""The shipped sample day, 27 April 2022: people.csv (who), sheets.csv (what happened, minute by minute), and how to read them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from importlib.resources import files
from zoneinfo import ZoneInfo

from vaguemestre.core.caresheet import (
    Act,
    Beneficiary,
    BirthDate,
    CarePathway,
    CcamDetail,
    DraftSheet,
    Exemption,
    SecurityMode,
    Settlement,
)
from vaguemestre.core.identifiers import nir_key
from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import BY_KEY, cover_of, prescriber_before

DAY = date(2022, 4, 27)
PARIS = ZoneInfo("Europe/Paris")
_ACT = re.compile(r"(?P<code>[A-Z0-9]+)(?:\*(?P<coefficient>[0-9.]+))?(?P<travel>\+travel)?(?:\+km(?P<km>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Visit:
    """One sheet of the sample day: when, at which practice and desk, for whom, and what was entered."""

    at: datetime
    practice: str
    desk: str
    person: Person
    draft: DraftSheet
    note: str
    entered: DraftSheet  # what was typed: differs from `draft` when somebody mistyped


def sample_people() -> dict[int, Person]:
    """Everybody of the sample day, by number."""
    return {int(row["number"]): _person(row) for row in _rows("people.csv")}


def sample_visits(people: dict[int, Person]) -> list[Visit]:
    """The day in order of time."""
    return [_visit(row, people[int(row["person"])]) for row in _rows("sheets.csv")]


def carried_file() -> bytes:
    """The B2 file that the speech therapist's former software made that day: three invoices, one of them too dear."""
    return files(__package__).joinpath("carried.b2").read_bytes()


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _person(row: dict[str, str]) -> Person:
    insured, own, moved_to = row["insured_nir"], row["own_nir"], row["moved_to"]
    return Person(
        number=int(row["number"]),
        last_name=row["last_name"],
        first_name=row["first_name"],
        beneficiary=Beneficiary(
            insured,
            nir_key(insured),
            BirthDate.from_iso(row["birth_date"]),
            int(row["birth_rank"]),
            own,
            nir_key(own) if own else "",
        ),
        destination=Destination(row["scheme"], row["fund"]),
        rights_from=date.fromisoformat(row["rights_from"]),
        rights_to=_day(row["rights_to"]),
        exemption=Exemption(row["exemption"]),
        pregnancy_presumed_on=_day(row["pregnancy_presumed_on"]),
        complementary_body=row["complementary_body"],
        card_issued_on=date.fromisoformat(row["card_issued_on"]),
        card_updated_on=date.fromisoformat(row["card_updated_on"]),
        opposed=row["opposed"] == "yes",
        moved_to=Destination(moved_to[:2], moved_to[2:]) if moved_to else None,
        moved_on=_day(row["moved_on"]),
        closed_on=_day(row["closed_on"]),
    )


def _visit(row: dict[str, str], person: Person) -> Visit:
    practice = BY_KEY[row["practice"]]
    performer = practice.performers[int(row["performer"])]
    mode = SecurityMode(row["mode"])
    draft = DraftSheet(
        billing_number=practice.billing_number,
        destination=person.destination,
        beneficiary=person.beneficiary,
        performer=performer,
        acts=tuple(_act(text) for text in row["acts"].split()),
        settlement=Settlement(row["settlement"]),
        completed_on=DAY,
        cover=cover_of(person),
        prescriber=prescriber_before(DAY) if performer.specialty in ("24", "28") else None,
        pathway=CarePathway(row["pathway"]),
        attending_doctor_declared=True if performer.specialty == "01" else None,
        mode=mode,
        card_serial=person.card_serial if mode is SecurityMode.SECURED else "",
        complementary_body=person.complementary_body,
        structure_number=practice.structure_number,
    )
    at = datetime.combine(DAY, time.fromisoformat(row["time"]), PARIS)
    return Visit(at, practice.key, row["desk"], person, draft, row["note"], _mistyped(draft, row["mistake"]))


def _mistyped(draft: DraftSheet, mistake: str) -> DraftSheet:
    """What the person at the desk typed instead. Raises ValueError for a mistake that nobody makes here."""
    who = draft.beneficiary
    match mistake:
        case "":
            return draft
        case "birth_date":
            birth = who.birth_date
            return replace(
                draft, beneficiary=replace(who, birth_date=BirthDate(birth.year, birth.month, birth.day + 1))
            )
        case "nir":
            typed = who.insured_nir[:-1] + str((int(who.insured_nir[-1]) + 1) % 10)
            return replace(draft, beneficiary=replace(who, insured_nir=typed, insured_nir_key=nir_key(typed)))
        case _:
            raise ValueError(f"the sample day holds an unknown mistake: {mistake}")


def _act(text: str) -> Act:
    """`AMI*4+travel+km6`: code, coefficient, flat travel allowance, kilometres."""
    match = _ACT.fullmatch(text)
    if match is None:
        raise ValueError(f"the sample day holds an act that cannot be read: {text}")
    return Act(
        performed_on=DAY,
        code=match["code"],
        coefficient=Decimal(match["coefficient"] or 1),
        ccam=CcamDetail() if len(match["code"]) == 7 else None,
        travel=match["travel"] is not None,
        kilometres=int(match["km"] or 0),
    )
