"""`practice init`, `backup`, `restore`: making a practice's directory, and keeping it safe."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from vaguemestre.cli.practice_common import now, practice
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
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.identifiers import check_number, check_rpps
from vaguemestre.core.practice.book import Generation
from vaguemestre.edge.store.backup_place import DirectoryPlace
from vaguemestre.edge.store.vault import create_key_file
from vaguemestre.role.practice.backup import after_restore, back_up
from vaguemestre.wiring.opening import PASSPHRASE_VARIABLE, NotReadyError
from vaguemestre.wiring.practice import (
    STORE_NAME,
    open_store,
    open_vault,
    read_practice_config,
    second_place,
)
from vaguemestre.wiring.practice_config import (
    CONFIG_NAME,
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
        ways=tuple(_way(item) for item in address) or (_way("cabinet@a.example"), _way("cabinet@b.example")),
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
    return finish(document, _made(state, key_file), found, lang=lang, as_json=as_json)


def _made(state: Path, key_file: Path) -> list[str]:
    """What `init` tells a person."""
    return [
        say(f"Cabinet créé : {state / CONFIG_NAME}", f"Practice made: {state / CONFIG_NAME}"),
        say(
            f"Clé du dossier : {key_file} (gardez-en une copie ailleurs)",
            f"Store key: {key_file} (keep a copy elsewhere)",
        ),
        say(
            "Il y manque : les autorités (trust/), la clé du poste (station.pem), la carte (cards/), "
            "les mots de passe (secrets/).",
            "Still to put there: authorities (trust/), the machine's key (station.pem), the card (cards/), "
            "passwords (secrets/).",
        ),
    ]


def _way(address: str) -> WayConfig:
    domain = address.rpartition("@")[2]
    name = domain.partition(".")[0]
    return WayConfig(name, address, Path("secrets") / f"{name}.txt", f"smtp.{domain}", f"pop.{domain}")


def _ask_passphrase() -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    text: str = typer.prompt(say("Phrase", "Passphrase"), hide_input=True, confirmation_prompt=True)
    return text


def backup(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Copy the store to the second place now."""
    with practice(state) as opened:
        report = back_up(opened.edges, now())
    document: dict[str, Any] = {"generation": None}
    lines = []
    if report.generation is not None:
        document = {"generation": _generation_document(report.generation)}
        lines = [say(f"Sauvegarde écrite : {report.generation.name}", f"Backup written: {report.generation.name}")]
    code = ExitCode.ENVIRONMENT if report.generation is None and report.findings else None
    return finish(document, lines, report.findings, lang=lang, as_json=as_json, exit_code=code)


def restore(
    generation: Annotated[
        int | None,
        typer.Option(
            "--generation", help=say("Numéro de la sauvegarde ; la dernière.", "The backup's number; the last one.")
        ),
    ] = None,
    show: Annotated[
        bool,
        typer.Option("--list", help=say("Montre les sauvegardes, sans rien faire.", "Show the backups, do nothing.")),
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="PATH", help=say("Second endroit, sur un poste neuf.", "Second place, on a new machine.")
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", help=say("Clé du dossier, sur un poste neuf.", "Store key, on a new machine.")
        ),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Put a backup back, with the numbering jump; the store that was there is kept aside."""
    place = _place(state, source, key)
    try:
        generations = place.generations()
    except FileNotFoundError:
        generations = []
    if show:
        lines = [f"{item.number:>6}  {item.taken_at:%Y-%m-%d %H:%M:%SZ}  {item.size_bytes:>12}" for item in generations]
        document = {"generations": [_generation_document(item) for item in generations]}
        return finish(document, lines, (), lang=lang, as_json=as_json)
    chosen = next((item for item in generations if generation in (None, item.number)), None)
    if chosen is None:
        fail(finding("R051", directory=place.name), ExitCode.ENVIRONMENT)
    findings = _put_back(state, place, chosen, key)
    lines = [say(f"Restauré : {chosen.name}", f"Restored: {chosen.name}")]
    return finish({"generation": _generation_document(chosen)}, lines, findings, lang=lang, as_json=as_json)


def _place(state: Path, source: Path | None, key: Path | None) -> DirectoryPlace:
    """The second place of the settings, or the one that is named on a machine that has no settings yet."""
    if source is not None and key is not None:
        state.mkdir(parents=True, exist_ok=True)
        config = PracticeConfig("", Path(os.path.relpath(key.resolve(), state.resolve())), Path("trust"), ())
        return DirectoryPlace(source, open_vault(state, config), state)
    try:
        config = read_practice_config(state)
    except NotReadyError as error:
        fail(error.findings, ExitCode.UNREADABLE)
    place = second_place(state, config, open_vault(state, config))
    if place is None:
        fail(finding("R032"), ExitCode.ENVIRONMENT)
    return place


def _put_back(state: Path, place: DirectoryPlace, chosen: Generation, key: Path | None) -> tuple[Finding, ...]:
    """Read the generation aside, count the restore, jump the numbers there, and only then put the store in its place.

    A crash on the way leaves the former store where it was: a restored store never stands there without its jump.
    """
    aside = state / "restoring"
    aside.mkdir(exist_ok=True)
    for leftover in aside.iterdir():
        leftover.unlink()
    if not place.read(chosen, aside / STORE_NAME, state):
        fail(finding("R033", file=chosen.name), ExitCode.UNREADABLE)
    if key is not None:
        _name_key(state, key)
    moment = now()
    with practice(state, store_directory=aside) as opened:
        row = place.begin_restore(opened.edges.today(moment), moment, chosen)
        findings = after_restore(opened.edges, row, place.restores(), moment)
    _swap(state / STORE_NAME, aside / STORE_NAME, row.number)
    aside.rmdir()
    return findings


def _swap(current: Path, restored: Path, number: int) -> None:
    """Keep the former store aside, with its log, then put the restored one in its place."""
    for suffix in ("-wal", "-shm", ""):
        former = current.with_name(current.name + suffix)
        if former.exists():
            former.rename(current.with_name(f"{current.name}.before-restore-{number}{suffix}"))
    for suffix in ("-wal", "-shm"):  # closing the store has emptied its log
        restored.with_name(restored.name + suffix).unlink(missing_ok=True)
    restored.rename(current)


def _name_key(state: Path, key: Path) -> None:
    """On a new machine the settings that came back name the former key's place: that one line is changed."""
    path = state / CONFIG_NAME
    named = Path(os.path.relpath(key.resolve(), state.resolve())).as_posix()
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^store_key\s*=.*$", f'store_key = "{named}"', text), encoding="utf-8")


def _generation_document(item: Generation) -> dict[str, Any]:
    return {"number": item.number, "name": item.name, "taken_at": item.taken_at, "size_bytes": item.size_bytes}
