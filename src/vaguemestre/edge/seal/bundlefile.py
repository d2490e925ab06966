"""The payer's bundle in its signature: a CMS SignedData of the fund over the canonical bytes. vgm:bundle.

`openssl cms -verify` reads it too. Nothing inside is parsed before signature, authority, validity and revocation at signing time
are verified; whether it replaces the bundle in use is decided in `core.directory.bundle`.
"""

from datetime import datetime
from typing import Final

from vaguemestre.core.directory.bundle import Bundle, decode_bundle, encode_bundle
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import Role, Signer, Verdict, judge
from vaguemestre.edge.seal.cms_build import SignatureWriter
from vaguemestre.edge.seal.cms_open import read_signed
from vaguemestre.edge.seal.truststore import TrustStore

BUNDLE_BYTES_MAX: Final = 64 << 20
_FUND: Final = frozenset({Role.FUND})


def write_bundle(bundle: Bundle, signer: Signer) -> bytes:
    """DER of the signed bundle; the signing time is the bundle's own date."""
    return SignatureWriter(signer).write(encode_bundle(bundle), bundle.issued_at)


def read_bundle(
    data: bytes, trust: TrustStore, received_at: datetime, source: str = "bundle"
) -> tuple[Bundle | None, tuple[Finding, ...]]:
    """The bundle, once a trusted fund's signature over it is verified.

    Findings: M020 unreadable, M021 unsigned, M022 forged or not a fund's (with the reasons of area S), M003 and M026 content.
    """
    place = Place(source=source)
    if not data or len(data) > BUNDLE_BYTES_MAX:
        return None, (finding("M020", place, problem=f"{len(data)} bytes"),)
    if data[:1] in (b"{", b"["):
        return None, (finding("M021", place),)
    signed, found = read_signed(data, place)
    if signed is None:
        return None, (finding("M020", place, problem="CMS"), *found)
    if signed.content is None:
        return None, (finding("M021", place),)
    forged = finding("M022", place)
    read = trust.read(signed.certificate_der, signed.brought)
    if read is None or read[1] is None or not signed.covers(signed.content) or signed.verify(read[1]) is not True:
        return None, (forged,)
    judgement = judge(
        read[0],
        trust.trust,
        signing_time=signed.signing_time,
        received_at=received_at,
        roles=_FUND,
        place=place,
    )
    if judgement.verdict is not Verdict.ACCEPT:
        return None, (forged, *judgement.findings)
    return decode_bundle(signed.content, place)
