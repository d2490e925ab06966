"""`vaguemestre practice`: record, send, collect and follow every sheet. The table of its commands with their help."""

from functools import partial

import typer

from vaguemestre.cli import (
    practice_desk,
    practice_import,
    practice_keeping,
    practice_mail,
    practice_restore,
    practice_setup,
    practice_show,
)
from vaguemestre.cli.subcommands import offer
from vaguemestre.cli.texts import say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=say(
        "Le cabinet : enregistrer, envoyer, recevoir, suivre chaque feuille.\n\n"
        "Exemple : vaguemestre practice status --state ./cabinet",
        "The practice: record, send, collect, follow every sheet.\n\nExample: vaguemestre practice status --state ./cabinet",
    ),
)

_offer = partial(offer, app, "vaguemestre practice")

_offer(
    "init",
    practice_setup.init,
    "Crée le dossier d'un cabinet : réglages commentés et clé, hors du dossier.",
    "Make a practice's directory: commented settings, and a key outside it.",
    "--state ./cabinet --billing-number 751990110 --rpps 10010000015 --specialty 01 --backup /media/disque/cabinet",
    "--state ./cabinet --billing-number 751990110 --rpps 10010000015 --specialty 01 --backup /media/disk/cabinet",
)
_offer(
    "record",
    practice_desk.record,
    "Enregistre une feuille : vérifiée, numérotée, chiffrée, signée, écrite.",
    "Record one sheet: checked, numbered, valued, signed, written down.",
    "--state ./cabinet --card carte.json --act G --act MEG --settlement tiers_payant",
    "--state ./cabinet --card card.json --act G --act MEG --settlement tiers_payant",
)
_offer(
    "import",
    practice_import.import_file,
    "Prend un fichier : feuilles en CSV ou JSON, B2 d'un autre logiciel, paquet signé de la caisse.",
    "Take in a file: sheets in CSV or JSON, B2 of other software, the fund's signed bundle.",
    "feuilles.csv --state ./cabinet",
    "sheets.csv --state ./cabinet",
)
_offer(
    "close-lot",
    practice_mail.close_lot,
    "Met en lots tout ce qui attend, et scelle.",
    "Put everything that waits in lots, and seal them.",
    "--state ./cabinet",
)
_offer(
    "send",
    practice_mail.send,
    "Remet ce qui doit partir, par le chemin ouvert ; les mêmes octets scellés repartent au besoin.",
    "Hand over what must go, by an open way; the same sealed bytes go again where needed.",
    "--state ./cabinet",
)
_offer(
    "collect",
    practice_mail.collect,
    "Relève chaque boîte ouverte et applique les réponses.",
    "Empty every open mailbox and apply the answers.",
    "--state ./cabinet",
)
_offer(
    "serve",
    practice_mail.serve,
    "Travaille sans arrêt : relève, met en lots, envoie, sauvegarde.",
    "Work without end: collect, close lots, send, back up.",
    "--state ./cabinet --every 60",
)
_offer(
    "status",
    practice_show.status,
    "Montre chaque chemin et ses deux santés, chaque étape, ce qui presse.",
    "Show every way and its two healths, every stage, what presses.",
    "--state ./cabinet",
)
_offer(
    "sheet",
    practice_show.sheet,
    "Montre toute la vie d'une feuille.",
    "Show one sheet's whole life.",
    "751990110/2022-04-27/0012 --state ./cabinet",
)
_offer(
    "find",
    practice_show.find,
    "Retrouve les feuilles d'un patient.",
    "Find a patient's sheets.",
    "2700375123456 1970-03-09 --state ./cabinet",
)
_offer(
    "cancel",
    practice_desk.cancel,
    "Annule une feuille avant sa remise.",
    "Cancel a sheet before hand-over.",
    "751990110/2022-04-27/0012 --state ./cabinet",
)
_offer(
    "correct",
    practice_desk.correct,
    "Enregistre la correction d'une feuille rejetée : nouveau numéro, qui nomme l'ancien.",
    "Record the correction of a rejected sheet: a new number, which names the old one.",
    "751990110/2022-04-27/0012 corrigee.json --state ./cabinet",
    "751990110/2022-04-27/0012 corrected.json --state ./cabinet",
)
_offer(
    "paper",
    practice_desk.paper,
    "Imprime le duplicata d'une feuille qui ne part pas ; les essais continuent.",
    "Print the duplicate of a sheet that does not go; attempts go on.",
    "751990110/2022-04-27/0012 --reason 'messagerie fermée' --state ./cabinet",
    "751990110/2022-04-27/0012 --reason 'mail closed' --state ./cabinet",
)
_offer(
    "copy",
    practice_desk.copy,
    "Écrit la copie signée d'une feuille, vérifiable seule.",
    "Write the signed copy of a sheet, verifiable alone.",
    "751990110/2022-04-27/0012 -o feuille.mime --state ./cabinet",
    "751990110/2022-04-27/0012 -o sheet.mime --state ./cabinet",
)
_offer(
    "take-again",
    practice_keeping.take_again,
    "Relit les réponses mises de côté, quand ce qui manquait est là ; --accept répond d'un signataire retenu.",
    "Read answers that were set aside again, once what was missing is there; --accept answers for a held signer.",
    "3f2a9c04 --accept --state ./cabinet",
)
_offer(
    "purge",
    practice_keeping.purge,
    "Efface ce qui parle des patients dans les feuilles closes et envoyées depuis plus de 90 jours.",
    "Erase what tells of patients in sheets that ended and were sent more than 90 days ago.",
    "--dry-run --state ./cabinet",
)
_offer(
    "backup",
    practice_setup.backup,
    "Copie le dossier au second endroit, maintenant.",
    "Copy the store to the second place, now.",
    "--state ./cabinet",
)
_offer(
    "restore",
    practice_restore.restore,
    "Remet une sauvegarde, avec le saut des numéros ; l'ancien dossier est gardé.",
    "Put a backup back, with the numbering jump; the former store is kept.",
    "--state ./cabinet --from /media/disque/cabinet --key practice.key",
    "--state ./cabinet --from /media/disk/cabinet --key practice.key",
)
_offer(
    "recover",
    practice_restore.recover,
    "Reprend les feuilles que seul connaît un dossier gardé par une restauration.",
    "Take back the sheets that only a store kept by a restore knows.",
    "cabinet/practice.sqlite.before-restore-1 --state ./cabinet",
)
