"""Founds a world on an empty directory: authorities, cards, operators, the payer and its register, the practices."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from vaguemestre.core.bundle import CertificateUse
from vaguemestre.core.mandates import HolderKind, Mandate, MandateKind, Verb, holder
from vaguemestre.core.registry import Payee, Professional, StationRecord
from vaguemestre.core.sealing import KeyKind
from vaguemestre.edge.certificates import Usage
from vaguemestre.edge.embedded_operator.process import OperatorProcess, start_operator
from vaguemestre.edge.embedded_operator.settings import OperatorSettings
from vaguemestre.role.payer.publish import publish
from vaguemestre.role.payer.register import enrol, set_mandates
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.sim.credentials import Credentials, shared_pool
from vaguemestre.sim.people import FUNDS, Person
from vaguemestre.sim.practices import PRACTICES, Practice
from vaguemestre.sim.rights import insured_of, issued_card_of
from vaguemestre.sim.wiring import (
    Account,
    FundFile,
    PayerFile,
    PracticeFile,
    open_payer,
    open_practice,
    published,
    station_of,
    write_told,
)
from vaguemestre.sim.worldfiles import WorldFiles

OPERATORS = ("a", "b")
_CHEAP_SCRYPT = 16  # invented people's passwords: their hashing must not be what a simulation measures
_FUND_NAMES = ("Caisse générale de démonstration", "Caisse agricole de démonstration")


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the director needs of a founded world."""

    operators: dict[str, OperatorProcess]
    payer_domains: tuple[str, ...]


def found_world(
    files: WorldFiles, people: Sequence[Person], kind: KeyKind, first: datetime, stack: ExitStack
) -> Foundation:
    """Make everything; operators started here are stopped by `stack`."""
    files.record.mkdir(parents=True, exist_ok=True)
    credentials = Credentials(files.pki, first, shared_pool(), kind=kind, card_keys=min(180, max(20, len(people) // 8)))
    credentials.write_trust()
    holders = [*people, *(person.replacement_card() for person in people if person.opposed)]
    fingerprints = credentials.write_cards(holders, files.cards)
    operators = {name: _operator(files, name, stack) for name in OPERATORS}
    payer = _payer_file(credentials, operators)
    write_told(files.payer / "payer.json", payer)
    practices = [
        _practice_file(files, credentials, rank, practice, operators) for rank, practice in enumerate(PRACTICES)
    ]
    for told in practices:
        write_told(files.practice(told.key) / "practice.json", told)
    bundle = _enrol(files, payer, holders, fingerprints, credentials, first)
    for told in practices:
        edges = open_practice(files, told)
        _, found = take_bundle(edges, bundle, first)
        if found:
            raise RuntimeError(f"{told.key}: the first bundle is refused: {[str(item) for item in found]}")
    _write_record(files, people, practices)
    return Foundation(operators, tuple(fund.address.partition("@")[2] for fund in payer.funds))


def _operator(files: WorldFiles, name: str, stack: ExitStack) -> OperatorProcess:
    accounts = [(f"{practice.mailbox}@{name}.example", f"mot de passe {practice.key} {name}") for practice in PRACTICES]
    settings = OperatorSettings(
        name, (f"{name}.example",), scrypt_cost=_CHEAP_SCRYPT, relay_connections=1, relay_first_seconds=0.2
    )
    operator = start_operator(files.operator(name), settings, accounts=accounts)
    stack.callback(operator.stop)
    return operator


def _payer_file(credentials: Credentials, operators: dict[str, OperatorProcess]) -> PayerFile:
    funds = tuple(
        FundFile(
            fund.code,
            name,
            f"{fund.scheme}{fund.fund}@{fund.fund}.{fund.scheme}.rss.example",
            str(credentials.fund(fund, Usage.SIGN).path),
            str(credentials.fund(fund, Usage.ENCRYPT).path),
        )
        for fund, name in zip(FUNDS, _FUND_NAMES, strict=True)
    )
    ports = {f"{name}.example": operator.ports.reception for name, operator in operators.items()}
    return PayerFile("Caisses de démonstration", funds, ports)


def _practice_file(
    files: WorldFiles,
    credentials: Credentials,
    rank: int,
    practice: Practice,
    operators: dict[str, OperatorProcess],
) -> PracticeFile:
    accounts = tuple(
        Account(
            name,
            f"{practice.mailbox}@{name}.example",
            f"mot de passe {practice.key} {name}",
            operator.ports.submission,
            operator.ports.pop3,
            str(operator.ca_file),
        )
        for name, operator in operators.items()
    )
    return PracticeFile(
        practice.key,
        practice.name,
        practice.billing_number,
        tuple((performer.rpps, str(credentials.professional(performer).path)) for performer in practice.performers),
        str(credentials.station(station_of(practice.billing_number).number, rank).path),
        accounts,
    )


def _enrol(
    files: WorldFiles,
    told: PayerFile,
    holders: Sequence[Person],
    fingerprints: dict[str, str],
    credentials: Credentials,
    first: datetime,
) -> bytes:
    """Fill the payer's register and give its first signed bundle."""
    edges = open_payer(files, told)
    performers = [(practice, performer) for practice in PRACTICES for performer in practice.performers]
    stations = []
    for rank, practice in enumerate(PRACTICES):
        station = station_of(practice.billing_number)
        certificate = published(credentials.station(station.number, rank).path, CertificateUse.ENCRYPT)
        stations.append(StationRecord(station, certificate))
    enrol(
        edges,
        persons=[insured_of(person) for person in holders],
        cards=[issued_card_of(person, fingerprints[person.card_serial]) for person in holders],
        professionals=[
            Professional(entry.rpps, entry.billing_number, practice.name, "", entry.specialty)
            for practice, entry in performers
        ],
        payees=[Payee(practice.billing_number, practice.name) for practice in PRACTICES],
        stations=stations,
    )
    set_mandates(
        edges,
        [_mandate(practice, rank, first) for practice in PRACTICES for rank in range(len(practice.performers))],
        first,
    )
    return publish(edges, first)[1]


def _mandate(practice: Practice, rank: int, first: datetime) -> Mandate:
    """The first performer is the owner; a second one a locum; in a centre everybody is employed."""
    kind = MandateKind.ONESELF if rank == 0 else MandateKind.LOCUM
    if practice.structure_number:
        kind = MandateKind.EMPLOYEE
    who = holder(HolderKind.PROFESSIONAL, practice.performers[rank].rpps)
    since = first.replace(year=first.year - 1)
    return Mandate(who, practice.billing_number, kind, (Verb.SIGN, Verb.SEND, Verb.COLLECT), since)


def _write_record(files: WorldFiles, people: Sequence[Person], practices: Sequence[PracticeFile]) -> None:
    secrets = [(str(person.number), person.beneficiary.insured_nir, person.last_name) for person in people]
    files.secrets.write_text(json.dumps(secrets, ensure_ascii=False), encoding="utf-8")
    files.deeds.touch()
    files.shown.write_text("[]", encoding="utf-8")
    accounts = [json.dumps((entry.address, entry.password)) for told in practices for entry in told.accounts]
    files.accounts.write_text("\n".join(accounts) + "\n", encoding="utf-8")
