"""Founds a world on an empty directory: authorities, cards, operators, the payer and its register, the practices."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Verb, holder
from vaguemestre.core.payer.registry import Payee, Professional, StationRecord
from vaguemestre.core.seal.sealing import KeyKind
from vaguemestre.core.values import dataclass
from vaguemestre.edge.embedded_operator.process import OperatorProcess, start_operator
from vaguemestre.edge.embedded_operator.settings import OperatorSettings
from vaguemestre.role.payer.publish import publish
from vaguemestre.role.payer.register import enrol, set_mandates
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.sim.configuring import password_of, write_payer, write_practice
from vaguemestre.sim.credentials import Credentials, shared_pool
from vaguemestre.sim.people import Person
from vaguemestre.sim.practices import PRACTICES, Practice, station_of
from vaguemestre.sim.rights import insured_of, issued_card_of
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.wiring.payer import opened_payer
from vaguemestre.wiring.practice import open_practice

OPERATORS = ("a", "b")
_CHEAP_SCRYPT = 16  # invented people's passwords: their hashing must not be what a simulation measures
_SHEETS_PER_CARD_KEY, _CARD_KEYS_MIN, _CARD_KEYS_MAX = 8, 20, 180


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
    card_keys = min(_CARD_KEYS_MAX, max(_CARD_KEYS_MIN, len(people) // _SHEETS_PER_CARD_KEY))
    credentials = Credentials(files.pki, first, shared_pool(), kind=kind, card_keys=card_keys)
    credentials.write_trust()
    holders = [*people, *(person.replacement_card() for person in people if person.opposed)]
    fingerprints = credentials.write_cards(holders, files.cards)
    operators = {name: _operator(files, name, stack) for name in OPERATORS}
    payer = write_payer(files, credentials, operators)
    for rank, practice in enumerate(PRACTICES):
        write_practice(files, credentials, rank, practice, operators)
    bundle = _enrol(files, holders, fingerprints, credentials, first)
    for practice in PRACTICES:
        opened = open_practice(files.practice(practice.key), create=True)
        _, found = take_bundle(opened.edges, bundle, first)
        opened.close()
        if found:
            raise RuntimeError(f"{practice.key}: the first bundle is refused: {[str(item) for item in found]}")
    _write_record(files, people)
    return Foundation(operators, tuple(fund.address.partition("@")[2] for fund in payer.funds))


def _operator(files: WorldFiles, name: str, stack: ExitStack) -> OperatorProcess:
    accounts = [(f"{practice.mailbox}@{name}.example", password_of(practice, name)) for practice in PRACTICES]
    settings = OperatorSettings(
        name, (f"{name}.example",), scrypt_cost=_CHEAP_SCRYPT, relay_connections=1, relay_first_seconds=0.2
    )
    operator = start_operator(files.operator(name), settings, accounts=accounts, copies=files.carried_by(name))
    stack.callback(operator.stop)
    return operator


def _enrol(
    files: WorldFiles,
    holders: Sequence[Person],
    fingerprints: dict[str, str],
    credentials: Credentials,
    first: datetime,
) -> bytes:
    """Fill the payer's register and give its first signed bundle."""
    opened = opened_payer(files.payer, create=True)
    performers = [(practice, performer) for practice in PRACTICES for performer in practice.performers]
    enrol(
        opened.edges,
        persons=[insured_of(person) for person in holders],
        cards=[issued_card_of(person, fingerprints[person.card_serial]) for person in holders],
        professionals=[
            Professional(entry.rpps, entry.billing_number, practice.name, "", entry.specialty)
            for practice, entry in performers
        ],
        payees=[Payee(practice.billing_number, practice.name) for practice in PRACTICES],
        stations=[_station(credentials, rank, practice) for rank, practice in enumerate(PRACTICES)],
    )
    mandates = [_mandate(practice, rank, first) for practice in PRACTICES for rank in range(len(practice.performers))]
    set_mandates(opened.edges, mandates, first)
    _, signed = publish(opened.edges, first)
    opened.close()
    return signed


def _station(credentials: Credentials, rank: int, practice: Practice) -> StationRecord:
    station = station_of(practice.billing_number)
    certificate = credentials.station(station.number, rank).certificate
    published = PublishedCertificate(
        CertificateUse.ENCRYPT,
        certificate.public_bytes(Encoding.DER),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
    return StationRecord(station, published)


def _mandate(practice: Practice, rank: int, first: datetime) -> Mandate:
    """The first performer is the owner; a second one a locum; in a centre everybody is employed."""
    kind = MandateKind.ONESELF if rank == 0 else MandateKind.LOCUM
    if practice.structure_number:
        kind = MandateKind.EMPLOYEE
    who = holder(HolderKind.PROFESSIONAL, practice.performers[rank].rpps)
    since = first.replace(year=first.year - 1)
    return Mandate(who, practice.billing_number, kind, (Verb.SIGN, Verb.SEND, Verb.COLLECT), since)


def _write_record(files: WorldFiles, people: Sequence[Person]) -> None:
    secrets = [person.told_to_auditor() for person in people]
    files.secrets.write_text(json.dumps(secrets, ensure_ascii=False), encoding="utf-8")
    files.deeds.touch()
    files.shown.write_text("[]", encoding="utf-8")
