"""What stands inside the signature: a lot on its way to the payer, an answer on its way to the practice. Composed and split here.

`multipart/mixed` of binary parts (vgm:lot-message): a JSON manifest, the B2 or NOEMIE bytes under the transport conventions
of etsdt001, and for a lot the table of sheet signatures. Split only what a verified signature covers.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from vaguemestre.core import canonical
from vaguemestre.core.bounded import DEFAULT_LIMITS, ReadingLimits, gunzip
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.lot import LotIdentity
from vaguemestre.core.parties import Destination
from vaguemestre.core.seal.mime import Entity, compose_multipart, read_entity, split_multipart
from vaguemestre.core.values import dataclass

MANIFEST_VERSION: Final = 1
LOT_MANIFEST_TYPE: Final = "application/vnd.vaguemestre.lot+json"
ANSWER_MANIFEST_TYPE: Final = "application/vnd.vaguemestre.answer+json"
SIGNATURES_TYPE: Final = "application/vnd.vaguemestre.sheet-signatures"
DATA_TYPE: Final = "application/edi-consent"
_DATA_TYPE_WRITTEN: Final = "application/EDI-consent"
_MULTIPART: Final = "multipart/mixed"
_PARTS_MAX: Final = 16
_ZLIB_START: Final = b"\x78"
_GZIP_WINDOW: Final = 31


@dataclass(frozen=True, slots=True)
class LotManifest:
    """What the practice says of its lot, under the lot's signature. Amounts in cents.

    `return_addresses` in order of preference: the payer answers to all of them.
    """

    version: int
    billing_number: str
    station: str
    destination: Destination
    made_on: date
    lot_number: int
    sheet_count: int
    fund_cents: int
    return_addresses: tuple[str, ...]
    software: str
    software_version: str
    demo: bool = False

    @property
    def identity(self) -> LotIdentity:
        return LotIdentity(self.billing_number, self.destination, self.made_on, self.lot_number)


@dataclass(frozen=True, slots=True)
class LotContent:
    """A lot taken apart. `manifest` and `signatures` are None in a lot that is carried (B2 made by other software)."""

    manifest: LotManifest | None
    b2: bytes
    signatures: bytes | None
    demo: bool

    @property
    def carried(self) -> bool:
        return self.manifest is None


class AnswerKind(StrEnum):
    """The two answers of a payer; the value is the part's Content-Description."""

    ACKNOWLEDGEMENT = "ARL"
    RETURN = "NOEMIE"


@dataclass(frozen=True, slots=True)
class AnsweredLot:
    """Which lot an answer is about, and the digest of the sealed message that brought it."""

    billing_number: str
    destination: Destination
    made_on: date
    lot_number: int
    sealed_digest: str

    @property
    def identity(self) -> LotIdentity:
        return LotIdentity(self.billing_number, self.destination, self.made_on, self.lot_number)


@dataclass(frozen=True, slots=True)
class AnswerManifest:
    """What the payer says of its answer, under the fund's signature. `number` tells two answers of one fund apart."""

    version: int
    kind: AnswerKind
    fund: Destination
    number: int
    made_at: datetime
    lots: tuple[AnsweredLot, ...]
    demo: bool = False


_M = TypeVar("_M")


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """An answer taken apart: its manifest, and the ARL or NOEMIE bytes."""

    manifest: AnswerManifest
    data: bytes


def compose_lot(manifest: LotManifest, b2_file: bytes, signatures: bytes, *, gzip_level: int = 6) -> bytes:
    """The content that a lot's signature covers. The same arguments always give the same bytes."""
    packed = _gzip(b2_file, gzip_level)
    return compose_multipart(
        (
            (binary_part(LOT_MANIFEST_TYPE), canonical.encode(replace(manifest, version=MANIFEST_VERSION))),
            (binary_part(_DATA_TYPE_WRITTEN, "IRISTEST/B2/Z" if manifest.demo else "IRIS/B2/Z"), packed),
            (binary_part(SIGNATURES_TYPE), signatures),
        )
    )


def compose_carried(b2_file: bytes, *, demo: bool = False, gzip_level: int = 6) -> bytes:
    """The single-part content of a B2 file made by other software, carried as it is."""
    headers = binary_part(_DATA_TYPE_WRITTEN, "IRISTEST/B2/Z" if demo else "IRIS/B2/Z")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode() + b"\r\n" + _gzip(b2_file, gzip_level)


def compose_answer(manifest: AnswerManifest, data: bytes) -> bytes:
    """The content that an answer's signature covers: manifest, then the ARL or NOEMIE bytes."""
    return compose_multipart(
        (
            (binary_part(ANSWER_MANIFEST_TYPE), canonical.encode(replace(manifest, version=MANIFEST_VERSION))),
            (binary_part(_DATA_TYPE_WRITTEN, manifest.kind.value), data),
        )
    )


