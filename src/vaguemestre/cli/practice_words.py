"""The practice's states and codes in the words of people. English words are the codes themselves; French ones stand here."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from vaguemestre.core.findings import Language
from vaguemestre.tables.spoken import SHEET_STATES_FR, VERDICTS_FR


class Kind(Enum):
    """What a word is said of: the same code is said of a sheet, a file or a way with another gender or meaning."""

    STATE = "a sheet's stage, a way's health, a settlement"
    ATTEMPT = "the end of an attempt to send"
    VERDICT = "what an answer says of a sheet"
    SEALING = "why a lot was sealed again"
    ANSWER = "what an answer is"


FRENCH: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.STATE: {
        **SHEET_STATES_FR,
        "open": "ouvert",
        "suspended": "suspendu",
        "refusing credentials": "refuse le mot de passe",
        "unreachable": "injoignable",
        "tiers_payant": "tiers payant",
        "patient_paid": "réglé par le patient",
    },
    Kind.ATTEMPT: {
        "accepted": "accepté",
        "temporary": "remis à plus tard",
        "refused": "refusé",
        "suspended": "service suspendu",
        "refusing credentials": "mot de passe refusé",
        "unreachable": "injoignable",
        "unknown": "issue inconnue",
    },
    Kind.VERDICT: VERDICTS_FR,
    Kind.SEALING: {
        "first": "première fois",
        "fund certificate expired": "certificat de la caisse expiré",
        "fund certificate replaced": "certificat de la caisse remplacé",
    },
    Kind.ANSWER: {"acknowledgement": "accusé", "return": "retour"},
}


def word(value: str, lang: Language, kind: Kind = Kind.STATE) -> str:
    """A state or a code for a person."""
    return FRENCH[kind].get(value, value) if lang == "fr" else value.replace("_", " ")
