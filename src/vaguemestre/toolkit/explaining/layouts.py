"""Explains a record, an entity or a field from the layout tables: where it stands, how it is written, what it may hold."""

from collections.abc import Iterator

from vaguemestre.core.findings import Language
from vaguemestre.core.wire.layouts import B2, NOEMIE, Absent, Field, Kind, Layout
from vaguemestre.tables.b2_order import FOLLOWS, LINES_MAX, REPEATS_MAX
from vaguemestre.toolkit.explaining.findings import cited
from vaguemestre.toolkit.explaining.shape import Explanation, Fact
from vaguemestre.toolkit.lexicon import Norm, field_label, meaning, record_title

_FAMILIES: tuple[tuple[Norm, dict[str, Layout]], ...] = (("b2", dict(B2)), ("noemie", dict(NOEMIE)))
_FILE_RECORDS = frozenset({"000", "1", "6", "999"})
_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "record": "enregistrement B2",
        "entity": "entité NOEMIE",
        "field": "zone",
        "size": "Longueur",
        "bytes": "{size} octets",
        "byte": "1 octet",
        "one": "enregistrement {record}, colonne {first} ({length})",
        "entity_one": "entité {record}, octet {first} ({length})",
        "follows": "Peut suivre",
        "leads": "Peut être suivi de",
        "repeats": "Répétitions",
        "repeated": "{count} au plus par acte",
        "lines": "{count} lignes au plus par facture",
        "start": "rien (début du fichier)",
        "where": "Où",
        "place": "enregistrement {record}, colonnes {first} à {last} ({length})",
        "entity_place": "entité {record}, octets {first} à {last} ({length})",
        "form": "Écriture",
        "presence": "Présence",
        "codes": "Valeurs",
        "constant": "Toujours",
        "source": "Source",
        "name": "Nom",
        "elsewhere": "Aussi dans",
    },
    "en": {
        "record": "B2 record",
        "entity": "NOEMIE entity",
        "field": "field",
        "size": "Length",
        "bytes": "{size} bytes",
        "byte": "1 byte",
        "one": "record {record}, column {first} ({length})",
        "entity_one": "entity {record}, byte {first} ({length})",
        "follows": "May follow",
        "leads": "May be followed by",
        "repeats": "Repeats",
        "repeated": "at most {count} per act",
        "lines": "at most {count} lines per invoice",
        "start": "nothing (start of the file)",
        "where": "Where",
        "place": "record {record}, columns {first} to {last} ({length})",
        "entity_place": "entity {record}, bytes {first} to {last} ({length})",
        "form": "Written as",
        "presence": "Presence",
        "codes": "Values",
        "constant": "Always",
        "source": "Source",
        "name": "Name",
        "elsewhere": "Also in",
    },
}
_FORMS: dict[Kind, tuple[str, str]] = {
    Kind.TEXT: (
        "texte à gauche, majuscules sans accent, complété par des espaces",
        "text, left-aligned, capitals, spaces",
    ),
    Kind.DIGITS: ("chiffres, tous significatifs, zéros compris", "digits, every one counts, zeros too"),
    Kind.NUMBER: ("nombre entier à droite, complété par des zéros", "whole number, right-aligned, zeros"),
    Kind.CENTS: ("montant en centimes, sans virgule ni signe", "amount in cents, without point or sign"),
    Kind.DECIMAL: ("nombre avec {decimals} décimales sous-entendues", "number with {decimals} implied decimals"),
    Kind.DATE: ("date AAMMJJ, zéros si absente", "date YYMMDD, zeros if absent"),
    Kind.OPAQUE: ("octets que la source ne décrit pas", "bytes that the source does not describe"),
    Kind.FILLER: ("rien : rempli d'espaces", "nothing: filled with spaces"),
}
_PRESENCE = {
    "fr": {True: "obligatoire", False: "facultative"},
    "en": {True: "mandatory", False: "optional"},
}
_ABSENT = {
    "fr": {Absent.ERROR: " ; vide : erreur B008", Absent.WARN: " ; vide : avertissement B009", Absent.OK: ""},
    "en": {Absent.ERROR: "; empty: error B008", Absent.WARN: "; empty: warning B009", Absent.OK: ""},
}


def explain_record(asked: str, lang: Language) -> Iterator[Explanation]:
    """The record or entity whose type was asked, in each norm that has one."""
    name = asked.upper()
    for norm, family in _FAMILIES:
        layout = family.get(name)
        if layout is not None:
            yield _record(norm, layout, lang)


