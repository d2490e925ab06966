"""Groups of sub-commands: one that imports only the command that is called, by its table, and one that has them all at hand."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from vaguemestre.cli.mount import Mounted, command_of
from vaguemestre.cli.texts import say


def lazy_group(table: Mapping[str, Mounted], fr: str, en: str) -> typer.Typer:
    """The group of a table: name -> where the command is, its help, its example. The order is that of the help."""

    class Commands(_LazySubcommands):
        entries = table

    app = typer.Typer(
        cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=say(fr, en)
    )
    app.callback()(_group)
    return app


def offer(
    app: typer.Typer,
    group: str,
    name: str,
    command: Callable[..., int],
    fr: str,
    en: str,
    example_fr: str = "",
    example_en: str = "",
) -> None:
    """Add one command to a group that has them at hand; its example begins after the group and the name."""
    line = f"{group} {name}"
    app.command(
        name,
        help=say(
            f"{fr}\n\nExemple : {line} {example_fr}", f"{en}\n\nExample: {line} {example_en or example_fr}"
        ).rstrip(),
    )(command)


def _group() -> None:
    """A group, whatever the number of its commands."""


class _LazySubcommands(TyperGroup):
    entries: ClassVar[Mapping[str, Mounted]] = {}

    @property  # type: ignore[override]
    def commands(self) -> dict[str, Any]:
        """Every command, loaded: for help pages, documentation and suggestions."""
        return {name: self._loaded(name) for name in self.entries}

    @commands.setter
    def commands(self, given: dict[str, Any]) -> None:
        """The library sets what it was given, which is nothing."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The one command of this name; None when the table does not know it."""
        return self._loaded(cmd_name) if cmd_name in self.entries else None

    def _loaded(self, name: str) -> Any:
        known = vars(self).setdefault("_known", {})
        if name not in known:
            known[name] = command_of(name, self.entries[name])
        return known[name]
