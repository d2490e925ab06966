"""Publishing the payer's bundle: addresses, certificates, revocations, opposition list, mandates, stations, dated and numbered.

It travels by mail to every station, sealed like an answer: what it says of professionals and cards is nobody else's to read. One
cheap look per round says whether there is anything to do.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from vaguemestre.core.directory.bundle import Bundle, Fund, StationCertificate
from vaguemestre.core.mail.outbox import Answer, BundlePlace
from vaguemestre.core.payer.registry import MandateList, Publication, RevocationList
from vaguemestre.core.seal.bundlemessage import BUNDLE_KIND, compose_bundle
from vaguemestre.core.seal.sealing import Sealed
from vaguemestre.core.sheet.deadlines import timer
from vaguemestre.core.values import dataclass
from vaguemestre.role.payer.edges import FundDesk, PayerEdges
from vaguemestre.role.payer.register import MANDATES, REVOCATIONS
from vaguemestre.role.payer.unit import Unit

BUNDLE: Final = "bundle"
PUBLICATION: Final = "publication"
TARIFF_VERSION: Final = "2026-03"
"""The day on which the tariff's tables were last compared with their sources (tables.tariff.shape.CHECKED)."""
_STATIONS_PER_COMMIT: Final = 64


@dataclass(slots=True)
class BundleReport:
    """What one round did about the bundle. `published` is the number of a new one, 0 when none was due."""

    published: int = 0
    stations: int = 0  # for which it was sealed and queued
    faults: int = 0  # stations to which it could not be sealed: the next bundle tries again


def publish(edges: PayerEdges, now: datetime) -> tuple[Bundle, bytes]:
    """The next bundle and its signed bytes, to travel by any way."""
    bundle = make_bundle(edges, now)
    return bundle, edges.sign_bundle(bundle)


def make_bundle(edges: PayerEdges, now: datetime) -> Bundle:
    """The next bundle: its sequence number grows by one and is written down before the bundle leaves. vgm:bundle."""
    with edges.store.unit() as unit:
        former = unit.register.document(BUNDLE, Bundle)
        bundle = _gathered(edges, unit, 1 if former is None else former[0] + 1, now)
        _write(edges, unit, bundle, now, is_new=True)
    return bundle


def tell_stations(edges: PayerEdges, now: datetime) -> BundleReport:
    """Publish anew when what is published changed or has aged, then queue the bundle for every station that has not been sent it.

    Nothing is published before a person did so once. vgm:bundle-sending.
    """
    report = BundleReport()
    with edges.store.view() as unit:
        last = unit.register.document(PUBLICATION, Publication)
        current = None if last is None else last[1]
        if current is not None and not _is_due(current, now) and current.source == _source(edges, unit):
            if not unit.answers.bundle_due(current.bundle, 1):
                return report
        else:
            current = None
    bundle = _renewed(edges, now, report) if current is None else None
    if bundle is None:
        with edges.store.view() as unit:
            found = unit.register.document(BUNDLE, Bundle)
        if found is None:
            return report
        bundle = found[1]
    _queue(edges, bundle, now, report)
    return report


# --- what is published ---------------------------------------------------------------------------------------------------


def _gathered(edges: PayerEdges, unit: Unit, sequence: int, now: datetime) -> Bundle:
    mandates = unit.register.document(MANDATES, MandateList)
    revocations = unit.register.document(REVOCATIONS, RevocationList)
    stations = unit.register.stations()
    return Bundle(
        issuer=edges.policy.name,
        sequence=sequence,
        issued_at=now,
        funds=_funds(edges),
        revocations=() if revocations is None else revocations[1].revocations,
        oppositions=unit.register.oppositions(),
        mandates=() if mandates is None else mandates[1].mandates,
        stations=tuple(entry.station for entry in stations),
        station_certificates=tuple(StationCertificate(entry.station.number, entry.certificate) for entry in stations),
        tariff_version=TARIFF_VERSION,
    )


def _funds(edges: PayerEdges) -> tuple[Fund, ...]:
    return tuple(
        Fund(desk.destination, desk.name_fr, desk.address, desk.certificates) for _, desk in sorted(edges.funds.items())
    )


