"""A file of fixed-position records as a readable tree: each record with its fields, their labels and values, and its findings.

Data in, lines out (`toolkit.page`). A `View` says what is particular to a norm. The left edge bears a record's rank and type, a
field's id, a finding's code.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from vaguemestre.core.findings import Finding, Language
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.layouts import Field, Kind
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.labels.words import LEVELS
from vaguemestre.toolkit.lexicon import Norm, field_label, is_empty, meaning_of, record_title, value_of, worded
from vaguemestre.toolkit.page import LEVEL_MARKS, Line, paragraph, row
from vaguemestre.toolkit.rawview import raw_lines

EDGE = 10
"""Columns of the left edge."""
_AMOUNT_WIDTH = 12
_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "empty": "(vide)",
        "levels": "erreur,erreurs avertissement,avertissements non\u00a0vérifié,non\u00a0vérifiés à\u00a0savoir,à\u00a0savoir",
        "none": "aucune anomalie",
        "absent": "Aucun enregistrement n'a ce numéro : le fichier en compte {records}.",
    },
    "en": {
        "empty": "(empty)",
        "levels": "error,errors warning,warnings unverified,unverified note,notes",
        "none": "no finding",
        "absent": "No record has this number: the file has {records}.",
    },
}


class Shown(Protocol):
    """One record: its rank in the file (1-based), and the findings at it."""

    @property
    def rank(self) -> int: ...
    @property
    def record(self) -> Record: ...
    @property
    def findings(self) -> Sequence[Finding]: ...


@dataclass(frozen=True, slots=True)
class View:
    """How the records of one norm make a tree.

    `heads`: record -> the words that replace its title ("" keeps it), and the values its first line bears. `keys`: fields not said
    again inside an invoice, which `starts` open and whose records are `inside`. `spaced`: records after an empty line. `numbered`:
    records whose title bears their sequence number. `counts`: the records that each count of the last line adds up, and its words.
    """

    norm: Norm
    depths: Mapping[str, int]
    deepest: int
    heads: Mapping[str, tuple[tuple[str, str], tuple[str, ...]]]
    keys: frozenset[str]
    starts: frozenset[str]
    inside: frozenset[str]
    spaced: frozenset[str]
    counts: tuple[tuple[str, ...], ...]
    words: Mapping[Language, str]
    numbered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """`width`: columns of the terminal, None for a pipe (nothing is wrapped). `record`: that one alone, with all its fields."""

    lang: Language = "fr"
    width: int | None = None
    all_fields: bool = False
    record: int | None = None
    raw: bool = False

    @property
    def column(self) -> int:
        """Where values start."""
        return 50 if self.width is not None and self.width < 110 else 65


@dataclass(slots=True)
class Tally:
    """What passed by; complete once the lines are consumed. `recognised` is False when no record was found."""

    records: int = 0
    names: Counter[str] | None = None
    levels: Counter[str] | None = None
    last: Finding | None = None

    @property
    def recognised(self) -> bool:
        return self.records > 0


def show(items: Iterable[Shown | Finding], view: View, options: ShowOptions, tally: Tally) -> Iterator[Line]:
    """The lines of one file; `tally` is filled on the way. Findings stand at their record."""
    names: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    tally.names, tally.levels = names, levels
    first: Record | None = None  # of the open invoice
    early: list[Finding] = []  # before the first record: they alone, when there is none
    for item in items:
        if isinstance(item, Finding):
            tally.last = item
            levels[item.level.value] += 1
            if not tally.records:
                early.append(item)
            elif options.record in (None, item.place.record):
                yield from finding_lines(item, EDGE, options)
            continue
        tally.records = item.rank
        for held in early if options.record is None else ():
            yield from finding_lines(held, EDGE, options)
        early = []
        names[item.record.name] += 1
        levels.update(entry.level.value for entry in item.findings)
        if item.record.name not in view.inside:
            first = None
        elif first is None or item.record.name in view.starts:
            first = item.record
        if options.record in (None, item.rank):
            yield from record_lines(item, None if first is item.record else first, view, options)
            if options.record is not None:
                return
    yield from _closing(tally, view, options)


def documents(
    items: Iterable[Shown | Finding], view: View, options: ShowOptions, tally: Tally
) -> Iterator[dict[str, object] | Finding]:
    """The same as `show` for a program: one object per record, and the findings that stand at none.

    A record's object holds `number`, `record`, `title`, `fields` (each with its id, columns, name, label, value as shown, what its
    code means, bytes) and `findings`.
    """
    levels: Counter[str] = Counter()
    tally.levels = levels
    for item in items:
        if isinstance(item, Finding):
            tally.last = item
            levels[item.level.value] += 1
            if options.record in (None, item.place.record):
                yield item
            continue
        tally.records = item.rank
        levels.update(entry.level.value for entry in item.findings)
        if options.record in (None, item.rank):
            yield _document(item, view, options)
            if options.record is not None:
                return


def _document(item: Shown, view: View, options: ShowOptions) -> dict[str, object]:
    record, lang = item.record, options.lang
    fields = []
    for entry in record.plan.layout.fields:
        raw = record.data[entry.where]
        empty = is_empty(entry, raw)
        if empty and not options.all_fields and options.record is None:
            continue
        shown = "" if empty or entry.kind is Kind.FILLER else value_of(view.norm, record, entry, lang)
        fields.append(
            {
                "field": entry.field_id,
                "columns": list(entry.columns),
                "name": entry.name,
                "label": field_label(entry, lang),
                "value": shown or None,
                "meaning": meaning_of(view.norm, entry, raw, lang) or None,
                "bytes": str(raw, "latin-1"),
            }
        )
    title = record_title(view.norm, record.name, lang)
    return {
        "number": item.rank,
        "record": record.name,
        "title": title,
        "fields": fields,
        "findings": list(item.findings),
    }


def _closing(tally: Tally, view: View, options: ShowOptions) -> Iterator[Line]:
    words = _WORDS[options.lang]
    if not tally.recognised or tally.names is None or tally.levels is None:
        return
    if options.record is not None:
        yield ((words["absent"].format(records=tally.records), ""),)
        return
    names, levels = tally.names, tally.levels
    counts = [sum(names[name] for name in group) for group in view.counts]
    text = _counted((tally.records, *counts), view.words[options.lang])
    found = [levels[level] for level in LEVEL_MARKS]
    said = _counted(found, words["levels"], zeros=False) if any(found) else words["none"]
    yield ()
    whole = f"{text}\u00a0; {said}" if options.lang == "fr" else f"{text}; {said}"
    yield from paragraph(("", ""), EDGE, ((whole, "dim"),), options.width)


def _counted(counts: Sequence[int], words: str, zeros: bool = True) -> str:
    """`16 records, 1 lot`: each count with the singular or the plural of its word."""
    pairs = (word.split(",") for word in words.split(" "))
    return ", ".join(
        f"{count} {plural if count > 1 else single}"
        for count, (single, plural) in zip(counts, pairs, strict=True)
        if count or zeros
    )


def record_lines(piece: Shown, first: Record | None, view: View, options: ShowOptions) -> Iterator[Line]:
    """One record: its first line, its fields, its findings. `first`: the invoice's first record, whose key is not repeated."""
    record = piece.record
    depth = view.depths.get(record.name, view.deepest)
    if record.name in view.spaced and options.record is None and piece.rank > 1:
        yield ()
    yield _edge_line(piece.rank, record.name, depth, tuple(_head(record, view, options.lang)))
    if options.raw:
        yield from raw_lines(record.data, record.plan.layout, EDGE, options.lang, options.width)
        for item in piece.findings:
            yield from finding_lines(item, EDGE, options)
        return
    yield from _fields(piece, record, first, depth, view, options)


