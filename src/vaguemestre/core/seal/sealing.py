"""Sealing policy: what a certificate says, whom we trust, and whether a signature may be believed. Pure decisions.

Certificates are judged at signing time, never by the wall clock; the edge reads and verifies bytes, this room decides. The
Protocols that a role asks of its keys live here too, so that no role needs to know an edge.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass

FUTURE_TOLERANCE: Final = timedelta(minutes=10)
"""How far a signer's clock may run ahead of the receiver's (vgm:signing-clock)."""

_NO_PLACE: Final = Place()


class Role(StrEnum):
    """What a certificate's holder is, carried by its issuing authority (vgm:authority-role)."""

    PROFESSIONAL = "professional"
    CARD = "card"
    FUND = "fund"
    STATION = "station"


class KeyKind(StrEnum):
    """Kinds of public keys that are accepted."""

    RSA_2048 = "rsa-2048"  # and longer
    P_256 = "p-256"


class SignatureAlgorithm(StrEnum):
    """How a raw signature was made. ECDSA signatures are the DER pair of rfc5480."""

    RSA_SHA256 = "rsa-pkcs1v15-sha256"
    ECDSA_SHA256 = "ecdsa-p256-sha256"


class RevocationReason(StrEnum):
    """Reasons of rfc5280:5.3.1 that a payer uses."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"  # lost, stolen, copied
    AFFILIATION_CHANGED = "affiliation-changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation-of-operation"


class Verdict(StrEnum):
    """What to do with what a certificate signed. HOLD waits for a person."""

    ACCEPT = "accept"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What one certificate says, once the edge has verified which trusted authority issued it.

    `fingerprint` and `issuer` are SHA-256 of DER in lower-case hexadecimal; `issuer` is "" when no trusted authority signed it.
    `number` is the subject's serialNumber: RPPS, card serial, fund code or station number (vgm:certificate-subject).
    """

    fingerprint: str
    issuer: str
    serial: int
    number: str
    name: str
    role: Role | None
    not_before: datetime
    not_after: datetime
    key_kind: KeyKind | None
    may_sign: bool
    may_encrypt: bool


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """One trusted authority; `parent` is the fingerprint of the authority that issued it, "" for a root."""

    fingerprint: str
    parent: str
    serial: int
    name: str
    role: Role | None
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate taken back: (issuer, serial) names it, `revoked_at` is when it stopped being trusted."""

    issuer: str
    serial: int
    revoked_at: datetime
    reason: RevocationReason = RevocationReason.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Chain:
    """An authority with its parents: the window in which all are valid, the first revocation among them."""

    role: Role | None
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom one actor believes: authorities by fingerprint, revocations by (issuer, serial). Build with `Trust.of`."""

    authorities: Mapping[str, AuthorityFacts]
    revocations: Mapping[tuple[str, int], Revocation]
    chains: Mapping[str, Chain] = field(repr=False)

    @classmethod
    def of(cls, authorities: Iterable[AuthorityFacts], revocations: Iterable[Revocation] = ()) -> "Trust":
        """The earliest revocation of one certificate counts; an authority's window is narrowed by its parents'."""
        by_fingerprint = {entry.fingerprint: entry for entry in authorities}
        first: dict[tuple[str, int], Revocation] = {}
        for entry in sorted(revocations, key=lambda item: item.revoked_at):
            first.setdefault((entry.issuer, entry.serial), entry)
        chains = {name: _chain(entry, by_fingerprint, first) for name, entry in by_fingerprint.items()}
        return cls(by_fingerprint, first, chains)


def _chain(
    entry: AuthorityFacts, known: Mapping[str, AuthorityFacts], revoked: Mapping[tuple[str, int], Revocation]
) -> Chain:
    not_before, not_after, role = entry.not_before, entry.not_after, entry.role
    revoked_at: datetime | None = None
    current: AuthorityFacts | None = entry
    for _ in range(len(known)):  # a loop of parents ends too
        if current is None:
            break
        not_before, not_after = max(not_before, current.not_before), min(not_after, current.not_after)
        taken_back = revoked.get((current.parent or current.fingerprint, current.serial))
        if taken_back is not None and (revoked_at is None or taken_back.revoked_at < revoked_at):
            revoked_at = taken_back.revoked_at
        current = known.get(current.parent) if current.parent else None
    return Chain(role, not_before, not_after, revoked_at)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons; an accepted certificate may still carry notes."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


ACCEPTED: Final = Judgement(Verdict.ACCEPT)


def judge(
    facts: CertificateFacts,
    trust: Trust,
    *,
    signing_time: datetime,
    received_at: datetime,
    roles: frozenset[Role] | None,
    place: Place = _NO_PLACE,
    future_tolerance: timedelta = FUTURE_TOLERANCE,
) -> Judgement:
    """Whether a signature made with this certificate at `signing_time` may be believed.

    `received_at` is when its bytes were first received. `roles` None asks for no role (a person opening a file). The
    signing time is the signer's word: a revocation between it and the first receipt is held for a person.
    """
    window = unquestioned(facts, trust, roles)
    if window is not None and window[0] <= signing_time <= window[1] and signing_time <= received_at + future_tolerance:
        return ACCEPTED
    chain = trust.chains.get(facts.issuer)
    return _explain(facts, trust, chain, signing_time, received_at, roles, place, future_tolerance)


def unquestioned(
    facts: CertificateFacts, trust: Trust, roles: frozenset[Role] | None
) -> tuple[datetime, datetime] | None:
    """The first and last signing time that `judge` accepts without a word, unless it lies in the receiver's future.

    None when it always has something to say. Sheets share certificates: this is asked once per certificate, then each sheet is
    three comparisons.
    """
    chain = trust.chains.get(facts.issuer)
    if (
        chain is None
        or (roles is not None and facts.role not in roles)
        or chain.revoked_at is not None
        or (facts.issuer, facts.serial) in trust.revocations
        or not facts.may_sign
        or facts.key_kind is None
    ):
        return None
    return max(facts.not_before, chain.not_before), min(facts.not_after, chain.not_after)


