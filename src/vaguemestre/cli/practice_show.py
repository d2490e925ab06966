"""`practice status`, `sheet`, `find`: what a practice sees."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import typer

from vaguemestre.cli.moment import NowOption, instant
from vaguemestre.cli.practice_common import SheetArgument, euros, named, practice, sheet_document
from vaguemestre.cli.practice_words import Kind, word
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finding_document,
    finish,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import Language, finding
from vaguemestre.core.mail.routing import Health, Way
from vaguemestre.core.practice.book import SheetRow
from vaguemestre.core.trace import sentence
from vaguemestre.role.practice.status import PracticeStatus, SheetLife, sheet_life
from vaguemestre.role.practice.status import status as practice_status
from vaguemestre.tables.delivery_outcomes import Leg


def status(
    state: StateOption = STATE_DEFAULT,
    now: NowOption = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Show every way with its two healths, every stage, what presses and what alarms."""
    with practice(state) as opened:
        shown = practice_status(opened.edges, instant(now))
        findings = (*opened.findings, *shown.findings)
    lines = list(_status_lines(shown, lang))
    return finish(_status_document(shown), lines, findings, lang=lang, as_json=as_json)


def _status_lines(shown: PracticeStatus, lang: Language) -> Iterator[str]:
    yield f"{shown.name}  {shown.at:%Y-%m-%d %H:%M} UTC"
    yield say("\nChemins", "\nWays")
    for way in shown.ways:
        for leg in Leg:
            health = way.health(leg)
            if health is not None:
                name = say("envoi" if leg is Leg.SENDING else "lecture", leg.value)
                yield f"  {way.name:<12} {name:<11} {_health(health, lang)}"
    yield say("\nFeuilles", "\nSheets")
    for stage in shown.totals.stages:
        amount = euros(stage.fund_cents, lang)
        settlement = word(stage.settlement.value, lang)
        yield f"  {stage.count:>7}  {word(stage.state.value, lang):<14} {settlement:<22} {amount:>14}"
        for held in shown.held_counts:
            if (held.state, held.settlement) == (stage.state, stage.settlement):
                amount = euros(held.fund_cents, lang)
                name = say("dont retenue" if held.count == 1 else "dont retenues", "of which held")
                yield f"  {held.count:>7}    {name:<12} {settlement:<22} {amount:>14}"
    if shown.nearest:
        yield say("\nLes plus pressées", "\nMost pressing")
        for row in shown.nearest:
            yield f"  {row.deadline}  {row.key}  {word(row.state.value, lang)}"
    if shown.held:
        yield say(
            "\nRetenues par la caisse : une personne doit y trancher, ne les renvoyez pas",
            "\nHeld by the fund: a person there must decide, do not send them again",
        )
        for row, since in shown.held:
            yield f"  {row.key}  {euros(row.fund_cents, lang)}  {say('depuis le', 'since')} {since:%Y-%m-%d}"
    if shown.to_correct:
        yield say("\nÀ corriger", "\nTo correct")
        for row in shown.to_correct:
            yield f"  {row.key}  {euros(row.fund_cents, lang)}"
    yield ""
    if shown.bundle_issued_at is None:
        yield say("Paquet signé de la caisse : aucun", "Fund's signed bundle: none")
    else:
        age, issued = shown.bundle_age_days, shown.bundle_issued_at
        yield say(
            f"Paquet signé de la caisse : du {issued:%d/%m/%Y} ({age} j)",
            f"Fund's signed bundle: of {issued:%Y-%m-%d} ({age} d old)",
        )
    taken = "-" if shown.backup is None else f"{shown.backup.taken_at:%Y-%m-%d %H:%M}"
    yield say(f"Dernière sauvegarde : {taken}", f"Last backup: {taken}")
    if shown.next_work_at is not None:
        yield say(
            f"Prochain essai : {shown.next_work_at:%Y-%m-%d %H:%M}",
            f"Next attempt: {shown.next_work_at:%Y-%m-%d %H:%M}",
        )


def _health(health: Health, lang: Language) -> str:
    text = f"{word(health.state.value, lang):<24}"
    if not health.tried:
        return f"{text} {say('jamais essayé', 'never tried')}"
    since = say("depuis", "since")
    return f"{text} {since} {health.since:%Y-%m-%d %H:%M}" + (f"  {health.reply}" if health.reply else "")


