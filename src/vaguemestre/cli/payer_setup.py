"""`payer init`, `register`, `meet`, `revoke`, `publish`: making a payer's directory, filling it, telling the practices."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.output import write_whole
from vaguemestre.cli.payer_common import payer, read_within
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finish,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.canonical import DOCUMENT_BYTES_MAX, CanonicalError, decode
from vaguemestre.core.findings import Finding, Place, errors_in, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.payer.registry import RegisterFile
from vaguemestre.core.seal.sealing import KeyKind, Revocation, RevocationReason, Role
from vaguemestre.edge.seal.bundlefile import BUNDLE_BYTES_MAX, read_bundle
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity
from vaguemestre.edge.seal.keys import KEY_FILE_BYTES_MAX, load_certificates
from vaguemestre.edge.seal.pki_directory import PkiDirectory
from vaguemestre.edge.store.vault import create_key_file
from vaguemestre.role.payer.publish import publish as publish_bundle
from vaguemestre.role.payer.publish import tell_stations
from vaguemestre.role.payer.register import enrol, set_mandates
from vaguemestre.role.payer.register import meet as meet_neighbours
from vaguemestre.role.payer.register import revoke as revoke_certificates
from vaguemestre.wiring.payer import create_store
from vaguemestre.wiring.payer_config import CONFIG_NAME, FundConfig, PayerConfig
from vaguemestre.wiring.practice_config import written

_AUTHORITY_DAYS: Final = 3650
_FUND_DAYS: Final = 1095
_DEFAULT_FUNDS: Final = ("017510000=Caisse générale", "029220000=Caisse agricole")


FundOption = Annotated[
    list[str],
    typer.Option(
        "--fund", metavar="CODE=NAME", help=say("Caisse : 9 chiffres et nom (répétable).", "Fund: 9 digits, name.")
    ),
]
NameOption = Annotated[str, typer.Option("--name", help=say("Nom de l'assureur.", "The insurer's name."))]
DomainOption = Annotated[
    str, typer.Option("--domain", help=say("Domaine des adresses de caisse.", "Domain of the funds' addresses."))
]
PkiOption = Annotated[
    Path | None,
    typer.Option(
        "--pki",
        metavar="DIR",
        help=say("Dossier des autorités ; créé s'il est vide.", "Directory of the authorities; created when empty."),
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help=say("Clé du dossier, hors de lui ; créée.", "Store key; created.")),
]
DemoOption = Annotated[
    bool, typer.Option("--demo", help=say("Démonstration : clé à côté, lots d'essai pris.", "Demonstration."))
]


def init(
    fund: FundOption = list(_DEFAULT_FUNDS),  # noqa: B006 (Typer copies it)
    name: NameOption = "Assureur",
    domain: DomainOption = "example",
    pki: PkiOption = None,
    key: KeyOption = None,
    demo: DemoOption = False,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Make a state directory: commented settings, store key, and keys with certificates for each fund."""
    if (state / CONFIG_NAME).exists():
        fail(finding("A067", path=state / CONFIG_NAME), ExitCode.ENVIRONMENT)
    funds = [_fund_config(text, domain) for text in fund]
    key_file = key or (state / "payer.key" if demo else state.resolve().parent / f"{state.resolve().name}.key")
    state.mkdir(parents=True, exist_ok=True)
    authorities = PkiDirectory(pki or state / "pki")
    start = instant(now)
    found = [] if authorities.trust.is_dir() else authorities.create(name, Validity.days(start, _AUTHORITY_DAYS))
    for entry in funds:
        found += _fund_keys(state, entry, authorities, start)
    if errors_in(found):
        fail(found)
    shutil.copytree(authorities.trust, state / "trust", dirs_exist_ok=True)
    config = PayerConfig(
        name=name,
        store_key=Path(os.path.relpath(key_file.resolve(), state.resolve())),
        trust=Path("trust"),
        demo=demo,
        funds=tuple(funds),
    )
    if not key_file.exists():
        create_key_file(key_file)
    create_store(state, config)  # before the settings: where they stand, a store was made
    (state / CONFIG_NAME).write_text(written(config, lang), encoding="utf-8")
    with payer(state) as opened:
        found += opened.findings
    lines = [
        say(f"Assureur créé : {state / CONFIG_NAME}", f"Insurer made: {state / CONFIG_NAME}"),
        say(f"Clé du dossier : {key_file} (gardez-en une copie)", f"Store key: {key_file} (keep a copy)"),
        say("Ensuite : vaguemestre payer register FICHIER", "Next: vaguemestre payer register FILE"),
    ]
    document = {"state": str(state), "store_key": str(key_file), "funds": [entry.code for entry in funds]}
    return finish(document, lines, found, lang=lang, as_json=as_json)


def _fund_config(text: str, domain: str) -> FundConfig:
    code, _, name = text.partition("=")
    if len(code) != 9 or not (code.isascii() and code.isdigit()):
        expected = say(
            f"attendu : CODE=NOM, un code de 9 chiffres ; reçu : {text}", f"expected: CODE=NAME, 9 digits; got: {text}"
        )
        raise typer.BadParameter(expected, param_hint="--fund")
    fund = Destination.from_code(code)
    return FundConfig(
        code=code,
        name=name or code,
        address=f"{fund.scheme}{fund.fund}@{fund.fund}.{fund.scheme}.rss.{domain}",
        signing_key=Path("keys") / code / "sign.pem",
        decryption_keys=Path("keys") / code / "decrypt",
    )


