"""What waits for a person: the list, the decision of a named person, and the ordinary paper sheet that a clerk types."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from vaguemestre.core.caresheet import CareSheet, DraftSheet, SecurityMode, SheetIdentity
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.payer.decision import Motive, PersonVerdict, motive
from vaguemestre.core.payer.intake import Hold, Registration, paper_key
from vaguemestre.core.sheet.sheetchecks import check_draft
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.role.payer.adjudicate import AdjudicationReport, decide
from vaguemestre.role.payer.edges import PayerEdges


def list_holds(edges: PayerEdges) -> list[Hold]:
    """Every sheet that waits for a person, oldest first."""
    with edges.store.view() as unit:
        return unit.sheets.open_holds()


def decide_hold(
    edges: PayerEdges, hold: int, accepted: bool, name: str, note: str, now: datetime
) -> tuple[Hold | None, list[Finding]]:
    """Write a named person's decision down. Accepted, the sheet is decided like any other; refused, it is rejected at once.

    Finding A060 when nothing waits under that number.
    """
    with edges.store.unit() as unit:
        found = unit.sheets.hold(hold)
        if found is None or found.verdict:
            return None, [finding("A060", hold=hold)]
        unit.sheets.decide_hold(found, accepted, name, note, now)
        if not accepted:
            stored = unit.sheets.sheet(found.sheet)
            if stored is None:
                raise LookupError("a hold without its sheet")
            refused = stored._replace(verdict=PersonVerdict(False, name, note))
            decide(edges, unit, [refused], AdjudicationReport(), now)
    return found, []


def type_paper_sheet(
    edges: PayerEdges, draft: DraftSheet, serial: int, now: datetime
) -> tuple[CareSheet | None, list[Finding]]:
    """Register an ordinary paper sheet typed by a clerk, dated the day it was made up, valued by the payer's own tariff.

    An act that an electronic sheet already claims holds it for a person. Findings: what the sheet lacks (areas I, T), A061 when
    the number is taken, A063 for a fund that is not run here.
    """
    today = edges.today(now)
    found = list(check_draft(draft, today, edges.policy.territory))
    if draft.destination.code not in edges.funds:
        found.append(finding("A063", Place(field="item:5"), fund=draft.destination.code))
    if errors_in(found):
        return None, found
    identity = SheetIdentity(draft.billing_number, draft.completed_on, serial)
    sheet, _, more = value_sheet(replace(draft, mode=SecurityMode.DEGRADED), identity, edges.tariff)
    found += more
    if sheet is None:
        return None, found
    key = paper_key(draft.billing_number, draft.completed_on, serial)
    with edges.store.unit() as unit:
        indexes = unit.sheets.claim_indexes(sheet)
        doubles = unit.sheets.live_claims([index for index, _ in indexes])
        entry = Registration(
            key=key,
            sheet=sheet,
            content=sha256(repr(sheet).encode()).digest(),
            lot=0,
            rank=0,
            claim=str(key),
            received_on=today,
            motives=_doubts(list(doubles.values())),
        )
        if unit.sheets.register(entry, indexes, now) is None:
            return None, [*found, finding("A061", other=str(key))]
    return sheet, [*found, *(item.finding(str(key)) for item in entry.motives)]


def _doubts(others: Sequence[str]) -> tuple[Motive, ...]:
    return (motive("A012", field="item:9", other=others[0]),) if others else ()
