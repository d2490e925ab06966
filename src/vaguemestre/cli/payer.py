"""`vaguemestre payer`: the insurer's commands, one per act of its day."""

import typer

from vaguemestre.cli import payer_desk, payer_setup, payer_work
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
app.command("init", help=say(
    "Crée le dossier d'un assureur : réglages commentés, clé, caisses.\n\nExemple : vaguemestre payer init --state caisse "
    "--fund 017510000=Paris",
    "Make an insurer's directory: commented settings, key, funds.\n\nExample: vaguemestre payer init --state fund "
    "--fund 017510000=Paris",
))(payer_setup.init)  # fmt: skip
app.command("register", help=say(
    "Remplit le registre (assurés, cartes, professionnels, postes, mandats).\n\nExemple : vaguemestre payer register registre.json",
    "Fill the register (insured persons, cards, professionals, stations, mandates).\n\nExample: vaguemestre payer register "
    "register.json",
))(payer_setup.register)  # fmt: skip
app.command("serve", help=say(
    "Reçoit le courrier, décide, paie et répond, jusqu'à Ctrl-C.\n\nExemple : vaguemestre payer serve --state caisse",
    "Take mail in, decide, pay and answer, until Ctrl-C.\n\nExample: vaguemestre payer serve --state fund",
))(payer_work.serve)  # fmt: skip
app.command("adjudicate", help=say(
    "Ouvre et enregistre ce qui est reçu, décide, paie ce qui est dû.\n\nExemple : vaguemestre payer adjudicate --state caisse",
    "Open and register what was received, decide, pay what is due.\n\nExample: vaguemestre payer adjudicate --state fund",
))(payer_work.adjudicate)  # fmt: skip
app.command("answer", help=say(
    "Fait les retours et envoie les réponses qui attendent ; avec --again, les retours passés aussi.\n\nExemple : "
    "vaguemestre payer answer --again --payee 751990110 --since 2022-04-01",
    "Make the returns and send the answers that wait; with --again, past returns too.\n\nExample: vaguemestre payer answer "
    "--again --payee 751990110 --since 2022-04-01",
))(payer_work.answer)  # fmt: skip
app.command("letters", help=say(
    "Écrit les lettres qui répondent aux feuilles papier de qui ne lit pas de réponse électronique.\n\nExemple : "
    "vaguemestre payer letters -o lettres",
    "Write the letters that answer paper sheets of those who read no electronic answer.\n\nExample: vaguemestre payer letters "
    "-o letters",
))(payer_desk.letters)  # fmt: skip
app.command("status", help=say(
    "L'assureur d'un coup d'œil ; échoue si les comptes ne tombent pas juste.\n\nExemple : vaguemestre payer status --json",
    "The insurer at a glance; fails when the books do not balance.\n\nExample: vaguemestre payer status --json",
))(payer_work.status)  # fmt: skip
app.command("meet", help=say(
    "Fait connaître les caisses d'un autre assureur, par son paquet signé.\n\nExemple : vaguemestre payer meet msa.p7s",
    "Make another insurer's funds known, by its signed bundle.\n\nExample: vaguemestre payer meet msa.p7s",
))(payer_setup.meet)  # fmt: skip
app.command("publish", help=say(
    "Publie le paquet signé que les cabinets attendent.\n\nExemple : vaguemestre payer publish -o paquet.p7s",
    "Publish the signed bundle that practices wait for.\n\nExample: vaguemestre payer publish -o bundle.p7s",
))(payer_setup.publish)  # fmt: skip
app.command("revoke", help=say(
    "Révoque un certificat.\n\nExemple : vaguemestre payer revoke carte.crt --reason key-compromise",
    "Revoke a certificate.\n\nExample: vaguemestre payer revoke card.crt --reason key-compromise",
))(payer_setup.revoke)  # fmt: skip
app.command("paper", help=say(
    "Saisit des feuilles papier ordinaires.\n\nExemple : vaguemestre payer paper papier.csv --first 12",
    "Type ordinary paper sheets in.\n\nExample: vaguemestre payer paper paper.csv --first 12",
))(payer_desk.paper)  # fmt: skip
app.command("oppose", help=say(
    "Met une carte de patient en opposition.\n\nExemple : vaguemestre payer oppose 8000000017 --reason stolen",
    "Put a patient's card on the opposition list.\n\nExample: vaguemestre payer oppose 8000000017 --reason stolen",
))(payer_desk.oppose)  # fmt: skip
app.command("take-again", help=say(
    "Reprend un message mis de côté.\n\nExemple : vaguemestre payer take-again 7",
    "Take a message that was set aside again.\n\nExample: vaguemestre payer take-again 7",
))(payer_desk.take_again)  # fmt: skip
app.command("retire", help=say(
    "Applique les délais de conservation.\n\nExemple : vaguemestre payer retire",
    "Apply the keeping times.\n\nExample: vaguemestre payer retire",
))(payer_desk.retire)  # fmt: skip
app.add_typer(payer_desk.holds, name="holds")
