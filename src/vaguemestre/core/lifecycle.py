"""Walking the lives of `tables/lifecycles.py`: one step, whether it is allowed, whether it is the end, and the drawings.

An illegal step is our own fault and raises `IllegalTransition`; nothing here decides, stores or knows the time.
"""

from typing import TypeVar, cast

from vaguemestre.tables.lifecycles import (
    ENDS,
    STARTS,
    TRANSITIONS,
    Event,
    Life,
    MessageState,
    SheetState,
    State,
    WayState,
)

__all__ = ["IllegalTransition", "advance", "allowed", "ended", "mermaid", "start"]

AnyState = TypeVar("AnyState", SheetState, WayState, MessageState)


class IllegalTransition(Exception):  # noqa: N818 (named for what happened)
    """Our own code asked for a step that the life's table does not have."""

    def __init__(self, life: Life, state: State, event: Event) -> None:
        super().__init__(f"{life.value}: {event.value!r} is illegal in state {state.value!r}")
        self.life, self.state, self.event = life, state, event


def start(life: Life) -> State:
    """The state in which a life begins."""
    return STARTS[life]


def advance(life: Life, state: AnyState, event: Event) -> AnyState:
    """The state after `event`, of the same life. Raises IllegalTransition when the table has no such step."""
    try:
        return cast(AnyState, TRANSITIONS[life][state][event])
    except KeyError:
        raise IllegalTransition(life, state, event) from None


def allowed(life: Life, state: State, event: Event) -> bool:
    """Whether `advance` would succeed."""
    return event in TRANSITIONS[life].get(state, {})


def ended(life: Life, state: State) -> bool:
    """Whether the life is over in this state."""
    return state in ENDS[life]


def mermaid(life: Life, *, loops: bool = False) -> str:
    """The life as a Mermaid state diagram (no trailing newline); steps that change nothing are drawn when `loops`."""
    lines = ["stateDiagram-v2", f"    [*] --> {_name(STARTS[life])}"]
    for state, row in TRANSITIONS[life].items():
        by_target: dict[State, list[str]] = {}
        for event, after in row.items():
            if loops or after is not state:
                by_target.setdefault(after, []).append(event.value)
        lines += [f"    {_name(state)} --> {_name(after)}: {', '.join(events)}" for after, events in by_target.items()]
    lines += [f"    {_name(state)} --> [*]" for state in TRANSITIONS[life] if state in ENDS[life]]
    return "\n".join(lines)


def _name(state: State) -> str:
    return state.value.replace(" ", "_")
