"""A few styles for plain lines, without the library that draws tables and live views: most commands never need it."""

import os
import sys
from typing import Final, TextIO

_STYLES: Final = {
    "bold": "1",
    "dim": "2",
    "magenta": "35",
    "bold red": "1;31",
    "bold yellow": "1;33",
    "bold magenta": "1;35",
    "bold cyan": "1;36",
}


class Brush:
    """Styles texts for one stream: as they are when it is no terminal, or when the person wants no colour."""

    def __init__(self, stream: TextIO | None = None) -> None:
        target = stream if stream is not None else sys.stdout
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        old_windows = os.name == "nt" and not os.environ.get("WT_SESSION")
        self._styled = target.isatty() and not plain and not old_windows

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._styled and text else text
