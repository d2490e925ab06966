"""Adjudication cases that a claims clerk can read and write: one TOML file per subject, one table per case, amounts in euros.

A case says only what differs from the ordinary sheet: a general practitioner, the attending doctor, one consultation at 25,00
euros on 27 April 2022, 70 % claimed, tiers payant, card read, rights open at fund 017510000.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payer_kit import FARMERS, GENERAL, card, line, person, professional, sheet
from vaguemestre.core.card.passing import ExemptionRight, MaternityRight, Period, RightsPeriod
from vaguemestre.core.caresheet import (
    BirthDate,
    CarePathway,
    CareSheet,
    Exemption,
    InsuranceNature,
    SecurityMode,
    SheetLine,
)
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.adjudication import adjudicate, refused_lines
from vaguemestre.core.payer.adjudication_checks import CORRECTIONS, REFUSALS
from vaguemestre.core.payer.decision import Facts, PersonVerdict
from vaguemestre.core.payer.registry import AttendingDoctor, InsuredPerson, IssuedCard, Professional
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.trace import sentence

CASES = Path(__file__).parent / "adjudication_cases"


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.toml")):
        for name, case in tomllib.loads(file.read_text("utf-8")).items():
            yield pytest.param(case, id=f"{file.stem}: {name}")


def cents(euros: str) -> int:
    return int(Decimal(euros.replace(",", ".")) * 100)


def period(text: str) -> Period:
    """`2015-01-01 ..` or `2015-01-01 .. 2021-12-31`."""
    first, _, last = (part.strip() for part in text.partition(".."))
    return Period(date.fromisoformat(first), date.fromisoformat(last) if last else None)


def the_person(case: dict[str, Any]) -> InsuredPerson | None:
    said = case.get("personne", {})
    if said.get("inconnue"):
        return None
    made = person(1)
    record = made.record
    if "droits" in said:
        rights = tuple(RightsPeriod(Destination.from_code(code), period(days)) for code, days in said["droits"].items())
        record = replace(record, rights=rights)
    if "exonerations" in said:
        grounds = tuple(ExemptionRight(Exemption(code), period(days)) for code, days in said["exonerations"].items())
        record = replace(record, exemptions=grounds)
    if "maternite" in said:
        record = replace(record, maternity=(MaternityRight(period(said["maternite"]), date(2021, 10, 1)),))
    if "solidarite" in said:
        record = replace(record, solidarity=(period(said["solidarite"]),))
    record = replace(record, local_scheme=said.get("regime_local", False))
    doctors = tuple(AttendingDoctor(date(2020, 1, 1), rpps) for rpps in [said.get("medecin_traitant")] if rpps)
    return replace(made, record=record, attending_doctors=doctors)


def the_lines(case: dict[str, Any]) -> tuple[SheetLine, ...]:
    given = case.get("actes") or [{}]
    made = []
    for number, act in enumerate(given, 1):
        price, share = cents(act.get("honoraires", "25,00")), act.get("part_demandee")
        rate = act.get("taux", 70)
        one = line(
            number,
            act.get("code", "G"),
            price,
            rate,
            act.get("le", date(2022, 4, 27)),
            exemption=Exemption(act.get("exoneration", "0")),
        )
        made.append(one if share is None else replace(one, fund_cents=cents(share)))
    return tuple(made)


def the_sheet(case: dict[str, Any]) -> CareSheet:
    said = case.get("feuille", {})
    lines = the_lines(case)
    made = sheet(1, 1, tiers_payant=not said.get("patient_a_paye", False), lines=lines)
    last = max(one.performed_on for one in lines)
    nature = InsuranceNature(said.get("nature", "10"))
    cover = replace(
        made.cover,
        nature=nature,
        exemption=Exemption(said.get("exoneration", "0")),
        solidarity=said.get("solidarite", False),
        local_scheme=said.get("regime_local", False),
        pregnancy_presumed_on=date(2021, 10, 1) if nature is InsuranceNature.MATERNITY else None,
    )
    who = made.beneficiary
    if "ne_le" in said:
        who = replace(who, birth_date=BirthDate.from_iso(said["ne_le"].isoformat()))
    return replace(
        made,
        cover=cover,
        beneficiary=who,
        destination=Destination.from_code(said.get("caisse", GENERAL.code)),
        pathway=CarePathway(said.get("parcours", "T")),
        performer=replace(made.performer, specialty=said.get("specialite", "01")),
        mode=SecurityMode.SECURED if said.get("carte_lue", True) else SecurityMode.DEGRADED,
        completed_on=last,
    )


def the_card(case: dict[str, Any]) -> IssuedCard | None:
    said = case.get("carte", {})
    made = card(said.get("porteur", 1), Destination.from_code(said.get("caisse", GENERAL.code)), said.get("opposee_le"))
    until = said.get("droits_jusqu_au")
    if until is None:
        return made
    (entry,) = made.card.beneficiaries
    rights = tuple(replace(right, period=replace(right.period, closes_on=until)) for right in entry.rights)
    return replace(made, card=replace(made.card, beneficiaries=(replace(entry, rights=rights),)))


def the_professional(case: dict[str, Any]) -> Professional | None:
    said = case.get("professionnel", {})
    if said.get("inconnu"):
        return None
    return replace(professional(), specialty=said.get("specialite", "01"), closed_on=said.get("cesse_le"))


def the_facts(case: dict[str, Any], made: CareSheet) -> Facts:
    hold = case.get("decision_humaine")
    who = the_person(case)
    if who is not None and who.key != made.beneficiary.key:
        who = replace(who, record=replace(who.record, person=made.beneficiary))
    return Facts(
        own_funds=frozenset({GENERAL, FARMERS}),
        person=who,
        performer=the_professional(case),
        card=the_card(case),
        card_signed=made.mode is SecurityMode.SECURED,
        claim_settled_by=case.get("deja_acceptee", ""),
        verdict=None if hold is None else PersonVerdict(hold["accepte"], hold["nom"], hold.get("note", "")),
    )


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any]) -> None:
    made = the_sheet(case)
    decision = adjudicate(made, the_facts(case, made), standard_book())
    expected = case["attendu"]
    words = {"acceptée": "accepted", "en partie": "partial", "refusée": "rejected"}
    assert decision.outcome.value == words[expected["decision"]]
    assert [one.accepted_cents for one in decision.lines] == [cents(euros) for euros in expected["accorde"]]
    assert [entry.code for entry in decision.motives] == expected.get("motifs", [])
    assert decision.fund.code == expected.get("caisse", made.destination.code)
    assert decision.accepted_cents + decision.rejected_cents == decision.claimed_cents == made.fund_cents
    assert decision.accepted_cents == sum(one.accepted_cents for one in decision.lines)
    assert list(refused_lines(decision)) == expected.get("actes_liberes", [])
    rules = [step.rule for step in decision.trace]
    assert [rule for rule in expected.get("trace", []) if rule not in rules] == []
    for step in decision.trace:
        assert "{" not in sentence(step)
        assert "{" not in sentence(step, "en")
    for entry in decision.motives:
        for lang in ("fr", "en"):
            assert "?" not in entry.finding().message(lang).replace(" ?", "")


def test_every_check_has_a_case() -> None:
    """Each entry of the two lists refuses or corrects in at least one case."""
    texts = "".join(file.read_text("utf-8") for file in CASES.glob("*.toml"))
    codes = ["A020", "A021", "A022", "A025", "A026", "A027", "A028", "A030", "A031", "A032"]
    assert len(codes) == len(REFUSALS)
    corrections = ["A040", "A041", "A042", "A043", "A044"]
    assert len(corrections) == len(CORRECTIONS)
    assert [code for code in (*codes, *corrections, "A029", "T090") if f'"{code}"' not in texts] == []
