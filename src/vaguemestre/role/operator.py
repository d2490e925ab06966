"""An operator's day, as the person who runs it sees it: open accounts, close a service to programs under attack, reopen it, look.

Carrying the mail itself is the edge's work (`edge/embedded_operator`, or any real server); what it answers is
`core.mail.operator_policy`.
"""

from collections.abc import Iterable
from typing import Protocol

from vaguemestre.core.mail.operator_policy import OperatorFigures, Service
from vaguemestre.core.values import dataclass


class OperatorControl(Protocol):
    """How a running operator is steered; every call returns once it is done."""

    def suspend(self, service: Service) -> None:
        """Close one service to every program."""

    def reopen(self, service: Service) -> None:
        """Open it again."""

    def services(self) -> dict[Service, bool]:
        """Which services are open."""
        ...

    def figures(self) -> OperatorFigures:
        """What was counted."""
        ...

    def add_accounts(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Create accounts (address, password), or renew their passwords."""

    def flush(self) -> None:
        """Try everything queued now."""


@dataclass(frozen=True, slots=True)
class OperatorEdges:
    """What the operator's role is handed."""

    control: OperatorControl


@dataclass(frozen=True, slots=True)
class Situation:
    """An operator at a glance. `locked_in`: messages that wait in mailboxes which programs may not read."""

    services: dict[Service, bool]
    figures: OperatorFigures

    @property
    def locked_in(self) -> int:
        return 0 if self.services[Service.POP3] else self.figures.in_mailboxes


def suspend(edges: OperatorEdges, service: Service) -> Situation:
    """Close a service to every program, as one operator did on 27 April 2022. Mailboxes keep what they hold and go on filling."""
    edges.control.suspend(service)
    return look(edges)


def reopen(edges: OperatorEdges, service: Service) -> Situation:
    """Open it again to everyone, and let what waited go out."""
    edges.control.reopen(service)
    edges.control.flush()
    return look(edges)


def open_account(edges: OperatorEdges, address: str, password: str) -> None:
    """Open one account, or renew its password."""
    edges.control.add_accounts([(address, password)])


def look(edges: OperatorEdges) -> Situation:
    """The operator at a glance."""
    return Situation(edges.control.services(), edges.control.figures())
