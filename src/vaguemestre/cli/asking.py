"""Asking a person for a secret: typed unseen on a terminal, else the first line of what is given."""

import sys

import typer

from vaguemestre.cli.texts import say


def ask_secret(french: str, english: str) -> str:
    """The secret, asked twice on a terminal. Off one nobody can be asked unseen: it is the first line of standard input."""
    if sys.stdin.isatty():
        text: str = typer.prompt(say(french, english), hide_input=True, confirmation_prompt=True)
        return text
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise typer.BadParameter(
            say("donnez le secret sur l'entrée, ou dans un fichier", "give the secret on standard input, or in a file")
        )
    return given
