"""Which way a message takes, when a failing way is tried again, and what to tell a practice about its ways.

Pure decisions: `(facts, now) -> decision`. A way's two legs (sending, collecting) have two healths and never one. Chance enters
as the parameter `jitter` (0 <= jitter < 1), drawn by the caller's seeded source.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lifecycle import advance
from vaguemestre.core.mail.delivery import outcome_finding
from vaguemestre.core.values import dataclass
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome, Leg
from vaguemestre.tables.lifecycles import Life, WayState
from vaguemestre.tables.retry_schedules import SCHEDULES

_OUTCOME_OF_STATE = {
    WayState.SUSPENDED: DeliveryOutcome.SUSPENDED,
    WayState.REFUSING_CREDENTIALS: DeliveryOutcome.REFUSING_CREDENTIALS,
    WayState.UNREACHABLE: DeliveryOutcome.UNREACHABLE,
}
_DOUBLINGS_MAX = 20  # beyond this every schedule has long reached its longest wait


class WayKind(StrEnum):
    """What a way is made of."""

    OPERATOR = "operator"  # a mail account
    DEPOSIT = "deposit"  # the payer's own counter, later


@dataclass(frozen=True, slots=True)
class Health:
    """One leg's health. `since` is when it entered `state`; `failures` counts failures in a row; `reply` is the last refusal."""

    state: WayState
    since: datetime
    next_try_at: datetime
    last_success_at: datetime | None = None
    failures: int = 0
    reply: str = ""

    @property
    def tried(self) -> bool:
        """Whether this leg was ever used: one that never was is supposed open, since no instant at all."""
        return bool(self.last_success_at or self.failures or self.reply) or self.state is not WayState.OPEN


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reaching the insurer. `operator` names who runs it (two accounts with one operator fail together);
    `address` is where answers come back; a leg that this way does not have is None; a lower `rank` is preferred."""

    name: str
    operator: str
    address: str
    sending: Health | None
    collecting: Health | None
    rank: int = 0
    kind: WayKind = WayKind.OPERATOR

    def health(self, leg: Leg) -> Health | None:
        return self.sending if leg is Leg.SENDING else self.collecting


def new_way(
    name: str,
    address: str,
    now: datetime,
    *,
    rank: int = 0,
    sends: bool = True,
    collects: bool = True,
    operator: str = "",
) -> Way:
    """A way never tried: supposed open, to be tried at once. The operator defaults to the address's domain."""
    health = Health(WayState.OPEN, now, now)
    named = operator or address.rpartition("@")[2].lower()
    return Way(name, named, address, health if sends else None, health if collects else None, rank)


def ways_to_send(ways: Iterable[Way], now: datetime) -> tuple[Way, ...]:
    """The ways to take for one message, in order: those open and due by rank, then failing ones whose time has come.

    The caller tries the first; when it fails, the next one takes the same sealed bytes.
    """
    due = [way for way in ways if way.sending is not None and way.sending.next_try_at <= now]
    return tuple(sorted(due, key=lambda way: (not _open(way, Leg.SENDING), way.rank, way.name)))


def choose_sending_way(ways: Iterable[Way], now: datetime) -> Way | None:
    """The first of `ways_to_send`; None when no way is due (see `next_opportunity`)."""
    return next(iter(ways_to_send(ways, now)), None)


def choose_collecting_ways(ways: Iterable[Way], now: datetime) -> tuple[Way, ...]:
    """Every way to collect from now: answers come to all return addresses, so all due mailboxes are emptied."""
    due = [way for way in ways if way.collecting is not None and way.collecting.next_try_at <= now]
    return tuple(sorted(due, key=lambda way: (not _open(way, Leg.COLLECTING), way.rank, way.name)))


def ways_to_probe(ways: Iterable[Way], now: datetime) -> tuple[Way, ...]:
    """Failing sending ways whose time has come: a login without a message tells whether they work again.

    Without it, a practice whose other way works would never learn that the first one reopened.
    """
    return tuple(way for way in ways_to_send(ways, now) if not _open(way, Leg.SENDING))


