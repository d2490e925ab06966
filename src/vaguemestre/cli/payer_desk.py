"""`payer holds`, `paper`, `letters`, `oppose`, `retire`: what a person at the fund does."""

from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    DryRunOption,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finding_document,
    finish,
)
from vaguemestre.cli.texts import say, say_counted
from vaguemestre.core.entry.drafts import EntryDefaults, EntryFormat, read_entry
from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.money import shown as euros
from vaguemestre.core.payer.letter import render_letter
from vaguemestre.role.payer.holds import decide_hold, list_holds, type_paper_sheet
from vaguemestre.role.payer.keeping import retire as retire_ended
from vaguemestre.role.payer.letters import due_letters, mark_printed
from vaguemestre.role.payer.register import oppose_card

holds = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=say("Les feuilles qui attendent une personne.", "The sheets that wait for a person."),
)


@holds.command("list", help=say(
    "Les feuilles qui attendent une personne, et pourquoi.\n\nExemple : vaguemestre payer holds list",
    "The sheets that wait for a person, and why.\n\nExample: vaguemestre payer holds list",
))  # fmt: skip
def list_all(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Every sheet that waits for a person, with the reason."""
    with payer(state) as opened:
        waiting = list_holds(opened.edges)
    rows = [
        {
            "hold": hold.id,
            "sheet": hold.name,
            "opened_at": hold.opened_at,
            "reasons": [finding_document(item.finding(hold.name), lang) for item in hold.motives],
        }
        for hold in waiting
    ]
    lines = [
        f"{hold.id:>5}  {hold.name}  {' / '.join(item.finding(hold.name).message(lang) for item in hold.motives)}"
        for hold in waiting
    ] or [say("Aucune feuille n'attend.", "No sheet waits.")]
    return finish({"holds": rows}, lines, [], lang=lang, as_json=as_json)


@holds.command("decide", help=say(
    "Tranche une feuille retenue, en votre nom.\n\nExemple : vaguemestre payer holds decide 3 --refuse --name \"Mme Roche\"",
    "Decide a held sheet in your own name.\n\nExample: vaguemestre payer holds decide 3 --refuse --name \"Mme Roche\"",
))  # fmt: skip
def decide(
    hold: Annotated[int, typer.Argument(help=say("Numéro donné par la liste.", "Number given by the list."))],
    name: Annotated[str, typer.Option("--name", help=say("Qui décide (gardé dans la trace).", "Who decides (kept)."))],
    accept: Annotated[bool, typer.Option("--accept", help=say("Laisser passer.", "Let it pass."))] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help=say("Refuser.", "Refuse it."))] = False,
    note: Annotated[str, typer.Option("--note", help=say("Pourquoi.", "Why."))] = "",
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Decide one held sheet in your own name."""
    if accept == refuse:  # a decision is for good: nobody guesses it
        one = say(
            "l'un des deux, et un seul : --accept ou --refuse", "one of the two, and only one: --accept or --refuse"
        )
        raise typer.BadParameter(one)
    with payer(state) as opened:
        done, found = decide_hold(opened.edges, hold, accept, name, note, instant(now))
    if done is None:
        fail(found)
    said = say("acceptée", "accepted") if accept else say("refusée", "refused")
    return finish(
        {"hold": hold, "sheet": done.name, "accepted": accept},
        [f"{done.name} : {said}"],
        found,
        lang=lang,
        as_json=as_json,
    )


def paper(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("Feuilles saisies, CSV ou JSON.", "Typed sheets."))],
    first: Annotated[
        int, typer.Option("--first", min=1, max=9999, help=say("Numéro P de la première.", "First P number."))
    ] = 1,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Register ordinary paper sheets that a clerk typed; one that doubles an electronic sheet waits for a person."""
    form = EntryFormat.JSON if file.suffix.lower() == ".json" else EntryFormat.CSV
    found: list[Finding] = []
    rows: list[dict[str, object]] = []
    at = instant(now)
    with payer(state) as opened, file.open("rb") as stream:
        chunks = iter(lambda: stream.read(1 << 16), b"")
        for rank, entered in enumerate(read_entry(chunks, form, EntryDefaults(), source=file.name)):
            found += entered.findings
            if entered.draft is None:
                continue
            number = first + rank
            made, told = type_paper_sheet(opened.edges, entered.draft, number, at)
            found += told
            if made is not None:
                held = any(item.code.code == "A012" for item in told)
                rows.append({"sheet": f"P{number:04d}", "fund_cents": made.fund_cents, "held": held})
    lines = [
        f"{row['sheet']}  {euros(int(str(row['fund_cents'])), lang)}{say('  retenue', '  held') if row['held'] else ''}"
        for row in rows
    ]
    return finish({"sheets": rows}, lines, found, lang=lang, as_json=as_json)


def letters(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help=say("Dossier des lettres.", "Directory of the letters.")),
    ] = Path("letters"),
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Write one letter per payee and fund, to print; what a letter says is not said again."""
    at = instant(now)
    rows: list[dict[str, object]] = []
    with payer(state) as opened:
        day = opened.edges.today(at)
        for letter in due_letters(opened.edges):
            text = render_letter(letter, day, lang)
            output.mkdir(parents=True, exist_ok=True)
            target = output / f"{day.isoformat()}-{letter.fund_code}-{letter.payee}.txt"
            for rank in count(2):
                if not target.exists():
                    break
                target = output / f"{day.isoformat()}-{letter.fund_code}-{letter.payee}-{rank}.txt"
            target.write_text(text, encoding="utf-8")
            mark_printed(opened.edges, letter, text, at)
            rows.append(
                {
                    "file": str(target),
                    "payee": letter.payee,
                    "sheets": len(letter.lines),
                    "paid_cents": letter.paid_cents,
                }
            )
    lines = [f"{row['file']}  {euros(int(str(row['paid_cents'])), lang)}" for row in rows] or [
        say("Aucune lettre à écrire.", "No letter to write.")
    ]
    return finish({"letters": rows}, lines, [], lang=lang, as_json=as_json)


