"""`payer adjudicate`, `answer`, `status`: one round of the payer, step by step, and what it comes to."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.payer_common import payer
from vaguemestre.cli.payer_messages import message_document, message_lines
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    finish,
    progress,
)
from vaguemestre.cli.texts import agreed, say, say_counted
from vaguemestre.core.findings import Language
from vaguemestre.core.money import shown as euros
from vaguemestre.role.payer.adjudicate import AdjudicationReport, adjudicate_pending
from vaguemestre.role.payer.answer import AnswerReport
from vaguemestre.role.payer.answer import answer as answer_round
from vaguemestre.role.payer.answer_again import AgainReport, answer_again
from vaguemestre.role.payer.intake import IntakeReport, process_inbox
from vaguemestre.role.payer.pay import PaymentReport
from vaguemestre.role.payer.pay import pay as pay_round
from vaguemestre.role.payer.status import PayerStatus
from vaguemestre.role.payer.status import status as payer_status

_STEP_SHEETS = 500
_SET_ASIDE_SHOWN_MAX = 10


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
    return finish(document, round_lines(taken, decided, paid, lang), found, lang=lang, as_json=as_json)


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
        say_counted(
            f"{report.returns} retour(s) ({report.sheets_returned} feuille(s)), {report.sent} réponse(s) remise(s), "
            f"{report.failed} à renvoyer.",
            f"{report.returns} return(s) ({report.sheets_returned} sheet(s)), {report.sent} answer(s) handed over, "
            f"{report.failed} to send again.",
        )
    ]
    lines += bundle_lines(report)
    if again:
        lines.insert(
            0,
            say_counted(f"{past.returns} retour(s) passé(s) renvoyé(s).", f"{past.returns} past return(s) sent again."),
        )
    document = {**_document(report), "returns_again": past.returns, "sealed_anew": past.sealed_anew}
    return finish(document, lines, found, lang=lang, as_json=as_json)


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
        "set_aside": [message_document(entry, lang) for entry in told.set_aside],
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
    lines += _bundle_status(told, lang)
    if told.open_holds or told.set_aside:
        lines.append(
            say_counted(
                f"  Attendent une personne : {told.open_holds} feuille(s), {len(told.set_aside)} message(s).",
                f"  Waiting for a person: {told.open_holds} sheet(s), {len(told.set_aside)} message(s).",
            )
        )
        lines += [f"    {line}" for line in message_lines(told.set_aside[:_SET_ASIDE_SHOWN_MAX], lang)]
        if len(told.set_aside) > _SET_ASIDE_SHOWN_MAX:
            lines.append(say("    ... vaguemestre payer messages list", "    ... vaguemestre payer messages list"))
    lines.append(
        ("  Les comptes tombent juste." if fr else "  The books balance.")
        if told.balanced
        else ("  LES COMPTES NE TOMBENT PAS JUSTE : " if fr else "  THE BOOKS DO NOT BALANCE: ")
        + "; ".join((*told.books.faults(), *(fault for fund in told.funds for fault in fund.faults)))
    )
    return lines


def _bundle_status(told: PayerStatus, lang: Language) -> list[str]:
    """The bundle in force, and to how many addresses it still has to go."""
    if told.bundle_issued_at is None:
        return [say("  Paquet signé : pas encore publié.", "  Signed bundle: not published yet.")]
    shown = ", ".join(f"{_word(name, lang)} {count}" for name, count in sorted(told.bundle_post.items())) or "0"
    return [
        say(
            f"  Paquet signé n° {told.bundle} du {told.bundle_issued_at:%d/%m/%Y %H:%M} UTC, par courrier : {shown}",
            f"  Signed bundle no. {told.bundle} of {told.bundle_issued_at:%Y-%m-%d %H:%M} UTC, by mail: {shown}",
        )
    ]


def bundle_lines(report: AnswerReport) -> list[str]:
    """What a round did about the bundle; nothing when there was nothing to do."""
    if not (report.bundle or report.stations_told or report.bundles_sent):
        return []
    number = f" n° {report.bundle}" if report.bundle else ""
    return [
        say(
            f"Paquet signé{number} : postes {report.stations_told}, remises {report.bundles_sent}.",
            f"Signed bundle{number}: stations {report.stations_told}, handed over {report.bundles_sent}.",
        )
    ]


def round_lines(taken: IntakeReport, decided: AdjudicationReport, paid: PaymentReport, lang: Language) -> list[str]:
    """What one round took in, decided and paid, one line each."""
    if lang == "fr":
        lines = [
            f"Reçu : {taken.messages} message(s), {taken.registered} feuille(s) enregistrée(s), {taken.held} retenue(s), "
            f"{taken.refused + taken.conflicts} refusée(s), {taken.duplicates} déjà connue(s).",
            f"Décidé : {decided.accepted} acceptée(s), {decided.partial} en partie, {decided.rejected} refusée(s), "
            f"{decided.forwarded} transmise(s) à d'autres caisses.",
            f"Payé : {paid.sheets} feuille(s), {euros(paid.practice_cents, lang)} aux professionnels, "
            f"{euros(paid.patient_cents, lang)} aux patients.",
        ]
        return [agreed(line, lang) for line in lines]
    lines = [
        f"Received: {taken.messages} message(s), {taken.registered} sheet(s) registered, {taken.held} held, "
        f"{taken.refused + taken.conflicts} refused, {taken.duplicates} known already.",
        f"Decided: {decided.accepted} accepted, {decided.partial} in part, {decided.rejected} refused, "
        f"{decided.forwarded} forwarded to other funds.",
        f"Paid: {paid.sheets} sheet(s), {euros(paid.practice_cents, lang)} to practices, "
        f"{euros(paid.patient_cents, lang)} to patients.",
    ]
    return [agreed(line, lang) for line in lines]


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
