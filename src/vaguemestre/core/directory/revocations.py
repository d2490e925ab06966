"""The list of revoked certificates as it stands on disk and in the payer's bundle: one JSON document, read and written here.

`{"version": 1, "revocations": [{"issuer", "serial", "revoked_at", "reason"}]}`: issuer is the authority's SHA-256
fingerprint, serial hexadecimal, revoked_at ISO 8601 in UTC (vgm:revocation-list).
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.seal.sealing import Revocation, RevocationReason

VERSION: Final = 1


def encode_revocations(revocations: Iterable[Revocation]) -> bytes:
    """The document, sorted, so that the same list always gives the same bytes."""
    entries = [
        {
            "issuer": entry.issuer,
            "serial": f"{entry.serial:x}",
            "revoked_at": entry.revoked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reason": entry.reason.value,
        }
        for entry in sorted(revocations, key=lambda item: (item.issuer, item.serial, item.revoked_at, item.reason))
    ]
    return json.dumps({"version": VERSION, "revocations": entries}, indent=1).encode() + b"\n"


def decode_revocations(data: bytes, source: str = "revocations.json") -> tuple[tuple[Revocation, ...], list[Finding]]:
    """Every readable entry, and S051 for the document or for each entry that is not: an unread revocation is an error."""
    try:
        document = json.loads(data)
        entries = document["revocations"] if document["version"] == VERSION else None
    except (ValueError, TypeError, KeyError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        return (), [finding("S051", Place(source=source), entry="-")]
    read: list[Revocation] = []
    findings: list[Finding] = []
    for number, entry in enumerate(entries, 1):
        try:
            read.append(_entry(entry))
        except (ValueError, TypeError, KeyError, AttributeError):
            findings.append(finding("S051", Place(source=source, record=number), entry=number))
    return tuple(read), findings


def _entry(entry: dict[str, str]) -> Revocation:
    revoked_at = datetime.fromisoformat(entry["revoked_at"])
    if revoked_at.tzinfo is None:
        raise ValueError("an instant needs its offset")
    issuer = entry["issuer"].lower()
    if len(bytes.fromhex(issuer)) != 32:
        raise ValueError("not a SHA-256 fingerprint")
    return Revocation(
        issuer, int(entry["serial"], 16), revoked_at, RevocationReason(entry.get("reason", "unspecified"))
    )
