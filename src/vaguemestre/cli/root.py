"""The root command: `--help`, `--version`, `--lang`, and the lazy group of all others."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from vaguemestre.cli.helppages import HELP_NAMES, polish
from vaguemestre.cli.mount import LazyGroup
from vaguemestre.cli.shell import LangOption
from vaguemestre.cli.texts import say


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"vaguemestre {version('vaguemestre')}")
        raise typer.Exit


def application() -> Callable[..., Any]:
    """The whole command line as one callable, built for the language in force."""
    root = typer.Typer(
        cls=LazyGroup,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": HELP_NAMES},
        help=say(
            "Vaguemestre porte les feuilles de soins électroniques à l'assurance maladie par plusieurs opérateurs de "
            "messagerie, et rapporte l'argent et les réponses.\n\nPour commencer : vaguemestre demo",
            "Vaguemestre carries electronic care sheets to the health insurer over several mail operators, and brings "
            "the money and the answers back.\n\nTo begin: vaguemestre demo",
        ),
    )

    @root.callback()
    def _root(
        lang: LangOption = "fr",
        show_version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=_show_version,
                is_eager=True,
                help=say("La version, puis fin.", "Show the version."),
            ),
        ] = False,
    ) -> None:
        """Options of the root; `main` has already put the language in force."""

    command = typer.main.get_command(root)
    polish(command)
    return command
