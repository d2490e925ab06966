"""The demo's story where nothing can be drawn (a log, a pipe): each thing worth telling as one line, once."""

from collections.abc import Callable

from vaguemestre.core.findings import Language
from vaguemestre.sim.snapshot import Snapshot


class PlainStory:
    """Given snapshots in order, writes what is new in each; `write` takes one line without its end."""

    def __init__(self, lang: Language, write: Callable[[str], None]) -> None:
        self._lang = lang
        self._write = write
        self._known: tuple[tuple[str, str], ...] = ()

    def __call__(self, snapshot: Snapshot) -> None:
        """Tell what happened since the snapshot before: a snapshot keeps the last events only."""
        events = snapshot.events
        fresh = next(rank for rank in range(len(events) + 1) if _ends_with(self._known, events[: len(events) - rank]))
        when = f"{snapshot.at:%d/%m %H:%M}" if self._lang == "fr" else f"{snapshot.at:%m-%d %H:%M}"
        for french, english in events[len(events) - fresh :]:
            self._write(f"{when} › {french if self._lang == 'fr' else english}")
        self._known = events


def _ends_with(known: tuple[tuple[str, str], ...], head: tuple[tuple[str, str], ...]) -> bool:
    return not head or known[-len(head) :] == head
