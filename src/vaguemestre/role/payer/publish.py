"""Publishing the payer's bundle: addresses, certificates, revocations, opposition list, mandates, stations, dated and numbered."""

from datetime import datetime
from typing import Final

from vaguemestre.core.directory.bundle import Bundle, Fund, StationCertificate
from vaguemestre.core.payer.registry import MandateList, RevocationList
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.register import MANDATES, REVOCATIONS

BUNDLE: Final = "bundle"
TARIFF_VERSION: Final = "2026-03"
"""The day on which the tariff's tables were last compared with their sources (tables.tariff.shape.CHECKED)."""


def publish(edges: PayerEdges, now: datetime) -> tuple[Bundle, bytes]:
    """The next bundle and its signed bytes, to travel by any way."""
    bundle = make_bundle(edges, now)
    return bundle, edges.sign_bundle(bundle)


def make_bundle(edges: PayerEdges, now: datetime) -> Bundle:
    """The next bundle: its sequence number grows by one and is written down before the bundle leaves. vgm:bundle."""
    with edges.store.unit() as unit:
        former = unit.register.document(BUNDLE, Bundle)
        mandates = unit.register.document(MANDATES, MandateList)
        revocations = unit.register.document(REVOCATIONS, RevocationList)
        stations = unit.register.stations()
        bundle = Bundle(
            issuer=edges.policy.name,
            sequence=1 if former is None else former[0] + 1,
            issued_at=now,
            funds=tuple(
                Fund(desk.destination, desk.name_fr, desk.address, desk.certificates)
                for _, desk in sorted(edges.funds.items())
            ),
            revocations=() if revocations is None else revocations[1].revocations,
            oppositions=unit.register.oppositions(),
            mandates=() if mandates is None else mandates[1].mandates,
            stations=tuple(entry.station for entry in stations),
            station_certificates=tuple(
                StationCertificate(entry.station.number, entry.certificate) for entry in stations
            ),
            tariff_version=TARIFF_VERSION,
        )
        unit.register.put_document(BUNDLE, bundle.sequence, bundle, now)
    return bundle
