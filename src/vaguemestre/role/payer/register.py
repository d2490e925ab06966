"""Keeping the payer's register: who is insured, who treats, who sends, which cards exist, who may act for whom, what is revoked."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from vaguemestre.core.directory.bundle import Bundle, Fund
from vaguemestre.core.directory.mandates import Mandate
from vaguemestre.core.payer.registry import (
    InsuredPerson,
    IssuedCard,
    MandateList,
    NeighbourList,
    Payee,
    Professional,
    RevocationList,
    StationRecord,
)
from vaguemestre.core.seal.sealing import Revocation
from vaguemestre.role.payer.edges import PayerEdges

MANDATES: Final = "mandates"
REVOCATIONS: Final = "revocations"
NEIGHBOURS: Final = "neighbours"


def enrol(
    edges: PayerEdges,
    *,
    persons: Iterable[InsuredPerson] = (),
    cards: Iterable[IssuedCard] = (),
    professionals: Iterable[Professional] = (),
    payees: Iterable[Payee] = (),
    stations: Iterable[StationRecord] = (),
) -> None:
    """Write entries of the register down, each in place of what was known under its number, in one commit."""
    with edges.store.unit() as unit:
        unit.register.put_persons(persons)
        unit.register.put_cards(cards)
        unit.register.put_professionals(professionals)
        unit.register.put_payees(payees)
        unit.register.put_stations(stations)


def oppose_card(edges: PayerEdges, serial: str, since: date, reason: str) -> bool:
    """Put a card on the opposition list from a day on; False when the payer never issued it. css:L161-31."""
    with edges.store.unit() as unit:
        known = unit.register.cards([serial]).get(serial)
        if known is None:
            return False
        unit.register.put_cards([IssuedCard(known.card, since, reason)])
    return True


def set_mandates(edges: PayerEdges, mandates: Iterable[Mandate], now: datetime) -> int:
    """Replace the table of mandates; the former ones stay in the store. Gives the new sequence number."""
    with edges.store.unit() as unit:
        former = unit.register.document(MANDATES, MandateList)
        sequence = 1 if former is None else former[0] + 1
        unit.register.put_document(MANDATES, sequence, MandateList(tuple(mandates)), now)
    return sequence


def revoke(edges: PayerEdges, revocations: Iterable[Revocation], now: datetime) -> int:
    """Add certificates to the list of revocations; gives the new sequence number. The next intake judges by it."""
    with edges.store.unit() as unit:
        former = unit.register.document(REVOCATIONS, RevocationList)
        sequence, known = (0, RevocationList()) if former is None else former
        named = {(entry.issuer, entry.serial, entry.revoked_at): entry for entry in (*known.revocations, *revocations)}
        unit.register.put_document(REVOCATIONS, sequence + 1, RevocationList(tuple(named.values())), now)
    return sequence + 1


def meet(edges: PayerEdges, bundle: Bundle, now: datetime) -> tuple[Fund, ...]:
    """Keep the funds that another insurer's verified bundle publishes, each in place of what was known of it; gives them.

    Funds run here are left out. Sheets of persons who depend on one of them are forwarded there from now on. mess9821498a:7.
    """
    met = tuple(fund for fund in bundle.funds if fund.destination not in edges.own_funds)
    with edges.store.unit() as unit:
        former = unit.register.document(NEIGHBOURS, NeighbourList)
        sequence, known = (0, NeighbourList()) if former is None else former
        funds = {fund.destination: fund for fund in (*known.funds, *met)}
        unit.register.put_document(NEIGHBOURS, sequence + 1, NeighbourList(tuple(funds.values())), now)
    return met
