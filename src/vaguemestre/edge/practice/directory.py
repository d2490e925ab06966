"""The payer's bundle as a practice uses it: verified when it comes, read once, and its revocations believed from then on."""

from datetime import datetime
from typing import NamedTuple, Protocol

from vaguemestre.core.directory.bundle import Bundle
from vaguemestre.core.directory.mandates import MandateTable
from vaguemestre.core.directory.opposition import OppositionList
from vaguemestre.core.findings import Finding
from vaguemestre.edge.seal.bundlefile import read_bundle
from vaguemestre.edge.seal.truststore import TrustStore


class Published(NamedTuple):
    """The bundle in force, ready for look-ups."""

    bundle: Bundle
    mandates: MandateTable
    opposition_list: OppositionList
    received_at: datetime


class BundleView(Protocol):
    """What is asked of the store."""

    def current_bundle_id(self) -> int | None: ...
    def current_bundle(self) -> tuple[int, datetime, bytes] | None: ...


class BundleDirectory:
    """Reads the bundle in force from the store, once each time it changes. Not shared between threads."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self._known_id: int | None = None
        self._known: Published | None = None

    def current(self, view: BundleView) -> Published | None:
        """The bundle in force. What the store holds was verified when it came; it is verified again when it is read."""
        held = view.current_bundle_id()
        if held != self._known_id:
            self._known = self._load(view)
            self._known_id = held
        return self._known

    def verify(self, signed: bytes, now: datetime) -> tuple[Bundle | None, tuple[Finding, ...]]:
        """A candidate whose signature is that of a trusted fund, else why not."""
        return read_bundle(signed, self._trust, now)

    def _load(self, view: BundleView) -> Published | None:
        row = view.current_bundle()
        if row is None:
            return None
        _, received_at, signed = row
        bundle, _ = read_bundle(signed, self._trust, received_at)
        if bundle is None:
            return None
        self._trust.replace_revocations(bundle.revocations)
        return Published(bundle, MandateTable.of(bundle.mandates), bundle.opposition_list, received_at)
