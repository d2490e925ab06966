"""The whole inquiry about one world: deeds against stores, sheet by sheet and to the cent, then everything read byte by byte."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vaguemestre.audit.account import Account, make_account
from vaguemestre.audit.breaches import ALL_SHEETS, Breach, BreachCode
from vaguemestre.audit.facts import Deed, Facts, read_deeds
from vaguemestre.audit.leaks import Leak, Secrets, leaks_in_tree
from vaguemestre.audit.stores import bank_cents, ledger_entries, payer_rows, practice_rows, told_outside_cents


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the auditor looks. `wires` are the directories of whoever carries; `at_rest` those of the practices and the payer."""

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

    @property
    def holds(self) -> bool:
        return not self.breaches and not self.leaks


def inquire(evidence: Evidence) -> Inquiry:
    """Look at everything. Needs no key: amounts and identities stand in clear, and what must not be read is searched for."""
    shown = json.loads(evidence.shown.read_text(encoding="utf-8"))
    facts = Facts(
        deeds=read_deeds(evidence.deeds),
        practice=tuple(practice_rows(evidence.practice_stores)),
        payer=tuple(payer_rows(evidence.payer_store)),
        ledger=tuple(ledger_entries(evidence.payer_store)),
        shown_patient=tuple((identity, int(cents)) for identity, cents in shown),
        told_outside_cents=told_outside_cents(evidence.practice_stores),
    )
    account = make_account(facts)
    secrets = Secrets.of((subject, nir, name) for subject, nir, name in json.loads(evidence.people.read_text("utf-8")))
    leaks = [leak for root in (*evidence.wires, *evidence.at_rest) for leak in leaks_in_tree(root, secrets)]
    leaks = [replace(leak, sheets=_sheets_of(leak.subject, facts.deeds)) for leak in leaks]
    ledger, transferred = bank_cents(evidence.payer_store)
    bank = () if ledger == transferred else (Breach(BreachCode.BANK_DIFFERS, ALL_SHEETS),)
    return Inquiry(account, tuple(leaks), (*account.breaches, *bank))


def _sheets_of(subject: str, deeds: Sequence[Deed]) -> tuple[str, ...]:
    """The sheets recorded for one person: what a leak about that person exposes."""
    return tuple(deed.identity for deed in deeds if any(care.startswith(f"{subject}/") for care in deed.care))
