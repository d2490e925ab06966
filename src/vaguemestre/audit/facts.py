"""What the auditor knows: plain rows, read from the record of what people did and from the stores as they are.

No code is shared with the roles: a mistake of theirs must not be repeated here.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Ending(StrEnum):
    """Where a sheet stands, as the account counts it."""

    SETTLED = "settled"
    ACKNOWLEDGED_PATIENT_PAID = "acknowledged_patient_paid"
    REJECTED = "rejected"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did: recorded a sheet. `identity` is the sheet's printed name: billing number/date/serial, or
    billing number/year of care/number when other software made it.

    `claim` is the identity of the first sheet of the claim: its own, unless it corrects another. `care` lists what the sheet asks
    money for: one opaque text per (patient, performer, day, act). `outside`: no store of a practice holds it, because it is an
    ordinary paper sheet, or younger than the backup that had to be restored.
    """

    identity: str
    practice: str
    claim: str
    tiers_payant: bool
    claimed_cents: int
    care: tuple[str, ...] = ()
    cancelled: bool = False
    outside: bool = False

    @property
    def is_correction(self) -> bool:
        return self.claim != self.identity


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """One sheet as the practice's store has it; amounts are what the practice is told that it gets.

    `told`: the states that the payer's answers, kept in the same store, brought the sheet to.
    """

    identity: str
    state: str
    tiers_payant: bool
    claimed_cents: int
    accepted_cents: int | None
    paid_cents: int
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PayerRow:
    """One sheet as the payer's store has it: registered once, decided or not.

    `outcome` is the decision's own word for `state`, `decided_claim` the claim it decides. Days are ISO texts, "" for none.
    `acknowledged`: the payer's store holds an acknowledgement of the lot that brought the sheet. `patient` is a blind index.
    """

    identity: str
    state: str
    tiers_payant: bool
    claimed_cents: int
    claim: str = ""
    patient: str = ""
    acknowledged: bool = False
    decided: bool = False
    outcome: str = ""
    decided_claim: str = ""
    accepted_cents: int = 0
    rejected_cents: int = 0
    due_on: str = ""
    paid_on: str = ""


class Purse(StrEnum):
    """Where the money of a ledger entry went; `GRANTED` is money promised by a decision, which goes nowhere yet."""

    PRACTICE = "practice"
    PATIENT = "patient"
    RETAINED = "retained"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry about one sheet. `payee` is a billing number, or the blind index of a patient."""

    identity: str
    purse: Purse
    cents: int
    payee: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """How the payer settled one sheet; `transfer` is 0 when nothing was left to transfer. `kept_cents`: retained or recovered."""

    identity: str
    tiers_payant: bool
    payee: str
    accepted_cents: int
    kept_cents: int
    paid_cents: int
    paid_on: str
    transfer: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One order to the bank; `penalties_cents` is the part of it that is the price of paying late."""

    number: int
    payee: str
    cents: int
    paid_on: str
    penalties_cents: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the account is computed from. `shown_patient` is (identity, cents) as patients' statements print it.

    `told_outside_cents`: what practices were told is paid for sheets that their stores do not know.
    """

    deeds: tuple[Deed, ...]
    practice: tuple[PracticeRow, ...]
    payer: tuple[PayerRow, ...]
    ledger: tuple[Entry, ...]
    shown_patient: tuple[tuple[str, int], ...]
    payments: tuple[Payment, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    told_outside_cents: int = 0


def append_deeds(path: Path, deeds: Iterable[Deed]) -> None:
    """Add to the record of what people did, one JSON object a line."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(deed), ensure_ascii=False) + "\n" for deed in deeds)


def read_deeds(path: Path) -> tuple[Deed, ...]:
    """The record of what people did; a sheet cancelled later stands twice, the last line counts."""
    deeds: dict[str, Deed] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            deed = Deed(**{**row, "care": tuple(row["care"])})
            deeds[deed.identity] = deed
    return tuple(deeds.values())
