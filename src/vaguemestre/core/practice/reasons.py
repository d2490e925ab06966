"""What the payer's reasons mean here: a code that the project knows says its whole message in the user's language. Pure.

A code that it does not know (another insurer's, a newer version's) keeps the label as it came.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from string import Formatter
from typing import Final, NamedTuple

from vaguemestre.core.findings import Actor, FindingCode, Language, Place
from vaguemestre.core.money import shown
from vaguemestre.core.values import dataclass
from vaguemestre.core.wire.labels import values_in
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.finding_codes.told import TOLD
from vaguemestre.tables.spoken import FIELDS_FR, SHEET_ITEMS

_LOST: Final = "…"
_AMOUNT: Final = re.compile(r"(-?)([0-9][0-9 ]*),([0-9]{2}) E")
_ITEM: Final = re.compile(rf"item:({'|'.join(sorted(SHEET_ITEMS, key=len, reverse=True))})(?![0-9])")
_OTHERS: Final = frozenset({Actor.PAYER, Actor.OPERATOR, Actor.ADMINISTRATOR})
_SAYS: Final[Mapping[Language, str]] = {"fr": "La caisse écrit : « {label} ».", "en": "The fund writes: “{label}”."}
_SILENT: Final[Mapping[Language, str]] = {
    "fr": "La caisse n'en dit pas la raison.",
    "en": "The fund does not say why.",
}
_ASK: Final[Mapping[Language, str]] = {
    "fr": "Relisez la ligne indiquée, ou demandez à la caisse ce que veut dire ce code.",
    "en": "Read the line shown again, or ask the fund what this code means.",
}
_THEN_CORRECT: Final[Mapping[Language, str]] = {
    "fr": "Puis corrigez : la nouvelle feuille prend un nouveau numéro et nomme celle-ci.",
    "en": "Then correct it: the new sheet takes a new number and names this one.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the payer refuses or signals: its code and label as received, and the place they name."""

    code: str
    label: str
    line: int | None = None  # act line of the sheet
    field: str = ""
    next_step: str = ""  # in the payer's words, used when its code is none that the project knows


class Texts(NamedTuple):
    """One text in both languages."""

    fr: str
    en: str


class Understood(NamedTuple):
    """A reason as a person reads it. `rule`: the code, with what it rests on when it is known here."""

    rule: str
    label: Texts
    where: Texts
    next_step: Texts

    def values(self) -> dict[str, str]:
        """As the messages of findings name them."""
        return {
            "rule": self.rule,
            "label_fr": self.label.fr,
            "label_en": self.label.en,
            "where_fr": self.where.fr,
            "where_en": self.where.en,
            "next_fr": self.next_step.fr,
            "next_en": self.next_step.en,
        }


def understood(reason: Reason, *, refused: bool = False) -> Understood:
    """What one reason says and asks for; `refused`: a corrected sheet is the way out."""
    entry = BY_CODE.get(reason.code)
    where = _where(place_named(reason.field))
    if entry is None:
        silent = reason.label in ("", "-")
        says = _SILENT if silent else _SAYS
        label = Texts(says["fr"].format(label=reason.label), says["en"].format(label=reason.label))
        asked = Texts(reason.next_step or _ASK["fr"], reason.next_step or _ASK["en"])
        return Understood(reason.code, label, where, _then(asked, refused))
    given = _values(entry, reason.label)
    label = Texts(_message(entry, "fr", reason.label, given), _message(entry, "en", reason.label, given))
    return Understood(f"{entry.code}, {entry.citation}", label, where, _next_step(entry, given or {}, refused))


def told_texts(reasons: Iterable[Reason]) -> Texts:
    """What several reasons say, one after the other."""
    said = [understood(reason).label for reason in reasons]
    return Texts(" ".join(item.fr for item in said), " ".join(item.en for item in said))


@lru_cache(maxsize=256)  # a few fields come again and again
def _where(field: str) -> Texts:
    """A field in words: an item of the sheet by its name, a field of a record by its mark."""
    item = _ITEM.match(field)
    if item is not None:
        french, english = SHEET_ITEMS[item[1]]
        return Texts(f"{french} ({field})", f"{english} ({field})")
    place = Place(field=field)
    return Texts(place.describe("fr") or "-", place.describe("en") or "-")


def place_named(field: str) -> str:
    """A field as the project names it: the wire has capitals only."""
    plain = field.lower()
    return plain if plain.startswith("item:") or plain in FIELDS_FR else field


def _values(entry: FindingCode, label: str) -> dict[str, str] | None:
    """What the label brought, in both languages; None when it is not the label that the project writes for this code."""
    told = TOLD.get(entry.code)
    found = values_in(entry.fr if told is None else told.label, label)
    if found is None:
        return None
    values = dict(found)
    for name, value in found.items():
        amount = _AMOUNT.fullmatch(value)
        if amount is not None and name.endswith("_fr"):
            cents = int(amount[1] + amount[2].replace(" ", "") + amount[3])
            values |= {name: shown(cents, "fr"), f"{name.removesuffix('fr')}en": shown(cents, "en")}
    return values


def _message(entry: FindingCode, lang: Language, label: str, given: Mapping[str, str] | None) -> str:
    """The code's message; with the label as it came when what it brought is lost or is not ours."""
    told = TOLD.get(entry.code)
    template = (told and (told.fr if lang == "fr" else told.en)) or (entry.fr if lang == "fr" else entry.en)
    text = _filled(template, given or {})
    whole = given is not None and all(name in given for name in _names(template))
    return text if whole or not label else f"{text} {_SAYS[lang].format(label=label)}"


def _next_step(entry: FindingCode, given: Mapping[str, str], refused: bool) -> Texts:
    told = TOLD.get(entry.code)
    if told is not None and told.next_fr:
        return Texts(_filled(told.next_fr, given), _filled(told.next_en, given))
    if entry.actor in _OTHERS:  # what the code asks is asked of somebody else
        return _then(Texts(_ASK["fr"], _ASK["en"]), refused)
    own = Texts(_filled(entry.next_fr, given), _filled(entry.next_en, given))
    return own if told is not None else _then(own, refused)


def _then(asked: Texts, refused: bool) -> Texts:
    if not refused:
        return asked
    return Texts(f"{asked.fr} {_THEN_CORRECT['fr']}", f"{asked.en} {_THEN_CORRECT['en']}")


def _filled(template: str, given: Mapping[str, str]) -> str:
    names = _names(template)
    return template.format_map({name: given.get(name, _LOST) for name in names}) if names else template


@cache
def _names(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
