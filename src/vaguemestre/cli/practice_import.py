"""`practice import`: sheets as CSV or JSON, other software's B2, the fund's signed bundle; told apart by their first bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from vaguemestre.cli.practice_common import now, practice
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    CommandFailed,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    fail,
    failure_of,
    finish,
    progress,
)
from vaguemestre.cli.texts import agreed, say, say_counted
from vaguemestre.core.bounded import DEFAULT_LIMITS
from vaguemestre.core.bounded import opened as opened_bytes
from vaguemestre.core.entry.drafts import EntryFormat
from vaguemestre.core.findings import Finding, Language, Place, errors_in, finding
from vaguemestre.core.practice.book import MailState
from vaguemestre.core.values import dataclass
from vaguemestre.role.practice.collect import take_bundle
from vaguemestre.role.practice.edges import PracticeEdges
from vaguemestre.role.practice.importing import FileKind, Imported, import_carried, import_entries, kind_of
from vaguemestre.wiring.practice import Opened

CHUNK_BYTES = 1 << 16
HEAD_BYTES = 512
FORMATS = {FileKind.ENTRY_CSV: EntryFormat.CSV, FileKind.ENTRY_JSON: EntryFormat.JSON}
_OF_THE_FILE = frozenset({"I100", "I102", "I103", "I105", "I111", "I112", "I113", "I115"})
"""Errors that say of a file, or of a part of it, that no sheet can be read there at all."""

AgainOption = Annotated[
    list[str],
    typer.Option(
        "--again",
        metavar="LINE",
        help=say(
            "Ligne, ou référence, à enregistrer même si elle l'est déjà : deux soins égaux (répétable).",
            "Line, or reference, to record even if it already is: two equal cares (repeatable).",
        ),
    ),
]


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
    again: AgainOption = [],  # noqa: B006 (Typer copies it)
    state: StateOption = STATE_DEFAULT,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """Take in a file, whatever it is; told by its first bytes."""
    with practice(state) as opened, file.open("rb") as stream:
        kind, chunks = chunks_of(stream)
        if kind in FORMATS:
            return _import_entries(opened, file, kind, chunks, frozenset(again), lang, as_json)
        data = _bounded(chunks)
        if data is None:
            limit = DEFAULT_LIMITS.size_bytes_max
            fail(finding("F013", Place(file.name), expected=limit), ExitCode.UNREADABLE)
        if kind is FileKind.BUNDLE:
            return _finish_bundle(opened.edges, data, file.name, lang, as_json)
        return _finish_carried(opened.edges, data, file.name, lang, as_json)


def chunks_of(stream: BinaryIO) -> tuple[FileKind, Iterator[bytes]]:
    """What an open file is, and all its bytes."""
    head = stream.read(HEAD_BYTES)
    return kind_of(head), chain([head], iter(lambda: stream.read(CHUNK_BYTES), b""))


def _bounded(chunks: Iterable[bytes]) -> bytes | None:
    """The whole file; None beyond the reader's limit."""
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > DEFAULT_LIMITS.size_bytes_max:
            return None
        parts.append(chunk)
    return b"".join(parts)


# --- entered sheets


