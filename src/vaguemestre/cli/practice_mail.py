"""`practice close-lot`, `send`, `collect`, `serve`: the work between the practice and its mailboxes."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from vaguemestre.cli.practice_common import now, practice
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    exit_code_for,
    finding_document,
    finish,
    progress,
    report_findings,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Finding
from vaguemestre.core.lot import ClosingPolicy
from vaguemestre.core.practice.book import FileStage
from vaguemestre.role.practice.collect import collect as collect_mail
from vaguemestre.role.practice.day import RoundReport, round_of_work, sleep_after
from vaguemestre.role.practice.lots import close_and_seal
from vaguemestre.role.practice.send import conclude_dead_attempts
from vaguemestre.role.practice.send import send as send_files


def close_lot(
    size: Annotated[
        int | None,
        typer.Option("--size", min=1, max=999, help=say("Feuilles par lot, au plus.", "Sheets per lot, at most.")),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Put every waiting sheet in lots and seal them, now."""
    with practice(state) as opened:
        policy = ClosingPolicy(size or opened.edges.settings.closing.lot_size, timedelta(0))
        report = close_and_seal(opened.edges, now(), policy)
    names = [str(identity) for identity in report.closed]
    lines = [
        say(
            f"Lots fermés : {len(names)}, scellés : {report.sealed}",
            f"Lots closed: {len(names)}, sealed: {report.sealed}",
        )
    ]
    document = {"lots": names, "sealed": report.sealed}
    return finish(document, [*lines, *names], report.findings, lang=lang, as_json=as_json)


def send(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Hand over everything whose time has come."""
    with practice(state) as opened:
        with opened.edges.store.read() as view:
            waiting = view.files_in_stage(FileStage.TO_SEND)
        with progress(waiting, say("Envoi", "Sending"), as_json=as_json) as advance:
            report = send_files(opened.edges, now(), advance=advance)
    outcomes = {outcome.value: count for outcome, count in report.outcomes.items()}
    lines = [
        say(
            f"Lots remis : {report.sent}, en attente : {report.waiting}",
            f"Lots handed over: {report.sent}, waiting: {report.waiting}",
        )
    ]
    document = {"sent": report.sent, "waiting": report.waiting, "attempts": outcomes}
    return finish(document, lines, report.findings, lang=lang, as_json=as_json)


def collect(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """Empty every mailbox that is open and apply the answers."""
    with practice(state) as opened:
        report = collect_mail(opened.edges, now())
    lines = [
        say(
            f"Messages reçus : {report.taken}, appliqués : {report.applied}, mis de côté : {report.set_aside}",
            f"Messages received: {report.taken}, applied: {report.applied}, set aside: {report.set_aside}",
        )
    ]
    document = {
        "taken": report.taken,
        "known": report.known,
        "left": report.left,
        "applied": report.applied,
        "set_aside": report.set_aside,
    }
    return finish(document, lines, report.findings, lang=lang, as_json=as_json)


def serve(
    every: Annotated[
        float,
        typer.Option("--every", min=1.0, help=say("Secondes entre deux relevés.", "Seconds between two collections.")),
    ] = 60.0,
    rounds: Annotated[
        int | None,
        typer.Option("--rounds", min=1, help=say("S'arrête après tant de tours.", "Stop after so many rounds.")),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Collect, close lots, send and back up, round after round, until Ctrl-C. With --json, one line per round."""
    done, code = 0, ExitCode.DONE
    with practice(state) as opened, _stopping() as stop:
        conclude_dead_attempts(opened.edges, now(), stale_after=timedelta(0))
        if not as_json:
            report_findings(opened.findings, lang=lang)
            typer.echo(say("Le cabinet travaille. Ctrl-C pour arrêter.", "The practice works. Ctrl-C to stop."))
        while not stop.is_set():
            moment = now()
            report = round_of_work(opened.edges, moment)
            _say_round(report, moment, lang, as_json)
            code = max(code, exit_code_for(report.findings))
            done += 1
            if any(item.code.code == "R029" for item in report.findings):
                return ExitCode.ENVIRONMENT  # restored elsewhere: two machines must not number the same sheets
            if rounds is not None and done >= rounds:
                return code
            stop.wait(min(every, max(1.0, sleep_after(opened.edges, moment).total_seconds())))
    return ExitCode.INTERRUPTED


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM: the round that is going on ends, then everything is closed."""
    stop = threading.Event()
    former = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


def _say_round(report: RoundReport, at: datetime, lang: Any, as_json: bool) -> None:
    findings: tuple[Finding, ...] = report.findings
    if as_json:
        document = {
            "at": at,
            "taken": report.collected.taken,
            "applied": report.collected.applied,
            "lots": [str(identity) for identity in report.lots.closed],
            "sent": report.sent.sent,
            "waiting": report.sent.waiting,
            "findings": [finding_document(item, lang) for item in findings],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, default=str))
        return
    if report.worked:
        typer.echo(
            say(
                f"{at:%H:%M:%S} reçus {report.collected.taken}, lots {len(report.lots.closed)}, remis {report.sent.sent}",
                f"{at:%H:%M:%S} received {report.collected.taken}, lots {len(report.lots.closed)}, sent {report.sent.sent}",
            )
        )
    report_findings(findings, lang=lang)