def explain_field(asked: str, lang: Language) -> Iterator[Explanation]:
    """The field whose id (`[0212]`, `0212`, `b2:0212`) or name (`insured_nir`, `2.insured_nir`) was asked."""
    wanted = asked.strip("[]")
    for norm, family in _FAMILIES:
        prefix, _, rest = wanted.partition(":")
        identifier = rest if prefix == norm or prefix == f"{norm}file" else wanted
        by_id = [entry for layout in family.values() for entry in layout.fields if _same_id(entry, identifier)]
        if by_id:
            yield from (_field(norm, entry, (), lang) for entry in by_id)
            continue
        record, _, name = wanted.rpartition(".")
        named = [
            entry
            for layout in family.values()
            for entry in layout.fields
            if entry.name == name.lower() and record.upper() in ("", layout.name)
        ]
        if named:
            yield _field(norm, named[0], tuple(named[1:]), lang)


def words() -> Iterator[str]:
    """Everything that can be asked for here."""
    for _, family in _FAMILIES:
        for layout in family.values():
            yield layout.name
            for entry in layout.fields:
                if entry.kind is not Kind.FILLER:
                    yield entry.field_id.strip("[]")
                    yield entry.name


def _same_id(entry: Field, identifier: str) -> bool:
    return entry.field_id.strip("[]") == identifier.upper()


def _record(norm: Norm, layout: Layout, lang: Language) -> Explanation:
    words, name = _WORDS[lang], layout.name
    facts = [Fact("size", words["size"], words["bytes"].format(size=layout.size))]
    if norm == "b2":
        before = [_name(other, words) for other, after in FOLLOWS.items() if name in after]
        facts.append(Fact("follows", words["follows"], ", ".join(before)))
        if FOLLOWS[name]:
            facts.append(Fact("followed_by", words["leads"], ", ".join(FOLLOWS[name])))
        if name in REPEATS_MAX:
            facts.append(Fact("repeats", words["repeats"], words["repeated"].format(count=REPEATS_MAX[name])))
        if name in ("3", "4"):
            facts.append(Fact("repeats", words["repeats"], words["lines"].format(count=LINES_MAX)))
    facts.append(Fact("source", words["source"], cited(_citation(norm, layout.fields[0]))))
    rows = tuple(
        (entry.field_id, f"{_columns(entry):<8}{field_label(entry, lang)}")
        for entry in layout.fields
        if entry.kind is not Kind.FILLER
    )
    kind = "record" if norm == "b2" else "entity"
    return Explanation(
        "record" if norm == "b2" else "entity", words[kind], name, record_title(norm, name, lang), tuple(facts), rows
    )


def _columns(entry: Field) -> str:
    first, last = entry.columns
    return f"{first}-{last}" if last > first else str(first)


def _name(record: str, words: dict[str, str]) -> str:
    return record or words["start"]


def _field(norm: Norm, entry: Field, others: tuple[Field, ...], lang: Language) -> Explanation:
    words = _WORDS[lang]
    first, last = entry.columns
    single = "one" if norm == "b2" else "entity_one"
    template = words[single if first == last else "place" if norm == "b2" else "entity_place"]
    length = words["byte" if first == last else "bytes"].format(size=entry.length)
    place = template.format(record=entry.record, first=first, last=last, length=length)
    form = _FORMS[entry.kind][0 if lang == "fr" else 1].format(decimals=entry.decimals)
    facts = [
        Fact("name", words["name"], f"{entry.record}.{entry.name}"),
        Fact("where", words["where"], place),
        Fact("form", words["form"], form),
        Fact("presence", words["presence"], _PRESENCE[lang][entry.mandatory] + _ABSENT[lang][entry.absent]),
    ]
    if entry.constant:
        facts.append(Fact("constant", words["constant"], entry.constant))
    rows = tuple((code, meaning(norm, entry.name, code, lang)) for code in codes_of(norm, entry))
    if others:
        facts.append(Fact("elsewhere", words["elsewhere"], ", ".join(other.field_id for other in others)))
    facts.append(Fact("source", words["source"], cited(_citation(norm, entry))))
    return Explanation(
        "field", f"{words['field']} {norm.upper()}", entry.field_id, field_label(entry, lang), tuple(facts), rows
    )


def codes_of(norm: Norm, entry: Field) -> tuple[str, ...]:
    """The codes that the field may hold: the layout's own list, else that of the tables."""
    from vaguemestre.tables.labels.code_lists import CODE_LISTS

    if entry.codes:
        return entry.codes
    for item in CODE_LISTS:
        if norm in item.norms and entry.name in item.fields:
            return tuple(code.code for code in item.codes)
    return ()


def _citation(norm: Norm, entry: Field) -> str:
    if norm == "noemie":
        return f"noemie:{entry.record}"
    return f"b2file:{entry.record}" if entry.record in _FILE_RECORDS else f"b2:{entry.field_id.strip('[]')}"


__all__ = ["codes_of", "explain_field", "explain_record", "words"]
