"""Lines for a person: pieces of text with a style each, fitted to a width. What is shown is data; a command paints it."""

import textwrap
from collections.abc import Iterable, Iterator

Span = tuple[str, str]
"""A text and its style: one of `STYLES`."""
Line = tuple[Span, ...]

STYLES: tuple[str, ...] = ("", "title", "dim", "value", "added", "removed", "error", "warning", "unverified", "note")
LEVEL_MARKS: dict[str, str] = {"error": "✗", "warning": "!", "unverified": "?", "note": "i"}


def plain(line: Line) -> str:
    """The line without styles, nor blanks at its end."""
    return "".join(text for text, _ in line).rstrip(" ")


def wrapped(text: str, room: int | None) -> list[str]:
    """The text in lines of at most `room` characters, cut between words where possible; one line when `room` is None."""
    if room is None or len(text) <= room:
        return [text]
    return textwrap.wrap(text, max(room, 12), break_on_hyphens=False) or [""]


def row(gutter: Span, indent: int, label: str, value: Iterable[Span], column: int, width: int | None) -> Iterator[Line]:
    """One label and its value: the label from `indent` on, the value from `column` on, both on as many lines as they need."""
    start, style = gutter
    room = column - indent - 2
    head = wrapped(label, room)
    body = list(_flowed(tuple(value), None if width is None else width - column))
    for _ in range(len(head) - 1):
        body.insert(0, ())
    for rank, spans in enumerate(body):
        words = head[rank] if rank < len(head) else ""
        edge = start if rank == 0 else ""
        space = " " * max(2, column - indent - len(words)) if spans else ""
        yield ((f"{edge:<{indent}}", style), (words, ""), (space, ""), *spans)


def _flowed(spans: Line, room: int | None) -> Iterator[Line]:
    """The spans on one line if they fit, else the last one below the first, wrapped."""
    length = sum(len(text) for text, _ in spans)
    if room is None or length <= room or len(spans) < 2:
        if room is not None and length > room and len(spans) == 1:
            text, style = spans[0]
            for part in textwrap.wrap(text, max(room, 12)):
                yield ((part, style),)
            return
        yield spans
        return
    *first, (text, style) = spans
    while first and not first[-1][0].strip():
        first.pop()
    taken = sum(len(part) for part, _ in first) + 2
    rest = room - taken
    if rest >= 12:  # beside the value, with a hanging indent
        for rank, part in enumerate(wrapped(text, rest)):
            yield (*first, ("  ", ""), (part, style)) if rank == 0 else ((" " * taken, ""), (part, style))
        return
    yield tuple(first)
    for part in wrapped(text, room):
        yield ((part, style),)


def paragraph(edge: Span, indent: int, spans: Line, width: int | None) -> Iterator[Line]:
    """A first span and a running text after `edge`, wrapped with the indent kept; styles hold for whole words of a span."""
    room = None if width is None else width - indent
    words = [(word, style) for text, style in spans for word in text.split(" ") if word]
    lines: list[list[Span]] = [[]]
    used = 0
    for word, style in words:
        if room is not None and used and used + 1 + len(word) > room:
            lines.append([])
            used = 0
        lines[-1].append((f" {word}" if used else word, style))
        used += len(word) + (1 if used else 0)
    for rank, parts in enumerate(lines):
        text, style = edge if rank == 0 else ("", "")
        yield ((f"{text:<{indent}}", style), *parts)
