"""How a finding's level and who must act are said in French and English."""

LEVELS: dict[str, dict[str, str]] = {
    "fr": {"error": "Erreur", "warning": "Attention", "unverified": "Non vérifié", "note": "À savoir"},
    "en": {"error": "Error", "warning": "Warning", "unverified": "Unverified", "note": "Note"},
}

LEVEL_MEANINGS: dict[str, dict[str, str]] = {
    "fr": {
        "error": "ce qui en porte une est refusé",
        "warning": "rien n'est refusé ; à corriger la prochaine fois",
        "unverified": "notre source n'est pas confirmée : rien n'est jamais refusé pour cela",
        "note": "pour information",
    },
    "en": {
        "error": "what bears one is refused",
        "warning": "nothing is refused; to be corrected next time",
        "unverified": "our source is not confirmed: nothing is ever refused for it",
        "note": "for information",
    },
}

ACTORS: dict[str, dict[str, str]] = {
    "fr": {
        "professional": "le professionnel de santé",
        "patient": "le patient",
        "payer": "la caisse",
        "operator": "l'opérateur de messagerie",
        "software": "l'éditeur du logiciel",
        "administrator": "la personne qui tient cette machine",
        "nobody": "personne",
    },
    "en": {
        "professional": "the health professional",
        "patient": "the patient",
        "payer": "the insurer",
        "operator": "the mail operator",
        "software": "the software's publisher",
        "administrator": "whoever runs this machine",
        "nobody": "nobody",
    },
}
