"""The report of a check as lines for a person: what the input is, its findings by code, the worst first, and their count."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from vaguemestre.core.findings import Finding, Language, Level
from vaguemestre.tables.labels.words import LEVELS
from vaguemestre.toolkit.page import LEVEL_MARKS, Line, paragraph
from vaguemestre.toolkit.report import CheckReport

_MARGIN, _INDENT = 2, 6
_COUNTED = {
    "fr": {
        Level.ERROR: ("erreur", "erreurs"),
        Level.WARNING: ("avertissement", "avertissements"),
        Level.UNVERIFIED: ("point non vérifié", "points non vérifiés"),
        Level.NOTE: ("note", "notes"),
    },
    "en": {
        Level.ERROR: ("error", "errors"),
        Level.WARNING: ("warning", "warnings"),
        Level.UNVERIFIED: ("unverified point", "unverified points"),
        Level.NOTE: ("note", "notes"),
    },
}
_HELD = {
    "fr": (("enregistrement", "enregistrements"), ("lot", "lots"), ("facture", "factures")),
    "en": (("record", "records"), ("lot", "lots"), ("invoice", "invoices")),
}


def tell(report: CheckReport, lang: Language, width: int | None, shown_max: int) -> Iterator[Line]:
    """One report: a heading, then each code with at most `shown_max` of its findings; wrapped to `width` unless None."""
    yield _heading(report, lang)
    findings = in_words(report.findings, lang)
    for (code, level), group in groupby(findings, key=lambda item: (item.code.code, item.level)):
        found = list(group)
        left_out = len(found) - shown_max + report.omitted.get(code, 0) if len(found) > shown_max else 0
        left_out = left_out or report.omitted.get(code, 0)
        yield from _code(found[:shown_max], level, left_out, lang, width)
    if report.recognised:
        yield _verdict(report, lang)


def in_words(findings: Sequence[Finding], lang: Language) -> Sequence[Finding]:
    """The findings with the names of fields in the reader's language; the words are loaded only where there is one to say."""
    if lang == "fr" or not findings:
        return findings
    from vaguemestre.toolkit.lexicon import worded

    return [worded(item, lang) for item in findings]


def tell_all(reports: Iterable[CheckReport], lang: Language) -> Line:
    """The last line, below several reports: how many inputs, and how many pass."""
    told = list(reports)
    passed = sum(report.passes() for report in told)
    words = "{n} fichiers vérifiés, {ok} sans erreur." if lang == "fr" else "{n} files checked, {ok} without error."
    return ((words.format(n=len(told), ok=passed), "title"),)


def _heading(report: CheckReport, lang: Language) -> Line:
    name = report.source or "-"
    if not report.recognised:
        return ((name, "title"),)
    counts = (report.records, report.lots, report.invoices)
    return ((name, "title"), (f"  {held(counts, lang)}", "dim"))


def held(counts: Iterable[int], lang: Language) -> str:
    """How many records, lots and invoices there are, as `10 records, 1 lot, 1 invoice`."""
    return ", ".join(_counted(count, words) for count, words in zip(counts, _HELD[lang], strict=True))


def _code(found: list[Finding], level: Level, left_out: int, lang: Language, width: int | None) -> Iterator[Line]:
    entry, style = found[0].code, level.value
    total = len(found) + left_out
    times = f" × {total}" if total > 1 else ""
    yield (
        (f"{'':{_MARGIN}}{LEVEL_MARKS[style]} {LEVELS[lang][style]} {entry.code}", style),
        (times, "value"),
        (f"  {entry.citation}", "dim"),
    )
    for item in found:
        where = _place(item, lang)
        spans: Line = ((item.message(lang), ""), *(((f"({where})", "dim"),) if where else ()))
        yield from paragraph(("", ""), _INDENT, spans, width)
    if left_out:
        more = ("et {n} autres" if left_out > 1 else "et {n} autre") if lang == "fr" else "and {n} more"
        yield ((f"{'':{_INDENT}}… " + more.format(n=left_out), "dim"),)
    yield from paragraph((f"{'':{_INDENT - 2}}→", "dim"), _INDENT, ((found[0].next_step(lang), "note"),), width)


def _place(item: Finding, lang: Language) -> str:
    """Where the finding stands, without the input's name: the heading says it."""
    place = item.place
    words = ("enregistrement", "colonne") if lang == "fr" else ("record", "column")
    parts = [f"{words[0]} {place.record}"] if place.record is not None else []
    if place.columns is not None:
        first, last = place.columns
        parts.append(f"{words[1]} {first}" if first == last else f"{words[1]}s {first}-{last}")
    return ", ".join(parts)


def _verdict(report: CheckReport, lang: Language) -> Line:
    counts = [(level, report.count(level)) for level in _COUNTED[lang]]
    if not any(count for _, count in counts):
        return ((f"{'':{_MARGIN}}" + ("Rien à signaler." if lang == "fr" else "Nothing to report."), "value"),)
    spans: list[tuple[str, str]] = [(f"{'':{_MARGIN}}", "")]
    for level, count in counts:
        if count:
            if len(spans) > 1:
                spans.append((", ", ""))
            spans.append((_counted(count, _COUNTED[lang][level]), level.value))
    return (*spans, (".", ""))


def _counted(count: int, words: tuple[str, str]) -> str:
    return f"{count} {words[0] if count < 2 else words[1]}"
