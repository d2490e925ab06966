"""`practice record`, `import`, `cancel`, `correct`, `paper`, `copy`: what people do with sheets."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from vaguemestre.cli.practice_common import SheetArgument, euros, named, now, practice
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    finish,
    progress,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.bounded import DEFAULT_LIMITS
from vaguemestre.core.entry.csv_file import RawSheet, plain_name
from vaguemestre.core.entry.drafts import Entered, EntryFormat, build, read_entry
from vaguemestre.core.findings import Finding, Level, errors_in, finding
from vaguemestre.core.practice.book import MailState
from vaguemestre.core.sheet.paper import parallel_sheet
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.role.practice.corrections import cancel as cancel_sheet
from vaguemestre.role.practice.corrections import correct as correct_sheet
from vaguemestre.role.practice.corrections import paper_duplicate, sheet_in, signed_copy
from vaguemestre.role.practice.desk import Desk, Received
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.importing import FileKind, import_carried, import_entries, kind_of
from vaguemestre.role.practice.record import Recorded
from vaguemestre.role.practice.record import record as record_sheet
from vaguemestre.tables.entry_columns import BY_NAME

_CHUNK_BYTES = 1 << 16
_HEAD_BYTES = 512
_FORMATS = {FileKind.ENTRY_CSV: EntryFormat.CSV, FileKind.ENTRY_JSON: EntryFormat.JSON}
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
    return _finish_one(received, recorded, lang, as_json)


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


def _finish_one(received: Received, recorded: Recorded | None, lang: Any, as_json: bool) -> int:
    findings = list(received.findings if recorded is None else recorded.findings)
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


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=say(
                "CSV ou JSON de feuilles, B2 d'un autre logiciel, ou paquet signé de la caisse.",
                "CSV or JSON of sheets, B2 of other software, or the fund's signed bundle.",
            ),
        ),
    ],
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Take in a file, whatever it is; told by its first bytes."""
    with practice(state) as opened, file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        kind = kind_of(head)
        chunks = chain([head], iter(lambda: stream.read(_CHUNK_BYTES), b""))
        if kind in _FORMATS:
            size = file.stat().st_size if file.is_file() else None
            with progress(size, say("Enregistrement", "Recording"), as_json=as_json) as advance:
                told = import_entries(
                    opened.edges, _counted(chunks, advance), _FORMATS[kind], opened.defaults, now(), source=file.name
                )
                return _finish_entries([*_outcomes(told)], kind, lang, as_json)
        data = _bounded(chunks)
        if data is None:
            limit = DEFAULT_LIMITS.size_bytes_max
            fail(finding("F013", expected=limit), ExitCode.UNREADABLE)
        if kind is FileKind.BUNDLE:
            return _finish_bundle(opened.edges, data, lang, as_json)
        return _finish_carried(opened.edges, data, file.name, lang, as_json)


def _counted(chunks: Iterable[bytes], advance: Any) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        advance(len(chunk))


def _bounded(chunks: Iterable[bytes]) -> bytes | None:
    """The whole file; None beyond the reader's limit."""
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > DEFAULT_LIMITS.size_bytes_max:
            return None
        parts.append(chunk)
    return b"".join(parts)


def _outcomes(told: Iterable[Any]) -> Iterator[tuple[int, str, str | None, int, tuple[Finding, ...]]]:
    """(line, reference, sheet's name or None, the fund's share in cents, what to tell) of each sheet of a file."""
    for item in told:
        sheet = item.recorded.sheet if item.recorded is not None else None
        findings = item.findings
        if sheet is not None and item.received.parallel_paper:
            findings = (*findings, finding("R052", sheet=str(sheet.identity)))
        yield (
            item.line,
            item.reference,
            str(sheet.identity) if sheet else None,
            sheet.fund_cents if sheet else 0,
            findings,
        )


def _finish_entries(
    told: list[tuple[int, str, str | None, int, tuple[Finding, ...]]], kind: FileKind, lang: Any, as_json: bool
) -> int:
    done = [item for item in told if item[2] is not None]
    document = {
        "kind": kind.value,
        "recorded": len(done),
        "refused": sum(1 for item in told if item[2] is None and _refuses_a_sheet(item[4])),
        "fund_cents": sum(item[3] for item in done),
        "sheets": [{"line": item[0], "reference": item[1], "sheet": item[2]} for item in told],
    }
    lines = [
        say(
            f"{document['recorded']} feuilles enregistrées, {document['refused']} refusées",
            f"{document['recorded']} sheets recorded, {document['refused']} refused",
        )
    ]
    findings = [entry for item in told for entry in item[4]]
    return finish(document, lines, findings, lang=lang, as_json=as_json)


def _refuses_a_sheet(findings: tuple[Finding, ...]) -> bool:
    """Whether an error is about a sheet: a file that is empty, or lacks a column, holds none."""
    return any(item.code.code not in ("I105", "I113") for item in errors_in(findings))


def _finish_bundle(edges: PracticeEdges, data: bytes, lang: Any, as_json: bool) -> int:
    state, findings = take_bundle(edges, data, now())
    taken = state is MailState.APPLIED and not errors_in(findings)
    lines = [say("Paquet signé pris en compte", "Signed bundle taken in")] if taken else []
    return finish({"kind": "bundle", "in_force": taken}, lines, findings, lang=lang, as_json=as_json)


def _finish_carried(edges: PracticeEdges, data: bytes, source: str, lang: Any, as_json: bool) -> int:
    taken, findings = import_carried(edges, data, now(), source=source)
    document = {
        "kind": "b2",
        "lots": [str(lot) for lot in taken.lots],
        "recorded": taken.sheets,
        "fund_cents": taken.fund_cents,
    }
    lines = [say(f"{taken.sheets} feuilles prises en charge", f"{taken.sheets} sheets taken in")] if taken.lots else []
    return finish(document, lines, findings, lang=lang, as_json=as_json)


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
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Record the corrected sheet of a rejected one."""
    key, moment = named(sheet), now()
    with practice(state) as opened, file.open("rb") as stream:
        desk = Desk(opened.edges, moment)
        head = stream.read(_HEAD_BYTES)
        form = _FORMATS.get(kind_of(head), EntryFormat.CSV)
        chunks = chain([head], iter(lambda: stream.read(_CHUNK_BYTES), b""))
        entered = next(_one_sheet(read_entry(chunks, form, opened.defaults, source=file.name, cards=desk.read_card)))
        received = desk.receive(entered)
        recorded = correct_sheet(opened.edges, key, received.entry, moment) if received.entry is not None else None
    return _finish_one(received, recorded, lang, as_json)


def _one_sheet(entries: Iterable[Entered]) -> Iterator[Entered]:
    """The first sheet of the file, after remarks about the file itself."""
    last = None
    for entered in entries:
        last = entered
        if entered.draft is not None or any(item.level is Level.ERROR for item in entered.findings):
            break
    yield last if last is not None else Entered(None, (), 0)


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
    with practice(state) as opened:
        data, findings = signed_copy(opened.edges, key)
    if data is not None:
        out.write_bytes(data)
    lines = [say(f"Copie signée : {out}", f"Signed copy: {out}")] if data is not None else []
    return finish({"sheet": str(key), "file": str(out) if data else None}, lines, findings, lang=lang, as_json=as_json)
