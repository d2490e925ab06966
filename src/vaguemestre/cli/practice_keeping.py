"""`practice take-again`, `purge`: what was set aside is read once more; what was kept long enough is erased."""

from typing import Annotated, Any

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.practice_common import practice
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    DryRunOption,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finish,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import finding
from vaguemestre.core.practice.book import MailRow, MailState
from vaguemestre.role.practice.collect import read_again
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.keeping import purge as purge_ended

_MESSAGES_MAX = 1000


def take_again(
    message: Annotated[
        str,
        typer.Argument(
            metavar="MESSAGE",
            help=say(
                "Début de l'empreinte d'un message ; tous par défaut.", "Start of a message's digest; all of them."
            ),
        ),
    ] = "",
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help=say(
                "Je réponds du signataire d'un message retenu : il est appliqué.",
                "I answer for the signer of a held message: apply it.",
            ),
        ),
    ] = False,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Read messages that were set aside once more, now that what was missing is there."""
    if accept and not message:
        raise typer.BadParameter(say("nommez le message", "name the message"), param_hint="--accept")
    with practice(state) as opened:
        rows = _set_aside(opened.edges, message)
        if message and len(rows) != 1:
            fail(finding("R062", digest=message, count=len(rows)))
        ids = sorted(row.id for row in rows)
        applied, left, findings = read_again(opened.edges, ids, instant(now), vouched=accept)
    document: dict[str, Any] = {"read": len(ids), "applied": applied, "set_aside": left}
    line = say(
        f"Relus : {len(ids)}, appliqués : {applied}, encore mis de côté : {left}.",
        f"Read again: {len(ids)}, applied: {applied}, still set aside: {left}.",
    )
    return finish(document, [line], findings, lang=lang, as_json=as_json)


def _set_aside(edges: PracticeEdges, digest: str) -> list[MailRow]:
    with edges.store.read() as view:
        known = [*view.mails(MailState.HELD, _MESSAGES_MAX), *view.mails(MailState.QUARANTINED, _MESSAGES_MAX)]
    return [row for row, _ in known if row.digest.startswith(digest.lower())]


def purge(
    dry_run: DryRunOption = False,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Erase what tells something of patients in sheets that ended and were sent more than 90 days ago."""
    with practice(state) as opened:
        report = purge_ended(opened.edges, instant(now), only_count=dry_run)
    line = say(
        f"Feuilles effacées : {report.sheets}, réponses : {report.messages}. Numéros, dates, montants et issues restent.",
        f"Sheets erased: {report.sheets}, answers: {report.messages}. Numbers, dates, amounts and outcomes stay.",
    )
    if dry_run:
        line = say(
            f"Feuilles à effacer : {report.sheets}, réponses : {report.messages}. Rien n'a changé.",
            f"Sheets to be erased: {report.sheets}, answers: {report.messages}. Nothing was changed.",
        )
    document = {"sheets": report.sheets, "messages": report.messages, "dry_run": dry_run}
    return finish(document, [line], [], lang=lang, as_json=as_json)
