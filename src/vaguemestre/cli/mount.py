"""The table of commands and the group that loads each one only when it is called.

`vaguemestre --help` imports no command module. A command whose module is not there simply is not offered.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from vaguemestre.cli.helppages import polish
from vaguemestre.cli.texts import say
from vaguemestre.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Mounted:
    """One command: `target` is "module:attribute", a Typer application or a function that Typer can read.

    A function without help of its own is explained by its line of this table and its `example`.
    """

    target: str
    fr: str
    en: str
    example: str = ""

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def attribute(self) -> str:
        return self.target.partition(":")[2]


COMMANDS: Final[dict[str, Mounted]] = {
    "demo": Mounted(
        "vaguemestre.cli.demo:demo",
        "La journée du 27 avril 2022, en direct : une panne, aucune feuille perdue.",
        "The day of 27 April 2022, live: an outage, and no sheet lost.",
        "vaguemestre demo --state demo-state",
    ),
    "run": Mounted(
        "vaguemestre.cli.run:run",
        "La même histoire sans écran, de 1 à 100 000 feuilles, avec ses comptes.",
        "The same story without a screen, 1 to 100,000 sheets, with its accounts.",
        "vaguemestre run --sheets 2000 --seed 7 --close-pop-after 1000 --json",
    ),
    "practice": Mounted(
        "vaguemestre.cli.practice:app",
        "Le cabinet : enregistrer, envoyer, recevoir, suivre chaque feuille.",
        "The practice: record, send, collect, follow every sheet.",
    ),
    "payer": Mounted(
        "vaguemestre.cli.payer:app",
        "La caisse : recevoir, décider, payer, répondre.",
        "The insurer: take in, decide, pay, answer.",
    ),
    "operator": Mounted(
        "vaguemestre.cli.operator:app",
        "L'opérateur de messagerie embarqué.",
        "The embedded mail operator.",
    ),
    "patient": Mounted(
        "vaguemestre.cli.patient:app",
        "Le relevé du patient, en mots simples.",
        "The patient's statement, in plain words.",
    ),
    "tariff": Mounted(
        "vaguemestre.cli.tariff:app",
        "Les tarifs à une date, et ceux qui restent à vérifier.",
        "Tariffs at a date, and those still to be verified.",
    ),
    "pki": Mounted(
        "vaguemestre.cli.pki:app",
        "Les autorités, certificats et révocations.",
        "Authorities, certificates and revocations.",
    ),
    "seal": Mounted(
        "vaguemestre.cli.seal:seal",
        "Signer et chiffrer un fichier pour une caisse.",
        "Sign and encrypt a file to a fund.",
    ),
    "open": Mounted(
        "vaguemestre.cli.seal:open_sealed",
        "Ouvrir et vérifier un message scellé.",
        "Open and verify a sealed message.",
    ),
    "b2": Mounted(
        "vaguemestre.cli.b2:app",
        "Les fichiers B2 : contrôler, montrer, comparer, convertir, anonymiser.",
        "B2 files: check, show, compare, convert, anonymise.",
    ),
    "noemie": Mounted(
        "vaguemestre.cli.noemie:app",
        "Les fichiers NOEMIE : contrôler, montrer, convertir.",
        "NOEMIE files: check, show, convert.",
    ),
    "explain": Mounted(
        "vaguemestre.cli.explain:explain",
        "Un code, un champ, une zone ou un constat, expliqué avec sa source.",
        "A code, a field, a zone or a finding, explained with its source.",
        "vaguemestre explain B022",
    ),
    "audit": Mounted(
        "vaguemestre.cli.audit:audit",
        "L'auditeur indépendant : rien de perdu, rien payé deux fois, rien de lisible.",
        "The independent auditor: nothing lost, nothing paid twice, nothing readable.",
        "vaguemestre audit --state demo-state",
    ),
    "bench": Mounted(
        "vaguemestre.cli.bench:bench",
        "Les chiffres de cette machine, à côté de ses opérations RSA et disque.",
        "This machine's figures, beside its RSA and disk-sync rates.",
    ),
}
"""Command name -> where it is. The order is the order of the help."""


def offered() -> list[str]:
    """The names of the commands whose module is present, in the order of `COMMANDS`."""
    return [name for name, entry in COMMANDS.items() if find_spec(entry.module) is not None]


def load(name: str) -> Any:
    """Import one command and give it as a Typer command object; `KeyError` when the table does not know it."""
    return command_of(name, COMMANDS[name])


def command_of(name: str, entry: Mounted) -> Any:
    """Import what an entry of a table names and give it as a Typer command object called `name`."""
    target = getattr(import_module(entry.module), entry.attribute)
    if not isinstance(target, typer.Typer):
        application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        own_help = say(entry.fr, entry.en) if entry.example else None
        epilog = say("Exemple : ", "Example: ") + entry.example if entry.example else None
        application.command(name, help=own_help, epilog=epilog)(target)
        target = application
    command = typer.main.get_command(target)
    command.name = name
    command.short_help = say(entry.fr, entry.en)
    polish(command)
    return command


class LazyGroup(TyperGroup):
    """Lists commands from the table; imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return offered()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A light stand-in that knows its one line of help: enough for `--help` and for completion of names."""
        if cmd_name not in offered():
            return None
        entry = COMMANDS[cmd_name]
        return TyperCommand(cmd_name, help=say(entry.fr, entry.en))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command, loaded now."""
        if args and args[0] in COMMANDS and find_spec(COMMANDS[args[0]].module) is not None:
            return args[0], load(args[0]), args[1:]
        self.commands = {name: TyperCommand(name) for name in offered()}  # for "did you mean"
        return super().resolve_command(ctx, args)
