"""Messages that were set aside: the list, why one cannot be taken again, and the word of a named person that ends one."""

from datetime import datetime
from typing import Final

from vaguemestre.core.findings import Finding, finding
from vaguemestre.core.lifecycle import advance
from vaguemestre.core.payer.intake import Dismissal, SetAside
from vaguemestre.role.payer.edges import PayerEdges
from vaguemestre.role.payer.unit import Unit
from vaguemestre.tables.lifecycles import Life, MessageEvent, MessageState

_STATES: Final = {
    MessageState.RECEIVED: ("il n'a pas encore été ouvert", "it has not been opened yet"),
    MessageState.OPENED: ("il est en cours de traitement", "it is being worked on"),
    MessageState.REGISTERED: ("ses feuilles sont enregistrées", "its sheets are registered"),
    MessageState.DUPLICATE: ("il était déjà connu", "it was known already"),
    MessageState.CONFLICT: ("il contredit une feuille connue", "it contradicts a known sheet"),
    MessageState.HELD: ("il attend déjà d'être repris", "it waits to be taken again"),
    MessageState.REFUSED: ("il est refusé et le restera", "it is refused and stays so"),
}


def list_messages(edges: PayerEdges) -> tuple[list[SetAside], list[Dismissal]]:
    """The messages that wait for a person, and those that a person ended; by number."""
    with edges.store.view() as unit:
        return unit.inbox.set_aside(), unit.inbox.dismissals()


def dismiss(edges: PayerEdges, message: int, name: str, note: str, now: datetime) -> Finding | None:
    """End a message that was set aside, in the name of a person; None when done, else why not.

    It waits no longer and is counted no longer; who ended it and why is kept. The same bytes sent again are opened again.
    """
    with edges.store.unit() as unit:
        found = next((entry for entry in unit.inbox.set_aside() if entry.id == message), None)
        if found is None:
            return _what_it_is(unit, message)
        if found.state == MessageState.HELD:
            state = advance(Life.MESSAGE, MessageState.HELD, MessageEvent.REFUSE)
            unit.inbox.set_message(message, MessageState(state), motives=found.motives)
        unit.inbox.add_dismissal(Dismissal(message, name, now, note))
    edges.log("payer.dismissed", actor="payer", operation="messages", count=1)
    return None


def why_not_held(edges: PayerEdges, message: int) -> Finding:
    """Why a message cannot be taken again: findings A077 there is none, A078 it is not held, A079 a person ended it."""
    with edges.store.view() as unit:
        return _what_it_is(unit, message)


def _what_it_is(unit: Unit, message: int) -> Finding:
    state = unit.inbox.message_state(message)
    if state is None:
        return finding("A077", message=message)
    ended = next((entry for entry in unit.inbox.dismissals() if entry.message == message), None)
    if ended is not None:
        return finding("A079", message=message, name=ended.name, day=ended.at.date(), note=ended.note)
    french, english = _STATES[state]
    return finding("A078", message=message, state_fr=french, state_en=english)
