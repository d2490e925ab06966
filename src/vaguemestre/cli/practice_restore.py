"""`practice restore`, `recover`: a backup in place of the store, and the way back for sheets that only the former one knows."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.practice_common import named, now, practice
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    CommandFailed,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finish,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.practice.book import Generation
from vaguemestre.core.values import dataclass
from vaguemestre.edge.practice.store import PracticeStore
from vaguemestre.edge.store.backup_place import DirectoryPlace
from vaguemestre.edge.store.database import is_store
from vaguemestre.edge.store.vault import Vault
from vaguemestre.role.practice.backup import after_restore
from vaguemestre.role.practice.recover import Loss, loss
from vaguemestre.role.practice.recover import recover as take_back
from vaguemestre.wiring.opening import NotReadyError
from vaguemestre.wiring.practice import STORE_NAME, open_store_file, open_vault, read_practice_config, second_place
from vaguemestre.wiring.practice_config import CONFIG_NAME, PracticeConfig


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
    replace_newer: Annotated[
        bool,
        typer.Option(
            "--replace-newer",
            help=say("Remplace même un dossier sain et plus récent.", "Replace even a healthy and newer store."),
        ),
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
    safe = _safe(state, source, key)
    try:
        generations = safe.place.generations()
    except FileNotFoundError:
        generations = []
    if show:
        lines = [f"{item.number:>6}  {item.taken_at:%Y-%m-%d %H:%M:%SZ}  {item.size_bytes:>12}" for item in generations]
        document = {"generations": [generation_document(item) for item in generations]}
        return finish(document, lines, (), lang=lang, as_json=as_json)
    if not generations:
        fail(finding("R051", directory=safe.place.name), ExitCode.ENVIRONMENT)
    chosen = next((item for item in generations if generation in (None, item.number)), None)
    if chosen is None:
        known = ", ".join(str(item.number) for item in reversed(generations))
        fail(finding("R076", number=generation, directory=safe.place.name, known=known))
    kept, findings = _put_back(state, safe, chosen, key, replace_newer=replace_newer)
    lines = [say(f"Restauré : {chosen.name}", f"Restored: {chosen.name}")]
    if kept is not None:
        lines.append(say(f"Ancien dossier gardé : {kept}", f"Former store kept: {kept}"))
    told = {"generation": generation_document(chosen), "kept": None if kept is None else str(kept)}
    return finish(told, lines, findings, lang=lang, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Safe:
    """The second place, and the key that opens what it holds and the store beside which it works."""

    place: DirectoryPlace
    vault: Vault
    key: Path


def _safe(state: Path, source: Path | None, key: Path | None) -> _Safe:
    """The second place of the settings, or the one that is named on a machine that has no settings yet."""
    if source is not None and key is not None:
        state.mkdir(parents=True, exist_ok=True)
        config = PracticeConfig("", Path(os.path.relpath(key.resolve(), state.resolve())), Path("trust"), ())
        vault = open_vault(state, config)
        return _Safe(DirectoryPlace(source, vault, state), vault, key)
    try:
        config = read_practice_config(state)
    except NotReadyError as error:
        fail(error.findings, ExitCode.UNREADABLE)
    vault = open_vault(state, config)
    place = second_place(state, config, vault)
    if place is None:
        fail(finding("R032"), ExitCode.ENVIRONMENT)
    return _Safe(place, vault, state / config.store_key)


def _put_back(
    state: Path, safe: _Safe, chosen: Generation, key: Path | None, *, replace_newer: bool
) -> tuple[Path | None, tuple[Finding, ...]]:
    """Read the generation aside, count the restore, jump the numbers there, and only then put the store in its place.

    A crash on the way leaves the former store where it was: a restored store never stands there without its jump. Gives where the
    former store is kept, and what to tell.
    """
    with _aside(state) as aside:
        if not safe.place.read(chosen, aside / STORE_NAME, state):
            fail(finding("R033", file=chosen.name), ExitCode.UNREADABLE)
        there = is_store(state / STORE_NAME)
        lost = _loss(state, safe, aside, replace_newer=replace_newer) if there else None
        if lost is not None and lost.is_newer and not replace_newer:
            number = max((row.number for row in safe.place.restores()), default=0) + 1
            taken = chosen.taken_at.isoformat(timespec="minutes")
            kept = _kept(state, number)
            fail(finding("R070", taken=taken, sheets=lost.sheets, unsent=lost.unsent, kept=kept), ExitCode.FINDINGS)
        if key is not None:
            _name_key(state, key)
        moment = now()
        try:
            with practice(state, store_directory=aside) as opened:
                row = safe.place.begin_restore(opened.edges.today(moment), moment, chosen)
                findings = after_restore(opened.edges, row, safe.place.restores(), moment)
        except CommandFailed as failure:
            raise CommandFailed(failure.exit_code, (*failure.findings, finding("R073", state=state))) from None
        _swap(state / STORE_NAME, aside / STORE_NAME, row.number)
    if not there:
        return None, findings
    kept = _kept(state, row.number)
    if lost is None:
        return kept, (*findings, finding("R072", kept=kept))
    left = finding("R071", kept=kept, sheets=lost.sheets, unsent=lost.unsent, state=state)
    return kept, (*findings, left) if lost.sheets else findings


@contextmanager
def _aside(state: Path) -> Iterator[Path]:
    """An empty directory beside the store, gone at the end: what a restore makes ready before anything is replaced."""
    aside = state / "restoring"
    aside.mkdir(exist_ok=True)

    def sweep() -> None:
        for leftover in aside.iterdir():
            leftover.unlink()

    sweep()
    try:
        yield aside
    finally:
        sweep()
        aside.rmdir()


def _loss(state: Path, safe: _Safe, aside: Path, *, replace_newer: bool) -> Loss | None:
    """What would be lost of the store in place; None when it is damaged or was written with another key."""
    try:
        former = open_store_file(state / STORE_NAME, safe.vault, safe.key)
        with closing(former), closing(open_store_file(aside / STORE_NAME, safe.vault, safe.key)) as backup:
            return loss(former, backup)
    except EnvironmentFault as fault:
        if fault.finding.code.code != "R048" and not replace_newer:
            raise
        return None
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return None


def _kept(state: Path, number: int) -> Path:
    """Where a restore keeps the store that it replaces."""
    return state / f"{STORE_NAME}.before-restore-{number}"


def _swap(current: Path, restored: Path, number: int) -> None:
    """Keep the former store aside, with its log, then put the restored one in its place."""
    for suffix in ("-wal", "-shm", ""):
        former = current.with_name(current.name + suffix)
        if former.exists():
            kept = _kept(current.parent, number)
            former.rename(kept.with_name(kept.name + suffix))
    for suffix in ("-wal", "-shm"):  # closing the store has emptied its log
        restored.with_name(restored.name + suffix).unlink(missing_ok=True)
    restored.rename(current)


def _name_key(state: Path, key: Path) -> None:
    """On a new machine the settings that came back name the former key's place: that one line is changed."""
    path = state / CONFIG_NAME
    named_as = Path(os.path.relpath(key.resolve(), state.resolve())).as_posix()
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^store_key\s*=.*$", f'store_key = "{named_as}"', text), encoding="utf-8")


