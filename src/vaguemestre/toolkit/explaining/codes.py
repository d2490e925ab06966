"""Explains a code of a list (scheme, nature of insurance, exemption...), a whole list, and an act code with its prices."""

from collections.abc import Iterator

from vaguemestre.core.findings import Language
from vaguemestre.core.money import shown
from vaguemestre.core.wire.layouts import B2, NOEMIE
from vaguemestre.tables.labels.code_lists import CODE_LISTS, CodeList
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.toolkit.explaining.findings import cited
from vaguemestre.toolkit.explaining.shape import Explanation, Fact
from vaguemestre.toolkit.lexicon import act_meaning, shown_date

_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "code": "code de la liste « {title} »",
        "list": "liste de codes",
        "act": "code d'acte",
        "fields": "Zones",
        "source": "Source",
        "prices": "Tarifs",
        "more": "vaguemestre tariff show {code}",
        "see": "En détail",
        "from": "{price} depuis {start}",
        "until": "{price} depuis {start}, jusqu'au {end}",
        "day": "le ",
        "unknown": "une date inconnue",
    },
    "en": {
        "code": 'code of the list "{title}"',
        "list": "list of codes",
        "act": "act code",
        "fields": "Fields",
        "source": "Source",
        "prices": "Prices",
        "more": "vaguemestre tariff show {code} --lang en",
        "see": "In detail",
        "from": "{price} since {start}",
        "until": "{price} since {start}, until {end}",
        "day": "",
        "unknown": "an unknown date",
    },
}


def explain_list(asked: str, lang: Language) -> Iterator[Explanation]:
    """The list whose key was asked, with all its codes."""
    for entry in CODE_LISTS:
        if entry.key == asked.lower():
            words = _WORDS[lang]
            rows = tuple((code.code, code.fr if lang == "fr" else code.en) for code in entry.codes)
            yield Explanation("list", words["list"], entry.key, _title(entry, lang), _about(entry, lang), rows)


def explain_code(asked: str, lang: Language) -> Iterator[Explanation]:
    """The code in every list that has it."""
    wanted = asked.upper()
    for entry in CODE_LISTS:
        for code in entry.codes:
            if code.code == wanted:
                kind = _WORDS[lang]["code"].format(title=_title(entry, lang))
                yield Explanation("code", kind, code.code, code.fr if lang == "fr" else code.en, _about(entry, lang))


def explain_act(asked: str, lang: Language) -> Iterator[Explanation]:
    """The act, with its prices by period."""
    code, words = asked.upper(), _WORDS[lang]
    prices = [price for price in PRICES if price.code == code]
    if not prices:
        return
    said = []
    for price in prices:
        start = words["unknown"] if price.valid_from is None else words["day"] + shown_date(price.valid_from, lang)
        end = "" if price.valid_to is None else shown_date(price.valid_to, lang)
        text = words["until" if end else "from"].format(price=shown(price.cents, lang), start=start, end=end)
        if text not in said:
            said.append(text)
    facts = (
        Fact("prices", words["prices"], "; ".join(said) if lang == "en" else " ; ".join(said)),
        Fact("see", words["see"], words["more"].format(code=code)),
        Fact("source", words["source"], cited(prices[-1].source.citation)),
    )
    yield Explanation("act", words["act"], code, act_meaning(code, lang), facts)


def words() -> Iterator[str]:
    """Everything that can be asked for here."""
    for entry in CODE_LISTS:
        yield entry.key
        yield from (code.code for code in entry.codes)
    yield from (price.code for price in PRICES)


def _title(entry: CodeList, lang: Language) -> str:
    return entry.fr if lang == "fr" else entry.en


def _about(entry: CodeList, lang: Language) -> tuple[Fact, ...]:
    words = _WORDS[lang]
    families = [family for norm, family in (("b2", B2), ("noemie", NOEMIE)) if norm in entry.norms]
    places = [
        field.field_id
        for family in families
        for layout in family.values()
        for field in layout.fields
        if field.name in entry.fields
    ]
    facts = (Fact("fields", words["fields"], ", ".join(dict.fromkeys(places))),) if places else ()
    return (*facts, Fact("source", words["source"], cited(entry.citation)))
