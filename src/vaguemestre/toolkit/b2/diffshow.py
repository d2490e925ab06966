"""Differences between two B2 files as lines for a person, or as JSON objects for a program."""

from collections.abc import Iterator

from vaguemestre.core.findings import Language
from vaguemestre.core.money import shown
from vaguemestre.core.wire.layouts import Field, Kind
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.b2.diffing import Difference, DiffTally, RecordChange
from vaguemestre.toolkit.lexicon import field_label, is_empty, record_title, value_of
from vaguemestre.toolkit.page import Line, paragraph, row

EDGE = 10
_MARKS = {
    "added": ("+", "added"),
    "removed": ("-", "removed"),
    "changed": ("~", "title"),
    "unreadable": ("?", "warning"),
}
_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "file": "Fichier",
        "lot": "Lot {name}",
        "invoice": "Facture {name}",
        "in": "lot {lot}",
        "moved": "du lot {old} au lot {new}",
        "empty": "(vide)",
        "unreadable": "Passage illisible, non comparé : ",
        "added": "ajouté",
        "removed": "retiré",
        "amount": "AMO {fund} sur {charged}",
        "counts": "factures\u00a0: identiques {same}, modifiées {changed}, ajoutées {added}, retirées {removed}",
        "reordered": "les factures communes ne sont pas dans le même ordre",
        "same": "les deux fichiers disent la même chose",
    },
    "en": {
        "file": "File",
        "lot": "Lot {name}",
        "invoice": "Invoice {name}",
        "in": "lot {lot}",
        "moved": "from lot {old} to lot {new}",
        "empty": "(empty)",
        "unreadable": "Passage that cannot be read, not compared: ",
        "added": "added",
        "removed": "removed",
        "amount": "AMO {fund} of {charged}",
        "counts": "invoices: identical {same}, changed {changed}, added {added}, removed {removed}",
        "reordered": "the common invoices do not stand in the same order",
        "same": "both files say the same",
    },
}


def difference_lines(item: Difference, lang: Language, width: int | None) -> Iterator[Line]:
    """One difference: a heading, then the records and fields concerned."""
    words = _WORDS[lang]
    mark, style = _MARKS[item.kind]
    if item.finding is not None:
        text = words["unreadable"] + item.finding.message(lang)
        place = item.finding.place.describe(lang)
        yield from paragraph((f"{mark} ", style), 2, ((text, ""), (place, "dim")), width)
        return
    head = words[item.what].format(name=item.name)
    yield ((f"{mark} ", style), (head, style), (_place(item, words), "dim"), (_amount(item, words, lang), ""))
    if item.kind != "changed":
        return
    column = 38 if width is not None and width < 100 else 56
    for record in item.records:
        yield _record_head(record, words, lang)
        for change in record.fields:
            label = field_label(change.field, lang)
            old, new = (_shown(change.field, holder, words, lang) for holder in (change.old, change.new))
            value = ((old, "removed"), (" → ", "dim"), (new, "added"))
            yield from row((f"{change.field.field_id:>9} ", "dim"), EDGE + 2, label, value, column, None)


def summary_lines(tally: DiffTally, lang: Language) -> Iterator[Line]:
    """The counts, in one line."""
    words = _WORDS[lang]
    text = words["counts"].format(same=tally.same, changed=tally.changed, added=tally.added, removed=tally.removed)
    said = [text]
    if tally.reordered:
        said.append(words["reordered"])
    if not tally.different:
        said.append(words["same"])
    yield (((" ; " if lang == "fr" else "; ").join(said), "dim"),)


def difference_document(item: Difference, lang: Language) -> dict[str, object]:
    """One difference as a JSON object: raw contents beside readable ones."""
    return {
        "kind": item.kind,
        "what": item.what,
        "name": item.name or None,
        "issuer": item.issuer or None,
        "lot_old": item.lots[0] or None,
        "lot_new": item.lots[1] or None,
        "records": [_record_document(record, lang) for record in item.records] if item.kind == "changed" else [],
        "finding": None if item.finding is None else item.finding.code.code,
        "record": None if item.finding is None else item.finding.place.record,
    }


def _record_document(record: RecordChange, lang: Language) -> dict[str, object]:
    kind = "added" if record.old is None else "removed" if record.new is None else "changed"
    return {
        "kind": kind,
        "record": record.name,
        "rank_old": record.old_rank or None,
        "rank_new": record.new_rank or None,
        "fields": [
            {
                "field": change.field.field_id,
                "name": change.field.name,
                "label": field_label(change.field, lang),
                "old": str(change.old.data[change.field.where], "latin-1"),
                "new": str(change.new.data[change.field.where], "latin-1"),
                "old_shown": _shown(change.field, change.old, {"empty": ""}, lang),
                "new_shown": _shown(change.field, change.new, {"empty": ""}, lang),
            }
            for change in record.fields
        ],
    }


def _shown(entry: Field, record: Record, words: dict[str, str], lang: Language) -> str:
    raw = record.data[entry.where]
    if entry.kind is Kind.FILLER:
        return str(raw, "latin-1") if raw.strip() else words["empty"]
    if is_empty(entry, raw) and (entry.kind is not Kind.CENTS or not raw.isdigit()):
        return words["empty"]
    return value_of("b2", record, entry, lang)


def _place(item: Difference, words: dict[str, str]) -> str:
    if item.what != "invoice":
        return ""
    old, new = item.lots
    if item.moved:
        return "  (" + words["moved"].format(old=old or "?", new=new or "?") + ")"
    return "  (" + words["in"].format(lot=new or old or "?") + ")"


def _amount(item: Difference, words: dict[str, str], lang: Language) -> str:
    """What an added or removed invoice is about: its totals."""
    if item.what != "invoice" or item.kind == "changed" or not item.records:
        return ""
    end = item.records[-1].new or item.records[-1].old
    if end is None or end.name != "5":
        return ""
    fund = end.number("total_fees_fund") + end.number("total_hospital_fund")
    charged = end.number("total_fees") + end.number("total_hospital_charge")
    return "  " + words["amount"].format(fund=shown(fund, lang), charged=shown(charged, lang))


def _record_head(record: RecordChange, words: dict[str, str], lang: Language) -> Line:
    ranks = [str(rank) for rank in dict.fromkeys((record.old_rank, record.new_rank)) if rank]
    said = words["added"] if record.old is None else words["removed"] if record.new is None else ""
    title = record_title("b2", record.name, lang)
    edge = f"{'→'.join(ranks):>5} {record.name:<4}"
    style = "added" if record.old is None else "removed" if record.new is None else ""
    return ((edge, "dim"), (title, style), (f"  ({said})" if said else "", style))
