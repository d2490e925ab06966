"""What an opened message is made of, as plain data: lots, sheets, and what is wrong with each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.directory.mandates import MandateTable
from vaguemestre.core.findings import Finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.decision import Motive
from vaguemestre.core.payer.intake import ReceivedMessage, StoreKey
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.forwardmessage import ForwardManifest
from vaguemestre.core.values import dataclass


class Directory(NamedTuple):
    """What the payer's register says of those who send: mandates and stations, as of now."""

    mandates: MandateTable
    senders: frozenset[str]  # holders who may send for somebody
    stations: Mapping[str, StationRecord]  # by number


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """One sheet of an opened lot. `refusals` refuse it, `holds` keep it for a person; `sheet` is None when it cannot be read."""

    rank: int
    invoice_number: str
    key: StoreKey
    content: bytes
    sheet: CareSheet | None
    care_year: int
    claimed_cents: int
    settlement: str
    data: bytes
    card_signed: bool = False
    refusals: tuple[Finding, ...] = ()
    holds: tuple[Motive, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedLot:
    """One lot of a message. With `refusal` the whole lot is refused and its sheets are not looked at."""

    part: int
    billing_number: str
    destination: Destination
    made_on: date | None
    number: int
    station: StationRecord | None
    return_addresses: tuple[str, ...]
    carried: bool
    signed_at: datetime
    refusal: Finding | None = None
    sheets: tuple[OpenedSheet, ...] = ()
    forwarded: ForwardManifest | None = None  # by a fund of another insurer


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """What one message turned out to be. Without lots it is set aside with its findings: nobody can be answered."""

    message: ReceivedMessage
    digest: str
    lots: tuple[OpenedLot, ...] = ()
    findings: tuple[Finding, ...] = ()