def _way_document(way: Way) -> dict[str, Any]:
    legs = {}
    for leg in Leg:
        health = way.health(leg)
        if health is not None:
            legs[leg.value] = {
                "state": health.state.value,
                "since": health.since if health.tried else None,
                "next_try_at": health.next_try_at,
                "last_success_at": health.last_success_at,
                "failures": health.failures,
                "reply": health.reply,
            }
    return {"name": way.name, "operator": way.operator, "address": way.address, **legs}


def _status_document(shown: PracticeStatus) -> dict[str, Any]:
    return {
        "name": shown.name,
        "at": shown.at,
        "ways": [_way_document(way) for way in shown.ways],
        "stages": [
            {
                "state": stage.state.value,
                "settlement": stage.settlement.value,
                "count": stage.count,
                "fund_cents": stage.fund_cents,
                "earliest_deadline": stage.earliest_deadline,
            }
            for stage in shown.totals.stages
        ],
        "on_paper": shown.totals.on_paper,
        "open_lots": shown.totals.open_lots,
        "mail": {state.value: count for state, count in shown.totals.mail.items()},
        "attempts": [
            {"way": way, "outcome": None if outcome is None else outcome.value, "count": count}
            for (way, outcome), count in shown.attempts.items()
        ],
        "nearest": [sheet_document(row) for row in shown.nearest],
        "to_correct": [sheet_document(row) for row in shown.to_correct],
        "held": [sheet_document(row, since) for row, since in shown.held],
        "held_counts": [
            {"settlement": held.settlement.value, "count": held.count, "fund_cents": held.fund_cents}
            for held in shown.held_counts
        ],
        "bundle_issued_at": shown.bundle_issued_at,
        "bundle_age_days": shown.bundle_age_days,
        "backup_taken_at": None if shown.backup is None else shown.backup.taken_at,
        "next_work_at": shown.next_work_at,
    }


def sheet(
    sheet: SheetArgument, state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False
) -> int:
    """Show one sheet's whole life, with dates and decisions in plain words."""
    key = named(sheet)
    with practice(state) as opened:
        with opened.edges.store.read() as view:
            row = view.sheet_by_key(key)
        if row is None:
            fail(finding("R040", sheet=key))
        life = sheet_life(opened.edges, row)
    lines = list(_life_lines(life, lang))
    return finish(_life_document(life, lang), lines, life.findings, lang=lang, as_json=as_json)


def _life_lines(life: SheetLife, lang: Language) -> Iterator[str]:
    row = life.row
    yield f"{row.key}  {_stage(row, life.held_since, lang)}  {life.body.label}"
    yield f"{word(row.settlement.value, lang)}, {say('caisse', 'fund')} {row.destination.code}, {euros(row.fund_cents, lang)}"
    yield from _held_lines(life, lang)
    yield say(f"À envoyer avant le {row.deadline} inclus", f"To be sent by {row.deadline}")
    if life.replaces is not None:
        yield say(f"Corrige {life.replaces.key}", f"Corrects {life.replaces.key}")
    if life.replaced_by is not None:
        yield say(f"Corrigée par {life.replaced_by.key}", f"Corrected by {life.replaced_by.key}")
    yield ""
    for at, text in _events(life, lang):
        yield f"  {at:%Y-%m-%d %H:%M}  {text}"
    if life.body.trace:
        yield say("\nComment le montant est fait", "\nHow the amount was made")
        for step in life.body.trace:
            line = say(f"ligne {step.line}", f"line {step.line}") if step.line else say("feuille", "sheet")
            yield f"  {line:<9} {sentence(step, lang)}"


def _stage(row: SheetRow, held_since: datetime | None, lang: Language) -> str:
    """A sheet's stage; one that the fund acknowledged and holds is not plainly acknowledged."""
    stage = word(row.state.value, lang)
    return stage if held_since is None else f"{stage}, {say('retenue par la caisse', 'held by the fund')}"


def _held_lines(life: SheetLife, lang: Language) -> Iterator[str]:
    """What it means to be held, and who acts."""
    if life.held_since is None:
        return
    since = f"{life.held_since:%Y-%m-%d}"
    yield say(
        f"Retenue depuis le {since} : une personne de la caisse doit trancher, rien n'est payé d'ici là. Ne la renvoyez pas.",
        f"Held since {since}: a person at the fund must decide, nothing is paid until then. Do not send it again.",
    )
    if life.row.settlement is Settlement.PATIENT_PAID:
        yield say(
            "La caisse dira sa décision au patient, qu'elle rembourse ; ce poste n'en aura pas de réponse.",
            "The fund will tell its decision to the patient, whom it reimburses; this machine gets no answer about it.",
        )


