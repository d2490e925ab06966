"""The lot: sheets of one billing number for one fund that travel together; its identity, its life and which lots to close now.

Also the words for what seals and carries it: a B2 file holds one lot of ours, or the lots of other software's file ("carried").
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from vaguemestre.core.parties import Destination
from vaguemestre.core.values import dataclass

LOT_SIZE_DEFAULT: Final = 50


class LotState(StrEnum):
    """A lot's life at the practice; the states of its sheets follow it (tables.lifecycles)."""

    CLOSED = "closed"  # numbered, its sheets chosen
    SEALED = "sealed"
    HANDED_OVER = "handed over"
    ACKNOWLEDGED = "acknowledged"  # positively, or in part
    REFUSED = "refused"  # as a whole: its sheets went back to `recorded`
    GIVEN_UP = "given up"  # taken apart before any hand-over


class LotEvent(StrEnum):
    """What moves a lot on."""

    SEAL = "sealed"
    HAND_OVER = "handed over"
    ACKNOWLEDGE = "acknowledged"
    REFUSE = "refused"
    GIVE_UP = "given up"


_S, _E = LotState, LotEvent
LOT_LIFE: Final[Mapping[LotState, Mapping[LotEvent, LotState]]] = {
    _S.CLOSED: {
        _E.SEAL: _S.SEALED,
        _E.GIVE_UP: _S.GIVEN_UP,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,  # a restored store may be behind what the payer knows
        _E.REFUSE: _S.REFUSED,
    },
    _S.SEALED: {
        _E.SEAL: _S.SEALED,  # anew: the fund's certificate expired or changed
        _E.HAND_OVER: _S.HANDED_OVER,
        _E.GIVE_UP: _S.GIVEN_UP,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REFUSED,
    },
    _S.HANDED_OVER: {
        _E.SEAL: _S.HANDED_OVER,
        _E.HAND_OVER: _S.HANDED_OVER,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.REFUSED,
    },
    # An acknowledgement wins over a refusal of another sealing of the same lot, whichever came first.
    _S.ACKNOWLEDGED: {
        _E.HAND_OVER: _S.ACKNOWLEDGED,
        _E.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _E.REFUSE: _S.ACKNOWLEDGED,
    },
    _S.REFUSED: {_E.HAND_OVER: _S.REFUSED, _E.ACKNOWLEDGE: _S.ACKNOWLEDGED, _E.REFUSE: _S.REFUSED},
    _S.GIVEN_UP: {_E.ACKNOWLEDGE: _S.ACKNOWLEDGED, _E.REFUSE: _S.GIVEN_UP},
}
"""`LOT_LIFE[state][event]` is the next state; what is not there is our own fault. A peer's answer is legal in every state."""


class IllegalLotStepError(Exception):
    """Our own code asked for a step that a lot's life does not have."""


def after(state: LotState, event: LotEvent) -> LotState:
    """The state after `event`. Raises IllegalLotStepError."""
    try:
        return LOT_LIFE[state][event]
    except KeyError:
        raise IllegalLotStepError(f"{event.value!r} is illegal for a lot that is {state.value!r}") from None


@dataclass(frozen=True, slots=True, order=True)
class LotIdentity:
    """What names a lot for ever: billing number, destination, day it was made up, number 1 to 999."""

    billing_number: str
    destination: Destination
    made_on: date
    number: int

    def __str__(self) -> str:
        return f"{self.billing_number}/{self.destination.code}/{self.made_on.isoformat()}/{self.number:03d}"


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """The recorded sheets of one billing number for one fund: how many, the earliest deadline, the oldest recording."""

    billing_number: str
    destination: Destination
    count: int
    earliest_deadline: date
    oldest_recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ClosingPolicy:
    """When waiting sheets become lots: at most `lot_size` in one; a lot that is not full waits `wait` at most, and never on the
    last day of a deadline."""

    lot_size: int = LOT_SIZE_DEFAULT
    wait: timedelta = timedelta(0)


def lots_to_close(
    groups: Iterable[WaitingGroup], policy: ClosingPolicy, now: datetime, today: date
) -> Iterator[tuple[WaitingGroup, int]]:
    """The groups to close now with the number of lots to make of each, earliest deadline first."""
    for group in sorted(groups, key=lambda item: (item.earliest_deadline, item.billing_number, item.destination)):
        full, rest = divmod(group.count, policy.lot_size)
        pressing = group.earliest_deadline <= today + timedelta(days=1)
        if rest and (pressing or now - group.oldest_recorded_at >= policy.wait):
            full += 1
        if full:
            yield group, full
