"""The ways as they stand: what was configured joined with the health that the store remembers, per leg."""

from collections.abc import Mapping
from datetime import datetime

from vaguemestre.core.mail.routing import Health, Way, after_new_credentials
from vaguemestre.role.practice.book import Book, View
from vaguemestre.role.practice.edges import PracticeEdges, WayEdge
from vaguemestre.tables.delivery_outcomes import Leg
from vaguemestre.tables.lifecycles import WayState


def load_ways(edges: PracticeEdges, view: View, now: datetime) -> list[Way]:
    """Every configured way; one never tried is supposed open."""
    healths = view.healths()
    unknown = Health(WayState.OPEN, now, now)

    def health(way: WayEdge, leg: Leg, present: bool) -> Health | None:
        return healths.get((way.name, leg), unknown) if present else None

    return [
        Way(
            way.name,
            way.operator,
            way.address,
            health(way, Leg.SENDING, way.sender is not None),
            health(way, Leg.COLLECTING, way.collector is not None),
            way.rank,
            way.kind,
        )
        for way in edges.ways
    ]


def notice_passwords(edges: PracticeEdges, prints: Mapping[str, str], now: datetime) -> None:
    """A renewed password is tried at once, on both legs. `prints`: a keyed hash of each way's password, by the way's name."""
    with edges.store.write() as book:
        ways = {way.name: way for way in load_ways(edges, book, now)}
        for name, printed in prints.items():
            fact = f"password of {name}"
            known = book.fact(fact)
            if known == printed:
                continue
            book.set_fact(fact, printed)
            if known is not None and name in ways:
                renewed = after_new_credentials(ways[name], now)
                for leg in Leg:
                    save_leg(book, renewed, leg)


def save_leg(book: Book, way: Way, leg: Leg) -> None:
    """Remember one leg's health."""
    health = way.health(leg)
    if health is not None:
        book.save_health(way.name, leg, health)


def edge_of(edges: PracticeEdges, name: str) -> WayEdge:
    """The edge of a way by its name."""
    return next(way for way in edges.ways if way.name == name)