def _events(life: SheetLife, lang: Language) -> list[tuple[datetime, str]]:
    """Everything that happened, in the order in which it did."""
    row = life.row
    told = [(row.recorded_at, say("enregistrée et signée", "recorded and signed"))]
    for lot in life.lots:
        name = f"{lot.identity.number:03d}/{lot.identity.made_on}"
        told.append((lot.closed_at, say(f"mise dans le lot {name}", f"put in lot {name}")))
    for sealing in life.sealings:
        why = "" if sealing.reason == "first" else f" ({word(sealing.reason, lang, Kind.SEALING)})"
        told.append((sealing.sealed_at, say(f"lot scellé{why}", f"lot sealed{why}")))
    for attempt in life.attempts:
        ended = attempt.outcome
        outcome = say("en cours", "going on") if ended is None else word(ended.value, lang, Kind.ATTEMPT)
        told.append(
            (attempt.started_at, say(f"essai par {attempt.way} : {outcome}", f"attempt by {attempt.way}: {outcome}"))
        )
    for answer in life.answers:
        amount = f", {euros(answer.paid_cents, lang)}" if answer.paid_cents is not None else ""
        moved = f" -> {word(answer.moved_to.value, lang)}" if answer.moved_to is not None else ""
        what = f"{word(answer.kind, lang, Kind.ANSWER)} {answer.reference}{say(' :', ':')}"
        told.append((answer.applied_at, f"{what} {word(answer.verdict, lang, Kind.VERDICT)}{amount}{moved}"))
    if row.on_paper_at is not None:
        why = row.on_paper_reason or "-"
        told.append((row.on_paper_at, say(f"duplicata papier remis : {why}", f"paper duplicate handed out: {why}")))
    if row.state.value == "cancelled" and row.ended_at is not None:
        told.append((row.ended_at, say("annulée", "cancelled")))
    return sorted(told, key=lambda item: item[0])


def _life_document(life: SheetLife, lang: Language) -> dict[str, Any]:
    return {
        **sheet_document(life.row, life.held_since),
        "patient": life.body.label,
        "replaces": None if life.replaces is None else str(life.replaces.key),
        "replaced_by": None if life.replaced_by is None else str(life.replaced_by.key),
        "events": [{"at": at, "text": text} for at, text in _events(life, lang)],
        "lots": [str(lot.identity) for lot in life.lots],
        "sealed_digests": [sealing.sealed_digest for sealing in life.sealings],
        "answers": [
            {
                "kind": answer.kind,
                "reference": answer.reference,
                "dated": answer.dated,
                "verdict": answer.verdict,
                "paid_cents": answer.paid_cents,
                "findings": [finding_document(item, lang) for item in answer.findings],
            }
            for answer in life.answers
        ],
        "trace": [
            {"rule": step.rule, "line": step.line, "before_cents": step.before_cents, "after_cents": step.after_cents}
            for step in life.body.trace
        ],
    }


def find(
    nir: Annotated[
        str, typer.Argument(metavar="NIR", help=say("NIR de l'assuré, 13 caractères.", "Insured's NIR, 13 characters."))
    ],
    birth: Annotated[
        str,
        typer.Argument(metavar="BIRTH", help=say("Naissance du patient, AAAA-MM-JJ.", "Patient's birth, YYYY-MM-DD.")),
    ],
    rank: Annotated[
        int, typer.Option("--rank", min=1, max=9, help=say("Rang de naissance (jumeaux).", "Birth rank (twins)."))
    ] = 1,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Find a patient's sheets, by a keyed hash: the store holds no readable NIR."""
    try:
        date.fromisoformat(birth)
    except ValueError:
        expected = say("une date comme 1970-03-09 est attendue", "a date as 1970-03-09 is expected")
        raise typer.BadParameter(expected, param_hint="BIRTH") from None
    with practice(state) as opened, opened.edges.store.read() as view:
        rows = view.sheets_of_patient(f"{nir.upper()}/{birth}/{rank}")
        held = view.held_since([row.id for row in rows])
    lines = [
        f"{row.key}  {_stage(row, held.get(row.id), lang):<14} {row.completed_on}  {euros(row.fund_cents, lang)}"
        for row in rows
    ] or [say("Aucune feuille de ce patient ici.", "No sheet of this patient here.")]
    return finish(
        {"sheets": [sheet_document(row, held.get(row.id)) for row in rows]}, lines, (), lang=lang, as_json=as_json
    )
