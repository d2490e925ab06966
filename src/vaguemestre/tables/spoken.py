"""Our own codes as people say them in French: what is kept and compared is the code, what is told is the word.

English words are the codes themselves. Keyed by the name that the value bears in a finding, since the same code is said of a
sheet, a way or an answer with another gender or meaning.
"""

from collections.abc import Mapping
from typing import Final

SHEET_STATES_FR: Final[Mapping[str, str]] = {
    "recorded": "enregistrée",
    "in lot": "en lot",
    "sealed": "scellée",
    "handed over": "remise",
    "acknowledged": "accusée",
    "settled": "réglée",
    "rejected": "rejetée",
    "cancelled": "annulée",
}
VERDICTS_FR: Final[Mapping[str, str]] = {
    "registered": "enregistrée",
    "duplicate": "déjà connue",
    "held": "retenue pour une personne",
    "conflict": "en conflit avec une autre",
    "refused": "refusée",
    "lot refused": "lot refusé",
    "paid": "payée",
    "rejected": "rejetée",
    "deferred": "paiement différé",
    "taken back": "paiement repris",
    "taken over": "reprise par une autre caisse",
    "forwarded": "transmise à une autre caisse",
}
ROLES_FR: Final[Mapping[str, str]] = {
    "professional": "professionnel",
    "card": "carte",
    "fund": "caisse",
    "station": "poste",
}
PROBLEMS_FR: Final[Mapping[str, str]] = {
    "not a list": "ce n'est pas une liste",
    "not an object": "ce n'est pas un objet",
    "missing": "il manque",
    "not in the list of codes": "ce n'est pas un code de la liste",
    "not text": "ce n'est pas un texte",
    "not a whole number": "ce n'est pas un nombre entier",
    "not a boolean": "ce n'est ni true ni false",
    "not a date": "ce n'est pas une date",
    "not an instant with its zone": "ce n'est pas un instant avec son fuseau",
    "not base64": "ce n'est pas de la base64",
    "not UTF-8": "ce n'est pas de l'UTF-8",
    "not JSON": "ce n'est pas du JSON",
    "a number with a decimal part": "un nombre à virgule",
    "larger than 64 MiB": "plus de 64 Mio",
    "larger than 1 MiB": "plus de 1 Mio",
    "the file is not there": "le fichier n'est pas là",
    "no card file": "ce n'est pas un fichier de carte",
}
"""What is wrong with a document, as the last part of `path: problem`."""
FIELDS_FR: Final[Mapping[str, str]] = {
    "sending": "envoi",
    "collecting": "lecture",
    "transmission": "transmission",
    "card": "carte du patient",
    "professional-card": "carte du professionnel",
    "mandate": "mandat",
    "manifest": "bordereau",
    "issued_at": "date d'émission",
    "completed_on": "date d'établissement",
    "replaces": "feuille corrigée",
}
"""Places that are neither a layout's field nor an item of the sheet."""

SHEET_ITEMS: Final[Mapping[str, tuple[str, str]]] = {
    "1": ("date de la feuille", "date of the sheet"),
    "2": ("numéro de la feuille", "number of the sheet"),
    "3": ("NIR de l'assuré", "the insured's NIR"),
    "4": ("bénéficiaire", "beneficiary"),
    "5": ("caisse", "fund"),
    "6": ("professionnel et structure", "professional and structure"),
    "7": ("prescription", "prescription"),
    "8": ("nature de la prise en charge", "type of cover"),
    "9": ("actes", "acts"),
    "10": ("accord préalable", "prior agreement"),
    "11": ("imagerie", "imaging"),
    "12": ("total facturé", "total charged"),
    "13": ("tiers payant", "tiers payant"),
    "14": ("monnaie", "currency"),
    "15": ("complémentaire", "complementary insurer"),
    "16": ("signatures", "signatures"),
}
"""The 16 items of a sheet, French then English. mess9821497a."""

VALUES_FR: Final[Mapping[str, Mapping[str, str]]] = {
    "after": {"start of the file": "le début du fichier"},
    "state": SHEET_STATES_FR,
    "verdict": VERDICTS_FR,
    "role": ROLES_FR,
    "problem": PROBLEMS_FR,
    "found": {"binary (NUL bytes)": "binaire (octets nuls)"},
}
"""By the name of a value in a finding's message."""