def retire(
    dry_run: DryRunOption = False,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Erase what the keeping time has passed for: only hashes and outcomes remain."""
    with payer(state) as opened:
        report = retire_ended(opened.edges, instant(now), only_count=dry_run)
    line = say_counted(
        f"Réduits à leur empreinte : {report.sheets} feuille(s) et {report.messages} message(s).",
        f"Reduced to their fingerprint: {report.sheets} sheet(s) and {report.messages} message(s).",
    )
    if dry_run:
        line = say_counted(
            f"Seraient réduits à leur empreinte : {report.sheets} feuille(s) et {report.messages} message(s). Rien n'a changé.",
            f"To be reduced to their fingerprint: {report.sheets} sheet(s) and {report.messages} message(s). Nothing was changed.",
        )
    document = {"sheets": report.sheets, "messages": report.messages, "dry_run": dry_run}
    return finish(document, [line], [], lang=lang, as_json=as_json)


def oppose(
    serial: Annotated[
        str, typer.Argument(help=say("Numéro de la carte (10 chiffres).", "Serial of the card (10 digits)."))
    ],
    reason: Annotated[str, typer.Option("--reason", help=say("Perdue, volée...", "Lost, stolen..."))] = "lost",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%d"],
            help=say("Premier jour ; aujourd'hui par défaut.", "First day; today by default."),
        ),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Put a patient's card on the opposition list; the next bundle tells the practices."""
    with payer(state) as opened:
        first = since.date() if since is not None else opened.edges.today(instant(now))
        known = oppose_card(opened.edges, serial, first, reason)
    if not known:
        fail(finding("A075", serial=serial))
    line = say(
        f"Carte {serial} en opposition depuis le {first:%d/%m/%Y}.", f"Card {serial} opposed since {first.isoformat()}."
    )
    return finish({"serial": serial, "since": first}, [line], [], lang=lang, as_json=as_json)
