"""`practice init`, `backup`: making a practice's directory, and copying it to its second place."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from vaguemestre.cli.asking import ask_secret
from vaguemestre.cli.practice_common import now, practice
from vaguemestre.cli.practice_restore import generation_document
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
from vaguemestre.core.findings import Place, finding
from vaguemestre.core.identifiers import check_number, check_rpps
from vaguemestre.edge.store.vault import create_key_file
from vaguemestre.role.practice.backup import back_up
from vaguemestre.wiring.opening import PASSPHRASE_VARIABLE
from vaguemestre.wiring.practice import open_store, open_vault
from vaguemestre.wiring.practice_config import (
    CONFIG_NAME,
    PORTS,
    PerformerConfig,
    PracticeConfig,
    StationConfig,
    WayConfig,
    written,
)

BillingOption = Annotated[
    str, typer.Option("--billing-number", help=say("Numéro de facturation, 9 chiffres.", "Billing number, 9 digits."))
]
RppsOption = Annotated[str, typer.Option("--rpps", help=say("RPPS du professionnel.", "The professional's RPPS."))]
SpecialtyOption = Annotated[
    str, typer.Option("--specialty", help=say("Spécialité, 2 chiffres.", "Specialty, 2 digits."))
]
NameOption = Annotated[str, typer.Option("--name", help=say("Nom du cabinet.", "The practice's name."))]
AddressOption = Annotated[
    list[str], typer.Option("--address", help=say("Boîte de réponse (répétable).", "Mailbox for answers (repeatable)."))
]
ServerOption = Annotated[
    list[str],
    typer.Option(
        "--server",
        metavar=say("DOMAINE=HOTE:ENVOI:LECTURE", "DOMAIN=HOST:SEND:COLLECT"),
        help=say(
            "Serveur et ports d'un opérateur ; smtp. et pop. du domaine, 465 et 995, par défaut.",
            "An operator's server and ports; smtp. and pop. of the domain, 465 and 995, by default.",
        ),
    ),
]
CaOption = Annotated[
    list[str],
    typer.Option(
        "--ca-file",
        metavar=say("DOMAINE=FICHIER", "DOMAIN=FILE"),
        help=say("Certificat attendu d'un opérateur.", "An operator's expected certificate."),
    ),
]
NewKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help=say("Clé du dossier, hors de lui ; créée.", "The store's key, outside it; created."),
    ),
]
BackupOption = Annotated[
    str, typer.Option("--backup", metavar="PATH", help=say("Second endroit.", "Second place for backups."))
]
DemoOption = Annotated[
    bool,
    typer.Option(
        "--demo", help=say("Démonstration : clé à côté, fichiers d'essai.", "Demonstration: key beside, test files.")
    ),
]
PassphraseOption = Annotated[
    bool,
    typer.Option(
        "--passphrase",
        help=say("Protège la clé par une phrase (demandée).", "Protect the key by a passphrase (asked)."),
    ),
]


def init(
    billing_number: BillingOption,
    rpps: RppsOption,
    specialty: SpecialtyOption,
    name: NameOption = "CABINET",
    address: AddressOption = [],  # noqa: B006 (Typer copies it)
    server: ServerOption = [],  # noqa: B006
    ca_file: CaOption = [],  # noqa: B006
    key: NewKeyOption = None,
    backup: BackupOption = "",
    demo: DemoOption = False,
    passphrase: PassphraseOption = False,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Make a state directory with its commented settings and its store's key."""
    place = Place(source="--billing-number")
    wrong = [*check_number(billing_number, place), *check_rpps(rpps, Place(source="--rpps"))]
    if wrong:
        fail(wrong)
    if (state / CONFIG_NAME).exists():
        fail(finding("R050", path=state / CONFIG_NAME), ExitCode.ENVIRONMENT)
    key_file = key or (state / "practice.key" if demo else state.resolve().parent / f"{state.resolve().name}.key")
    config = PracticeConfig(
        name=name,
        store_key=Path(os.path.relpath(key_file.resolve(), state.resolve())),
        trust=Path("trust"),
        station_keys=(Path("station.pem"),),
        backup_directory=backup,
        demo=demo,
        stations=(StationConfig(billing_number),),
        performers=(PerformerConfig(rpps, billing_number, specialty, Path("cards") / f"{rpps}.p12"),),
        ways=_ways(address or ["cabinet@a.example", "cabinet@b.example"], server, ca_file, state),
    )
    for folder in ("trust", "cards", "secrets"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    secret = _ask_passphrase() if passphrase else None
    if not key_file.exists():
        create_key_file(key_file, secret)
    # settings are written after the store: where they stand, a store was made, and one that is missing has vanished
    open_store(state, open_vault(state, config, secret), key_file, create=True).close()
    (state / CONFIG_NAME).write_text(written(config, lang), encoding="utf-8")
    found = [finding("R034", path=key_file)] if key_file.resolve().parent == state.resolve() else []
    found += [] if backup else [finding("R032")]
    document = {"config": str(state / CONFIG_NAME), "store_key": str(key_file)}
    return finish(document, _made(state, key_file, config), found, lang=lang, as_json=as_json)


def _made(state: Path, key_file: Path, config: PracticeConfig) -> list[str]:
    """What `init` tells a person: what was made, what is missing, and how to get each."""
    performer = config.performers[0]
    passwords = ", ".join(str(state / way.password_file) for way in config.ways)
    station = f"{config.stations[0].billing_number}-01"
    return [
        say(f"Cabinet créé : {state / CONFIG_NAME}", f"Practice made: {state / CONFIG_NAME}"),
        say(
            f"Clé du dossier : {key_file} (gardez-en une copie ailleurs)",
            f"Store key: {key_file} (keep a copy elsewhere)",
        ),
        say(
            "Il y manque encore (pas à pas : docs/standing-up.md) :",
            "Still missing (step by step: docs/standing-up.md):",
        ),
        say(
            f"  les autorités de la caisse : copiez son dossier PKI/trust dans {state / config.trust}",
            f"  the fund's authorities: copy its directory PKI/trust to {state / config.trust}",
        ),
        say(
            f"  la clé de ce poste, que fait la caisse : vaguemestre pki issue PKI station {station} -o {state / 'station'}",
            f"  this machine's key, which the fund makes: vaguemestre pki issue PKI station {station} -o {state / 'station'}",
        ),
        say(
            f"  la carte du professionnel : {state / performer.card} (un essai : vaguemestre pki issue PKI professional "
            f"{performer.rpps} --p12 -o {state / performer.card.with_suffix('')})",
            f"  the professional's card: {state / performer.card} (to try: vaguemestre pki issue PKI professional "
            f"{performer.rpps} --p12 -o {state / performer.card.with_suffix('')})",
        ),
        say(f"  les mots de passe des boîtes : {passwords}", f"  the mailboxes' passwords: {passwords}"),
        say(
            f"  le paquet signé de la caisse : vaguemestre practice import PAQUET.p7s --state {state}",
            f"  the fund's signed bundle: vaguemestre practice import BUNDLE.p7s --state {state}",
        ),
    ]


def _ways(addresses: list[str], servers: list[str], ca_files: list[str], state: Path) -> tuple[WayConfig, ...]:
    """The ways of these addresses; an operator that is not at smtp. and pop. of its domain is named by an option."""
    ways = {address.rpartition("@")[2]: _way(address) for address in addresses}
    for text in servers:
        domain, _, where = text.partition("=")
        host, _, ports = where.partition(":")
        send, _, collect = ports.partition(":")
        if domain not in ways or not host or not _is_port(send) or not _is_port(collect):
            _misfit("--server", text, say("DOMAINE=HOTE:ENVOI:LECTURE", "DOMAIN=HOST:SEND:COLLECT"), ways)
        ways[domain] = replace(
            ways[domain], submission_host=host, pop3_host=host, submission_port=int(send), pop3_port=int(collect)
        )
    for text in ca_files:
        domain, _, path = text.partition("=")
        if domain not in ways or not path:
            _misfit("--ca-file", text, say("DOMAINE=FICHIER", "DOMAIN=FILE"), ways)
        ways[domain] = replace(ways[domain], ca_file=Path(os.path.relpath(path, state)).as_posix())
    return tuple(ways.values())


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and PORTS[0] <= int(text) <= PORTS[1]


def _misfit(option: str, text: str, form: str, ways: Iterable[str]) -> NoReturn:
    known = ", ".join(ways)
    message = say(
        f"{text} ; attendu {form}, un domaine de --address : {known}", f"{text}; expected {form}, of --address: {known}"
    )
    raise typer.BadParameter(message, param_hint=option)


def _way(address: str) -> WayConfig:
    domain = address.rpartition("@")[2]
    name = domain.partition(".")[0]
    return WayConfig(name, address, Path("secrets") / f"{name}.txt", f"smtp.{domain}", f"pop.{domain}")


def _ask_passphrase() -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    return ask_secret("Phrase", "Passphrase")


def backup(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Copy the store to the second place now."""
    with practice(state) as opened:
        report = back_up(opened.edges, now())
    document: dict[str, Any] = {"generation": None}
    lines = []
    if report.generation is not None:
        document = {"generation": generation_document(report.generation)}
        lines = [say(f"Sauvegarde écrite : {report.generation.name}", f"Backup written: {report.generation.name}")]
    code = ExitCode.ENVIRONMENT if report.generation is None and report.findings else None
    return finish(document, lines, report.findings, lang=lang, as_json=as_json, exit_code=code)
