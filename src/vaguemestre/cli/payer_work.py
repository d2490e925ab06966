"""`payer serve`, `adjudicate`, `answer`, `status`: the payer's rounds."""

import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from types import FrameType
from typing import Annotated, Any

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    finding_document,
    finish,
    progress,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language
from vaguemestre.core.mail.envelope import Received
from vaguemestre.core.money import shown as euros
from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.smtp_intake import SmtpIntake
from vaguemestre.role.payer.adjudicate import AdjudicationReport, adjudicate_pending
from vaguemestre.role.payer.answer import AnswerReport
from vaguemestre.role.payer.answer import answer as answer_round
from vaguemestre.role.payer.answer_again import AgainReport, answer_again
from vaguemestre.role.payer.intake import IntakeReport, process_inbox, receive
from vaguemestre.role.payer.pay import PaymentReport
from vaguemestre.role.payer.pay import pay as pay_round
from vaguemestre.role.payer.status import PayerStatus
from vaguemestre.role.payer.status import status as payer_status
from vaguemestre.wiring.payer import OpenedPayer

_STEP_SHEETS = 500


def adjudicate(
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Open and register what was received, decide every sheet, pay what is due."""
    at = instant(now)
    with payer(state) as opened:
        edges = opened.edges
        with edges.store.view() as unit:
            waiting = unit.inbox.message_counts().get("received", 0)
        taken = IntakeReport()
        with progress(waiting, say("Messages", "Messages"), as_json=as_json) as advance:
            while True:
                step = process_inbox(edges, at, edges.policy.messages_per_commit)
                taken = _added(taken, step)
                advance(step.messages)
                if not step.messages or step.faults:
                    break
        decided = AdjudicationReport()
        with edges.store.view() as unit:
            to_decide = unit.sheets.counts().get("registered", 0)
        with progress(to_decide, say("Décisions", "Decisions"), as_json=as_json) as advance:
            for _ in range(0, to_decide, _STEP_SHEETS):
                more = adjudicate_pending(edges, at, _STEP_SHEETS)
                decided = _added(decided, more)
                advance(_STEP_SHEETS)
        paid = pay_round(edges, at)
        found = [*opened.findings, *taken.findings]
    document = {"intake": _document(taken), "decisions": _document(decided), "payments": _document(paid)}
    return finish(document, _lines(taken, decided, paid, lang), found, lang=lang, as_json=as_json)


AgainOption = Annotated[
    bool,
    typer.Option(
        "--again",
        help=say(
            "Renvoyer d'abord les retours passés d'un professionnel (--payee, --since).",
            "First send a payee's past returns again (--payee, --since).",
        ),
    ),
]
PayeeOption = Annotated[
    str, typer.Option("--payee", help=say("Numéro de facturation (9 chiffres).", "Billing number."))
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help=say("Premier jour des retours.", "First day of the returns.")),
]


def answer(
    again: AgainOption = False,
    payee: PayeeOption = "",
    since: SinceOption = None,
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Make the returns that are due and send every answer that waits, to every return address."""
    if again != bool(payee) or again != (since is not None):
        raise typer.BadParameter(say("--again va avec --payee et --since", "--again goes with --payee and --since"))
    at = instant(now)
    past = AgainReport()
    with payer(state) as opened:
        if since is not None:
            past = answer_again(opened.edges, payee, since.date(), at)
        report = answer_round(opened.edges, at)
        found = [*opened.findings, *past.findings, *report.findings]
    lines = [
        say(
            f"{report.returns} retours ({report.sheets_returned} feuilles), {report.sent} réponses remises, {report.failed} à "
            f"renvoyer.",
            f"{report.returns} returns ({report.sheets_returned} sheets), {report.sent} answers handed over, {report.failed} to "
            f"send again.",
        )
    ]
    if again:
        lines.insert(0, say(f"{past.returns} retours passés renvoyés.", f"{past.returns} past returns sent again."))
    document = {**_document(report), "returns_again": past.returns, "sealed_anew": past.sealed_anew}
    return finish(document, lines, found, lang=lang, as_json=as_json)


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
        intake = _intake(opened, port)
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
                    _round(opened, lang, as_json)
                    stop.wait(opened.config.round_seconds)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
    if as_json:
        finish({"rounds": done}, [], [], lang=lang, as_json=True)
    return int(ExitCode.DONE if rounds and not stop.is_set() else ExitCode.INTERRUPTED)


def _intake(opened: OpenedPayer, port: int | None) -> SmtpIntake:
    edges, config = opened.edges, opened.config

    def commit(batch: Sequence[Received]) -> None:
        receive(edges, batch)

    return SmtpIntake(
        commit,
        host=config.intake_host,
        port=config.intake_port if port is None else port,
        accepts=lambda address: edges.addressed([address]) is not None,
    )


def _round(opened: OpenedPayer, lang: Language, as_json: bool) -> None:
    """One round. A fault of ours, or a full disk, ends the round and not the server: the next one goes on where this one stood."""
    at = SystemClock().now()
    edges = opened.edges
    try:
        taken = process_inbox(edges, at)
        decided = adjudicate_pending(edges, at)
        paid = pay_round(edges, at)
        answered = answer_round(edges, at)
    except Exception as fault:
        name = type(fault).__name__
        edges.log("payer.fault", actor="payer", operation="serve", fault=name.lower())
        typer.echo(say(f"Tournée interrompue ({name}) ; la suivante reprend.", f"Round broken off ({name})."), err=True)
        return
    if taken.messages or paid.sheets or answered.sent:
        told = [*_lines(taken, decided, paid, lang), say(f"Réponses : {answered.sent}", f"Answers: {answered.sent}")]
        typer.echo(" ".join(told), err=as_json)


def status(
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """The payer at a glance: messages, sheets, money, answers, what waits for a person. Fails when the books do not balance."""
    with payer(state) as opened:
        told = payer_status(opened.edges, instant(now))
        findings = list(opened.findings)
    document: dict[str, Any] = {
        **asdict(told),
        "balanced": told.balanced,
        "books": told.books._asdict(),
        "funds": [{**asdict(fund), "books": fund.books._asdict()} for fund in told.funds],
        "set_aside": [
            {"message": number, "state": kept, "findings": [finding_document(item.finding(), lang) for item in motives]}
            for number, kept, motives in told.set_aside
        ],
    }
    code = None if told.balanced else ExitCode.FINDINGS
    return finish(document, _status_lines(told, lang), findings, lang=lang, as_json=as_json, exit_code=code)


def _status_lines(told: PayerStatus, lang: Language) -> list[str]:
    fr = lang == "fr"
    lines = [f"{told.name}"]
    for label, counts in (
        ("Messages", told.messages),
        ("Lots", told.lots),
        ("Feuilles" if fr else "Sheets", told.sheets),
        ("Réponses" if fr else "Answers", told.outbox),
    ):
        shown = ", ".join(f"{_word(name, lang)} {count}" for name, count in sorted(counts.items())) or "0"
        lines.append(f"  {label} : {shown}" if fr else f"  {label}: {shown}")
    books = told.books
    for label, cents in (
        ("demandé" if fr else "claimed", books.claimed),
        ("refusé" if fr else "rejected", books.rejected),
        ("en attente" if fr else "waiting", books.waiting),
        ("transmis ailleurs" if fr else "forwarded to other funds", books.forwarded),
        ("accordé, à payer" if fr else "granted, to be paid", books.unpaid),
        ("versé aux professionnels" if fr else "paid to practices", books.paid_practice),
        ("versé aux patients" if fr else "paid to patients", books.paid_patient),
        ("retenu" if fr else "retained", books.retained),
        ("dettes de patients" if fr else "patients' debts", told.debts_open_cents),
        ("pénalités de retard" if fr else "late penalties", told.penalties_cents),
    ):
        lines.append(f"  {label:<26} {euros(cents, lang):>16}")
    for moved in told.forwarded:
        state = say("remise", "delivered") if moved.delivered else say("à remettre", "not delivered yet")
        where = say(f"transmise à {moved.fund}", f"forwarded to {moved.fund}")
        lines.append(f"  {moved.name}  {where} {moved.forwarded_at:%Y-%m-%d} ({state})")
    if told.open_holds or told.set_aside:
        lines.append(
            say(
                f"  Attendent une personne : {told.open_holds} feuilles, {len(told.set_aside)} messages.",
                f"  Waiting for a person: {told.open_holds} sheets, {len(told.set_aside)} messages.",
            )
        )
    lines.append(
        ("  Les comptes tombent juste." if fr else "  The books balance.")
        if told.balanced
        else ("  LES COMPTES NE TOMBENT PAS JUSTE : " if fr else "  THE BOOKS DO NOT BALANCE: ")
        + "; ".join((*told.books.faults(), *(fault for fund in told.funds for fault in fund.faults)))
    )
    return lines


def _lines(taken: IntakeReport, decided: AdjudicationReport, paid: PaymentReport, lang: Language) -> list[str]:
    if lang == "fr":
        return [
            f"Reçu : {taken.messages} messages, {taken.registered} feuilles enregistrées, {taken.held} retenues, "
            f"{taken.refused + taken.conflicts} refusées, {taken.duplicates} déjà connues.",
            f"Décidé : {decided.accepted} acceptées, {decided.partial} en partie, {decided.rejected} refusées, "
            f"{decided.forwarded} transmises à d'autres caisses.",
            f"Payé : {paid.sheets} feuilles, {euros(paid.practice_cents, lang)} aux professionnels, "
            f"{euros(paid.patient_cents, lang)} aux patients.",
        ]
    return [
        f"Received: {taken.messages} messages, {taken.registered} sheets registered, {taken.held} held, "
        f"{taken.refused + taken.conflicts} refused, {taken.duplicates} known already.",
        f"Decided: {decided.accepted} accepted, {decided.partial} in part, {decided.rejected} refused, "
        f"{decided.forwarded} forwarded to other funds.",
        f"Paid: {paid.sheets} sheets, {euros(paid.practice_cents, lang)} to practices, "
        f"{euros(paid.patient_cents, lang)} to patients.",
    ]


def _added(total: Any, step: Any) -> Any:
    """Two reports of the same kind as one."""
    values = {name: getattr(total, name) + getattr(step, name) for name in type(total).__dataclass_fields__}
    return type(total)(**values)


def _document(report: IntakeReport | AdjudicationReport | PaymentReport | AnswerReport) -> dict[str, Any]:
    """The figures of a report; its findings stand apart."""
    fields = type(report).__dataclass_fields__
    return {name: getattr(report, name) for name in fields if name != "findings"}


def _word(state: str, lang: Language) -> str:
    return _STATES_FR.get(state, state) if lang == "fr" else state


_STATES_FR = {
    "received": "reçus",
    "registered": "enregistrés",
    "duplicate": "déjà connus",
    "conflict": "en conflit",
    "held": "retenus",
    "refused": "refusés",
    "positive": "positifs",
    "partial": "en partie",
    "negative": "négatifs",
    "accepted": "acceptées",
    "rejected": "refusées",
    "forwarded": "transmises",
    "waiting": "à envoyer",
    "sent": "remises",
    "given up": "abandonnées",
}
