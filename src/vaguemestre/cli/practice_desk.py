"""`practice record`, `import`, `cancel`, `correct`, `paper`, `copy`: what people do with sheets."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from vaguemestre.cli.output import require_directory, write_whole
from vaguemestre.cli.practice_common import SheetArgument, euros, named, now, practice
from vaguemestre.cli.practice_import import FORMATS, chunks_of
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
from vaguemestre.core.entry.csv_file import RawSheet, plain_name
from vaguemestre.core.entry.drafts import Entered, EntryFormat, build, read_entry
from vaguemestre.core.entry.places import placed
from vaguemestre.core.findings import Place, errors_in, finding
from vaguemestre.core.sheet.paper import parallel_sheet
from vaguemestre.role.practice.corrections import cancel as cancel_sheet
from vaguemestre.role.practice.corrections import correct as correct_sheet
from vaguemestre.role.practice.corrections import paper_duplicate, sheet_in, signed_copy
from vaguemestre.role.practice.desk import Desk, Received
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.record import Recorded
from vaguemestre.role.practice.record import record as record_sheet
from vaguemestre.tables.entry_columns import BY_NAME

SHEETS_MAX = 10_000
"""Sheets of a file of corrections that are counted: one is right, and no file is read for ever."""
CardOption = Annotated[
    str, typer.Option("--card", metavar="FILE", help=say("Carte du patient.", "The patient's card."))
]


def record(
    act: Annotated[
        list[str],
        typer.Option(
            "--act",
            metavar="CODE[*COEF]",
            help=say("Acte du jour, comme G ou AMI*2.5 (répétable).", "Today's act, as G or AMI*2.5 (repeatable)."),
        ),
    ] = [],  # noqa: B006 (Typer copies it)
    card: CardOption = "",
    settlement: Annotated[
        str,
        typer.Option("--settlement", help=say("tiers_payant ou patient_paid.", "tiers_payant or patient_paid.")),
    ] = "patient_paid",
    label: Annotated[
        str,
        typer.Option(
            "--patient", help=say("Nom pour votre agenda, jamais envoyé.", "Name for your diary, never sent.")
        ),
    ] = "",
    given: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="COLUMN=VALUE",
            help=say("Toute autre colonne de saisie (répétable).", "Any other entry column (repeatable)."),
        ),
    ] = [],  # noqa: B006
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Record one sheet from the command line."""
    if not act:
        raise typer.BadParameter(say("indiquez au moins un acte", "give at least one act"), param_hint="--act")
    moment = now()
    with practice(state) as opened:
        desk = Desk(opened.edges, moment)
        raw = _raw_sheet(act, card, settlement, label, given, opened.edges.today(moment).isoformat())
        entered = build(raw, opened.defaults, "", desk.read_card)
        received = desk.receive(entered)
        recorded = record_sheet(opened.edges, received.entry, moment) if received.entry is not None else None
    return _finish_one(entered, received, recorded, "", lang, as_json)


def _raw_sheet(acts: list[str], card: str, settlement: str, label: str, given: list[str], today: str) -> RawSheet:
    """The options as one sheet of an entry file; a column of acts given by `--set` stands for each of them."""
    values = {"card": card, "settlement": settlement, "patient": label}
    for_each = {"performed_on": today}
    for item in given:
        name, equals, value = item.partition("=")
        column = BY_NAME.get(plain_name(name))
        if not equals or column is None:
            raise typer.BadParameter(say("attendu : COLONNE=VALEUR", "expected: COLUMN=VALUE"), param_hint="--set")
        (for_each if column.per_act else values)[column.name] = value.strip()
    lines = []
    for number, item in enumerate(acts, 1):
        code, _, coefficient = item.partition("*")
        line = {**for_each, "code": code}
        if coefficient:
            line["coefficient"] = coefficient
        lines.append((number, line))
    return RawSheet(1, {name: value for name, value in values.items() if value}, lines)


def _finish_one(
    entered: Entered, received: Received, recorded: Recorded | None, source: str, lang: Any, as_json: bool
) -> int:
    findings = [*placed(received.findings if recorded is None else recorded.findings, entered, source)]
    document: dict[str, Any] = {"sheet": None}
    lines: list[str] = []
    sheet = recorded.sheet if recorded is not None else None
    if sheet is not None:
        name = str(sheet.identity)
        charged, fund = euros(sheet.total_charged_cents, lang), euros(sheet.fund_cents, lang)
        lines = [
            say(
                f"Enregistrée : {name}, {charged}, part de la caisse {fund}",
                f"Recorded: {name}, {charged}, the fund's share {fund}",
            )
        ]
        document = {
            "sheet": name,
            "total_charged_cents": sheet.total_charged_cents,
            "fund_cents": sheet.fund_cents,
            "complementary_cents": sheet.complementary_cents,
        }
        if received.parallel_paper:
            findings.append(finding("R052", sheet=name))
    code = ExitCode.FINDINGS if sheet is None else None
    return finish(document, lines, findings, lang=lang, as_json=as_json, exit_code=code)