def _explain(
    facts: CertificateFacts,
    trust: Trust,
    chain: Chain | None,
    signing_time: datetime,
    received_at: datetime,
    roles: frozenset[Role] | None,
    place: Place,
    future_tolerance: timedelta,
) -> Judgement:
    """The slow path: every reason at once."""
    found: list[Finding] = []
    who = facts.number or facts.fingerprint[:16]
    if facts.key_kind is None:
        found.append(finding("S020", place, number=who))
    if not facts.may_sign:
        found.append(finding("S021", place, number=who))
    if chain is None:
        found.append(finding("S013", place, number=who))
    elif roles is not None and facts.role not in roles:
        expected = ", ".join(sorted(roles))
        found.append(finding("S014", place, number=who, role=facts.role or "-", expected=expected))
    if signing_time < facts.not_before:
        found.append(finding("S015", place, number=who, valid_from=_day(facts.not_before), signed=_day(signing_time)))
    if signing_time > facts.not_after:
        found.append(finding("S016", place, number=who, valid_to=_day(facts.not_after), signed=_day(signing_time)))
    if chain is not None and not chain.not_before <= signing_time <= chain.not_after:
        found.append(finding("S022", place, number=who, signed=_day(signing_time)))
    if signing_time > received_at + future_tolerance:
        found.append(finding("S019", place, signed=_day(signing_time), received=_day(received_at)))
    refused = bool(found)
    held = False
    for revoked_at in _revocation_times(facts, trust, chain):
        values = {"number": who, "revoked": _day(revoked_at), "signed": _day(signing_time)}
        if revoked_at <= signing_time:
            found.append(finding("S017", place, **values))
            refused = True
        elif revoked_at <= received_at:
            found.append(finding("S018", place, received=_day(received_at), **values))
            held = True
    verdict = Verdict.REFUSE if refused else Verdict.HOLD if held else Verdict.ACCEPT
    return Judgement(verdict, tuple(found))


def _revocation_times(facts: CertificateFacts, trust: Trust, chain: Chain | None) -> list[datetime]:
    own = trust.revocations.get((facts.issuer, facts.serial))
    times = [own.revoked_at] if own is not None else []
    if chain is not None and chain.revoked_at is not None:
        times.append(chain.revoked_at)
    return sorted(times)[:1]


def judge_recipient(
    facts: CertificateFacts, trust: Trust, *, now: datetime, roles: frozenset[Role] | None, place: Place = _NO_PLACE
) -> Judgement:
    """Whether to encrypt to this certificate. Expired is only a warning: the payer keeps every decryption key."""
    found: list[Finding] = []
    who = facts.number or facts.fingerprint[:16]
    chain = trust.chains.get(facts.issuer)
    if not facts.may_encrypt or facts.key_kind is not KeyKind.RSA_2048:
        found.append(finding("S025", place, number=who))
    if chain is None:
        found.append(finding("S013", place, number=who))
    elif roles is not None and facts.role not in roles:
        expected = ", ".join(sorted(roles))
        found.append(finding("S014", place, number=who, role=facts.role or "-", expected=expected))
    revoked = [moment for moment in _revocation_times(facts, trust, chain) if moment <= now]
    if revoked:
        found.append(finding("S024", place, number=who, revoked=_day(revoked[0])))
    verdict = Verdict.REFUSE if found else Verdict.ACCEPT
    if not facts.not_before <= now <= facts.not_after:
        found.append(
            finding("S023", place, number=who, valid_from=_day(facts.not_before), valid_to=_day(facts.not_after))
        )
    return Judgement(verdict, tuple(found))


def _day(moment: datetime) -> str:
    """An instant for a person, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sealed_digest(envelope: bytes) -> str:
    """SHA-256 (hexadecimal) of a CMS envelope: names the sealed bytes whatever headers each way puts around them.

    vgm:sealed-digest.
    """
    return sha256(envelope).hexdigest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What travels by every way: a MIME entity (its headers and body in CRLF lines), before any transport header.

    `digest` is `sealed_digest` of the envelope inside its base64.
    """

    entity: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening gave. `content` is None unless the signature verified and the signer's certificate was not refused.

    HOLD still gives the content: it may be registered, but nothing is decided before a person has. `signer` is None until the
    signature verified. `envelope` is the CMS inside the message's base64, b"" when none was found.
    """

    verdict: Verdict
    content: bytes | None
    signer: CertificateFacts | None
    signing_time: datetime | None
    envelope: bytes = field(repr=False)
    findings: tuple[Finding, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of `Sealed`, "" when no envelope was found."""
        return sealed_digest(self.envelope) if self.envelope else ""


class SheetVerdict(NamedTuple):
    """The verdict on one sheet's signatures. A bad one refuses that sheet only."""

    invoice_number: str
    verdict: Verdict
    signed_at: datetime | None
    professional: CertificateFacts | None
    card: CertificateFacts | None
    findings: tuple[Finding, ...] = ()


class Signer(Protocol):
    """A signing key that may live in a card: everything a PKCS#11 token can give."""

    @property
    def certificate_der(self) -> bytes: ...

    @property
    def chain_der(self) -> tuple[bytes, ...]:
        """The issuing authorities to send along, nearest first; may be empty."""
        ...

    @property
    def key_kind(self) -> KeyKind: ...

    @property
    def algorithm(self) -> SignatureAlgorithm: ...

    def sign(self, data: bytes) -> bytes:
        """The raw signature over SHA-256 of `data`."""
        ...
