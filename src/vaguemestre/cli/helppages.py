"""The help pages in both languages: what the library words in English only, and flags shown as flags."""

from collections.abc import Sequence
from typing import Any

from vaguemestre.cli.quickvalues import lighten
from vaguemestre.cli.texts import language, say

HELP_NAMES = ["-h", "--help"]


def polish(command: Any) -> None:
    """Go through one command and its sub-commands: a flag takes no value, and the help of `--help` is in our words.

    Plain values are read without Typer's validation library.
    """
    context = command.context_class(command, info_name=command.name, help_option_names=HELP_NAMES)
    options = [*command.params, command.get_help_option(context)]
    lighten(options)
    for option in options:
        if option is not None and option.param_type_name == "option" and option.metavar is None:
            option.metavar = _shown_value(option, context)
    if options[-1] is not None:
        options[-1].help = say("Cette aide.", "This help.")
    for child in vars(command).get("commands", {}).values():  # those of a lazy group are polished when they are loaded
        polish(child)


def _shown_value(option: Any, context: Any) -> str | None:
    """What stands behind an option's name: nothing for a flag, a word for a value, the choices as they are."""
    if option.is_flag:
        return ""
    shown = str(option.display_type_rich(context))
    for start, word in (("<%", "DATE"), ("<int", "N"), ("<path", "PATH"), ("<str", say("TEXTE", "TEXT"))):
        if shown.startswith(start):
            return word
    return None


def speak(arguments: Sequence[str]) -> None:
    """Give the panels of a help page their French titles, when a help page in French is about to be shown."""
    if language(arguments) != "fr" or (arguments and not set(HELP_NAMES) & set(arguments)):
        return
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = "Arguments"
    rich_utils.OPTIONS_PANEL_TITLE = "Options"
    rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
    rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
    rich_utils.DEFAULT_STRING = "[par défaut : {}]"
    rich_utils.ENVVAR_STRING = "[variable : {}]"
