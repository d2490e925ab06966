"""`vaguemestre b2`: anyone's B2 files, checked, shown, compared, made anonymous, converted. The table of its commands."""

from typing import Final

from vaguemestre.cli.mount import Mounted
from vaguemestre.cli.subcommands import lazy_group

COMMANDS: Final[dict[str, Mounted]] = {
    "check": Mounted(
        "vaguemestre.cli.b2_check:check",
        "Dit tout ce qui cloche dans des fichiers B2, le pire d'abord : zones, ordre, clés, totaux, dates, doublons. "
        "Code 0, ou 1 si un fichier porte une erreur, 3 si l'un n'est pas lisible.",
        "Say everything that is wrong in B2 files, the worst first: fields, order, keys, totals, dates, doubles. Exit "
        "code 0, or 1 when a file bears an error, 3 when one cannot be read.",
        "vaguemestre b2 check lot.b2 exports/ --strict",
    ),
    "show": Mounted(
        "vaguemestre.cli.b2_show:show",
        "Montre un fichier B2 en clair : fichier, lot, facture, lignes, et les anomalies à leur place. Code 0, ou 1 si le "
        "fichier porte une erreur, 3 s'il n'est pas lisible.",
        "Show a B2 file in plain words: file, lot, invoice, lines, and each finding at its place. Exit code 0, or 1 when the "
        "file bears an error, 3 when it cannot be read.",
        "vaguemestre b2 show lot.b2 --record 5",
    ),
    "diff": Mounted(
        "vaguemestre.cli.b2_diff:diff",
        "Dit ce qui change d'un fichier B2 à l'autre, zone par zone. Code 0 s'ils disent la même chose, 1 s'ils "
        "diffèrent, 3 si l'un n'est pas lisible.",
        "Say what changed from one B2 file to the other, field by field. Exit code 0 when both say the same, 1 when "
        "they differ, 3 when one cannot be read.",
        "vaguemestre b2 diff avant.b2 apres.b2",
    ),
    "convert": Mounted(
        "vaguemestre.cli.b2_convert:convert",
        "Convertit un fichier B2 en JSON, CSV, parquet ou B2, et un JSON en B2, sans rien perdre ni tout tenir en "
        "mémoire. Code 0, ou 1 si quelque chose n'a pas été converti, 3 si rien n'est lisible.",
        "Convert a B2 file to JSON, CSV, parquet or B2, and JSON back to B2, without losing anything or holding it all. "
        "Exit code 0, or 1 when something was not converted, 3 when nothing can be read.",
        "vaguemestre b2 convert lot.b2 --to parquet -o lot/",
    ),
    "anonymise": Mounted(
        "vaguemestre.cli.b2_anonymise:anonymise",
        "Écrit une copie où plus personne n'est reconnaissable, à envoyer à un éditeur : mêmes actes, mêmes montants, "
        "mêmes anomalies. Code 0, ou 1 si quelque chose a dû être vidé, 3 si rien n'est lisible.",
        "Write a copy in which nobody can be recognised, to send to a vendor: same acts, same amounts, same findings. "
        "Exit code 0, or 1 when something had to be blanked, 3 when nothing can be read.",
        "vaguemestre b2 anonymise lot.b2 -o envoi.b2",
    ),
}
"""Command name -> where it is, its help, its example. The order is the order of the help."""

app = lazy_group(
    COMMANDS,
    "Les fichiers B2 de chacun : vérifier, montrer, convertir, comparer, rendre anonymes. Ni état, ni réseau.",
    "Anyone's B2 files: check, show, convert, compare, make anonymous. No state, no network.",
)