def cancel(
    sheet: SheetArgument, state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False
) -> int:
    """Cancel a sheet before hand-over."""
    key = named(sheet)
    with practice(state) as opened:
        done, findings = cancel_sheet(opened.edges, key, now())
    lines = [say(f"Annulée : {key}", f"Cancelled: {key}")] if done else []
    return finish({"sheet": str(key), "cancelled": done}, lines, findings, lang=lang, as_json=as_json)


def correct(
    sheet: SheetArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=say("La feuille corrigée, en CSV ou JSON.", "The corrected sheet, CSV or JSON.")
        ),
    ],
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help=say(
                "C'est bien le patient, l'exécutant ou le jour qui était faux.",
                "The patient, the performer or the day is indeed what was wrong.",
            ),
        ),
    ] = False,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Record the corrected sheet of a rejected one."""
    key, moment = named(sheet), now()
    with practice(state) as opened, file.open("rb") as stream:
        desk = Desk(opened.edges, moment)
        kind, chunks = chunks_of(stream)
        form = FORMATS.get(kind, EntryFormat.CSV)
        read = [*islice(read_entry(chunks, form, opened.defaults, source=file.name, cards=desk.read_card), SHEETS_MAX)]
        sheets = [entered for entered in read if entered.act_lines or errors_in(entered.findings)]
        if len(sheets) > 1:
            several = finding("R089", Place(file.name, line=sheets[1].line), count=len(sheets))
            return finish({"sheet": None}, [], [several], lang=lang, as_json=as_json)
        entered = next(iter(sheets or read), Entered(None, (), 0))
        received = desk.receive(entered)
        entry = received.entry
        recorded = correct_sheet(opened.edges, key, entry, moment, confirmed=yes) if entry is not None else None
    return _finish_one(entered, received, recorded, file.name, lang, as_json)


def paper(
    sheet: SheetArgument,
    reason: Annotated[
        str, typer.Option("--reason", help=say("Pourquoi elle ne part pas.", "Why it does not go."))
    ] = "",
    patient: Annotated[
        str, typer.Option("--patient", help=say("Nom du patient, à imprimer.", "The patient's name, to print."))
    ] = "",
    parallel: Annotated[
        bool,
        typer.Option(
            "--parallel", help=say("La feuille du mode dégradé, pas le duplicata.", "The degraded mode's sheet.")
        ),
    ] = False,
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Print the duplicate of a sheet that cannot be sent, marked as such."""
    key = named(sheet)
    why = reason or say("messagerie indisponible", "mail not available")
    with practice(state) as opened:
        if parallel:
            return _parallel(opened.edges, key, why, patient, lang, as_json)
        made, findings = paper_duplicate(opened.edges, key, why, now(), patient=patient, lang=lang)
    document = {"sheet": str(key), "text": made.text if made is not None else None}
    return finish(document, [made.text] if made is not None else [], findings, lang=lang, as_json=as_json)


def _parallel(edges: PracticeEdges, key: Any, why: str, patient: str, lang: Any, as_json: bool) -> int:
    with edges.store.read() as view:
        row = view.sheet_by_key(key)
        travelling = view.travelling(row.id) if row is not None else None
        if row is None or travelling is None:
            fail(finding("R040", sheet=key))
        label = patient or view.body(row.id).label
    text = parallel_sheet(sheet_in(travelling), why, label, lang)
    return finish({"sheet": str(key), "text": text}, [text], (), lang=lang, as_json=as_json)


def copy(
    sheet: SheetArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help=say("Fichier à écrire.", "File to write."))],
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Write one signed sheet as a file of its own, verifiable alone."""
    key = named(sheet)
    require_directory(out)
    with practice(state) as opened:
        data, findings = signed_copy(opened.edges, key)
    if data is not None:
        write_whole(out, data)
    lines = [say(f"Copie signée : {out}", f"Signed copy: {out}")] if data is not None else []
    return finish({"sheet": str(key), "file": str(out) if data else None}, lines, findings, lang=lang, as_json=as_json)
