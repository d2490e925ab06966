"""A single file as signed content, and back: what `seal` and `open` do around one file. Pure.

A B2 file becomes a carried lot (vgm:lot-message), MIME stays as it is, anything else is one binary part.
"""

from typing import Final

from vaguemestre.core.bounded import DEFAULT_LIMITS, ReadingLimits
from vaguemestre.core.findings import Finding
from vaguemestre.core.seal.lotmessage import DATA_TYPE, LOT_MANIFEST_TYPE, compose_carried, split_lot
from vaguemestre.core.seal.mime import read_entity

_RECORD_BYTES: Final = 128
_OCTETS: Final = "application/octet-stream"
_OCTETS_HEAD: Final = (
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"Content-Disposition: attachment\r\n\r\n"
)


def wrap_file(data: bytes) -> bytes:
    """The content to sign for one file."""
    if data[:13].lower() == b"content-type:":
        return data
    if data[:3] == b"000" and len(data) >= _RECORD_BYTES:
        return compose_carried(data)
    return _OCTETS_HEAD + data


def unwrap_content(
    content: bytes, source: str = "", limits: ReadingLimits = DEFAULT_LIMITS
) -> tuple[bytes | None, list[Finding]]:
    """The file inside signed content: the B2 file of a lot, the bytes of one binary part, else the content itself."""
    entity = read_entity(content)
    if entity is not None and entity.content_type == _OCTETS:
        return entity.decoded(), []
    is_lot = entity is not None and (
        entity.content_type == DATA_TYPE
        or (entity.content_type == "multipart/mixed" and LOT_MANIFEST_TYPE.encode() in content[:4096])
    )
    if not is_lot:
        return content, []
    lot, findings = split_lot(content, limits=limits, source=source)
    return (lot.b2 if lot is not None else None), findings
