"""Who may sign, send and collect for which billing number, and which serial numbers a station owns. vgm:mandates, vgm:stations.

Always judged at signing time, never by the wall clock: a mandate that ended later does not refuse what was signed under it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import number_is_valid
from vaguemestre.core.numbering import StationRange
from vaguemestre.core.values import dataclass


class Verb(StrEnum):
    """What a mandate allows."""

    SIGN = "sign"
    SEND = "send"
    COLLECT = "collect"


class MandateKind(StrEnum):
    """Why somebody may act under a billing number."""

    ONESELF = "oneself"
    EMPLOYEE = "employee"
    LOCUM = "locum"  # under the replaced person's number
    DELEGATED_CARD = "delegated_card"  # css:R161-55
    STATION = "station"
    CONCENTRATOR = "concentrator"


class HolderKind(StrEnum):
    """What names the holder: a person's RPPS, a delegated card, a station, a concentrator."""

    PROFESSIONAL = "rpps"
    CARD = "card"
    STATION = "station"
    CONCENTRATOR = "concentrator"


_VERB_FR = {Verb.SIGN: "signer", Verb.SEND: "envoyer", Verb.COLLECT: "relever"}


def holder(kind: HolderKind, number: str) -> str:
    """The name of a holder in mandates: `rpps/10001234567`, `station/751990110-01`. vgm:mandates."""
    return f"{kind.value}/{number}"


@dataclass(frozen=True, slots=True)
class Mandate:
    """`holder` may do `verbs` for `billing_number` from `valid_from` (included) to `valid_until` (excluded, None: open)."""

    holder: str
    billing_number: str
    kind: MandateKind
    verbs: tuple[Verb, ...]
    valid_from: datetime
    valid_until: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether the mandate stands at the instant `at` (aware)."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Station:
    """One machine that numbers sheets for a billing number: it alone uses the serials `first` to `last` of each day."""

    number: str  # billing number and rank, as `751990110-01`: the name in its certificate
    billing_number: str
    first: int
    last: int

    @property
    def holder(self) -> str:
        """Its name in mandates."""
        return holder(HolderKind.STATION, self.number)

    @property
    def serials(self) -> StationRange:
        """The range as numbering uses it. Raises ValueError when unusable: `check_stations` says so first."""
        return StationRange(self.first, self.last)


@dataclass(frozen=True, slots=True)
class MandateTable:
    """Mandates ready for look-up; build with `of`, once per bundle."""

    mandates: tuple[Mandate, ...] = ()
    index: dict[tuple[str, Verb, str], tuple[Mandate, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, mandates: Iterable[Mandate]) -> "MandateTable":
        entries = tuple(mandates)
        index: dict[tuple[str, Verb, str], tuple[Mandate, ...]] = {}
        for entry in entries:
            for verb in entry.verbs:
                key = (entry.holder, verb, entry.billing_number)
                index[key] = (*index.get(key, ()), entry)
        return cls(entries, index)


def may(
    table: MandateTable, who: str, verb: Verb, billing_number: str, at: datetime
) -> tuple[Mandate | None, tuple[Finding, ...]]:
    """The mandate under which `who` may do `verb` for `billing_number` at the signing time `at`, else findings M001 or M002."""
    entries = table.index.get((who, verb, billing_number), ())
    for entry in entries:
        if entry.in_force(at):
            return entry, ()
    place = Place(field="mandate")
    verb_fr, verb_en = _VERB_FR[verb], verb.value
    if not entries:
        none = finding("M001", place, holder=who, verb_fr=verb_fr, verb_en=verb_en, billing_number=billing_number)
        return None, (none,)
    nearest = min(entries, key=lambda entry: _distance(entry, at))
    late = finding(
        "M002",
        place,
        holder=who,
        verb_fr=verb_fr,
        verb_en=verb_en,
        billing_number=billing_number,
        at=_shown(at),
        start=_shown(nearest.valid_from),
        end=_shown(nearest.valid_until) if nearest.valid_until else "...",
    )
    return None, (late,)


def _distance(entry: Mandate, at: datetime) -> timedelta:
    edges = [entry.valid_from] + ([entry.valid_until] if entry.valid_until else [])
    return min(abs(edge - at) for edge in edges)


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def check_mandates(mandates: Iterable[Mandate]) -> tuple[tuple[Mandate, ...], tuple[Finding, ...]]:
    """The well-formed mandates and a finding M003 for each other one, which is left out: a doubt gives no power."""
    kept: list[Mandate] = []
    found: list[Finding] = []
    for rank, entry in enumerate(mandates, start=1):
        problem = _problem(entry)
        if problem is None:
            kept.append(entry)
        else:
            place = Place(source="bundle", record=rank)
            found.append(finding("M003", place, rank=rank, problem_fr=problem[0], problem_en=problem[1]))
    return tuple(kept), tuple(found)


def _problem(entry: Mandate) -> tuple[str, str] | None:
    kind, separator, number = entry.holder.partition("/")
    if not separator or not number or kind not in {known.value for known in HolderKind}:
        return "titulaire inconnu", "unknown holder"
    if not number_is_valid(entry.billing_number):
        return "numéro de facturation faux", "wrong billing number"
    if not entry.verbs:
        return "aucun acte permis", "nothing is allowed"
    if entry.valid_until is not None and entry.valid_until <= entry.valid_from:
        return "il finit avant de commencer", "it ends before it starts"
    if Verb.SIGN in entry.verbs and kind in (HolderKind.STATION.value, HolderKind.CONCENTRATOR.value):
        return "une machine ne signe pas de feuille", "a machine signs no sheet"
    return None


def check_stations(stations: Iterable[Station]) -> tuple[Finding, ...]:
    """Every station well formed and, per billing number, ranges that do not overlap. Findings M010, M012."""
    by_number: dict[str, list[Station]] = {}
    found: list[Finding] = []
    for station in stations:
        problem = _station_problem(station)
        if problem is not None:
            place = Place(field=station.number)
            found.append(finding("M012", place, station=station.number, problem_fr=problem[0], problem_en=problem[1]))
        by_number.setdefault(station.billing_number, []).append(station)
    for entries in by_number.values():
        found += _overlaps(sorted(entries, key=lambda entry: (entry.first, entry.last)))
    return tuple(found)


def _station_problem(station: Station) -> tuple[str, str] | None:
    try:
        _ = station.serials
    except ValueError:
        return "plage hors de 1 à 9999, ou trop courte", "range outside 1 to 9999, or too short"
    if not station.number.startswith(f"{station.billing_number}-"):
        return "son nom ne porte pas son numéro de facturation", "its name does not bear its billing number"
    if not number_is_valid(station.billing_number):
        return "numéro de facturation faux", "wrong billing number"
    return None


def _overlaps(entries: list[Station]) -> Iterator[Finding]:
    reach: Station | None = None
    for entry in entries:
        if reach is not None and entry.first <= reach.last:
            yield finding(
                "M010",
                Place(field=entry.number),
                first=reach.number,
                second=entry.number,
                low=entry.first,
                high=min(entry.last, reach.last),
                billing_number=entry.billing_number,
            )
        if reach is None or entry.last > reach.last:
            reach = entry


def check_serial(station: Station, serial: int) -> tuple[Finding, ...]:
    """Whether the station owns this serial number. Finding M011."""
    if station.first <= serial <= station.last:
        return ()
    place = Place(field="item:2")
    return (finding("M011", place, serial=serial, station=station.number, low=station.first, high=station.last),)
