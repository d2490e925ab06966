"""The instant that a command takes for now: the machine's, or the one that a person gives to try things out."""

from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from vaguemestre.cli.texts import say
from vaguemestre.edge.clock import SystemClock

INSTANT_FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]
"""How a person may write an instant (UTC), in every command."""

NowOption = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        formats=INSTANT_FORMATS,
        help=say(
            "Instant à prendre pour maintenant (UTC) ; pour essayer.", "Instant to take for now (UTC); to try things."
        ),
    ),
]
"""Use as `now: NowOption = None`."""


def instant(given: datetime | None) -> datetime:
    """The instant of the command."""
    return SystemClock().now() if given is None else given.replace(tzinfo=UTC)