def _fund_keys(state: Path, fund: FundConfig, authorities: PkiDirectory, start: datetime) -> list[Finding]:
    validity = Validity.days(start, _FUND_DAYS)
    subject = Subject(fund.code, fund.name)
    found: list[Finding] = []
    first = state / fund.decryption_keys / start.strftime("%Y-%m-%d")
    for usage, target in ((Usage.SIGN, (state / fund.signing_key).with_suffix("")), (Usage.ENCRYPT, first)):
        _, more = authorities.issue(Role.FUND, subject, usage, KeyKind.RSA_2048, validity, target)
        found += more
    return found


def register(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=say("Fichier JSON du registre.", "Register, JSON file."))
    ],
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Write the persons, cards, professionals, payees, stations and mandates of a file into the register."""
    try:
        given = decode(RegisterFile, read_within(file, DOCUMENT_BYTES_MAX))
    except CanonicalError as error:
        fail(finding("A074", Place(source=file.name), problem=str(error)), ExitCode.UNREADABLE)
    with payer(state) as opened:
        enrol(
            opened.edges,
            persons=given.persons,
            cards=given.cards,
            professionals=given.professionals,
            payees=given.payees,
            stations=given.stations,
        )
        if given.mandates:
            set_mandates(opened.edges, given.mandates, instant(now))
    counts = {
        "persons": len(given.persons),
        "cards": len(given.cards),
        "professionals": len(given.professionals),
        "payees": len(given.payees),
        "stations": len(given.stations),
        "mandates": len(given.mandates),
    }
    lines = [", ".join(f"{name} : {count}" for name, count in counts.items())]
    return finish(counts, lines, [], lang=lang, as_json=as_json)


def revoke(
    certificate: Annotated[Path, typer.Argument(metavar="CERT", help=say("Certificat à révoquer.", "Certificate."))],
    reason: Annotated[RevocationReason, typer.Option("--reason", help=say("Motif.", "Reason."))] = (
        RevocationReason.UNSPECIFIED
    ),
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help=say("Depuis (UTC).", "Since (UTC).")),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Add a certificate to the revocations: the next intake judges by it, the next bundle tells the practices."""
    found = load_certificates(read_within(certificate, KEY_FILE_BYTES_MAX))
    if not found:
        fail(finding("S062", Place(source=certificate.name), file=certificate.name), ExitCode.UNREADABLE)
    with payer(state) as opened:
        from cryptography.hazmat.primitives.serialization import Encoding

        read = opened.trust.read(found[0].public_bytes(Encoding.DER))
        if read is None or not read[0].issuer:
            fail(finding("S066", Place(source=certificate.name), file=certificate.name))
        at = instant(since or now)
        sequence = revoke_certificates(
            opened.edges, [Revocation(read[0].issuer, read[0].serial, at, reason)], instant(now)
        )
    line = say(f"Révoqué depuis le {at:%d/%m/%Y %H:%M} UTC.", f"Revoked since {at:%Y-%m-%d %H:%M} UTC.")
    return finish({"sequence": sequence}, [line], [], lang=lang, as_json=as_json)


def publish(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help=say("Fichier du paquet signé.", "Signed bundle file.")),
    ] = Path("bundle.p7s"),
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Publish what practices need in one signed bundle: certificates, revocations, opposition list, mandates, stations.

    The stations that have written are sent it by the next `payer answer` or round of `payer serve`.
    """
    at = instant(now)
    with payer(state) as opened:
        bundle, signed = publish_bundle(opened.edges, at)
        told = tell_stations(opened.edges, at)
    write_whole(output, signed)
    lines = [say(f"Paquet n° {bundle.sequence} : {output}", f"Bundle no. {bundle.sequence}: {output}")]
    if told.stations:
        lines.append(
            say(
                f"Il part à la prochaine tournée (payer answer ou payer serve) ; postes : {told.stations}.",
                f"It leaves with the next round (payer answer or payer serve); stations: {told.stations}.",
            )
        )
    document = {
        "sequence": bundle.sequence,
        "file": str(output),
        "size_bytes": len(signed),
        "stations": told.stations,
    }
    return finish(document, lines, [], lang=lang, as_json=as_json)


def meet(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=say("Paquet signé de l'autre assureur.", "The other's signed bundle.")),
    ],
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Know where to forward the sheets of persons who depend on another insurer: its funds, addresses and certificates."""
    at = instant(now)
    data = read_within(file, BUNDLE_BYTES_MAX)
    with payer(state) as opened:
        bundle, found = read_bundle(data, opened.trust, at, source=file.name)
        if bundle is None:
            fail(found, ExitCode.UNREADABLE)
        met = meet_neighbours(opened.edges, bundle, at)
    lines = [f"{fund.destination.code}  {fund.name_fr}  {fund.email_address}" for fund in met] or [
        say("Ce paquet ne nomme que des caisses gérées ici.", "This bundle names only funds that are run here.")
    ]
    document = {"issuer": bundle.issuer, "funds": [fund.destination.code for fund in met]}
    return finish(document, lines, found, lang=lang, as_json=as_json)
