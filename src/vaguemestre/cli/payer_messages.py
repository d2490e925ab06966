"""`payer messages`, `take-again`: the messages that were set aside, and what a person does about them."""

from collections.abc import Iterable
from typing import Annotated

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finding_document,
    finish,
)
from vaguemestre.cli.texts import say, say_counted
from vaguemestre.core.findings import Language
from vaguemestre.core.payer.intake import Dismissal, SetAside
from vaguemestre.role.payer.intake import take_again as take_message_again
from vaguemestre.role.payer.messages import dismiss as dismiss_message
from vaguemestre.role.payer.messages import list_messages, why_not_held

messages = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=say("Les messages mis de côté, auxquels rien n'a répondu.", "The messages set aside, which nothing answered."),
)
MessageArgument = Annotated[
    int, typer.Argument(help=say("Numéro du message mis de côté.", "Number of the message set aside."))
]


@messages.command("list", help=say(
    "Les messages mis de côté, et pourquoi ; puis ceux qu'une personne a classés.\n\n"
    "Exemple : vaguemestre payer messages list",
    "The messages set aside, and why; then those that a person ended.\n\n"
    "Example: vaguemestre payer messages list",
))  # fmt: skip
def list_all(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Every message set aside with its reason, and every one that was dismissed with who and why."""
    with payer(state) as opened:
        waiting, ended = list_messages(opened.edges)
    document = {
        "messages": [message_document(entry, lang) for entry in waiting],
        "dismissed": [
            {"message": entry.message, "by": entry.name, "at": entry.at, "note": entry.note} for entry in ended
        ],
    }
    lines = message_lines(waiting, lang) or [say("Aucun message n'attend.", "No message waits.")]
    lines += [_dismissed_line(entry) for entry in ended]
    return finish(document, lines, [], lang=lang, as_json=as_json)


@messages.command("dismiss", help=say(
    "Classe un message mis de côté, en votre nom : il n'attend plus. Ses octets restent jusqu'au délai de conservation.\n\n"
    "Exemple : vaguemestre payer messages dismiss 63 --name \"Mme Roche\" --note \"publicité\"",
    "End a message set aside, in your own name: it waits no longer. Its bytes stay until the keeping time.\n\n"
    "Example: vaguemestre payer messages dismiss 63 --name \"Mme Roche\" --note \"advertisement\"",
))  # fmt: skip
def dismiss(
    message: MessageArgument,
    name: Annotated[str, typer.Option("--name", help=say("Qui décide (gardé).", "Who decides (kept)."))],
    note: Annotated[str, typer.Option("--note", help=say("Pourquoi (gardé).", "Why (kept)."))],
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """End a message set aside for good, in your own name."""
    for option, text in (("--name", name), ("--note", note)):
        if not text.strip():
            raise typer.BadParameter(say("ne peut pas être vide", "must not be empty"), param_hint=option)
    with payer(state) as opened:
        refused = dismiss_message(opened.edges, message, name.strip(), note.strip(), instant(now))
    if refused is not None:
        fail(refused)
    line = say(f"Message {message} classé par {name}.", f"Message {message} ended by {name}.")
    return finish({"message": message, "by": name, "note": note}, [line], [], lang=lang, as_json=as_json)


def take_again(
    message: MessageArgument,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Open once more a message that was set aside, now that what was missing is there."""
    with payer(state) as opened:
        report = take_message_again(opened.edges, message, instant(now))
        if report is None:
            fail(why_not_held(opened.edges, message))
    line = say_counted(
        f"{report.registered} feuille(s) enregistrée(s), {report.set_aside} message(s) encore mis de côté.",
        f"{report.registered} sheet(s) registered, {report.set_aside} message(s) still set aside.",
    )
    document = {"registered": report.registered, "set_aside": report.set_aside}
    return finish(document, [line], report.findings, lang=lang, as_json=as_json)


def message_lines(entries: Iterable[SetAside], lang: Language) -> list[str]:
    """One line per message set aside: its number, the day it came, why."""
    return [
        f"{entry.id:>5}  {entry.received_at:%Y-%m-%d}  "
        + (" / ".join(f"{item.code} {item.finding().message(lang)}" for item in entry.motives) or "-")
        for entry in entries
    ]


def message_document(entry: SetAside, lang: Language) -> dict[str, object]:
    """One message set aside as `--json` gives it."""
    return {
        "message": entry.id,
        "state": entry.state,
        "received_at": entry.received_at,
        "findings": [finding_document(item.finding(), lang) for item in entry.motives],
    }


def _dismissed_line(entry: Dismissal) -> str:
    ended = say(f"classé par {entry.name} le {entry.at:%d/%m/%Y}", f"ended by {entry.name} on {entry.at:%Y-%m-%d}")
    return f"{entry.message:>5}  {ended} : {entry.note}"