def generation_document(item: Generation) -> dict[str, Any]:
    """One backup as every `--json` shows it."""
    return {"number": item.number, "name": item.name, "taken_at": item.taken_at, "size_bytes": item.size_bytes}


def recover(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=say("Le dossier qu'une restauration a gardé.", "Store kept by a restore.")),
    ],
    sheet: Annotated[
        list[str],
        typer.Option(
            "--sheet",
            metavar="ID",
            help=say(
                "Reprend cette feuille malgré sa ressemblance.", "Take this sheet although it looks like another."
            ),
        ),
    ] = [],  # noqa: B006 (Typer copies it)
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Take the sheets that only a kept store knows into the present one; they wait there to be sent."""
    distinct = frozenset(named(item) for item in sheet)
    with practice(state) as opened:
        vault = open_vault(state, opened.config)
        with closing(_kept_store(file, vault, state / opened.config.store_key)) as former:
            done = take_back(opened.edges, former, instant(now), distinct)
    count = len(done.sheets) + done.carried
    lines = [
        say(f"Feuilles reprises : {count}. Elles partiront.", f"Sheets taken back: {count}. They will be sent."),
        *(f"  {key}" for key in done.sheets),
    ]
    document = {"sheets": [str(key) for key in done.sheets], "carried": done.carried}
    return finish(document, lines, done.findings, lang=lang, as_json=as_json)


def _kept_store(file: Path, vault: Vault, key: Path) -> PracticeStore:
    if not file.is_file():
        fail(finding("E004", path=file))
    try:
        return open_store_file(file, vault, key)
    except EnvironmentFault as fault:
        if fault.finding.code.code == "E005":
            raise
        fail(finding("R075", path=file), ExitCode.UNREADABLE)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        fail(finding("R075", path=file), ExitCode.UNREADABLE)
