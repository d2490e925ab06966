"""`vaguemestre noemie`: anyone's NOEMIE returns, checked, shown, converted. The table of its commands."""

from typing import Final

from vaguemestre.cli.mount import Mounted
from vaguemestre.cli.subcommands import lazy_group

COMMANDS: Final[dict[str, Mounted]] = {
    "check": Mounted(
        "vaguemestre.cli.noemie_check:check",
        "Dit tout ce qui cloche dans des retours NOEMIE, le pire d'abord : zones, ordre, clés, sommes, dates, doublons. Ce qui "
        "ne repose que sur le dictionnaire des entités, non confirmé, est dit sans faire échouer. Code 0, ou 1 si un retour porte "
        "une erreur, 3 si l'un n'est pas lisible.",
        "Say everything that is wrong in NOEMIE returns, the worst first: fields, order, keys, sums, dates, doubles. What rests "
        "on the dictionary of entities alone, which is unconfirmed, is told and fails nothing. Exit code 0, or 1 when a return "
        "bears an error, 3 when one cannot be read.",
        "vaguemestre noemie check retour.noemie retours/ --strict",
    ),
    "show": Mounted(
        "vaguemestre.cli.noemie_show:show",
        "Montre un retour NOEMIE en clair : payé, lot, facture, montants, actes, rejets, et les anomalies à leur place. Code 0, "
        "ou 1 si le retour porte une erreur, 3 s'il n'est pas lisible.",
        "Show a NOEMIE return in plain words: payee, lot, invoice, amounts, acts, rejections, and each finding at its place. "
        "Exit code 0, or 1 when the return bears an error, 3 when it cannot be read.",
        "vaguemestre noemie show retour.noemie --record 9",
    ),
    "convert": Mounted(
        "vaguemestre.cli.noemie_convert:convert",
        "Convertit un retour NOEMIE en JSON, CSV, parquet ou NOEMIE, et un JSON en NOEMIE, sans rien perdre ni tout tenir en "
        "mémoire. Code 0, ou 1 si quelque chose n'a pas été converti, 3 si rien n'est lisible.",
        "Convert a NOEMIE return to JSON, CSV, parquet or NOEMIE, and JSON back, without losing anything or holding it all. Exit "
        "code 0, or 1 when something was not converted, 3 when nothing can be read.",
        "vaguemestre noemie convert retour.noemie --to parquet -o retour/",
    ),
}
"""Command name -> where it is, its help, its example. The order is the order of the help."""

app = lazy_group(
    COMMANDS,
    "Les retours NOEMIE de chacun : vérifier, montrer, convertir. Ni état, ni réseau.",
    "Anyone's NOEMIE returns: check, show, convert. No state, no network.",
)
