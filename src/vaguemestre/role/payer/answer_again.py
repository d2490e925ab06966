"""Past returns sent again to a payee who lost them: a disk that died had read them, and the restored store never saw them.

The same sealed bytes go again; a station whose key was lost with the disk gets the same return sealed to its new certificate.
Either way it bears the identity that it had, so that the practice posts it once, however often it comes. vgm:returns-again.
"""

from dataclasses import field
from datetime import date, datetime

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.mail.outbox import PastAnswer
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.returns import encode_return
from vaguemestre.core.seal.lotmessage import AnswerKind
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.acknowledging import keep_answer
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.returns import lots_of, make_return, told_of
from vaguemestre.role.payer.unit import Unit


@dataclass(slots=True)
class AgainReport:
    """How many past returns were queued again, and how many of them were sealed anew."""

    returns: int = 0
    sealed_anew: int = 0
    findings: list[Finding] = field(default_factory=list)


def answer_again(edges: PayerEdges, payee: str, since: date, now: datetime) -> AgainReport:
    """Queue every return made for `payee` since that day (the payer's own) to where the payee reads its answers now.

    Findings: A035 no return was made since; A065 no return address is known.
    """
    report = AgainReport()
    with edges.store.unit() as unit:
        past = [item for item in unit.answers.returns_to(payee) if edges.today(item.made_at) >= since]
        stations = {entry.station.number: entry for entry in unit.register.stations()}
        for item in past:
            place = unit.answers.place(payee, item.station) or unit.answers.place(payee)
            record = None if place is None else stations.get(place[0])
            if place is None or record is None:
                report.findings.append(finding("A065", billing_number=payee))
                break
            number = item.id
            if not item.kept or item.station != place[0] or record.certificate.valid_from > item.made_at:
                anew = _sealed_anew(edges, unit, item, payee, record, now)
                if anew is None:
                    continue  # its sheets are older than the keeping time
                number = anew
                report.sealed_anew += 1
            unit.answers.queue(number, place[1], now)
            report.returns += 1
    if not report.returns and not report.findings:
        report.findings.append(finding("A035", billing_number=payee, since=since))
    return report


def _sealed_anew(
    edges: PayerEdges, unit: Unit, item: PastAnswer, payee: str, record: StationRecord, now: datetime
) -> int | None:
    """The same return under the same identity, sealed to the station's certificate of today; None when nothing is left of it."""
    desk = edges.funds[item.fund]
    told = told_of(unit, unit.decisions.told_by(payee, item.id))
    if not told:
        return None
    made = make_return(desk.destination, payee, item.id, edges.today(item.made_at), told)
    return keep_answer(
        unit, desk, AnswerKind.RETURN, encode_return(made), lots_of(told), record, payee, now, demo=edges.policy.demo
    )
