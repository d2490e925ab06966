"""Writes the toolkit's lines (`toolkit.page`) on standard output: painted and fitted in a terminal, plain in a pipe."""

import shutil
import sys
from collections.abc import Iterable

from vaguemestre.cli.paint import Brush
from vaguemestre.cli.shell import printable
from vaguemestre.toolkit.page import Line, plain

_PAINT = {
    "title": "bold",
    "dim": "dim",
    "value": "bold",
    "added": "bold",
    "removed": "dim",
    "error": "bold red",
    "warning": "bold yellow",
    "unverified": "bold magenta",
    "note": "bold cyan",
}
_WIDTH_MIN = 80


def page_width() -> int | None:
    """Columns to fit lines to: those of the terminal; None for a pipe or a file, where nothing is wrapped."""
    if not sys.stdout.isatty():
        return None
    return max(_WIDTH_MIN, shutil.get_terminal_size().columns)


def write_lines(lines: Iterable[Line]) -> None:
    """Write each line as it comes. What a stranger's file holds never commands the terminal."""
    out, brush = sys.stdout, Brush(sys.stdout)
    painted = out.isatty()
    for line in lines:
        if not painted:
            out.write(printable(plain(line)) + "\n")
            continue
        parts = [
            brush.paint(printable(text), _PAINT[style]) if style in _PAINT else printable(text) for text, style in line
        ]
        out.write("".join(parts).rstrip(" ") + "\n")
