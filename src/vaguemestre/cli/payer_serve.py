"""`payer serve`: round after round until it is stopped, and what the machine refuses meanwhile."""

import errno
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.payer_work import bundle_lines, round_lines
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    finish,
    report_findings,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language, finding
from vaguemestre.core.mail.envelope import Received
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.smtp_intake import SmtpIntake
from vaguemestre.role.payer.adjudicate import adjudicate_pending
from vaguemestre.role.payer.answer import answer as answer_round
from vaguemestre.role.payer.intake import process_inbox, receive
from vaguemestre.role.payer.pay import pay as pay_round
from vaguemestre.wiring.payer import OpenedPayer

_ROOM_BYTES: Final = 1 << 20
_REASONS: Final = {
    errno.ENOSPC: ("le disque est plein", "the disk is full"),
    getattr(errno, "EDQUOT", -1): ("le quota est atteint", "the quota is used up"),
    errno.EFBIG: ("un fichier atteint sa taille limite", "a file reached its largest size"),
    errno.EACCES: ("l'écriture y est interdite", "writing there is forbidden"),
    errno.EPERM: ("l'écriture y est interdite", "writing there is forbidden"),
    errno.EROFS: ("le disque est en lecture seule", "the disk is read-only"),
}


class Machine:
    """What the machine refuses, told once when it begins and once when it is over, on standard error and in the payer's log.

    The mail server's thread and the rounds' share it.
    """

    def __init__(self, opened: OpenedPayer, state: Path, lang: Language) -> None:
        self._log, self._state, self._lang = opened.edges.log, state, lang
        self._lock = threading.Lock()
        self._refuses = False
        self._unlogged: list[str] = []

    def refused(self, error: OSError) -> None:
        """Something could not be written."""
        with self._lock:
            if self._refuses:
                return
            self._refuses = True
            french, english = _REASONS.get(error.errno or 0, (f"erreur {error.errno}", f"error {error.errno}"))
            told = finding("A076", path=error.filename or self._state, problem_fr=french, problem_en=english)
            report_findings([told], lang=self._lang)
            self._write_log("refused")

    def look(self) -> None:
        """After a round that nothing stopped: while the machine refuses, see whether a file can be written again."""
        if not self._refuses:
            return
        try:
            with tempfile.TemporaryFile(dir=self._state) as room:
                room.write(bytes(_ROOM_BYTES))
                room.flush()
                os.fsync(room.fileno())
        except OSError:
            return
        with self._lock:
            self._refuses = False
            again = say(
                "La machine écrit de nouveau : la réception reprend.", "The machine writes again: mail is taken in."
            )
            typer.echo(again, err=True)
            self._write_log("works")

    def _write_log(self, outcome: str) -> None:
        """In order; what the full disk did not take is written once it does."""
        self._unlogged.append(outcome)
        with suppress(OSError):
            while self._unlogged:
                self._log("payer.machine", actor="payer", operation="serve", finding="A076", outcome=self._unlogged[0])
                del self._unlogged[0]


def serve(
    rounds: Annotated[
        int,
        typer.Option("--rounds", min=0, hidden=True, help=say("S'arrêter après N tournées.", "Stop after N rounds.")),
    ] = 0,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help=say("Port d'écoute (0 : libre).", "Port to listen on (0: any).")),
    ] = None,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Take mail in, decide, pay and answer, round after round, until interrupted."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with payer(state) as opened:
        machine = Machine(opened, state, lang)
        intake = _intake(opened, port, machine)
        previous = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        done = 0
        try:
            with intake:
                typer.echo(
                    say(
                        f"{opened.config.name} reçoit sur {intake.host}:{intake.port}. Ctrl-C pour arrêter.",
                        f"{opened.config.name} listens on {intake.host}:{intake.port}. Ctrl-C to stop.",
                    ),
                    err=as_json,
                )
                while not stop.is_set() and (not rounds or done < rounds):
                    done += 1
                    _round(opened, machine, lang, as_json)
                    stop.wait(opened.config.round_seconds)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
    if as_json:
        finish({"rounds": done}, [], [], lang=lang, as_json=True)
    return int(ExitCode.DONE if rounds and not stop.is_set() else ExitCode.INTERRUPTED)


def _intake(opened: OpenedPayer, port: int | None, machine: Machine) -> SmtpIntake:
    edges, config = opened.edges, opened.config

    def commit(batch: Sequence[Received]) -> None:
        try:
            receive(edges, batch)
        except OSError as error:
            machine.refused(error)
            raise

    return SmtpIntake(
        commit,
        host=config.intake_host,
        port=config.intake_port if port is None else port,
        accepts=lambda address: edges.addressed([address]) is not None,
    )


def _round(opened: OpenedPayer, machine: Machine, lang: Language, as_json: bool) -> None:
    """One round. A fault of ours, or a full disk, ends the round and not the server: the next one goes on where this one stood."""
    at = SystemClock().now()
    edges = opened.edges
    try:
        taken = process_inbox(edges, at)
        decided = adjudicate_pending(edges, at)
        paid = pay_round(edges, at)
        answered = answer_round(edges, at)
    except OSError as error:
        machine.refused(error)
        return
    except Exception as fault:
        name = type(fault).__name__
        with suppress(OSError):
            edges.log("payer.fault", actor="payer", operation="serve", fault=name.lower())
        typer.echo(say(f"Tournée interrompue ({name}) ; la suivante reprend.", f"Round broken off ({name})."), err=True)
        return
    machine.look()
    told: list[str] = []
    if taken.messages or paid.sheets or answered.sent:
        told = [
            *round_lines(taken, decided, paid, lang),
            say(f"Réponses : {answered.sent}", f"Answers: {answered.sent}"),
        ]
    told += bundle_lines(answered)
    if told:
        typer.echo(" ".join(told), err=as_json)