def _edge_line(rank: int, name: str, depth: int, spans: Line) -> Line:
    return ((f"{rank:>5} {name:<4}", "dim"), ("  " * depth, ""), *spans)


def _head(record: Record, view: View, lang: Language) -> Iterator[tuple[str, str]]:
    words, names = view.heads.get(record.name, (("", ""), ()))
    title = words[0 if lang == "fr" else 1] or record_title(view.norm, record.name, lang)
    by_name = record.plan.layout.by_name
    if record.name in view.numbered and record.number("sequence_number") > 1:
        title += f" ({record.number('sequence_number')})"
    yield title, "title"
    for rank, name in enumerate(names):
        entry = by_name[name]
        if not is_empty(entry, record.data[entry.where]):
            said = meaning_of(view.norm, entry, record.data[entry.where], lang) if entry.length == 1 else ""
            yield (" " if rank == 0 else " · "), "title"
            yield said or value_of(view.norm, record, entry, lang), "title" if rank == 0 else ""


def _fields(
    piece: Shown, record: Record, first: Record | None, depth: int, view: View, options: ShowOptions
) -> Iterator[Line]:
    at_field: dict[str, list[Finding]] = {}
    for item in piece.findings:
        at_field.setdefault(item.place.field, []).append(item)
    everything = options.all_fields or options.record is not None
    indent = EDGE + 2 * depth + 2
    for entry in record.plan.layout.fields:
        found = at_field.pop(entry.field_id, ())
        raw = record.data[entry.where]
        if not (everything or found) and (is_empty(entry, raw) or _is_repeated(entry, record, raw, first, view)):
            continue
        value = tuple(_value(entry, record, raw, view.norm, options.lang))
        label = field_label(entry, options.lang)
        yield from row((f"{entry.field_id:>9} ", "dim"), indent, label, value, options.column, options.width)
        for item in found:
            yield from finding_lines(item, indent, options)
    for item in (item for found in at_field.values() for item in found):
        yield from finding_lines(item, indent, options)


def _is_repeated(entry: Field, record: Record, raw: bytes, first: Record | None, view: View) -> bool:
    """What only says again what the first line, or the invoice's first record, has said."""
    if entry.kind is Kind.FILLER or (entry.constant and raw == entry.blank):
        return True
    if entry.name == "sequence_number":
        return raw.strip(b"0") == b"1"
    if entry.name in view.keys and first is not None and entry.name in first.plan.layout.by_name:
        return first.raw(entry.name) == raw
    return False


def _value(entry: Field, record: Record, raw: bytes, norm: Norm, lang: Language) -> Iterator[tuple[str, str]]:
    if is_empty(entry, raw):
        yield _WORDS[lang]["empty"], "dim"
        return
    if entry.kind is Kind.FILLER:
        yield str(raw, "latin-1"), "value"
        return
    text = value_of(norm, record, entry, lang)
    yield f"{text:>{_AMOUNT_WIDTH}}" if entry.kind is Kind.CENTS else text, "value"
    words = meaning_of(norm, entry, raw, lang)
    if words:
        yield "  ", ""
        yield words, ""


def finding_lines(item: Finding, indent: int, options: ShowOptions) -> Iterator[Line]:
    """A finding at its record: mark and code on the edge, level, message and next step as running text."""
    lang, level = options.lang, item.level.value
    word = LEVELS[lang][level]
    spans = (
        (f"{word}\u00a0:" if lang == "fr" else f"{word}:", level),
        (worded(item, lang).message(lang), ""),
        (item.next_step(lang), "dim"),
    )
    yield from paragraph((f"{LEVEL_MARKS[level]:>4} {item.code.code}", level), indent, spans, options.width)
