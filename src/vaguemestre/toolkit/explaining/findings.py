"""Explains a finding code: what it says (with an example), its level, who must act, what to do next, and what it rests on."""

from collections.abc import Iterator

from vaguemestre.core.findings import Finding, FindingCode, Language, Place
from vaguemestre.tables.conventions import BY_NAME
from vaguemestre.tables.finding_codes import AREAS
from vaguemestre.tables.labels.finding_examples import ANY_CODE, BY_CODE
from vaguemestre.tables.labels.words import ACTORS, LEVEL_MEANINGS, LEVELS
from vaguemestre.tables.specifications import SPECIFICATIONS
from vaguemestre.toolkit.explaining.shape import Explanation, Fact
from vaguemestre.toolkit.lexicon import worded

_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "kind": "anomalie",
        "level": "Niveau",
        "example": "Exemple",
        "actor": "Qui doit agir",
        "next_step": "Que faire",
        "citation": "Source",
    },
    "en": {
        "kind": "finding",
        "level": "Level",
        "example": "Example",
        "actor": "Who must act",
        "next_step": "Next step",
        "citation": "Source",
    },
}


def explain(asked: str, lang: Language) -> Iterator[Explanation]:
    """The finding whose code or name was asked."""
    code, name = asked.upper(), asked.lower()
    for entries in AREAS.values():
        for entry in entries:
            if entry.code == code or entry.name == name:
                yield _explained(entry, lang)


def _explained(entry: FindingCode, lang: Language) -> Explanation:
    words = _WORDS[lang]
    french = lang == "fr"
    given = {**ANY_CODE, **BY_CODE.get(entry.code, {})}
    example = worded(Finding(entry, Place(field=given.get("field", "")), given), lang)
    values = _Example(example.values)
    message = (entry.fr if french else entry.en).format_map(values)
    step = (entry.next_fr if french else entry.next_en).format_map(values)
    level = entry.level.value
    texts = {
        "level": f"{LEVELS[lang][level]} ({LEVEL_MEANINGS[lang][level]})",
        "example": message,
        "actor": ACTORS[lang][entry.actor.value],
        "next_step": step,
        "citation": cited(entry.citation),
    }
    facts = tuple(Fact(key, words[key], text) for key, text in texts.items())
    return Explanation("finding", words["kind"], entry.code, entry.name, facts)


class _Example(dict[str, str]):
    """A value that no example gives stands as its own name between angle marks."""

    def __missing__(self, key: str) -> str:
        return f"‹{key.removesuffix('_fr').removesuffix('_en').replace('_', ' ')}›"


def cited(citation: str) -> str:
    """A citation with the title of the text, or the decision of the convention, that it names."""
    key, _, place = citation.partition(":")
    if key == "vgm":
        convention = BY_NAME.get(place)
        return citation if convention is None else f"{citation} ({convention.decision})"
    for entry in SPECIFICATIONS:
        if entry.key == key:
            return f"{citation} ({entry.title}, {entry.version})"
    return citation
