"""The two languages of the command line: which one is spoken, and the shell's own sentences.

Findings carry their own texts (`tables/finding_codes`); here live the words around them.
"""

import os
import re
from collections.abc import Sequence
from typing import Final

from vaguemestre.core.findings import Language
from vaguemestre.tables.labels.words import ACTORS, LEVELS

__all__ = ["ACTORS", "LABELS", "LANGUAGE_VARIABLE", "LEVELS", "language", "say", "usage_message"]

LANGUAGE_VARIABLE: Final = "VAGUEMESTRE_LANG"

LABELS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "place": "Où",
        "next": "Que faire",
        "actor": "Qui doit agir",
        "interrupted": "Interrompu. Ce qui était enregistré l'est toujours.",
        "usage": "Commande mal formée",
        "help_hint": "L'aide : {command} --help",
        "more": "... et {count} autres ; --json les donne tous.",
    },
    "en": {
        "place": "Where",
        "next": "Next step",
        "actor": "Who must act",
        "interrupted": "Interrupted. What was recorded is still recorded.",
        "usage": "Usage",
        "help_hint": "Help: {command} --help",
        "more": "... and {count} more; --json gives them all.",
    },
}

_USAGE_FR: Final[tuple[tuple[str, str], ...]] = (
    (r"No such option: (.+?)(?: \(Possible options: (.+)\))?", r"option inconnue : \1"),
    (r"No such command (.+?)\. Did you mean (.+)\?", r"commande inconnue : \1. Vouliez-vous dire \2 ?"),
    (r"No such command (.+?)\.?", r"commande inconnue : \1"),
    (r"Missing command\.", "il manque la commande"),
    (r"Missing option (.+?)\.", r"il manque l'option \1"),
    (r"Missing option (.+?)\. Choose from:\s*(.+)", r"il manque l'option \1, parmi : \2"),
    (r"Missing argument (.+?)\.", r"il manque l'argument \1"),
    (r"Got unexpected extra argument(?:s|\(s\))? \(?(.+?)\)?", r"de trop sur la ligne : \1"),
    (r"Option (.+?) requires an argument\.", r"l'option \1 attend une valeur"),
    (
        r"Invalid value for (.+?): (.+?) is not a valid (?:integer|int)( range)?\.?",
        r"\1 attend un nombre entier, pas \2",
    ),
    (r"Invalid value for (.+?): (.+?) is not in the range (.+?)\.?", r"\1 : \2 est hors des bornes \3"),
    (r"Invalid value for (.+?): (?:Value error, )?(.+?) is not one of (.+?)\.?", r"\1 : \2 n'est pas l'un de \3"),
    (r"(?:Invalid value for )?(.+?): Input should be a valid integer.*", r"\1 attend un nombre entier"),
    (r"(?:Invalid value for )?(.+?): Input should be a valid number.*", r"\1 attend un nombre"),
    (r"(?:Invalid value for )?(.+?): Input should be greater than or equal to (.+)", r"\1 doit être au moins \2"),
    (r"(?:Invalid value for )?(.+?): Input should be less than or equal to (.+)", r"\1 doit être au plus \2"),
    (
        r"(?:Invalid value for )?(.+?): (?:Value error, )?'(.+?)' does not match the formats? (.+)",
        r"\1 : « \2 » n'est pas une date de la forme \3",
    ),
    (r"Invalid value for (.+?): (?:Value error, )?(.+)", r"valeur refusée pour \1 : \2"),
    (r"Invalid value: (.+)", r"\1"),
)
_COUNTED = re.compile(r"([0-9]+)([^0-9]*)")


def language(arguments: Sequence[str] = ()) -> Language:
    """The language in force: `--lang` on this command line, else `VAGUEMESTRE_LANG`, else French."""
    for position, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and position + 1 < len(arguments):
            return _known(arguments[position + 1])
        if argument.startswith("--lang="):
            return _known(argument.removeprefix("--lang="))
    return _known(os.environ.get(LANGUAGE_VARIABLE, "fr"))


def say(fr: str, en: str) -> str:
    """One of two texts by the language in force when the command starts; for help texts and option descriptions."""
    return en if language() == "en" else fr


def say_counted(fr: str, en: str) -> str:
    """One of two texts, its words `agreed`: for texts that hold counts, and nothing that a person named."""
    return agreed(say(fr, en), language())


def agreed(text: str, lang: Language) -> str:
    """The text with each "(s)" written out or dropped, as the number before it asks: 1 feuille, 0 feuille; 0 sheets."""

    def agree(found: re.Match[str]) -> str:
        number = int(found[1])
        plural = number > 1 if lang == "fr" else number != 1
        return found[1] + found[2].replace("(s)", "s" if plural else "")

    return _COUNTED.sub(agree, text) if "(s)" in text else text


def usage_message(message: str, lang: Language) -> str:
    """What is wrong with the command line. The parser speaks English; an unknown sentence stays as it is."""
    if lang == "fr":
        message = re.sub(r"\(env var ?: '?(\w+)'?\)", r"(variable \1)", message.replace("Value error, ", ""))
        for pattern, french in _USAGE_FR:
            match = re.fullmatch(pattern, message, flags=re.DOTALL)
            if match is not None:
                return _in_french(re.sub(r",\s+", ", ", match.expand(french)))
    return re.sub(r"\s*\n\s*", " ", message)


def _in_french(text: str) -> str:
    """What the parser says inside its sentences."""
    for mark, letters in (("%Y", "AAAA"), ("%m", "MM"), ("%d", "JJ"), ("%H", "HH"), ("%M", "MM"), ("%S", "SS")):
        text = text.replace(mark, letters)
    return text


def _known(value: str) -> Language:
    return "en" if value.strip().lower() == "en" else "fr"
