"""The whole inquiry about one world: deeds against stores, sheet by sheet and to the cent, then everything read byte by byte."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vaguemestre.audit import stores
from vaguemestre.audit.account import Account, make_account
from vaguemestre.audit.breaches import ALL_SHEETS, Breach, BreachCode
from vaguemestre.audit.facts import Deed, Facts, read_deeds
from vaguemestre.audit.leaks import Leak, leaks_in
from vaguemestre.audit.secrets import SUBJECTS_APART, Person, Secrets


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the auditor looks. `wires` hold what was carried, and the carriers themselves; `at_rest` everything else of the world.

    What is somebody's to read stays out of both: a patient's card in that patient's pocket, the auditor's own record.
    """

    deeds: Path
    shown: Path
    people: Path
    practice_stores: Sequence[Path]
    payer_store: Path
    wires: Sequence[Path]
    at_rest: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was found. It holds when nothing was lost, paid twice, leaked, or a cent off."""

    account: Account
    leaks: tuple[Leak, ...]
    breaches: tuple[Breach, ...]
    unseen_messages: int = 0
    """Messages of which no copy was kept while they were carried: nobody can say whether they could be read."""

    @property
    def holds(self) -> bool:
        return not self.breaches and not self.leaks


def inquire(evidence: Evidence) -> Inquiry:
    """Look at everything. Needs no key: amounts and identities stand in clear, and what must not be read is searched for."""
    shown = json.loads(evidence.shown.read_text(encoding="utf-8"))
    facts = Facts(
        deeds=read_deeds(evidence.deeds),
        practice=tuple(stores.practice_rows(evidence.practice_stores)),
        payer=tuple(stores.payer_rows(evidence.payer_store)),
        ledger=tuple(stores.ledger_entries(evidence.payer_store)),
        payments=tuple(stores.payments(evidence.payer_store)),
        transfers=tuple(stores.transfers(evidence.payer_store)),
        shown_patient=tuple((identity, int(cents)) for identity, cents in shown),
        told_outside_cents=stores.told_outside_cents(evidence.practice_stores),
    )
    account = make_account(facts)
    secrets = Secrets(_people(evidence.people, facts.deeds))
    leaks = [
        replace(leak, sheets=_sheets_of(leak.subject, facts.deeds))
        for leak in leaks_in((*evidence.wires, *evidence.at_rest), secrets)
    ]
    ledger, transferred = stores.bank_cents(evidence.payer_store)
    bank = () if ledger == transferred else (Breach(BreachCode.BANK_DIFFERS, ALL_SHEETS),)
    counts = [path for root in evidence.wires for path in root.glob("*.left-out")]
    unseen = sum(int(path.read_text("ascii")) for path in counts)
    return Inquiry(account, tuple(leaks), (*account.breaches, *bank), unseen)


def _people(path: Path, deeds: Sequence[Deed]) -> Iterator[Person]:
    """Who the people are, and the acts that somebody recorded for each."""
    acts: dict[str, set[str]] = defaultdict(set)
    for deed in deeds:
        for care in deed.care:
            acts[care.partition("/")[0]].add(care.rpartition("/")[2])
    for row in json.loads(path.read_text("utf-8")):
        texts: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }
        yield Person(**texts, acts=tuple(sorted(acts[row["subject"]])))


def _sheets_of(subject: str, deeds: Sequence[Deed]) -> tuple[str, ...]:
    """The sheets recorded for one person, or for all who bear a name: what a leak about them exposes."""
    subjects = set(subject.split(SUBJECTS_APART))
    return tuple(deed.identity for deed in deeds if any(care.partition("/")[0] in subjects for care in deed.care))
