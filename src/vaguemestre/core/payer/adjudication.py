"""Adjudication: what the payer grants of one sheet, line by line to the cent, and why. Pure.

`REFUSALS` and `CORRECTIONS` (core.payer.adjudication_checks) are the visible ordered lists; the tariff says what each line is
worth on the basis that the register bears; the fund grants the smaller of claimed and computed.
"""

from dataclasses import replace
from typing import NamedTuple

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.findings import Level
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.adjudication_checks import CORRECTIONS, REFUSALS, guaranteed, serving_fund
from vaguemestre.core.payer.decision import Decision, Facts, LineDecision, Motive, Outcome, motive, motive_of
from vaguemestre.core.tariff.book import TariffBook
from vaguemestre.core.tariff.claim import payable_cents, value_claim
from vaguemestre.core.trace import Step, Trace


class Basis(NamedTuple):
    """The sheet as the register bears it, with what was changed and why."""

    sheet: CareSheet
    motives: tuple[Motive, ...]
    steps: tuple[Step, ...]


def adjudicate(sheet: CareSheet, facts: Facts, tariff: TariffBook) -> Decision:
    """Decide one sheet: outcome, fund, cents per line, motives, trace. accepted + rejected = claimed."""
    for check in REFUSALS:
        refusal = check(sheet, facts)
        if refusal is not None:
            return refuse(sheet, refusal)
    fund = deciding_fund(sheet, facts)
    basis = basis_of(sheet if fund == sheet.destination else replace(sheet, destination=fund), facts)
    computed, tariff_trace, findings = value_claim(basis.sheet, tariff)
    lines = tuple(
        LineDecision(number, claimed.fund_cents, payable_cents(claimed, due))
        for number, (claimed, due) in enumerate(zip(sheet.lines, computed, strict=True), start=1)
    )
    claimed, accepted = sheet.fund_cents, sum(line.accepted_cents for line in lines)
    refused_lines = sum(1 for item in findings if item.level is Level.ERROR)
    outcome = _outcome(claimed, accepted, refused_lines, len(lines))
    told = tuple(motive_of(item) for item in findings if item.level in (Level.ERROR, Level.WARNING))
    forwarded = (
        () if fund == sheet.destination else (motive("A029", field="item:5", fund=fund.code, care_on=_care_day(sheet)),)
    )
    trace = (
        Step("pay.claimed", 0, "", claimed, claimed),
        *_grounds(sheet, facts, fund, claimed),
        *basis.steps,
        *tariff_trace,
        Step("pay.granted", 0, "", claimed, accepted),
    )
    motives = (*forwarded, *basis.motives, *told)
    return Decision(outcome, fund, claimed, accepted, claimed - accepted, lines, motives, trace)


def refuse(sheet: CareSheet, refusal: Motive) -> Decision:
    """Refuse the whole sheet for one reason."""
    claimed = sheet.fund_cents
    lines = tuple(LineDecision(number, line.fund_cents, 0) for number, line in enumerate(sheet.lines, start=1))
    trace: Trace = (
        Step("pay.claimed", 0, "", claimed, claimed),
        Step("pay.refused", 0, refusal.code, claimed, 0),
    )
    return Decision(Outcome.REJECTED, sheet.destination, claimed, 0, claimed, lines, (refusal,), trace)


def deciding_fund(sheet: CareSheet, facts: Facts) -> Destination:
    """The fund that decides and pays: another one of this payer when the person depended on it. mess9821498a:7."""
    fund = serving_fund(sheet, facts)
    return fund if fund is not None and fund in facts.own_funds else sheet.destination


def belongs_to(decision: Decision) -> str:
    """The fund of another insurer on which the person depended, when that alone refuses the sheet; "" otherwise. mess9821498a:7."""
    if len(decision.motives) != 1 or decision.motives[0].code != "A028":
        return ""
    return dict(decision.motives[0].values)["fund"]


def basis_of(sheet: CareSheet, facts: Facts) -> Basis:
    """Go through the corrections, each on the sheet as the former ones left it."""
    motives: list[Motive] = []
    steps: list[Step] = []
    for check in CORRECTIONS:
        found = check(sheet, facts)
        if found is not None:
            sheet = found.sheet
            motives.append(found.motive)
            steps.append(Step(found.rule, 0, found.value, sheet.fund_cents, sheet.fund_cents))
    return Basis(sheet, tuple(motives), tuple(steps))


def refused_lines(decision: Decision) -> tuple[int, ...]:
    """The act lines of which nothing is granted: they may be billed again. All of them when the sheet is rejected."""
    if decision.outcome is Outcome.REJECTED:
        return tuple(line.number for line in decision.lines)
    refused = {item.line for item in decision.motives if item.refuses and item.line}
    return tuple(line.number for line in decision.lines if line.number in refused)


def _outcome(claimed_cents: int, accepted_cents: int, refused: int, count: int) -> Outcome:
    if (claimed_cents and not accepted_cents) or refused >= count:
        return Outcome.REJECTED
    return Outcome.ACCEPTED if accepted_cents == claimed_cents and not refused else Outcome.PARTIAL


def _grounds(sheet: CareSheet, facts: Facts, fund: Destination, claimed_cents: int) -> tuple[Step, ...]:
    """On what the payment rests: a person's word, the register, or the card's guarantee."""
    steps = []
    if facts.verdict is not None:
        steps.append(Step("pay.hold_accepted", 0, facts.verdict.name, claimed_cents, claimed_cents))
    if fund != sheet.destination:
        steps.append(Step("pay.forwarded", 0, fund.code, claimed_cents, claimed_cents))
    if serving_fund(sheet, facts) == fund:
        steps.append(Step("pay.rights", 0, fund.code, claimed_cents, claimed_cents))
    elif guaranteed(sheet, facts):
        steps.append(Step("pay.guarantee", 0, "", claimed_cents, claimed_cents))
    return tuple(steps)


def _care_day(sheet: CareSheet) -> str:
    return max(line.performed_on for line in sheet.lines).isoformat()
