"""The payer's bundle: addresses, certificates, revocations, opposition list, mandates, stations, tariff version. vgm:bundle.

One signed, dated document that travels by any way. The last good one is used and its age shown; an unsigned, forged, older or
contradictory one is a finding, never a replacement. `edge.seal.bundlefile` signs and verifies;
here it is read, judged and compared.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from vaguemestre.core.canonical import CanonicalError, decode, encode
from vaguemestre.core.directory.mandates import Mandate, Station, check_mandates, check_stations
from vaguemestre.core.directory.opposition import Opposition, OppositionList
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.sealing import FUTURE_TOLERANCE, Revocation
from vaguemestre.core.sheet.deadlines import timer
from vaguemestre.core.values import dataclass

_BUNDLE = Place(source="bundle")


class CertificateUse(StrEnum):
    """What a published certificate is for: never both."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


@dataclass(frozen=True, slots=True)
class PublishedCertificate:
    """One certificate in DER with its validity, so that choosing one needs no parsing."""

    use: CertificateUse
    der: bytes
    valid_from: datetime
    valid_until: datetime

    def valid(self, at: datetime) -> bool:
        """Whether its validity covers the instant `at` (aware)."""
        return self.valid_from <= at <= self.valid_until


@dataclass(frozen=True, slots=True)
class Fund:
    """One fund as a practice needs it: where it is, how to write to it, its certificates (several at a renewal)."""

    destination: Destination
    name_fr: str
    email_address: str
    certificates: tuple[PublishedCertificate, ...]
    deposit_url: str = ""

    def certificate(self, use: CertificateUse, at: datetime) -> PublishedCertificate | None:
        """The certificate to use at `at`: the valid one that lasts longest; else the one that ended last; None without any.

        An expired encryption certificate is still given: the payer keeps its keys for the claim's life.
        """
        entries = [entry for entry in self.certificates if entry.use is use and entry.valid_from <= at]
        return max(entries, key=lambda entry: entry.valid_until, default=None)


@dataclass(frozen=True, slots=True)
class StationCertificate:
    """A station's encryption certificate: to whom the payer's answers are sealed."""

    station: str
    certificate: PublishedCertificate


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that the payer publishes, as of `issued_at`. `sequence` grows by one at each publication by `issuer`."""

    issuer: str
    sequence: int
    issued_at: datetime
    funds: tuple[Fund, ...]
    revocations: tuple[Revocation, ...] = ()
    oppositions: tuple[Opposition, ...] = ()  # serials ascending
    mandates: tuple[Mandate, ...] = ()
    stations: tuple[Station, ...] = ()
    station_certificates: tuple[StationCertificate, ...] = ()
    tariff_version: str = ""

    def fund(self, destination: Destination) -> Fund | None:
        """The fund at this address, None when the bundle does not name it."""
        return next((entry for entry in self.funds if entry.destination == destination), None)

    @property
    def opposition_list(self) -> OppositionList:
        """The opposition list ready for look-up."""
        return OppositionList(self.oppositions)


def encode_bundle(bundle: Bundle) -> bytes:
    """The canonical bytes to sign; the opposition list is written in ascending order whatever order it came in."""
    return encode(replace(bundle, oppositions=OppositionList.of(bundle.oppositions).entries))


def decode_bundle(data: bytes, place: Place = _BUNDLE) -> tuple[Bundle | None, tuple[Finding, ...]]:
    """The bundle in signed bytes whose signature was verified before. Findings M003 (one mandate, left out), M020, M026.

    A bundle is given only when nothing in it contradicts itself; a malformed mandate alone is left out and the rest serves.
    """
    try:
        bundle = decode(Bundle, data)
    except CanonicalError as error:
        return None, (finding("M020", place, problem=str(error)),)
    found = [finding("M026", place, problem_fr=fr, problem_en=en) for fr, en in _contradictions(bundle)]
    found += errors_in(check_stations(bundle.stations))
    if found:
        return None, tuple(found)
    kept, malformed = check_mandates(bundle.mandates)
    return replace(bundle, mandates=kept), malformed


def _contradictions(bundle: Bundle) -> Iterator[tuple[str, str]]:
    if bundle.sequence < 1:
        yield "numéro d'ordre inférieur à 1", "sequence number below 1"
    if not OppositionList(bundle.oppositions).ascending:
        yield "la liste d'opposition n'est pas croissante", "the opposition list is not ascending"
    if len({fund.destination for fund in bundle.funds}) != len(bundle.funds):
        yield "une caisse y figure deux fois", "a fund stands in it twice"
    for fund in bundle.funds:
        if "@" not in fund.email_address:
            yield f"la caisse {fund.destination.code} n'a pas d'adresse", f"fund {fund.destination.code} has no address"
        if any(entry.valid_until < entry.valid_from for entry in fund.certificates):
            code = fund.destination.code
            yield f"un certificat de {code} finit avant de commencer", f"a certificate of {code} ends before it starts"


def newer(first: Bundle, second: Bundle) -> Bundle:
    """The one to use of two good bundles of one issuer: the higher sequence number, then the later date; `first` if equal."""
    if (second.sequence, second.issued_at) > (first.sequence, first.issued_at):
        return second
    return first


def accept(candidate: Bundle, held: Bundle | None, now: datetime) -> tuple[Bundle | None, tuple[Finding, ...]]:
    """The bundle to use from now on, given a verified candidate and the last good one (None at the very start).

    Findings: M023 the candidate is older (or from another issuer than the one held), M025 it is dated after this machine's time.
    """
    if candidate.issued_at > now + FUTURE_TOLERANCE:
        place, shown = Place(source="bundle", field="issued_at"), (candidate.issued_at, now)
        issued_at, at = (moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") for moment in shown)
        return held, (finding("M025", place, issued_at=issued_at, now=at),)
    if held is None:
        return candidate, ()
    if candidate.issuer != held.issuer:
        other = finding("M026", _BUNDLE, problem_fr="il vient d'un autre émetteur", problem_en="it has another issuer")
        return held, (other,)
    if candidate.sequence < held.sequence:
        return held, (finding("M023", _BUNDLE, found=candidate.sequence, held=held.sequence),)
    return newer(held, candidate), ()


def age_days(bundle: Bundle, now: datetime) -> int:
    """Whole days since the bundle was issued; 0 when this machine's clock is behind."""
    return max((now - bundle.issued_at) // timedelta(days=1), 0)


def check_age(bundle: Bundle | None, now: datetime) -> tuple[Finding, ...]:
    """A warning (M024) when the bundle in use is older than the timer says, an error (M027) when there is none at all."""
    if bundle is None:
        return (finding("M027", _BUNDLE),)
    age = age_days(bundle, now)
    limit = timer("bundle-warning", bundle.issued_at.date()).value
    return (finding("M024", _BUNDLE, age=age),) if age > limit else ()