@dataclass(frozen=True, slots=True)
class _Row:
    """What is told of one sheet of a file; `sheet` and `already` are names of sheets, "" for none."""

    line: int
    rank: int
    reference: str
    sheet: str
    already: str
    fund_cents: int
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether an error is about a sheet: a file that is empty, or lacks a column, holds none."""
        if self.sheet or self.already:
            return False
        return any(item.code.code not in ("I105", "I113") for item in errors_in(self.findings))

    def document(self) -> dict[str, Any]:
        """As `--json` shows it; `findings` are codes, whose places name the same line, record and reference."""
        return {
            "line": self.line,
            "record": self.rank or None,
            "reference": self.reference,
            "sheet": self.sheet or None,
            "already": self.already or None,
            "findings": sorted({item.code.code for item in self.findings}),
        }


def _row(item: Imported) -> _Row:
    recorded = item.recorded
    sheet = recorded.sheet if recorded is not None else None
    already = recorded.already if recorded is not None else None
    return _Row(
        item.entered.line,
        item.entered.rank,
        item.entered.reference,
        str(sheet.identity) if sheet is not None else "",
        str(already) if already is not None else "",
        sheet.fund_cents if sheet is not None else 0,
        item.findings,
    )


def _import_entries(
    opened: Opened,
    file: Path,
    kind: FileKind,
    chunks: Iterable[bytes],
    again: frozenset[str],
    lang: Language,
    as_json: bool,
) -> int:
    """Record sheet by sheet. Whatever stops it halfway, what is on the disk is told exactly, with the cause."""
    size = file.stat().st_size if file.is_file() else None
    rows: list[_Row] = []
    stopped: CommandFailed | None = None
    try:
        with progress(size, say("Enregistrement", "Recording"), as_json=as_json) as advance:
            told = import_entries(
                opened.edges,
                _counted(chunks, advance),
                FORMATS[kind],
                opened.defaults,
                now(),
                source=file.name,
                again=again,
            )
            rows.extend(map(_row, told))
    except (KeyboardInterrupt, typer.Abort):
        stopped = CommandFailed(ExitCode.INTERRUPTED, [])
    except BrokenPipeError:
        raise
    except Exception as error:  # the cause is told as ever, and what it left behind beside it
        stopped = failure_of(error, lang)
    return _finish_entries(rows, stopped, kind, file.name, lang, as_json)


def _counted(chunks: Iterable[bytes], advance: Any) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        advance(len(chunk))


def _finish_entries(
    rows: Sequence[_Row], stopped: CommandFailed | None, kind: FileKind, source: str, lang: Language, as_json: bool
) -> int:
    recorded = sum(1 for row in rows if row.sheet)
    already = sum(1 for row in rows if row.already)
    refused = sum(1 for row in rows if row.refused)
    document = {
        "kind": kind.value,
        "interrupted": stopped is not None,
        "recorded": recorded,
        "already_recorded": already,
        "refused": refused,
        "fund_cents": sum(row.fund_cents for row in rows),
        "sheets": [row.document() for row in rows],
    }
    findings = [item for row in rows for item in row.findings]
    line = say(_counts_fr(recorded, already, refused), _counts_en(recorded, already, refused))
    code: ExitCode | None = None
    if stopped is not None:
        findings += [*stopped.findings, _interrupted(rows, source, recorded, already)]
        line += say(" ; import interrompu", "; import interrupted")
        code = stopped.exit_code
    elif _is_unreadable(rows, findings):
        code = ExitCode.UNREADABLE
    return finish(document, [line], findings, lang=lang, as_json=as_json, exit_code=code)


def _counts_fr(recorded: int, already: int, refused: int) -> str:
    parts = [f"{recorded} feuille(s) enregistrée(s)"]
    if already:
        parts.append(f"{already} déjà enregistrée(s)")
    return agreed(", ".join([*parts, f"{refused} refusée(s)"]), "fr")


def _counts_en(recorded: int, already: int, refused: int) -> str:
    parts = [agreed(f"{recorded} sheet(s) recorded", "en")]
    if already:
        parts.append(f"{already} already recorded")
    return ", ".join([*parts, f"{refused} refused"])


def _interrupted(rows: Sequence[_Row], source: str, recorded: int, already: int) -> Finding:
    """How far an import came: every row told so far is on the disk or refused, no other is."""
    if not rows:
        return finding("R086", Place(source), count=0, already=0, upto_fr="rien n'est lu", upto_en="nothing is read")
    last = rows[-1]
    mark_fr = f" (feuille {last.reference})" if last.reference else ""
    mark_en = f" (sheet {last.reference})" if last.reference else ""
    where_fr = f"fiche {last.rank}" if last.rank else f"ligne {last.line}"
    where_en = f"record {last.rank}" if last.rank else f"line {last.line}"
    return finding(
        "R086",
        Place(source, record=last.rank or None, line=last.line, sheet=last.reference),
        count=recorded,
        already=already,
        upto_fr=f"le fichier est traité jusqu'à la {where_fr}{mark_fr}",
        upto_en=f"the file is dealt with up to {where_en}{mark_en}",
    )


def _is_unreadable(rows: Sequence[_Row], findings: Sequence[Finding]) -> bool:
    """Whether not one sheet could be read: the file is not what it should be (vgm:exit-codes)."""
    wrong = {item.code.code for item in errors_in(findings)}
    return bool(wrong) and wrong <= _OF_THE_FILE and not any(row.sheet or row.already for row in rows)


# --- bundle and carried B2


def _finish_bundle(edges: PracticeEdges, data: bytes, source: str, lang: Language, as_json: bool) -> int:
    state, found = take_bundle(edges, data, now())
    findings = [replace(item, place=replace(item.place, source=source)) for item in found]
    taken = state is MailState.APPLIED and not errors_in(findings)
    lines = [say("Paquet signé pris en compte", "Signed bundle taken in")] if taken else []
    return finish({"kind": "bundle", "in_force": taken}, lines, findings, lang=lang, as_json=as_json)


def _finish_carried(edges: PracticeEdges, data: bytes, source: str, lang: Language, as_json: bool) -> int:
    taken, findings = import_carried(edges, data, now(), source=source)
    code: ExitCode | None = None
    if not taken.recognised:
        from vaguemestre.toolkit.kinds import refusal  # what the first bytes show: only a file that is no B2 needs it

        plain = (chunk for chunk in opened_bytes(data, DEFAULT_LIMITS, source) if not isinstance(chunk, Finding))
        shown = next(plain, b"")[:HEAD_BYTES]
        findings = tuple(refusal(item, shown, "B2", source) for item in findings)
        code = ExitCode.UNREADABLE
    document = {
        "kind": "b2",
        "lots": [str(lot) for lot in taken.lots],
        "recorded": taken.sheets,
        "fund_cents": taken.fund_cents,
    }
    count = taken.sheets
    lines = [say_counted(f"{count} feuille(s) prise(s) en charge", f"{count} sheet(s) taken in")]
    return finish(document, lines, findings, lang=lang, as_json=as_json, exit_code=code)