def next_opportunity(ways: Iterable[Way], leg: Leg) -> datetime | None:
    """The earliest instant at which some way may be tried on this leg; None when no way has it."""
    healths = [way.health(leg) for way in ways]
    return min((health.next_try_at for health in healths if health is not None), default=None)


def after_attempt(
    way: Way,
    leg: Leg,
    outcome: DeliveryOutcome,
    now: datetime,
    *,
    reply: str = "",
    jitter: float = 0.0,
    about_message: bool = False,
) -> Way:
    """The way after one attempt. `about_message`: the refusal judged one message, so the way is not slowed down for others."""
    health = way.health(leg)
    if health is None:
        raise ValueError(f"the way {way.name} has no {leg.value} leg")
    after = _after(health, outcome, now, reply, jitter, about_message)
    return replace(way, sending=after) if leg is Leg.SENDING else replace(way, collecting=after)


def _after(
    health: Health, outcome: DeliveryOutcome, now: datetime, reply: str, jitter: float, about_message: bool
) -> Health:
    state = advance(Life.WAY, health.state, outcome)
    since = health.since if state is health.state else now
    if outcome is DeliveryOutcome.ACCEPTED:
        return Health(state, since, now, now)
    if about_message or outcome is DeliveryOutcome.REFUSED:
        failures = 0 if state is WayState.OPEN else health.failures
        return Health(state, since, now, health.last_success_at, failures, reply)
    failures = health.failures + 1 if state is health.state else 1
    wait = retry_delay(outcome, failures, jitter)
    return Health(state, since, now + wait, health.last_success_at, failures, reply)


def after_new_credentials(way: Way, now: datetime) -> Way:
    """A password was renewed: both legs that refused the old one are tried at once."""

    def renewed(health: Health | None) -> Health | None:
        if health is None or health.state is not WayState.REFUSING_CREDENTIALS:
            return health
        return replace(health, next_try_at=now, failures=0)

    return replace(way, sending=renewed(way.sending), collecting=renewed(way.collecting))


def retry_delay(outcome: DeliveryOutcome, failures: int, jitter: float) -> timedelta:
    """How long to wait after the `failures`-th failure in a row (>= 1) of this kind (vgm:retry-schedule)."""
    if not 0 <= jitter < 1:
        raise ValueError("jitter must be in [0, 1)")
    schedule = SCHEDULES[outcome]
    doubled = schedule.first_seconds << min(max(failures, 1) - 1, _DOUBLINGS_MAX)
    seconds = min(doubled, schedule.longest_seconds)
    return timedelta(seconds=seconds + int(seconds * schedule.spread_percent * jitter) // 100)


def next_message_try(
    outcome: DeliveryOutcome, failures: int, now: datetime, deadline: datetime, jitter: float
) -> datetime | None:
    """When one message that failed on every way goes again. None only once `deadline` (the insured's right, css:L160-11)
    has passed: no number of failures ends it earlier, and the last try falls on the deadline itself."""
    if now >= deadline:
        return None
    return min(now + retry_delay(outcome, failures, jitter), deadline)


def way_findings(ways: Iterable[Way]) -> tuple[Finding, ...]:
    """What a practice must know about its ways: each leg that fails, and each leg for which one operator is all there is."""
    known = tuple(ways)
    found: list[Finding] = []
    for leg in Leg:
        legs = [(way, health) for way in known if (health := way.health(leg)) is not None]
        for way, health in legs:
            outcome = _OUTCOME_OF_STATE.get(health.state)
            told = outcome_finding(leg, outcome, way.name, health.reply) if outcome is not None else None
            found += [told] if told is not None else []
        if len({way.operator for way, _ in legs}) == 1:
            found.append(finding("D001", Place(source=legs[0][0].name, field=leg.value), way=legs[0][0].operator))
    return tuple(found)


def _open(way: Way, leg: Leg) -> bool:
    health = way.health(leg)
    return health is not None and health.state is WayState.OPEN
