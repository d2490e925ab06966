"""The payer's signed bundle inside a message: one entity that says what it is, sealed to a station or carried as itself. Pure.

vgm:bundle-sending.
"""

from typing import Final

from vaguemestre.core.seal.lotmessage import binary_part
from vaguemestre.core.seal.mime import read_entity, split_multipart

BUNDLE_KIND: Final = "BUNDLE"
BUNDLE_DESCRIPTION: Final = "bundle"
_SIGNED_TYPE: Final = "application/pkcs7-mime; smime-type=signed-data"
_PARTS_MAX: Final = 8


def compose_bundle(signed: bytes) -> bytes:
    """The content to seal to a station: the bundle with its own signature, as one MIME entity."""
    head = "".join(f"{name}: {value}\r\n" for name, value in binary_part(_SIGNED_TYPE, BUNDLE_DESCRIPTION))
    return head.encode() + b"\r\n" + signed


def bundle_in(data: bytes) -> bytes | None:
    """The signed bundle that an entity is, or has as one of its parts; None when it carries none."""
    entity = read_entity(data)
    if entity is None:
        return None
    parts = [entity]
    if entity.content_type.startswith("multipart/") and entity.content_type != "multipart/report":
        parts += [part for part in map(read_entity, split_multipart(entity, _PARTS_MAX) or ()) if part is not None]
    for part in parts:
        if part.headers.get("content-description", "").strip().lower() == BUNDLE_DESCRIPTION:
            return part.decoded()
    return None
