"""`vaguemestre payer`: the insurer's commands, one per act of its day."""

from functools import partial

import typer

from vaguemestre.cli import payer_desk, payer_messages, payer_serve, payer_setup, payer_work
from vaguemestre.cli.subcommands import offer
from vaguemestre.cli.texts import say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=say(
        "La caisse : recevoir, décider, payer, répondre.\n\nExemple : vaguemestre payer init --state caisse --demo",
        "The insurer: take in, decide, pay, answer.\n\nExample: vaguemestre payer init --state fund --demo",
    ),
)
_offer = partial(offer, app, "vaguemestre payer")

_offer(
    "init",
    payer_setup.init,
    "Crée le dossier d'un assureur : réglages commentés, clé, caisses.",
    "Make an insurer's directory: commented settings, key, funds.",
    "--state caisse --fund 017510000=Paris",
    "--state fund --fund 017510000=Paris",
)
_offer(
    "register",
    payer_setup.register,
    "Remplit le registre (assurés, cartes, professionnels, postes, mandats).",
    "Fill the register (insured persons, cards, professionals, stations, mandates).",
    "registre.json",
    "register.json",
)
_offer(
    "serve",
    payer_serve.serve,
    "Reçoit le courrier, décide, paie et répond, jusqu'à Ctrl-C.",
    "Take mail in, decide, pay and answer, until Ctrl-C.",
    "--state caisse",
    "--state fund",
)
_offer(
    "adjudicate",
    payer_work.adjudicate,
    "Ouvre et enregistre ce qui est reçu, décide, paie ce qui est dû.",
    "Open and register what was received, decide, pay what is due.",
    "--state caisse",
    "--state fund",
)
_offer(
    "answer",
    payer_work.answer,
    "Fait les retours et envoie les réponses qui attendent ; avec --again, les retours passés aussi.",
    "Make the returns and send the answers that wait; with --again, past returns too.",
    "--again --payee 751990110 --since 2022-04-01",
)
_offer(
    "letters",
    payer_desk.letters,
    "Écrit les lettres qui répondent aux feuilles papier de qui ne lit pas de réponse électronique.",
    "Write the letters that answer paper sheets of those who read no electronic answer.",
    "-o lettres",
    "-o letters",
)
_offer(
    "status",
    payer_work.status,
    "L'assureur d'un coup d'œil ; échoue si les comptes ne tombent pas juste.",
    "The insurer at a glance; fails when the books do not balance.",
    "--json",
)
_offer(
    "meet",
    payer_setup.meet,
    "Fait connaître les caisses d'un autre assureur, par son paquet signé.",
    "Make another insurer's funds known, by its signed bundle.",
    "msa.p7s",
)
_offer(
    "publish",
    payer_setup.publish,
    "Publie le paquet signé : dans un fichier, et par courrier aux postes connus.",
    "Publish the signed bundle: into a file, and by mail to the stations that are known.",
    "-o paquet.p7s",
    "-o bundle.p7s",
)
_offer(
    "revoke",
    payer_setup.revoke,
    "Révoque un certificat.",
    "Revoke a certificate.",
    "carte.crt --reason key-compromise",
    "card.crt --reason key-compromise",
)
_offer(
    "paper",
    payer_desk.paper,
    "Saisit des feuilles papier ordinaires.",
    "Type ordinary paper sheets in.",
    "papier.csv --first 12",
    "paper.csv --first 12",
)
_offer(
    "oppose",
    payer_desk.oppose,
    "Met une carte de patient en opposition.",
    "Put a patient's card on the opposition list.",
    "8000000017 --reason stolen",
)
_offer(
    "take-again",
    payer_messages.take_again,
    "Reprend un message mis de côté.",
    "Take a message that was set aside again.",
    "7",
)
_offer(
    "retire",
    payer_desk.retire,
    "Applique les délais de conservation.",
    "Apply the keeping times.",
)
app.add_typer(payer_desk.holds, name="holds")
app.add_typer(payer_messages.messages, name="messages")