def split_lot(
    content: bytes, *, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[LotContent | None, list[Finding]]:
    """Take a lot apart; None when a finding of error level forbids it. Decompression is bounded by `limits`."""
    place = Place(source=source)
    entity = read_entity(content)
    if entity is None or entity.content_type not in (_MULTIPART, DATA_TYPE):
        return None, [finding("S030", place, reason="MIME")]
    if entity.content_type == DATA_TYPE:
        b2, findings = _data(entity, limits, source)
        carried = LotContent(None, b2, None, _is_test(entity)) if b2 is not None else None
        return carried, [*findings, finding("S036", place)] if carried else findings
    parts, findings = wanted_parts(entity, (LOT_MANIFEST_TYPE, DATA_TYPE, SIGNATURES_TYPE), place)
    if parts is None:
        return None, findings
    manifest, wrong = read_manifest(LotManifest, parts[LOT_MANIFEST_TYPE], place)
    b2, unread = _data(parts[DATA_TYPE], limits, source)
    findings += [*wrong, *unread]
    signatures = parts[SIGNATURES_TYPE].decoded()
    if manifest is None or b2 is None or signatures is None:
        return None, findings or [finding("S030", place, reason="Content-Transfer-Encoding")]
    if not (1 <= manifest.lot_number <= 999 and manifest.sheet_count >= 0 and manifest.fund_cents >= 0):
        return None, [*findings, finding("S034", place, reason="lot_number, sheet_count, fund_cents")]
    return LotContent(manifest, b2, signatures, manifest.demo), findings


def split_answer(
    content: bytes, *, limits: ReadingLimits = DEFAULT_LIMITS, source: str = ""
) -> tuple[AnswerContent | None, list[Finding]]:
    """Take an answer apart; None when a finding of error level forbids it."""
    place = Place(source=source)
    entity = read_entity(content)
    if entity is None or entity.content_type != _MULTIPART:
        return None, [finding("S030", place, reason="MIME")]
    parts, findings = wanted_parts(entity, (ANSWER_MANIFEST_TYPE, DATA_TYPE), place)
    if parts is None:
        return None, findings
    manifest, wrong = read_manifest(AnswerManifest, parts[ANSWER_MANIFEST_TYPE], place)
    data, unread = _data(parts[DATA_TYPE], limits, source)
    findings += [*wrong, *unread]
    if manifest is None or data is None:
        return None, findings
    if parts[DATA_TYPE].headers.get("content-description", "").upper() != manifest.kind.value:
        return None, [*findings, finding("S034", place, reason="kind")]
    return AnswerContent(manifest, data), findings


def mail_subject(version: str, sender: str, at: datetime, sheet_count: int) -> str:
    """Subject of a lot's mail: `IR`, version 6, sender 14, timestamp, sheets 5 (etsdt001, vgm:mail-subject).

    `sender` is the billing number, left-filled with zeros; `at` an aware instant. Nothing of it is health data.
    """
    return f"IR{version:0>6.6}/{sender:0>14.14}/{at:%Y%m%d%H%M%S}/{min(sheet_count, 99999):05d}"


def binary_part(content_type: str, description: str = "") -> Sequence[tuple[str, str]]:
    """The headers of a part whose bytes stand as they are."""
    headers = [("Content-Type", content_type), ("Content-Transfer-Encoding", "binary")]
    if description:
        headers.append(("Content-Description", description))
    return headers


def _gzip(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(data) + packer.flush()


def _is_test(entity: Entity) -> bool:
    return entity.headers.get("content-description", "").upper().startswith("IRISTEST")


def wanted_parts(
    entity: Entity, wanted: Sequence[str], place: Place
) -> tuple[Mapping[str, Entity] | None, list[Finding]]:
    """The wanted parts by content type; None when one is missing or stands twice."""
    raw = split_multipart(entity, _PARTS_MAX)
    read = [read_entity(part) for part in raw or ()]
    if raw is None or any(part is None for part in read):
        return None, [finding("S030", place, reason="multipart")]
    found: dict[str, Entity] = {}
    findings: list[Finding] = []
    for part in read:
        if part is None or part.content_type not in wanted:
            findings.append(finding("S033", place, part=part.content_type[:80] if part else "?"))
        elif part.content_type in found:
            return None, [finding("S031", place, part=part.content_type)]
        else:
            found[part.content_type] = part
    missing = [finding("S032", place, part=name) for name in wanted if name not in found]
    return (None, missing) if missing else (found, findings)


def read_manifest(kind: type[_M], part: Entity, place: Place) -> tuple[_M | None, list[Finding]]:
    """A part's manifest of the version written today; S034 when it is not of that shape, S035 for another version."""
    data = part.decoded() or b""
    try:
        version = canonical.decode(_Versioned, data).version
        if version != MANIFEST_VERSION:
            return None, [finding("S035", place, version=version, known=MANIFEST_VERSION)]
        return canonical.decode(kind, data), []
    except canonical.CanonicalError as error:
        return None, [finding("S034", place, reason=str(error))]


@dataclass(frozen=True, slots=True)
class _Versioned:
    """Any manifest, read for its version only."""

    version: int


def _data(entity: Entity, limits: ReadingLimits, source: str) -> tuple[bytes | None, list[Finding]]:
    """The part's bytes, decompressed within `limits` when its description ends in `/Z` or they start as gzip does.

    Other software is known to write a bare zlib stream under `/Z`: both are read.
    """
    data = entity.decoded()
    if data is None:
        return None, [finding("S030", Place(source=source), reason="Content-Transfer-Encoding")]
    if data[:1] == _ZLIB_START and entity.headers.get("content-description", "").upper().endswith("/Z"):
        return _inflate(data, limits, source)
    if data[:2] != b"\x1f\x8b":
        if len(data) <= limits.size_bytes_max:
            return data, []
        return None, [finding("F013", Place(source=source), expected=limits.size_bytes_max)]
    plain, findings = gunzip(data, limits, source)
    return plain, list(findings)


def _inflate(data: bytes, limits: ReadingLimits, source: str) -> tuple[bytes | None, list[Finding]]:
    engine = zlib.decompressobj()
    room = min(limits.size_bytes_max, max(limits.ratio_from_bytes, limits.ratio_max * len(data)))
    try:
        plain = engine.decompress(data, room + 1)
    except zlib.error:
        return None, [finding("F011", Place(source=source))]
    if len(plain) > room:
        return None, [finding("F012", Place(source=source), expected=limits.ratio_max)]
    if not engine.eof:
        return None, [finding("F011", Place(source=source))]
    return plain, []