def _source(edges: PayerEdges, unit: Unit) -> str:
    """A digest of what a bundle is made of, without making it: the funds as configured, and how often the register was written."""
    revisions = sorted(unit.register.revisions((MANDATES, REVOCATIONS)).items())
    return sha256(repr((edges.policy.name, TARIFF_VERSION, _funds(edges), revisions)).encode()).hexdigest()


def _is_due(current: Publication, now: datetime) -> bool:
    every = timer("bundle-sending", current.issued_at.date()).value
    return now - current.issued_at >= timedelta(days=every)


def _renewed(edges: PayerEdges, now: datetime, report: BundleReport) -> Bundle | None:
    """The bundle to send from now on: a new one, or the former one when it still says everything; None before the first."""
    with edges.store.unit() as unit:
        former = unit.register.document(BUNDLE, Bundle)
        if former is None:
            return None
        number, held = former
        bundle = _gathered(edges, unit, number + 1, now)
        same = replace(bundle, sequence=held.sequence, issued_at=held.issued_at) == held
        if same and not _is_due(Publication(number, held.issued_at, ""), now):
            _write(edges, unit, held, now, is_new=False)
            return held
        _write(edges, unit, bundle, now, is_new=True)
        if same:  # every day: what it says is in the new one
            unit.register.forget_document(BUNDLE, number)
    report.published = bundle.sequence
    edges.log("payer.published", actor="payer", count=bundle.sequence)
    return bundle


def _write(edges: PayerEdges, unit: Unit, bundle: Bundle, now: datetime, *, is_new: bool) -> None:
    if is_new:
        unit.register.put_document(BUNDLE, bundle.sequence, bundle, now)
    last = unit.register.document(PUBLICATION, Publication)
    publication = Publication(bundle.sequence, bundle.issued_at, _source(edges, unit))
    unit.register.put_document(PUBLICATION, 1 if last is None else last[0] + 1, publication, now)


# --- its way to the stations ---------------------------------------------------------------------------------------------


def _queue(edges: PayerEdges, bundle: Bundle, now: datetime, report: BundleReport) -> None:
    """Seal the bundle to the stations that have not been sent it, some to a commit; never more of a round than answers may take."""
    desk = next(iter(edges.funds.values()))
    content = compose_bundle(edges.sign_bundle(bundle))
    certificates = {entry.station: entry.certificate.der for entry in bundle.station_certificates}
    left = edges.policy.answers_per_round
    while left > 0:
        with edges.store.view() as unit:
            places = unit.answers.bundle_due(bundle.sequence, min(left, _STATIONS_PER_COMMIT))
        if not places:
            return
        left -= len(places)
        sealed = [_sealed(edges, desk, content, certificates.get(place.station), now, report) for place in places]
        with edges.store.unit() as unit:
            for place, message in zip(places, sealed, strict=True):
                if unit.answers.begin_bundle(place, bundle.sequence) and message is not None:
                    _keep(unit, desk, place, message, now)
                    report.stations += 1


def _sealed(
    edges: PayerEdges, desk: FundDesk, content: bytes, certificate: bytes | None, now: datetime, report: BundleReport
) -> Sealed | None:
    """The bundle for one station; None for one that is not in the register, or whose certificate cannot be used."""
    if certificate is None:
        return None
    try:
        return desk.sealer.seal(content, [certificate], now)
    except ValueError as fault:
        report.faults += 1
        edges.log("payer.fault", actor="payer", operation="bundle", fault=type(fault).__name__.lower())
        return None


def _keep(unit: Unit, desk: FundDesk, place: BundlePlace, message: Sealed, now: datetime) -> None:
    message_id = f"{message.digest[:40]}@{desk.address.rpartition('@')[2]}"
    fund = desk.destination.code
    answer = Answer(
        BUNDLE_KIND, fund, place.station, None, place.billing_number, message_id, message.digest, message.entity
    )
    number = unit.answers.add(answer, now)
    unit.answers.queue(number, place.return_addresses, now)
    unit.answers.set_bundle_answer(place, number)
