"""Reconciliation: what an acknowledgement or a return makes of one sheet, whatever the order and the number of answers.

Pure: `(what we know of the sheet, what the payer says) -> (what we know then, findings)`. The steps are those of
`tables.lifecycles`; an answer that contradicts an earlier one moves nothing and is shown to a person. Nothing here
knows a wire format.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lifecycle import advance, ended
from vaguemestre.core.money import plain
from vaguemestre.core.practice.reasons import Reason, place_named, told_texts, understood
from vaguemestre.core.values import dataclass
from vaguemestre.tables.lifecycles import Life, SheetEvent, SheetState

_S, _E = SheetState, SheetEvent
_IN_A_LOT: Final = frozenset({_S.IN_LOT, _S.SEALED, _S.HANDED_OVER})
_NOT_SENT: Final = frozenset({_S.RECORDED, _S.IN_LOT, _S.SEALED})


_REFUSALS: Final = frozenset({"R003", "R004"})  # findings whose way out is a corrected sheet


class Verdict(StrEnum):
    """What an answer says of one sheet."""

    REGISTERED = "registered"
    DUPLICATE = "duplicate"  # registered before; the answer names the first registration
    HELD = "held"  # registered or not, it waits for a person at the payer
    CONFLICT = "conflict"  # our number is registered there with another content
    REFUSED = "refused"  # this sheet, named by the acknowledgement
    LOT_REFUSED = "lot refused"
    FORWARDED = "forwarded"  # to a fund of another insurer, which decides
    TAKEN_OVER = "taken over"  # by that fund, which says so
    PAID = "paid"  # in full or in part
    REJECTED = "rejected"  # by the return
    DEFERRED = "deferred"
    TAKEN_BACK = "taken back"  # an earlier payment, in part or in whole


_TAKEN: Final = frozenset({Verdict.REGISTERED, Verdict.DUPLICATE, Verdict.HELD, Verdict.FORWARDED, Verdict.TAKEN_OVER})

_EVENTS: Final[dict[Verdict, SheetEvent]] = {
    Verdict.REGISTERED: _E.ACKNOWLEDGE,
    Verdict.DUPLICATE: _E.ACKNOWLEDGE,
    Verdict.HELD: _E.ACKNOWLEDGE,
    Verdict.FORWARDED: _E.ACKNOWLEDGE,
    Verdict.TAKEN_OVER: _E.ACKNOWLEDGE,
    Verdict.CONFLICT: _E.REFUSE,
    Verdict.REFUSED: _E.REFUSE,
    Verdict.LOT_REFUSED: _E.REFUSE_LOT,
    Verdict.PAID: _E.PAY,
    Verdict.REJECTED: _E.REJECT,
}
"""Verdict -> the event of a sheet's life. A deferred payment is none: the sheet goes on waiting; nor is money taken back."""


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """What one answer says of one sheet. Amounts in cents, None when the answer gives none.

    `about_current_lot`: the lot that the answer names is the one the sheet is in now.
    """

    verdict: Verdict
    claimed_cents: int | None = None
    accepted_cents: int | None = None
    paid_cents: int | None = None
    reasons: tuple[Reason, ...] = ()
    about_current_lot: bool = True
    first_registered: str = ""  # of a duplicate: where and when it was registered first


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What the practice knows of one sheet. `name` is its printed identity."""

    name: str
    state: SheetState
    settlement: Settlement
    fund_cents: int
    carried: bool = False
    acknowledged: bool = False
    accepted_cents: int | None = None
    rejected_cents: int | None = None
    paid_cents: int | None = None

    @property
    def life(self) -> Life:
        return Life.SHEET if self.settlement is Settlement.TIERS_PAYANT else Life.SHEET_PATIENT_PAID

    @property
    def is_ended(self) -> bool:
        return ended(self.life, self.state)


def reconcile(facts: SheetFacts, answer: SheetAnswer) -> tuple[SheetFacts, tuple[Finding, ...]]:
    """The sheet after one answer, and what a person must know of it."""
    place = Place(source=facts.name)
    if answer.verdict is Verdict.DEFERRED:
        return facts, (finding("R014", place, sheet=facts.name),)
    if answer.verdict is Verdict.TAKEN_BACK:
        amount = plain(-(answer.paid_cents or 0))
        return facts, tuple(_rejection("R016", answer, place, facts.name, amount=amount))
    event = _event(facts, answer)
    after = advance(facts.life, facts.state, event)
    if not isinstance(after, SheetState):
        raise TypeError("a sheet's life has sheet states only")
    reached = _reached(facts, after, event)
    if event in (_E.PAY, _E.REJECT) and facts.settlement is Settlement.TIERS_PAYANT:
        return _money(facts, reached, answer, event, place)
    if event is _E.REFUSE and after is _S.REJECTED:
        if facts.state is not _S.REJECTED:
            reached = replace(reached, accepted_cents=0, rejected_cents=facts.fund_cents)
        return reached, (*_refusal(answer, place), *_contradiction(facts, reached, answer, place))
    return reached, (*_told(facts, answer, place), *_contradiction(facts, reached, answer, place))


def _reached(facts: SheetFacts, state: SheetState, event: SheetEvent) -> SheetFacts:
    """The same sheet in another state; written out, since every sheet of every answer comes by."""
    return SheetFacts(
        facts.name,
        state,
        facts.settlement,
        facts.fund_cents,
        facts.carried,
        facts.acknowledged or event is _E.ACKNOWLEDGE,
        facts.accepted_cents,
        facts.rejected_cents,
        facts.paid_cents,
    )


def _event(facts: SheetFacts, answer: SheetAnswer) -> SheetEvent:
    """The event of the life; a refused lot takes back only the sheets that are still in it."""
    if answer.verdict is not Verdict.LOT_REFUSED:
        return _EVENTS[answer.verdict]
    if facts.carried and facts.state in _IN_A_LOT:
        return _E.REFUSE  # its lot cannot be made again here: the other software must
    if facts.state is _S.IN_LOT and answer.about_current_lot:
        return _E.TAKEN_OUT
    return _E.REFUSE_LOT


def takes_back(facts: SheetFacts, answer: SheetAnswer) -> bool:
    """Whether this answer concerns the sheet at all: a refused lot does not concern a sheet that has moved to another lot."""
    return answer.verdict is not Verdict.LOT_REFUSED or (answer.about_current_lot and facts.state in _IN_A_LOT)


def _money(
    before: SheetFacts, after: SheetFacts, answer: SheetAnswer, event: SheetEvent, place: Place
) -> tuple[SheetFacts, tuple[Finding, ...]]:
    """Amounts of a sheet under tiers payant: accepted + rejected = what the sheet claims, always."""
    told = answer.accepted_cents if answer.accepted_cents is not None else answer.paid_cents or 0
    accepted = min(told, before.fund_cents) if event is _E.PAY else 0
    paid = answer.paid_cents if answer.paid_cents is not None else accepted
    found: list[Finding] = []
    if before.state in (_S.SETTLED, _S.REJECTED, _S.CANCELLED):
        same = (before.accepted_cents, before.paid_cents or 0) == (accepted, paid)
        wanted = _S.SETTLED if event is _E.PAY else _S.REJECTED
        if before.state is not wanted or not same:
            found.append(_contradicts(before, answer, place))
        return after, tuple(found)
    if before.state in _NOT_SENT:
        found.append(finding("R024", place, sheet=before.name, state=before.state.value))
    if answer.claimed_cents is not None and answer.claimed_cents != before.fund_cents:
        found.append(
            finding("R010", place, sheet=before.name, ours=plain(before.fund_cents), theirs=plain(answer.claimed_cents))
        )
    if event is _E.REJECT:
        found += _rejection("R004", answer, place, before.name)
    elif accepted < before.fund_cents:
        amounts = {"refused": plain(before.fund_cents - accepted), "claimed": plain(before.fund_cents)}
        found += _rejection("R005", answer, place, before.name, **amounts)
    elif answer.reasons:
        found += _rejection("R006", answer, place, before.name)
    if paid != accepted:
        found.append(finding("R011", place, sheet=before.name, accepted=plain(accepted), paid=plain(paid)))
    reached = replace(
        after, accepted_cents=accepted, rejected_cents=before.fund_cents - accepted, paid_cents=paid, acknowledged=True
    )
    return reached, tuple(found)


def _refusal(answer: SheetAnswer, place: Place) -> tuple[Finding, ...]:
    code = {Verdict.CONFLICT: "R008", Verdict.LOT_REFUSED: "R007"}.get(answer.verdict, "R003")
    return tuple(_rejection(code, answer, place, place.source))


def _rejection(code: str, answer: SheetAnswer, place: Place, sheet: str, **values: str) -> list[Finding]:
    """One finding per reason: rule, field, place and next step, in the words of `core.practice.reasons`."""
    found = []
    for reason in answer.reasons or (Reason("-", "-"),):
        said = understood(reason, refused=code in _REFUSALS)
        where = replace(place, line=reason.line, field=place_named(reason.field))
        found.append(finding(code, where, sheet=sheet, **said.values(), **values))
    return found


def _told(facts: SheetFacts, answer: SheetAnswer, place: Place) -> tuple[Finding, ...]:
    """What is worth saying of an answer that refuses nothing."""
    match answer.verdict:
        case Verdict.DUPLICATE:
            return (finding("R012", place, sheet=facts.name, first=answer.first_registered or "-"),)
        case Verdict.HELD:
            return tuple(_rejection("R009", answer, place, facts.name))
        case Verdict.FORWARDED | Verdict.TAKEN_OVER:
            said = told_texts(answer.reasons)
            return (finding("R057", place, sheet=facts.name, label_fr=said.fr, label_en=said.en),)
        case Verdict.PAID | Verdict.REJECTED:
            reasons = _rejection("R006", answer, place, facts.name) if answer.reasons else []
            return (finding("R013", place, sheet=facts.name), *reasons)
        case Verdict.REGISTERED if answer.reasons:
            return tuple(_rejection("R006", answer, place, facts.name))
        case _:
            return ()


def _contradiction(before: SheetFacts, after: SheetFacts, answer: SheetAnswer, place: Place) -> tuple[Finding, ...]:
    """A refusal of what was taken, or the taking of what was refused or cancelled: shown, and nothing moves."""
    taken = answer.verdict in _TAKEN
    refused = answer.verdict in (Verdict.REFUSED, Verdict.CONFLICT)
    if (taken and before.state is _S.CANCELLED) or (refused and after.state in (_S.ACKNOWLEDGED, _S.SETTLED)):
        return (_contradicts(before, answer, place),)
    if taken and before.state is _S.REJECTED and not before.acknowledged:
        return (_contradicts(before, answer, place),)
    return ()


def _contradicts(facts: SheetFacts, answer: SheetAnswer, place: Place) -> Finding:
    return finding("R015", place, sheet=facts.name, state=facts.state.value, verdict=answer.verdict.value)
